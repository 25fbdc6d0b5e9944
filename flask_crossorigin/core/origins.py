"""Which origins a policy lets in, and the matching of an ``Origin`` header against them.

What stands here has been read and checked: literal origins are serialized as browsers do it,
so one hash look-up decides them, and subdomain patterns are a tree that is walked from the
last label, so that neither costs more when there are more of them.
"""

from __future__ import annotations

import inspect
import logging
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Thread
from typing import Any, NamedTuple

from ..fetch.grammar import Origin, parse_origin

logger = logging.getLogger("flask_crossorigin")

#: Stands for the whole port of an :class:`OriginPattern`: any port, or none.
ANY_PORT = -1


class OriginPattern(NamedTuple):
    """``https://*.example.com``, ``http://localhost:*``, or both in one."""

    scheme: str
    #: The host, without ``*.``.
    host: str
    #: None for the scheme's default port, or :data:`ANY_PORT`.
    port: int | None
    #: Whether it stands for the host's subdomains, of any depth, and not for the host itself.
    subdomains: bool

    def __str__(self) -> str:
        port = ":*" if self.port == ANY_PORT else f":{self.port}" if self.port else ""
        return f"{self.scheme}://{'*.' if self.subdomains else ''}{self.host}{port}"


@dataclass(frozen=True)
class OriginCallable:
    """A function of the user's that says whether an origin is allowed."""

    function: Callable[..., Any]
    #: Whether it takes the request beside the origin.
    takes_request: bool
    #: What calls it and waits for its answer, if it is async.
    waiting: Callable[..., Any] | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OriginCallable) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> object:
        # An object may have an __eq__ and no __hash__; a bound method is new at each look-up.
        return self.function if inspect.isroutine(self.function) else id(self.function)

    def __str__(self) -> str:
        name = getattr(self.function, "__qualname__", None)
        return f"{name}()" if name else repr(self.function)

    def __call__(self, origin: str, request: object) -> bool:
        """Give the truth of what the function answers; an exception is logged and means no."""
        if self.waiting is None or not _event_loop_runs():
            return self._ask(origin, request)
        # No event loop can be run within another, as that of an async view.
        answers: list[bool] = []
        context = copy_context()
        thread = Thread(target=lambda: answers.append(context.run(self._ask, origin, request)))
        thread.start()
        thread.join()
        return answers == [True]

    def _ask(self, origin: str, request: object) -> bool:
        call = self.function if self.waiting is None else self.waiting
        try:
            answer = call(origin, request) if self.takes_request else call(origin)
            if inspect.isawaitable(answer):
                # Its truth would be that of the object: every origin would be let in.
                if inspect.iscoroutine(answer):
                    answer.close()
                raise TypeError("it returned an awaitable, which says nothing until awaited")
            return bool(answer)
        except Exception:
            logger.exception("origins: %s failed for %r, so the origin is refused", self, origin)
            return False


def _event_loop_runs() -> bool:
    """Tell whether an event loop runs in this thread."""
    # Who runs one has loaded this. To load it here would keep every program waiting.
    asyncio = sys.modules.get("asyncio")
    try:
        return asyncio is not None and asyncio.get_running_loop() is not None
    except RuntimeError:
        return False


#: One thing that a user may write among the origins, read and checked.
OriginRule = str | OriginPattern | re.Pattern[str] | OriginCallable


class _Label:
    """One label of the subdomain patterns' hosts, with the labels that may stand before it."""

    __slots__ = ("ends", "labels")

    def __init__(self) -> None:
        self.labels: dict[str, _Label] = {}
        #: The schemes and ports of the patterns that begin here.
        self.ends: set[tuple[str, int | None]] = set()


@dataclass(frozen=True)
class Origins:
    """The origins that a policy lets in.

    >>> origins = Origins.of(["https://a.example", OriginPattern("https", "b.example", None, True)])
    >>> origins.allows("https://x.b.example", None)
    True
    >>> origins.allows("https://b.example", None)
    False
    """

    #: The rules in the order in which they were written, without repeats. ``"*"`` among them
    #: stands for any origin and ``"null"`` for the opaque one; other strings are origins.
    rules: tuple[OriginRule, ...] = ()
    #: Whether any origin is let in.
    any: bool = False
    #: The serialized origins, with ``null`` if it is one of them.
    literals: frozenset[str] = frozenset()
    _any_port: frozenset[tuple[str, str]] = frozenset()
    _subdomains: _Label | None = field(default=None, compare=False, repr=False)
    _regexes: tuple[re.Pattern[str], ...] = ()
    _callables: tuple[OriginCallable, ...] = ()

    @classmethod
    def of(cls, rules: Iterable[OriginRule]) -> Origins:
        """Sort the rules into what each is matched with."""
        unique = tuple(dict.fromkeys(rules))
        patterns = [rule for rule in unique if isinstance(rule, OriginPattern)]
        return cls(
            rules=unique,
            any="*" in unique,
            literals=frozenset(rule for rule in unique if isinstance(rule, str) and rule != "*"),
            _any_port=frozenset((p.scheme, p.host) for p in patterns if not p.subdomains),
            _subdomains=_label_tree(pattern for pattern in patterns if pattern.subdomains),
            _regexes=tuple(rule for rule in unique if isinstance(rule, re.Pattern)),
            _callables=tuple(rule for rule in unique if isinstance(rule, OriginCallable)),
        )

    @property
    def only_literal(self) -> str | None:
        """The one origin that is let in, if that is all there is."""
        if len(self.rules) == 1 and len(self.literals) == 1:
            return next(iter(self.literals))
        return None

    @cached_property
    def by_host(self) -> Mapping[str, Sequence[OriginPattern]]:
        """What is let in by its host, literal origins as patterns without a ``*``."""
        found: dict[str, list[OriginPattern]] = {}
        for rule in self.rules:
            literal = parse_origin(rule) if isinstance(rule, str) else None
            pattern = OriginPattern(*literal, subdomains=False) if literal else rule
            if isinstance(pattern, OriginPattern):
                found.setdefault(pattern.host, []).append(pattern)
        return found

    @property
    def asks(self) -> bool:
        """Whether callables are asked, whose answer may be another one each time."""
        return bool(self._callables)

    def adapt(self, ensure_sync: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Origins:
        """Make every async callable one that can be called from where a request is served.

        :param ensure_sync: Flask's method of that name.
        :raises RuntimeError: from ``ensure_sync``, when what it needs is not installed.
        """
        if not self._callables:
            return self
        adapted = []
        for rule in self._callables:
            function = ensure_sync(rule.function)
            waiting = None if function is rule.function else function
            adapted.append(replace(rule, waiting=waiting))
        return replace(self, _callables=tuple(adapted))

    def allows(self, origin: str, request: object) -> bool:
        """Tell whether an ``Origin`` header, as it arrived, is let in.

        What keeps not to the grammar of an origin is let in only where any origin is.

        :param request: handed on to the callables that take it.
        """
        if self.any or origin in self.literals:
            return True
        if origin == "null":
            return self._matches(origin, request)
        parsed = parse_origin(origin)
        if parsed is None:
            return False
        return self._in_patterns(parsed) or self._matches(origin, request)

    def _in_patterns(self, origin: Origin) -> bool:
        scheme, host, port = origin
        if (scheme, host) in self._any_port:
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

    def _matches(self, origin: str, request: object) -> bool:
        return any(regex.fullmatch(origin) for regex in self._regexes) or any(
            rule(origin, request) for rule in self._callables
        )


def _label_tree(patterns: Iterable[OriginPattern]) -> _Label | None:
    root = _Label()
    for pattern in patterns:
        label = root
        for name in reversed(pattern.host.split(".")):
            label = label.labels.setdefault(name, _Label())
        label.ends.add((pattern.scheme, pattern.port))
    return root if root.labels else None
