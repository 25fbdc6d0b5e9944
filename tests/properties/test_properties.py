"""What holds for every configuration and every request, each rule stated a second time here."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from flask import Flask, Response
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from flask_crossorigin import ConfigError, Decision, request_refused
from flask_crossorigin.testing import Browser, NetworkError

from .inputs import (
    ORIGINS,
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
    without_mistakes,
)
from .matching import is_allowed, is_anybody

quick = settings(deadline=None, max_examples=100)


@quick
@given(at=places, asked=requests, origin=origins)
def test_who_gets_headers(at: dict[str, Any], asked: Asked, origin: str) -> None:
    """An origin gets them if, and only if, the second matcher finds it in what was written."""
    response = ask(make_app(at), asked, origin)
    found = cors_headers(response)
    policy = policy_at(at, asked)
    # The last may be so by the word of a callable, which is not taken.
    if (
        policy is None
        or not is_allowed(policy["origins"], origin)
        or (origin == "null" and policy.get("supports_credentials"))
    ):
        assert found == []
        return
    names = [name for name, _ in found]
    assert len(set(names)) == len(names), "each header once"
    value = dict(found)["Access-Control-Allow-Origin"]
    assert value in {"*", origin}
    assert (value == "*") <= ("*" in policy["origins"])
    if "Access-Control-Allow-Credentials" in names:
        assert dict(found)["Access-Control-Allow-Credentials"] == "true"
        assert policy["supports_credentials"]
        assert value not in {"*", "null"}


@quick
@given(written=rule_lists, more=st.fixed_dictionaries({}, optional=settings_of_options))
def test_credentials_are_never_for_any_origin(written: list[Any], more: dict[str, Any]) -> None:
    told = {**more, "origins": written, "supports_credentials": True}
    if any(map(is_anybody, written)):
        with pytest.raises(ConfigError, match="credentials with"):
            make_app({"map": told})
        return
    app = make_app({"map": told})
    for origin in (*ORIGINS, None, "*"):
        found = dict(cors_headers(ask(app, ("/map/in", "GET", None), origin)))
        assert found.get("Access-Control-Allow-Origin") not in {"*", "null"}


@quick
@given(at=places, asked=requests, first=st.none() | origins, second=st.none() | origins)
def test_what_depends_on_the_origin_says_so(
    at: dict[str, Any], asked: Asked, first: str | None, second: str | None
) -> None:
    # No cache keeps what OPTIONS gets (RFC 9110, 9.3.7), and without Origin it is no preflight.
    assume((asked[1] != "OPTIONS" and not asked[2]) or None not in {first, second})
    app = make_app(at)
    one, other = (ask(app, asked, origin) for origin in (first, second))
    answers = [(r.status, sorted(r.headers), r.data) for r in (one, other)]
    if answers[0] != answers[1]:
        assert one.headers.getlist("Vary") == other.headers.getlist("Vary") == ["Origin"]


@quick
@given(at=places, elsewhere=options, place=st.sampled_from(["view", "bp", "map"]), asked=requests)
def test_a_policy_elsewhere_changes_nothing(
    at: dict[str, Any], elsewhere: dict[str, Any], place: str, asked: Asked
) -> None:
    assume(asked[0].split("/")[1] != place)
    before, after = make_app(at), make_app({**at, place: elsewhere})
    for origin in (*ORIGINS, None):
        one, other = ask(before, asked, origin), ask(after, asked, origin)
        assert (one.status, sorted(one.headers)) == (other.status, sorted(other.headers))


@quick
@given(
    written=rule_lists,
    told=st.fixed_dictionaries({}, optional=settings_of_options),
    added=st.fixed_dictionaries({}, optional=settings_of_options),
    rule=st.none() | rules,
    origin=origins,
)
def test_an_option_more_lets_nobody_else_in(
    written: list[Any], told: dict[str, Any], added: dict[str, Any], rule: Any, origin: str
) -> None:
    more = [] if rule is None else [rule]
    narrow = make_app({"map": without_mistakes({**told, "origins": written})})
    both = without_mistakes({**told, **added, "origins": [*written, *more]})
    wide = make_app({"map": both})
    asked = ("/map/in", "GET", None)
    if cors_headers(ask(wide, asked, origin)) and not is_allowed(more, origin):
        credentials = told.get("supports_credentials") and not both["supports_credentials"]
        assert cors_headers(ask(narrow, asked, origin)) or (credentials and origin == "null")


@quick
@given(at=places, seen=st.lists(st.tuples(requests, st.none() | origins), max_size=8))
def test_earlier_requests_change_no_answer(
    at: dict[str, Any], seen: list[tuple[Asked, str | None]]
) -> None:
    app = make_app(at)
    for asked, origin in [*seen, *reversed(seen)]:
        one, other = ask(app, asked, origin), ask(make_app(at), asked, origin)
        assert (one.status, list(one.headers)) == (other.status, list(other.headers))


@quick
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
    """A page gets its answer if, and only if, nobody was told that it is refused."""
    app, told = make_app(at), []
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


@quick
@given(
    at=places,
    path=paths | texts.map("/".__add__),
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
