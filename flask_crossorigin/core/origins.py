"""Which origins a policy allows, and the matching of an ``Origin`` header against them.

Everything here has been read and checked. Literal origins are serialized as browsers do it, so one
hash look-up finds them, and subdomain patterns are a tree that is walked from the last label. So
neither costs more when there are more of them.
"""

from __future__ import annotations

import inspect
import logging
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from contextvars import copy_context
from functools import partial
from typing import Any, NamedTuple, TypeGuard

from ..fetch.grammar import OPAQUE_ORIGINS, Origin
from .automaton import Automaton
from .patterns import Patterns

logger = logging.getLogger("flask_crossorigin")

#: Stands for the whole port of an :class:`OriginPattern`: any port, or none.
ANY_PORT = -1
#: Stands for the host of an :class:`OriginPattern`: any host.
ANY_HOST = "*"


class OriginPattern(NamedTuple):
    """``https://*.example.com``, ``http://localhost:*``, both in one, or ``app://*``."""

    scheme: str
    #: The host, without ``*.``, or :data:`ANY_HOST`.
    host: str
    #: None for the scheme's default port, or :data:`ANY_PORT`.
    port: int | None
    #: Whether it stands for the host's subdomains, of any depth, and not for the host itself.
    subdomains: bool

    @classmethod
    def of(cls, literal: str) -> OriginPattern:
        """Return a serialized origin as a pattern without ``*``."""
        scheme, _, authority = literal.partition("://")
        host, _, port = authority.rpartition(":")
        # The colons of an IPv6 address are in brackets.
        if host and port[-1] != "]":
            return cls(scheme, host, int(port), subdomains=False)
        return cls(scheme, authority, None, subdomains=False)

    def __str__(self) -> str:
        port = ":*" if self.port == ANY_PORT else f":{self.port}" if self.port else ""
        return f"{self.scheme}://{'*.' if self.subdomains else ''}{self.host}{port}"


class OriginCallable:
    """A function of the user's that says whether an origin is allowed.

    :param function: takes the origin, and perhaps the request.
    :param takes_request: whether it takes the request as well.
    :param call: what is called in its place: an async function has to be waited for.
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
            # A bound method is a new object each time it is looked up.
            return bool(self.function == other.function)
        return self.function is other.function

    def __hash__(self) -> int:
        # An object with an __eq__ of its own may have no __hash__.
        is_routine = inspect.isroutine(self.function)
        return hash(self.function) if is_routine else object.__hash__(self.function)

    def __str__(self) -> str:
        name = getattr(self.function, "__qualname__", None)
        return f"{name}()" if name else repr(self.function)

    def adapted(self, ensure_sync: Callable[..., Callable[..., Any]]) -> OriginCallable:
        """Return the same callable, called in the way that ``ensure_sync`` gives."""
        call = ensure_sync(self.function)
        if call is not self.function:
            call = partial(_wait_for, self.function, call)
        return OriginCallable(self.function, takes_request=self.takes_request, call=call)

    def __call__(self, origin: str, request: object) -> bool:
        """Return whether the function returns True.

        False and None mean no. So do an exception and everything else, which are logged: the truth
        of an object that says nothing, such as a coroutine, would allow every origin.
        """
        try:
            answer = self._call(origin, request) if self.takes_request else self._call(origin)
            if answer is not None and not isinstance(answer, bool):
                if inspect.iscoroutine(answer):
                    answer.close()
                raise TypeError(f"it returned {type(answer).__name__}, not True, False or None")
        except Exception:
            logger.exception("origins: %s failed for %r, so the origin is refused", self, origin)
            return False
        return answer is True


def _wait_for(function: Callable[..., Any], call: Callable[..., Any], *arguments: object) -> object:
    """Call an async function, and wait for what it returns in a thread without an event loop.

    Python runs one event loop per thread, and an async view has one running already.

    :param call: what Flask made of the function, so that it need not be awaited.
    """
    # It takes long to load, and programs without async functions don't need it.
    import asyncio

    if _are_threads_greenlets() and type(call).__module__ == "asgiref.sync":
        # All requests share one thread, in which any of them may be running a loop, and the new
        # thread that asgiref runs its loop in is a greenlet too. The pool's threads are real.
        hub: Any = sys.modules["gevent"].get_hub()
        run = partial(copy_context().run, asyncio.run, function(*arguments))
        return hub.threadpool.apply(run)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return call(*arguments)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(copy_context().run, call, *arguments).result()


def _are_threads_greenlets() -> bool:
    """Return whether gevent has put its greenlets in the place of Python's threads."""
    monkey: Any = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


#: One thing that a user may write among the origins, read and checked.
OriginRule = str | OriginPattern | Automaton | re.Pattern[str] | OriginCallable


def is_regex(rule: OriginRule) -> TypeGuard[Automaton | re.Pattern[str]]:
    """Return whether a rule is a regex, written as a string or compiled by the user."""
    return isinstance(rule, (Automaton, re.Pattern))


class _Label:
    """One label of the subdomain patterns' hosts, with the labels that may stand before it."""

    __slots__ = ("ends", "labels")

    def __init__(self) -> None:
        self.labels: dict[str, _Label] = {}
        #: The schemes and ports of the patterns that begin here.
        self.ends: set[tuple[str, int | None]] = set()


class Origins:
    """The origins that a policy allows.

    :param rules: what was written; nothing allows nobody. ``"*"`` stands for any origin; other
        strings are serialized origins.
    :raises TooMuchWorkError: if the regexes among them are too many, or too long.

    >>> origins = Origins(["https://a.example", OriginPattern("https", "b.example", None, True)])
    >>> origins.allows("https://x.b.example", parse_origin("https://x.b.example"), None)
    True
    >>> origins.allows("https://b.example", parse_origin("https://b.example"), None)
    False
    """

    def __init__(self, rules: Iterable[OriginRule] = ()) -> None:
        #: The rules in the order in which they were written, without repeats.
        self.rules = tuple(dict.fromkeys(rules))
        #: Whether any origin is allowed.
        self.any = "*" in self.rules
        #: The serialized origins, with the opaque ones.
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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origins) and self.rules == other.rules

    def __hash__(self) -> int:
        return hash(self.rules)

    def __repr__(self) -> str:
        return f"Origins({[*self.rules]!r})"

    @property
    def only_literal(self) -> str | None:
        """The one origin that is allowed, if that is all there is."""
        if len(self.rules) == 1 and len(self.literals) == 1:
            return next(iter(self.literals))
        return None

    def with_host(self, host: str) -> Sequence[str | OriginPattern]:
        """Return the literal origins and patterns that have a host, or are below it."""
        return self._by_host.get(host, ())

    def hosts(self) -> Iterable[str]:
        """Return the hosts of all literal origins and patterns."""
        return self._by_host.keys()

    @property
    def asks(self) -> bool:
        """Whether callables are asked, whose answer may differ each time."""
        return bool(self._callables)

    @property
    def asks_about_requests(self) -> bool:
        """Whether one of the callables takes the request."""
        return any(rule.takes_request for rule in self._callables)

    def adapt(self, ensure_sync: Callable[..., Callable[..., Any]]) -> Origins:
        """Make every async callable one that can be called where a request is served.

        :param ensure_sync: Flask's method of that name.
        :raises RuntimeError: from ``ensure_sync``, if what it needs is not installed.
        """
        if not self._callables:
            return self
        return Origins(
            rule.adapted(ensure_sync) if isinstance(rule, OriginCallable) else rule
            for rule in self.rules
        )

    def allows(self, origin: str, parsed: Origin | None, request: object) -> bool:
        """Return whether an origin is allowed by one of the rules.

        :param origin: a well-formed ``Origin`` header.
        :param parsed: the same, read; None for an opaque origin.
        :param request: passed on to the callables that take it.
        """
        return (
            self.any
            or origin in self.literals
            or (parsed is not None and self._in_patterns(parsed))
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
