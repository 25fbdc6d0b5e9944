"""Whose policy a request of a Flask application falls under.

The view decides, then its blueprints from the innermost out, then the map of paths; the first
that has a policy decides, also when it refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard
from urllib.parse import unquote, urlsplit
from weakref import WeakKeyDictionary

from flask.globals import request_ctx
from flask.views import MethodView
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import MapAdapter, RequestRedirect, Rule

from .blueprints import BlueprintPolicies, specificity
from .core.paths import PathPattern, ResourceMap
from .core.policy import Policy
from .fetch.grammar import is_token
from .options.table import Layer

if TYPE_CHECKING:
    from flask import Request

#: For how many paths the policy is remembered. When that many are, it starts afresh.
REMEMBERED_PATHS = 1024
#: The longest path that is remembered, since strangers choose the paths.
LONGEST_REMEMBERED_PATH = 256

_MAX_REDIRECTS = 4

# An attribute of the proxy itself, bound once: through the proxy each look-up would be dear.
_current_context = request_ctx._get_current_object  # type: ignore[attr-defined]


#: The attribute by which a decorated view is known. ``functools.wraps`` carries it upward.
DECORATED = "_cross_origin"


@dataclass(eq=False)
class ViewOptions:
    """What ``@cross_origin`` was given for a view."""

    layer: Layer
    #: As in ``@cross_origin on view "report"``.
    where: str


#: The functions that ``@cross_origin`` was written on, which it leaves as they were. Where Flask
#: knows such a function itself, it was decorated too late.
decorated_functions: WeakKeyDictionary[Callable[..., Any], ViewOptions] = WeakKeyDictionary()


def view_options(view: Callable[..., Any], method: str | None = None) -> ViewOptions | None:
    """Find what ``@cross_origin`` was given for a view function.

    :param view: what ``app.view_functions`` holds.
    :param method: for a class-based view, the method whose handler's own decorator is meant.
    """
    view_class = getattr(view, "view_class", None)
    handler = _handler(view_class, method)
    for candidate in (handler, getattr(view_class, "dispatch_request", None), view):
        found = getattr(candidate, DECORATED, None)
        # A mock that stands in for a view has whichever attribute it is asked for.
        if isinstance(found, ViewOptions):
            return found
    return None


def is_method_view(view_class: object) -> TypeGuard[type[MethodView]]:
    """Tell whether a class-based view has a handler for each method."""
    return isinstance(view_class, type) and issubclass(view_class, MethodView)


def _handler(view_class: object, method: str | None) -> Callable[..., Any] | None:
    if method is None or not is_method_view(view_class):
        return None
    handler: Callable[..., Any] | None = getattr(view_class, method.lower(), None)
    if handler is None and method == "HEAD":
        handler = getattr(view_class, "get", None)
    return handler


class EndpointPolicies(NamedTuple):
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

    def sole(self, paths: ResourceMap[Policy]) -> Policy | None:
        """Give the policy for every method and path, if they share one.

        :param paths: what decides where neither view nor blueprint does.
        """
        if self.methods:
            return None
        if self.view is not None:
            return self.view
        if self.blueprints:
            first = self.blueprints[0].policies
            return first if isinstance(first, Policy) else None
        return paths.everywhere


@dataclass(eq=False, repr=False)
class Policies:
    """The policies of an application, as they stand from its first request on."""

    paths: ResourceMap[Policy]
    blueprints: Sequence[BlueprintPolicies]
    view_functions: Mapping[str, Callable[..., Any]]
    #: Makes the policy of a decorated view.
    make: Callable[[ViewOptions], Policy]
    _endpoints: dict[str, EndpointPolicies] = field(default_factory=dict)
    # By endpoint, where neither method nor path makes a difference.
    _sole: dict[str, Policy] = field(default_factory=dict)
    _views: dict[ViewOptions, Policy] = field(default_factory=dict)
    # By endpoint, method and path.
    _found: dict[tuple[str, str, str], Policy | None] = field(default_factory=dict)
    _known: set[ViewOptions] = field(default_factory=set)
    # Only what the URL map spells out gets in, so that it cannot outgrow the map.
    _preflights: dict[tuple[object, ...], Policy | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name = {blueprint.name: blueprint for blueprint in self.blueprints}
        self._by_prefix = sorted(self.blueprints, key=specificity, reverse=True)

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

    def knows(self, options: ViewOptions) -> bool:
        """Tell whether a view that Flask knows was found decorated with these options."""
        return options in self._known

    def all(self) -> Iterable[Policy]:
        """Give every policy that has been settled."""
        yield from self._views.values()
        for blueprint in self.blueprints:
            if isinstance(blueprint.policies, Policy):
                yield blueprint.policies
        yield from (policy for _, policy in self.patterns())

    def patterns(self) -> Iterable[tuple[PathPattern, Policy]]:
        """Give every path pattern and its policy, those of blueprints first."""
        for blueprint in self.blueprints:
            if not isinstance(blueprint.policies, Policy):
                yield from blueprint.policies.entries
        yield from self.paths.entries

    def find(self, request: Request) -> Policy | None:
        """Find the policy for a request that is no preflight."""
        rule = request.url_rule
        if rule is None:
            return self._unrouted(request)
        policy = self._sole.get(rule.endpoint)
        # A dot may begin a segment for which no path is taken at its word.
        if policy is not None and "/." not in request.path:
            return policy
        question = (rule.endpoint, request.method, request.path)
        try:
            return self._found[question]
        except KeyError:
            policy = self._routed(*question)
        if len(request.path) <= LONGEST_REMEMBERED_PATH:
            if len(self._found) >= REMEMBERED_PATHS:
                self._found.clear()
            self._found[question] = policy
        return policy

    def find_for_preflight(
        self, request: Request, adapter: MapAdapter, method: str
    ) -> Policy | None:
        """Find the policy for a preflight: that of the request for whose sake it asks.

        :param method: ``Access-Control-Request-Method`` as it arrived.
        """
        # An empty method would stand for that of the preflight itself.
        method = method.upper() if is_token(method) else "?"
        host = adapter.server_name if adapter.map.host_matching else adapter.subdomain
        key = (host, adapter.websocket, request.path, method)
        try:
            return self._preflights[key]
        except KeyError:
            pass
        try:
            rule = _match(adapter, None, method)
        except HTTPException as error:
            return self._failed(error, adapter, method, request.path)
        policy = self._routed(rule.endpoint, method, request.path)
        if rule.methods is not None and not rule.arguments:
            self._preflights[key] = policy
        return policy

    def of_endpoint(self, endpoint: str) -> EndpointPolicies:
        """Give what an endpoint's view and blueprints say, whatever the path."""
        return self._endpoint(endpoint)

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
            sole = policies.sole(self.paths)
            if sole is not None:
                self._sole[endpoint] = sole
        return policies

    def _settle(self, endpoint: str) -> EndpointPolicies:
        view = self.view_functions.get(endpoint)
        own = self._settled(view)
        methods: dict[str, Policy] = {}
        view_class = getattr(view, "view_class", None)
        for method in (view_class.methods if is_method_view(view_class) else None) or ():
            name = method.upper()
            for served in {name, "HEAD"} if name == "GET" else {name}:
                policy = self._settled(view, served)
                if policy is not None:
                    methods[served] = policy
        names = []
        while "." in endpoint:
            endpoint = endpoint.rpartition(".")[0]
            names.append(endpoint)
        blueprints = [self._by_name[name] for name in names if name in self._by_name]
        return EndpointPolicies(own, methods, blueprints)

    def _settled(self, view: Callable[..., Any] | None, method: str | None = None) -> Policy | None:
        options = None if view is None else view_options(view, method)
        if options is None:
            return None
        self._known.add(options)
        return self.of_view(options)

    def _unrouted(self, request: Request) -> Policy | None:
        error, adapter = request.routing_exception, current_adapter()
        if adapter is None:
            # A host that is not trusted: the URL map was not asked.
            return self.paths.find(request.path)
        if error is None:
            # Something failed before the URL map was asked, as opening the session may.
            try:
                rule = _match(adapter, None, request.method)
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
                rule = _match(adapter, target, method)
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
                rule = _match(adapter, path, method)
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
        view_class = getattr(self.view_functions.get(rule.endpoint), "view_class", None)
        return not is_method_view(view_class) or hasattr(view_class, "options")

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


def _match(adapter: MapAdapter, path: str | None, method: str) -> Rule:
    try:
        return adapter.match(path, method, return_rule=True)[0]
    except HTTPException:
        raise
    except Exception as error:
        # A URL converter of the application's own crashed, so that no view is reached.
        raise NotFound from error


def _local_path(url: str, adapter: MapAdapter) -> str | None:
    """Give the path at which the application would route a URL that it redirects to."""
    parts = urlsplit(url)
    script_name = adapter.script_name.rstrip("/")
    if parts.netloc != adapter.get_host(None) or not parts.path.startswith(f"{script_name}/"):
        return None
    return unquote(parts.path[len(script_name) :])
