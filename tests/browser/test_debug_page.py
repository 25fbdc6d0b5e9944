"""The debug page works in each engine when people use it.

With ``CROSSORIGIN_PICTURES=1`` and Pillow, Chromium also takes the screenshots for the
documentation.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from flask_crossorigin import CORS

from .engine import ENTER, TAB, Engine
from .servers import Server

ROOT = Path(__file__).parents[2]
STRANGER = "https://stranger.example"
SHOP = "https://shop.example.com"

# The beginning of each script. The time limit is long, because a busy machine can be slow.
_PRELUDE = """
const find = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const isShown = (element) => element.checkVisibility();
const until = async (condition) => {
  const end = Date.now() + 20_000;
  let found;
  while (!(found = condition())) {
    if (Date.now() > end) throw new Error(`never true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return found;
};
"""

# Returns the number of texts, and those with too little contrast (WCAG 2.2, 1.4.3).
_CONTRASTS = """
// As the engine paints it, whatever the notation.
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgba = (color) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const luminance = (color) => {
  const [r, g, b] = rgba(color).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  const color = getComputedStyle(element).backgroundColor;
  return rgba(color)[3] === 255 ? color : behind(element.parentElement);
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = [];
const faint = [];
const check = (element) => {
  const lights = [getComputedStyle(element).color, behind(element)].map(luminance);
  const contrast = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
  seen.push(element);
  if (contrast < 4.5) faint.push([element.outerHTML.slice(0, 80), contrast]);
};
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (texts.currentNode.data.trim() && isShown(element)) check(element);
}
all("input, select, textarea").forEach(check);
return [seen.length, faint];
"""

# Returns controls and sections without a name, repeated ids, references to ids that don't exist,
# and headings that skip a level.
_NAMELESS = """
const named = (element) =>
  element.labels?.length || element.textContent.trim() || element.getAttribute("aria-label");
const controls = all("a, button, input, select, summary, textarea").filter((e) => !named(e));
const sections = all("section").filter((e) => {
  const title = document.getElementById(e.getAttribute("aria-labelledby"));
  return title?.tagName !== "H2" || !title.textContent;
});
const ids = all("[id]").map((element) => element.id);
const repeated = ids.filter((id, index) => ids.indexOf(id) !== index);
const references = all("[aria-describedby], [aria-labelledby], [list], [for]").flatMap((element) =>
  ["aria-describedby", "aria-labelledby", "list", "for"]
    .map((name) => element.getAttribute(name))
    .filter((id) => id && !document.getElementById(id)));
const headings = all("h1, h2, h3, h4").map((element) => Number(element.tagName[1]));
const jumps = headings.filter((level, index) => level > (headings[index - 1] ?? 0) + 1);
return [...controls, ...sections].map((e) => e.outerHTML).concat(repeated, references, jumps);
"""


class Page:
    """The debug page of the example, open in a browser."""

    def __init__(self, engine: Engine, app: Flask, server: Server) -> None:
        self.engine = engine
        self.app = app
        self.server = server
        self.origin = server.origin()
        self._client = Client(app)

    def open(self) -> None:
        self.engine.open(f"{self.origin}/_cors")
        self.run('await until(() => find("#live").textContent === "Live")')
        self.run('await until(() => find("#route-list").children.length)')

    def run(self, script: str, argument: Any = None) -> Any:
        return self.engine.run(_PRELUDE + script, argument)

    def ask(self, path: str, origin: str, method: str = "GET", names: str = "") -> None:
        """Send a page's request to the app. With header names, send its preflight instead."""
        headers = {"Origin": origin}
        if names:
            headers["Access-Control-Request-Headers"] = names
            headers["Access-Control-Request-Method"] = method
            method = "OPTIONS"
        self._client.open(path, base_url=self.origin, method=method, headers=headers)

    def decisions(self) -> list[str]:
        """Return the text of each decision that is shown, without the time."""
        texts: list[str] = self.run("""
            return all("#decision-list > li").filter(isShown).map((item) => {
              const copy = item.cloneNode(true);
              copy.querySelector("time").remove();
              return [...copy.querySelectorAll(".row > *:not([hidden]), .reason")]
                .map((part) => part.textContent).join(" ");
            });
        """)
        return texts

    def fill(self, **fields: str) -> None:
        self.run(
            "for (const [id, text] of Object.entries(argument)) find(`#${id}`).value = text", fields
        )


@pytest.fixture
def page(
    engine: Engine, load: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Page]:
    monkeypatch.chdir(ROOT / "examples")
    app: Flask = load("debugging").app
    app.debug = True
    with contextlib.suppress(NotImplementedError):
        engine.prefer("light")
    engine.resize(1280, 900)
    with contextlib.suppress(NotImplementedError):
        engine.console()
    with Server(app) as server:
        opened = Page(engine, app, server)
        opened.open()
        yield opened
    with contextlib.suppress(NotImplementedError):
        # The page followed its own Content Security Policy and threw no errors. Ignore all other
        # messages: engines also report error statuses, and Firefox reports internal problems.
        written = engine.console()
        assert [line for line in written if re.search("Security.Policy|Uncaught", line)] == []


def test_the_form_explains(page: Page) -> None:
    page.run('find("#origin").focus()')
    page.run('find("#origin").select()')
    page.engine.press(STRANGER)
    page.fill(method="PUT", url="/api/cart", headers="X-Token: 1")
    page.run('find("#origin").focus()')
    page.engine.press(ENTER)
    page.run('await until(() => find("#result").children.length)')
    text = page.run('return find("#result").innerText')
    for part in (
        "✕ Refused",
        f'origin "{STRANGER}" is not allowed by resources["/api/*"]',
        "because of the method PUT and the header x-token",
        "→ OPTIONS /api/cart",
        "Access-Control-Request-Headers: x-token",
        "← 403",
        "Blocked: ",
        f'add "{STRANGER}" to the origins of resources["/api/*"]',
        f"curl -i -X OPTIONS {page.origin}/api/cart",
    ):
        assert part in text
    page.fill(origin=SHOP)
    page.run('find("#credentials").click()')
    page.run('find("#form").requestSubmit()')
    page.run('await until(() => find("#result").innerText.includes("✓ Allowed"))')
    text = page.run('return find("#result").innerText')
    assert "Access-Control-Allow-Credentials: true" in text
    assert "The page gets the response" in text
    page.fill(origin="shop.example.com")
    page.run('find("#form").requestSubmit()')
    page.run('await until(() => find("#result .alert"))')
    # The form sent no cross-origin requests.
    assert page.decisions() == []


def test_decisions_appear_as_they_are_made(page: Page) -> None:
    shown = "await until(() => all('#decision-list > li').filter(isShown).length === argument)"
    assert "No page on another origin" in page.run('return find("#no-decisions").innerText')
    page.ask("/api/cart", STRANGER)
    page.run(shown, 1)
    page.run('await until(() => !isShown(find("#no-decisions")))')
    page.ask("/catalog/apple", STRANGER)
    page.run(shown, 3)
    page.ask("/api/cart", STRANGER)
    page.run('await until(() => find("#decision-list > li").textContent.includes("\u00d72"))')
    refusal = f'origin "{STRANGER}" is not allowed by resources'
    assert [re.sub(r"debugging\.py:\d+", "here", text) for text in page.decisions()] == [
        f'✕ Refused GET /api/cart \u00d72 {refusal}["/api/*"] from {STRANGER} · here '
        f"Explain GET /api/cart from {STRANGER}",
        f'! Would be refused GET /catalog/apple {refusal}["/catalog/*"].report_only '
        f"from {STRANGER} · here Explain GET /catalog/apple from {STRANGER}",
        f'✓ Allowed GET /catalog/apple allowed by resources["/catalog/*"] '
        f"from {STRANGER} · here Explain GET /catalog/apple from {STRANGER}",
    ]
    assert "1 refused" in page.run('return find("#news").textContent')
    page.run('find("#show").value = "refused"; find("#show").dispatchEvent(new Event("change"))')
    page.run(shown, 1)


def test_pausing(page: Page) -> None:
    page.run('find("#pause").click(); await until(() => find("#live").textContent === "Paused")')
    assert page.run('return find("#pause").getAttribute("aria-pressed")') == "true"
    page.ask("/api/cart", STRANGER)
    assert page.decisions() == []
    page.run('find("#pause").click(); await until(() => find("#decision-list").children.length)')
    assert page.run('return find("#live").textContent') == "Live"


def test_a_decision_is_explained_and_keeps_the_focus(page: Page) -> None:
    page.ask("/api/cart", STRANGER, "PUT", names="content-type,x-token")
    page.run('await until(() => find("#decision-list button"))')
    page.run('find("#decision-list button").focus()')
    page.ask("/health", STRANGER)
    page.ask("/api/cart", STRANGER, "PUT", names="content-type,x-token")
    page.run('await until(() => find("#decision-list > li").textContent.includes("\u00d72"))')
    assert page.run('return document.activeElement === find("#decision-list button")')
    page.engine.press(ENTER)
    page.run('await until(() => document.activeElement.closest("#result"))')
    fields = page.run(
        'return ["origin", "method", "url", "headers"].map((id) => find(`#${id}`).value)'
    )
    assert fields == [STRANGER, "PUT", "/api/cart", "content-type: application/json\nx-token: 1"]
    assert "✕ Refused" in page.run('return find("#result").innerText')


def test_what_attackers_send_stays_text(page: Page) -> None:
    page.ask("/<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>")
    page.run('await until(() => find("#decision-list > li"))')
    (decision,) = page.decisions()
    assert "onerror=alert(1)>" in decision
    page.run('find("#decision-list button").click()')
    page.run('await until(() => find("#result").children.length)')
    assert page.run('return all("main img, main script, main [onerror]").length') == 0


def test_the_server_may_go_away_and_come_back(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    page.ask("/api/cart", STRANGER)
    page.run('await until(() => find("#decision-list").children.length)')
    with monkeypatch.context() as broken:
        broken.setattr(page.app, "debug", False)
        page.run('await until(() => find("#live").textContent.startsWith("No connection"))')
    page.run('await until(() => find("#live").textContent === "Live")')
    assert len(page.decisions()) == 1


def test_the_server_may_start_again_with_other_policies(page: Page) -> None:
    page.ask("/api/cart", STRANGER)
    page.run('await until(() => find("#decision-list").children.length)')
    other = Flask("other shop", static_folder=None)
    other.debug = True
    other.add_url_rule("/new", "new", lambda: "new")
    CORS(other, origins=SHOP, debug_page="/_cors")
    page.server.app = other
    page.run('await until(() => find("#app").textContent === "in other shop")')
    assert page.decisions() == []
    assert page.run('return find("#route-list").innerText.includes("/new")')


def test_routes_and_audit(page: Page) -> None:
    rows = page.run("""
        return all("#route-list tr").map((row) => [...row.cells].map((cell) => cell.innerText));
    """)
    assert [[re.sub(r"\s+", " ", cell).strip() for cell in row] for row in rows][:2] == [
        [
            "/api/cart cart",
            "DELETE, GET, PUT",
            "https://shop.example.com, http://localhost:3000",
            "yes",
            "600 s",
            'resources["/api/*"] debugging.py:14',
        ],
        [
            "/catalog/<name> fruit",
            "GET",
            "*",
            "no",
            "not sent",
            'resources["/catalog/*"] debugging.py:14 · report_only',
        ],
    ]
    page.fill(filter="REPORTS")
    page.run('find("#filter").dispatchEvent(new Event("input"))')
    assert page.run('return all("#route-list tr").filter(isShown).length') == 1
    assert page.run('return find("#finding-list").innerText.includes("C0")')


def fill_with_decisions(page: Page) -> None:
    """Cause some decisions of each kind, and let the page explain one of them."""
    page.ask("/catalog/apple", SHOP)
    page.ask("/report", "https://reports.example.com")
    page.ask("/catalog/pear", "https://blog.example")
    page.ask("/api/cart", SHOP, "PUT", names="content-type")
    page.ask("/api/cart", SHOP, "PUT")
    page.ask("/health", SHOP)
    for _ in range(12):
        page.ask("/api/cart", "http://localhost:3001")
    page.ask("/api/cart", "https://shop.example.org", "DELETE", names="x-token")
    page.run("await until(() => all('#decision-list > li').length === 9)")
    page.run('find("#decision-list button").click()')
    page.run('await until(() => find("#result").children.length)')


def test_the_keyboard_is_enough(page: Page) -> None:
    page.ask("/api/cart", STRANGER)
    page.run('await until(() => find("#decision-list button"))')
    # The elements that Tab should reach, in order from the top of the page.
    wanted = page.run("""
        const reachable = "a, button, input, select, summary, textarea, [tabindex='0']";
        document.activeElement.blur();
        return all(reachable).filter(isShown).map((e) => e.id || e.textContent.trim());
    """)
    reached = []
    for _ in wanted:
        page.engine.press(TAB)
        name, outline = page.run("""
            const element = document.activeElement;
            const style = getComputedStyle(element);
            const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth);
            return [element.id || element.textContent.trim(), outline];
        """)
        reached.append(name)
        assert outline >= 2, name
    # Some engines also stop at elements that can be scrolled.
    assert [name for name in reached if name in wanted] == wanted[: len(reached)]
    assert {"show", "pause", "origin", "method", "url", "headers", "credentials"} <= {*reached}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(page: Page, scheme: str) -> None:
    try:
        page.engine.prefer(scheme)
    except NotImplementedError:
        if scheme == "dark":
            pytest.skip("the engine prefers what its system does")
    page.open()
    fill_with_decisions(page)
    page.run('find("summary").click()')
    count, faint = page.run(_CONTRASTS)
    assert count > 100
    assert faint == []
    assert page.run(_NAMELESS) == []


@pytest.mark.parametrize("width", [1280, 820, 390])
def test_nothing_is_wider_than_the_window(page: Page, width: int) -> None:
    page.engine.resize(width, 800)
    page.ask("/catalog/" + "x" * 300, "https://" + "x" * 60 + ".example")
    page.run('await until(() => find("#decision-list button"))')
    fill_with = {"origin": STRANGER, "url": "/api/" + "x" * 300, "headers": f"X-{'x' * 99}: 1"}
    page.fill(method="PUT", **fill_with)
    page.run('find("#form").requestSubmit(); await until(() => find("#result").children.length)')
    # WebKitGTK's window cannot be as narrow as a phone.
    narrowest = 450 if page.engine.name == "webkit" else 0
    assert page.run("return innerWidth") <= max(width, narrowest)
    assert page.run("return document.documentElement.scrollWidth <= innerWidth")
    wide = page.run("""
        return all("main *").filter(isShown)
          .filter((element) => !element.closest(".visually-hidden, thead, option, datalist"))
          .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
          .map((element) => element.outerHTML.slice(0, 80));
    """)
    assert wide == []


def test_nothing_comes_from_elsewhere(page: Page) -> None:
    names = page.run('return performance.getEntriesByType("resource").map((entry) => entry.name)')
    assert names
    assert all(name.startswith(f"{page.origin}/_cors/") for name in names)


@pytest.mark.parametrize(
    ("name", "width", "height", "scheme"),
    [("light", 1280, 1640, "light"), ("dark", 1280, 1640, "dark"), ("phone", 390, 1200, "light")],
)
def test_pictures(page: Page, name: str, width: int, height: int, scheme: str) -> None:
    if page.engine.name != "chromium":
        pytest.skip("the pictures are Chromium's")
    page.engine.prefer(scheme)
    page.engine.resize(width, height)
    page.open()
    fill_with_decisions(page)
    # Replace the port and the times, so that the pictures are the same each time.
    page.run(
        """
        find("#pause").click();
        document.activeElement.blur();
        scrollTo(0, 0);
        document.documentElement.style.scrollbarWidth = "none";
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
          texts.currentNode.data = texts.currentNode.data.replaceAll(argument, "5000");
        }
        all("time").forEach((time) => { time.textContent = "10:24:31"; });
        find("#live").className = "state is-live";
        find("#live").textContent = "Live";
        """,
        page.origin.rpartition(":")[2],
    )
    picture = page.engine.screenshot()
    assert picture.startswith(b"\x89PNG")
    if os.environ.get("CROSSORIGIN_PICTURES") == "1":
        image: Any = importlib.import_module("PIL.Image")
        path = ROOT / "docs" / "_static" / f"debug-page-{name}.png"
        # The page has few colors, so a palette keeps the file small.
        image.open(io.BytesIO(picture)).convert("RGB").quantize(160, dither=0).save(
            path, optimize=True
        )
        assert path.stat().st_size < 150_000
