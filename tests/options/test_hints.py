"""Test that following each hint in ``mistakes.txt`` fixes the program.

``hints.txt`` has the corrected options for each mistake, and what they allow.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from flask_crossorigin import CORS
from flask_crossorigin.options.errors import Problem

from .test_messages import BLOCKS, IMPORTED, options_of, problems_with

#: The corrected options for each mistake, and what they allow in the form of :func:`facts_of`.
HINTS = {
    written: (lines[0].removeprefix("    write ").rstrip(), [line.strip() for line in lines[1:]])
    for written, *lines in (
        block.split("\n")
        for block in Path(__file__).with_name("hints.txt").read_text("utf-8").strip().split("\n\n")
    )
}

#: The origins of the test requests. A hint must allow those in ``hints.txt``, and no others.
ASKING = [
    *("null", "file://", "https://attacker.net", "http://attacker.net", "https://attacker.com"),
    *("https://attacker.example", "https://attacker.vercel.app", "https://attacker-vercel.app"),
    *("https://my-app-.vercel.app", "https://a.b-my-app.vercel.app", "https://my-app.vercel.app"),
    *("https://attackerexample.com", "https://attacker-example.com", "https://appaexample.com"),
    *("https://example.com", "http://example.com", "https://app.example.com"),
    *("https://app.example.com.attacker.net", "https://a.b.example.com", "https://example.com."),
    *("http://app.example.com", "https://app.example.com:8443", "https://x.app.example.com"),
    *("https://a.example", "http://a.example", "https://a.example:8443", "https://a.example."),
    *("https://x.a.example", "https://a.example.attacker.net", "https://b.example"),
    *("http://localhost", "https://localhost", "http://localhost:3000", "http://localhost:5173"),
    *("http://localhost.attacker.net", "http://x.localhost", "http://x.localhost:3000"),
    *("http://127.0.0.1", "http://127.0.0.1:3000", "http://127.0.0.1.attacker.net"),
    *("http://192.168.1.7:3000", "http://192.168.2.7:3000", "http://[::1]", "http://[::1]:3000"),
    *("chrome-extension://abc", "app://x", "app://.", "https://my-app-7.vercel.app"),
    *("https://7-my-app.vercel.app", "https://app-7.example.com", "https://x-7.example.com"),
    *("http://api.v1.example.com", "https://api.v1.example.com", "https://api.v1.v2.example.com"),
    *("https://a.example:3000", "https://a.example:81", "http://a.example:81", "https://a"),
    *("https://xn--mnchen-3ya.example", "https://x.xn--mnchen-3ya.example:81", "https://1.2.3.4"),
    *("https://xn--strae-oqa.example", "https://https.example.com", "https://[::1]", "https://xa"),
    *("http://192.168.1.7", "https://x.localhost", "https://*.a.com", "https://b.a.com"),
    *("https://a.com", "https://www.example.com", "http://[::1]:8443", "https://app.co.uk"),
    *("https://api.v1.example.com:81", "https://x.a.example:81", "https://x.example"),
    *("http://axb.example", "http://ax80", "x://a.example", "ax://a.example", "https://xs.example"),
    *("https://aa.a.example.com", "https://xn--3xab.example", "https://x.example.com:8080"),
    *("https://x.example.com:8081", "http://[::1]:81", "https://attacker.co.uk", "https://a.a.com"),
    *(
        "https://ab.com",
        "https://a.a.example.com",
        "https://app.example.x",
        "https://xn--tda.example",
    ),
    *("https://a.v1.example.com:81",),
    *("https://app.vercel.app", "https://127.0.0.1:3000", "https://xn--x-eha.example"),
]
PATHS = [
    *("/", "/x", "/y", "/a", "/b", "/api", "/api/", "/api/x", "/api/x/y", "/apix", "/api/v1/x"),
    *("/files/a/x", "/files/a/b/x", "/my files/x"),
]
METHODS = ["GET", "DELETE", "PATCH", "PUT", "QUERY", "PURGE"]
NAMES = "authorization,content-type,x-a,x-b,x-one,x-token,x-company-id"
_ALLOW = "Access-Control-Allow-"

_NAME = r"[A-Za-z_][\w-]*"


def sent(app: Flask, path: str, origin: str, **environ: str) -> dict[str, str]:
    told = _ENVIRON | {"PATH_INFO": path, "HTTP_ORIGIN": origin, **environ}
    _, status, headers = run_wsgi_app(app, told)
    return {**dict(headers), "status": status[:3]}


_ENVIRON = EnvironBuilder("/").get_environ()


def is_allowed(app: Flask, path: str, origin: str) -> bool:
    return "Access-Control-Allow-Origin" in sent(app, path, origin)


def facts_of(app: Flask) -> Iterator[str]:
    """Yield what an application allows, where that differs from plain ``CORS(app)``."""
    some = {path: next((o for o in ASKING if is_allowed(app, path, o)), None) for path in PATHS}
    # The policy of the first allowed path is enough.
    paths = [path for path in PATHS if some[path] is not None]
    if not paths:
        yield "allows no origin"
        return
    allowed = [origin for origin in ASKING if is_allowed(app, paths[0], origin)]
    if len(allowed) < len(ASKING):
        yield f"allows {' '.join(allowed)}"
    if len(paths) < len(PATHS):
        yield f"at {' '.join(paths)}"
    simple = sent(app, paths[0], allowed[0])
    preflights = {name: preflight(app, paths[0], allowed[0], name) for name in METHODS}
    methods = [name for name in METHODS if f"{_ALLOW}Methods" in preflights[name]]
    if methods != METHODS[:-1]:
        yield f"methods {' '.join(methods) or 'none'}"
    # GET is always allowed, so its preflight has all other headers.
    first = preflights["GET"]
    if (headers := first.get(f"{_ALLOW}Headers", "none")) != NAMES.replace(",", ", "):
        yield f"headers {headers}"
    if exposed := simple.get("Access-Control-Expose-Headers"):
        yield f"exposes {exposed}"
    if f"{_ALLOW}Credentials" in simple:
        yield "with credentials"
    if max_age := first.get("Access-Control-Max-Age"):
        yield f"max-age {max_age}"
    if first["status"] != "204":
        yield f"status {first['status']}"


def preflight(app: Flask, path: str, origin: str, method: str) -> dict[str, str]:
    found = sent(
        app,
        path,
        origin,
        REQUEST_METHOD="OPTIONS",
        HTTP_ACCESS_CONTROL_REQUEST_METHOD=method,
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS=NAMES,
    )
    if method not in found.get(f"{_ALLOW}Methods", ""):
        found.pop(f"{_ALLOW}Methods", None)
    return found


def start(options: dict[str, Any]) -> Flask:
    app = Flask("shop", static_folder=None)
    app.config.update({name: options[name] for name in options if name.startswith("CORS_")})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        CORS(app, **{name: options[name] for name in options if not name.startswith("CORS_")})
    return app


def value_in(text: str) -> tuple[Any] | None:
    """Return the longest Python expression at the start of a text, evaluated, in a tuple."""
    ends = {match.start() for match in re.finditer(r"[.,](?=\s|\Z)|(?<!,)(?= or | for )|\Z", text)}
    found = (_value_of(text[:end]) for end in sorted(ends, reverse=True))
    return next(filter(None, found), None)


def _value_of(text: str) -> tuple[Any] | None:
    try:
        return (eval(text, dict(IMPORTED)),)
    except (SyntaxError, NameError, TypeError):
        return None


def followed(options: dict[str, Any], problems: tuple[Problem, ...]) -> dict[str, Any] | None:
    """Return options after following each hint literally, None if a hint contains no code."""
    for problem in problems:
        following = follow(options, problem)
        if following is None:
            return None
        options = following
    return options


def follow(options: dict[str, Any], problem: Problem) -> dict[str, Any] | None:
    hint = problem.hint
    name = re.split(r"[\[.]", problem.where)[0]
    in_map = re.match(r"(Did you|Keep|Leave)", hint) or problem.code.startswith("credentials-")
    if ("." in problem.where or "[" in problem.where) and in_map:
        # hints.txt has the result: this function can't rename or remove options in a map.
        return None
    if meant := re.match(rf"Did you mean ({_NAME})\?", hint):
        renamed = {meant[1] if n == name else n: value for n, value in options.items()}
        if example := re.search(rf" such as ({_NAME})=(.+)\.\Z", hint):
            renamed[example[1]] = eval(example[2])
        return renamed if name in options else None
    if meant := re.fullmatch(r"Write (CORS_[A-Z_]+)\.", hint):
        return {meant[1] if n == name else n: value for n, value in options.items()}
    if kept := re.match(rf"Keep one of them: ({_NAME})\.", hint):
        return {n: value for n, value in options.items() if n in (kept[1], "resources")}
    if meant := re.match(rf"Write ({_NAME}) instead\.", hint):
        return {meant[1] if n == name else n: value for n, value in options.items()}
    if meant := re.match(rf"Write ({_NAME})=(.*) instead\.", hint):
        value = value_in(meant[2])
        return None if value is None else {meant[1]: value[0]}
    if hint == "Leave it out." and "[" not in problem.where:
        return {n: value for n, value in options.items() if n != name}
    value = None
    if items := re.match(r"Write separate items: (.*)\.\Z", hint):
        value = ([*eval(f"[{items[1]}]")],)
    elif written := re.match(r"Write (?=[\"'\[{]|r[\"']|re\.)(.*)", hint, re.DOTALL):
        value = value_in(written[1])
    elif example := re.search(r"such as (.*)", hint, re.DOTALL):
        value = value_in(example[1])
    if value is None:
        return None
    if problem.code.startswith("credentials-"):
        return {**options, ("CORS_ORIGINS" if "CORS_ORIGINS" in options else "origins"): value[0]}
    of_pattern = problem.code.startswith("resource-") and not problem.code.endswith("-wrong-type")
    if of_pattern and name in options:
        return {**options, name: with_pattern(options[name], problem.value, value[0])}
    return replaced(options, problem.where, value[0])


def with_pattern(resources: Any, pattern: object, instead: object) -> Any:
    """Return a resource map or a list of patterns with one pattern replaced."""
    several = instead if isinstance(instead, list) else [instead]
    if isinstance(resources, dict):
        pairs = [(key, several if key == pattern else [key]) for key in resources]
        return {each: resources[key] for key, keys in pairs for each in keys}
    if isinstance(resources, list):
        return [new for each in resources for new in (several if each == pattern else [each])]
    return instead


def replaced(options: dict[str, Any], where: str, value: Any) -> dict[str, Any]:
    """Return options with the value at one place replaced."""
    steps = re.findall(r"\A[^\[.]+|\[\"[^\"]*\"\]|\[[0-9]+\]|\.[^\[.]+", where)
    return _replaced(options, [step.strip("[].").strip('"') for step in steps], value)  # type: ignore[no-any-return]


def _replaced(container: Any, steps: list[str], value: Any) -> Any:
    first, *rest = steps
    if isinstance(container, str):
        container = json.loads(container) if container[0] in "{[" else container.split(",")
    if isinstance(container, dict):
        found = {_text(key): key for key in container}
        key = found.get(first, first)
        if not rest and isinstance(value, dict) and first in map(_text, value):
            return {**container, **value}
        return {**container, key: _replaced(container[key], rest, value) if rest else value}
    index = int(first)
    inner = _replaced(container[index], rest, value) if rest else value
    return [
        *container[:index],
        *(inner if isinstance(inner, list) else [inner]),
        *container[index + 1 :],
    ]


def _text(key: Any) -> Any:
    return getattr(key, "pattern", key)


def test_hints_txt_has_each_mistake() -> None:
    assert [*HINTS] == [written for written, _, _ in BLOCKS]


@pytest.mark.parametrize("written", HINTS)
def test_following_a_hint_leads_to_what_hints_txt_says(written: str) -> None:
    options = options_of(written)
    found = followed(options, problems_with(options))
    if found is not None:
        assert found == options_of(HINTS[written][0])


@pytest.mark.parametrize("written", HINTS)
def test_the_corrected_options_allow_what_was_meant(written: str) -> None:
    instead, facts = HINTS[written]
    assert [*facts_of(start(options_of(instead)))] == facts
