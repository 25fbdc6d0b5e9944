"""Which routes pages from one origin may use: ``flask cors routes --origin``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.policy import Decision
from ..hooks import begin, skip_teardown
from ..state import State
from ..testing import Browser, HeaderList, SentRequest
from ..testing.wsgi import make_environ
from .policy_facts import policy_facts
from .server import locate

if TYPE_CHECKING:
    from flask import Flask

    from ..core.policy import Policy
    from ..scope import Policies
    from .explain import Verdict
    from .routes import Route, Routes


@dataclass(frozen=True)
class Access:
    """What a page may do on one route."""

    route: Route
    verdict: Verdict
    #: The reason for the verdict, as a sentence.
    reason: str
    credentials: bool = False
    #: How long browsers may cache the preflight response, in seconds; None for their default.
    max_age: int | None = None
    #: The request headers that the page may set, and the response headers that it may read.
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    #: The URL of the sample request that callables among the origins got; None without callables.
    url: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``flask cors routes --origin --json`` prints."""
        return {
            **self.route.to_dict(),
            "access": {
                "verdict": self.verdict,
                "reason": self.reason,
                "credentials": self.credentials,
                "max_age": self.max_age,
                "allow_headers": list(self.allow_headers),
                "expose_headers": list(self.expose_headers),
                "url": self.url,
            },
        }


@dataclass(frozen=True)
class PageAccess:
    """What a page may do on all routes of an app."""

    #: The page's origin, as browsers serialize it.
    origin: str
    routes: Routes
    #: One for each route, in the same order.
    access: Sequence[Access]

    @classmethod
    def of(cls, app: Flask, routes: Routes, origin: str) -> PageAccess:
        """Find what a page may do. No view runs, but callables among the origins do.

        :param routes: the routes to look at.
        :param origin: the page's origin, or an opaque origin: ``"null"`` or ``"file://"``.
        :raises ValueError: ``origin`` is not an origin.
        """
        origin = Browser(app, origin=origin).origin
        by_rule: dict[tuple[str, str], list[Route]] = {}
        for route in routes.routes:
            by_rule.setdefault((route.domain, route.rule), []).append(route)
        finder = _AccessFinder(app, routes.policies, origin)
        access = [finder.find(route, by_rule[route.domain, route.rule]) for route in routes.routes]
        return cls(origin, routes, access)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``flask cors routes --origin --json`` prints."""
        routes = [access.to_dict() for access in self.access]
        return {**self.routes.to_dict(), "origin": self.origin, "routes": routes}


class _AccessFinder:
    """Finds what the policies of an app allow pages from one origin to do."""

    def __init__(self, app: Flask, policies: Policies, origin: str) -> None:
        self._app = app
        self._policies = policies
        self._origin = origin

    def find(self, route: Route, neighbors: Sequence[Route]) -> Access:
        """Find what the page may do on a route.

        :param neighbors: all routes with the same URL rule, including this one.
        """
        policy = route.policy
        if policy is None:
            return Access(route, "refused", str(Decision(None, self._origin, "no-policy")))
        granted = _granted(neighbors, policy)
        if not policy.asks:
            decision = policy.preflight(self._origin, route.method, granted=granted)
            return _access(route, decision)
        url, root = _sample_url(self._app, route)
        environ = make_environ(
            SentRequest(route.method, url, HeaderList([("Origin", self._origin)]))
        )
        environ["SCRIPT_NAME"] = root
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(root)
        context = self._app.request_context(environ)
        # Callables among the origins may use the request and the session, so enter the context.
        skip_teardown(self._app, State.of(self._app))
        with context:
            request = context.request
            # This keeps teardown_request functions from running: no before_request function ran.
            begin(self._policies, request).skips_hooks = True
            decision = policy.preflight(
                self._origin, route.method, granted=granted, request=request
            )
        return _access(route, decision, url)


def _granted(neighbors: Sequence[Route], policy: Policy) -> frozenset[str] | None:
    """Return the methods of a URL rule for which a policy decides; None for all of them."""
    deciding = frozenset(
        route.method
        for route in neighbors
        if route.policy is not None and route.policy.says_the_same(policy)
    )
    return None if deciding == {route.method for route in neighbors} else deciding


def _sample_url(app: Flask, route: Route) -> tuple[str, str]:
    """Return a sample URL that a route matches, and the path where the app is mounted."""
    url, server = locate(app, route.sample)
    host, port = url.host, "" if url.port is None else f":{url.port}"
    if route.domain and "<" not in route.domain:
        if app.url_map.host_matching:
            host, port = route.domain, ""
        elif not server.is_assumed:
            host = f"{route.domain}.{host}"
    return f"{url.scheme}://{host}{port}{url.path}", server.root


def _access(route: Route, decision: Decision, url: str | None = None) -> Access:
    policy = decision.policy
    if policy is None or decision.refused:
        return Access(route, "refused", str(decision), url=url)
    headers = dict(decision.headers)
    max_age = headers.get("Access-Control-Max-Age")
    return Access(
        route,
        "allowed",
        str(decision),
        credentials="Access-Control-Allow-Credentials" in headers,
        max_age=None if max_age is None else int(max_age),
        allow_headers=tuple(policy_facts(policy)["allow_headers"]),
        expose_headers=policy.expose_headers,
        url=url,
    )
