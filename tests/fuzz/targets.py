"""What is fuzzed: functions of bytes that fail where the package and the plain rules differ."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from core.matching import allows

from flask_crossorigin.core.origins import OriginRule, Origins
from flask_crossorigin.core.paths import PathPattern, ResourceMap
from flask_crossorigin.core.policy import Policy
from flask_crossorigin.fetch.grammar import parse_origin, parse_token_list
from flask_crossorigin.options.errors import Mistake, Problem
from flask_crossorigin.options.policy import make_policy
from flask_crossorigin.options.resources import read_pattern
from flask_crossorigin.options.table import read_options
from flask_crossorigin.options.values import read_origins

from . import plain
from .inputs import LONGEST_RULE, is_slow, lines, rule, text
from .option_target import option_values
from .promises import ASKING, PAGE, check_problems, check_sent


def origins(data: bytes) -> None:
    """Read one header ``Origin``."""
    value = text(data)
    expected = plain.origin(value)
    found = parse_origin(value)
    assert found == expected, (value, found, expected)
    assert found is None or str(found) == value


class Rule(NamedTuple):
    """A rule for origins, as it is written, beside what the package reads it into."""

    written: str | re.Pattern[str]
    #: None where something is wrong with it.
    read: tuple[OriginRule, ...] | None
    #: Origins that it may let in, and some that it must not.
    near: frozenset[str]


def read_rule(line: str) -> Rule | None:
    """Read a line; None for what is no regex, or a slow one."""
    written = rule(line)
    if written is None:
        return None
    problems: list[Problem] = []
    found = read_origins([written], "origins", problems)
    check_problems(problems)
    for problem in problems:
        for proposed in re.findall('Write [^"]*"([^"]*)"', problem.hint):
            wrong: list[Problem] = []
            read_origins([proposed], "", wrong)
            assert not wrong, (problem, wrong)
    if isinstance(written, str):
        assert not (problems and plain.must_be_read(written)), written
        assert problems or is_slow(written) or plain.may_be_read(written), written
    if is_slow(written):
        return None
    return Rule(written, None if problems else found.rules, frozenset(near_origins(written)))


def patterns(data: bytes) -> None:
    """Read rules for origins, one a line and three at most, and hold an ``Origin`` against them.

    The last line is the ``Origin``.
    """
    *written, asking = lines(data)[-4:]
    rules = [found for line in written if (found := read_rule(line)) is not None]
    for each in rules:
        if each.read is None and isinstance(each.written, re.Pattern):
            # The one mistake that a compiled regex can have is that it matches no origin.
            for origin in {asking, *each.near}:
                assert not plain.origin(origin) or not each.written.fullmatch(origin), each
    kept = [each.written for each in rules if each.read is not None]
    let_in = Origins(read for each in rules for read in each.read or ())
    for origin in {asking, *ASKING}.union(*(each.near for each in rules)):
        allowed = allows(let_in, origin, None)
        assert allowed is plain.allows(kept, origin), (kept, origin, allowed)
        assert "*" in kept or not allowed or plain.is_in_grammar(origin), origin


def near_origins(written: str | re.Pattern[str]) -> Iterable[str]:
    """Give origins that a rule may let in, and some that it must not."""
    if isinstance(written, re.Pattern):
        written = written.pattern
    written = re.sub(r"\\(.)", r"\1", written)
    filled = written.replace("://*.", "://a.b.").removesuffix("/")
    scheme, _, host = filled.partition("://")
    bare = filled.removesuffix(":*")
    yield from (bare, bare.lower(), f"{bare}.evil.test", f"{scheme}://evil{host}")
    yield from (filled.replace(":*", ":8080"), f"{bare}:8443", f"{bare}\n")
    yield written.replace("*.", "")


class Judged(NamedTuple):
    """A path pattern, as the package reads it, beside what is known of it without the package."""

    #: None where something is wrong with it.
    read: PathPattern | None
    matches: Callable[[str], bool]
    #: What it begins with, and whether that is all; of a regex the package's word is taken.
    start: str
    literal: bool
    #: Paths that it may match, and some that it must not.
    near: frozenset[str]


def read_path_pattern(line: str) -> Judged | None:
    """Read a line; None for what is no regex, or a slow one."""
    written = rule(line)
    if written is None:
        return None
    problems: list[Problem] = []
    read = None
    try:
        read = read_pattern(written)
    except Mistake as mistake:
        problems.append(mistake.problem("resources", written))
    check_problems(problems)
    near = frozenset(near_paths(written))
    if isinstance(written, str) and plain.is_glob(written):
        assert read or written[:1] not in {"/", "*"} or len(written) > 1000, written
        start, star, _ = written.partition("*")
        return Judged(read, partial(plain.glob, written), start, not star, near)
    if is_slow(written):
        return None
    regex = plain_path_regex(written)
    matches = partial(is_full_match, regex)
    if read is None:
        return Judged(read, matches, "", False, near)
    assert regex, written
    return Judged(read, matches, read.start, read.literal, near)


def paths(data: bytes) -> None:
    """Read path patterns, one a line and three at most, and find the one that decides over a path.

    The last line is the path.
    """
    *written, path = lines(data)[-4:]
    judged = [found for line in written if (found := read_path_pattern(line)) is not None]
    by_pattern = ResourceMap(
        (each.read, number) for number, each in enumerate(judged) if each.read is not None
    )
    asking = {path if path.startswith("/") else f"/{path}", "/", "/api/items", "/x/../api/"}
    for near in asking.union(*(each.near for each in judged)):
        matching = [number for number, each in enumerate(judged) if each.matches(near)]
        for number, each in enumerate(judged):
            matches = each.read is not None and each.read.matches(near)
            assert matches is (number in matching), (each, near)
        decides = by_pattern.find(near)
        assert decides == most_specific(judged, matching, near), (judged, near, decides)
        if by_pattern.everywhere is not None and not plain.has_dot_segment(near):
            assert by_pattern.everywhere == decides, near


def most_specific(patterns: list[Judged], matching: list[int], path: str) -> int | None:
    """Find which pattern decides over a path: a literal one, the longest start, the first.

    :param matching: the places of those that match.
    """
    for number in matching:
        start = patterns[number].start
        assert path == start if patterns[number].literal else path.startswith(start), path
    if plain.has_dot_segment(path):
        return None
    return max(
        matching,
        key=lambda number: (patterns[number].literal, len(patterns[number].start), -number),
        default=None,
    )


def is_full_match(regex: re.Pattern[str] | None, path: str) -> bool:
    return regex is not None and regex.fullmatch(path) is not None


def near_paths(written: str | re.Pattern[str]) -> set[str]:
    """Give paths that a pattern may match, and some that it must not."""
    if isinstance(written, re.Pattern):
        written = written.pattern
    filled = re.sub(r"\\(.)", r"\1", written.lstrip("^").rstrip("$"))
    tried = {filled.replace("*", put) for put in ("", "x", "a/b\n")}
    tried |= {f"{filled}y", f"/x{filled}"}
    return {path for path in tried if path.startswith("/") and len(path) < 100}


def plain_path_regex(written: str | re.Pattern[str]) -> re.Pattern[str] | None:
    """Give the regex that a path pattern stands for; None if it does not compile."""
    if isinstance(written, re.Pattern):
        text, flags = written.pattern, written.flags | re.DOTALL
    else:
        text, flags = plain.path_regex(written), re.DOTALL
    with warnings.catch_warnings():
        warnings.simplefilter("error" if isinstance(written, str) else "ignore")
        try:
            return re.compile(text, flags)
        except (re.error, OverflowError, RecursionError, Warning):
            return None


def read_policy(methods: tuple[str, ...], names: tuple[str, ...]) -> Policy:
    """Make a policy of the options ``methods`` and ``allow_headers``."""
    problems: list[Problem] = []
    written = {"methods": methods, "allow_headers": names}
    policy = make_policy("test", [read_options(written, "", problems)], problems)
    check_problems(problems)
    assert policy.misconfigured is bool(problems)
    return policy


def headers(data: bytes) -> None:
    """Read the options ``methods`` and ``allow_headers``, and hold a preflight against them.

    Each has a line, then comes the method, and the list of names is what is left of the lines.
    """
    told, names, method, *rest = [*lines(data), "", "", ""][: max(data.count(b"\n") + 1, 4)]
    asked = "\n".join(rest)[:9000]
    expected = plain.token_list(asked)
    assert parse_token_list(asked) == expected, asked
    methods = tuple(each.strip() for each in told.split(",") if each.strip())
    rules = names[:LONGEST_RULE].split(";")
    written = tuple(each.strip() for each in rules if each.strip())
    policy = read_policy(methods, written)
    if policy.misconfigured or any(map(is_slow, written)):
        return
    decision = policy.preflight(PAGE, method, asked)
    check_sent(decision)
    sent = dict(decision.headers)
    assert decision.headers == policy.preflight(PAGE, method, asked).headers
    if not plain.method_allowed(methods, method):
        assert decision.refused
        assert list(sent) == ["Access-Control-Allow-Origin"], sent
        return
    listed = {method} if "*" in methods else set(map(plain.method_name, methods))
    assert set(sent.get("Access-Control-Allow-Methods", "").split(", ")) == (listed or {""})
    if expected is None or len(expected) > 128 or len(asked) > 8192:
        assert decision.refused
        assert "Access-Control-Allow-Headers" not in sent
        return
    allowed = [name for name in expected if plain.header_allowed(written, name)]
    assert sent.get("Access-Control-Allow-Headers", "") == ", ".join(allowed), (written, asked)
    assert [n for n in expected if n not in allowed] == list(decision.refused_headers)
    assert decision.refused is (allowed != expected)


#: By name. Each takes an input, and raises AssertionError where something is not as it should be.
TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "origins": origins,
    "patterns": patterns,
    "paths": paths,
    "headers": headers,
    "options": option_values,
}
