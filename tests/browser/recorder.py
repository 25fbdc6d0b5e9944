"""A WSGI app that sends the responses of scenarios and records the requests.

It leaves out the request headers that always differ between browsers.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import TYPE_CHECKING, TypedDict

from .codings import encode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from .scenario import Answer, Scenario

#: Request headers that describe the browser or the connection.
_NOISE = re.compile(
    r"connection|keep-alive|priority|sec-(?!fetch-(site|mode|dest)).*|te|upgrade-insecure-requests"
)
#: The Accept-Language values that browsers send by default. No scenario uses them.
_OWN_LANGUAGES = re.compile(r"C|en-US\b.*")
_OWN_AGENT = re.compile(r"Mozilla/.*")
#: The Accept-Encoding values that browsers send by default. Each engine lists the codings it knows.
_OWN_CODINGS = re.compile(r"gzip, deflate(, .*)?")
#: The path of a page in an engine, which is different each time.
_PAGE = re.compile(r"/\.page/[0-9a-f]+")
_BOUNDARY = re.compile(r"--(-{4}\w+)\r\n")
_PLACE = re.compile(r"/([0-9]+)/(.*)")
#: Browsers cache a preflight response without Max-Age for five seconds. This is a bit less.
_FORGETTING_SECONDS = 4.0
_BODILESS_STATUSES = {204, 304}


#: The path that replaces the paths of all pages.
PAGE_PATH = "/.page/0"


class Arrival(TypedDict):
    """A request as the server received it."""

    method: str
    url: str
    #: The names are in lower case. ``cookie`` is left out.
    headers: dict[str, str]
    #: Sorted. Only the cookies of the scenario are included.
    cookies: list[str]
    body: str


class Recorder:
    """One application for all servers of some scenarios, which only differ in their URLs."""

    def __init__(self, scenarios: Iterable[Scenario]) -> None:
        self._scenarios = {scenario["number"]: scenario for scenario in scenarios}
        self._times: dict[int, list[float]] = {number: [] for number in self._scenarios}
        self._asked: Counter[str] = Counter()
        #: The requests of each scenario, in the order in which they arrived.
        self.arrivals: dict[int, list[Arrival]] = {number: [] for number in self._scenarios}
        #: The cookies that the browser still sends after a scenario, by scenario and host.
        self.kept: dict[int, dict[str, list[str]]] = {number: {} for number in self._scenarios}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/ready":
            return self._tell_readiness(environ, start_response)
        match = _PLACE.fullmatch(environ["PATH_INFO"])
        if match is None or int(match[1]) not in self._scenarios:
            start_response("404 Not Found", [("Content-Length", "0")])
            return []
        number, place = int(match[1]), match[2]
        arrival = _read(environ, number)
        answer = self._answer(self._scenarios[number], place, arrival)
        headers = [(name, value) for name, value in answer["headers"]]
        # Turn off the HTTP cache, which these tests are not about.
        headers.append(("Cache-Control", "no-store"))
        body = encode(answer["body"], answer.get("coding", "identity"))
        if answer["status"] in _BODILESS_STATUSES:
            body = b""
        elif not answer.get("streamed"):
            headers.append(("Content-Length", str(len(body) + answer.get("missing", 0))))
        start_response(f"{answer['status']} Whatever", headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            return []
        return (body[i : i + 3] for i in range(0, len(body), 3))

    def _tell_readiness(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Respond with the number of preflights for this URL, which belongs to no scenario."""
        server = environ["HTTP_HOST"]
        self._asked[server] += environ["REQUEST_METHOD"] == "OPTIONS"
        headers = {"Allow-Origin": "*", "Allow-Methods": "PATCH", "Max-Age": "600"}
        lines = [(f"Access-Control-{name}", value) for name, value in headers.items()]
        start_response("200 OK", [*lines, ("Cache-Control", "no-store")])
        return [str(self._asked[server]).encode()]

    def is_slow(self, number: int) -> bool:
        """Return whether preflights without Max-Age may have expired during a scenario."""
        times = self._times[number]
        return bool(times) and times[-1] - times[0] > _FORGETTING_SECONDS

    def _answer(self, scenario: Scenario, place: str, arrival: Arrival) -> Answer:
        if place.endswith("kept"):
            host = arrival["headers"]["host"].partition(":")[0]
            self.kept[scenario["number"]][host] = arrival["cookies"]
        elif place in scenario["cookies"]:
            lines = [["Set-Cookie", line] for line in scenario["cookies"][place]]
            return {"status": 200, "headers": lines, "body": ""}
        else:
            self.arrivals[scenario["number"]].append(arrival)
            self._times[scenario["number"]].append(time.monotonic())
            if place.isdecimal() and int(place) < len(scenario["hops"]):
                hop = scenario["hops"][int(place)]
                is_preflight = "access-control-request-method" in arrival["headers"]
                return hop["preflight"] if is_preflight else hop["answer"]
        return {"status": 404, "headers": [["Access-Control-Allow-Origin", "*"]], "body": "?"}


def _read(environ: WSGIEnvironment, number: int) -> Arrival:
    headers = {
        # Whitespace around a value is not part of it, and servers strip it.
        key.removeprefix("HTTP_").replace("_", "-").lower(): value.strip(" \t")
        for key, value in environ.items()
        if key.startswith("HTTP_") or (key in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value)
    }
    size = int(headers.get("content-length", "0"))
    body = environ["wsgi.input"].read(size).decode("latin-1")
    boundary = _BOUNDARY.match(body)
    if boundary is not None:
        body = body.replace(boundary[1], "BOUNDARY")
        # The header is missing here if JavaScript set it to an empty value.
        if "content-type" in headers:
            headers["content-type"] = headers["content-type"].replace(boundary[1], "BOUNDARY")
        del headers["content-length"]
    cookies = headers.pop("cookie", "")
    if "referer" in headers:
        headers["referer"] = _PAGE.sub(PAGE_PATH, headers["referer"])
    own = re.compile(rf"(__(Secure|Http|Host|Host-Http)-)?k{number}_")
    return {
        "method": environ["REQUEST_METHOD"],
        "url": f"http://{headers['host']}{environ['REQUEST_URI']}",
        "headers": {name: value for name, value in headers.items() if not _is_noise(name, value)},
        "cookies": sorted(item for item in cookies.split("; ") if own.match(item)),
        "body": body,
    }


def _is_noise(name: str, value: str) -> bool:
    if name == "accept-language":
        return _OWN_LANGUAGES.fullmatch(value) is not None
    if name == "accept-encoding":
        return _OWN_CODINGS.fullmatch(value) is not None
    if name == "user-agent":
        return _OWN_AGENT.fullmatch(value) is not None
    return _NOISE.fullmatch(name) is not None
