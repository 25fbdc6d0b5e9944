// Text from the server is always inserted as text, never as markup.
"use strict";

(() => {
  const POLL_MILLISECONDS = 1000;
  // As many as the server keeps.
  const MOST_DECISIONS = 200;
  const BADGES = {
    allowed: "✓ Allowed",
    refused: "✕ Refused",
    reported: "! Would be refused",
    high: "▲ High",
    medium: "◆ Medium",
    low: "▼ Low",
  };
  const base = new URL("./", document.currentScript.src);
  const home = location.origin + document.documentElement.dataset.root;
  const find = (id) => document.getElementById(id);

  /** Create an element with attributes and children, which are texts or elements. */
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children.filter((child) => child !== null && child !== ""));
    return made;
  }

  const code = (text) => element("code", {}, text);
  const badge = (kind) => element("span", { class: `badge ${kind}` }, BADGES[kind]);
  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  async function load(name, parameters = {}) {
    const url = new URL(name, base);
    url.search = new URLSearchParams(parameters);
    const response = await fetch(url, { cache: "no-store" });
    return response.json();
  }

  const placed = (place) => `${place.file}:${place.line}`;

  /** Return the path of a URL within the app. */
  function shortened(url) {
    return url.startsWith(`${home}/`) ? url.slice(home.length) : url;
  }

  // Decisions

  const items = new Map();
  let run = "";
  let last = 0;
  let isPaused = false;
  let timer = 0;

  function showState(name, text) {
    const state = find("live");
    if (state.textContent === text) return;
    state.className = `state ${name}`;
    state.textContent = text;
  }

  async function poll() {
    clearTimeout(timer);
    try {
      const answer = await load("crossorigin-decisions.json", { after: last, run });
      if (isPaused) return;
      showState("is-live", "Live");
      if (answer.run !== run) {
        // The server was restarted, perhaps with other policies.
        if (run) showPolicies();
        run = answer.run;
        forgetDecisions();
      }
      addDecisions(answer.decisions);
    } catch {
      if (isPaused) return;
      showState("is-lost", "No connection, trying again");
    }
    if (!isPaused && !document.hidden) timer = setTimeout(poll, POLL_MILLISECONDS);
  }

  function forgetDecisions() {
    items.clear();
    last = 0;
    find("decision-list").replaceChildren();
  }

  function addDecisions(decisions) {
    if (decisions.length === 0) return;
    const list = find("decision-list");
    // An element loses the focus when it is moved.
    const focused = document.activeElement;
    const isFirst = items.size === 0;
    for (const decision of decisions) {
      last = Math.max(last, decision.number);
      const item = items.get(decision.id) ?? decisionItem(decision);
      if (!isFirst) item.classList.add("is-new");
      item.querySelector("time").replaceWith(timeOf(decision));
      const count = item.querySelector(".count");
      count.hidden = decision.times === 1;
      count.textContent = `×${decision.times}`;
      count.setAttribute("aria-label", `${decision.times} times`);
      items.delete(decision.id);
      items.set(decision.id, item);
      list.prepend(item);
    }
    for (const id of [...items.keys()].slice(0, -MOST_DECISIONS)) {
      items.get(id).remove();
      items.delete(id);
    }
    if (focused !== document.activeElement) focused.focus({ preventScroll: true });
    filterDecisions();
    if (!isFirst) announce(decisions);
  }

  function announce(decisions) {
    const refused = decisions.filter((decision) => decision.verdict === "refused").length;
    const more = refused ? `, ${refused} refused: ${decisions.at(-1).reason}` : "";
    find("news").textContent = `${plural(decisions.length, "new decision")}${more}`;
  }

  function timeOf({ time }) {
    const date = new Date(time * 1000);
    return element("time", { datetime: date.toISOString() }, date.toLocaleTimeString());
  }

  function decisionItem(decision) {
    const { verdict, method, url, origin, reason } = decision;
    const button = element("button", { type: "button", class: "small" }, "Explain");
    button.append(
      element("span", { class: "visually-hidden" }, ` ${method} ${shortened(url)} from ${origin}`),
    );
    button.addEventListener("click", () => explainDecision(decision));
    const item = element(
      "li",
      { class: `card ${verdict}` },
      element(
        "div",
        { class: "row" },
        badge(verdict),
        element("code", { class: "request" }, element("b", {}, method), ` ${shortened(url)}`),
        decision.is_preflight ? element("span", { class: "tag" }, "preflight") : null,
        element("span", { class: "tag count" }),
        element("time"),
      ),
      element("p", { class: "reason" }, reason),
      element(
        "div",
        { class: "row" },
        element(
          "span",
          { class: "from" },
          "from ",
          origin ? code(origin) : "a page that sent no Origin",
          decision.place ? ` · ${placed(decision.place)}` : null,
        ),
        button,
      ),
    );
    item.dataset.verdict = verdict;
    return item;
  }

  function filterDecisions() {
    const wanted = find("show").value;
    let shown = 0;
    for (const item of items.values()) {
      item.hidden = wanted !== "all" && item.dataset.verdict !== wanted;
      if (!item.hidden) shown += 1;
    }
    const empty = find("no-decisions");
    empty.hidden = shown > 0;
    if (items.size > 0) empty.textContent = "There is no such decision.";
  }

  function pause() {
    isPaused = !isPaused;
    const button = find("pause");
    button.setAttribute("aria-pressed", String(isPaused));
    if (isPaused) {
      clearTimeout(timer);
      showState("", "Paused");
    } else {
      poll();
    }
  }

  // Explaining

  function explainDecision(decision) {
    find("origin").value = decision.origin;
    find("method").value = decision.method;
    find("url").value = shortened(decision.url);
    const names = decision.header_names.split(",").map((name) => name.trim());
    find("headers").value = names
      .filter((name) => name !== "")
      .map((name) => `${name}: ${name === "content-type" ? "application/json" : "1"}`)
      .join("\n");
    explain(true);
  }

  async function explain(isFar) {
    const fields = new FormData(find("form"));
    let children;
    try {
      const explanation = await load("explain.json", [...fields]);
      children =
        "error" in explanation
          ? [element("p", { class: "alert" }, explanation.error)]
          : explanationParts(explanation);
    } catch {
      children = [element("p", { class: "alert" }, "The server did not respond.")];
    }
    find("result").replaceChildren(...children);
    if (isFar) {
      const start = find("result").firstElementChild;
      start.tabIndex = -1;
      start.focus({ preventScroll: true });
      find("explain").scrollIntoView({ block: "nearest" });
      start.scrollIntoView({ block: "nearest" });
    }
  }

  function explanationParts(explanation) {
    const { verdict, reason, preflight, response } = explanation;
    const said = verdict === "allowed" ? reason.replace(/^allowed /, "") : reason;
    const parts = [
      element(
        "h3",
        { class: `verdict ${verdict}` },
        element("b", {}, BADGES[verdict]),
        element("span", {}, said),
      ),
      facts(explanation),
      ...explanation.redirects.map((message) => messagePart("Request, redirected", message, "")),
    ];
    if (preflight) {
      const sent = `The browser sends the ${explanation.method}`;
      parts.push(messagePart("Preflight", preflight, sent));
    }
    if (response) {
      const gets = verdict === "allowed" ? "the response" : "no response";
      parts.push(messagePart("Request", response, `The page gets ${gets}`));
    }
    const remedies = [explanation.remedy, explanation.session_cookie?.remedy].filter(Boolean);
    if (remedies.length) {
      const paragraphs = remedies.map((remedy) => element("p", { class: "remedy" }, `${remedy}.`));
      parts.push(element("h4", {}, "What to change"), ...paragraphs);
    }
    if (explanation.notes.length) {
      parts.push(element("h4", {}, "Notes"));
      parts.push(element("ul", {}, ...explanation.notes.map((note) => element("li", {}, note))));
    }
    parts.push(...curlParts(explanation.curl.join("\n")));
    return parts;
  }

  function facts(explanation) {
    const { preflight, credentials, policy, place, session_cookie: cookie } = explanation;
    const rows = [
      ["Page", code(explanation.origin)],
      ["Request", code(`${explanation.method} ${explanation.url}`)],
      ["Credentials", credentials ? "included" : "not included"],
      ["Preflight", preflight ? `because of ${preflight.because.join(" and ")}` : "not needed"],
      ["Policy", place ? `${policy}, ${placed(place)}` : (policy ?? "none")],
    ];
    if (cookie) {
      const isSent = cookie.is_sent ? "sent" : "not sent";
      rows.push(["Session cookie", cookie.reason ? `${isSent}: ${cookie.reason}` : isSent]);
    }
    const children = rows.flatMap(([name, fact]) => [
      element("dt", {}, name),
      element("dd", {}, fact),
    ]);
    return element("dl", { class: "facts" }, ...children);
  }

  /** Create the elements for a request and its response. */
  function exchanged(message) {
    return {
      method: message.request.method,
      url: message.request.url,
      sent: message.request.headers,
      status: message.response.status,
      received: message.response.headers,
    };
  }

  function messagePart(title, message, success) {
    const { method, url, sent, status, received } = exchanged(message);
    const { pathname, search, host } = new URL(url);
    const outcome = message.problem
      ? element("p", { class: "outcome is-problem" }, `Blocked: the response ${message.problem}`)
      : element("p", { class: "outcome" }, success);
    return element(
      "div",
      { class: "message" },
      element("h4", {}, title),
      wire("Request", `→ ${method} ${pathname}${search}`, [["Host", host], ...sent]),
      wire("Response", `← ${status ?? "(the view sets the status)"}`, received),
      success || message.problem ? outcome : null,
    );
  }

  function wire(label, start, headers) {
    const lines = headers.flatMap(([name, value]) => [
      "\n",
      element("span", { class: "name" }, `${name}:`),
      ` ${value}`,
    ]);
    const first = element("span", { class: "start" }, start);
    return element("pre", { "aria-label": label, role: "group" }, first, ...lines);
  }

  function curlParts(text) {
    const button = element("button", { type: "button", class: "small" }, "Copy");
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    });
    return [
      element(
        "div",
        { class: "titled" },
        element("h4", {}, "To reproduce it with curl"),
        navigator.clipboard ? button : null,
      ),
      element("pre", {}, text),
    ];
  }

  // Routes and audit

  async function showPolicies() {
    let answer;
    try {
      answer = await load("policies.json");
    } catch {
      const text = "The policies could not be loaded. The log of your app says why.";
      find("alerts").replaceChildren(element("p", { class: "alert" }, text));
      return;
    }
    const { app, mounted, routes, audit } = answer;
    const policies = new Set(routes.routes.map((route) => route.policy).filter(Boolean));
    const rows = routeRows(routes.routes);
    find("app").textContent = `in ${app}`;
    document.title = `CORS in ${app}`;
    find("summary").textContent = [
      "Debug mode",
      plural(new Set(routes.routes.map((route) => route.domain + route.rule)).size, "route"),
      policies.size === 1 ? "1 policy" : `${policies.size} policies`,
      plural(audit.findings.length, "finding"),
    ].join(" · ");
    find("alerts").replaceChildren(
      ...routes.problems.map((problem) => element("p", { class: "alert" }, problem)),
    );
    find("route-list").replaceChildren(...rows);
    showRouteNotes(routes, mounted);
    filterRoutes();
    showAudit(audit);
    suggest(routes.routes);
  }

  /** Return a row for each rule and policy, with all methods. */
  function routeRows(routes) {
    const groups = new Map();
    for (const route of routes) {
      const { method, ...rest } = route;
      const key = JSON.stringify(rest);
      if (!groups.has(key)) groups.set(key, { ...rest, served: [] });
      if (method !== "HEAD" && method !== "OPTIONS") groups.get(key).served.push(method);
    }
    return [...groups.values()].filter((group) => group.served.length > 0).map(routeRow);
  }

  function routeRow(group) {
    const none = () => element("span", { class: "none" }, "none");
    const many = [group, ...group.for_origins.map((part) => ({ ...part, isPart: true }))];
    const cell = (label, ...children) =>
      element("td", { role: "cell", "data-label": label }, element("div", {}, ...children));
    const lines = (show) => many.map((part) => element("div", {}, show(part)));
    const about = [
      group.place && placed(group.place),
      group.enforce && "enforce",
      group.report_only && "report_only",
    ];
    const domain = group.domain ? `${group.domain} ` : "";
    return element(
      "tr",
      { role: "row" },
      cell("Route", code(domain + group.rule), element("small", {}, group.endpoint)),
      cell("Methods", group.served.join(", ")),
      cell(
        "Origins",
        ...(group.policy ? lines((part) => code(part.origins.join(", ") || "none")) : [none()]),
      ),
      cell("Credentials", ...lines((part) => (part.credentials ? "yes" : "no"))),
      cell("Max age", ...lines(({ max_age: age }) => (age === null ? "not sent" : `${age} s`))),
      cell(
        "Policy",
        group.policy ? group.policy : none(),
        element("small", {}, about.filter(Boolean).join(" · ")),
      ),
    );
  }

  function showRouteNotes(routes, mounted) {
    const notes = [
      ...routes.unmatched.map(({ policy, pattern }) => `${policy}: ${pattern} matches no route`),
      ...routes.late.map(({ policy }) => `${policy} is only found when the view runs`),
    ];
    if (mounted) notes.push(`The app is mounted at ${mounted}, and paths here begin below it`);
    const list = element("ul", {}, ...notes.map((note) => element("li", {}, `${note}.`)));
    find("route-notes").replaceChildren(...(notes.length ? [list] : []));
  }

  function filterRoutes() {
    const wanted = find("filter").value.trim().toLowerCase();
    let shown = 0;
    for (const row of find("route-list").children) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
      if (!row.hidden) shown += 1;
    }
    find("no-routes").hidden = shown > 0;
  }

  function showAudit(audit) {
    find("finding-list").replaceChildren(...audit.findings.map(findingItem));
    find("no-findings").hidden = audit.findings.length > 0;
    const skipped = find("skipped");
    skipped.hidden = audit.skipped.length === 0;
    const extra = "flask_crossorigin[audit]";
    skipped.textContent = `Not checked without ${extra}: ${audit.skipped.join(", ")}.`;
  }

  function findingItem(finding) {
    const { severity, id, title, policy, place, message, harm, fix } = finding;
    return element(
      "li",
      { class: `card ${severity}` },
      element(
        "div",
        { class: "row" },
        badge(severity),
        element("b", {}, title),
        element("span", { class: "tag" }, id),
      ),
      element("p", { class: "reason" }, `${policy}: ${message}`),
      place ? element("p", { class: "from" }, placed(place)) : null,
      element(
        "details",
        {},
        element("summary", {}, "Why, and what to do"),
        element("p", {}, harm),
        element("p", {}, fix),
      ),
    );
  }

  /** Suggest the app's origins and paths in the form. */
  function suggest(routes) {
    const isLiteral = (origin) => /^[a-z]+:[^*]+$/.test(origin);
    const origins = routes.flatMap((route) => route.origins).filter(isLiteral);
    const paths = routes.map((route) => route.rule).filter((rule) => !rule.includes("<"));
    for (const [id, values] of [["origins", origins], ["urls", paths]]) {
      const options = [...new Set(values)].map((value) => element("option", { value }));
      find(id).replaceChildren(...options);
    }
  }

  find("pause").addEventListener("click", pause);
  find("show").addEventListener("change", filterDecisions);
  find("filter").addEventListener("input", filterRoutes);
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    explain(false);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !isPaused) poll();
  });
  showPolicies();
  poll();
})();
