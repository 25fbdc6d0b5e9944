"""For links and forms, the engines and the ``Browser`` send the same requests."""

from __future__ import annotations

import contextlib
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from flask_crossorigin.testing import Browser

from .recorder import PAGE_PATH, Arrival, Recorder
from .scenario import HOSTS, ORIGINS, PORTS, Hop, Ports, Scenario
from .servers import Server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .engine import Engine
    from .pages import Runner

PAGE, FAR_PAGE, API, FAR_API = ORIGINS[:4]

#: The headers that protect servers. Others, such as ``Accept``, differ between the engines.
_NAMES = ("origin", "referer", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "content-type")

# Navigates after a delay, so that the page can post its outcome first.
_SCRIPT = """
const { url, method, fields } = argument;
let element;
if (method === "link") {
  element = document.createElement("a");
  element.href = url;
} else {
  element = document.createElement("form");
  Object.assign(element, { action: url, method });
  for (const [name, value] of fields) {
    const input = document.createElement("textarea");
    Object.assign(input, { name, value });
    element.append(input);
  }
}
document.body.append(element);
setTimeout(() => (method === "link" ? element.click() : element.submit()), 300);
"""

# No field contains a tilde, because WebKit doesn't encode it in the query of a form.
_FIELDS = [("a", "1 ü\n2"), ("b", "&=*")]
_COOKIES = ["kN_s=1; SameSite=Strict; Path=/", "kN_l=1; SameSite=Lax; Path=/"]
_COOKIES += ["kN_n=1; SameSite=None; Secure; Path=/"]


@pytest.fixture(scope="module")
def numbers() -> list[int]:
    """Return the numbers of the scenarios so far. A new number gives a scenario its own paths."""
    return []


def make(number: int, hops: Sequence[tuple[str, int]]) -> Scenario:
    """Make the scenario of a navigation. Each hop is a server and the status of its response."""
    made: list[Hop] = []
    for index, (_, status) in enumerate(hops):
        headers = [["Set-Cookie", f"k{number}_new{index}=1; SameSite=Strict; Path=/"]]
        if index + 1 < len(hops):
            headers.append(["Location", f"{hops[index + 1][0]}/{number}/{index + 1}"])
        answer: Any = {"status": status, "headers": headers, "body": "hello"}
        made.append({"answer": answer, "preflight": answer})
    lines = [line.replace("kN_", f"k{number}_") for line in _COOKIES]
    cookies: dict[str, list[str]] = dict.fromkeys(HOSTS, lines)
    return {"number": number, "page": PAGE, "cookies": cookies, "jobs": [], "hops": made}


def relevant(engine_name: str, page: str, arrivals: Sequence[Arrival]) -> list[dict[str, Any]]:
    """Return what to compare, without the differences that docs/engines.rst lists."""
    found: list[dict[str, Any]] = []
    hosts: list[str | None] = [urlsplit(page).hostname]
    for arrival in arrivals:
        hosts.append(urlsplit(arrival["url"]).hostname)
        names = {name: arrival["headers"].get(name) for name in _NAMES}
        cookies = arrival["cookies"]
        if engine_name == "webkit":
            # WebKit does not store Secure cookies from plain http.
            cookies = [cookie for cookie in cookies if not cookie.endswith("_n=1")]
        if engine_name == "firefox" and len(hosts) > 2:
            del names["sec-fetch-site"]
        comes_home = hosts[0] == hosts[-1] and len(set(hosts)) > 1
        if engine_name != "firefox" and comes_home:
            # For SameSite, the other engines only compare the page with the current URL.
            cookies = [cookie for cookie in cookies if not re.search("_(s|l|new.)=1", cookie)]
        request = f"{arrival['method']} {arrival['url']}"
        found.append({"request": request, "body": arrival["body"], "cookies": cookies, **names})
    return found


def in_engine(
    engine: Engine, runner: Runner, scenario: Scenario, page: str, method: str, target: str
) -> list[dict[str, Any]]:
    number, hops = scenario["number"], len(scenario["hops"])
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Server(runner.pages())) for _ in PORTS]
        ports = Ports([server.port for server in servers])
        (real,) = ports.to_real([scenario])
        recorder = Recorder([real])
        for server in servers:
            server.app = runner.pages(recorder)
        engine.clear_cookies()
        for host in HOSTS:
            runner.run(engine, servers[0].origin(host), [{"url": f"/{number}/{host}"}])
        url = ports.to_real(f"{target}/{number}/0")
        argument = {"url": url, "method": method, "fields": _FIELDS}
        runner.evaluate(engine, ports.to_real(page), _SCRIPT, argument)
        deadline = time.monotonic() + 15
        while len(recorder.arrivals[number]) < hops and time.monotonic() < deadline:
            time.sleep(0.05)
        return relevant(engine.name, page, ports.from_real(recorder.arrivals[number]))


def in_browser(
    engine_name: str, scenario: Scenario, page: str, method: str, target: str
) -> list[dict[str, Any]]:
    number = scenario["number"]
    recorder = Recorder([scenario])
    servers = dict.fromkeys(ORIGINS, recorder)
    browser = Browser(servers, page=page + PAGE_PATH)
    for host in HOSTS:
        own = Browser(servers, origin=f"http://{host}:{PORTS[0]}")
        own.cookies = browser.cookies
        own.fetch(f"/{number}/{host}")
    url = f"{target}/{number}/0"
    if method == "link":
        browser.navigate(url)
    elif method == "GET":
        browser.submit(url, _FIELDS, method="GET")
    else:
        browser.submit(url, _FIELDS)
    return relevant(engine_name, page, recorder.arrivals[number])


#: The page, the method and the hops of each navigation.
CASES: list[tuple[str, str, list[tuple[str, int]]]] = [
    (page, method, hops)
    for page in (PAGE, FAR_PAGE)
    for method in ("link", "GET", "POST")
    for hops in (
        [(PAGE, 200)],
        [(API, 200)],
        [(PAGE, 302), (API, 200)],
        [(FAR_API, 302), (PAGE, 200)],
        [(API, 307), (FAR_API, 200)],
        [(API, 307), (API, 303), (PAGE, 200)],
    )
]


def _name(part: str | list[tuple[str, int]]) -> str:
    if isinstance(part, str):
        return part.removeprefix("http://")
    return "-".join(f"{status}@{server.removeprefix('http://')}" for server, status in part)


@pytest.mark.parametrize(("page", "method", "hops"), CASES, ids=_name)
def test_navigation(
    engine: Engine,
    runner: Runner,
    numbers: list[int],
    page: str,
    method: str,
    hops: list[tuple[str, int]],
) -> None:
    numbers.append(len(numbers))
    scenario = make(numbers[-1], hops)
    target = hops[0][0]
    expected = in_engine(engine, runner, scenario, page, method, target)
    assert len(expected) == len(hops)
    assert in_browser(engine.name, scenario, page, method, target) == expected
