"""What a regex can match: any origin, path or header name at all, or an origin it doesn't name.

Each question is a grammar that an automaton is walked through with. It is one module because the
grammars are made of the same parts.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ..fetch.grammar import MAX_ORIGIN_LENGTH, OPAQUE_ORIGINS, SPECIAL_SCHEMES, parse_origin
from .automaton import ANYTHING, END, Automaton, CharacterClass, Grammar, UnreadableError
from .patterns import MAX_MATCHED_NAME_LENGTH

DIGITS = "1234567890"
#: What the labels of a host are made of.
LABEL = string.ascii_lowercase + "-_" + DIGITS
#: The same for a scheme that isn't special, which keeps the case.
_ANY_CASE = LABEL + string.ascii_uppercase
_NO_DIGIT = LABEL.removesuffix(DIGITS)
_HEX = DIGITS + "abcdef"
_TOKEN = string.ascii_letters + DIGITS + "!#$%&'*+-.^_`|~"
#: Names below which nobody can register (RFC 2606, 6761 and 6762; ICANN, for private use).
NAMES_OF_NOBODY = ("internal", "local", "localhost", "test")
#: Labels below which a country's registry sells names, as below ``co.uk`` and ``com.br``. Most are
#: in the Public Suffix List, which is too long to be part of the package.
_SOLD_BELOW = (
    *("ac", "co", "com", "edu", "go", "gob", "gov", "ltd", "mil", "ne", "net", "nom", "or", "org"),
    *("plc", "sch"),
)

#: A place in a regex is wide if it takes more than so many of a host's characters: of those that
#: aren't written one by one, and of all. So is one that repeats without bounds.
_FEW, _MANY = 3, 12
#: How many hosts are read from one regex, and after how many characters.
_MOST_HOSTS, _MOST_CHARACTERS = 100, 10_000
#: What an attacker may own, put where a regex lets in more than it names.
_OWNED = (".attacker.net", "attacker.net", "net", "attacker-", "attacker")


def _wide_positions(automaton: Automaton) -> int:
    """Return the positions that stand for more than a few of a host's characters."""
    wide = automaton.open
    for taken, positions in automaton.classes.items():
        if taken.literal is None and _is_wide(taken):
            wide |= positions
    return wide


@lru_cache(maxsize=256)
def _is_wide(taken: CharacterClass) -> bool:
    takes, few = taken.compiled(), _FEW + len(taken.spelled)
    # A host that keeps its case has twice as many letters, but not twice as many names.
    counts = (len(list(filter(takes, label))) for label in (LABEL, LABEL.upper()))
    return any(count > min(_MANY, few) for count in counts)


def can_match_origin(regex: Automaton | re.Pattern[str]) -> bool:
    """Return whether a regex can match a serialized origin that isn't opaque."""
    return _ORIGINS.is_possible(regex)


def opaque_origin(regex: Automaton | re.Pattern[str]) -> str | None:
    """Return an opaque origin that a regex matches, None without one."""
    return next(filter(regex.fullmatch, sorted(OPAQUE_ORIGINS, reverse=True)), None)


def matches_any_host(regex: Automaton | re.Pattern[str]) -> bool:
    r"""Return whether a regex leaves open which app or extension asks.

    >>> matches_any_host(re.compile(r"moz-extension://[0-9a-f-]+"))
    True
    >>> matches_any_host(re.compile(r"moz-extension://.*|https://app\.example\.com"))
    True
    >>> matches_any_host(re.compile(r"https://.*\.example\.com"))
    False
    """
    try:
        automaton = Automaton.judging(regex)
    except UnreadableError:
        return False
    return _ANY_APP.find(automaton, _wide_positions(automaton)) is not None


def can_match_path(regex: Automaton | re.Pattern[str]) -> bool:
    """Return whether a regex can match a path."""
    return _PATHS.is_possible(regex)


def can_match_header_name(regex: Automaton | re.Pattern[str]) -> bool:
    """Return whether a regex can match a header name."""
    return _HEADER_NAMES.is_possible(regex)


def has_single_dot(regex: Automaton | re.Pattern[str]) -> bool:
    """Return whether a ``.`` stands for one character, where most people mean a dot."""
    try:
        return Automaton.judging(regex).has_single_dot
    except UnreadableError:
        return False


def unnamed_origin(regex: Automaton | re.Pattern[str]) -> str | None:
    r"""Return an origin that a regex matches although it doesn't name its domain, None without one.

    A domain is named if the regex spells out the last two labels, or the last three if a registry
    sells what is below two, such as ``co.uk``. An IPv4 address is named if it spells out the first
    number. ``localhost``, ``local``, ``test`` and ``internal`` need no second label.
    In a compiled regex, a look-around counts as if it weren't there, and a back-reference as
    whatever its group matches.

    :raises UnreadableError: if the regex is too long to be judged.

    >>> unnamed_origin(re.compile(r"https://app\.example\.com.*"))
    'https://app.example.com.attacker.net'
    >>> unnamed_origin(re.compile(r"https://.*\.example\.com"))
    """
    automaton = Automaton.judging(regex)
    found = _UNNAMED.find(automaton, _wide_positions(automaton))
    return None if found is None else next(_telling(found, automaton), found)


def _telling(found: str, automaton: Automaton) -> Iterator[str]:
    """Give origins that a regex matches as it does one that was found, and that tell more."""
    start = found.index("//") + 2
    end = found.rindex(":") if ":" in found[start:] else len(found)
    for owned in _OWNED:
        for place in range(start, end):
            text = found[:place] + owned + found[place + 1 :]
            origin = parse_origin(text)
            if origin is None or not automaton.fullmatch(text):
                continue
            labels = origin.host.split(".")
            if owned.endswith("net"):
                if len(labels) > 1 and place == end - 1 and labels[-1] == "net":
                    yield text
                continue
            is_sold = labels[-2:-1] != [] and labels[-2] in _SOLD_BELOW and len(labels[-1]) == 2
            named = labels[-3 if is_sold else -2 :]
            if any(re.fullmatch("attacker(?:.*[^-])?", label) for label in named):
                yield text


def open_hosts(regex: Automaton | re.Pattern[str]) -> list[str]:
    r"""Return the hosts below which a regex lets in any, as far as it names them.

    >>> open_hosts(re.compile(r"https://[a-z]+\.(example\.com|github\.io)"))
    ['example.com', 'github.io']
    """
    try:
        automaton = Automaton.judging(regex)
    except UnreadableError:
        return []
    wide = _wide_positions(automaton)
    hosts: set[str] = set()
    waiting = [(_BELOW_ANY_LABEL.reach(automaton, wide, "below"), "")]
    for _ in range(_MOST_CHARACTERS):
        if not waiting or len(hosts) == _MOST_HOSTS:
            break
        positions, text = waiting.pop()
        if text not in ("", ".") and positions & (END | automaton.taking(":")):
            hosts.add(text.removesuffix("."))
        for character in LABEL if text[-1:] in ("", ".") else LABEL + ".":
            moved = positions & automaton.taking(character) & ~wide
            if moved:
                waiting.append((automaton.after(moved), text + character))
    return sorted(hosts)


def _origins() -> Grammar:
    grammar = Grammar(MAX_ORIGIN_LENGTH)
    _add_schemes(grammar)
    for start, label in (("special://", LABEL), ("other://", _ANY_CASE)):
        host = start.replace("://", " host")
        for before in (start, host, f"{host}."):
            grammar.add(before, label, host)
        grammar.add(host, ".", f"{host}.")
        grammar.add(start, "[", "[")
        _end_host(grammar, [host, f"{host}."])
    grammar.add("other://", ".", "dot")
    grammar.add("[", _HEX + ":", "[")
    grammar.add("[", "]", "]")
    _end_host(grammar, ["dot", "]"])
    return grammar


def _add_schemes(grammar: Grammar) -> None:
    """Add moves to ``special://`` and ``other://``. A file has no host, so it leads nowhere."""
    for state, going_on in grammar.spell("", SPECIAL_SCHEMES):
        others = string.ascii_lowercase + (DIGITS + "+-." if state else "")
        grammar.add(state, _without(others, going_on), "scheme")
        if state and state != "file":
            grammar.add(state, ":", "special:" if state in SPECIAL_SCHEMES else "other:")
    grammar.add("scheme", string.ascii_lowercase + DIGITS + "+-.", "scheme")
    grammar.add("scheme", ":", "other:")
    for kind in ("special:", "other:"):
        grammar.spell(kind, ["//"])


def _end_host(grammar: Grammar, states: Iterable[str]) -> None:
    for state in states:
        grammar.ends.add(state)
        grammar.add(state, ":", "colon")
    grammar.add("colon", DIGITS, "port")
    grammar.add("port", DIGITS, "port")
    grammar.ends.add("port")


def _without(characters: str, others: set[str]) -> str:
    return "".join(character for character in characters if character not in others)


def _paths() -> Grammar:
    grammar = Grammar()
    grammar.add("", "/", "path")
    grammar.add("path", ANYTHING, "path")
    grammar.ends.add("path")
    return grammar


def _header_names() -> Grammar:
    grammar = Grammar(MAX_MATCHED_NAME_LENGTH)
    grammar.add("", _TOKEN, "name")
    grammar.add("name", _TOKEN, "name")
    grammar.ends.add("name")
    return grammar


def _unnamed() -> Grammar:
    """Make the grammar of origins whose domain is read by a wide place.

    The states of what hasn't been read by one are there twice: an exclamation mark stands for what
    has. Which label is the last but one is not known before the end, so each may be.
    """
    grammar = Grammar()
    grammar.spell("", ["http://", "https://"])
    hosts = ("http://", "https://")
    for start in (*hosts, "label"):
        grammar.add(start, LABEL, "earlier")
        _add_both(grammar, start, LABEL, "second")
        _add_both(grammar, start, LABEL, "third")
    _add_both(grammar, "third", LABEL, "third")
    grammar.add("third!", LABEL, "third!")
    grammar.add("third!", ".", "sold:")
    grammar.spell("sold:", _SOLD_BELOW)
    for name in _SOLD_BELOW:
        grammar.add(f"sold:{name}", ".", "country")
    for before, after in (("country", "country1"), ("country1", "country2")):
        grammar.add(before, string.ascii_lowercase, after)
    grammar.add("earlier", LABEL, "earlier")
    grammar.add("earlier", ".", "label")
    _add_both(grammar, "second", LABEL, "second")
    grammar.add("second!", LABEL, "second!")
    grammar.add("second", ".", "last")
    grammar.add("second!", ".", "last!")
    # The last label, or the only one: not a number, since that would be an IPv4 address.
    for start in (*hosts, "last", "number"):
        _add_both(grammar, start, _NO_DIGIT, "name")
        _add_both(grammar, start, DIGITS, "number")
    _add_both(grammar, "name", LABEL, "name")
    grammar.add("number!", DIGITS, "number!")
    grammar.add("number!", _NO_DIGIT, "name!")
    grammar.add("name!", LABEL, "name!")
    grammar.add("last!", DIGITS, "number!")
    names = ["name!", "country2"]
    for state, going_on in grammar.spell("last!", NAMES_OF_NOBODY):
        name = state.removeprefix("last!")
        characters = LABEL if name else _NO_DIGIT
        grammar.add(state, _without(characters, going_on), "name!")
        grammar.add(state, characters, "name!", marked=True)
        if name and name not in NAMES_OF_NOBODY:
            names.append(state)
    for state in names:
        # A domain may end in a dot.
        grammar.add(state, ".", "dot")
    for start in hosts:
        _add_addresses(grammar, start)
    _end_host(grammar, [*names, "dot", "4!", "]"])
    return grammar


def _add_both(grammar: Grammar, before: str, characters: str, after: str) -> None:
    grammar.add(before, characters, after, marked=False)
    grammar.add(before, characters, f"{after}!", marked=True)


def _add_addresses(grammar: Grammar, start: str) -> None:
    for before in (start, "1"):
        _add_both(grammar, before, DIGITS, "1")
    for number in "1234":
        grammar.add(f"{number}!", DIGITS, f"{number}!")
    for number, following in ("12", "23", "34"):
        grammar.add(f"{number}!", ".", f"{following}.")
        grammar.add(f"{following}.", DIGITS, f"{following}!")
    grammar.add(start, "[", "[")
    grammar.add("[", _HEX, "[", marked=False)
    grammar.add("[", _HEX + ":", "[!", marked=True)
    grammar.add("[!", _HEX + ":", "[!")
    grammar.add("[!", "]", "]")


def _any_app() -> Grammar:
    """Make the grammar of origins whose scheme isn't special, and whose host is wide throughout."""
    grammar = Grammar(MAX_ORIGIN_LENGTH)
    _add_schemes(grammar)
    for before in ("other://", "between", "host"):
        grammar.add(before, _ANY_CASE, "host", marked=True)
        grammar.add(before, "-.", "host" if before == "host" else "between")
    _end_host(grammar, ["host"])
    return grammar


def _below_any_label() -> Grammar:
    grammar = Grammar()
    grammar.spell("", ["http://", "https://"])
    for start in ("http://", "https://", "label", "plain"):
        grammar.add(start, LABEL, "plain")
        grammar.add(start, LABEL, "any", marked=True)
    grammar.add("any", LABEL, "any")
    for state in ("plain", "any"):
        grammar.add(state, ".", "label")
    grammar.add("any", ".", "below")
    return grammar


_ORIGINS = _origins()
_PATHS = _paths()
_HEADER_NAMES = _header_names()
_UNNAMED = _unnamed()
_BELOW_ANY_LABEL = _below_any_label()
_ANY_APP = _any_app()
