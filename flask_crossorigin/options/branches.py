"""Find alternatives of a regex that can't match, such as the port in ``http://localhost:1|2``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

# A comment, an escape, a class, the start of a group, or any other character.
_PARTS = re.compile(
    r"\(\?\#[^)]*\)|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?(?:P<\w+>|[aiLmsux-]*:))?|.", re.DOTALL
)
_FLAGS = re.compile(r"\(\?[aiLmsux]+\)|")
_ORIGIN_WITH_PORT = re.compile(r"(?P<start>.+://.+:)(?P<rest>[0-9]+)")
_ORIGIN = re.compile(r"(?P<start>[a-z?]+://)(?P<rest>.+)")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")


class Branches(NamedTuple):
    """The alternatives of a whole regex, or of a group in it."""

    #: The regex before and after them.
    before: str
    after: str
    #: The alternatives as written.
    texts: list[str]
    #: Those that cannot match.
    dead: list[str]


def dead_branches(text: str, can_match: Callable[[str], bool]) -> Branches | None:
    """Return the first alternatives of a regex some of which can't match, None without any.

    Empty alternatives don't count, because they are harmless.

    :param text: a regex that compiles.
    :param can_match: whether a regex can match what it is for.
    """
    for before, texts, after in _alternations(text):
        filled = filter(None, texts) if len(texts) > 1 else ()
        dead = [each for each in filled if not can_match(f"{before}{each}{after}")]
        if dead:
            return Branches(before, after, texts, dead)
    return None


def _alternations(text: str) -> Iterator[tuple[str, list[str], str]]:
    """Yield each list of alternatives, with the text before and after it."""
    flags = _FLAGS.match(text)
    # The ends of the "(" and "|" in each group that is open.
    groups = [[flags.end() if flags else 0]]
    for part in _PARTS.finditer(text):
        if part[0] == "|":
            groups[-1].append(part.end())
        elif part[0] == ")" and len(groups) > 1:
            yield _split(text, groups.pop(), part.start())
        elif part[0][0] == "(" and part[0][-1] != ")":
            groups.append([part.end()])
    yield _split(text, groups[0], len(text))


def _split(text: str, starts: list[int], end: int) -> tuple[str, list[str], str]:
    ends = [start - 1 for start in starts[1:]] + [end]
    texts = [text[start:stop] for start, stop in zip(starts, ends, strict=True)]
    return text[: starts[0]], texts, text[end:]


def in_parentheses(branches: Branches, can_match: Callable[[str], bool]) -> str | None:
    """Return a regex for origins with the alternatives in parentheses.

    >>> branches = dead_branches("http://localhost:1|2", lambda text: "://" in text)
    >>> in_parentheses(branches, lambda text: "://" in text)
    'http://localhost:(1|2)'

    :param can_match: as for :func:`dead_branches`.
    :returns: None if it's not certain what was meant.
    """
    if branches.before or branches.after:
        return None
    texts = [*branches.texts]
    anchor, end = "^" * texts[0].startswith("^"), "$" * texts[-1].endswith("$")
    texts[0], texts[-1] = texts[0].removeprefix("^"), texts[-1].removesuffix("$")
    dead = [each.removeprefix("^").removesuffix("$") for each in branches.dead]
    before, parts, after = _common_parts(texts, dead)
    if not parts or not all(can_match(f"{before}{part}{after}") for part in parts):
        return None
    return f"{anchor}{before}({'|'.join(parts)}){after}{end}"


def _common_parts(texts: list[str], dead: list[str]) -> tuple[str, list[str], str]:
    """Split alternatives into what belongs before them, the parts that differ, and what's after.

    :returns: no parts if it's not certain what was meant.
    """
    first, last = texts[0], texts[-1]
    if dead == texts[1:]:
        found = _ORIGIN_WITH_PORT.fullmatch(first) if all(map(str.isdigit, dead)) else None
        found = found or _ORIGIN.fullmatch(first)
        if found and all(_are_alike(found["rest"], each) for each in dead):
            return found["start"], [found["rest"], *dead], ""
    if dead == texts[:-1] and all(map(_SCHEME.fullmatch, dead)):
        scheme, separator, rest = last.partition("://")
        return "", [*dead, scheme], separator + rest
    return "", [], ""


def _are_alike(one: str, other: str) -> bool:
    """Return whether two hosts are written alike: both with a port, both with a domain."""
    is_full = [("." in each or "localhost" in each) for each in (one, other)]
    return (":" in one) == (":" in other) and is_full[0] == is_full[1]
