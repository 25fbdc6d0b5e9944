"""One scenario for each known difference of engines, which shows that difference alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from .scenario import HOSTS, ORIGINS, Scenario

if TYPE_CHECKING:
    from .scenario import Answer, Fetch

PAGE, FAR_PAGE, API, FAR_API = ORIGINS[:4]
_ALLOW = "Access-Control-Allow-"


def _answer(status: int = 200, origin: str = PAGE, **headers: str) -> Answer:
    """Make a response. ``allow_methods=`` sets ``Access-Control-Allow-Methods``, and so on."""
    lines = [[_ALLOW + "Origin", origin]]
    if origin != "*":
        lines.append([_ALLOW + "Credentials", "true"])
    for name, value in headers.items():
        prefix = "Access-Control-" if name.startswith(("allow_", "max_")) else ""
        lines.append([prefix + name.title().replace("_", "-"), value])
    return {"status": status, "headers": lines, "body": "hello"}


_FOR_PAGE = _answer()
_PUT = _answer(allow_methods="PUT", max_age="600")


def _job(server: str = API, method: str = "GET", **init: Any) -> Fetch:
    job: dict[str, Any] = {
        "url": f"{server}/N/0",
        "method": method,
        "mode": "cors",
        "credentials": "same-origin",
        "redirect": "follow",
        "headers": [],
    }
    return cast("Fetch", job | init)


def _scenario(
    *jobs: Fetch,
    answer: Answer = _FOR_PAGE,
    preflight: Answer = _FOR_PAGE,
    then: Answer = _FOR_PAGE,
    preflight_then: Answer = _FOR_PAGE,
    page: str = PAGE,
    cookies: dict[str, list[str]] | None = None,
) -> Scenario:
    return {
        "number": 0,
        "page": page,
        "cookies": cookies or {},
        "jobs": list(jobs),
        "hops": [
            {"answer": answer, "preflight": preflight},
            {"answer": then, "preflight": preflight_then},
        ],
    }


def _kept(line: str) -> Scenario:
    """Make a scenario in which a server sets a cookie in a same-origin response."""
    return _scenario(_job(PAGE), answer=_answer(set_cookie=f"kN_a=1; {line}"))


_TWICE = (_job(method="PUT"), _job(method="PUT"))
_FAR_HOST = HOSTS[1]
_OPAQUE = _answer(origin="null")

_TEMPLATES: dict[str, Scenario] = {
    "* covers Authorization": _scenario(
        _job(headers=[["Authorization", "x"]]), preflight=_answer(origin="*", allow_headers="*")
    ),
    "a max-age below 0": _scenario(*_TWICE, preflight=_answer(allow_methods="PUT", max_age="-1")),
    "a malformed max-age": _scenario(
        *_TWICE, preflight=_answer(allow_methods="PUT", max_age="0x10")
    ),
    "* in the cache": _scenario(*_TWICE, preflight=_answer(allow_methods="*", max_age="600")),
    "the cache and credentials": _scenario(
        _job(method="PUT", credentials="include"),
        _job(method="PUT", credentials="omit"),
        preflight=_PUT,
    ),
    "the cache and null": _scenario(
        *_TWICE,
        answer=_OPAQUE,
        preflight=_answer(origin="null", allow_methods="PUT", max_age="600"),
        page="null",
    ),
    "the cache and null after redirects": _scenario(
        *_TWICE,
        answer=_answer(307, location=f"{FAR_API}/N/1"),
        preflight=_PUT,
        then=_OPAQUE,
        preflight_then=_answer(origin="*", allow_methods="PUT", max_age="600"),
    ),
    "the cache after errors": _scenario(*_TWICE, answer=_answer(origin="null"), preflight=_PUT),
    "the cache after refused redirects": _scenario(
        _job(method="PUT", redirect="error"),
        _job(method="PUT", redirect="error"),
        answer=_answer(307, location="1"),
        preflight=_PUT,
    ),
    "preflights after 301, 302 and 303": _scenario(
        _job(method="PUT"), answer=_answer(303, location="1"), preflight=_PUT, preflight_then=_PUT
    ),
    "null in preflights": _scenario(
        _job(method="PUT"),
        answer=_answer(307, location=f"{FAR_API}/N/1"),
        preflight=_PUT,
        then=_OPAQUE,
        preflight_then=_answer(origin="*", allow_methods="PUT"),
    ),
    "user names in redirects": _scenario(
        _job(PAGE, method="PUT"),
        answer=_answer(307, location=API.replace("//", "//user@") + "/N/1"),
        preflight_then=_PUT,
    ),
    "user names in redirects at home": _scenario(
        _job(PAGE), answer=_answer(302, location=PAGE.replace("//", "//user@") + "/N/1")
    ),
    "Sec-Fetch-Site of preflights after redirects": _scenario(
        _job(FAR_API, method="PUT"),
        answer=_answer(307, location=f"{PAGE}/N/1"),
        preflight=_PUT,
        then=_OPAQUE,
        preflight_then=_answer(origin="null", allow_methods="PUT"),
    ),
    "Sec-Fetch-Site after redirects": _scenario(_job(), answer=_answer(302, location="1")),
    "Sec-Fetch after redirects": _scenario(
        _job(FAR_API), answer=_answer(302, location=f"{API}/N/1"), then=_OPAQUE
    ),
    "Referer of preflights after redirects": _scenario(
        _job(PAGE, method="PUT"),
        answer=_answer(307, location=f"{API}/N/1"),
        preflight_then=_PUT,
    ),
    "Referer of sandboxed pages": _scenario(_job(), answer=_OPAQUE, page="null"),
    "Sec-Fetch-Site of preflights with null": _scenario(
        _job(method="PUT"),
        answer=_answer(307, location=f"{PAGE}/N/1"),
        preflight=_PUT,
        then=_OPAQUE,
        preflight_then=_answer(origin="null", allow_methods="PUT"),
    ),
    "upload listeners in the cache": _scenario(
        _job(method="POST", upload=True, body={"bytes": [104]}),
        _job(method="POST", upload=True, body={"bytes": [104]}),
        preflight=_PUT,
    ),
    "coded parts": _scenario(
        _job(headers=[["Range", "bytes=0-"]]),
        answer={**_answer(content_encoding="gzip"), "coding": "gzip"},
    ),
    "upload listeners without a body": _scenario(_job(upload=True)),
    "bodies that end too early": _scenario(_job(), answer={**_answer(404), "missing": 1}),
    "Content-Encoding in capitals": _scenario(
        _job(), answer={**_answer(content_encoding="GZIP"), "coding": "gzip"}
    ),
    "bodies in another coding": _scenario(
        _job(), answer={**_answer(content_encoding="deflate"), "coding": "gzip"}
    ),
    "parts after redirects": _scenario(
        _job(headers=[["Range", "bytes=0-"]]),
        answer=_answer(302, location=f"{FAR_API}/N/1"),
        then=_OPAQUE,
    ),
    "null without CORS": _scenario(
        _job(PAGE, method="POST", mode="no-cors", body="x"),
        answer=_answer(308, location=f"{API}/N/1"),
    ),
    "Origin after 301, 302 and 303": _scenario(
        _job(PAGE, method="PUT"), answer=_answer(303, location="1")
    ),
    "other methods that leave home": _scenario(
        _job(PAGE, method="DELETE"),
        answer=_answer(308, location=f"{FAR_API}/N/1"),
        preflight_then=_answer(allow_methods="DELETE"),
    ),
    "Authorization after redirects": _scenario(
        _job(headers=[["Authorization", "x"]]),
        answer=_answer(307, location=f"{PAGE}/N/1"),
        preflight=_answer(allow_headers="authorization"),
        then=_answer(origin="null"),
        preflight_then=_answer(origin="*", allow_headers="authorization"),
    ),
    "body headers after redirects": _scenario(
        _job(PAGE, method="POST", headers=[["Content-Location", "/x"]], body="x"),
        answer=_answer(302, location="1"),
    ),
    "body headers after two redirects": {
        **_scenario(_job(method="POST", body="x")),
        "hops": [
            {"answer": _answer(303, location="1"), "preflight": _FOR_PAGE},
            {"answer": _answer(308, location="2"), "preflight": _FOR_PAGE},
            {"answer": _FOR_PAGE, "preflight": _FOR_PAGE},
        ],
    },
    "Authorization after two redirects": {
        **_scenario(_job(PAGE, headers=[["Authorization", "x"]])),
        "hops": [
            {"answer": _answer(307, location=f"{API}/N/1"), "preflight": _FOR_PAGE},
            {"answer": _answer(307, location="2"), "preflight": _FOR_PAGE},
            {"answer": _FOR_PAGE, "preflight": _answer(allow_headers="authorization")},
        ],
    },
    "credentials after leaving home": {
        **_scenario(_job(PAGE)),
        "hops": [
            {"answer": _answer(302, location=f"{API}/N/1"), "preflight": _FOR_PAGE},
            {
                "answer": _answer(302, origin="*", location=f"{FAR_API}/N/2"),
                "preflight": _FOR_PAGE,
            },
            {"answer": _OPAQUE, "preflight": _FOR_PAGE},
        ],
    },
    "redirects without Location": _scenario(_job(PAGE, redirect="error"), answer=_answer(302)),
    "status 205": _scenario(_job(), answer=_answer(205)),
    "safelisted values beyond ASCII": _scenario(_job(headers=[["Accept", "é"]])),
    "headers beyond ASCII": _scenario(_job(PAGE), answer=_answer(x_latin="é")),
    "Range in other spellings": _scenario(
        _job(headers=[["Range", "Bytes=0-1"]]), preflight=_answer(allow_headers="range")
    ),
    "client hints": _scenario(_job(headers=[["Save-Data", "on"]])),
    "User-Agent": _scenario(
        _job(headers=[["User-Agent", "x"]]), preflight=_answer(allow_headers="user-agent")
    ),
    "repeated safelisted headers": _scenario(_job(headers=[["Accept", "x" * 100]] * 2)),
    "the sum of repeated headers": _scenario(
        _job(headers=[["Accept", "x" * 120]] * 9), preflight=_answer(allow_headers="accept")
    ),
    "repeated headers in preflights": _scenario(_job(headers=[["X-Token", "a"], ["x-token", "b"]])),
    "repeats without a value": {
        **_scenario(_job(PAGE)),
        "hops": [
            {
                "answer": {"status": 200, "headers": [["X-A", "a"], ["X-A", ""]], "body": ""},
                "preflight": _FOR_PAGE,
            },
        ],
    },
    "two Content-Types": {
        **_scenario(_job(PAGE)),
        "hops": [
            {
                "answer": {
                    "status": 200,
                    "headers": [["Content-Type", "text/plain"], ["Content-Type", "text/x-y"]],
                    "body": "",
                },
                "preflight": _FOR_PAGE,
            },
        ],
    },
    "* in a malformed Expose-Headers": _scenario(
        _job(), answer=_answer(x_one="1", access_control_expose_headers='*, "x"')
    ),
    "two Locations": {
        **_scenario(_job(PAGE)),
        "hops": [
            {
                "answer": {"status": 302, "headers": [["Location", "1"]] * 2, "body": ""},
                "preflight": _FOR_PAGE,
            },
            {"answer": _FOR_PAGE, "preflight": _FOR_PAGE},
        ],
    },
    "a malformed Location left alone": _scenario(
        _job(PAGE, redirect="manual"), answer=_answer(302, location="http://[")
    ),
    "an empty Location": _scenario(_job(PAGE), answer=_answer(302, location="")),
    "cookies without SameSite": _scenario(
        _job(FAR_API, credentials="include"), cookies={_FAR_HOST: ["kN_a=1"]}
    ),
    "Secure cookies": _kept("SameSite=Lax; Secure"),
    "SameSite=None without Secure": _kept("SameSite=None"),
    "cookies set across sites": _scenario(
        _job(FAR_API, credentials="include"), answer=_answer(set_cookie="kN_a=1; SameSite=Lax")
    ),
    "SameSite after redirects": _scenario(
        _job(FAR_API, credentials="include"),
        answer=_answer(302, location=f"{PAGE}/N/1"),
        then=_answer(origin="null"),
        cookies={HOSTS[0]: ["kN_a=1; SameSite=Lax"]},
    ),
    "SameSite of cookies set after redirects": _scenario(
        _job(FAR_API, credentials="include"),
        answer=_answer(302, location=f"{PAGE}/N/1"),
        then=_answer(origin="null", set_cookie="kN_a=1; SameSite=Lax"),
    ),
    "__Host- with Domain=localhost": _scenario(
        _job(PAGE),
        answer=_answer(set_cookie="__Host-kN_a=1; SameSite=Lax; Secure; Path=/; Domain=localhost"),
    ),
    "cookie prefixes": _scenario(
        _job(PAGE), answer=_answer(set_cookie="__Host-kN_a=1; SameSite=Lax")
    ),
    "Max-Age and Expires": _kept(
        "SameSite=Lax; Max-Age=600; Expires=Thu, 01 Jan 1970 00:00:01 GMT"
    ),
    "cookies without CORS": _scenario(
        _job(PAGE, mode="no-cors"),
        answer=_answer(302, location=f"{API}/N/1"),
        cookies={HOSTS[0]: ["kN_a=1; SameSite=Lax"]},
    ),
    "Domain=localhost": _kept("SameSite=Lax; Domain=localhost"),
    "cookies of sandboxed pages": _scenario(
        _job(PAGE, credentials="include"),
        answer=_OPAQUE,
        page="null",
        cookies={HOSTS[0]: ["kN_a=1; SameSite=Lax"]},
    ),
    "policy same-site for IP addresses": _scenario(
        _job(FAR_API, mode="no-cors"),
        answer=_answer(cross_origin_resource_policy="same-site"),
        page=FAR_PAGE,
    ),
    "policy same-site for sandboxed pages": _scenario(
        _job(PAGE, mode="no-cors"),
        answer=_answer(cross_origin_resource_policy="same-site"),
        page="null",
    ),
}


def _number_all() -> dict[str, Scenario]:
    """Return the scenarios with their own numbers, so that each one has its own paths."""
    examples: dict[str, Scenario] = {}
    for number, (name, template) in enumerate(_TEMPLATES.items()):
        text = json.dumps(template).replace("/N/", f"/{number}/").replace("kN_", f"k{number}_")
        example: Scenario = json.loads(text)
        examples[name] = {**example, "number": number}
    return examples


#: The scenarios by the name of their difference.
EXAMPLES = _number_all()
