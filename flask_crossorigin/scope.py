"""Whose policy a request of a Flask application falls under.

The view decides, then its blueprints from the innermost out, then the map of paths. The first that
has a policy decides, also when it refuses.

It is one module because each step needs the one before: a preflight is routed like the request it
asks for, and a URL without a view like its neighbours.
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
    """What one endpoint's view and blueprints say.

    :param name: the endpoint.
    :param function: the view function that was looked at.
    :param view: its policy.
    :param methods: the methods of a class-based view whose handlers have their own policies.
    :param blueprints: from the innermost out.
    :param paths: what decides where neither view nor blueprint does.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any] | None,
        view: Policy | None,
        methods: Mapping[str, Policy],
        blueprints: Sequence[BlueprintPolicies],
        paths: ResourceMap[Policy] | _EveryFile,
    ) -> None:
        self.name = name
        self.function = function
        self.view = view
        self.methods = methods
        self.blueprints = blueprints
        self._paths = paths
        #: The policy for every method and path, if there is only one.
        self.sole = self._sole()

    def find(self, method: str, path: str) -> Policy | None:
        """Find the first policy, in the order in which they decide."""
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
    """The request that a preflight asks for, or that a request is redirected to."""

    policy: Policy | None
    path: str
    #: The rule that leads to its view; None if no view serves it.
    rule: Rule | None = None
    view_args: Mapping[str, Any] = MappingProxyType({})
    #: The methods for which the policy decides at the URL; None if it decides for all of them.
    granted: frozenset[str] | None = None


class Policies:
    """The policies of an application, as they are from its first request on.

    :param app: its routes and view functions are looked up at each request, since views may be
        added or replaced.
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
        #: Whether some policy refuses requests. Views may still be added that have such a policy.
        self.enforcing = False
        self._app = app
        # Whether neither the host nor an application's own code decides on routing.
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
        # By layer, and then by where it was written. A view may be decorated anew at each request:
        # what nobody else holds is forgotten.
        self._views: WeakKeyDictionary[Layer, dict[str, Policy]] = WeakKeyDictionary()
        self._known: WeakSet[ViewOptions] = WeakSet()
        # What preflights ask for, by path and method. Only rules without variable parts get in, so
        # that it cannot outgrow the URL map.
        self._targets: dict[tuple[str, str], Target] = {}
        # The view functions when all of them were last looked at.
        self._seen: dict[str, Callable[..., Any]] = {}
        # The rules that a path without the slash at its end is redirected to.
        self._slashed: set[str] = set()
        self._look()
        self.enforcing |= any(policy.enforce for policy in self.all())

    def _look(self) -> None:
        """Look at all views, as what one method of a URL is granted depends on the others."""
        self._seen = {**self._view_functions}
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
        """Return whether these options were found on a view that Flask knows."""
        return options in self._known

    def all(self) -> Iterator[Policy]:
        """Return every policy."""
        for made in list(self._views.values()):
            yield from list(made.values())
        for blueprint in self.blueprints:
            if isinstance(blueprint.policies, Policy):
                yield blueprint.policies
        yield from (policy for _, policy in self.patterns())

    def patterns(self) -> Iterator[tuple[PathPattern, Policy]]:
        """Return every path pattern and its policy, those of blueprints first."""
        for blueprint in self.blueprints:
            if not isinstance(blueprint.policies, Policy):
                yield from blueprint.policies.entries
        yield from self.paths.entries

    def find(self, request: Request) -> Policy | None:
        """Find the policy for a request that is not a preflight."""
        rule = request.url_rule
        if rule is None:
            return self._unrouted(request)
        endpoint = self._endpoints.get(rule.endpoint)
        if endpoint is None or endpoint.function is not self._view_functions.get(rule.endpoint):
            endpoint = self.of_endpoint(rule.endpoint)
        # A path with a dot segment may match no pattern, although there is only one.
        if endpoint.sole is not None and "/." not in request.path:
            return endpoint.sole
        return endpoint.find(request.method, request.path)

    def find_for_preflight(self, request: Request, method: str) -> Target:
        """Find the policy for a preflight: that of the request it asks for.

        :param method: ``Access-Control-Request-Method`` as it arrived.
        """
        if self._seen != self._view_functions:
            self._look()
        # An empty method would mean that of the preflight itself.
        method = method.upper() if is_token(method) else "?"
        by_path = self._routes_by_path and "HTTP_UPGRADE" not in request.environ
        key = (request.environ.get("PATH_INFO", ""), method)
        target = self._targets.get(key) if by_path else None
        if target is None:
            adapter = self._bind(request)
            if adapter is None:
                return Target(None, request.path)
            target = self._find_target(adapter, method, request.path)
            target = self._granting(target, adapter, request.path)
            rule = target.rule
            if by_path and rule is not None and rule.methods is not None and not rule.arguments:
                self._targets[key] = target
        return target

    def _granting(self, target: Target, adapter: MapAdapter, path: str) -> Target:
        """Find the methods of a URL for which its policy decides.

        :param path: the URL's own, from which it may be redirected.
        """
        policy, rule = target.policy, target.rule
        redirects = target.path != path or (rule and f"{rule.rule}/" in self._slashed)
        if policy is None or not (self._known or self.blueprints or redirects):
            # Paths alone decide, whatever the method.
            return target
        methods = {*adapter.allowed_methods(path)}
        if not path.endswith("/"):
            methods.update(adapter.allowed_methods(f"{path}/"))
        deciding: dict[str, Policy | None] = {}
        served: list[Policy | None] = [policy]
        for method in methods:
            found = self._find_target(adapter, method, path)
            if found.rule is not None:
                deciding[method] = found.policy
                if _serves(found.rule, method):
                    served.append(found.policy)
        if _the_same(served) is not None:
            return target
        # Where views differ, a method that none of them serves belongs to what is around them.
        owner = self._owner(adapter, path)
        return target._replace(
            granted=frozenset(
                method
                for method in policy.all_methods
                if _the_same([policy, deciding.get(method, owner)]) is not None
            )
        )

    def trusts(self, request: Request) -> bool:
        """Return whether a request is for a host of the application (``TRUSTED_HOSTS``)."""
        # Routing itself refuses a request in this way only where WebSockets are mixed up.
        failed = isinstance(request.routing_exception, BadRequest)
        return not failed or self._bind(request) is not None

    def of_endpoint(self, name: str | None) -> EndpointPolicies:
        """Return what an endpoint's view and blueprints say, whatever the path."""
        # A rule that only redirects needs no endpoint.
        name = name or ""
        function = self._view_functions.get(name)
        endpoint = self._endpoints.get(name)
        if endpoint is None or endpoint.function is not function:
            endpoint = self._endpoints[name] = self._settle(name, function)
        return endpoint

    def has_view_policy(self, request: Request) -> bool:
        """Return whether the view that serves a request has its own policy."""
        if request.endpoint is None:
            return False
        endpoint = self.of_endpoint(request.endpoint)
        return endpoint.methods.get(request.method, endpoint.view) is not None

    def _settle(self, name: str, function: Callable[..., Any] | None) -> EndpointPolicies:
        own = self._settled(function)
        methods: dict[str, Policy] = {}
        view_class = getattr(function, "view_class", None)
        for method in (view_class.methods if is_method_view(view_class) else None) or ():
            upper = method.upper()
            for served in {upper, "HEAD"} if upper == "GET" else {upper}:
                policy = self._settled(function, served)
                if policy is not None:
                    methods[served] = policy
        blueprints = []
        around = name
        while "." in around:
            around = around.rpartition(".")[0]
            if around in self._by_name:
                blueprints.append(self._by_name[around])
        paths: ResourceMap[Policy] | _EveryFile = self.paths
        if name == "static":
            for rule in self._app.url_map.iter_rules(name):
                if rule.rule.startswith("/<"):
                    paths = _EveryFile(self, rule.host or rule.subdomain or "")
        return EndpointPolicies(name, function, own, methods, blueprints, paths)

    def _settled(
        self, function: Callable[..., Any] | None, method: str | None = None
    ) -> Policy | None:
        options = None if function is None else view_options(function, method)
        if options is None:
            return None
        self._known.add(options)
        return self.of_view(options)

    def _unrouted(self, request: Request) -> Policy | None:
        error, adapter = request.routing_exception, self._bind(request)
        if adapter is None:
            # A host that is not trusted: the URL map was not asked.
            return self.paths.find(request.path)
        if error is None:
            # Something failed before the URL map was asked, as opening the session may.
            return self._find_target(adapter, request.method, request.path).policy
        return self._failed(error, adapter, request.method, request.path).policy

    def _bind(self, request: Request) -> MapAdapter | None:
        """Return what matches the URL of a request; None if its host is not trusted."""
        try:
            return self._app.create_url_adapter(request)
        except HTTPException:
            return None

    def _find_target(self, adapter: MapAdapter, method: str, path: str) -> Target:
        try:
            rule, view_args = _match(adapter, None, method)
        except HTTPException as error:
            return self._failed(error, adapter, method, path)
        return self._served(rule, view_args, method, path)

    def _served(self, rule: Rule, view_args: Mapping[str, Any], method: str, path: str) -> Target:
        policy = self.of_endpoint(rule.endpoint).find(method, path)
        return Target(policy, path, rule, view_args)

    def _failed(self, error: HTTPException, adapter: MapAdapter, method: str, path: str) -> Target:
        """Find the policy for a URL at which no view serves the method."""
        target = path
        for _ in range(_MAX_REDIRECTS):
            if not isinstance(error, RequestRedirect):
                break
            local = _local_path(error.new_url, adapter)
            if local is None:
                return Target(self._owner(adapter, path), path)
            target = local
            try:
                rule, view_args = _match(adapter, target, method)
            except HTTPException as another:
                error = another
            else:
                return self._served(rule, view_args, method, target)
        if isinstance(error, MethodNotAllowed):
            rules = _rules_at(target, error.valid_methods or (), adapter)
            shared = _the_same(
                [
                    self.of_endpoint(rule.endpoint).find(name, target)
                    for name, rule in rules.items()
                    if _serves(rule, name)
                ]
            )
            if shared is not None:
                return Target(shared, target)
        return Target(self._owner(adapter, target), target)

    def _owner(self, adapter: MapAdapter, path: str) -> Policy | None:
        """Find the policy for a URL that leads to no view."""
        domain = adapter.server_name if adapter.map.host_matching else adapter.subdomain
        return self.below_prefixes(domain or "", path)

    def below_prefixes(self, domain: str, path: str) -> Policy | None:
        """Find the policy of the blueprint whose prefix a path is below, else that of the path.

        :param domain: the subdomain, or the host with ``host_matching``.
        """
        for blueprint in self._by_prefix:
            if blueprint.owns(domain, path):
                policy = blueprint.find(path)
                if policy is not None:
                    return policy
        return self.paths.find(path)


class _EveryFile:
    """Finds the policy where ``static_url_path=""`` takes every URL without a view for a file."""

    #: There is no policy for all of them.
    everywhere = None

    def __init__(self, policies: Policies, domain: str) -> None:
        self._policies = policies
        self._domain = domain

    def find(self, path: str) -> Policy | None:
        """Find the policy for a path."""
        return self._policies.below_prefixes(self._domain, path)


def _the_same(policies: Sequence[Policy | None]) -> Policy | None:
    """Return the policy that all of several are; None if they differ."""
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


def _serves(rule: Rule, method: str) -> bool:
    """Return whether a view itself, and not Flask in its place, answers a method."""
    return method != "OPTIONS" or not getattr(rule, "provide_automatic_options", False)


def _match(adapter: MapAdapter, path: str | None, method: str) -> tuple[Rule, Mapping[str, Any]]:
    try:
        return adapter.match(path, method, return_rule=True)
    except HTTPException:
        raise
    except Exception as error:
        # A URL converter of the application's own crashed, so no view is reached.
        raise NotFound from error


def _local_path(url: str, adapter: MapAdapter) -> str | None:
    """Return the path at which the application would route a URL that it redirects to."""
    parts = urlsplit(url)
    script_name = adapter.script_name.rstrip("/")
    if parts.netloc != adapter.get_host(None) or not parts.path.startswith(f"{script_name}/"):
        return None
    return unquote(parts.path[len(script_name) :])
