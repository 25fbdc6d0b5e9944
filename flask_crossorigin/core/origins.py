"""Which origins a policy allows, and how an ``Origin`` header is compared with them.

The rules have been parsed and checked before. However many literal origins and subdomain patterns
there are, a request costs the same: one hash look-up, and a walk down a tree of labels.
"""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple, TypeGuard

from ..fetch.grammar import OPAQUE_ORIGINS, Origin
from .automaton import Automaton
from .patterns import Patterns
from .waiting import wait_for

logger = logging.getLogger("flask_crossorigin")

_failures: ContextVar[list[tuple[OriginCallable, Exception]] | None]
_failures = ContextVar("_failures", default=None)

#: The port of an :class:`OriginPattern` that matches any port, including the default one.
ANY_PORT = -1
#: The host of an :class:`OriginPattern` that matches any host.
ANY_HOST = "*"


class OriginPattern(NamedTuple):
    """An origin with ``*``: ``https://*.example.com``, ``http://localhost:*`` or ``app://*``."""

    scheme: str
    #: The host, without ``*.``, or :data:`ANY_HOST`.
    host: str
    #: The port; None for the scheme's default port; or :data:`ANY_PORT`.
    port: int | None
    #: Whether it matches the host's subdomains, at any depth, instead of the host itself.
    subdomains: bool

    @classmethod
    def of(cls, literal: str) -> OriginPattern:
        """Convert a serialized origin to a pattern without ``*``."""
        scheme, _, authority = literal.partition("://")
        host, _, port = authority.rpartition(":")
        # In an IPv6 address without a port, the last colon is inside the brackets.
        if host and port[-1] != "]":
            return cls(scheme, host, int(port), subdomains=False)
        return cls(scheme, authority, None, subdomains=False)

    def __str__(self) -> str:
        port = ":*" if self.port == ANY_PORT else f":{self.port}" if self.port else ""
        return f"{self.scheme}://{'*.' if self.subdomains else ''}{self.host}{port}"


class OriginCallable:
    """A user's function that says whether an origin is allowed.

    :param function: the function. It takes the origin, or the origin and the request.
    :param takes_request: whether it takes the request.
    :param call: the function to call instead, for an async function that has to be awaited.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        takes_request: bool,
        call: Callable[..., Any] | None = None,
    ) -> None:
        self.function = function
        self.takes_request = takes_request
        self._call = function if call is None else call

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OriginCallable):
            return NotImplemented
        if inspect.isroutine(self.function):
            # Each access to a bound method creates a new object.
            return bool(self.function == other.function)
        return self.function is other.function

    def __hash__(self) -> int:
        # An object that defines __eq__ may have no __hash__.
        is_routine = inspect.isroutine(self.function)
        return hash(self.function) if is_routine else object.__hash__(self.function)

    def __str__(self) -> str:
        name = getattr(self.function, "__qualname__", None)
        return f"{name}()" if name else repr(self.function)

    def adapted(self, ensure_sync: Callable[..., Callable[..., Any]]) -> OriginCallable:
        """Return a copy that can be called without ``await``.

        :param ensure_sync: Flask's method with this name.
        """
        call = ensure_sync(self.function)
        if call is not self.function:
            call = partial(wait_for, self.function, call)
        return OriginCallable(self.function, takes_request=self.takes_request, call=call)

    def __call__(self, origin: str, request: object) -> bool:
        """Return whether the function returns True.

        False and None refuse the origin. So does everything else, including an exception, and it is
        logged. It is tempting to accept any true value, but a coroutine that was never awaited is
        true as well, and would allow every origin.
        """
        try:
            result = self._call(origin, request) if self.takes_request else self._call(origin)
            if result is not None and not isinstance(result, bool):
                if inspect.iscoroutine(result):
                    result.close()
                raise TypeError(f"it returned {type(result).__name__}, not True, False or None")
        except Exception as error:
            logger.exception("origins: %s failed for %r, so the origin is refused", self, origin)
            failures = _failures.get()
            if failures is not None:
                failures.append((self, error))
            return False
        return result is True


@contextmanager
def recorded_failures() -> Iterator[list[tuple[OriginCallable, Exception]]]:
    """Record each callable that fails inside a ``with`` statement, with its exception.

    It is for diagnostics: a decision only says that the origin is refused.
    """
    failures: list[tuple[OriginCallable, Exception]] = []
    token = _failures.set(failures)
    try:
        yield failures
    finally:
        _failures.reset(token)


#: An entry of the option ``origins``, parsed and checked.
OriginRule = str | OriginPattern | Automaton | re.Pattern[str] | OriginCallable


def is_regex(rule: OriginRule) -> TypeGuard[Automaton | re.Pattern[str]]:
    """Return whether a rule is a regex, whether a string or compiled."""
    return isinstance(rule, (Automaton, re.Pattern))


class _Label:
    """A label in the tree of subdomain patterns, with the labels that can come before it."""

    __slots__ = ("ends", "labels")

    def __init__(self) -> None:
        self.labels: dict[str, _Label] = {}
        #: The schemes and ports of the patterns whose host begins with this label.
        self.ends: set[tuple[str, int | None]] = set()


class Origins:
    """The origins that a policy allows.

    :param rules: the entries of the option ``origins``. Strings are serialized origins, or ``"*"``
        for any origin. Without rules, no origin is allowed.
    :raises TooMuchWorkError: there are too many regexes, or they are too long.

    >>> origins = Origins(["https://a.example", OriginPattern("https", "b.example", None, True)])
    >>> origins.allows("https://x.b.example", parse_origin("https://x.b.example"), None)
    True
    >>> origins.allows("https://b.example", parse_origin("https://b.example"), None)
    False
    """

    def __init__(self, rules: Iterable[OriginRule] = ()) -> None:
        #: The rules in the order in which they were written, without duplicates.
        self.rules = tuple(dict.fromkeys(rules))
        #: Whether any origin is allowed.
        self.any = "*" in self.rules
        #: The serialized origins, including opaque ones.
        self.literals = frozenset(
            rule for rule in self.rules if isinstance(rule, str) and rule != "*"
        )
        patterns = [rule for rule in self.rules if isinstance(rule, OriginPattern)]
        self._any_port = {(rule.scheme, rule.host) for rule in patterns if not rule.subdomains}
        self._any_host = {(rule.scheme, rule.port) for rule in patterns if rule.host == ANY_HOST}
        self._subdomains = _label_tree(rule for rule in patterns if rule.subdomains)
        self._by_host: dict[str, list[str | OriginPattern]] = {}
        for rule in self.rules:
            if isinstance(rule, str) and rule != "*" and rule not in OPAQUE_ORIGINS:
                self._by_host.setdefault(OriginPattern.of(rule).host, []).append(rule)
            elif isinstance(rule, OriginPattern):
                self._by_host.setdefault(rule.host, []).append(rule)
        self._regexes = Patterns(filter(is_regex, self.rules))
        self._callables = [rule for rule in self.rules if isinstance(rule, OriginCallable)]
        self._has_literals_only = len(self.literals) == len(self.rules)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origins) and self.rules == other.rules

    def __hash__(self) -> int:
        return hash(self.rules)

    def __repr__(self) -> str:
        return f"Origins({[*self.rules]!r})"

    @property
    def only_literal(self) -> str | None:
        """The only allowed origin, if the only rule is a literal origin."""
        if len(self.rules) == 1 and len(self.literals) == 1:
            return next(iter(self.literals))
        return None

    def with_host(self, host: str) -> Sequence[str | OriginPattern]:
        """Return the literal origins with a host, and the patterns for it or its subdomains."""
        return self._by_host.get(host, ())

    def hosts(self) -> Iterable[str]:
        """Return the hosts of all literal origins and patterns."""
        return self._by_host.keys()

    @property
    def asks(self) -> bool:
        """Whether there are callables, whose result can be different each time."""
        return bool(self._callables)

    @property
    def asks_about_requests(self) -> bool:
        """Whether one of the callables takes the request as an argument."""
        return any(rule.takes_request for rule in self._callables)

    def adapt(self, ensure_sync: Callable[..., Callable[..., Any]]) -> Origins:
        """Return the same origins, with async callables that can be called without ``await``.

        :param ensure_sync: Flask's method with this name.
        :raises RuntimeError: Flask's ``async`` extra is needed, but not installed.
        """
        if not self._callables:
            return self
        return Origins(
            rule.adapted(ensure_sync) if isinstance(rule, OriginCallable) else rule
            for rule in self.rules
        )

    def allows(self, origin: str, parsed: Origin | None, request: object) -> bool:
        """Return whether one of the rules allows an origin.

        :param origin: a well-formed ``Origin`` header.
        :param parsed: the same, parsed; None for an opaque origin.
        :param request: the argument for callables that take the request.
        """
        if self.any or origin in self.literals:
            return True
        if self._has_literals_only:
            return False
        return (
            (parsed is not None and self._in_patterns(parsed))
            or self._regexes.match(origin)
            or any(rule(origin, request) for rule in self._callables)
        )

    def _in_patterns(self, origin: Origin) -> bool:
        scheme, host, port = origin
        if (scheme, host) in self._any_port:
            return True
        if self._any_host and not self._any_host.isdisjoint(((scheme, port), (scheme, ANY_PORT))):
            return True
        label = self._subdomains
        if label is None:
            return False
        end = len(host)
        while True:
            start = host.rfind(".", 0, end) + 1
            label = label.labels.get(host[start:end])
            if label is None or start == 0:
                return False
            if (scheme, port) in label.ends or (scheme, ANY_PORT) in label.ends:
                return True
            end = start - 1


def _label_tree(patterns: Iterable[OriginPattern]) -> _Label | None:
    root = _Label()
    for pattern in patterns:
        label = root
        for name in reversed(pattern.host.split(".")):
            label = label.labels.setdefault(name, _Label())
        label.ends.add((pattern.scheme, pattern.port))
    return root if root.labels else None
