"""Where engines leave the standard: each difference with its engines, and when it plays a part.

``docs/engines.rst`` says what the standard and the ``Browser`` do there instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from .observers import has_cookies

if TYPE_CHECKING:
    from .observers import Observation
    from .pages import Job
    from .recorder import Arrival
    from .scenario import Answer, Scenario

#: Takes a scenario and what an engine made of it; never what the ``Browser`` did, whose mistakes
#: would excuse themselves.
_Touches: TypeAlias = Callable[["Scenario", "Observation"], bool]

_REQUEST_METHOD = "access-control-request-method"
_SAFELISTED = {"accept", "accept-language", "content-language", "content-type", "range"}


class Difference(NamedTuple):
    #: As in the documentation.
    name: str
    engines: frozenset[str]
    touches: _Touches


def exempts(engine: str, scenario: Scenario, observation: Observation) -> bool:
    """Tell whether an engine may differ from the standard in this scenario."""
    return any(
        engine in difference.engines and difference.touches(scenario, observation)
        for difference in DIFFERENCES
    )


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


def _sends(*names: str) -> _Touches:
    return lambda scenario, _: any(name in names for name, _ in _requests(scenario))


def _sets_cookie(pattern: str) -> _Touches:
    def touches(scenario: Scenario, _: Observation) -> bool:
        lines = [*_answers(scenario, "Set-Cookie")]
        lines += [line for own in scenario["cookies"].values() for line in own]
        return any(re.search(pattern, line, re.IGNORECASE) for line in lines)

    return touches


def _repeats(touches: _Touches) -> _Touches:
    """Narrow a difference of the preflight cache to the scenarios that come back to a URL."""
    return lambda scenario, seen: len(scenario["jobs"]) > 1 and touches(scenario, seen)


def _has_wildcard(scenario: Scenario, *names: str) -> bool:
    values = (value for name in names for value in _answers(scenario, f"Access-Control-{name}"))
    return any("*" in re.split(r"[\s,]+", value) for value in values)


def _covers_authorization(scenario: Scenario, observation: Observation) -> bool:
    asked = "authorization" in dict(_requests(scenario))
    return asked and _has_wildcard(scenario, "Allow-Headers")


def _caches_wildcard(scenario: Scenario, observation: Observation) -> bool:
    return _has_wildcard(scenario, "Allow-Methods", "Allow-Headers")


def _max_age(pattern: str) -> _Touches:
    def touches(scenario: Scenario, _: Observation) -> bool:
        return any(
            re.fullmatch(pattern, value.strip())
            for hop in scenario["hops"]
            if (value := _joined(hop["preflight"], "Access-Control-Max-Age")) is not None
        )

    return _repeats(touches)


def _null_preflight(scenario: Scenario, observation: Observation) -> bool:
    return any(arrival["headers"].get("origin") == "null" for arrival in _preflights(observation))


def _null_at_redirect(scenario: Scenario, observation: Observation) -> bool:
    return scenario["page"] != "null" and _null_preflight(scenario, observation)


def _preflights(observation: Observation) -> list[Arrival]:
    return [a for a in observation["arrivals"] if _REQUEST_METHOD in a["headers"]]


def _mixed_credentials(scenario: Scenario, observation: Observation) -> bool:
    return len({job["credentials"] for job in scenario["jobs"]}) > 1


def _error_before_last(scenario: Scenario, observation: Observation) -> bool:
    return any(seen["type"] == "error" for seen in observation["seen"][:-1])


def _needless_preflight(scenario: Scenario, observation: Observation) -> bool:
    return any(
        arrival["headers"][_REQUEST_METHOD] in {"GET", "HEAD", "POST"}
        and "access-control-request-headers" not in arrival["headers"]
        for arrival in _preflights(observation)
    )


def _tainted_preflight(scenario: Scenario, observation: Observation) -> bool:
    arrivals = observation["arrivals"]
    origins = [_origin(arrival["url"]) for arrival in arrivals]
    places = [urlsplit(arrival["url"]).path.rpartition("/")[2] for arrival in arrivals]
    tainted = any(
        a not in {scenario["page"], b} and place != "0"
        for a, b, place in zip(origins, origins[1:], places[1:], strict=False)
    )
    return tainted and any(not a["url"].partition("?")[0].endswith("/0") for a in _preflights(observation))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _user_in_redirect(scenario: Scenario, observation: Observation) -> bool:
    return any("@" in value for value in _answers(scenario, "Location"))


def _no_cors_post(scenario: Scenario, observation: Observation) -> bool:
    return len(scenario["hops"]) > 1 and any(
        job["mode"] == "no-cors" and job["method"].upper() == "POST" for job in scenario["jobs"]
    )


def _origin_at_home(scenario: Scenario, observation: Observation) -> bool:
    without_cors = any(job["mode"] == "no-cors" for job in scenario["jobs"])
    return any(
        arrival["method"] in {"GET", "HEAD"}
        and "origin" in arrival["headers"]
        and (without_cors or scenario["page"] == _origin(arrival["url"]))
        for arrival in observation["arrivals"]
    )


def _other_methods(scenario: Scenario, observation: Observation) -> bool:
    methods = {job["method"].upper() for job in scenario["jobs"]}
    return len(scenario["hops"]) > 1 and bool(methods - {"GET", "HEAD", "POST"})


def _cookies_without_cors(scenario: Scenario, observation: Observation) -> bool:
    return len(scenario["hops"]) > 1 and any(
        job["mode"] == "no-cors" and job["credentials"] == "same-origin" for job in scenario["jobs"]
    )


def _keeps_authorization(scenario: Scenario, observation: Observation) -> bool:
    return len(scenario["hops"]) > 1 and "authorization" in dict(_requests(scenario))


def _no_location(scenario: Scenario, observation: Observation) -> bool:
    is_left_alone = any(job["redirect"] != "follow" for job in scenario["jobs"])
    return is_left_alone and any(
        hop["answer"]["status"] in {301, 302, 303, 307, 308}
        and "Location" not in dict(map(tuple, hop["answer"]["headers"]))
        for hop in scenario["hops"]
    )


def _set_across_sites(scenario: Scenario, observation: Observation) -> bool:
    hosts = {urlsplit(arrival["url"]).hostname for arrival in observation["arrivals"]}
    is_set = any(_answers(scenario, "Set-Cookie"))
    return is_set and bool(hosts - {urlsplit(scenario["page"]).hostname})


def _loses_body(scenario: Scenario) -> bool:
    """Tell whether a redirect turns a request into one without a body."""
    statuses = {hop["answer"]["status"] for hop in scenario["hops"][:-1]}
    return bool(statuses & {301, 302, 303})


def _keeps_body_headers(scenario: Scenario, observation: Observation) -> bool:
    names = {"content-encoding", "content-language", "content-location", "content-type"}
    return _loses_body(scenario) and bool(names & {name for name, _ in _requests(scenario)})


def _keeps_body_type(scenario: Scenario, observation: Observation) -> bool:
    has_body = any("body" in job for job in scenario["jobs"])
    return len(scenario["hops"]) > 2 and has_body and _loses_body(scenario)


def _comes_home(scenario: Scenario, observation: Observation) -> bool:
    home = urlsplit(scenario["page"]).hostname
    hosts = [urlsplit(arrival["url"]).hostname for arrival in observation["arrivals"]]
    was_away = any(a != home and b == home for a, b in zip(hosts, hosts[1:], strict=False))
    return was_away and has_cookies(scenario)


def _exposes_malformed(scenario: Scenario, observation: Observation) -> bool:
    for hop in scenario["hops"]:
        value = _joined(hop["answer"], "Access-Control-Expose-Headers") or ""
        if "*" in value and re.search('[()"]|[^ ,] +[^ ,]', value):
            return True
    return False


def _repeated(scenario: Scenario, observation: Observation) -> bool:
    all_names = [[name.lower() for name, _ in job["headers"]] for job in scenario["jobs"]]
    return any(len(set(names)) < len(names) for names in all_names)


def _two_content_types(scenario: Scenario, observation: Observation) -> bool:
    return any("," in (_joined(hop["answer"], "Content-Type") or "") for hop in scenario["hops"])


def _reset_content(scenario: Scenario, observation: Observation) -> bool:
    return any(hop["answer"]["status"] == 205 for hop in scenario["hops"])


def _latin_request(scenario: Scenario, observation: Observation) -> bool:
    return any(not value.isascii() for name, value in _requests(scenario) if name in _SAFELISTED)


def _latin(scenario: Scenario, observation: Observation) -> bool:
    values = [value for _, value in _requests(scenario)]
    for hop in scenario["hops"]:
        for answer in (hop["answer"], hop["preflight"]):
            values += [value for _, value in answer["headers"]]
    return not all(map(str.isascii, values))


def _spelled_range(scenario: Scenario, observation: Observation) -> bool:
    return any(
        name == "range" and re.fullmatch("bytes=(0|[1-9][0-9]*)?-(0|[1-9][0-9]*)?", value) is None
        for name, value in _requests(scenario)
    )


def _safelisted_twice(job: Job) -> bool:
    names = [name.lower() for name, _ in job["headers"]]
    return any(names.count(name) > 1 for name in _SAFELISTED)


def _joins(scenario: Scenario, observation: Observation) -> bool:
    return any(map(_safelisted_twice, scenario["jobs"]))


def _too_much(scenario: Scenario, observation: Observation) -> bool:
    return any(
        sum(len(value) for name, value in job["headers"] if name.lower() in _SAFELISTED) > 1024
        for job in scenario["jobs"]
    )


def _two_locations(scenario: Scenario, observation: Observation) -> bool:
    headers = [hop["answer"]["headers"] for hop in scenario["hops"]]
    return any(sum(name == "Location" for name, _ in lines) > 1 for lines in headers)


def _empty_location(scenario: Scenario, observation: Observation) -> bool:
    return "" in _answers(scenario, "Location")


def _sandboxed_cookies(scenario: Scenario, observation: Observation) -> bool:
    return scenario["page"] == "null" and has_cookies(scenario)


def _sandboxed_policy(scenario: Scenario, observation: Observation) -> bool:
    policies = _answers(scenario, "Cross-Origin-Resource-Policy")
    return scenario["page"] == "null" and "same-site" in policies


def _of(engines: str, name: str, touches: _Touches) -> Difference:
    return Difference(name, frozenset(engines.split()), touches)


DIFFERENCES = (
    _of("chromium firefox webkit", "* covers Authorization", _covers_authorization),
    _of("chromium firefox webkit", "a max-age below 0", _max_age("-[0-9]+")),
    _of("firefox", "a malformed max-age", _max_age(r"(?![0-9]+$).*")),
    _of("firefox", "* in the cache", _repeats(_caches_wildcard)),
    _of("firefox", "the cache and credentials", _repeats(_mixed_credentials)),
    _of("chromium", "the cache and null", _repeats(_null_preflight)),
    _of("chromium webkit", "the cache and null after redirects", _repeats(_null_at_redirect)),
    _of("chromium webkit", "the cache after errors", _repeats(_error_before_last)),
    _of("firefox webkit", "preflights after 301, 302 and 303", _needless_preflight),
    _of("firefox", "null in preflights", _tainted_preflight),
    _of("webkit", "user names in redirects", _user_in_redirect),
    _of("chromium", "user names in redirects at home", _user_in_redirect),
    _of("chromium", "null without CORS", _no_cors_post),
    _of("webkit", "Origin after 301, 302 and 303", _origin_at_home),
    _of("webkit", "other methods that leave home", _other_methods),
    _of("webkit", "Authorization after redirects", _keeps_authorization),
    _of("webkit", "body headers after redirects", _keeps_body_headers),
    _of("firefox webkit", "the body's type after two redirects", _keeps_body_type),
    _of("chromium webkit", "redirects without Location", _no_location),
    _of("webkit", "status 205", _reset_content),
    _of("firefox", "safelisted values beyond ASCII", _latin_request),
    _of("webkit", "headers beyond ASCII", _latin),
    _of("chromium webkit", "Range in other spellings", _spelled_range),
    _of("chromium", "client hints", _sends("dpr", "save-data")),
    _of("chromium webkit", "User-Agent", _sends("user-agent")),
    _of("chromium webkit", "repeated safelisted headers", _joins),
    _of("firefox", "the sum of repeated headers", _too_much),
    _of("firefox", "repeated headers in preflights", _repeated),
    _of("firefox", "two Content-Types", _two_content_types),
    _of("firefox", "* in a malformed Expose-Headers", _exposes_malformed),
    _of("chromium firefox webkit", "two Locations", _two_locations),
    _of("chromium webkit", "an empty Location", _empty_location),
    _of("firefox webkit", "cookies without SameSite", _sets_cookie("^(?!.*samesite=(lax|strict|none))")),
    _of("webkit", "Secure cookies", _sets_cookie("secure")),
    _of("webkit", "SameSite=None without Secure", _sets_cookie("samesite=none")),
    _of("webkit", "cookies set across sites", _set_across_sites),
    _of("firefox", "SameSite after redirects", _comes_home),
    _of("webkit", "cookie prefixes", _sets_cookie("^__(host|secure)-")),
    _of("webkit", "Max-Age and Expires", _sets_cookie("max-age.*expires|expires.*max-age")),
    _of("webkit", "cookies without CORS", _cookies_without_cors),
    _of("webkit", "Domain=localhost", _sets_cookie(r"domain=\.?localhost")),
    _of("webkit", "cookies of sandboxed pages", _sandboxed_cookies),
    _of("chromium", "policy same-site for sandboxed pages", _sandboxed_policy),
)
