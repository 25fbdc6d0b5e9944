"""The option ``debug_page``: where an app in debug mode shows its policies and decisions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..core.places import Place
from .config import ConfigValue, value_in
from .errors import Mistake, Problem
from .lists import INVALID, read_one
from .table import DEBUG_PAGE_KEY, Setting

_EXAMPLE = "/_cors"
# The characters that need no percent-encoding (RFC 3986, section 3.3). The segments "." and ".."
# don't match, because browsers resolve them.
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~!$&'()+,;=:@-]+)+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*")


def read_debug_page(
    value: object, where: str, problems: list[Problem], place: Place | None = None
) -> Setting:
    """Read the option ``debug_page`` into a path without a trailing slash, or None for no page.

    :param where: where it was written.
    :param problems: mistakes are added here.
    :param place: the line of the call that wrote it.
    """
    return Setting(read_one(_path, value, where, problems), where, value, place)


def _path(value: object) -> str | None:
    if value is None or value is False or value == "":
        return None
    text = value.strip() if isinstance(value, str) else ""
    path = text.rstrip("/")
    if _PATH.fullmatch(path):
        return path
    if isinstance(value, str) and text and not path:
        what = "is the app's own front page."
        raise Mistake("debug-page-invalid", what, write=_EXAMPLE)
    # It may be a complete URL, or a path without the first slash.
    meant = "/" + _SCHEME.sub("", re.split("[?#]", path)[0]).strip("/")
    is_word = path.lower() in ("true", "yes", "on", "1")
    write = meant if _PATH.fullmatch(meant) and not is_word else _EXAMPLE
    raise Mistake("debug-page-invalid", "is not a path.", write=write)


def configured_debug_page(values: Iterable[ConfigValue], problems: list[Problem]) -> Setting | None:
    """Read the debug page from the configuration; None if it isn't set there."""
    found = value_in(values, DEBUG_PAGE_KEY, problems)
    return None if found is None else read_debug_page(found.value, found.where, problems)


def choose_debug_page(
    written: Iterable[Setting | None], configured: Setting | None, problems: list[Problem]
) -> str | None:
    """Return the path of an app's debug page; None if it has none.

    :param written: the setting of each ``CORS(app)``.
    :param configured: the setting in the configuration, which applies if there is no other.
    :param problems: a problem is added here if two of them differ.
    """
    said = [setting for setting in written if setting is not None]
    for other in said[1:]:
        if other.value != said[0].value:
            message = "another CORS(app) has a different debug page."
            code = "option-conflict"
            problems.append(other.problem(message, "Write it in one of them.", code=code))
    first: Any = said[0].value if said else configured and configured.value
    return None if first is INVALID else first
