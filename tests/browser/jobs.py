"""Random requests that JavaScript can make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from .scenario import Fetch


_T = TypeVar("_T")

#: The methods, with weights.
_METHODS = {
    "GET": 28,
    "POST": 22,
    "PUT": 12,
    "HEAD": 6,
    "DELETE": 5,
    "OPTIONS": 4,
    "PATCH": 4,
    "patch": 3,
    "get": 2,
    "Post": 2,
    "pUt": 2,
    "delete": 1,
    "hEAD": 1,
    "CHICKEN": 3,
    "x-custom": 2,
    "PROPFIND": 2,
    "TRACE": 1,
    "conNECT": 1,
    "NO METHOD": 1,
}
_MODES = {"cors": 78, "no-cors": 14, "same-origin": 8}
_CREDENTIALS = {"same-origin": 36, "include": 44, "omit": 20}
_REDIRECTS = {"follow": 82, "error": 7, "manual": 11}

_CONTENT_TYPES = (
    "application/json",
    "text/plain",
    "TEXT/PLAIN; Charset=utf-8",
    "text/plain;a=b;a=c",
    'text/plain;charset="utf-8"',
    "text/plain; a:b",
    "text/plain+x",
    "text/plain, text/plain",
    "text / plain",
    "text/",
    "text",
    "",
    "multipart/form-data",
    "multipart/form-data;boundary=x",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded;é=1",
    "text/plain;" + "a" * 117,
    "text/plain;" + "a" * 118,
)
_LANGUAGES = ("de", "de, fr;q=0.5", "de*,-.;=9 z", "de_CH", "de/fr", "dé", "x" * 128, "x" * 129, "")
_ACCEPTS = (
    "*/*",
    "text/html;q=0.1",
    "a\tb",
    "a'b!#$%&*+/",
    'a"b',
    "a(b",
    "a:b",
    "a<b",
    "a>b",
    "a?b",
    "a@b",
    "a[b",
    "a\\b",
    "a{b}",
    "a\x7fb",
    "é",
    "  padded\t",
    "x" * 128,
    "x" * 129,
    "",
)
_RANGES = (
    "bytes=0-",
    "bytes=1-5",
    "bytes=5-5",
    "bytes=5-1",
    "bytes=-5",
    "bytes= 0-",
    "Bytes=0-1",
    "bytes=0-1,3-4",
    "bytes=00-01",
    "items=0-1",
)
_OTHERS = (
    ("X-Token", "a"),
    ("x-token", "b"),
    ("X-Requested-With", "XMLHttpRequest"),
    ("Authorization", "Bearer abc"),
    ("X-Empty", ""),
    ("X-Latin", "é\xff"),
    ("X-Padded", " \t a b \r\n"),
    ("A!#$%&'*+-.^`|~9", "token"),
    ("Content-Encoding", "x"),
    ("Content-Location", "/there"),
    ("DPR", "1"),
    ("Save-Data", "on"),
    ("Last-Event-ID", "1"),
    ("User-Agent", "mine"),
)
_FORBIDDEN = (
    ("Accept-Charset", "utf-8"),
    ("Accept-Encoding", "x"),
    ("Access-Control-Request-Headers", "x-a"),
    ("access-control-request-method", "PUT"),
    ("Content-Length", "3"),
    ("Cookie", "k=1"),
    ("Cookie2", "k=1"),
    ("Date", "now"),
    ("DNT", "1"),
    ("Expect", "x"),
    ("Host", "other.example"),
    ("Keep-Alive", "x"),
    ("Origin", "https://other.example"),
    ("Proxy-X", "1"),
    ("Sec-X", "1"),
    ("Set-Cookie", "k=1"),
    ("Trailer", "x"),
    ("Transfer-Encoding", "chunked"),
    ("Upgrade", "x"),
    ("Via", "x"),
    ("X-HTTP-Method", "trace"),
    ("X-HTTP-Method-Override", "PUT , Track"),
    ("X-Method-Override", "connect,"),
    ("X-HTTP-Method-Override", "PUT"),
    ("X-Method-Override", "TRACED"),
    ("X-HTTP-Method", '"TRACE"'),
)
_INVALID = (("X Y", "1"), ("X:", "1"), ("", "1"), ("X-A", "a\nb"), ("X-A", "a\x00"), ("X-A", "Ā"))

_BODIES: tuple[Any, ...] = (
    "text",
    "ünï ☃",
    "",
    {"bytes": [0, 104, 255]},
    {"form": [["a", "1 ~*-._é"], ["a", "&="]]},
    {"multipart": [["a", "1\n2"], ['"f"', "data", 'n"ä.txt', "text/x-y"]]},
    {"json": '{"a":1}'},
    {"json": '"ü"'},
)


def choose(rng: Random, weights: dict[_T, int]) -> _T:
    """Choose a key at random, according to the weights."""
    return rng.choices(list(weights), list(weights.values()))[0]


def make_job(rng: Random, url: str) -> Fetch:
    """Make a request, with the arguments that JavaScript passes to ``fetch()``."""
    mode = choose(rng, _MODES)
    method, redirect = choose(rng, _METHODS), choose(rng, _REDIRECTS)
    if mode == "no-cors" and rng.random() < 0.9:
        # With other values, fetch() fails before it sends anything.
        method, redirect = rng.choice(["GET", "POST", "HEAD"]), "follow"
    job: Fetch = {
        "url": url,
        "method": method,
        "mode": mode,
        "credentials": choose(rng, _CREDENTIALS),
        "redirect": redirect,
        "headers": make_headers(rng),
    }
    if mode == "cors" and rng.random() < 0.06:
        return _make_upload(rng, job)
    if rng.random() < (0.01 if method.upper() in {"GET", "HEAD"} else 0.6):
        job["body"] = rng.choice(_BODIES)
    return job


def _make_upload(rng: Random, job: Fetch) -> Fetch:
    """Turn a request into an ``XMLHttpRequest`` with an upload listener.

    The result avoids what the two APIs treat differently: an ``XMLHttpRequest`` changes the
    Content-Type of string bodies and joins repeated headers.
    """
    headers = {name.lower(): [name, value] for name, value in map(tuple, job["headers"])}
    valid = [line for line in headers.values() if tuple(line) not in _INVALID]
    upload: Fetch = {
        **job,
        "upload": True,
        "method": rng.choice(["POST", "GET", "PUT", "PATCH", "HEAD"]),
        "headers": valid,
        "redirect": "follow",
    }
    if upload["credentials"] == "omit":
        upload["credentials"] = "same-origin"
    if upload["method"] not in {"GET", "HEAD"}:
        upload["body"] = {"bytes": [104, 105]}
    return upload


def make_headers(rng: Random) -> list[list[str]]:
    """Make the headers of a request, usually a few harmless ones."""
    count = choose(rng, {0: 35, 1: 35, 2: 20, 3: 10})
    headers = [list(_make_header(rng)) for _ in range(count)]
    if rng.random() < 0.02:
        # Each value is short enough to be safelisted, but all of them together can be too long.
        headers += [["Accept", "x" * 120]] * rng.choice([8, 9])
    return headers


def _make_header(rng: Random) -> Sequence[str]:
    kind = choose(rng, {"other": 42, "safelisted": 40, "forbidden": 16, "invalid": 2})
    if kind == "other":
        return rng.choice(_OTHERS)
    if kind == "forbidden":
        return rng.choice(_FORBIDDEN)
    if kind == "invalid":
        return rng.choice(_INVALID)
    name, values = rng.choice(
        [
            ("Accept", _ACCEPTS),
            ("Accept-Language", _LANGUAGES),
            ("Content-Language", _LANGUAGES),
            ("Content-Type", _CONTENT_TYPES),
            ("Content-Type", _CONTENT_TYPES),
            ("Range", _RANGES),
        ]
    )
    return rng.choice([name, name.lower()]), rng.choice(values)
