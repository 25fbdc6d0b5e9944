"""Random scenarios. Most have only a mistake or two, so that requests get far."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .answers import bend, make_answer, make_preflight_answer
from .jobs import choose, make_headers, make_job
from .scenario import HOSTS, ORIGINS, PORTS, Fetch, Hop, Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence


_PAGES = {f"http://{HOSTS[0]}:{PORTS[0]}": 50, f"http://{HOSTS[1]}:{PORTS[0]}": 30, "null": 20}
_PREFIXES = {"": 86, "__Secure-": 4, "__Host-": 4, "__Http-": 3, "__Host-Http-": 3}
_REDIRECT_STATUSES = (301, 302, 303, 307, 308)


def make_scenario(seed: int | str, number: int) -> Scenario:
    """Make the scenario with this number. It does not depend on other scenarios."""
    rng = Random(f"{seed}/{number}")
    page = choose(rng, _PAGES)
    servers = _make_route(rng, page)
    url = f"{servers[0]}/{number}/0" + choose(rng, {"": 85, "?q=1&r": 8, "#part": 4, "?a#b": 3})
    jobs = _make_jobs(rng, url)
    scenario: Scenario = {
        "number": number,
        "page": page,
        "cookies": {},
        "jobs": jobs,
        "hops": _make_hops(rng, page, servers, jobs, number),
    }
    if any(job["mode"] == "no-cors" for job in jobs):
        # Engines sniff bodies that JavaScript can't read. These tests are not about that.
        for hop in scenario["hops"]:
            answer = hop["answer"]
            answer.pop("missing", None)
            if answer.pop("coding", None) is not None:
                lines = answer["headers"]
                lines[:] = [line for line in lines if line[0] != "Content-Encoding"]
    # Engines only agree about plain cookies. So some scenarios only have plain cookies, and some
    # have no cookies.
    kind = choose(rng, {"none": 40, "plain": 34, "secure": 18, "any": 8})
    if kind != "none":
        _add_cookies(rng, scenario, servers, kind)
    for _ in range(choose(rng, {0: 38, 1: 42, 2: 20})):
        index = rng.randrange(len(servers))
        hop = scenario["hops"][index]
        preflight = _is_preflighted(jobs) and rng.random() < 0.65
        answer = hop["preflight"] if preflight else hop["answer"]
        if answer["headers"]:
            bend(rng, answer, _origins_at(page, servers)[index], preflight=preflight)
    return scenario if rng.random() < 0.15 else _to_ascii(scenario)


def _to_ascii(scenario: Scenario) -> Scenario:
    """Replace non-ASCII characters in headers, because engines treat them differently."""
    jobs: list[Fetch] = [
        {**job, "headers": _ascii_headers(job["headers"])} for job in scenario["jobs"]
    ]
    for hop in scenario["hops"]:
        for answer in (hop["answer"], hop["preflight"]):
            answer["headers"] = _ascii_headers(answer["headers"])
    return {**scenario, "jobs": jobs}


def _ascii_headers(headers: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[name, re.sub("[\x80-\xff]", "e", value)] for name, value in headers]


def _make_route(rng: Random, page: str) -> list[str]:
    """Choose the servers of the request and its redirects."""
    route: list[str] = []
    for _ in range(choose(rng, {1: 50, 2: 24, 3: 16, 4: 10})):
        at_home = page != "null" and rng.random() < 0.25
        stay = bool(route) and rng.random() < 0.25
        route.append(page if at_home else route[-1] if stay else rng.choice(ORIGINS))
    return route


def _make_jobs(rng: Random, url: str) -> list[Fetch]:
    """Make a request, and perhaps similar ones, which use the caches and cookies of the first."""
    first = make_job(rng, url)
    jobs = [first]
    while len(jobs) < 4 and rng.random() < 0.35:
        job: Fetch = {**first, "headers": [*first["headers"]]}
        if "upload" in job:
            job["credentials"] = rng.choice(["include", "same-origin"])
            if rng.random() < 0.5:
                del job["upload"]
            jobs.append(job)
            continue
        match rng.randrange(8):
            case 0:
                job["credentials"] = rng.choice(["include", "omit", "same-origin"])
            case 1:
                job["headers"] += make_headers(rng)
            case 2:
                job["headers"] = job["headers"][:-1]
            case 3:
                job["method"] = make_job(rng, url)["method"]
                if job["method"].upper() in {"GET", "HEAD"}:
                    job.pop("body", None)
            case 4:
                job["url"] = url + rng.choice(["#other", "?other"])
        jobs.append(job)
    return jobs


def _is_preflighted(jobs: Sequence[Fetch]) -> bool:
    return any(job["headers"] or job["method"].upper() not in {"GET", "HEAD"} for job in jobs)


def _origins_at(page: str, servers: Sequence[str]) -> list[str]:
    """Return the likely ``Origin`` at each hop, as a guess for responses that allow it."""
    origins = []
    origin = page
    for index in range(len(servers)):
        if index >= 1 and servers[index - 1] not in {page, servers[index]}:
            origin = "null"
        origins.append(origin)
    return origins


def _make_hops(
    rng: Random, page: str, servers: Sequence[str], jobs: Sequence[Fetch], number: int
) -> list[Hop]:
    credentials = any(job["credentials"] == "include" for job in jobs)
    methods = sorted({rng.choice([job["method"], job["method"].upper()]) for job in jobs[:-1]})
    methods.append(jobs[-1]["method"])
    methods = [method for method in methods if " " not in method]
    names = sorted({name for job in jobs for name, _ in job["headers"] if name.isascii()})
    names = [name for name in names if name and not set(name) & set(" :")] + ["content-type"]
    hops: list[Hop] = []
    for index, origin in enumerate(_origins_at(page, servers)):
        hop: Hop = {
            "answer": make_answer(rng, origin, credentials=credentials),
            "preflight": make_preflight_answer(
                rng, origin, methods, names, credentials=credentials
            ),
        }
        if index + 1 < len(servers):
            hop["answer"]["status"] = rng.choice(_REDIRECT_STATUSES)
            lines = [line for line in hop["answer"]["headers"] if line[0] != "Location"]
            hop["answer"]["headers"] = lines + _make_locations(rng, servers, index, number)
        hops.append(hop)
    return hops


def _make_locations(
    rng: Random, servers: Sequence[str], index: int, number: int
) -> list[list[str]]:
    target = f"{servers[index + 1]}/{number}/{index + 1}"
    if rng.random() < 0.12:
        authority = target.removeprefix("http://")
        target = rng.choice(
            [
                f"http://user:secret@{authority}",
                f"http://user@{authority}",
                f"data:,{number}",
                "about:blank",
                "http://[",
                f"HTTP://{authority.upper()}",
                f"  {target}\t",
                f"//{authority}",
                f"{target}#end",
                f"{target}?é",
                f"./x/../{index + 1}",
                f"/{number}/{index + 1}?a b",
                f"http:\\\\{authority}",
                "",
            ]
        )
    if rng.random() < 0.02:
        return [["Location", target], ["Location", "1"]]
    return [["Location", target]]


def _add_cookies(rng: Random, scenario: Scenario, servers: Sequence[str], kind: str) -> None:
    """Add cookies: those that each host sets beforehand, and those of the responses."""
    number = scenario["number"]
    for host in HOSTS:
        if rng.random() < 0.7:
            lines = [_make_cookie(rng, number, host, kind) for _ in range(rng.randint(1, 3))]
            scenario["cookies"][host] = lines
    for server, hop in zip(servers, scenario["hops"], strict=True):
        host = str(urlsplit(server).hostname)
        for _ in range(choose(rng, {0: 40, 1: 45, 2: 15})):
            line = _make_cookie(rng, number, host, kind)
            hop["answer"]["headers"].append(["Set-Cookie", line])
        if rng.random() < 0.2:
            # Browsers ignore the cookies of a preflight response.
            hop["preflight"]["headers"].append(["Set-Cookie", f"k{number}_p=1; SameSite=Lax"])


def _make_cookie(rng: Random, number: int, host: str, kind: str) -> str:
    prefix = "" if kind == "plain" else choose(rng, _PREFIXES)
    line = f"{prefix}k{number}_{rng.choice('abc')}={rng.randrange(10)}"
    same_site = {"SameSite=Lax": 50, "samesite=STRICT": 50}
    domain = {"": 86, "Domain=example.com": 6, "Domain=127.0.0.1": 6}
    if kind == "any":
        same_site |= {"": 40, "SameSite=Other": 20}
    if kind != "plain":
        same_site |= {"SameSite=None; Secure; Partitioned": 14, "SameSite=Lax; Partitioned": 2}
        same_site |= {"SameSite=None; Secure": 60, "SameSite=None": 8, "SameSite=Lax; Secure": 6}
        domain |= {f"Domain={host}": 6, "Domain=.localhost": 4}
    paths = {"": 50, "Path=/": 14, f"Path=/{number}": 10, f"Path=/{number}/": 6, "Path=nowhere": 4}
    paths |= {f"Path=/{number}/1": 8, f"Path=/{number}/1x": 4, "Path=": 4}
    ages = {"": 85, "Max-Age=0": 4, "Max-Age=-1": 2, "Max-Age=600": 5, "max-age=x": 4}
    others = {
        "": 80,
        "HttpOnly": 14 if not prefix.endswith("Http-") else 200,
        "Expires=Thu, 01 Jan 1970 00:00:01 GMT": 6,
    }
    attributes = [choose(rng, weights) for weights in (same_site, domain, paths, ages, others)]
    rng.shuffle(attributes)
    return "; ".join([line, *filter(None, attributes)])
