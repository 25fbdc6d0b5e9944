"""Finds the policy for a request.

The policy of the view decides. If it has none, its blueprints are asked, from the innermost out,
and then the path patterns of the application. The first policy found decides, even if it refuses.

It is one module because the steps build on each other: a preflight gets the policy of the request
that it announces, and a URL without a view gets the policy of the URLs around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit
from weakref import WeakKeyDictionary, WeakSet

from flask import Flask
from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import MapAdapter, RequestRedirect, Rule

from .blueprints import BlueprintPolicies, specificity
from .core.paths import PathPattern, ResourceMap
from .core.policy import Policy
from .fetch.grammar import is_token
from .options.table import Layer
from .views import ViewOptions, is_method_view, view_options

if TYPE_CHECKING:
    from flask import Request

_MAX_REDIRECTS = 4


class EndpointPolicies:
    """The policies that apply to one endpoint.

    :param name: the endpoint.
    :param function: the view function that the policies were read from.
    :param view: the policy of the view; None if it has none.
    :param methods: the policies of a class-based view's handlers, by method.
    :param blueprints: the policies of its blueprints, the innermost first.
    :param paths: decides where neither the view nor a blueprint has a policy.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any] | None,
        view: Policy | None,
        methods: Mapping[str, Policy],
        blueprints: Sequence[BlueprintPolicies],
        paths: ResourceMap[Policy] | _CatchAllStatic,
    ) -> None:
        self.name = name
        self.function = function
        self.view = view
        self.methods = methods
        self.blueprints = blueprints
        self._paths = paths
        #: The policy, if the same one applies to every method and path.
        self.sole = self._sole()

    def find(self, method: str, path: str) -> Policy | None:
        """Find the policy for a method and a path. The first in order of precedence decides."""
        policy = self.methods.get(method, self.view)
        if policy is not None:
            return policy
        for blueprint in self.blueprints:
            policy = blueprint.find(path)
            if policy is not None:
                return policy
        return self._paths.find(path)

    def _sole(self) -> Policy | None:
        if self.methods:
            return None
        if self.view is not None:
            return self.view
        if self.blueprints:
            first = self.blueprints[0].policies
            return first if isinstance(first, Policy) else None
        return self._paths.everywhere


class Target(NamedTuple):
    """The policy and the route of a request that a preflight announces."""

    policy: Policy | None
    path: str
    #: The URL rule of its view; None if no view serves it.
    rule: Rule | None = None
    view_args: Mapping[str, Any] = MappingProxyType({})
    #: The methods for which the policy decides at the URL; None if it decides for all of them.
    granted: frozenset[str] | None = None


class Policies:
    """The policies of an application.

    :param app: the application. Its routes and view functions are read at each request, because
        views may be added or replaced.
    :param paths: the policies of its path patterns.
    :param blueprints: the policies of its blueprints.
    :param make: makes the policy of a decorated view.
    """

    def __init__(
        self,
        app: Flask,
        *,
        paths: ResourceMap[Policy],
        blueprints: Sequence[BlueprintPolicies],
        make: Callable[[ViewOptions], Policy],
    ) -> None:
        self.paths = paths
        self.blueprints = blueprints
        #: Whether any policy has ``enforce``. It can become true when views are added.
        self.enforcing = False
        self._app = app
        # Whether routing depends on the path and the method alone: not on the host, and not on code
        # of the application.
        self._routes_by_path = not (
            app.url_map.host_matching
            or app.subdomain_matching
            or "create_url_adapter" in vars(app)
            or type(app).create_url_adapter is not Flask.create_url_adapter
        )
        self._view_functions = app.view_functions
        self._make = make
        self._by_name = {blueprint.name: blueprint for blueprint in blueprints}
        self._by_prefix = sorted(blueprints, key=specificity, reverse=True)
        self._endpoints: dict[str, EndpointPolicies] = {}
        # By layer, and then by the name of the view. The references are weak because a view may be
        # decorated again at each request.
        self._views: WeakKeyDictionary[Layer, dict[str, Policy]] = WeakKeyDictionary()
        self._known: WeakSet[ViewOptions] = WeakSet()
        # A cache for preflights, by path and method. Only rules without variable parts are cached,
        # so attackers can't make it grow beyond the URL map.
        self._targets: dict[tuple[str, str], Target] = {}
        # The view functions at the time of the last scan.
        self._scanned: dict[str, Callable[..., Any]] = {}
        # The rules with a trailing slash, to which Flask redirects the path without it.
        self._slashed: set[str] = set()
        self._scan_views()
        self.enforcing |= any(policy.enforce for policy in self.all())

    def _scan_views(self) -> None:
        """Read the policies of all views: the views of one URL share its preflights."""
        self._scanned = {**self._view_functions}
        self._targets.clear()
        for rule in self._app.url_map.iter_rules():
            self.of_endpoint(rule.endpoint)
            if rule.rule.endswith("/"):
                self._slashed.add(rule.rule)

    def of_view(self, options: ViewOptions) -> Policy:
        """Return the policy of a decorated view."""
        made = self._views.setdefault(options.layer, {})
        policy = made.get(options.where)
        if policy is None:
            policy = made.setdefault(options.where, self._make(options))
            self.enforcing |= bool(policy.enforce)
        return policy

    def knows(self, options: ViewOptions) -> bool:
        """Return whether these options belong to a view that is registered with Flask."""
        return options in self._known

    def all(self) -> Iterator[Policy]:
        """Yield every policy."""
        for made in list(self._views.values()):
            yield from list(made.values())
        for blueprint in self.blueprints:
            if isinstance(blueprint.policies, Policy):
                yield blueprint.policies
        yield from (policy for _, policy in self.patterns())

    def patterns(self) -> Iterator[tuple[PathPattern, Policy]]:
        """Yield every path pattern and its policy, those of blueprints first."""
        for blueprint in self.blueprints:
            if not isinstance(blueprint.policies, Policy):
                yield from blueprint.policies.entries
        yield from self.paths.entries

    def find(self, request: Request) -> Policy | None:
        """Find the policy for a request that is not a preflight."""
        rule = request.url_rule
        if rule is None:
            return self._find_unrouted(request)
        name = rule.endpoint
        endpoint = self._endpoints.get(name)
        if endpoint is None or endpoint.function is not self._view_functions.get(name):
            endpoint = self.of_endpoint(name)
        sole = endpoint.sole
        # A path with a dot segment matches no pattern, so the sole policy may not cover it.
        if sole is not None and "/." not in request.path:
            return sole
        return endpoint.find(request.method, request.path)

    def find_for_preflight(self, request: Request, method: str) -> Target:
        """Find the policy for a preflight, which is the policy of the request it announces.

        :param method: ``Access-Control-Request-Method`` as it arrived.
        """
        if self._scanned != self._view_functions:
            self._scan_views()
        by_path = self._routes_by_path and "HTTP_UPGRADE" not in request.environ
        key = (request.environ.get("PATH_INFO", ""), method)
        target = self._targets.get(key) if by_path else None
        if target is None:
            adapter = self._bind(request)
            if adapter is None:
                return Target(None, request.path)
            # Werkzeug would take an empty method for the preflight's own.
            method = method.upper() if is_token(method) else "?"
            target = self._find_target(adapter, method, request.path)
            target = self._with_granted(target, adapter, request.path)
            rule = target.rule
            if by_path and rule is not None and rule.methods is not None and not rule.arguments:
                self._targets[key[0], method] = target
        return target

    def _with_granted(self, target: Target, adapter: MapAdapter, path: str) -> Target:
        """Return a target with the methods of its URL for which its policy decides.

        :param path: the path of the preflight, which may redirect to the target's.
        """
        policy, rule = target.policy, target.rule
        redirects = target.path != path or (rule and f"{rule.rule}/" in self._slashed)
        if policy is None or not (self._known or self.blueprints or redirects):
            # Only paths have policies, and these are the same for all methods.
            return target
        methods = {*adapter.allowed_methods(path)}
        if not path.endswith("/"):
            methods.update(adapter.allowed_methods(f"{path}/"))
        policies: dict[str, Policy | None] = {}
        policies_of_views: list[Policy | None] = [policy]
        for method in methods:
            found = self._find_target(adapter, method, path)
            if found.rule is not None:
                policies[method] = found.policy
                if _is_served_by_view(found.rule, method):
                    policies_of_views.append(found.policy)
        if _common_policy(policies_of_views) is not None:
            return target
        # The views differ. A method that none of them serves has the policy of the path.
        default = self._find_without_view(adapter, path)
        return target._replace(
            granted=frozenset(
                method
                for method in policy.all_methods
                if _common_policy([policy, policies.get(method, default)]) is not None
            )
        )

    def trusts(self, request: Request) -> bool:
        """Return whether a request is for a host in ``TRUSTED_HOSTS``, if that is set."""
        # Routing also raises BadRequest for a WebSocket rule without an upgrade, or the reverse.
        failed = isinstance(request.routing_exception, BadRequest)
        return not failed or self._bind(request) is not None

    def of_endpoint(self, name: str | None) -> EndpointPolicies:
        """Return the policies that apply to an endpoint.

        :param name: the endpoint; None for a rule that only redirects.
        """
        name = name or ""
        function = self._view_functions.get(name)
        endpoint = self._endpoints.get(name)
        if endpoint is None or endpoint.function is not function:
            endpoint = self._endpoints[name] = self._read_endpoint(name, function)
        return endpoint

    def has_view_policy(self, request: Request) -> bool:
        """Return whether the view that serves a request is decorated with ``@cross_origin``."""
        if request.endpoint is None:
            return False
        endpoint = self.of_endpoint(request.endpoint)
        return endpoint.methods.get(request.method, endpoint.view) is not None

    def _read_endpoint(self, name: str, function: Callable[..., Any] | None) -> EndpointPolicies:
        view = self._read_view(function)
        methods: dict[str, Policy] = {}
        view_class = getattr(function, "view_class", None)
        for method in (view_class.methods if is_method_view(view_class) else None) or ():
            upper = method.upper()
            for served in {upper, "HEAD"} if upper == "GET" else {upper}:
                policy = self._read_view(function, served)
                if policy is not None:
                    methods[served] = policy
        blueprints = []
        around = name
        while "." in around:
            around = around.rpartition(".")[0]
            if around in self._by_name:
                blueprints.append(self._by_name[around])
        paths: ResourceMap[Policy] | _CatchAllStatic = self.paths
        if name == "static":
            for rule in self._app.url_map.iter_rules(name):
                if rule.rule.startswith("/<"):
                    paths = _CatchAllStatic(self, rule.host or rule.subdomain or "")
        return EndpointPolicies(name, function, view, methods, blueprints, paths)

    def _read_view(
        self, function: Callable[..., Any] | None, method: str | None = None
    ) -> Policy | None:
        options = None if function is None else view_options(function, method)
        if options is None:
            return None
        self._known.add(options)
        return self.of_view(options)

    def _find_unrouted(self, request: Request) -> Policy | None:
        """Find the policy for a request that reaches no view."""
        error, adapter = request.routing_exception, self._bind(request)
        if adapter is None:
            # The host is not trusted, so the request was not routed.
            return self.paths.find(request.path)
        if error is None:
            # Something failed before the request was routed, such as opening the session.
            return self._find_target(adapter, request.method, request.path).policy
        return self._find_after_error(error, adapter, request.method, request.path).policy

    def _bind(self, request: Request) -> MapAdapter | None:
        """Return the adapter that routes a request; None if its host is not trusted."""
        try:
            return self._app.create_url_adapter(request)
        except HTTPException:
            return None

    def _find_target(self, adapter: MapAdapter, method: str, path: str) -> Target:
        try:
            rule, view_args = _match(adapter, None, method)
        except HTTPException as error:
            return self._find_after_error(error, adapter, method, path)
        return self._target_of_view(rule, view_args, method, path)

    def _target_of_view(
        self, rule: Rule, view_args: Mapping[str, Any], method: str, path: str
    ) -> Target:
        policy = self.of_endpoint(rule.endpoint).find(method, path)
        return Target(policy, path, rule, view_args)

    def _find_after_error(
        self, error: HTTPException, adapter: MapAdapter, method: str, path: str
    ) -> Target:
        """Find the policy for a request that routing redirects or rejects.

        A redirect within the application gets the policy of the URL that it leads to. A method that
        no view serves gets the policy of the views at the URL, if they all have the same one.
        """
        target = path
        for _ in range(_MAX_REDIRECTS):
            if not isinstance(error, RequestRedirect):
                break
            local = _local_path(error.new_url, adapter)
            if local is None:
                return Target(self._find_without_view(adapter, path), path)
            target = local
            try:
                rule, view_args = _match(adapter, target, method)
            except HTTPException as another:
                error = another
            else:
                return self._target_of_view(rule, view_args, method, target)
        if isinstance(error, MethodNotAllowed):
            rules = _rules_at(target, error.valid_methods or (), adapter)
            common = _common_policy(
                [
                    self.of_endpoint(rule.endpoint).find(name, target)
                    for name, rule in rules.items()
                    if _is_served_by_view(rule, name)
                ]
            )
            if common is not None:
                return Target(common, target)
        return Target(self._find_without_view(adapter, target), target)

    def _find_without_view(self, adapter: MapAdapter, path: str) -> Policy | None:
        """Find the policy for a URL that matches no view."""
        domain = adapter.server_name if adapter.map.host_matching else adapter.subdomain
        return self.find_by_prefix(domain or "", path)

    def find_by_prefix(self, domain: str, path: str) -> Policy | None:
        """Find the policy of the blueprint whose prefix a path has, or else the path's policy.

        :param domain: the subdomain, or the host with ``host_matching``.
        """
        for blueprint in self._by_prefix:
            if blueprint.owns(domain, path):
                policy = blueprint.find(path)
                if policy is not None:
                    return policy
        return self.paths.find(path)


class _CatchAllStatic:
    """Finds policies for the static files of an app with ``static_url_path=""``.

    There, every URL that matches no other view is a static file, also below a blueprint's prefix.
    """

    #: Like ``ResourceMap.everywhere``: no single policy applies to all of these paths.
    everywhere = None

    def __init__(self, policies: Policies, domain: str) -> None:
        self._policies = policies
        self._domain = domain

    def find(self, path: str) -> Policy | None:
        """Find the policy for a path."""
        return self._policies.find_by_prefix(self._domain, path)


def _common_policy(policies: Sequence[Policy | None]) -> Policy | None:
    """Return the first policy if all have the same options; otherwise None."""
    first = policies[0] if policies else None
    if first is None or any(
        policy is None or not policy.says_the_same(first) for policy in policies
    ):
        return None
    return first


def _rules_at(path: str, methods: Iterable[str], adapter: MapAdapter) -> dict[str, Rule]:
    """Return the rule that serves each method of a path."""
    rules: dict[str, Rule] = {}
    for method in methods:
        with suppress(HTTPException):
            rules[method], _ = _match(adapter, path, method)
    return rules


def _is_served_by_view(rule: Rule, method: str) -> bool:
    """Return whether the view itself handles a method, not Flask's automatic ``OPTIONS``."""
    return method != "OPTIONS" or not getattr(rule, "provide_automatic_options", False)


def _match(adapter: MapAdapter, path: str | None, method: str) -> tuple[Rule, Mapping[str, Any]]:
    try:
        return adapter.match(path, method, return_rule=True)
    except HTTPException:
        raise
    except Exception as error:
        # One of the application's URL converters raised, so no view is reached.
        raise NotFound from error


def _local_path(url: str, adapter: MapAdapter) -> str | None:
    """Return the path of a URL within the application; None if the URL is outside of it."""
    parts = urlsplit(url)
    script_name = adapter.script_name.rstrip("/")
    if parts.netloc != adapter.get_host(None) or not parts.path.startswith(f"{script_name}/"):
        return None
    return unquote(parts.path[len(script_name) :])
