"""What CORS says to one request, and why (Fetch, "HTTP responses" of the CORS protocol).

A :class:`Policy` is made once, from options that have been read and checked. Asked about a
request it gives a :class:`Decision`: the headers to send, and the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ..fetch.grammar import (
    FORBIDDEN_METHODS,
    MAX_ORIGIN_LENGTH,
    SAFELISTED_METHODS,
    is_serialized_origin,
    is_token,
    parse_token_list,
)
from .origins import Origins
from .reasons import nearest_origin

#: What ``Access-Control-Request-Headers`` may hold before nothing of it is read: browsers
#: send the few names that a script sets, and reading is work that a stranger can ask for.
MAX_REQUEST_HEADERS_LENGTH = 8 * 1024
MAX_REQUEST_HEADERS = 128

HeaderPairs = tuple[tuple[str, str], ...]

_Question = tuple[str, str, str | None, bool]

#: Why a decision is what it is.
#:
#: ``allowed``: what was asked is allowed. ``no-origin``: the request carries no ``Origin``.
#: ``no-policy``: no policy covers the URL.
#: ``origin``, ``method``, ``headers``: that is what is refused. ``malformed-origin``: no
#: browser sends such an ``Origin``. ``misconfigured``: the policy's options have mistakes.
Reason = Literal[
    "allowed",
    "no-origin",
    "no-policy",
    "origin",
    "malformed-origin",
    "method",
    "headers",
    "misconfigured",
]


_VARY = ("Vary", "Origin")
_NOTHING_REFUSED = frozenset({"allowed", "no-origin"})

#: How many origins a policy remembers, beside those it lists. When it is full it starts afresh.
REMEMBERED_ORIGINS = 64
#: How many preflights a policy remembers. When it is full it starts afresh.
REMEMBERED_PREFLIGHTS = 64
#: The longest question that is remembered, in characters, since strangers ask them.
LONGEST_REMEMBERED_PREFLIGHT = 256


class Methods(NamedTuple):
    """The methods that ``Access-Control-Allow-Methods`` lists."""

    names: frozenset[str] = frozenset()
    #: Whether any method is allowed, listed or not.
    any: bool = False

    def allows(self, method: str) -> bool:
        """Tell whether a method may be used, held byte for byte against the list.

        GET, HEAD and POST need no listing.
        """
        if method in SAFELISTED_METHODS or method in self.names:
            return True
        return self.any and is_token(method) and method.upper() not in FORBIDDEN_METHODS


class HeaderNames(NamedTuple):
    """The request headers that ``Access-Control-Allow-Headers`` lists."""

    #: In lower case.
    names: frozenset[str] = frozenset()
    patterns: tuple[re.Pattern[str], ...] = ()
    #: Whether any header is allowed.
    any: bool = False

    def allows(self, name: str) -> bool:
        """Tell whether a header name may be used, in whichever case it comes."""
        return (
            self.any
            or name.lower() in self.names
            or any(pattern.fullmatch(name) for pattern in self.patterns)
        )


class Decision:
    """What is sent to one request, and why."""

    # One is made for each request that is refused, so it does as little as it can.
    __slots__ = (
        "_reason",
        "headers",
        "headers_and_vary",
        "method",
        "origin",
        "origin_allowed",
        "policy",
        "refused",
        "refused_headers",
    )

    def __init__(
        self,
        policy: Policy,
        origin: str | None,
        reason: Reason,
        headers: HeaderPairs = (),
        method: str | None = None,
        refused_headers: tuple[str, ...] = (),
        *,
        origin_allowed: bool = False,
    ) -> None:
        #: The policy that decided.
        self.policy = policy
        #: The request's ``Origin`` header as it arrived, None without one.
        self.origin = origin
        #: Whether the page may read the response, or go on to a preflight's other questions.
        self.origin_allowed = origin_allowed
        #: The headers to send, without ``Vary``.
        self.headers = headers
        #: The same with ``Vary``, as they are sent where the response has none yet.
        self.headers_and_vary = (*headers, _VARY) if policy.varies else headers
        #: What a preflight asked for in ``Access-Control-Request-Method``; None for other
        #: requests.
        self.method = method
        #: The names a preflight asked for in vain, in the order in which it asked.
        self.refused_headers = refused_headers
        #: Whether something that the page asked for is refused.
        self.refused = reason not in _NOTHING_REFUSED
        self._reason: Reason = reason

    @property
    def reason(self) -> Reason:
        """Why."""
        if self._reason == "origin" and not is_serialized_origin(self.origin or ""):
            return "malformed-origin"
        return self._reason

    @property
    def allowed(self) -> bool:
        """Whether nothing that the page asked for is refused."""
        return not self.refused

    @property
    def status(self) -> int:
        """The status of the answer to a preflight."""
        return self.policy.preflight_status if self.origin_allowed else 403

    def __str__(self) -> str:
        """Say the reason in a sentence, in which what the request sent is escaped."""
        return _SENTENCES[self.reason](self)


def _refused_origin(decision: Decision) -> str:
    origin = decision.origin or ""
    near = nearest_origin(decision.policy.origins, origin)
    text = f'origin "{origin}" is not allowed by {decision.policy.where}'
    return f'{text}; nearest: "{near[0]}" ({near[1]})' if near else text


def _refused_method(decision: Decision) -> str:
    text = f"method {_cut(decision.method)} is not allowed by {decision.policy.where}"
    upper = (decision.method or "").upper()
    if decision.method != upper and decision.policy.methods.allows(upper):
        return f'{text}; the page has to write it "{upper}", since case counts'
    return text


def _refused_headers(decision: Decision) -> str:
    if not decision.refused_headers:
        return "Access-Control-Request-Headers is too long, or no list of header names"
    names = ", ".join(f'"{name}"' for name in decision.refused_headers)
    subject, verb = ("header", "is") if len(decision.refused_headers) == 1 else ("headers", "are")
    return f"request {subject} {names} {verb} not allowed by {decision.policy.where}"


def _cut(text: object) -> str:
    """Show what a stranger sent: escaped, and not at any length."""
    shown = ascii(text)
    return shown if len(shown) <= 100 else f"{shown[:100]}..."


_SENTENCES: dict[Reason, Callable[[Decision], str]] = {
    "allowed": lambda decision: f"allowed by {decision.policy.where}",
    "no-origin": lambda _: "the request carries no Origin, so that CORS does not apply",
    "no-policy": lambda _: "no policy covers this URL",
    "origin": _refused_origin,
    "malformed-origin": lambda decision: (
        f"the Origin header {_cut(decision.origin)} is none that a browser sends"
    ),
    "method": _refused_method,
    "headers": _refused_headers,
    "misconfigured": lambda decision: (
        f"the options of {decision.policy.where} have mistakes, so that it allows nothing"
    ),
}


@dataclass(frozen=True, eq=False)
class Policy:
    """One set of options, read and checked, and what follows from it for a request."""

    #: Where it was written, as in ``resources["/api/*"]``.
    where: str
    origins: Origins
    methods: Methods
    allow_headers: HeaderNames
    #: The names of ``Access-Control-Expose-Headers``, sorted; ``("*",)`` for all.
    expose_headers: tuple[str, ...]
    supports_credentials: bool
    #: Seconds; None leaves it to the browser.
    max_age: int | None
    send_wildcard: bool
    vary_header: bool
    always_send: bool
    allow_private_network: bool
    automatic_options: bool
    preflight_status: int
    enforce: bool
    #: Whether the options have mistakes. Such a policy allows nothing and sends nothing.
    misconfigured: bool

    #: Whether responses carry ``Vary: Origin``.
    varies: bool = field(init=False)
    #: Whether callables are asked, whose answer may be another one each time.
    asks: bool = field(init=False, repr=False)
    #: The one decision on every actual request, where there is only one.
    constant: Decision | None = field(init=False, repr=False)
    #: Whether the headers to expose are those that the response has. With credentials a ``*``
    #: is a name like any other (Fetch, "CORS protocol and credentials"), so they are listed.
    exposes_present_headers: bool = field(init=False)
    _expose: HeaderPairs = field(init=False, repr=False)
    _listed_methods: str = field(init=False, repr=False)
    # By origin. It holds a few more than there are literal origins, so that it cannot outgrow
    # the configuration.
    _decisions: dict[str | None, Decision] = field(init=False, repr=False, default_factory=dict)
    _preflights: dict[_Question, Decision] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        always_wildcard = self.origins.any and self.send_wildcard and self.always_send
        settle = object.__setattr__
        settle(self, "asks", self.origins.asks)
        settle(self, "varies", self.vary_header and not always_wildcard)
        settle(self, "_listed_methods", ", ".join(sorted(self.methods.names)))
        present = self.supports_credentials and "*" in self.expose_headers
        settle(self, "exposes_present_headers", present)
        exposed = "" if present else ", ".join(self.expose_headers)
        settle(self, "_expose", (("Access-Control-Expose-Headers", exposed),) if exposed else ())
        settle(self, "constant", self._allow(None, "*") if always_wildcard else None)

    def actual(self, origin: str | None, request: object = None) -> Decision:
        """Decide on a request that is no preflight.

        :param origin: the ``Origin`` header as it arrived, None without one.
        :param request: handed on to the callables among the origins.
        """
        if self.constant is not None:
            return self.constant
        decision = self._decisions.get(origin)
        if decision is None:
            decision = self._decide(origin, request)
            if origin is None or origin in self.origins.literals or self._is_memorable(origin):
                if len(self._decisions) >= len(self.origins.literals) + REMEMBERED_ORIGINS:
                    self._decisions.clear()
                self._decisions[origin] = decision
        return decision

    def _is_memorable(self, origin: str) -> bool:
        """Tell whether what is decided on an origin that is not listed holds the next time too."""
        return not self.asks and len(origin) <= MAX_ORIGIN_LENGTH

    def _decide(self, origin: str | None, request: object) -> Decision:
        if origin is None:
            return self._without_origin()
        if self.misconfigured:
            return Decision(self, origin, "misconfigured")
        if self.origins.any:
            echoed = not self.send_wildcard and is_serialized_origin(origin)
            return self._allow(origin, origin if echoed else "*")
        if self.origins.allows(origin, request) and not self._is_anybody(origin):
            return self._allow(origin, origin)
        return Decision(self, origin, "origin")

    def _is_anybody(self, origin: str) -> bool:
        """Tell whether any page could come as this origin, and act as the user who is logged in.

        What is written is checked for that; what a callable answers is not known before.
        """
        return self.supports_credentials and origin == "null"

    def preflight(
        self,
        origin: str,
        method: str,
        header_names: str | None = None,
        *,
        private_network: bool = False,
        request: object = None,
    ) -> Decision:
        """Decide on a preflight (Fetch, "CORS-preflight request").

        :param origin: the ``Origin`` header as it arrived.
        :param method: ``Access-Control-Request-Method`` as it arrived.
        :param header_names: ``Access-Control-Request-Headers`` as it arrived, None without it.
        :param private_network: whether ``Access-Control-Request-Private-Network`` is ``true``.
        :param request: handed on to the callables among the origins.
        """
        question = (origin, method, header_names, private_network)
        decision = self._preflights.get(question)
        if decision is None:
            decision = self._decide_on_preflight(*question, request)
            length = len(origin) + len(method) + len(header_names or "")
            if length <= LONGEST_REMEMBERED_PREFLIGHT and not self.asks:
                if len(self._preflights) >= REMEMBERED_PREFLIGHTS:
                    self._preflights.clear()
                self._preflights[question] = decision
        return decision

    def _decide_on_preflight(
        self,
        origin: str,
        method: str,
        header_names: str | None,
        private_network: bool,
        request: object,
    ) -> Decision:
        decision = self.actual(origin, request)
        if not decision.origin_allowed:
            return Decision(self, origin, decision.reason, method=method)
        headers = self._origin_headers(decision.headers[0][1])
        if private_network and self.allow_private_network:
            headers += (("Access-Control-Allow-Private-Network", "true"),)
        if not self.methods.allows(method):
            return Decision(self, origin, "method", headers, method, origin_allowed=True)
        methods = method if self.methods.any else self._listed_methods
        if methods:
            headers += (("Access-Control-Allow-Methods", methods),)
        allowed, refused = self._sort_header_names(header_names) if header_names else ([], [])
        if allowed:
            headers += (("Access-Control-Allow-Headers", ", ".join(allowed)),)
        if self.max_age is not None:
            headers += (("Access-Control-Max-Age", str(self.max_age)),)
        reason: Reason = "allowed" if refused == [] else "headers"
        return Decision(
            self, origin, reason, headers, method, tuple(refused or ()), origin_allowed=True
        )

    def _without_origin(self) -> Decision:
        if self.always_send and self.origins.only_literal is not None:
            return self._allow(None, self.origins.only_literal)
        return Decision(self, None, "no-origin")

    def _allow(self, origin: str | None, value: str) -> Decision:
        headers = self._origin_headers(value) + self._expose
        reason: Reason = "allowed" if origin is not None or value == "*" else "no-origin"
        return Decision(self, origin, reason, headers, origin_allowed=True)

    def _origin_headers(self, value: str) -> HeaderPairs:
        if self.supports_credentials:
            return (
                ("Access-Control-Allow-Origin", value),
                ("Access-Control-Allow-Credentials", "true"),
            )
        return (("Access-Control-Allow-Origin", value),)

    def _sort_header_names(self, value: str) -> tuple[list[str], list[str] | None]:
        """Part the names asked for into allowed and refused ones; None where it is no list."""
        if len(value) > MAX_REQUEST_HEADERS_LENGTH:
            return [], None
        names = parse_token_list(value)
        if names is None or len(names) > MAX_REQUEST_HEADERS:
            return [], None
        allowed: list[str] = []
        refused: list[str] = []
        for name in names:
            (allowed if self.allow_headers.allows(name) else refused).append(name)
        return allowed, refused
