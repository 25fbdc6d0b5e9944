// Send the requests of tries.py one after the other, and show the result of each.

const tries = JSON.parse(document.getElementById("tries").textContent);
const results = document.getElementById("results");
const status = document.getElementById("status");
const again = document.getElementById("again");
const own = document.getElementById("own");

// Headers that don't matter for CORS, and are hidden until the reader opens them.
const ROUTINE = /^(accept|accept-.*|cache-control|connection|content-length|date|dnt|host|pragma|priority|referer|sec-.*|server|user-agent)$/i;

// Send a request to the API. Return what this page got, and what the server reports about it.
async function send(attempt) {
  const mark = crypto.randomUUID().slice(0, 8);
  const url = new URL(document.body.dataset.api + attempt.path);
  url.searchParams.append("try", mark);
  let response = null;
  let failure = "";
  try {
    response = await fetch(url, {
      method: attempt.method,
      headers: attempt.headers,
      body: attempt.body,
      credentials: attempt.credentials ? "include" : "omit",
    });
  } catch (error) {
    failure = `${error.name}: ${error.message}`;
  }
  const report = await fetch("/report", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...attempt, mark }),
  });
  return { response, failure, ...(await report.json()) };
}

// Describe the result of a request. An error that the page can read isn't a CORS problem.
function judge({ response, verdict }, reads) {
  if (response?.ok) {
    const value = reads && (response.headers.get(reads) ?? "hidden");
    return ["good", reads ? `${response.status}, ${reads}: ${value}` : `${response.status}`];
  }
  if (response) {
    return ["error", `${response.status} from the app`];
  }
  return verdict === "refused" ? ["refused", "Blocked by CORS"] : ["error", "No response"];
}

function element(name, className, ...children) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

function show(attempt, seen, place) {
  const [kind, word] = judge(seen, attempt.reads);
  const request = `${attempt.method} ${attempt.path}`;
  const summary = element("summary", "",
    element("span", "mark", `${{ good: "✓", error: "!", refused: "✗" }[kind]} ${word}`),
    element("span", "title", attempt.title ?? request),
    attempt.title ? element("code", "quiet", request) : "",
    element("span", "reason", seen.reason));
  const details = element("details", "", summary, ...explain(seen, kind));
  place.className = kind;
  place.dataset.sees = word;
  place.replaceChildren(details);
  return details;
}

// Show the details of a row: the requests and responses, and what JavaScript got from them.
function* explain({ response, failure, exchanges, remedy }, kind) {
  for (const exchange of exchanges) {
    yield element("h3", "", isPreflight(exchange) ? "Preflight" : "Request");
    yield element("div", "exchange",
      message(`${exchange.method} ${exchange.target}`, exchange.request_headers),
      message(String(exchange.status), exchange.response_headers));
  }
  yield element("h3", "", "What JavaScript gets");
  if (response) {
    const names = [...response.headers.keys()].join(", ");
    yield element("p", "", `Status ${response.status}, and the headers ${names || "(none)"}.`);
  } else {
    yield element("p", "", element("code", "", failure));
  }
  if (kind === "refused" && exchanges.length) {
    yield element("p", "", exchanges.every(isPreflight)
      ? "The browser did not send the request, because of the response to the preflight."
      : "The API handled the request, but the browser keeps its response from the page.");
  }
  if (kind === "error" && response) {
    yield element("p", "", "The page can read this error, so it is not a CORS problem.");
  }
  if (remedy) {
    yield element("h3", "", "What to change");
    yield element("p", "", `${remedy}.`);
  }
}

function isPreflight({ method, request_headers }) {
  const asks = request_headers.some(([name]) => name === "Access-Control-Request-Method");
  return method === "OPTIONS" && asks;
}

function message(start, headers) {
  const line = ([name, value]) =>
    element("div", "", element("b", "", `${name}:`), ` ${value}`);
  const routine = headers.filter(([name]) => ROUTINE.test(name));
  const made = element("div", "message", element("div", "start", start));
  made.append(...headers.filter(([name]) => !ROUTINE.test(name)).map(line));
  if (routine.length) {
    made.append(element("details", "quiet",
      element("summary", "", `Routine headers: ${routine.length}`), ...routine.map(line)));
  }
  return made;
}

async function sendAll() {
  again.disabled = true;
  status.textContent = "Sending…";
  results.replaceChildren(...tries.map((attempt) => element("li", "", attempt.title)));
  const rows = [...results.children];
  for (const [index, attempt] of tries.entries()) {
    const details = show(attempt, await send(attempt), rows[index]);
    details.open = index === 1;
  }
  const count = (kind) => results.querySelectorAll(`li.${kind}`).length;
  status.textContent = `${count("good")} succeeded, ${count("error")} got an error that the page `
    + `can read, ${count("refused")} were blocked by CORS.`;
  document.body.dataset.done = "true";
  again.disabled = false;
}

async function sendOwn(event) {
  event.preventDefault();
  const { method, path, header, credentials } = own.elements;
  const colon = header.value.indexOf(":");
  const attempt = {
    method: method.value,
    path: path.value,
    headers: header.value && { [header.value.slice(0, colon)]: header.value.slice(colon + 1).trim() },
    credentials: credentials.checked,
  };
  const row = element("li", "");
  const details = show(attempt, await send(attempt), row);
  details.open = true;
  results.prepend(row);
  status.textContent = `${attempt.method} ${attempt.path}: ${row.dataset.sees}`;
  details.firstElementChild.focus();
}

function showFailure() {
  status.textContent = "The playground is not running. Start it again, and reload this page.";
  again.disabled = false;
}

again.addEventListener("click", () => sendAll().catch(showFailure));
own.addEventListener("submit", (event) => sendOwn(event).catch(showFailure));
sendAll().catch(showFailure);
