"""What a regex can match: any origin, path or header name at all, or origins it doesn't name.

Each question has a grammar. The automaton of the regex and the grammar are followed side by side.
It is one module because the grammars share their parts.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ..fetch.grammar import MAX_ORIGIN_LENGTH, OPAQUE_ORIGINS, SPECIAL_SCHEMES, parse_origin
from .automaton import ANYTHING, END, Automaton, CharacterClass, Grammar, UnreadableError
from .patterns import MAX_MATCHED_NAME_LENGTH, Regex

DIGITS = "1234567890"
#: The characters of a host's labels.
LABEL = string.ascii_lowercase + "-_" + DIGITS
#: The same for a scheme that isn't special: its hosts can have upper case letters.
_ANY_CASE = LABEL + string.ascii_uppercase
_NO_DIGIT = LABEL.removesuffix(DIGITS)
_HEX = DIGITS + "abcdef"
_TOKEN = string.ascii_letters + DIGITS + "!#$%&'*+-.^_`|~"
#: Top-level domains below which no domain can be registered: RFC 2606, RFC 6761 and RFC 6762, and
#: ``internal``, which ICANN reserved for private use.
NAMES_OF_NOBODY = ("internal", "local", "localhost", "test")
#: Second-level labels below which countries register domains, as in ``co.uk`` and ``com.br``. The
#: Public Suffix List has all of them, but it is too long to be part of the package.
_SECOND_LEVEL = (
    *("ac", "co", "com", "edu", "go", "gob", "gov", "ltd", "mil", "ne", "net", "nom", "or", "org"),
    *("plc", "sch"),
)

#: A position in a regex is wide if it matches many of the characters that a host can have: more
#: than ``_FEW`` besides those that are written out, or more than ``_MANY`` in all. A position in an
#: open repeat is wide as well.
_FEW, _MANY = 3, 12
#: The most hosts that are found in one regex, and the most steps to find them.
_MOST_HOSTS, _MOST_CHARACTERS = 100, 10_000
#: What an example shows in place of a character that a wide position matches.
_ATTACKER_NAMES = (".attacker.net", "attacker.net", "net", "attacker-", "attacker")


def _wide_positions(automaton: Automaton) -> int:
    """Return the wide positions: see ``_FEW``."""
    wide = automaton.open
    for taken, positions in automaton.classes.items():
        if taken.literal is None and _is_wide(taken):
            wide |= positions
    return wide


@lru_cache(maxsize=256)
def _is_wide(taken: CharacterClass) -> bool:
    takes, few = taken.compiled(), _FEW + len(taken.spelled)
    # Upper and lower case letters are counted separately: "[Aa]" is one letter, not two.
    counts = (len(list(filter(takes, label))) for label in (LABEL, LABEL.upper()))
    return any(count > min(_MANY, few) for count in counts)


def can_match_origin(regex: Automaton | re.Pattern[str]) -> bool:
    """Return whether a regex can match any serialized origin that isn't opaque."""
    return _ORIGINS.is_possible(regex)


def opaque_origin(regex: Automaton | re.Pattern[str]) -> str | None:
    """Return an opaque origin that a regex matches; None if there is none."""
    return next(filter(regex.fullmatch, sorted(OPAQUE_ORIGINS, reverse=True)), None)


def matches_any_host(regex: Automaton | re.Pattern[str]) -> bool:
    r"""Return whether a regex matches every app or browser extension of a scheme.

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


def can_match_path(regex: Regex) -> bool:
    """Return whether a regex can match any path."""
    return _PATHS.is_possible(regex)


def can_match_header_name(regex: Automaton | re.Pattern[str]) -> bool:
    """Return whether a regex can match any header name."""
    return _HEADER_NAMES.is_possible(regex)


def has_single_dot(regex: Automaton | re.Pattern[str]) -> bool:
    """Return whether a regex has an unescaped ``.`` that isn't repeated, usually by mistake."""
    try:
        return Automaton.judging(regex).has_single_dot
    except UnreadableError:
        return False


def unnamed_origin(regex: Automaton | re.Pattern[str]) -> str | None:
    r"""Return an origin that a regex matches although it doesn't name its domain.

    A regex names a domain if it spells out the last two labels, or the last three below a suffix
    such as ``co.uk``. It names an IPv4 address if it spells out the first number. ``localhost``,
    ``local``, ``test`` and ``internal`` need no second label.
    In a compiled regex, look-arounds are ignored, and a back-reference matches whatever its group
    can match.

    :returns: an example of such an origin; None if the regex names all domains that it matches.
    :raises UnreadableError: the regex is too long to be analyzed.

    >>> unnamed_origin(re.compile(r"https://app\.example\.com.*"))
    'https://app.example.com.attacker.net'
    >>> unnamed_origin(re.compile(r"https://.*\.example\.com"))
    """
    automaton = Automaton.judging(regex)
    found = _UNNAMED.find(automaton, _wide_positions(automaton))
    return None if found is None else next(_plausible_examples(found, automaton), found)


def _plausible_examples(found: str, automaton: Automaton) -> Iterator[str]:
    """Yield origins like one that was found, but with domains that an attacker could own.

    :param found: a shortest origin, as in ``https://app.example.com.a``.
    """
    start = found.index("//") + 2
    end = found.rindex(":") if ":" in found[start:] else len(found)
    for owned in _ATTACKER_NAMES:
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
            has_suffix = (
                labels[-2:-1] != [] and labels[-2] in _SECOND_LEVEL and len(labels[-1]) == 2
            )
            named = labels[-3 if has_suffix else -2 :]
            if any(re.fullmatch("attacker(?:.*[^-])?", label) for label in named):
                yield text


def open_hosts(regex: Automaton | re.Pattern[str]) -> list[str]:
    r"""Return the hosts that a regex names and whose subdomains it matches whatever they are.

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
    """Add moves to ``special://`` and ``other://``. A ``file`` URL has an opaque origin."""
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
    """Make the grammar of origins whose domain a regex does not name. Wide positions are marked.

    Many states exist twice. An exclamation mark in the name means that a wide position matched a
    character of the domain. The second-to-last label is only known at the end, so the state
    ``second`` can begin at any label.
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
    grammar.add("third!", ".", "suffix:")
    grammar.spell("suffix:", _SECOND_LEVEL)
    for name in _SECOND_LEVEL:
        grammar.add(f"suffix:{name}", ".", "country")
    for before, after in (("country", "country1"), ("country1", "country2")):
        grammar.add(before, string.ascii_lowercase, after)
    grammar.add("earlier", LABEL, "earlier")
    grammar.add("earlier", ".", "label")
    _add_both(grammar, "second", LABEL, "second")
    grammar.add("second!", LABEL, "second!")
    grammar.add("second", ".", "last")
    grammar.add("second!", ".", "last!")
    # The last or only label. It isn't a number, because that would be an IPv4 address.
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
    """Make the grammar of origins of apps whose host only wide positions match, except ``-.``."""
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
