"""Conditions that show whether a known difference of an engine can affect a scenario."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from .observers import has_cookies

if TYPE_CHECKING:
    from .observers import Observation
    from .recorder import Arrival
    from .scenario import Answer, Fetch, Scenario

#: Takes a scenario and what was observed in an engine. It never takes what was observed in the
#: ``Browser``, because a mistake of the ``Browser`` could then excuse itself.
Circumstance: TypeAlias = Callable[["Scenario", "Observation"], bool]

_REQUEST_METHOD = "access-control-request-method"
_BODY_HEADERS = {"content-encoding", "content-language", "content-location", "content-type"}
_POLICY = "Cross-Origin-Resource-Policy"
_SAFELISTED = {"accept", "accept-language", "content-language", "content-type", "range"}


def _answers(scenario: Scenario, name: str) -> Iterator[str]:
    for hop in scenario["hops"]:
        for answer in (hop["answer"], hop["preflight"]):
            yield from (value for key, value in answer["headers"] if key == name)


def _joined(answer: Answer, name: str) -> str | None:
    values = [value for key, value in answer["headers"] if key == name]
    return ", ".join(values) if values else None


def _requests(scenario: Scenario) -> Iterator[tuple[str, str]]:
    for job in scenario["jobs"]:
        yield from ((name.lower(), value) for name, value in job["headers"])


def sends(*names: str) -> Circumstance:
    return lambda scenario, _: any(name in names for name, _ in _requests(scenario))


def sets_cookie(pattern: str) -> Circumstance:
    def touches(scenario: Scenario, _: Observation) -> bool:
        lines = [*_answers(scenario, "Set-Cookie")]
        lines += [line for own in scenario["cookies"].values() for line in own]
        return any(re.search(pattern, line, re.IGNORECASE) for line in lines)

    return touches


def repeats(touches: Circumstance) -> Circumstance:
    """Limit a difference of the preflight cache to scenarios that request a URL again."""
    return lambda scenario, seen: _comes_back(scenario, seen) and touches(scenario, seen)


def _comes_back(scenario: Scenario, observation: Observation) -> bool:
    requests = [a["url"] for a in observation["arrivals"] if _REQUEST_METHOD not in a["headers"]]
    return len(scenario["jobs"]) > 1 or len(set(requests)) < len(requests)


def _has_wildcard(scenario: Scenario, *names: str) -> bool:
    values = (value for name in names for value in _answers(scenario, f"Access-Control-{name}"))
    return any("*" in re.split(r"[\s,]+", value) for value in values)


def covers_authorization(scenario: Scenario, observation: Observation) -> bool:
    asked = "authorization" in dict(_requests(scenario))
    return asked and _has_wildcard(scenario, "Allow-Headers")


def caches_wildcard(scenario: Scenario, observation: Observation) -> bool:
    return _has_wildcard(scenario, "Allow-Methods", "Allow-Headers")


def max_age(pattern: str) -> Circumstance:
    def touches(scenario: Scenario, _: Observation) -> bool:
        return any(
            re.fullmatch(pattern, value.strip())
            for hop in scenario["hops"]
            if (value := _joined(hop["preflight"], "Access-Control-Max-Age")) is not None
        )

    return repeats(touches)


def null_preflight(scenario: Scenario, observation: Observation) -> bool:
    return any(arrival["headers"].get("origin") == "null" for arrival in _preflights(observation))


def null_metadata(scenario: Scenario, observation: Observation) -> bool:
    return any(
        arrival["headers"].get("origin") == "null" and _REQUEST_METHOD in arrival["headers"]
        for arrival in _after_redirects(observation)
    )


def null_at_redirect(scenario: Scenario, observation: Observation) -> bool:
    return scenario["page"] != "null" and null_preflight(scenario, observation)


def _preflights(observation: Observation) -> list[Arrival]:
    return [a for a in observation["arrivals"] if _REQUEST_METHOD in a["headers"]]


def mixed_credentials(scenario: Scenario, observation: Observation) -> bool:
    return len({job["credentials"] for job in scenario["jobs"]}) > 1


def error_before_last(scenario: Scenario, observation: Observation) -> bool:
    return any(seen["type"] == "error" for seen in observation["seen"][:-1])


def refuses_redirects(scenario: Scenario, observation: Observation) -> bool:
    return any(job["redirect"] == "error" for job in scenario["jobs"])


def needless_preflight(scenario: Scenario, observation: Observation) -> bool:
    return any(
        arrival["headers"][_REQUEST_METHOD] in {"GET", "HEAD", "POST"}
        and "access-control-request-headers" not in arrival["headers"]
        for arrival in _preflights(observation)
    )


def tainted_preflight(scenario: Scenario, observation: Observation) -> bool:
    arrivals = observation["arrivals"]
    origins = [_origin(arrival["url"]) for arrival in arrivals]
    places = [urlsplit(arrival["url"]).path.rpartition("/")[2] for arrival in arrivals]
    tainted = any(
        a not in {scenario["page"], b} and place != "0"
        for a, b, place in zip(origins, origins[1:], places[1:], strict=False)
    )
    return tainted and any(
        not a["url"].partition("?")[0].endswith("/0") for a in _preflights(observation)
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _after_redirects(observation: Observation) -> list[Arrival]:
    return [a for a in observation["arrivals"] if not urlsplit(a["url"]).path.endswith("/0")]


def preflight_after_redirects(scenario: Scenario, observation: Observation) -> bool:
    return any(_REQUEST_METHOD in arrival["headers"] for arrival in _after_redirects(observation))


def far_after_redirects(scenario: Scenario, observation: Observation) -> bool:
    home = urlsplit(scenario["page"]).hostname
    return any(
        arrival["headers"].get("sec-fetch-site") == "cross-site"
        and urlsplit(arrival["url"]).hostname == home
        for arrival in _after_redirects(observation)
    )


def no_metadata_after_redirects(scenario: Scenario, observation: Observation) -> bool:
    return any("sec-fetch-site" not in a["headers"] for a in _after_redirects(observation))


def refers_to_page(scenario: Scenario, observation: Observation) -> bool:
    return scenario["page"] == "null" and any(
        "referer" in arrival["headers"] for arrival in observation["arrivals"]
    )


def short_body(scenario: Scenario, observation: Observation) -> bool:
    return any("missing" in hop["answer"] for hop in scenario["hops"])


def coded_in_capitals(scenario: Scenario, observation: Observation) -> bool:
    return any(value != value.lower() for value in _answers(scenario, "Content-Encoding"))


def other_coding(scenario: Scenario, observation: Observation) -> bool:
    return any(
        answer.get("coding") in {"identity", "gzip", "deflate"}
        and answer.get("coding", "") not in (_joined(answer, "Content-Encoding") or "identity")
        for answer in (hop["answer"] for hop in scenario["hops"])
    )


def range_after_redirects(scenario: Scenario, observation: Observation) -> bool:
    return any("range" in arrival["headers"] for arrival in _after_redirects(observation))


def coded_part(scenario: Scenario, observation: Observation) -> bool:
    is_part = any("range" in arrival["headers"] for arrival in observation["arrivals"])
    return is_part and any(_answers(scenario, "Content-Encoding"))


def uploads(scenario: Scenario, observation: Observation) -> bool:
    return any("upload" in job for job in scenario["jobs"])


def upload_without_body(scenario: Scenario, observation: Observation) -> bool:
    return any("upload" in job and "body" not in job for job in scenario["jobs"])


def sets_when_home(scenario: Scenario, observation: Observation) -> bool:
    return comes_home(scenario, observation) and any(_answers(scenario, "Set-Cookie"))


def user_in_redirect(scenario: Scenario, observation: Observation) -> bool:
    return any("@" in value for value in _answers(scenario, "Location"))


def no_cors_post(scenario: Scenario, observation: Observation) -> bool:
    return len(scenario["hops"]) > 1 and any(
        job["mode"] == "no-cors" and job["method"].upper() == "POST" for job in scenario["jobs"]
    )


def origin_at_home(scenario: Scenario, observation: Observation) -> bool:
    without_cors = any(job["mode"] == "no-cors" for job in scenario["jobs"])
    return any(
        arrival["method"] in {"GET", "HEAD"}
        and "origin" in arrival["headers"]
        and (without_cors or scenario["page"] == _origin(arrival["url"]))
        for arrival in observation["arrivals"]
    )


def other_methods(scenario: Scenario, observation: Observation) -> bool:
    methods = {job["method"].upper() for job in scenario["jobs"]}
    return len(scenario["hops"]) > 1 and bool(methods - {"GET", "HEAD", "POST"})


def cookies_without_cors(scenario: Scenario, observation: Observation) -> bool:
    return len(scenario["hops"]) > 1 and any(
        job["mode"] == "no-cors" and job["credentials"] == "same-origin" for job in scenario["jobs"]
    )


def keeps_authorization(scenario: Scenario, observation: Observation) -> bool:
    return len(scenario["hops"]) > 1 and "authorization" in dict(_requests(scenario))


def leaves_home(scenario: Scenario, observation: Observation) -> bool:
    starts_at_home = _origin(scenario["jobs"][0]["url"]) == scenario["page"]
    return len(scenario["hops"]) > 2 and starts_at_home


def no_location(scenario: Scenario, observation: Observation) -> bool:
    is_left_alone = any(job["redirect"] != "follow" for job in scenario["jobs"])
    return is_left_alone and any(
        hop["answer"]["status"] in {301, 302, 303, 307, 308}
        and _joined(hop["answer"], "Location") is None
        for hop in scenario["hops"]
    )


def set_across_sites(scenario: Scenario, observation: Observation) -> bool:
    hosts = {urlsplit(arrival["url"]).hostname for arrival in observation["arrivals"]}
    is_set = any(_answers(scenario, "Set-Cookie"))
    return is_set and bool(hosts - {urlsplit(scenario["page"]).hostname})


def _loses_body(scenario: Scenario) -> bool:
    """Return whether a redirect can turn a request into one without a body."""
    statuses = {hop["answer"]["status"] for hop in scenario["hops"][:-1]}
    return bool(statuses & {301, 302, 303})


def keeps_body_headers(scenario: Scenario, observation: Observation) -> bool:
    sent = {name for name, _ in _requests(scenario)}
    if any("json" in job.get("body", "") for job in scenario["jobs"]):
        sent.add("content-type")
    return _loses_body(scenario) and bool(_BODY_HEADERS & sent)


def keeps_body_headers_later(scenario: Scenario, observation: Observation) -> bool:
    names = {name for name, _ in _requests(scenario)}
    has_headers = bool(names & _BODY_HEADERS) or any("body" in job for job in scenario["jobs"])
    return len(scenario["hops"]) > 2 and has_headers and _loses_body(scenario)


def malformed_location(scenario: Scenario, observation: Observation) -> bool:
    is_left_alone = any(job["redirect"] == "manual" for job in scenario["jobs"])
    return is_left_alone and any("//[" in value for value in _answers(scenario, "Location"))


def comes_home(scenario: Scenario, observation: Observation) -> bool:
    home = urlsplit(scenario["page"]).hostname
    hosts = [urlsplit(arrival["url"]).hostname for arrival in observation["arrivals"]]
    was_away = any(a != home and b == home for a, b in pairwise(hosts))
    return was_away and has_cookies(scenario)


def exposes_malformed(scenario: Scenario, observation: Observation) -> bool:
    for hop in scenario["hops"]:
        value = _joined(hop["answer"], "Access-Control-Expose-Headers") or ""
        if "*" in value and re.search('[()"]|[^ ,] +[^ ,]', value):
            return True
    return False


def repeated(scenario: Scenario, observation: Observation) -> bool:
    all_names = [[name.lower() for name, _ in job["headers"]] for job in scenario["jobs"]]
    return any(len(set(names)) < len(names) for names in all_names)


def empty_repeats(scenario: Scenario, observation: Observation) -> bool:
    for hop in scenario["hops"]:
        for answer in (hop["answer"], hop["preflight"]):
            lines = [(name.lower(), value.strip()) for name, value in answer["headers"]]
            names = [name for name, _ in lines]
            if any(not value and names.count(name) > 1 for name, value in lines):
                return True
    return False


def two_content_types(scenario: Scenario, observation: Observation) -> bool:
    return any("," in (_joined(hop["answer"], "Content-Type") or "") for hop in scenario["hops"])


def reset_content(scenario: Scenario, observation: Observation) -> bool:
    return any(hop["answer"]["status"] == 205 for hop in scenario["hops"])


def latin_request(scenario: Scenario, observation: Observation) -> bool:
    return any(not value.isascii() for name, value in _requests(scenario) if name in _SAFELISTED)


def latin(scenario: Scenario, observation: Observation) -> bool:
    values = [value for _, value in _requests(scenario)]
    for hop in scenario["hops"]:
        for answer in (hop["answer"], hop["preflight"]):
            values += [value for _, value in answer["headers"]]
    return not all(map(str.isascii, values))


def spelled_range(scenario: Scenario, observation: Observation) -> bool:
    return any(
        name == "range" and re.fullmatch("bytes=(0|[1-9][0-9]*)?-(0|[1-9][0-9]*)?", value) is None
        for name, value in _requests(scenario)
    )


def _safelisted_twice(job: Fetch) -> bool:
    names = [name.lower() for name, _ in job["headers"]]
    return any(names.count(name) > 1 for name in _SAFELISTED)


def joins(scenario: Scenario, observation: Observation) -> bool:
    return any(map(_safelisted_twice, scenario["jobs"]))


def too_much(scenario: Scenario, observation: Observation) -> bool:
    return any(
        sum(len(value) for name, value in job["headers"] if name.lower() in _SAFELISTED) > 1024
        for job in scenario["jobs"]
    )


def two_locations(scenario: Scenario, observation: Observation) -> bool:
    headers = [hop["answer"]["headers"] for hop in scenario["hops"]]
    return any(sum(name == "Location" for name, _ in lines) > 1 for lines in headers)


def empty_location(scenario: Scenario, observation: Observation) -> bool:
    return "" in _answers(scenario, "Location")


def sandboxed_cookies(scenario: Scenario, observation: Observation) -> bool:
    return scenario["page"] == "null" and has_cookies(scenario)


def sandboxed_policy(scenario: Scenario, observation: Observation) -> bool:
    return scenario["page"] == "null" and "same-site" in _answers(scenario, _POLICY)


def address_policy(scenario: Scenario, observation: Observation) -> bool:
    hosts = {urlsplit(arrival["url"]).hostname for arrival in observation["arrivals"]}
    return "127.0.0.1" in hosts and "same-site" in _answers(scenario, _POLICY)
