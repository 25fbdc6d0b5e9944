"""The well-known faults of what is between a browser and an app."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..testing import Exchange

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
#: Fetch, "redirect status".
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Fault:
    """Something that a server does wrong about CORS."""

    #: As in ``second-header``. It never changes.
    name: str
    message: str
    fix: str


def find_faults(exchanges: Iterable[Exchange], *, credentials: bool) -> list[Fault]:
    """Find the faults in the hops of one fetch.

    :param credentials: whether the page sends credentials.
    """
    faults: list[Fault] = []
    for exchange in exchanges:
        if not exchange.is_cross_origin:
            continue
        faults += _repeated(exchange)
        faults += _wildcard_with_credentials(exchange, credentials=credentials)
        if exchange.is_preflight:
            faults += _preflight_status(exchange)
        else:
            faults += _lost_vary(exchange)
            faults += _bare_status(exchange)
    return faults


def _repeated(exchange: Exchange) -> Iterator[Fault]:
    for name in (_ALLOW_ORIGIN, _ALLOW_CREDENTIALS):
        joined = ", ".join(exchange.response.headers.getlist(name))
        if "," in joined:
            yield Fault(
                "second-header",
                f"{_name(exchange)} has more than one {name} ({joined}), which makes it invalid",
                "Let either the app or the proxy send it. For nginx: remove its add_header, or "
                f"hide the app's header with proxy_hide_header {name}.",
            )


def _wildcard_with_credentials(exchange: Exchange, *, credentials: bool) -> Iterator[Fault]:
    headers = exchange.response.headers
    claims = headers.get(_ALLOW_CREDENTIALS) == "true"
    if headers.get(_ALLOW_ORIGIN) == "*" and (credentials or claims):
        yield Fault(
            "wildcard-with-credentials",
            f"{_name(exchange)} has {_ALLOW_ORIGIN}: *, which browsers reject with credentials",
            "Send the page's origin if it may act for the user: in flask_crossorigin, name the "
            "origins and set supports_credentials=True. No proxy should send *.",
        )


def _preflight_status(exchange: Exchange) -> Iterator[Fault]:
    status, headers = exchange.response.status, exchange.response.headers
    name = _name(exchange)
    if status in _REDIRECTS:
        yield Fault(
            "preflight-redirected",
            f"{name} redirects to {headers.get('Location', 'nowhere')}, and browsers do not follow "
            "redirects of preflights",
            "Fetch the URL that it redirects to, or let OPTIONS bypass the login or the proxy that "
            "redirects: a preflight carries no cookies.",
        )
    elif status in {401, 407} or "WWW-Authenticate" in headers:
        yield Fault(
            "preflight-login",
            f"{name} asks for a login (status {status}), and preflights never carry one",
            "Let OPTIONS bypass the login: it reads and changes nothing.",
        )
    elif status == 403:
        yield Fault(
            "preflight-forbidden",
            f"{name} has status 403",
            "If it comes from flask_crossorigin, the origin is not allowed. Otherwise a firewall "
            "or a login blocks OPTIONS.",
        )
    elif status in {404, 405, 501}:
        yield Fault(
            "preflight-not-answered",
            f"{name} has status {status}: nothing there handles OPTIONS",
            "Let the proxy pass OPTIONS to the app, and give this URL a policy in the app.",
        )
    elif status >= 500:
        yield Fault(
            "preflight-error",
            f"{name} has status {status}: the server fails",
            "Look into the log of the server, or of the proxy in front of it.",
        )


def _lost_vary(exchange: Exchange) -> Iterator[Fault]:
    headers = exchange.response.headers
    varies = {name.lower() for name in headers.tokens("Vary") or ()}
    if headers.get(_ALLOW_ORIGIN, "*") != "*" and varies.isdisjoint({"origin", "*"}):
        yield Fault(
            "vary-lost",
            f"{_name(exchange)} names an origin without Vary: Origin, so a cache may return it to "
            "pages of other origins, where it fails",
            "Keep the app's Vary header in every proxy and cache on the way.",
        )


def _bare_status(exchange: Exchange) -> Iterator[Fault]:
    status, headers = exchange.response.status, exchange.response.headers
    if _ALLOW_ORIGIN in headers:
        return
    if status in _REDIRECTS:
        yield Fault(
            "redirect-without-headers",
            f"{_name(exchange)} redirects to {headers.get('Location', 'nowhere')} without "
            f"{_ALLOW_ORIGIN}",
            "If it is a login, respond to API requests with 401 instead. Otherwise fetch the URL "
            "that it redirects to.",
        )
    elif status >= 400:
        yield Fault(
            "error-without-headers",
            f"{_name(exchange)} has status {status} and no {_ALLOW_ORIGIN}, so the page cannot "
            "read the error",
            f"Fix the cause of the {status} first. It comes from a proxy, or from an app that "
            "sends no CORS headers with errors. For nginx: its add_header needs always to apply "
            "to errors.",
        )


def _name(exchange: Exchange) -> str:
    kind = "preflight response" if exchange.is_preflight else "response"
    return f"the {kind} from {exchange.request.url}"
