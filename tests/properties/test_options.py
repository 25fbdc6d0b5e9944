"""Options, as keywords or in ``app.config``, either are a mistake or have their effect."""

from __future__ import annotations

import copy
import re
import warnings
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from flask_crossorigin import CORS

from . import corpus
from .inputs import near, problems_of, send
from .plain.options import READERS, WRONG
from .plain.responses import DEFAULTS, actual_headers, preflight_headers

APP = "https://app.example.com"

#: The option that each name means; None if the name is not an option.
MEANING = {
    **{name: name for name in [*READERS, "origins", "allow_headers", "resources"]},
    **dict.fromkeys(["origin", "allow_origins", "Access-Control-Allow-Origin"], "origins"),
    **dict.fromkeys(["allow_methods"], "methods"),
    **dict.fromkeys(["headers"], "allow_headers"),
    **dict.fromkeys(["allow_credentials"], "supports_credentials"),
    **dict.fromkeys(["access-control-max-age"], "max_age"),
    **dict.fromkeys(["attach_to_all", "Origins", "cors_origins"], None),
}


def bare(name: str) -> str:
    """Return the name of an option without the prefix of the configuration."""
    return name[5:].lower() if name.startswith("CORS_") else name


def check_options(written: dict[str, Any]) -> None:
    """Check whether options are a mistake and, if they aren't, which headers are sent."""
    # Iterators can be read only once, so read copies.
    wrong, judged, options = read({name: copy.copy(value) for name, value in written.items()})
    app = Flask("shop", static_folder=None)
    app.add_url_rule("/", "home", lambda: "", methods=["GET", "PUT"])
    app.config.update({name: written[name] for name in written if name.startswith("CORS_")})
    keywords = {name: written[name] for name in written if not name.startswith("CORS_")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problems = problems_of(lambda: CORS(app, **keywords))
    if wrong or judged:
        assert bool(problems) is wrong, (written, problems)
    if problems:
        return
    check_credentials(app)
    if judged:
        check_headers(app, {**DEFAULTS, **options})


def read(written: dict[str, Any]) -> tuple[bool, bool, dict[str, Any]]:
    """Read options without the package.

    :returns: whether any option is a mistake, whether all could be judged, and their values.
    """
    options: dict[str, Any] = {}
    wrong, judged = False, True
    config = {bare(name): written[name] for name in written if name.startswith("CORS_")}
    # These configuration keys have no effect.
    for name in ("headers", "attach_to_all"):
        config.pop(name, None)
    keywords = {name: written[name] for name in written if not name.startswith("CORS_")}
    for place in (config, keywords):
        here: dict[str, object] = {}
        for name, value in place.items():
            option = MEANING[name]
            if option is None or (option == "origins" and value is None):
                wrong = True
            elif option == "origins" and value == APP:
                here[option] = [APP]
            elif option in READERS and value is not None:
                found = READERS[option](value)
                wrong = wrong or found is WRONG or here.get(option, found) != found
                here[option] = found
            elif value is not None:
                judged = False
        options.update(here)
    for name in ("supports_credentials", "enforce"):
        if options.get(name) is True and "origins" not in options:
            # This is a mistake if any origin is allowed, which isn't known here.
            judged = False
    return wrong, judged, options


def check_credentials(app: Flask) -> None:
    """Check that credentials are never allowed for opaque origins or for attackers."""
    for origin in ("null", "file://", "https://evil.test", "http://evil.example:81"):
        for method in ("GET", "OPTIONS"):
            found = send(app, "/", method, ORIGIN=origin, ACCESS_CONTROL_REQUEST_METHOD="PUT")
            assert "access-control-allow-credentials" not in found


def check_headers(app: Flask, options: dict[str, Any]) -> None:
    """Check the CORS headers of the responses to preflights and to other requests."""
    present = ["content-type", "content-length", *["vary"] * options.get("vary_header", True)]
    for origin in (APP, "https://evil.test", "null", "nonsense"):
        assert send(app, ORIGIN=origin) == actual_headers(options, origin, present)
        if options.get("automatic_options", True):
            asked = {
                "ORIGIN": origin,
                "ACCESS_CONTROL_REQUEST_METHOD": "PUT",
                "ACCESS_CONTROL_REQUEST_HEADERS": "x-one,content-type",
                "ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK": "true",
            }
            assert send(app, "/", "OPTIONS", **asked) == preflight_headers(
                options, origin, "PUT", "x-one,content-type", private_network=True
            )
    assert send(app) == actual_headers(options, None, present)


@pytest.mark.parametrize("written", corpus.OPTIONS)
def test_options_of_the_corpus(written: dict[str, Any]) -> None:
    check_options(written)


#: The values of each option in the corpus.
VALUES: dict[str | None, list[Any]] = {}
for _written in corpus.OPTIONS:
    for _name, _value in _written.items():
        VALUES.setdefault(MEANING[bare(_name)], []).append(_value)
TEXTS = [value for values in VALUES.values() for value in values if isinstance(value, str)]
NAMES = [
    *MEANING,
    *(f"CORS_{name.upper()}" for name, option in MEANING.items() if option and "-" not in name),
]
any_values = (
    st.sampled_from([APP, True, False, 0, 1, -1, 200, 299, 300, None])
    | near(TEXTS)
    | st.lists(near(TEXTS), max_size=2)
    | st.lists(near(TEXTS), max_size=2).map(iter)
    | st.builds(timedelta, milliseconds=st.sampled_from([0, 500, 60_000, -1000]))
    | st.just(re.compile(r"https://[a-z]+\.example"))
)


@st.composite
def written_options(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.sets(st.sampled_from(NAMES), min_size=1, max_size=4))
    return {name: draw(written_values(name)) for name in sorted(names)}


def written_values(name: str) -> st.SearchStrategy[Any]:
    known = VALUES.get(MEANING[bare(name)])
    return st.sampled_from(known).map(copy.copy) | any_values if known else any_values


@given(written_options())
def test_options(written: dict[str, Any]) -> None:
    check_options(written)
