"""Some of the examples work for pages of two origins in real browsers."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from flask import Flask, Response, request

from .engine import Engine
from .pages import Runner
from .servers import Server

DOCS = Path(__file__).parents[2] / "docs"
PLAYGROUND = DOCS.with_name("examples") / "playground"

_LOG_IN_AND_SEND = """
const send = (path, body, headers = {}) => fetch(argument + path, {
  method: "POST",
  credentials: "include",
  headers: { "Content-Type": "application/json", ...headers },
  body: JSON.stringify(body),
});
const { csrf_token } = await (await send("/login", { user: "ada" })).json();
const forged = await send("/transfer", { amount: 5 });
const sent = await send("/transfer", { amount: 5 }, { "X-CSRF-Token": csrf_token });
return [forged.status, await sent.json()];
"""

_POST_BLINDLY = """
const init = { method: "POST", mode: "no-cors", credentials: "include", body: "user=ada" };
return (await fetch(argument, init)).type;
"""

_READ = "return await fetch(argument).then((answer) => answer.status, (error) => error.name);"

_UPLOAD = """
const { url, size, watched } = argument;
const data = new FormData();
data.append("file", new Blob([new Uint8Array(size)]), "notes.bin");
return await new Promise((resolve) => {
  const request = new XMLHttpRequest();
  let loaded = 0;
  if (watched) {
    request.upload.onprogress = (event) => { loaded = event.loaded; };
  }
  request.onload = () => resolve([request.status, request.responseText, loaded > size]);
  request.onerror = () => resolve("error");
  request.open("POST", url);
  request.send(data);
});
"""

_LISTEN = """
return await new Promise((resolve) => {
  const source = new EventSource(argument);
  const numbers = [];
  source.onmessage = ({ data }) => {
    numbers.push(JSON.parse(data).number);
    if (numbers.length === 3) {
      source.close();
      resolve(numbers);
    }
  };
  source.onerror = () => {
    source.close();
    resolve("error");
  };
});
"""

_USE_ASSETS = """
const font = await new FontFace("Shop", `url(${argument}/shop.ttf)`).load();
const read = (crossOrigin) => new Promise((resolve) => {
  const image = new Image();
  if (crossOrigin) {
    image.crossOrigin = crossOrigin;
  }
  image.onerror = () => resolve("error");
  image.onload = () => {
    const context = document.createElement("canvas").getContext("2d");
    context.drawImage(image, 0, 0);
    try {
      resolve([...context.getImageData(0, 0, 1, 1).data]);
    } catch (error) {
      resolve(error.name);
    }
  };
  // A URL of its own: what was got without CORS is not to be taken out of the cache.
  image.src = `${argument}/dot.png?${crossOrigin}`;
});
const { name } = await import(`${argument}/shop.js`);
return [font.status, await read("anonymous"), await read(null), name];
"""

# The rest of the page, which the examples in the documentation leave out.
_UPLOAD_AS_WRITTEN = """
const bar = {};
const form = document.createElement("form");
form.onformdata = ({ formData }) => formData.append("file", new Blob(["12345"]), "notes.bin");
%s
await new Promise((resolve) => request.addEventListener("loadend", resolve));
return [bar.value, JSON.parse(bar.title)];
"""

_PUT_IN_PAGE = """
const page = document.createRange().createContextualFragment(argument);
const image = page.querySelector("img");
const waiting = [image, page.querySelector("script")].map((element) =>
  new Promise((resolve, reject) => { element.onload = resolve; element.onerror = reject; }));
document.documentElement.append(page);
await Promise.all(waiting);
const [font] = await document.fonts.load("16px Shop");
const context = document.createElement("canvas").getContext("2d");
context.drawImage(image, 0, 0);
return [font.status, [...context.getImageData(0, 0, 1, 1).data], globalThis.shop];
"""

_READ_PLAYGROUND = """
const frame = document.createElement("iframe");
frame.src = "/";
document.documentElement.append(frame);
await new Promise((resolve) => { frame.onload = resolve; });
const page = frame.contentDocument;
const change = (node, options, isDone) => new Promise((resolve) => {
  const check = () => { if (isDone()) resolve(); };
  new MutationObserver(check).observe(node, options);
  check();
});
await change(page.body, { attributes: true }, () => page.body.dataset.done);
const read = (row) => ({
  sees: row.dataset.sees,
  kind: row.className,
  reason: row.querySelector(".reason").textContent,
  sent: [...row.querySelectorAll("h3")].map((heading) => heading.textContent)
    .filter((heading) => ["Preflight", "Request"].includes(heading)),
  text: row.textContent,
});
const results = page.getElementById("results");
const rows = [...results.children].map(read);
const form = page.getElementById("own").elements;
Object.assign(form.method, { value: "PATCH" });
Object.assign(form.path, { value: "/api/items/1" });
Object.assign(form.header, { value: "X-Token: 1" });
form.credentials.checked = true;
page.querySelector("#own button").click();
await change(results, { childList: true }, () => results.children.length > rows.length);
const wide = page.documentElement.scrollWidth > frame.clientWidth;
return { rows, own: read(results.firstElementChild), wide };
"""

#: A PNG image with one red pixel.
_DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
_FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


@pytest.fixture
def page(runner: Runner) -> Iterator[Server]:
    with Server(runner.pages()) as server:
        yield server


def as_written(language: str, with_text: str) -> str:
    """Return the code block of the recipe on files that contains a text."""
    page = (DOCS / "recipes" / "files.rst").read_text("utf-8")
    blocks = re.findall(rf"^\.\. code-block:: {language}\n\n((?: .*\n|\n)+)", page, re.MULTILINE)
    (block,) = (block for block in blocks if with_text in block)
    return dedent(block)


def remember(app: Flask) -> list[str]:
    """Return a list of the requests that the package lets Flask handle. It grows as they arrive."""
    seen: list[str] = []

    @app.before_request
    def note() -> None:
        seen.append(f"{request.method} {request.path}")

    return seen


def test_session_cookie(
    engine: Engine, runner: Runner, page: Server, stranger: Server, load: Callable[[str], Any]
) -> None:
    app = load("session_cookie").create_app(page.origin())
    seen = remember(app)
    with Server(app) as api:
        url = api.origin()
        answer = runner.evaluate(engine, page.origin(), _LOG_IN_AND_SEND, url)
        assert answer == [403, {"sent": 5, "by": "ada"}]
        seen.clear()
        assert runner.evaluate(engine, stranger.origin(), _READ, f"{url}/me") == "TypeError"
        for path in ("/login", "/transfer"):
            runner.evaluate(engine, stranger.origin(), _POST_BLINDLY, url + path)
        assert seen == []


def test_file_upload(
    engine: Engine, runner: Runner, page: Server, stranger: Server, load: Callable[[str], Any]
) -> None:
    app = load("file_upload").create_app(page.origin())
    asked: list[str] = []

    def counting(environ: dict[str, Any], start_response: Any) -> Any:
        asked.append(environ["REQUEST_METHOD"])
        return app(environ, start_response)

    with Server(counting) as api:
        job = {"url": f"{api.origin()}/files", "size": 100_000, "watched": False}
        status, text, _ = runner.evaluate(engine, page.origin(), _UPLOAD, job)
        assert (status, asked) == (201, ["POST"]), text
        asked.clear()
        job["watched"] = True
        status, text, progress = runner.evaluate(engine, page.origin(), _UPLOAD, job)
        assert (status, progress) == (201, True), text
        assert asked == ["OPTIONS", "POST"], "watching the upload takes a preflight"
        assert runner.evaluate(engine, stranger.origin(), _UPLOAD, job) == "error"


def test_file_upload_as_it_is_written(
    engine: Engine, runner: Runner, page: Server, load: Callable[[str], Any]
) -> None:
    with Server(load("file_upload").create_app(page.origin())) as api:
        script = as_written("javascript", "onprogress").replace(
            "https://api.example.com", api.origin()
        )
        value, answer = runner.evaluate(engine, page.origin(), _UPLOAD_AS_WRITTEN % script)
    assert (value, answer) == (1, {"name": "notes.bin", "size": 5})


def test_live_events(
    engine: Engine, runner: Runner, page: Server, stranger: Server, load: Callable[[str], Any]
) -> None:
    app = load("live_events").create_app(page.origin(), last=4, pause=0.01)
    with Server(app) as api:
        url = f"{api.origin()}/events"
        assert runner.evaluate(engine, page.origin(), _LISTEN, url) == [1, 2, 3]
        assert runner.evaluate(engine, stranger.origin(), _LISTEN, url) == "error"


@pytest.mark.skipif(not _FONT.exists(), reason="needs a font: apt-get install fonts-dejavu-core")
def test_cdn(
    engine: Engine,
    runner: Runner,
    page: Server,
    stranger: Server,
    load: Callable[[str], Any],
    tmp_path: Path,
) -> None:
    (tmp_path / "shop.ttf").write_bytes(_FONT.read_bytes())
    (tmp_path / "dot.png").write_bytes(_DOT)
    (tmp_path / "shop.js").write_text("export const name = 'shop';", "utf-8")
    with Server(load("cdn").create_app(tmp_path)) as cdn:
        for origin in (page.origin(), stranger.origin("127.0.0.1")):
            url = f"{cdn.origin()}/assets"
            answer = runner.evaluate(engine, origin, _USE_ASSETS, url)
            assert answer == ["loaded", [255, 0, 0, 255], "SecurityError", "shop"]


@pytest.mark.skipif(not _FONT.exists(), reason="needs a font: apt-get install fonts-dejavu-core")
def test_cdn_as_it_is_written(
    engine: Engine, runner: Runner, page: Server, load: Callable[[str], Any], tmp_path: Path
) -> None:
    (tmp_path / "shop.woff2").write_bytes(_FONT.read_bytes())
    (tmp_path / "map.png").write_bytes(_DOT)
    (tmp_path / "shop.js").write_text("globalThis.shop = 'shop';", "utf-8")
    with Server(load("cdn").create_app(tmp_path)) as cdn:
        written = as_written("html", "@font-face")
        html = written.replace("https://cdn.example.com/static", f"{cdn.origin()}/assets")
        answer = runner.evaluate(engine, page.origin(), _PUT_IN_PAGE, html)
    assert answer == ["loaded", [255, 0, 0, 255], "shop"]


def test_playground(
    engine: Engine, runner: Runner, load: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(PLAYGROUND))
    api, recorder = load("api"), load("exchanges").Recorder
    pages, tries = load("pages"), load("tries").TRIES
    load("policy")
    with Server(Response()) as api_server, Server(Response()) as app, Server(Response()) as other:
        origins = [server.origin("127.0.0.1") for server in (api_server, app, other)]
        made = api.create_api(origins[1])
        made.logger.disabled = True
        recording = recorder(made)
        api_server.app = recording
        seen = {}
        for server, title, other_origin in ((app, "App", origins[2]), (other, "Other", origins[1])):
            origin = server.origin("127.0.0.1")
            front_end = pages.create_front_end(
                title,
                api=made,
                recorder=recording,
                api_origin=origins[0],
                app_origin=origins[1],
                origin=origin,
                other_origin=other_origin,
            )
            server.app = runner.pages(front_end)
            seen[title] = runner.evaluate(engine, origin, _READ_PLAYGROUND)
    rows = {
        page: {attempt.title: row for attempt, row in zip(tries, seen[page]["rows"], strict=True)}
        for page in seen
    }
    assert {title: row["sees"] for title, row in rows["App"].items()} == {
        "GET, reading X-Total": "200, X-Total: 3",
        "PUT with JSON": "200",
        "DELETE": "Blocked by CORS",
        "GET with header X-Debug": "Blocked by CORS",
        "POST to log in": "200",
        "PUT with the login cookie": "200",
        "GET without the cookie": "401 from the app",
        "GET, but the view crashes": "500 from the app",
        "GET, decorated view": "200",
        "GET, redirected": "200",
        "GET outside /api/": "Blocked by CORS",
    }
    by_other = {title: row["sees"] for title, row in rows["Other"].items()}
    assert by_other.pop("GET, decorated view") == "200"
    assert {*by_other.values()} == {"Blocked by CORS"}
    assert rows["App"]["PUT with JSON"]["sent"] == ["Preflight", "Request"]
    assert rows["App"]["DELETE"]["sent"] == ["Preflight"]
    assert rows["App"]["GET, redirected"]["sent"] == ["Request", "Request"]
    assert "Access-Control-Allow-Methods: GET, POST, PUT" in rows["App"]["PUT with JSON"]["text"]
    crash = rows["App"]["GET, but the view crashes"]
    assert (crash["kind"], crash["reason"]) == ("error", 'allowed by resources["/api/*"]')
    own = seen["App"]["own"]
    assert (own["kind"], own["sent"]) == ("refused", ["Preflight"])
    assert own["reason"] == "method 'PATCH' is not allowed by resources[\"/api/*\"]"
    assert not seen["App"]["wide"]
