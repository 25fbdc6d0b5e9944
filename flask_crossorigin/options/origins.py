"""Read one allowed origin: a string, a compiled regex or a callable."""

from __future__ import annotations

import functools
import inspect
import re
import typing
from types import GenericAlias
from typing import Any

from ..core.origins import OriginCallable, OriginRule
from ..fetch.grammar import OPAQUE_ORIGINS, parse_origin
from .errors import Mistake
from .regexes import BEYOND_ORIGIN, check_reach, read_regex
from .tuple_origins import AN_ORIGIN, read_tuple_origin, read_wildcard

#: The word for no origin at all. An empty list is an error, because it is usually a mistake.
NO_ORIGIN = "none"
ALLOWED_OR_NONE = f'Write the allowed origins, or "{NO_ORIGIN}" to allow no origin.'

_REGEX_CHARACTERS = frozenset(r"\^$([|+?{")
# A scheme may contain a +, which doesn't make it a regex.
_PLAIN_SCHEME = re.compile(r"\A[A-Za-z][A-Za-z0-9+.\-]*(?=://)")
# Unlike an IPv6 address, a character class at the start of a host has no colon in it.
_IPV6_HOST = re.compile(
    r"(?<=://)(?:\*\.)?(?:\[[^\]]*(?:\]|\Z)(?=(?::[0-9*]*)?/?\Z)|\[[^\]]*:[^\]]*(?:\]|\Z))"
)
# The placeholders of shells, Windows, templates and f-strings.
_PLACEHOLDER = re.compile(
    r"\$\{?([A-Za-z_]\w*)|%([A-Za-z_]\w*)%|\{\{\s*(\w[\w.]*)|(?<![\\N])\{([A-Za-z_][\w.]*)\}"
)
#: What people write for any origin. ``*.`` is not among them: it may be a pattern whose domain was
#: not filled in.
_WORDS_FOR_ANY = frozenset(
    (
        *(".*", "/*", "/.*", "*/*", "*.*", "*:*", "**"),
        *("all", "any", "anyone", "anybody", "everyone", "everybody", "everything"),
    )
)
#: What programs write for a missing value, and other words that are not origins.
_OTHER_WORDS = frozenset((NO_ORIGIN, "nobody", "undefined", "nil", "true", "false", "yes", "no"))
# A longer list would not fit in a message.
_MOST_SUGGESTED = 20


def read_origin(value: object) -> OriginRule:
    """Read one item of the allowed origins.

    :param value: a string, a compiled regex or a callable.
    :raises Mistake: if it is not valid. The value that the mistake suggests is always valid.
    """
    try:
        return _read(value)
    except Mistake as mistake:
        last = _last_mistake(mistake)
        raise Mistake(mistake.code, mistake.what, write=last.write, hint=last.hint) from None


def _last_mistake(mistake: Mistake) -> Mistake:
    """Follow suggestions until one is valid, and return the mistake that suggests it.

    :returns: if no suggestion is valid, a mistake that suggests nothing.
    """
    # Suggestions that lead in a circle must not be followed forever.
    followed: list[object] = []
    while mistake.write not in (None, *followed):
        items = mistake.write if isinstance(mistake.write, list) else [mistake.write]
        found = [another for another in map(_mistake_in, items) if another is not None]
        if not found:
            return mistake
        if isinstance(mistake.write, list):
            break
        followed.append(mistake.write)
        mistake = found[0]
    if mistake.write is None:
        return mistake
    return Mistake(mistake.code, mistake.what, hint=mistake.hint or AN_ORIGIN)


def _mistake_in(value: object) -> Mistake | None:
    try:
        _read(value)
    except Mistake as mistake:
        return mistake
    return None


def _read(value: object) -> OriginRule:
    if isinstance(value, str):
        return _read_string(value)
    if isinstance(value, re.Pattern):
        return _read_compiled(value)
    if callable(value):
        return _read_callable(value)
    if isinstance(value, bytes):
        what = "is bytes. An origin is a string."
        raise Mistake("origin-wrong-type", what, write=value.decode("latin-1"))
    what = "is not an origin. An origin is a string, a compiled regex or a callable."
    raise Mistake("origin-wrong-type", what, hint=AN_ORIGIN)


def _read_string(text: str) -> OriginRule:
    if text in ("*", NO_ORIGIN) or text in OPAQUE_ORIGINS:
        return text
    origin = parse_origin(text)
    if origin is not None:
        return text if origin.scheme in ("http", "https") else str(read_tuple_origin(text))
    _check_filled_in(text)
    if not text.strip():
        raise Mistake(
            "origin-empty",
            "is empty; the usual cause is an unset environment variable.",
            hint=ALLOWED_OR_NONE,
        )
    _check_word(text.strip().lower())
    has_regex_characters = not _REGEX_CHARACTERS.isdisjoint(_PLAIN_SCHEME.sub("", text))
    if "," in text and not has_regex_characters:
        raise _several([item.strip() for item in text.split(",")])
    if re.search(r"\s", text):
        raise Mistake("origin-has-space", "contains whitespace.", write="".join(text.split()))
    if (
        has_regex_characters
        and not _REGEX_CHARACTERS.isdisjoint(_IPV6_HOST.sub("", text))
        and not BEYOND_ORIGIN.fullmatch(text)
    ):
        return read_regex(text)
    if "*" in text:
        return read_wildcard(text)
    return str(read_tuple_origin(text))


def _check_word(word: str) -> None:
    """Check that a text is not a word such as ``all`` or ``undefined``.

    :raises Mistake: if it is.
    """
    if word == "null":
        what = 'is not an origin. Browsers write the opaque origin as "null".'
        hint = 'Write "none" to allow no origin. Any page can make requests with the origin "null".'
        raise Mistake("origin-null-misspelled", what, hint=hint)
    if word in ("file://", "file:///"):
        what = 'is not an origin. Web views write the origin of a file as "file://".'
        raise Mistake("origin-null-misspelled", what, write="file://")
    if word in _WORDS_FOR_ANY:
        what = 'is not an origin. Any origin is written as "*".'
        raise Mistake("origin-any-misspelled", what, write="*")
    if word in _OTHER_WORDS:
        what = "is not an origin; the usual cause is an unset environment variable."
        raise Mistake("origin-is-word", what, hint=ALLOWED_OR_NONE)


def _check_filled_in(text: str) -> None:
    """Check that a text has no placeholder in it, no quotes, and not more than one origin.

    :raises Mistake: if it has.
    """
    placeholder = _PLACEHOLDER.search(text)
    if placeholder:
        name = next(filter(None, placeholder.groups()))
        what = f"contains a placeholder for {name} instead of its value."
        source = f', for example from os.environ["{name}"]' if name.isidentifier() else ""
        hint = f"Fill it in{source}."
        raise Mistake("origin-has-placeholder", what, hint=hint)
    items = [item for item in re.split(r"""[\s,;'"]+""", text.strip("()[]")) if item]
    if "'" in text or '"' in text:
        if len(items) > 1:
            raise _several(items)
        write = items[0] if items else None
        raise Mistake("origin-has-quotes", "contains quotes.", write=write, hint=AN_ORIGIN)
    if len(items) > 1 and all("://" in item for item in items):
        raise _several(items)


def _several(items: list[str]) -> Mistake:
    """Return the mistake of several origins in one string."""
    write = [_corrected(item) for item in items] if len(items) <= _MOST_SUGGESTED else [None]
    return Mistake(
        "origin-is-list",
        "contains several origins in one string.",
        write=None if None in write else write,
        hint="Write a list with one origin per item.",
    )


def _corrected(text: object) -> object:
    """Return a valid origin for an item: itself, or what a mistake suggests. None without one."""
    mistake = _mistake_in(text)
    if mistake is None:
        return text
    write = _last_mistake(mistake).write
    return None if isinstance(write, list) else write


def _read_compiled(pattern: re.Pattern[Any]) -> re.Pattern[str]:
    if isinstance(pattern.pattern, bytes):
        what = "is a regex for bytes."
        raise Mistake("origin-wrong-type", what, hint="Write the pattern as a string.")
    check_reach(pattern)
    return pattern


def _read_callable(function: Any) -> OriginCallable:
    if _never_returns_true(function):
        what = "never returns True when called with an origin."
        hint = "Write a function that returns True for allowed origins."
        raise Mistake("origin-callable-never-true", what, hint=hint)
    # inspect does not recognize an object with an async __call__ as async, only its method.
    call = _awaitable(function)
    try:
        signature = inspect.signature(function)
    except Exception:
        # A callable written in C may have no signature, and other objects may raise any exception.
        return OriginCallable(call, takes_request=False)
    takes_one, takes_two = (_takes(signature, count) for count in (1, 2))
    if takes_two and (not takes_one or "request" in signature.parameters):
        return OriginCallable(call, takes_request=True)
    if takes_one:
        return OriginCallable(call, takes_request=False)
    what = "cannot be called with an origin."
    hint = "Write a function that takes (origin) or (origin, request)."
    raise Mistake("origin-callable-signature", what, hint=hint)


def _awaitable(function: Any) -> Any:
    """Return an equivalent of a callable that inspect recognizes as async if it is async."""
    if isinstance(function, functools.partial):
        inner = _awaitable(function.func)
        if inner is function.func:
            return function
        return functools.partial(inner, *function.args, **function.keywords)
    method = function.__call__
    return method if inspect.iscoroutinefunction(method) else function


def _never_returns_true(function: Any) -> bool:
    """Return whether a callable is a class, type or generator function: these return objects."""
    while isinstance(function, functools.partial):
        function = function.func
    if isinstance(function, (type, GenericAlias)) or typing.get_origin(function) is not None:
        return True
    call = function if inspect.isroutine(function) else function.__call__
    return inspect.isgeneratorfunction(call) or inspect.isasyncgenfunction(call)


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True
