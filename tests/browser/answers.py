"""Random responses of servers: correct ones, and mistakes to put into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .codings import CODINGS
from .jobs import choose

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from .scenario import Answer

_ALLOW = "Access-Control-Allow-"
_ALLOW_ORIGIN = _ALLOW + "Origin"
_ALLOW_CREDENTIALS = _ALLOW + "Credentials"
_ALLOW_METHODS = _ALLOW + "Methods"
_ALLOW_HEADERS = _ALLOW + "Headers"
_EXPOSE = "Access-Control-Expose-Headers"
_MAX_AGE = "Access-Control-Max-Age"
_POLICY = "Cross-Origin-Resource-Policy"

#: The statuses of final responses, with weights. The redirect statuses rarely have a Location here.
_STATUSES = {
    200: 68, 201: 4, 202: 1, 204: 4, 205: 3, 206: 2, 300: 2, 301: 1, 302: 1, 303: 1, 304: 2,
    307: 1, 308: 1, 400: 1, 401: 2, 403: 1, 404: 3, 500: 3, 503: 1, 599: 1,
}  # fmt: skip
_PREFLIGHT_STATUSES = {200: 45, 204: 45, 201: 4, 206: 2, 299: 4}
_WRONG_PREFLIGHT_STATUSES = (300, 301, 302, 303, 304, 307, 400, 401, 404, 500)
_REPLY_HEADERS = (
    ("X-One", "1"), ("X-Two", "two"), ("x-one", "again"), ("Content-Type", "text/plain"),
    ("Content-Type", "application/json"), ("Content-Language", "de"), ("Pragma", "x"),
    ("Expires", "0"), ("Last-Modified", "Thu, 01 Jan 1970 00:00:00 GMT"), ("ETag", '"1"'),
    ("Vary", "Origin"), ("X-Blank", " \ta b\t "), ("X-Empty", ""), ("Set-Cookie2", "a=1"),
    ("Location", "/elsewhere"), ("Link", "<x>"), ("X-Latin", "é"),
)  # fmt: skip
_EXPOSED = (
    "X-One", "x-two", "X-One, X-Two", "*", "*, X-One", "X-ONE,,X-Blank , X-Empty", "Set-Cookie",
    "X-One, Set-Cookie2", "X One", '"X-One"', "X-One, (", "", ",", "X-Latin,ETag\t", "Location",
)  # fmt: skip
_POLICIES = ("same-origin", "same-site", "cross-origin", "Same-Origin", "same-origin, x", "", "x")
_MAX_AGES = ("600", "0", "-1", "abc", "300, 300", " 600 ", "1e3", "+600", "600.5", "", "0x10")


def make_answer(rng: Random, origin: str, *, credentials: bool) -> Answer:
    """Make a final response that allows the origin."""
    headers = _allow(rng, origin, credentials=credentials)
    for _ in range(choose(rng, {0: 30, 1: 30, 2: 20, 3: 20})):
        headers.append(list(rng.choice(_REPLY_HEADERS)))
    for _ in range(choose(rng, {0: 45, 1: 45, 2: 10})):
        headers.append([_EXPOSE, rng.choice(_EXPOSED)])
    if rng.random() < 0.2:
        headers.append([_POLICY, rng.choice(_POLICIES)])
    body = rng.choice(["hello", "", "ünï"])
    answer: Answer = {"status": choose(rng, _STATUSES), "headers": headers, "body": body}
    match choose(rng, {"plain": 80, "coded": 12, "streamed": 6, "short": 2}):
        case "coded":
            value, answer["coding"] = rng.choice(CODINGS)
            headers.append(["Content-Encoding", value])
            answer["streamed"] = rng.random() < 0.3
        case "streamed":
            answer["streamed"] = True
        case "short":
            answer["missing"] = rng.choice([1, 100])
    return answer


def _allow(rng: Random, origin: str, *, credentials: bool) -> list[list[str]]:
    headers = [[_ALLOW_ORIGIN, origin]]
    if credentials or rng.random() < 0.15:
        headers.append([_ALLOW_CREDENTIALS, "true"])
    elif rng.random() < 0.4:
        headers[0][1] = "*"
    return headers


def make_preflight_answer(
    rng: Random, origin: str, methods: Sequence[str], names: Sequence[str], *, credentials: bool
) -> Answer:
    """Make a preflight response that allows the methods and header names."""
    headers = _allow(rng, origin, credentials=credentials)
    listed = [*methods, *rng.sample(["PUT", "DELETE", "QUERY"], rng.randrange(3))]
    headers += _list(rng, _ALLOW_METHODS, listed, wildcard=not credentials)
    spelled = [rng.choice([str.lower, str.upper, str.title])(name) for name in names]
    # Avoid * with Authorization: engines differ from the standard there.
    wildcard = not credentials and "authorization" not in map(str.lower, names)
    headers += _list(rng, _ALLOW_HEADERS, spelled, wildcard=wildcard)
    if rng.random() < 0.5:
        headers.append([_MAX_AGE, rng.choice(_MAX_AGES[:2])])
    return {"status": choose(rng, _PREFLIGHT_STATUSES), "headers": headers, "body": ""}


def _list(rng: Random, header: str, items: list[str], *, wildcard: bool) -> list[list[str]]:
    """Return the header lines of a list: one line or several, with stray commas, or ``*``."""
    if wildcard and rng.random() < 0.25:
        return [[header, "*"]]
    style = choose(rng, {", ": 50, ",": 20, " ,\t": 10, ",,": 10, "lines": 10})
    if style == "lines":
        return [[header, item] for item in items]
    return [[header, style.join(items)]] if items or rng.random() < 0.2 else []


def bend(rng: Random, answer: Answer, origin: str, *, preflight: bool) -> None:
    """Change one thing about a response, usually to something wrong."""
    kinds = {"origin": 30, "credentials": 16, "drop": 10}
    if preflight:
        kinds |= {"status": 8, "methods": 18, "headers": 18, "age": 10}
    else:
        kinds |= {"expose": 14, "policy": 10}
    kind = choose(rng, kinds)
    headers = answer["headers"]
    if kind == "status":
        answer["status"] = rng.choice(_WRONG_PREFLIGHT_STATUSES)
        if rng.random() < 0.5:
            headers.append(["Location", "1"])
    elif kind == "drop":
        headers.remove(rng.choice(headers))
    else:
        name, value = _wrong(rng, kind, origin)
        if rng.random() < 0.8:
            headers[:] = [line for line in headers if line[0] != name]
        headers.insert(rng.randrange(len(headers) + 1), [name, value])


def _wrong(rng: Random, kind: str, origin: str) -> tuple[str, str]:
    if kind == "origin":
        values = [
            "*", "null", "NULL", origin.upper(), f"{origin}/", f" {origin}\t",
            f"{origin}, {origin}", f"{origin},*", f'"{origin}"', "http://localhost:4003",
            "http://localhost", "", "**",
            origin.replace("http:", "https:"), f"{origin}\x0b", f"* {origin}", "true",
        ]  # fmt: skip
        return _ALLOW_ORIGIN, rng.choice(values)
    if kind == "credentials":
        values = ["True", "TRUE", "1", " true\t", "true, true", "true,", "", "*", "false", '"true"']
        return _ALLOW_CREDENTIALS, rng.choice(values)
    if kind == "methods":
        values = [
            "put", "PUT;DELETE", "PUT DELETE", "", ",,", "*", "**", "PUT, *", "PUT, @", '"PUT"',
            "PUT, (", "GET", "Patch", "PATCH, patch", "PUT,é",
        ]  # fmt: skip
        return _ALLOW_METHODS, rng.choice(values)
    if kind == "headers":
        values = [
            "x-token", "X-TOKEN,content-type", "x-token content-type", "", ", ,", "**",
            "x-token, /", "content-type;x-token", '"x-token"', "authorization",
            "content-type, accept, range", "x-token,ü", "X-Token, Authorization, Content-Type",
        ]  # fmt: skip
        return _ALLOW_HEADERS, rng.choice(values)
    if kind == "age":
        return _MAX_AGE, rng.choice(_MAX_AGES)
    if kind == "expose":
        return _EXPOSE, rng.choice(_EXPOSED)
    return _POLICY, rng.choice(_POLICIES)
