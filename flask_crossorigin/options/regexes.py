"""Read regexes for origins."""

from __future__ import annotations

import re
from functools import lru_cache

from ..core.automaton import Automaton, UnreadableError
from ..core.reach import can_match_origin, has_single_dot, opaque_origin, unnamed_origin
from ..fetch.grammar import parse_origin
from .branches import dead_branches, in_parentheses
from .errors import Mistake, shown
from .globs import A_PATTERN, instead_of_glob, is_glob, with_scheme

#: An origin that is followed by other parts of a URL.
BEYOND_ORIGIN = re.compile(
    r"(?P<origin>[A-Za-z][A-Za-z0-9.\-]*://[^/?#\\^$()|+{}*]+)(?:[/#].*|\?[^\\^$()|+{}\[]*)",
    re.DOTALL,
)
#: The mistake of regexes that would take too long to match.
TOO_MUCH_WORK = Mistake(
    "regexes-too-large",
    "has too many or too large regexes to match them quickly.",
    hint="Write fewer or shorter regexes, or compile the largest with re.compile(...).",
)
# An escape, a class, a dot that is repeated, or any other character.
_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\.(?:[*+]|\{(?!0?,?1\}))|.", re.DOTALL)
_ANY_PORT = (":", "*")
_PORT_RANGE = re.compile(r":\[[0-9]{2,}-[0-9]{2,}\]")
_LAST_LABELS = re.compile(r"[a-z0-9_\-]+(?:\\\.[a-z0-9_\-]+)+(?=\$?\Z)")
_DOMAIN = re.compile(r"(?P<dot>\\?\.)?(?P<host>[a-z0-9_\-]+(?:\\?\.[a-z0-9_\-]+)+)")
_ADDRESS = re.compile(r"\[[0-9a-fA-F:]+\](?::[0-9]+)?/?")
_JAVASCRIPT = re.compile(
    r"/(?P<regex>\^.*|.*(?::(?://|\\/\\/)).*)/(?P<flags>[dgimsuvy]*)", re.DOTALL
)


def read_regex(text: str) -> Automaton:
    """Read a string that is a regex for origins.

    :raises Mistake: if it does not compile, uses syntax that is only allowed in a compiled regex,
        cannot match any origin, or has an unescaped dot.
    """
    javascript = _JAVASCRIPT.fullmatch(text)
    if javascript:
        write = javascript["regex"].replace(r"\/", "/")
        if "i" in javascript["flags"]:
            # Browsers send origins in lower case.
            write = re.sub(r"\\.|[A-Z]", lambda m: m[0] if m[0][1:] else m[0].lower(), write)
        what = "is written as a JavaScript regex, between slashes."
        raise Mistake("origin-regex-slashes", what, write=write)
    if "http(s)://" in text:
        what = "matches only https, because the group is not optional."
        raise Mistake("origin-regex-group", what, write=text.replace("http(s)://", "https?://"))
    if _PORT_RANGE.search(text):
        what = "has a range of ports in brackets, but brackets in a regex match one character."
        hint = 'List the ports, as in "http://localhost:(3000|3001)", or allow any port, as in '
        raise Mistake("origin-regex-port-range", what, hint=hint + '"http://localhost:*".')
    if is_glob(text):
        what = "is read as a regex, in which * and [...] have another meaning."
        raise Mistake("origin-regex-glob", what, write=instead_of_glob(text), hint=A_PATTERN)
    try:
        automaton = Automaton.of(text)
    except re.error as error:
        what = f"is read as a regex, but does not compile: {error}."
        hint = 'Write an origin such as "https://app.example.com", or fix the regex.'
        raise Mistake("origin-regex-invalid", what, hint=hint) from None
    except UnreadableError as error:
        what = f"is read as a regex with {error}, which is only allowed in a compiled regex."
        hint = "Write a regex without it."
        write = compiled(text)
        if write is not None and has_single_dot(write):
            write = compiled(escape_dots(text))
        raise Mistake("origin-regex-uncompiled", what, write=write, hint=hint) from None
    check_reach(automaton)
    _check_branches(text)
    if _ANY_PORT in zip(parts := _PARTS.findall(text), parts[1:], strict=False):
        # An origin never has two colons in a row, so this means any port.
        what = 'has ":*", which in a regex repeats the colon instead of allowing any port.'
        raise Mistake("origin-regex-colon", what, write=_with_any_port(parts))
    if automaton.has_single_dot:
        what = "has an unescaped dot, which matches any character."
        escaped = escape_dots(text)
        write, hint = None if escaped == text else escaped, r"Escape it: \."
        raise Mistake("origin-regex-unescaped-dot", what, write=write, hint=hint)
    return automaton


def _with_any_port(parts: list[str]) -> str:
    write = ""
    for part, after in zip(parts, [*parts[1:], ""], strict=True):
        if (part, after) == _ANY_PORT:
            write += r"(:\d+)?"
        elif part != "*" or not write.endswith(r"(:\d+)?"):
            write += part
    return write


def _check_branches(text: str) -> None:
    """Check that each alternative of a regex can match an origin.

    :raises Mistake: if one of them cannot.
    """
    branches = dead_branches(text, _can_match)
    if branches is not None:
        what = f"cannot match any origin with the alternative {shown(branches.dead[0])}."
        hint = "Write each alternative as a whole origin, or put the part that differs in "
        hint += 'parentheses, as in "http://localhost:(3000|5173)".'
        write = in_parentheses(branches, _can_match)
        raise Mistake("origin-regex-impossible", what, write=write, hint=hint)


def _can_match(text: str) -> bool:
    """Return whether a regex can match an origin, even an opaque one."""
    automaton = Automaton.of(text)
    return can_match_origin(automaton) or opaque_origin(automaton) is not None


def compiled(text: str, flags: int = 0) -> re.Pattern[str] | None:
    """Compile a regex, and return None if that fails."""
    try:
        return re.compile(text, flags)
    except (re.error, OverflowError, RecursionError):
        return None


def escape_dots(text: str) -> str:
    """Escape the dots of a regex that match one character and aren't escaped."""
    parts = _PARTS.findall(text)
    return "".join(r"\." if part == "." else part for part in parts)


def check_reach(pattern: Automaton | re.Pattern[str]) -> None:
    """Check that a regex can match an origin.

    :raises Mistake: if it cannot.
    """
    if can_match_origin(pattern):
        return
    text = pattern.pattern
    write: object = None
    hint = "Write the whole origin, from the scheme to the host or port, in lower case."
    beyond = BEYOND_ORIGIN.fullmatch(text)
    if opaque := opaque_origin(pattern):
        write = opaque
    elif text.endswith(("/", "/$")):
        write = text.removesuffix("$").rstrip("/")
    elif beyond:
        write = beyond["origin"]
    elif "://" not in text:
        write = _whole(text)
        hint = "Write a regex for the whole origin, starting with https://."
    elif isinstance(pattern, Automaton):
        write = instead_of_glob(text)
    raise Mistake("origin-regex-impossible", "cannot match any origin.", write=write, hint=hint)


def _whole(text: str) -> str | None:
    """Return a whole origin, or a regex for one, for a regex without a scheme. None without one."""
    bare = text.removeprefix("^").removesuffix("$")
    domain = _DOMAIN.fullmatch(bare)
    if domain is not None:
        host = domain["host"].replace("\\", "")
        return f"https://{'*.' if domain['dot'] else ''}{host}"
    if _ADDRESS.fullmatch(bare):
        return with_scheme(bare)
    whole = f"https://(?:{bare})" if "|" in bare else f"https://{bare}"
    regex = compiled(whole)
    is_closed = regex is not None and can_match_origin(regex) and open_end(regex) is None
    return whole if is_closed else None


@lru_cache(maxsize=1024)
def open_end(regex: Automaton | re.Pattern[str]) -> str | None:
    """Return an example of an origin that a regex matches although it doesn't name its domain.

    :returns: a text such as ``also matches "https://example.com.attacker.net"``, None if there is
        no such origin.
    """
    try:
        example = unnamed_origin(regex)
    except UnreadableError as error:
        return f"is too complex to check (it has {error}), so it may match any domain"
    if example is None:
        return None
    return f'{"may match" if Automaton.judging(regex).is_widened else "also matches"} "{example}"'


def with_dots(regex: Automaton | re.Pattern[str]) -> re.Pattern[str] | None:
    """Return a regex with escaped dots, None if it still matches domains that it doesn't name."""
    escaped = compiled(escape_dots(regex.pattern), regex.flags)
    return escaped if has_single_dot(regex) and escaped and not open_end(escaped) else None


def named_origin(regex: Automaton | re.Pattern[str]) -> str | None:
    """Return an origin that a regex matches, made from its literal parts. None without one."""
    try:
        automaton = Automaton.judging(regex)
    except UnreadableError:
        return None
    start, _ = automaton.literal_start()
    last_labels = _LAST_LABELS.search(automaton.pattern)
    domain = last_labels[0].replace("\\", "") if last_labels else ""
    for text in (start, f"{start}com", f"https://app.{domain}", f"http://app.{domain}"):
        origin = parse_origin(text)
        host = "" if origin is None else origin.host
        # A host that ends in a dot is only the start of what the regex matches.
        is_whole = ("." in host and host[-1] != ".") or host == "localhost"
        if is_whole and automaton.fullmatch(text):
            return text
    return None
