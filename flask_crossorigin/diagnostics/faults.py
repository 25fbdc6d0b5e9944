"""The well-known faults of what stands between a browser and an application."""

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
    """One thing that is wrong with how a server takes part in CORS."""

    #: As in ``second-header``; it stays.
    name: str
    message: str
    fix: str


def find_faults(exchanges: Iterable[Exchange], *, credentials: bool) -> list[Fault]:
    """Look through the hops of one fetch.

    :param credentials: whether the page sends credentials.
    """
    faults: list[Fault] = []
    for exchange in exchanges:
        if "Origin" not in exchange.request.headers:
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
        values = exchange.response.headers.getlist(name)
        joined = ", ".join(values)
        if "," in joined:
            yield Fault(
                "second-header",
                f"{_name(exchange)} has more than one {name} ({joined}), which counts as none",
                "Let one place send it, the application or the proxy. For nginx: take out its "
                f"add_header, or hide the application's with proxy_hide_header {name}.",
            )


def _wildcard_with_credentials(exchange: Exchange, *, credentials: bool) -> Iterator[Fault]:
    headers = exchange.response.headers
    claims = headers.get(_ALLOW_CREDENTIALS) == "true"
    if headers.get(_ALLOW_ORIGIN) == "*" and (credentials or claims):
        yield Fault(
            "wildcard-with-credentials",
            f"{_name(exchange)} has {_ALLOW_ORIGIN}: *, which is never for credentials",
            "Send the origin that asks, if it may act for the user: in flask_crossorigin name the "
            "origins, with supports_credentials=True. No proxy should send *.",
        )


def _preflight_status(exchange: Exchange) -> Iterator[Fault]:
    status, headers = exchange.response.status, exchange.response.headers
    name = _name(exchange)
    if status in _REDIRECTS:
        yield Fault(
            "preflight-redirected",
            f"{name} is a redirect to {headers.get('Location', 'nowhere')}, and a browser follows "
            "none for a preflight",
            "Fetch the URL that it leads to, or let OPTIONS pass the login or the proxy that "
            "redirects: a preflight has no cookies to show.",
        )
    elif status in {401, 407} or "WWW-Authenticate" in headers:
        yield Fault(
            "preflight-login",
            f"{name} asks for a login ({status}), and a preflight never carries one",
            "Let OPTIONS pass without a login: it reads and changes nothing.",
        )
    elif status == 403:
        yield Fault(
            "preflight-forbidden",
            f"{name} is 403",
            "If flask_crossorigin answers, the origin is not allowed; otherwise a firewall or a "
            "login is in the way of OPTIONS.",
        )
    elif status in {404, 405, 501}:
        yield Fault(
            "preflight-not-answered",
            f"{name} is {status}: nothing there answers OPTIONS",
            "Let the proxy pass OPTIONS on to the application, and the application cover this URL.",
        )
    elif status >= 500:
        yield Fault(
            "preflight-error",
            f"{name} is {status}: the server fails",
            "Look into the log of the server, or of the proxy before it.",
        )


def _lost_vary(exchange: Exchange) -> Iterator[Fault]:
    headers = exchange.response.headers
    varies = {name.lower() for name in headers.tokens("Vary") or ()}
    if headers.get(_ALLOW_ORIGIN, "*") != "*" and varies.isdisjoint({"origin", "*"}):
        yield Fault(
            "vary-lost",
            f"{_name(exchange)} names an origin, and its Vary does not say Origin: a cache gives "
            "it to pages of other origins, which are refused then",
            "Leave the application's Vary alone, in every proxy and cache on the way.",
        )


def _bare_status(exchange: Exchange) -> Iterator[Fault]:
    status, headers = exchange.response.status, exchange.response.headers
    if _ALLOW_ORIGIN in headers:
        return
    if status in _REDIRECTS:
        yield Fault(
            "redirect-without-headers",
            f"{_name(exchange)} is a redirect to {headers.get('Location', 'nowhere')} without "
            f"{_ALLOW_ORIGIN}",
            "If it is a login, answer requests of the API with 401 instead; else fetch the URL "
            "that it leads to.",
        )
    elif status >= 400:
        yield Fault(
            "error-without-headers",
            f"{_name(exchange)} is an error, {status}, without {_ALLOW_ORIGIN}: the page cannot "
            "tell what went wrong",
            f"Mend the {status} first. It comes from a proxy, or from an application that sends no "
            "headers with errors; nginx adds its own to them only with add_header ... always.",
        )


def _name(exchange: Exchange) -> str:
    what = "the preflight's answer" if exchange.is_preflight else "the answer"
    return f"{what} from {exchange.request.url}"
