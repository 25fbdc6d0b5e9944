"""Run scenarios in an engine, through sockets, and in the ``Browser``, through WSGI."""

from __future__ import annotations

import contextlib
import json
from io import BytesIO
from typing import TYPE_CHECKING, Any, TypedDict, cast

from flask_crossorigin.testing import Browser

from .recorder import PAGE_PATH, Arrival, Recorder
from .scenario import HOSTS, ORIGINS, PORTS, Fetch, Ports, Scenario
from .servers import Server

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .engine import Engine
    from .pages import Job, Result, Runner

#: How many scenarios run together. They set fewer cookies than an engine keeps for one host.
_BATCH = 100

# Runs the scenarios concurrently, and the jobs of each scenario one after the other. Before that,
# it sends requests to each server until the browser caches the server's preflight responses:
# Firefox drops a cached response if it resolves the name of the host later, and it does so for the
# first preflights of a page.
_SCRIPT = """
for (const server of argument.servers) {
  let asked = null;
  for (let count = 0; count < 5; count++) {
    const response = await fetch(`${server}/ready`, { method: "PATCH" });
    const before = asked;
    asked = await response.text();
    if (asked === before) {
      break;
    }
  }
}
const results = [];
let next = 0;
async function work() {
  while (next < argument.scenarios.length) {
    const index = next++;
    const jobs = argument.scenarios[index];
    results[index] = await fetchAll({ jobs, concurrently: false, milliseconds: 20000 });
  }
}
await Promise.all(Array.from({ length: 6 }, work));
return results;
"""

#: The headers that the server of the harness adds to a response.
_SERVERS_OWN = {"connection", "date", "server", "transfer-encoding"}


class Seen(TypedDict):
    """What JavaScript sees of one job. If the type is ``error``, it sees nothing else."""

    type: str
    status: int
    url: str
    redirected: bool
    headers: dict[str, str]
    body: str


class Observation(TypedDict):
    """All that was observed in a scenario."""

    seen: list[Seen]
    arrivals: list[Arrival]
    #: The cookies that a page of each host sends to its own server afterwards.
    kept: dict[str, list[str]]
    #: Whether it took too long for a comparison. In the ``Browser``, no time passes.
    slow: bool


def observe_engine(
    engine: Engine, runner: Runner, scenarios: Sequence[Scenario]
) -> list[Observation]:
    """Run scenarios in an engine, and return the observation of each one."""
    observed: dict[int, Observation] = {}
    for batch in _batches(scenarios):
        engine.clear_cookies()
        with contextlib.ExitStack() as stack:
            servers = [stack.enter_context(Server(runner.pages())) for _ in PORTS]
            ports = Ports([server.port for server in servers])
            real = ports.to_real(batch)
            recorder = Recorder(real)
            for server in servers:
                server.app = runner.pages(recorder)
            page = real[0]["page"]
            for host in HOSTS:
                runner.run(
                    engine,
                    servers[0].origin(host),
                    list(map(_engine_job, _cookie_jobs(real, host))),
                )
            results: list[list[Result]] = runner.evaluate(
                engine,
                servers[0].origin() if page == "null" else page,
                _SCRIPT,
                {
                    "servers": [server.origin(host) for server in servers for host in HOSTS],
                    "scenarios": [list(map(_engine_job, scenario["jobs"])) for scenario in real],
                },
                sandboxed=page == "null",
                timeout=120,
            )
            for host in HOSTS:
                runner.run(
                    engine, servers[0].origin(host), list(map(_engine_job, _kept_jobs(real)))
                )
        for scenario, seen in zip(batch, results, strict=True):
            observed[scenario["number"]] = ports.from_real(
                _observation(recorder, scenario, list(map(_engine_seen, seen)))
            )
    return [observed[scenario["number"]] for scenario in scenarios]


def _batches(scenarios: Sequence[Scenario]) -> Iterator[list[Scenario]]:
    for page in sorted({scenario["page"] for scenario in scenarios}):
        of_page = [scenario for scenario in scenarios if scenario["page"] == page]
        for start in range(0, len(of_page), _BATCH):
            yield of_page[start : start + _BATCH]


def _cookie_jobs(scenarios: Iterable[Scenario], host: str) -> list[Fetch]:
    return [
        _plain_get(f"/{scenario['number']}/{host}")
        for scenario in scenarios
        if host in scenario["cookies"]
    ]


def _kept_jobs(scenarios: Iterable[Scenario]) -> list[Fetch]:
    # This path is also below the paths of the scenarios' cookies, so the browser sends them.
    return [_plain_get(f"/{s['number']}/1/kept") for s in scenarios if has_cookies(s)]


def _plain_get(url: str) -> Fetch:
    return {
        "url": url,
        "method": "GET",
        "headers": [],
        "mode": "cors",
        "credentials": "same-origin",
        "redirect": "follow",
    }


def has_cookies(scenario: Scenario) -> bool:
    """Return whether any server of a scenario sets a cookie."""
    answers = [answer for hop in scenario["hops"] for answer in (hop["answer"], hop["preflight"])]
    lines = [name for answer in answers for name, _ in answer["headers"]]
    return bool(scenario["cookies"]) or "Set-Cookie" in lines


def _engine_job(job: Fetch) -> Job:
    """Replace a JSON body by a string and a Content-Type, which is how JavaScript sends JSON."""
    body = job.get("body")
    if isinstance(body, dict) and "json" in body:
        headers = job["headers"]
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers = [*headers, ["Content-Type", "application/json"]]
        job = {**job, "headers": headers, "body": body["json"]}
    return cast("Job", job)


def _engine_seen(result: Result) -> Seen:
    if result["error"] is not None and result["error"].startswith("TypeError"):
        return _nothing("error")
    # Other errors, such as a TimeoutError, must not look like a response or a refusal.
    return _seen(
        result["error"] or result["type"],
        result["status"],
        result["url"],
        result["redirected"],
        {name.lower(): value for name, value in result["headers"]},
        result["body"],
    )


def _nothing(kind: str) -> Seen:
    return _seen(kind, 0, "", False, {}, "")


def _seen(
    kind: str, status: int, url: str, redirected: bool, headers: dict[str, str], body: str
) -> Seen:
    return {
        "type": kind,
        "status": status,
        "url": url,
        "redirected": redirected,
        "headers": {name: headers[name] for name in sorted(headers) if name not in _SERVERS_OWN},
        "body": body,
    }


def _observation(recorder: Recorder, scenario: Scenario, seen: list[Seen]) -> Observation:
    number = scenario["number"]
    return {
        "seen": seen,
        "arrivals": recorder.arrivals[number],
        "kept": recorder.kept[number],
        "slow": recorder.is_slow(number),
    }


def observe_browser(scenario: Scenario) -> Observation:
    """Run a scenario in the ``Browser``, and return its observation."""
    recorder = Recorder([scenario])
    servers = dict.fromkeys(ORIGINS, recorder)
    page = scenario["page"]
    if page == "null":
        browser = Browser(servers, origin=page, clock=_now)
    else:
        browser = Browser(servers, page=page + PAGE_PATH, clock=_now)
    own_pages = [Browser(servers, origin=f"http://{host}:{PORTS[0]}", clock=_now) for host in HOSTS]
    for own_page in own_pages:
        own_page.cookies = browser.cookies
    for host, own_page in zip(HOSTS, own_pages, strict=True):
        for job in _cookie_jobs([scenario], host):
            _fetch(own_page, job)
    seen = [_fetch(browser, job) for job in scenario["jobs"]]
    for own_page in own_pages:
        for job in _kept_jobs([scenario]):
            _fetch(own_page, job)
    return _observation(recorder, scenario, seen)


def _now() -> float:
    """Return a constant time, because a scenario takes little time in the engines, too."""
    return 1_900_000_000.0


def _fetch(browser: Browser, job: Fetch) -> Seen:
    arguments: dict[str, Any] = {
        name: value for name, value in job.items() if name not in {"url", "body", "upload"}
    }
    is_upload = job.get("upload", False)
    body = job.get("body")
    match body:
        case {"json": text}:
            arguments["json"] = json.loads(text)
        case {"bytes": numbers}:
            arguments["data"] = bytes(numbers)
        case {"form": pairs}:
            arguments["data"] = [tuple(pair) for pair in pairs]
        case {"multipart": fields}:
            arguments["data"] = [(field[0], _field(*field[1:])) for field in fields]
        case _:
            arguments["data"] = body
    try:
        reply = browser.fetch(job["url"], use_preflight=is_upload, **arguments)
        body = reply.text
    except TypeError:
        return _nothing("error")
    except Exception as error:
        return _nothing(f"the browser broke: {error!r}")
    kind, redirected = ("upload", False) if is_upload else (reply.type, reply.redirected)
    return _seen(kind, reply.status, reply.url, redirected, dict(reply.headers), body)


def _field(value: str, *file: str) -> str | tuple[BytesIO, str, str]:
    return (BytesIO(value.encode()), file[0], file[1]) if file else value
