"""The well-known faults of what is between a browser and an app."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..fetch.grammar import parse_origin
from ..testing import Exchange, HeaderList, ReceivedResponse

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
#: An origin that nobody allows by name.
OTHER_ORIGIN = "https://flask-crossorigin-probe.invalid"
#: Fetch, "redirect status".
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Fault:
    """Something that a server does wrong about CORS."""

    #: As in ``second-header``. It never changes.
    name: str
    message: str
    fix: str


#: Sends the request of an exchange again: with this origin or, if it is None, without one; and, if
#: the last argument says so, at a URL that no cache knows. Returns None if it may not or cannot.
Ask = Callable[[Exchange, str | None, bool], ReceivedResponse | None]


def find_faults(
    exchanges: Sequence[Exchange], *, credentials: bool, ask: Ask, problem: str = ""
) -> list[Fault]:
    """Find the faults in the hops of one fetch.

    :param credentials: whether the page sends credentials.
    :param ask: sends further requests, which make a suspicion certain.
    :param problem: what the browser finds wrong with the last response.
    """
    faults: list[Fault] = []
    preflight: Exchange | None = None
    for exchange in exchanges:
        if not exchange.is_cross_origin:
            continue
        faults += _several_values(exchange)
        faults += _wildcard_with_credentials(exchange, credentials=credentials)
        if exchange.is_preflight:
            preflight = exchange
            faults += _preflight_status(exchange)
            faults += _unknown_to_cors(exchange)
        else:
            faults += _lost_vary(exchange, ask)
            faults += _bare_status(exchange)
            faults += _stripped(exchange, preflight, credentials=credentials)
            faults += _cached(exchange, ask)
            preflight = None
    if exchanges and exchanges[-1].is_cross_origin:
        faults += _not_listed(exchanges[-1], problem)
        faults += _reflected(exchanges[-1], ask)
    # A redirect may lead to the same URL again.
    return list(dict.fromkeys(faults))


def _several_values(exchange: Exchange) -> Iterator[Fault]:
    for name in (_ALLOW_ORIGIN, _ALLOW_CREDENTIALS):
        lines = exchange.response.headers.getlist(name)
        joined = ", ".join(lines)
        values = set(joined.replace(",", " ").split())
        if name == _ALLOW_ORIGIN and len(lines) == 1 and len(values) > 1 and "*" not in values:
            yield Fault(
                "origin-list",
                f"{_name(exchange)} lists several origins in one {name} ({joined}), which makes it "
                "invalid",
                "Send one origin: the one that asks, if it is among the allowed ones.",
            )
        elif "," in joined:
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


def _unknown_to_cors(exchange: Exchange) -> Iterator[Fault]:
    headers = exchange.response.headers
    if 200 <= exchange.response.status <= 299 and not (_knows_cors(headers) or _varies(headers)):
        yield Fault(
            "preflight-without-headers",
            f"{_name(exchange)} has status {exchange.response.status} and no CORS header at all",
            "A proxy or a framework responds to OPTIONS by itself. Let it pass OPTIONS to the app, "
            "or let it add the headers.",
        )


def _knows_cors(headers: HeaderList) -> bool:
    return any(name.startswith("access-control-") for name in headers)


def _varies(headers: HeaderList) -> bool:
    return not {name.lower() for name in headers.tokens("Vary") or ()}.isdisjoint({"origin", "*"})


def _lost_vary(exchange: Exchange, ask: Ask) -> Iterator[Fault]:
    """Find a response that depends on the origin and does not say so.

    A server that always names the same origin is right.
    """
    headers = exchange.response.headers
    allowed = headers.get(_ALLOW_ORIGIN, "*")
    if allowed == "*" or _varies(headers):
        return
    others = [ask(exchange, origin, False) for origin in (None, OTHER_ORIGIN)]
    if any(other and other.headers.get(_ALLOW_ORIGIN) != allowed for other in others):
        yield Fault(
            "vary-lost",
            f"{_name(exchange)} names an origin without Vary: Origin, so a cache may return it to "
            "pages of other origins, where it fails",
            "Keep the app's Vary header in every proxy and cache on the way.",
        )


def _cached(exchange: Exchange, ask: Ask) -> Iterator[Fault]:
    allowed = exchange.response.headers.get(_ALLOW_ORIGIN, "")
    origin = exchange.request.headers.get("Origin")
    if origin is None or allowed == origin or parse_origin(allowed) is None:
        return
    fresh = ask(exchange, origin, True)
    if fresh is not None and fresh.headers.get(_ALLOW_ORIGIN) in {"*", origin}:
        yield Fault(
            "cached-for-another",
            f"{_name(exchange)} names another origin ({allowed}), and at a URL that no cache knows "
            "it names this one",
            "A cache keeps responses without regard to the origin. Let it heed Vary: Origin, or "
            "make the origin part of its key.",
        )


def _stripped(
    exchange: Exchange, preflight: Exchange | None, *, credentials: bool
) -> Iterator[Fault]:
    headers, status = exchange.response.headers, exchange.response.status
    if preflight is None or _ALLOW_ORIGIN not in preflight.response.headers:
        return
    if _ALLOW_ORIGIN not in headers:
        if status < 300:
            yield Fault(
                "headers-stripped",
                f"{_name(exchange)} has no {_ALLOW_ORIGIN}, although the preflight has it",
                "Something on the way removes the header, or adds it to OPTIONS alone. For nginx: "
                "look for proxy_hide_header.",
            )
    elif (
        credentials
        and headers.get(_ALLOW_ORIGIN) == exchange.request.headers.get("Origin")
        and _ALLOW_CREDENTIALS not in headers
    ):
        yield Fault(
            "credentials-stripped",
            f"{_name(exchange)} has no {_ALLOW_CREDENTIALS}, although the preflight has it",
            f"Something on the way removes the header. For nginx: look for proxy_hide_header "
            f"{_ALLOW_CREDENTIALS}.",
        )


def _not_listed(exchange: Exchange, problem: str) -> Iterator[Fault]:
    if problem.startswith("does not allow the method "):
        yield Fault(
            "method-not-listed",
            f"{_name(exchange)} {problem}",
            "If the page needs the method, list it in Access-Control-Allow-Methods.",
        )
    elif problem.startswith("does not allow the header "):
        yield Fault(
            "header-not-listed",
            f"{_name(exchange)} {problem}",
            "If the page needs the header, list it in Access-Control-Allow-Headers.",
        )


def _reflected(exchange: Exchange, ask: Ask) -> Iterator[Fault]:
    """Find a server that allows every origin to act for its users."""
    if exchange.response.headers.get(_ALLOW_ORIGIN) != exchange.request.headers.get("Origin"):
        return
    other = ask(exchange, OTHER_ORIGIN, False)
    if (
        other is not None
        and other.headers.get(_ALLOW_ORIGIN) == OTHER_ORIGIN
        and other.headers.get(_ALLOW_CREDENTIALS) == "true"
    ):
        yield Fault(
            "any-origin-reflected",
            f"{_name(exchange)} allows whatever origin asks ({OTHER_ORIGIN} too), with "
            "credentials: every page can act for your users",
            "Name the origins that may act for the user.",
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


def plain_http_to_tls(url: str) -> Fault:
    """Return the fault of a URL with http whose port expects TLS."""
    return Fault(
        "plain-http-to-tls",
        f"the port of {url} expects TLS, and the URL has http",
        "Write https in the URL.",
    )


def _name(exchange: Exchange) -> str:
    kind = "preflight response" if exchange.is_preflight else "response"
    return f"the {kind} from {exchange.request.url}"
