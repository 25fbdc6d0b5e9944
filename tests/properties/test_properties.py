"""Test rules that hold for every configuration and every request."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from flask import Flask, Response
from hypothesis import assume, given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from flask_crossorigin import ConfigError, Decision, request_refused
from flask_crossorigin.testing import Browser, NetworkError

from .inputs import (
    MALFORMED,
    ORIGINS,
    PLACES,
    SERVER,
    Asked,
    ask,
    cors_headers,
    make_app,
    methods,
    options,
    origins,
    paths,
    places,
    policy_at,
    requests,
    rule_lists,
    rules,
    settings_of_options,
    without,
    without_none,
)
from .plain.origins import OPAQUE, allows, allows_anybody, is_sent_by_browsers, only_literal

pytestmark = pytest.mark.once


@given(at=places, asked=requests, strange=st.lists(origins, max_size=10))
def test_who_gets_headers(at: dict[str, Any], asked: Asked, strange: list[str]) -> None:
    """An origin gets CORS headers if, and only if, the plain matcher allows it too."""
    app = make_app(at)
    for path in ("/view", "/class", "/bp/in", "/bp/inner/in", "/map/in", "/map/in/deep", asked[0]):
        here = (path, *asked[1:])
        policy = policy_at(at, here)
        for origin in (*ORIGINS, *MALFORMED, *strange):
            found = cors_headers(ask(app, here, origin))
            if policy is None or not is_let_in(policy, origin):
                assert found == []
            else:
                check_allowed(policy, origin, found)
        # Without an Origin header, a request is not a preflight.
        method = "OPTIONS" if asked[2] else asked[1]
        policy = policy_at(at, (path, method, None))
        sent = [v for n, v in cors_headers(ask(app, here, None)) if n.endswith("-Origin")]
        assert sent == ([] if policy is None else sent_to_nobody(policy))


def is_let_in(policy: dict[str, Any], origin: str) -> bool:
    if origin in OPAQUE and policy.get("supports_credentials"):
        # Only a callable can allow an opaque origin here. The policy refuses it anyway.
        return False
    return allows(policy["origins"], origin)


def sent_to_nobody(policy: dict[str, Any]) -> list[str]:
    """Return the values of ``Access-Control-Allow-Origin`` without an ``Origin`` header."""
    if not policy.get("always_send", True):
        return []
    if "*" in policy["origins"]:
        return ["*"] if policy.get("send_wildcard", True) else []
    only = only_literal(policy["origins"])
    return [] if only is None else [only]


def check_allowed(policy: dict[str, Any], origin: str, found: list[tuple[str, str]]) -> None:
    """Compare the headers for an allowed origin with the options."""
    told = dict(found)
    assert len(told) == len(found), "each header once"
    echoed = "*" not in policy["origins"] or not policy.get("send_wildcard", True)
    expected = origin if echoed and is_sent_by_browsers(origin) else "*"
    assert told["Access-Control-Allow-Origin"] == expected
    credentials = told.get("Access-Control-Allow-Credentials")
    assert credentials == ("true" if policy.get("supports_credentials") else None)
    assert not credentials or expected not in {"*", *OPAQUE}


@given(written=rule_lists, more=st.fixed_dictionaries({}, optional=settings_of_options))
def test_credentials_are_never_for_any_origin(written: list[Any], more: dict[str, Any]) -> None:
    told = {**more, "origins": written, "supports_credentials": True}
    if any(map(allows_anybody, written)):
        with pytest.raises(ConfigError, match=r"[Cc]redentials"):
            make_app({"map": told})
        return
    app = make_app({"map": told})
    for origin in (*ORIGINS, None, "*"):
        found = dict(cors_headers(ask(app, ("/map/in", "GET", None), origin)))
        assert found.get("Access-Control-Allow-Origin") not in {"*", *OPAQUE}


@given(at=places, asked=requests, strange=st.lists(origins, max_size=3))
def test_what_depends_on_the_origin_says_so(
    at: dict[str, Any], asked: Asked, strange: list[str]
) -> None:
    # With vary_header=False, the application has to set Vary itself.
    app = make_app(without(at, "vary_header"))
    # An OPTIONS request without Origin is not a preflight, so its response can differ without Vary.
    # Caches don't store responses to OPTIONS (RFC 9110, section 9.3.7).
    originless = [] if asked[2] or asked[1] == "OPTIONS" else [None]
    responses = [ask(app, asked, origin) for origin in (*ORIGINS, *strange, *originless)]
    if len({(r.status, tuple(sorted(r.headers)), r.data) for r in responses}) > 1:
        assert all("Origin" in r.vary for r in responses)


@given(at=places, elsewhere=options, place=st.sampled_from([*PLACES]), asked=requests)
def test_a_policy_elsewhere_changes_nothing(
    at: dict[str, Any], elsewhere: dict[str, Any], place: str, asked: Asked
) -> None:
    assume(not asked[0].startswith(PLACES[place]))
    before, after = make_app(at), make_app({**at, place: elsewhere})
    for origin in (*ORIGINS, None):
        one, other = ask(before, asked, origin), ask(after, asked, origin)
        assert (one.status, sorted(one.headers)) == (other.status, sorted(other.headers))


@given(
    written=rule_lists,
    told=st.fixed_dictionaries({}, optional=settings_of_options),
    added=st.fixed_dictionaries({}, optional=settings_of_options),
    rule=st.none() | rules,
    strange=st.lists(origins, max_size=3),
)
def test_an_option_more_lets_nobody_else_in(
    written: list[Any],
    told: dict[str, Any],
    added: dict[str, Any],
    rule: Any,
    strange: list[str],
) -> None:
    more = [] if rule is None else [rule]
    both = {**told, **added}
    if told.get("supports_credentials") or both.get("supports_credentials"):
        written, more = ([r for r in each if not allows_anybody(r)] for each in (written, more))
    assume(written)
    narrow = make_app({"map": {**told, "origins": written}})
    wide = make_app({"map": {**both, "origins": without_none([*written, *more])}})
    asked = ("/map/in", "GET", None)
    for origin in (*ORIGINS, *strange):
        if cors_headers(ask(wide, asked, origin)) and not allows(more, origin):
            withdrawn = told.get("supports_credentials") and not both.get("supports_credentials")
            assert cors_headers(ask(narrow, asked, origin)) or (withdrawn and origin in OPAQUE)


#: The headers that each option can change, without ``Access-Control-``.
SAYS = {
    "methods": {"Allow-Methods", "Allow-Headers", "Max-Age"},
    "allow_headers": {"Allow-Headers"},
    "expose_headers": {"Expose-Headers"},
    # With credentials, browsers take "*" literally, so the names of the headers are listed.
    "supports_credentials": {"Allow-Credentials", "Expose-Headers"},
    "max_age": {"Max-Age"},
    "send_wildcard": {"Allow-Origin"},
    "allow_private_network": {"Allow-Private-Network"},
}


@given(
    told=options,
    added=st.sampled_from(sorted(settings_of_options)).flatmap(
        lambda name: st.tuples(st.just(name), settings_of_options[name])
    ),
    asked=requests,
    strange=st.lists(origins, max_size=3),
)
def test_an_option_more_says_what_it_says_and_no_more(
    told: dict[str, Any], added: tuple[str, Any], asked: Asked, strange: list[str]
) -> None:
    """One more option adds or changes only the headers that the option is about."""
    name, value = added
    assume(name not in told)
    assume(name != "supports_credentials" or not any(map(allows_anybody, told["origins"])))
    asked = ("/map/in", *asked[1:])
    before, after = make_app({"map": told}), make_app({"map": {**told, name: value}})
    # always_send is about requests without Origin, so it may change their headers.
    for origin in (*ORIGINS, *strange, *([] if name == "always_send" else [None])):
        narrow, wide = (dict(cors_headers(ask(app, asked, origin))) for app in (before, after))
        more = {header for header in wide if wide[header] != narrow.get(header)}
        assert {each.removeprefix("Access-Control-") for each in more} <= SAYS.get(name, set())


@given(at=places, seen=st.lists(st.tuples(requests, st.none() | origins), max_size=8))
def test_earlier_requests_change_no_answer(
    at: dict[str, Any], seen: list[tuple[Asked, str | None]]
) -> None:
    app = make_app(at)
    for asked, origin in [*seen, *reversed(seen)]:
        one, other = ask(app, asked, origin), ask(make_app(at), asked, origin)
        assert (one.status, list(one.headers)) == (other.status, list(other.headers))


@given(
    at=places,
    path=paths,
    method=methods,
    origin=st.sampled_from([each for each in ORIGINS if each != SERVER]),
    sent=st.sampled_from([{}, {"X-One": "1"}, {"X-Two": "2", "Accept": "a/b"}]),
    credentials=st.booleans(),
)
def test_the_browser_and_the_decision_agree(
    at: dict[str, Any],
    path: str,
    method: str,
    origin: str,
    sent: dict[str, str],
    *,
    credentials: bool,
) -> None:
    """A page gets the response unless it is refused or credentials are not allowed."""
    # With automatic_options=False, a preflight may fail only because of the view's status.
    at, told = without(at, "automatic_options"), []
    app = make_app(at)
    policy = policy_at(at, (path, method, None)) or {}
    withheld = credentials and not policy.get("supports_credentials")
    browser = Browser({SERVER: app}, origin=origin)
    mode: Literal["include", "omit"] = "include" if credentials else "omit"

    def refused(_sender: Flask, decision: Decision) -> None:
        told.append(decision)

    with request_refused.connected_to(refused, app):
        try:
            browser.fetch(SERVER + path, method=method, headers=sent, credentials=mode)
        except NetworkError:
            assert told or withheld
        else:
            assert not told
            assert not withheld


texts = st.text(st.characters(max_codepoint=255), max_size=30)


@given(
    at=places,
    path=paths.filter(lambda path: path != "/view/fails") | texts.map("/".__add__),
    method=methods | texts,
    environ=st.dictionaries(
        st.sampled_from(
            [f"HTTP_{name}" for name in ("ORIGIN", "HOST", "SEC_FETCH_SITE", "UPGRADE", "COOKIE")]
            + [f"HTTP_ACCESS_CONTROL_REQUEST_{name}" for name in ("METHOD", "HEADERS")]
            + ["HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK", "SCRIPT_NAME", "SERVER_NAME"]
        ),
        origins | texts,
    ),
    vary=st.none() | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12),
)
def test_nothing_fails_that_would_not_without_the_package(
    at: dict[str, Any], path: str, method: str, environ: dict[str, str], vary: str | None
) -> None:
    def status(app: Flask) -> str:
        @app.after_request
        def set_vary(response: Response) -> Response:
            if vary is not None:
                response.headers["Vary"] = vary
            return response

        told = EnvironBuilder("/").get_environ()
        told.update(environ, PATH_INFO=path, REQUEST_METHOD=method)
        try:
            return run_wsgi_app(app, told)[1]
        except Exception as error:
            return f"500 {type(error).__name__}"

    bare = Flask("shop", static_folder=None)
    bare.config.update(PROPAGATE_EXCEPTIONS=False)
    found = status(make_app(at))
    assert not found.startswith("500") or found == status(bare)
