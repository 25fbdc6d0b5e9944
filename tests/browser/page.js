"use strict";

/** Return a body for fetch() from its description in JSON: see Job in pages.py. */
function bodyOf(body) {
  if (body === null || body === undefined) {
    return undefined;
  }
  if (typeof body === "string") {
    return body;
  }
  if (body.bytes) {
    return Uint8Array.from(body.bytes);
  }
  if (body.form) {
    return new URLSearchParams(body.form);
  }
  const data = new FormData();
  for (const [name, value, fileName, type] of body.multipart) {
    data.append(name, fileName === undefined ? value : new File([value], fileName, { type }));
  }
  return data;
}

/** Send an XMLHttpRequest whose upload has a listener, and record the outcome. */
function sendUpload({ url, method, headers, credentials, body }, result, milliseconds) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.withCredentials = credentials === "include";
    request.timeout = milliseconds;
    for (const [name, value] of headers) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = () => {};
    request.ontimeout = () => reject(new DOMException("", "TimeoutError"));
    request.onerror = () => reject(new TypeError("no response"));
    request.onload = () => {
      result.ok = request.status >= 200 && request.status <= 299;
      result.type = "upload";
      result.status = request.status;
      result.url = request.responseURL;
      for (const line of request.getAllResponseHeaders().split("\r\n").filter(Boolean)) {
        const [name, ...value] = line.split(":");
        result.headers.push([name, value.join(":").trim()]);
      }
      result.body = request.responseText;
      resolve();
    };
    request.send(bodyOf(body));
  });
}

async function fetchOne({ url, body, upload, ...init }, milliseconds) {
  const result = {
    ok: false,
    error: null,
    type: "error",
    status: 0,
    url: "",
    redirected: false,
    headers: [],
    body: "",
  };
  const signal = AbortSignal.timeout(milliseconds);
  try {
    if (upload) {
      await sendUpload({ url, body, ...init }, result, milliseconds);
      return result;
    }
    const response = await fetch(url, { ...init, body: bodyOf(body), signal });
    result.ok = response.ok;
    result.type = response.type;
    result.status = response.status;
    result.url = response.url;
    result.redirected = response.redirected;
    result.headers = [...response.headers];
    result.body = await response.text();
  } catch (error) {
    // WebKit rejects with an AbortError here, where the standard has the signal's reason.
    const { name, message } = signal.aborted ? signal.reason : error;
    result.error = `${name}: ${message}`;
  }
  return result;
}

async function fetchAll({ jobs, concurrently, milliseconds }) {
  if (concurrently) {
    return Promise.all(jobs.map((job) => fetchOne(job, milliseconds)));
  }
  const results = [];
  for (const job of jobs) {
    results.push(await fetchOne(job, milliseconds));
  }
  return results;
}

async function evaluate(script, argument) {
  const AsyncFunction = (async () => {}).constructor;
  let outcome;
  let value;
  try {
    value = await new AsyncFunction("argument", script)(argument);
    outcome = JSON.stringify({ value: typeof value === "function" ? null : (value ?? null) });
  } catch (error) {
    const { name = "", message = String(error), stack = "" } = Object(error);
    outcome = JSON.stringify({ error: { name, message, stack } });
  }
  // The origin of a sandboxed page is not that of its URL. With "no-cors", it can still post there.
  await fetch(location.href, { method: "POST", mode: "no-cors", body: outcome });
  // The outcome of a navigation is recorded before the page is left.
  if (typeof value === "function") {
    value();
  }
}
