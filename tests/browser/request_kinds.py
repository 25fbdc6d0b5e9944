"""The ways in which a page can make a browser send a request, and the ``Origin`` of each request.

``enforce`` decides by the request headers ``Origin`` and ``Sec-Fetch-Site``.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Said(Enum):
    """What the ``Origin`` of a request says about the page that sends it."""

    #: ``Origin`` is the origin of the page.
    NAMED = "named"
    #: ``Origin`` is the origin of the page, but a same-origin request has no ``Origin``.
    NAMED_ABROAD = "named abroad"
    #: There is no ``Origin``.
    NOTHING = "nothing"
    #: ``Origin: null``, because the page asks for no referrer.
    NULL = "null"
    #: ``Origin: null``, but a same-origin request has the origin of the page.
    NULL_ABROAD = "null abroad"
    #: ``Origin: null``, because the document or worker has an opaque origin.
    OPAQUE = "opaque"
    #: ``Origin: null``, because another origin redirected the request.
    REDIRECTED = "redirected"


class Kind(NamedTuple):
    #: The body of a JavaScript function of ``url``. If it navigates the window, it returns a
    #: function that does so.
    script: str
    said: Said = Said.NAMED
    #: Whether it may change something: its method is not GET, HEAD, OPTIONS or QUERY, or it opens
    #: a WebSocket.
    is_unsafe: bool = True
    #: Whether it navigates the window.
    is_top_level: bool = False
    #: The ``Referrer-Policy`` of the page. Only used for a page that sends no other request.
    referrer_policy: str = ""
    #: The server that redirects it: ``server``, ``page`` (the page's own server) or ``other``.
    hop: str = ""


def _post(script: str, said: Said = Said.NAMED) -> Kind:
    return Kind(script, said)


def _get(script: str, said: Said) -> Kind:
    return Kind(script, said, is_unsafe=False)


def _redirected(script: str, hop: str, said: Said = Said.NAMED, *, is_unsafe: bool = True) -> Kind:
    return Kind(script, said, is_unsafe, hop=hop)


def _submit(script: str, said: Said, referrer_policy: str = "", hop: str = "") -> Kind:
    return Kind(f"return () => {script}", said, True, True, referrer_policy, hop)


def _follow(script: str, referrer_policy: str = "") -> Kind:
    return Kind(f"return () => {script}", Said.NOTHING, False, True, referrer_policy)


#: Helpers for the scripts. ``argument.servers`` has the origins of the servers.
PRELUDE = """
const { servers } = argument;
const add = (name, properties) =>
  document.body.appendChild(Object.assign(document.createElement(name), properties));
const form = (url, properties) => add("form", { method: "post", action: url, ...properties });
let frames = 0;
const formInFrame = (url, properties, page = {}) => {
  const target = `frame${++frames}`;
  const frame = add("iframe", { name: target, srcdoc: page.src ? undefined : "empty", ...page });
  frame.onload = () => {
    frame.onload = null;
    form(url, { target, ...properties }).submit();
  };
};
const quote = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
const formPage = (url) =>
  `<form method="post" action="${quote(url)}"></form><script>document.forms[0].submit()</script>`;
const sandbox = (srcdoc) => {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts allow-forms");
  frame.srcdoc = srcdoc;
  document.body.append(frame);
};
const sandboxedPage = (page) =>
  add("iframe", { src: `/sandboxed?${encodeURIComponent(page)}` });
const scriptPage = (script) => `<script>${script}</script>`;
const via = (origin, url, status = 307) =>
  `${origin}/away/${status}?${encodeURIComponent(url)}`;
const post = (url) => `fetch(${JSON.stringify(url)}, { method: "POST", body: "x" })`;
const socket = (url) => `new WebSocket(${JSON.stringify(url.replace("http", "ws"))})`;
const blob = (text, type) => URL.createObjectURL(new Blob([text], { type }));
const data = (text, type) => `data:${type},${encodeURIComponent(text)}`;
"""

_JS, _HTML = "'text/javascript'", "'text/html'"

KINDS = {
    # fetch() and similar APIs
    "fetch GET": _get("fetch(url)", Said.NAMED_ABROAD),
    "fetch HEAD": _get("fetch(url, { method: 'HEAD' })", Said.NAMED_ABROAD),
    "fetch QUERY": _get("fetch(url, { method: 'QUERY', body: 'x' })", Said.NAMED),
    "fetch GET, no-cors": _get("fetch(url, { mode: 'no-cors' })", Said.NOTHING),
    "fetch POST": _post("fetch(url, { method: 'POST', body: 'x' })"),
    "fetch PUT": _post("fetch(url, { method: 'PUT', body: 'x' })"),
    "fetch POST, no-referrer": _post(
        "fetch(url, { method: 'POST', referrerPolicy: 'no-referrer' })"
    ),
    "fetch POST, keepalive": _post("fetch(url, { method: 'POST', body: 'x', keepalive: true })"),
    "fetch POST, no-cors": _post("fetch(url, { method: 'POST', mode: 'no-cors', body: 'x' })"),
    "fetch POST, no-cors, no-referrer": _post(
        "fetch(url, { method: 'POST', mode: 'no-cors', referrerPolicy: 'no-referrer' })", Said.NULL
    ),
    "XMLHttpRequest POST": _post(
        "const request = new XMLHttpRequest(); request.open('POST', url); request.send('x')"
    ),
    "EventSource": _get("new EventSource(url)", Said.NAMED_ABROAD),
    "beacon": _post("navigator.sendBeacon(url, 'x')"),
    "ping": _post("add('a', { href: '#', ping: url }).click()"),
    "violation report": _post("add('iframe', { src: '/report?' + encodeURIComponent(url) })"),
    # Embedded resources
    "image": _get("add('img', { src: url })", Said.NOTHING),
    "image, crossorigin": _get("add('img', { crossOrigin: '', src: url })", Said.NAMED_ABROAD),
    "image, no-referrer": _get(
        "add('img', { referrerPolicy: 'no-referrer', src: url })", Said.NOTHING
    ),
    "script": _get("add('script', { src: url })", Said.NOTHING),
    "module script": _get("add('script', { type: 'module', src: url })", Said.NAMED_ABROAD),
    "frame": _get("add('iframe', { src: url })", Said.NOTHING),
    # Forms
    "form GET": _get("formInFrame(url, { method: 'get' })", Said.NOTHING),
    "form POST": _post("formInFrame(url)"),
    "form POST, multipart": _post("formInFrame(url, { enctype: 'multipart/form-data' })"),
    "form POST, text/plain": _post("formInFrame(url, { enctype: 'text/plain' })"),
    "form POST, rel=noreferrer": _post("formInFrame(url, { rel: 'noreferrer' })"),
    "form POST into a page of the server": _post(
        "formInFrame(url, {}, { src: servers.server + '/page' })"
    ),
    "form POST in a page with no-referrer": _post(
        "const policy = '<meta name=referrer content=no-referrer>';"
        "add('iframe', { srcdoc: policy + formPage(url) })",
        Said.NULL,
    ),
    "form POST in a blob:": _post(f"add('iframe', {{ src: blob(formPage(url), {_HTML}) }})"),
    "form POST in a data:": _post(
        f"add('iframe', {{ src: data(formPage(url), {_HTML}) }})", Said.OPAQUE
    ),
    "form POST in a sandbox": _post("sandbox(formPage(url))", Said.OPAQUE),
    "fetch POST in a sandbox": _post("sandbox(scriptPage(post(url)))", Said.OPAQUE),
    "form POST of a sandboxed page": _post("sandboxedPage(formPage(url))", Said.OPAQUE),
    "fetch POST of a sandboxed page": _post("sandboxedPage(scriptPage(post(url)))", Said.OPAQUE),
    "fetch GET in a sandbox": _get("sandbox(scriptPage(`fetch('${url}')`))", Said.OPAQUE),
    "image in a sandbox": _get("sandbox(`<img src='${quote(url)}'>`)", Said.NOTHING),
    # Redirects
    "fetch POST, by way of the server": _redirected(
        "fetch(via(servers.server, url), { method: 'POST' })", "server"
    ),
    "fetch POST, by way of the page's own": _redirected(
        "fetch(via(location.origin, url), { method: 'POST' })", "page"
    ),
    "fetch POST, by way of a partner": _redirected(
        "fetch(via(servers.partner, url), { method: 'POST' })", "other", Said.REDIRECTED
    ),
    "fetch POST, by way of anybody": _redirected(
        "fetch(via(servers.anybody, url), { method: 'POST' })", "other", Said.REDIRECTED
    ),
    "form POST, by way of the server": _redirected(
        "formInFrame(via(servers.server, url))", "server"
    ),
    "form POST, by way of the page's own": _redirected(
        "formInFrame(via(location.origin, url))", "page"
    ),
    "form POST, by way of a partner": _redirected(
        "formInFrame(via(servers.partner, url))", "other", Said.REDIRECTED
    ),
    "form POST, by way of anybody": _redirected(
        "formInFrame(via(servers.anybody, url))", "other", Said.REDIRECTED
    ),
    "form POST, made GET by a partner": _redirected(
        "formInFrame(via(servers.partner, url, 302))", "other", Said.NOTHING, is_unsafe=False
    ),
    # Workers
    "worker": _post(f"new Worker(blob(post(url), {_JS}))"),
    "worker of a data:": _post(f"new Worker(data(post(url), {_JS}))", Said.OPAQUE),
    "shared worker": _post(f"new SharedWorker(blob(post(url), {_JS}))"),
    "service worker": _post(
        "navigator.serviceWorker.register("
        "  '/worker.js?' + encodeURIComponent(post(url)), { scope: new URL(url).pathname })"
    ),
    # WebSockets
    "WebSocket": _post("new WebSocket(url.replace('http', 'ws'))"),
    "WebSocket in a worker": _post(f"new Worker(blob(socket(url), {_JS}))"),
    "WebSocket of a sandboxed page": _post("sandboxedPage(scriptPage(socket(url)))", Said.OPAQUE),
    "WebSocket in a sandbox": _post("sandbox(scriptPage(socket(url)))", Said.OPAQUE),
    # Navigations
    "link": _follow("add('a', { href: url }).click()"),
    "link, no-referrer": _follow("add('a', { href: url }).click()", "no-referrer"),
    "submit": _submit("form(url).submit()", Said.NAMED),
    "submit, no-referrer": _submit("form(url).submit()", Said.NULL, "no-referrer"),
    "submit, same-origin": _submit("form(url).submit()", Said.NULL_ABROAD, "same-origin"),
    "submit, by way of anybody": _submit(
        "form(via(servers.anybody, url)).submit()", Said.REDIRECTED, hop="other"
    ),
}

#: Where an engine sends a different ``Origin``. None means that it doesn't send this request.
DIFFERENCES: dict[str, dict[str, Said | None]] = {
    "chromium": {
        "fetch POST, no-cors, no-referrer": Said.NAMED,
        "form POST, by way of the page's own": Said.NULL_ABROAD,
        "image, crossorigin": Said.NAMED,
        "module script": Said.NAMED,
    },
    "firefox": {"ping": None},
    "webkit": {
        "violation report": Said.NULL,
        "form POST, by way of the page's own": Said.NULL_ABROAD,
        "worker of a data:": Said.NULL,
        "image, crossorigin": Said.NAMED,
        "module script": Said.NAMED,
    },
}
