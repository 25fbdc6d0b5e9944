"""Policies, and their decisions on requests (Fetch, "CORS protocol").

A :class:`Policy` is made once, from options that have been parsed and checked. For each request, it
makes a :class:`Decision`: the headers to send, and the reason.

https://fetch.spec.whatwg.org/#http-cors-protocol

It is one module because policies and decisions refer to each other: a policy makes decisions, and a
decision needs its policy to explain the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from ..fetch.grammar import (
    FORBIDDEN_METHODS,
    MAX_ORIGIN_LENGTH,
    OPAQUE_ORIGINS,
    SAFELISTED_METHODS,
    Origin,
    is_token,
    parse_origin,
    parse_token_list,
)
from ..fetch.safelists import METHOD_OVERRIDES, is_forbidden_request_header
from . import reasons
from .automaton import NOTHING
from .origins import ANY_HOST, ANY_PORT, OriginPattern, OriginRule, Origins, is_regex
from .patterns import MAX_MATCHED_NAME_LENGTH, Patterns
from .places import Place
from .reasons import Reason

#: The longest ``Access-Control-Request-Headers`` that is parsed, in characters, and the most names
#: in it. Browsers send the few names that a page sets. Attackers could send any number.
MAX_REQUEST_HEADERS_LENGTH = 8 * 1024
MAX_REQUEST_HEADERS = 128
# A recipient has to ignore a reasonable number of empty elements (RFC 9110, section 5.6.1.2).
_MAX_COMMAS = 3 * MAX_REQUEST_HEADERS

#: The option ``enforce``: whether to refuse requests of other origins. With ``unsafe``, requests
#: with safe methods pass.
Enforce = bool | Literal["unsafe"]

HeaderPairs = tuple[tuple[str, str], ...]

#: The options that are compared to find out whether two policies are equivalent.
_OPTIONS = (
    "origins",
    "methods",
    "allow_headers",
    "expose_headers",
    "supports_credentials",
    "max_age",
    "send_wildcard",
    "vary_header",
    "always_send",
    "allow_private_network",
    "automatic_options",
    "preflight_status",
    "enforce",
    "misconfigured",
    "for_origins",
)

_VARY = ("Vary", "Origin")
#: The methods that ``X-HTTP-Method-Override`` is usually used for.
OVERRIDING_METHODS = frozenset({"DELETE", "PATCH", "PUT"})
_NOTHING_REFUSED = frozenset({"allowed", "no-origin"})

#: The most decisions on actual requests that a policy caches, not counting those on its literal
#: origins. A full cache is cleared.
REMEMBERED_ORIGINS = 64
#: The most decisions on preflights that a policy caches. A full cache is cleared.
REMEMBERED_PREFLIGHTS = 64
#: The longest preflight that is cached, in characters: origin, method and header names together.
LONGEST_REMEMBERED_PREFLIGHT = 256


class Methods(NamedTuple):
    """The allowed methods, which ``Access-Control-Allow-Methods`` lists."""

    names: frozenset[str] = frozenset()
    #: Whether any method is allowed, listed or not.
    any: bool = False

    def allows(self, method: str) -> bool:
        """Return whether a method is allowed. Methods are compared byte for byte.

        GET, HEAD and POST are always allowed (Fetch, "CORS-safelisted method":
        https://fetch.spec.whatwg.org/#cors-safelisted-method).
        """
        if method in SAFELISTED_METHODS or method in self.names:
            return True
        return self.any and is_token(method) and method.upper() not in FORBIDDEN_METHODS


_NO_PATTERNS = Patterns()


class HeaderNames(NamedTuple):
    """The allowed request headers, which ``Access-Control-Allow-Headers`` lists."""

    #: The names, in lower case.
    names: frozenset[str] = frozenset()
    patterns: Patterns = _NO_PATTERNS
    #: Whether any header is allowed.
    any: bool = False

    def allows(self, name: str, *, by_pattern: bool = True) -> bool:
        """Return whether a request header is allowed.

        :param name: its name, in any case.
        :param by_pattern: False to ignore the patterns.
        """
        if self.any or name.lower() in self.names:
            return True
        by_pattern = by_pattern and len(name) <= MAX_MATCHED_NAME_LENGTH
        return by_pattern and self.patterns.match(name)


class Parts:
    """The parts of a policy that only apply to some origins: the option ``for_origins``.

    :param rules: the origins and their policies, in the order in which they were written. The first
        rule that matches an origin decides.
    :raises TooMuchWorkError: there are too many regexes, or they are too long.
    """

    def __init__(self, rules: Iterable[tuple[OriginRule, Policy]] = ()) -> None:
        self._rules = tuple(rules)
        #: The policies, in the order of the rules.
        self.policies = tuple(policy for _, policy in self._rules)
        self._literals: dict[OriginRule, int] = {}
        self._wildcards: dict[OriginRule, int] = {}
        regexes = {}
        for index, (rule, _) in enumerate(self._rules):
            if isinstance(rule, str):
                self._literals.setdefault(rule, index)
            elif is_regex(rule):
                regexes[index] = rule
            else:
                self._wildcards.setdefault(rule, index)
        self._indexes = [*regexes]
        self._regexes = Patterns(regexes.values())

    def __len__(self) -> int:
        return len(self._rules)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Parts)
            and [rule for rule, _ in self._rules] == [rule for rule, _ in other._rules]
            and all(map(Policy.says_the_same, self.policies, other.policies))
        )

    __hash__ = None  # type: ignore[assignment]

    def find(self, origin: str, parsed: Origin | None) -> Policy | None:
        """Find the policy of the first rule that matches an origin.

        :param origin: a well-formed ``Origin`` header.
        :param parsed: the same, parsed; None for an opaque origin.
        :returns: None if no rule matches.
        """
        first = self._literals.get(origin, len(self._rules))
        for pattern in () if parsed is None or not self._wildcards else _patterns_of(parsed):
            first = min(first, self._wildcards.get(pattern, first))
        regex = self._regexes.first(origin)
        if regex != NOTHING:
            first = min(first, self._indexes[regex])
        return self.policies[first] if first < len(self._rules) else None


def _patterns_of(origin: Origin) -> Iterator[OriginPattern]:
    """Yield every possible pattern that matches an origin."""
    scheme, host, port = origin
    for port_rule in (port, ANY_PORT):
        yield OriginPattern(scheme, ANY_HOST, port_rule, subdomains=False)
        yield OriginPattern(scheme, host, port_rule, subdomains=False)
        parent = host
        while "." in parent:
            parent = parent.partition(".")[2]
            yield OriginPattern(scheme, parent, port_rule, subdomains=True)


class Decision:
    """The CORS headers for one request, and the reason for them."""

    # Every refused request creates one, so it must be cheap. Sentences are only made when needed.
    __slots__ = (
        "exposes_present_headers",
        "headers",
        "headers_and_vary",
        "is_final",
        "method",
        "origin",
        "origin_allowed",
        "parsed",
        "policy",
        "reason",
        "refused",
        "refused_headers",
    )

    def __init__(
        self,
        policy: Policy | None,
        origin: str | None,
        reason: Reason,
        headers: HeaderPairs = (),
        *,
        parsed: Origin | None = None,
        method: str | None = None,
        refused_headers: tuple[str, ...] = (),
    ) -> None:
        #: The policy that decided; None if no policy covers the URL.
        self.policy = policy
        #: The ``Origin`` header of the request, unchanged; None if there is none.
        self.origin = origin
        #: The same, parsed, if that was needed.
        self.parsed = parsed
        #: The reason.
        self.reason: Reason = reason
        #: The headers to send, without ``Vary``.
        self.headers = headers
        #: The same with ``Vary``, for responses that have no ``Vary`` yet.
        self.headers_and_vary = (
            (*headers, _VARY) if policy is not None and policy.varies else headers
        )
        #: Whether the origin is allowed. A preflight can still be refused for another reason.
        self.origin_allowed = bool(headers)
        #: Whether to expose all headers of the response by listing their names.
        self.exposes_present_headers = policy is not None and policy.exposes_present_headers
        #: The ``Access-Control-Request-Method`` of a preflight; None for other requests.
        self.method = method
        #: The refused names in ``Access-Control-Request-Headers``, in the order of the request.
        self.refused_headers = refused_headers
        #: Whether anything that the page asked for is refused.
        self.refused = reason not in _NOTHING_REFUSED
        #: Whether it is the same for every request like it, and ``report_only`` can't differ.
        self.is_final = policy is None or not (
            policy.asks or (policy.report_only and not self.refused)
        )

    @property
    def allowed(self) -> bool:
        """Whether everything that the page asked for is allowed."""
        return not self.refused

    @property
    def status(self) -> int:
        """The status of the response to a preflight."""
        if self.policy is None or not self.origin_allowed:
            return 403
        return self.policy.preflight_status

    @property
    def replaces_view(self) -> bool:
        """Whether the response to a preflight is made from it, so that no view runs."""
        return self.method is not None and self.policy is not None and self.policy.automatic_options

    def narrowed_by(self, other: Decision) -> Decision:
        """Return a decision that allows only what both decisions allow.

        If one of them refuses the request, the reason is the one of that decision.
        """
        if not self.headers or not other.headers:
            return other if self.headers else self
        mine, theirs = self.headers[0][1], other.headers[0][1]
        if mine != theirs and "*" not in (mine, theirs):
            # The request has no Origin, and each decision names the only origin that it allows.
            return Decision(other.policy, self.origin, "no-origin")
        by_name = other if mine == "*" else self
        origin, *rest = by_name.headers
        granted = {*self.headers} & {*other.headers}
        headers = (origin, *(header for header in rest if header in granted))
        decision = Decision(by_name.policy, by_name.origin, by_name.reason, headers)
        decision.exposes_present_headers = (
            self.exposes_present_headers and other.exposes_present_headers
        )
        return decision

    def __str__(self) -> str:
        """Return the reason as a sentence. Whatever the request sent is escaped."""
        policy, origin, method = self.policy, self.origin or "", self.method or ""
        if policy is None:
            return reasons.NO_POLICY
        match self.reason:
            case "no-origin":
                return reasons.NO_ORIGIN
            case "origin":
                return reasons.refused_origin(origin, self.parsed, policy.all_origins, policy.where)
            case "malformed-origin":
                return reasons.malformed_origin(origin)
            case "method":
                in_upper_case = method != method.upper() and policy.methods.allows(method.upper())
                return reasons.refused_method(
                    method, policy.where, allowed_in_upper_case=in_upper_case
                )
            case "headers":
                return reasons.refused_headers(self.refused_headers, policy.where)
            case "misconfigured":
                return reasons.misconfigured(policy.where)
            case "cross-site":
                return reasons.cross_site(policy.where)
            case "scheme":
                return reasons.other_scheme(origin, policy.where)
        return reasons.allowed(policy.where)


class Policy:
    """A set of options, which decides on requests.

    :param where: where the options were written, as in ``resources["/api/*"]``.
    :param expose_headers: the names for ``Access-Control-Expose-Headers``, sorted; ``("*",)`` for
        all headers.
    :param max_age: how long browsers may cache a preflight, in seconds; None for their default.
    :param misconfigured: whether the options are invalid. Such a policy allows nothing.
    :param for_origins: the policies for some origins, from the option ``for_origins``.
    :param report_only: the policy made of the option ``report_only``.
    :param place: the line of the call with the options; None if they come from the configuration.

    The other parameters are the options of the same names.
    """

    def __init__(
        self,
        where: str,
        *,
        origins: Origins,
        methods: Methods,
        allow_headers: HeaderNames,
        expose_headers: tuple[str, ...] = (),
        supports_credentials: bool = False,
        max_age: int | None = None,
        send_wildcard: bool = True,
        vary_header: bool = True,
        always_send: bool = True,
        allow_private_network: bool = False,
        automatic_options: bool = True,
        preflight_status: int = 204,
        enforce: Enforce = False,
        misconfigured: bool = False,
        for_origins: Parts | None = None,
        report_only: Policy | None = None,
        place: Place | None = None,
    ) -> None:
        self.where = where
        self.place = place
        self.origins = origins
        self.methods = methods
        self.allow_headers = allow_headers
        self.expose_headers = expose_headers
        self.supports_credentials = supports_credentials
        self.max_age = max_age
        self.send_wildcard = send_wildcard
        self.vary_header = vary_header
        self.always_send = always_send
        self.allow_private_network = allow_private_network
        self.automatic_options = automatic_options
        self.preflight_status = preflight_status
        self.enforce = enforce
        self.misconfigured = misconfigured
        self.for_origins = Parts() if for_origins is None else for_origins
        self.report_only = report_only

        always_wildcard = origins.any and send_wildcard and always_send and not self.for_origins
        #: Whether responses carry ``Vary: Origin``.
        self.varies = vary_header and not always_wildcard
        everywhere = (self, *self.for_origins.policies)
        #: The allowed origins, including those of ``for_origins``, to find the nearest one.
        self.all_origins = origins
        if self.for_origins:
            self.all_origins = Origins(rule for each in everywhere for rule in each.origins.rules)
        #: The methods that a preflight response may list, including those of ``for_origins``.
        self.all_methods = frozenset[str]().union(*(each.methods.names for each in everywhere))
        #: Whether callables decide, whose result can be different each time.
        self.asks = origins.asks
        #: Whether to expose all headers of a response by listing their names, because ``*`` is not
        #: a wildcard with credentials (Fetch, "CORS protocol and credentials":
        #: https://fetch.spec.whatwg.org/#cors-protocol-and-credentials).
        self.exposes_present_headers = supports_credentials and "*" in expose_headers
        exposed = "" if self.exposes_present_headers else ", ".join(expose_headers)
        self._expose = (("Access-Control-Expose-Headers", exposed),) if exposed else ()
        self._listed_methods = ", ".join(sorted(methods.names))
        # A method override header must not allow a method that the option methods leaves out.
        self._allows_overriding = methods.any or methods.names >= OVERRIDING_METHODS
        # A cache of the decisions on actual requests, by origin. See REMEMBERED_ORIGINS.
        self._decisions: dict[str | None, Decision] = {}
        self._preflights: dict[tuple[object, ...], Decision] = {}
        #: The decision on actual requests, if it is the same for all of them; otherwise None.
        self.constant = self._allow(None, "*") if always_wildcard else None

    def __repr__(self) -> str:
        return f"<Policy {self.where}>"

    def says_the_same(self, other: Policy) -> bool:
        """Return whether another policy has the same options."""
        return self is other or all(
            getattr(self, name) == getattr(other, name) for name in _OPTIONS
        )

    def actual(self, origin: str | None, request: object = None) -> Decision:
        """Decide on a request that is not a preflight.

        :param origin: the ``Origin`` header, unchanged; None if there is none.
        :param request: the argument for callables in ``origins`` that take the request.
        """
        if self.constant is not None:
            return self.constant
        decision = self._decisions.get(origin)
        if decision is None:
            decision = self._decide(origin, request)
            if self._is_cacheable(origin):
                if len(self._decisions) >= len(self.origins.literals) + REMEMBERED_ORIGINS:
                    self._decisions.clear()
                self._decisions[origin] = decision
        return decision

    def _is_cacheable(self, origin: str | None) -> bool:
        """Return whether a decision on an origin is always the same, and small enough to cache."""
        if origin is None or origin in self.origins.literals:
            return True
        return not self.asks and len(origin) <= MAX_ORIGIN_LENGTH

    def _decide(self, origin: str | None, request: object) -> Decision:
        if origin is None:
            return self._without_origin()
        if self.misconfigured:
            return Decision(self, origin, "misconfigured")
        if self.origins.any and self.send_wildcard and not self.for_origins:
            return self._allow(origin, "*")
        parsed = parse_origin(origin)
        part = self._part(origin, parsed)
        if part is not None:
            return part.actual(origin, request)
        if self.origins.any and self.send_wildcard:
            return self._allow(origin, "*")
        if parsed is None and origin not in OPAQUE_ORIGINS:
            # A malformed Origin is only accepted where any origin is, and it is never echoed.
            if self.origins.any:
                return self._allow(origin, "*")
            return Decision(self, origin, "malformed-origin")
        if self.origins.allows(origin, parsed, request) and not self._could_be_any_page(origin):
            return self._allow(origin, origin)
        return Decision(self, origin, "origin", parsed=parsed)

    def _part(self, origin: str, parsed: Origin | None) -> Policy | None:
        """Find the policy of ``for_origins`` for an origin; None if this policy decides."""
        if not self.for_origins or (parsed is None and origin not in OPAQUE_ORIGINS):
            return None
        return self.for_origins.find(origin, parsed)

    def _could_be_any_page(self, origin: str) -> bool:
        """Return whether an origin is opaque although the policy allows credentials.

        Every page can get an opaque origin, for example in a sandboxed frame, and could then act as
        the user. Options with such an origin fail at startup, but a callable can still allow it.
        """
        return self.supports_credentials and origin in OPAQUE_ORIGINS

    def preflight(
        self,
        origin: str,
        method: str,
        header_names: str | None = None,
        *,
        private_network: bool = False,
        granted: frozenset[str] | None = None,
        request: object = None,
    ) -> Decision:
        """Decide on a preflight (Fetch, "CORS-preflight request").

        https://fetch.spec.whatwg.org/#cors-preflight-request

        :param origin: the ``Origin`` header, unchanged.
        :param method: ``Access-Control-Request-Method``, unchanged.
        :param header_names: ``Access-Control-Request-Headers``, unchanged; None if there is none.
        :param private_network: whether ``Access-Control-Request-Private-Network`` is ``true``.
        :param granted: None if this policy decides on all methods of the URL. Otherwise, the
            methods that it decides on: the response lists only these and has a max age of 0,
            because browsers cache whatever is listed for the whole URL.
        :param request: the argument for callables in ``origins`` that take the request.
        """
        key = (origin, method, header_names, private_network, granted)
        decision = self._preflights.get(key)
        if decision is None:
            decision = self._decide_on_preflight(*key, request)
            length = len(origin) + len(method) + len(header_names or "")
            if length <= LONGEST_REMEMBERED_PREFLIGHT and not self.asks:
                if len(self._preflights) >= REMEMBERED_PREFLIGHTS:
                    self._preflights.clear()
                self._preflights[key] = decision
        return decision

    def _decide_on_preflight(
        self,
        origin: str,
        method: str,
        header_names: str | None,
        private_network: bool,
        granted: frozenset[str] | None,
        request: object,
    ) -> Decision:
        if self.for_origins and not self.misconfigured:
            part = self._part(origin, parse_origin(origin))
            if part is not None:
                return part.preflight(
                    origin,
                    method,
                    header_names,
                    private_network=private_network,
                    granted=granted,
                    request=request,
                )
        if self.origins.asks_about_requests:
            # The callable may allow this method only.
            granted = frozenset({method})
        decision = self.actual(origin, request)
        if not decision.origin_allowed:
            parsed = decision.parsed
            return Decision(self, origin, decision.reason, parsed=parsed, method=method)
        headers = self._origin_headers(decision.headers[0][1])
        if private_network and self.allow_private_network:
            headers += (("Access-Control-Allow-Private-Network", "true"),)
        if not self.methods.allows(method):
            return Decision(self, origin, "method", headers, method=method)
        methods = self._listed_methods
        if self.methods.any:
            methods = method
        elif granted is not None:
            methods = ", ".join(sorted(self.methods.names & granted))
        if methods:
            headers += (("Access-Control-Allow-Methods", methods),)
        allowed, refused = self._sort_header_names(header_names) if header_names else ([], [])
        if allowed:
            headers += (("Access-Control-Allow-Headers", ", ".join(allowed)),)
        max_age = self.max_age if granted is None else 0
        if max_age is not None:
            headers += (("Access-Control-Max-Age", str(max_age)),)
        reason: Reason = "allowed" if refused == [] else "headers"
        names = tuple(refused or ())
        return Decision(self, origin, reason, headers, method=method, refused_headers=names)

    def _without_origin(self) -> Decision:
        if self.always_send and self.origins.any and self.send_wildcard:
            return self._allow(None, "*")
        if self.always_send and self.origins.only_literal is not None and not self.for_origins:
            return self._allow(None, self.origins.only_literal)
        return Decision(self, None, "no-origin")

    def _allow(self, origin: str | None, value: str) -> Decision:
        reason: Reason = "allowed" if origin is not None or value == "*" else "no-origin"
        return Decision(self, origin, reason, self._origin_headers(value) + self._expose)

    def _origin_headers(self, value: str) -> HeaderPairs:
        if self.supports_credentials:
            return (
                ("Access-Control-Allow-Origin", value),
                ("Access-Control-Allow-Credentials", "true"),
            )
        return (("Access-Control-Allow-Origin", value),)

    def _sort_header_names(self, value: str) -> tuple[list[str], list[str] | None]:
        """Split ``Access-Control-Request-Headers`` into allowed and refused names.

        :returns: the allowed and the refused names. Instead of the refused names, None if the value
            is malformed or too long.
        """
        if len(value) > MAX_REQUEST_HEADERS_LENGTH or value.count(",") > _MAX_COMMAS:
            return [], None
        names = parse_token_list(value)
        if names is None or len(names) > MAX_REQUEST_HEADERS:
            return [], None
        allowed: list[str] = []
        refused: list[str] = []
        # This many characters of all names together are compared with patterns.
        left = self.allow_headers.patterns.most
        for name in names:
            left -= len(name)
            is_allowed = self._allows_header(name, by_pattern=left >= 0)
            (allowed if is_allowed else refused).append(name)
        return allowed, refused

    def _allows_header(self, name: str, *, by_pattern: bool) -> bool:
        lower = name.lower()
        # JavaScript can't set "Sec-Fetch-Site", but WSGI can't tell "Sec_Fetch_Site" from it.
        if is_forbidden_request_header(lower.replace("_", "-"), ""):
            return False
        if lower.replace("_", "-") in METHOD_OVERRIDES and not self._allows_overriding:
            return lower in self.allow_headers.names
        return self.allow_headers.allows(name, by_pattern=by_pattern)
