// Makes every request of tries.py, one after the other, and shows what this page got to see.

const tries = JSON.parse(document.getElementById("tries").textContent);
const rows = document.querySelectorAll("tbody tr");
const again = document.getElementById("again");
const summary = document.getElementById("summary");

async function make(attempt) {
  const response = await fetch(document.body.dataset.api + attempt.path, {
    method: attempt.method,
    headers: attempt.headers,
    body: attempt.body,
    credentials: attempt.credentials ? "include" : "omit",
    // Browsers keep a 308 for good; each run is to meet the redirect again.
    cache: "no-store",
  });
  let sees = String(response.status);
  if (attempt.reads) {
    sees += ` ${attempt.reads}: ${response.headers.get(attempt.reads) ?? "hidden"}`;
  }
  return { sees, detail: [...response.headers.keys()].join(", "), good: true };
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function show(row, attempt, seen) {
  const expected = attempt.expected.sees;
  row.className = seen.good ? "good" : "bad";
  row.dataset.sees = seen.sees;
  const parts = [
    element("span", "mark", `${seen.good ? "✓" : "✗"} ${seen.sees}`),
    element("span", "headers", seen.detail),
  ];
  if (seen.sees !== expected) {
    parts.push(element("span", "odd", `differs from tries.py, which says: ${expected}`));
  }
  row.querySelector(".sees").replaceChildren(...parts);
  return seen.sees === expected;
}

async function run() {
  again.disabled = true;
  let right = 0;
  for (const [index, attempt] of tries.entries()) {
    let seen;
    try {
      seen = await make(attempt);
    } catch (error) {
      seen = { sees: "refused", detail: `${error.name}: ${error.message}`, good: false };
    }
    right += show(rows[index], attempt, seen);
  }
  summary.textContent = `${right} of ${tries.length} came out as tries.py says.`;
  document.body.dataset.done = "true";
  again.disabled = false;
}

again.addEventListener("click", run);
run();
