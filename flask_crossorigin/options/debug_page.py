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
# What needs no percent-encoding in a path (RFC 3986, 3.3), without segments that browsers resolve.
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~!$&'()+,;=:@-]+)+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*")


def read_debug_page(
    value: object, where: str, problems: list[Problem], place: Place | None = None
) -> Setting:
    """Read the option ``debug_page`` into a path without a slash at its end; None for no page.

    :param where: where it was written.
    :param problems: what is wrong is added here.
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
    # It may be a whole URL, or one without the first slash.
    meant = "/" + _SCHEME.sub("", re.split("[?#]", path)[0]).strip("/")
    is_word = path.lower() in ("true", "yes", "on", "1")
    write = meant if _PATH.fullmatch(meant) and not is_word else _EXAMPLE
    raise Mistake("debug-page-invalid", "is not a path.", write=write)


def configured_debug_page(values: Iterable[ConfigValue], problems: list[Problem]) -> Setting | None:
    """Return what a configuration says about the debug page; None if it says nothing."""
    found = value_in(values, DEBUG_PAGE_KEY, problems)
    return None if found is None else read_debug_page(found.value, found.where, problems)


def choose_debug_page(
    written: Iterable[Setting | None], configured: Setting | None, problems: list[Problem]
) -> str | None:
    """Return the path of an app's debug page; None if it has none.

    :param written: what each ``CORS(app)`` says.
    :param configured: what the configuration says, which holds if none of them says anything.
    :param problems: if two of them differ, this is added here.
    """
    said = [setting for setting in written if setting is not None]
    for other in said[1:]:
        if other.value != said[0].value:
            message = "another CORS(app) has another debug page."
            code = "option-conflict"
            problems.append(other.problem(message, "Write it in one of them.", code=code))
    first: Any = said[0].value if said else configured and configured.value
    return None if first is INVALID else first
