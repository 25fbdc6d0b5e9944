"""The target ``options``: what users write for the options, read in all places."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

from flask import Flask

from flask_crossorigin import CORS, ConfigError
from flask_crossorigin.core.policy import Policy
from flask_crossorigin.options.errors import Problem
from flask_crossorigin.options.policy import make_policy
from flask_crossorigin.options.resources import read_resources
from flask_crossorigin.options.table import read_config, read_options

from . import plain
from .inputs import OPTION_NAMES, Written, options
from .promises import ASKING, check_problems, check_sent

#: Flask looks for no folder that it is told of.
HERE = str(Path(__file__).parent)

#: How the values of options are read that one can tell without knowing the others.
JUDGES: dict[str, Callable[[object], object]] = {
    "methods": plain.read_methods,
    "expose_headers": plain.read_exposed,
    "supports_credentials": plain.read_bool,
    "max_age": plain.read_seconds,
    "send_wildcard": plain.read_bool,
    "vary_header": plain.read_bool,
    "always_send": plain.read_bool,
    "allow_private_network": plain.read_bool,
    "automatic_options": plain.read_bool,
    "preflight_status": plain.read_status,
    "enforce": plain.read_bool,
    "intercept_exceptions": plain.read_bool,
}


def option_values(data: bytes) -> None:
    """Options of all names and types, by keyword, in the configuration and the environment."""
    problems: list[Problem] = []
    # Some values can be read once only, so they are made anew for each reader.
    keywords, config = in_places(options(data))
    keywords.pop("resources", None)
    layers = [read_options(keywords, "", problems), read_config(config, problems)]
    policy = make_policy("test", layers, problems)
    check_problems(problems)
    if policy.misconfigured:
        assert problems
        check_sends_nothing(policy)
    else:
        check_policy(policy)
    check_judged(data, policy, problems)
    check_extension(data, problems)


def in_places(written: Iterable[Written]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part keywords from the configuration."""
    keywords, config = {}, {}
    for each in written:
        if each.in_config and "-" not in each.name and each.name:
            config[f"CORS_{each.name.upper()}"] = each.value
        else:
            keywords[each.name] = each.value
    return keywords, config


def check_sends_nothing(policy: Policy) -> None:
    """Hold that a policy with mistakes allows nobody anything."""
    for origin in ASKING:
        assert policy.actual(origin).headers == ()
        assert policy.preflight(origin, "GET").headers == ()


def check_policy(policy: Policy) -> None:
    """Hold what a policy without mistakes holds, and sends, against what may be in it."""
    let_in = [origin for origin in ASKING if policy.actual(origin).origin_allowed]
    for origin in let_in:
        check_sent(policy.actual(origin))
        check_sent(policy.preflight(origin, "PUT", "x-one,content-type", private_network=True))
    if policy.supports_credentials and not policy.asks:
        assert "null" not in let_in
        assert not {"https://evil.test", "http://evil.example:81"} <= set(let_in)
        # The policy would refuse it all the same, but whoever wrote it is to know.
        for rule in policy.origins.rules:
            assert not isinstance(rule, re.Pattern) or not rule.fullmatch("null"), rule
    assert all(map(plain.is_token, policy.methods.names))
    assert not policy.methods.names & {"*", "CONNECT", "TRACE", "TRACK"}
    assert all(map(plain.is_token, policy.allow_headers.names))
    for flag in ("send_wildcard", "vary_header", "always_send", "automatic_options", "enforce"):
        assert isinstance(getattr(policy, flag), bool)


def check_judged(data: bytes, policy: Policy, problems: list[Problem]) -> None:
    """Read once more what can be told without the package."""
    keywords, config = in_places(options(data))
    first: dict[str, object] = {}
    wrong = False
    judged = True
    for place in (keywords, {key[5:].lower(): value for key, value in config.items()}):
        here: dict[str, object] = {}
        for name, value in place.items():
            option = OPTION_NAMES.get(name)
            if option == "resources":
                continue
            if option is None or (option == "origins" and value is None):
                wrong = True
            elif value is not None and option in JUDGES:
                read = JUDGES[option](value)
                wrong = wrong or read is plain.WRONG or here.get(option, read) != read
                here[option] = read
            elif value is not None:
                judged = False
        first = {**here, **first}
    if wrong:
        assert problems, (keywords, config)
    elif judged and first.get("supports_credentials") is not True:
        assert not problems, (keywords, config, problems)
    if not problems:
        check_values(policy, first)


def check_values(policy: Policy, read: Mapping[str, object]) -> None:
    """Hold what a policy has against what was read without the package, by option."""
    for name, value in read.items():
        if name == "methods":
            assert isinstance(value, set)
            assert policy.methods.names == value - {"*"}
            assert policy.methods.any is ("*" in value)
        elif name == "expose_headers":
            assert {each.lower() for each in policy.expose_headers} == value
        elif name != "intercept_exceptions":
            held = getattr(policy, name)
            assert held == value, (name, held, value)
            assert type(held) is type(value), (name, held, value)


def check_extension(data: bytes, problems: list[Problem]) -> None:
    """Hold the extension to the errors that it is documented to raise."""
    resources = [each.value for each in options(data) if each.name == "resources"]
    found: list[Problem] = []
    for value in resources:
        read_resources(value, "resources", found)
    check_problems(found)
    # To make an application takes longer than all else, so that only some inputs have one.
    if crc32(data) % (4 if resources else 16):
        return
    keywords, config = in_places(options(data))
    app = Flask("shop", root_path=HERE, instance_path=HERE, static_folder=None)
    app.config.update(config)
    refused = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            CORS(app, **keywords)
    except ConfigError as error:
        refused = bool(error.problems)
    if not resources:
        assert refused is bool(problems), (keywords, config)
    elif problems:
        assert refused, (keywords, config)
    elif len(resources) == 1 and found and resources != [None]:
        assert refused, (keywords, config, found)
