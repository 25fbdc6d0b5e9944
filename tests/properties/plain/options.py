"""Read the values of the options that don't depend on other options."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from string import ascii_letters, digits

#: The result for a value that is a mistake.
WRONG = object()

TOKEN_CHARACTERS = frozenset("!#$%&'*+-.^_`|~" + digits + ascii_letters)
_TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_ELEMENT = rf"[ \t]*(?:{_TOKEN.pattern}[ \t]*)?"
_TOKEN_LIST = re.compile(rf"{_ELEMENT}(?:,{_ELEMENT})*")


def is_token(text: str) -> bool:
    """Return whether a text can be the name of a header or a method."""
    return text != "" and TOKEN_CHARACTERS.issuperset(text)


def token_list(text: str) -> list[str] | None:
    """Return the tokens of a header, or None if it isn't a list of tokens.

    Empty elements are legal.
    """
    return _TOKEN.findall(text) if _TOKEN_LIST.fullmatch(text) else None


#: Words that look like names, but are mistakes in a list of names.
WORDS = {"all", "any", "none", "null", "true", "1", "yes", "on", "false", "0", "no", "off"}

STANDARD = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY"}


def is_one_slip_from(name: str, standard: str) -> bool:
    """Return whether one letter is missing, too many or wrong, or two neighbors are swapped."""
    if len(name) != len(standard):
        longer, shorter = sorted((name, standard), key=len, reverse=True)
        return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
    wrong = [i for i in range(len(name)) if name[i] != standard[i]]
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
        i, j = wrong
        return (name[i], name[j]) == (standard[j], standard[i])
    return len(wrong) == 1


def is_name(token: str) -> bool:
    """Return whether a token is a single name, and no word such as ``all`` or ``yes``."""
    if token.lower() in WORDS:
        return False
    is_quoted = token[0] == token[-1] == "'" and token.strip("'") != ""
    return not is_quoted and len([part for part in token.split("|") if part]) < 2


def is_method(name: str) -> bool:
    """Return whether a token is plausible as a method."""
    if name in STANDARD or name in {"BATCH", "MATCH", "READ", "SET", "WATCH"}:
        return True
    if name in {"CONNECT", "TRACE", "TRACK"} or not is_name(name):
        return False
    return not any(is_one_slip_from(name, each) for each in STANDARD)


def read_bool(value: object) -> object:
    """Return a flag, or ``WRONG``."""
    word = value.strip().lower() if isinstance(value, str) else value
    for truth, words in ((True, "true 1 yes on"), (False, "false 0 no off")):
        if isinstance(word, str) and word in words.split():
            return truth
        if type(word) in {bool, int} and word == truth:
            return truth
    return WRONG


def read_number(value: object, least: int, most: int) -> object:
    """Return a whole number within bounds, which may be a string of digits, or ``WRONG``."""
    if isinstance(value, str) and 0 < len(value.strip().removeprefix("-")) < 20:
        digits_of = value.strip().removeprefix("-")
        if all(character in digits for character in digits_of):
            value = int(value)
    if type(value) is not int or not least <= value <= most:
        return WRONG
    return value


def read_seconds(value: object) -> object:
    """Return the seconds of ``max_age``, or ``WRONG``."""
    if isinstance(value, timedelta):
        value = WRONG if value.microseconds else value.days * 86400 + value.seconds
    return read_number(value, 0, 10**18 - 1)


def read_status(value: object) -> object:
    """Return the status of a preflight, or ``WRONG``."""
    return read_number(value, 200, 299)


def read_tokens(value: object) -> list[str] | None:
    """Return the names in a string, a JSON list or an iterable, or None if it is a mistake."""
    if isinstance(value, str):
        try:
            items = json.loads(value) if value.lstrip().startswith("[") else value.split(",")
        except (ValueError, RecursionError):
            return None
        if not value.lstrip().startswith("["):
            items = [item for item in items if item.strip()]
    elif isinstance(value, (bytes, bytearray, Mapping)) or not isinstance(value, Iterable):
        return None
    else:
        try:
            items = list(value)
        except ValueError:
            return None
    items = [item.strip() if isinstance(item, str) else item for item in items]
    items = [item for item in items if item != ""] or items
    if all(isinstance(item, str) and is_token(item) for item in items):
        return [str(item) for item in items]
    return None


def read_methods(value: object) -> object:
    """Return the set of ``methods``, or ``WRONG``."""
    names = read_tokens(value)
    if names is None or not all(is_method(name.upper()) for name in names):
        return WRONG
    return {name.upper() for name in names}


def read_exposed(value: object) -> object:
    """Return the list of ``expose_headers``, or ``WRONG``. The first spelling of a name counts."""
    names = read_tokens(value)
    if names is None or any("*" in name and name != "*" for name in names):
        return WRONG
    if not all(map(is_name, names)):
        return WRONG
    spelled = {name.lower(): name for name in reversed(names)}
    if "set-cookie" in spelled or "set-cookie2" in spelled:
        return WRONG
    return ["*"] if "*" in names else sorted(spelled.values())


#: The reader of each option. The other options depend on more than one value.
READERS: dict[str, Callable[[object], object]] = {
    "methods": read_methods,
    "expose_headers": read_exposed,
    "supports_credentials": read_bool,
    "max_age": read_seconds,
    "send_wildcard": read_bool,
    "vary_header": read_bool,
    "always_send": read_bool,
    "allow_private_network": read_bool,
    "automatic_options": read_bool,
    "preflight_status": read_status,
    "enforce": read_bool,
    "intercept_exceptions": read_bool,
}
