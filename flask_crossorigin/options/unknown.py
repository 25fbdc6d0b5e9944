"""Names that are those of no option: which one was meant, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from .errors import Problem

#: Options that are no more, and why.
_RETIRED: Final = {
    "attach_to_all": "a browser needs the headers on the actual response too, so they always go "
    "on every response",
}

#: Names that users bring from elsewhere, with what to write here.
_FOREIGN: Final = {
    "allow_origin_regex": 'origins=re.compile(r"...")',
    "allowed_origins": "origins",
    "allowed_origin_regexes": 'origins=[re.compile(r"...")]',
    "origin_regex_whitelist": 'origins=[re.compile(r"...")]',
    "origin_allow_all": 'origins="*"',
    "allow_all_origins": 'origins="*"',
    "origin_whitelist": "origins",
    "allowed_methods": "methods",
    "allowed_headers": "allow_headers",
    "exposed_headers": "expose_headers",
    "preflight_max_age": "max_age",
    "urls_regex": 'resources=re.compile(r"...")',
}


def explain_unknown(
    where: str,
    name: str,
    value: object,
    known: Mapping[str, str],
    options: Iterable[str],
    *,
    in_config: bool,
) -> Problem:
    """Say which option was meant.

    :param where: where the name was written.
    :param value: what was written for it.
    :param known: the names that there are, in lower case and without the prefix of config
        keys, which would make them all much alike; with each as it is to be written.
    :param options: those of the names that are to be listed.
    :param in_config: whether it is a config key.
    """
    bare = name.lower().removeprefix("cors_")
    message = f"there is no {'config key' if in_config else 'option'} {name!r}"
    if bare in _RETIRED:
        return Problem(where, value, message, f"Leave it out: {_RETIRED[bare]}")
    if bare in _FOREIGN:
        option, _, example = _FOREIGN[bare].partition("=")
        return Problem(where, value, message, f"Write {known[option]}{example and '='}{example}")
    near = get_close_matches(bare, known, n=1)
    if near:
        return Problem(where, value, message, f"Did you mean {known[near[0]]}?")
    every = ", ".join(known[option] for option in options)
    hint = f"The {'config keys' if in_config else 'options'} are: {every}"
    return Problem(where, value, message, hint)
