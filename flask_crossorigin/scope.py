"""Whose policy a request of a Flask application falls under.

The view decides, then its blueprints from the innermost out, then the map of paths; the first
that has a policy decides, also when it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from flask.globals import request_ctx
from flask.views import MethodView
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import MapAdapter, RequestRedirect, Rule

from .fetch import is_token
from .options import Layer
from .policy import Decision, Policy
from .resources import ResourceMap

if TYPE_CHECKING:
    from flask import Request

#: The attribute by which a decorated view is known. ``functools.wraps`` carries it upward.
DECORATED = "_cross_origin"

#: How many decisions are remembered. When that many are, it starts afresh.
REMEMBERED_DECISIONS = 1024

_MAX_REDIRECTS = 4

# An attribute of the proxy itself, bound once: through the proxy each look-up would be dear.
_current_context = request_ctx._get_current_object  # type: ignore[attr-defined]


@dataclass(frozen=True, eq=False)
class ViewOptions:
    """What ``@cross_origin`` was given for a view."""

    layer: Layer
    #: As in ``@cross_origin on view "report"``.
    where: str


def view_options(view: Callable[..., Any], method: str | None = None) -> ViewOptions | None:
    """Find what ``@cross_origin`` was given for a view function.

    :param view: what ``app.view_functions`` holds.
    :param method: for a class-based view, the method whose handler's own decorator is meant.
    """
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        handler = _handler(view_class, method)
        if handler is not None and hasattr(handler, DECORATED):
            found: ViewOptions = getattr(handler, DECORATED)
            return found
    return getattr(view, DECORATED, None)


def _handler(view_class: type, method: str | None) -> Callable[..., Any] | None:
    if not issubclass(view_class, MethodView):
        return getattr(view_class, "dispatch_request", None)
    if method is None:
        return None
    handler: Callable[..., Any] | None = getattr(view_class, method.lower(), None)
    if handler is None and method == "HEAD":
        handler = getattr(view_class, "get", None)
    return handler


@dataclass(frozen=True)
class BlueprintPolicies:
    """The policies of one registration of a blueprint."""

    #: The name under which it is registered, with those of the blueprints around it.
    name: str
    #: Its policy, if it is for whatever belongs to the blueprint; else that of each path.
    policies: Policy | ResourceMap[Policy]
    #: What its URLs begin with; None if nothing sets them apart.
    prefix: re.Pattern[str] | None
    subdomain: re.Pattern[str] | None

    def find(self, path: str) -> Policy | None:
        """Find the policy for a path that belongs to the blueprint."""
        return self.policies if isinstance(self.policies, Policy) else self.policies.find(path)

    def owns(self, subdomain: str, path: str) -> bool:
        """Tell whether a URL that leads to no view lies below the blueprint's prefix."""
        if self.subdomain is not None and not self.subdomain.fullmatch(subdomain):
            return False
        if self.prefix is not None:
            return self.prefix.match(path) is not None
        return self.subdomain is not None


def url_prefix_regex(prefix: str | None) -> re.Pattern[str] | None:
    """Make a regex of a blueprint's URL prefix, in which a variable part is one segment."""
    bare = (prefix or "").strip("/")
    return re.compile(f"/{_rule_regex(bare, '[^/]+')}(?=/|\\Z)") if bare else None


def subdomain_regex(subdomain: str | None) -> re.Pattern[str] | None:
    """Make a regex of a blueprint's subdomain, in which a variable part is one label."""
    return re.compile(_rule_regex(subdomain, "[^.]+")) if subdomain else None


def _rule_regex(rule: str, variable: str) -> str:
    return "".join(
        variable if part.startswith("<") else re.escape(part)
        for part in re.split(r"(<[^>]*>)", rule)
    )


@dataclass(frozen=True)
class EndpointPolicies:
    """What one endpoint's view and blueprints say."""

    view: Policy | None
    #: The methods of a class-based view whose handlers have a policy of their own.
    methods: Mapping[str, Policy]
    #: From the innermost blueprint out.
    blueprints: Sequence[BlueprintPolicies]

    def find(self, method: str, path: str) -> Policy | None:
        """Find the first policy, before the map of paths is asked."""
        policy = self.methods.get(method, self.view)
        if policy is None:
            for blueprint in self.blueprints:
                policy = blueprint.find(path)
                if policy is not None:
                    break
        return policy


# An endpoint, the method, the path and the origin.
_Question = tuple[str | None, str, str, str | None]


@dataclass
class Policies:
    """The policies of an application, as they stand from its first request on."""

    paths: ResourceMap[Policy]
    blueprints: Sequence[BlueprintPolicies]
    view_functions: Mapping[str, Callable[..., Any]]
    #: Makes the policy of a decorated view.
    make: Callable[[ViewOptions], Policy]
    _endpoints: dict[str, EndpointPolicies] = field(default_factory=dict)
    _views: dict[ViewOptions, Policy] = field(default_factory=dict)
    _decisions: dict[_Question, Decision] = field(default_factory=dict)
    # Only URLs without a variable part get in, so that it cannot outgrow the URL map.
    _preflights: dict[tuple[str | None, str, str], Policy | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        by_depth = sorted(self.blueprints, key=lambda blueprint: -blueprint.name.count("."))
        self._by_name = {blueprint.name: blueprint for blueprint in self.blueprints}
        self._by_prefix = sorted(by_depth, key=_prefix_length, reverse=True)

    def add_endpoints(self, endpoints: Iterable[str]) -> None:
        """Settle what the endpoints' views and blueprints say."""
        for endpoint in endpoints:
            self._endpoint(endpoint)

    def of_view(self, options: ViewOptions) -> Policy:
        """Give the policy of a decorated view."""
        policy = self._views.get(options)
        if policy is None:
            policy = self._views.setdefault(options, self.make(options))
        return policy

    def all(self) -> Iterable[Policy]:
        """Give every policy that has been settled."""
        yield from self._views.values()
        for blueprint in self.blueprints:
            if isinstance(blueprint.policies, Policy):
                yield blueprint.policies
            else:
                yield from (policy for _, policy in blueprint.policies.entries)
        yield from (policy for _, policy in self.paths.entries)

    def find(self, request: Request) -> Policy | None:
        """Find the policy for a request that is no preflight."""
        rule = request.url_rule
        if rule is None:
            return self._unrouted(request)
        return self._routed(rule.endpoint, request.method, request.path)

    def decide(self, request: Request) -> Decision | None:
        """Decide on a request that is no preflight; None if it falls under no policy."""
        origin: str | None = request.environ.get("HTTP_ORIGIN")
        rule = request.url_rule
        question = (rule.endpoint if rule else None, request.method, request.path, origin)
        decision = self._decisions.get(question)
        if decision is not None:
            return decision
        policy = self.find(request)
        if policy is None:
            return None
        decision = policy.actual(origin, request)
        if rule and not policy.origins.asks and len(request.path) + len(origin or "") < 500:
            if len(self._decisions) >= REMEMBERED_DECISIONS:
                self._decisions.clear()
            self._decisions[question] = decision
        return decision

    def find_for_preflight(
        self, request: Request, adapter: MapAdapter, method: str
    ) -> Policy | None:
        """Find the policy for a preflight: that of the request for whose sake it asks.

        :param method: ``Access-Control-Request-Method`` as it arrived.
        """
        # An empty method would stand for that of the preflight itself.
        method = method.upper() if is_token(method) else "?"
        host = adapter.server_name if adapter.map.host_matching else adapter.subdomain
        key = (host, request.path, method)
        try:
            return self._preflights[key]
        except KeyError:
            pass
        try:
            rule, _ = adapter.match(method=method, return_rule=True)
        except HTTPException as error:
            return self._failed(error, adapter, method, request.path)
        policy = self._routed(rule.endpoint, method, request.path)
        if not rule.arguments:
            self._preflights[key] = policy
        return policy

    def view_policy(self, endpoint: str, method: str) -> Policy | None:
        """Give the policy that an endpoint's view has of its own."""
        policies = self._endpoint(endpoint)
        return policies.methods.get(method, policies.view)

    def _routed(self, endpoint: str, method: str, path: str) -> Policy | None:
        policy = self._endpoint(endpoint).find(method, path)
        return self.paths.find(path) if policy is None else policy

    def _endpoint(self, endpoint: str) -> EndpointPolicies:
        policies = self._endpoints.get(endpoint)
        if policies is None:
            policies = self._endpoints[endpoint] = self._settle(endpoint)
        return policies

    def _settle(self, endpoint: str) -> EndpointPolicies:
        view = self.view_functions.get(endpoint)
        own = None if view is None else view_options(view)
        methods: dict[str, Policy] = {}
        for method in getattr(view, "methods", None) or ():
            for name in {method, "HEAD"} if method == "GET" else {method}:
                options = view_options(view, name) if view is not None else None
                if options is not None:
                    methods[name] = self.of_view(options)
        names = []
        while "." in endpoint:
            endpoint = endpoint.rpartition(".")[0]
            names.append(endpoint)
        blueprints = [self._by_name[name] for name in names if name in self._by_name]
        return EndpointPolicies(None if own is None else self.of_view(own), methods, blueprints)

    def _unrouted(self, request: Request) -> Policy | None:
        error, adapter = request.routing_exception, current_adapter()
        if adapter is None:
            # A host that is not trusted: the URL map was not asked.
            return self.paths.find(request.path)
        if error is None:
            # Something failed before the URL map was asked, as opening the session may.
            try:
                rule, _ = adapter.match(return_rule=True)
            except HTTPException as unmatched:
                error = unmatched
            else:
                return self._routed(rule.endpoint, request.method, request.path)
        return self._failed(error, adapter, request.method, request.path)

    def _failed(
        self, error: HTTPException, adapter: MapAdapter, method: str, path: str
    ) -> Policy | None:
        """Find the policy for a URL at which no view serves the method."""
        target = path
        for _ in range(_MAX_REDIRECTS):
            if not isinstance(error, RequestRedirect):
                break
            local = _local_path(error.new_url, adapter)
            if local is None:
                return self._owner(adapter, path)
            target = local
            try:
                rule, _args = adapter.match(target, method, return_rule=True)
            except HTTPException as another:
                error = another
            else:
                return self._routed(rule.endpoint, method, target)
        if isinstance(error, MethodNotAllowed):
            return self._shared(error.valid_methods or (), adapter, target)
        return self._owner(adapter, target)

    def _shared(self, methods: Iterable[str], adapter: MapAdapter, path: str) -> Policy | None:
        """Find the policy that all views of a URL share; if they differ, that of its prefix."""
        found: dict[int, Policy | None] = {}
        for method in methods:
            try:
                rule, _ = adapter.match(path, method, return_rule=True)
            except HTTPException:
                continue
            if method == "OPTIONS" and not self._serves_options(rule):
                continue
            policy = self._routed(rule.endpoint, method, path)
            found[id(policy)] = policy
        if len(found) == 1:
            return next(iter(found.values()))
        return self._owner(adapter, path)

    def _serves_options(self, rule: Rule) -> bool:
        """Tell whether a view itself, and not Flask in its place, answers OPTIONS."""
        if getattr(rule, "provide_automatic_options", False):
            return False
        view_class = getattr(self.view_functions.get(rule.endpoint), "view_class", None)
        return (
            view_class is None
            or not issubclass(view_class, MethodView)
            or hasattr(view_class, "options")
        )

    def _owner(self, adapter: MapAdapter, path: str) -> Policy | None:
        """Find the policy for a URL that leads to no view."""
        for blueprint in self._by_prefix:
            if blueprint.owns(adapter.subdomain or "", path):
                policy = blueprint.find(path)
                if policy is not None:
                    return policy
        return self.paths.find(path)


def current_adapter() -> MapAdapter | None:
    """Give what matches the URL of the request at hand; None if its host is not trusted."""
    adapter: MapAdapter | None = _current_context().url_adapter
    return adapter


def _prefix_length(blueprint: BlueprintPolicies) -> int:
    return blueprint.prefix.pattern.count("/") if blueprint.prefix is not None else 0


def _local_path(url: str, adapter: MapAdapter) -> str | None:
    """Give the path at which the application would route a URL that it redirects to."""
    parts = urlsplit(url)
    script_name = adapter.script_name.rstrip("/")
    if parts.netloc != adapter.get_host(None) or not parts.path.startswith(f"{script_name}/"):
        return None
    return unquote(parts.path[len(script_name) :])
