"""Finds well-known CORS faults of servers, and of proxies and caches in front of an app."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..fetch.grammar import parse_origin
from ..testing import Exchange, HeaderList, ReceivedResponse

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
#: An origin that no server allows by name.
OTHER_ORIGIN = "https://flask-crossorigin-probe.invalid"
#: Fetch, "redirect status": https://fetch.spec.whatwg.org/#redirect-status
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Fault:
    """One fault of a server."""

    #: The name of the kind of fault, such as ``second-header``. It never changes.
    name: str
    #: What is wrong, as a sentence without its period.
    message: str
    #: How to fix it, in sentences.
    fix: str


#: Sends the request of an exchange again. The arguments are the exchange, the origin to send (None
#: for none), and whether to use a URL that no cache has stored. Returns None if the request may not
#: be sent again, or if it fails.
Resend = Callable[[Exchange, str | None, bool], ReceivedResponse | None]


def find_faults(
    exchanges: Sequence[Exchange], *, credentials: bool, resend: Resend, problem: str = ""
) -> list[Fault]:
    """Find the faults in the requests and responses of one fetch.

    :param exchanges: all of them, including preflights and redirects.
    :param credentials: whether the page sends credentials.
    :param resend: sends further requests, to confirm a suspicion.
    :param problem: why the browser rejects the last response; empty if it accepts it.
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
            faults += _preflight_without_headers(exchange)
        else:
            faults += _lost_vary(exchange, resend)
            faults += _status_without_headers(exchange)
            faults += _stripped(exchange, preflight, credentials=credentials)
            faults += _cached(exchange, resend)
            preflight = None
    if exchanges and exchanges[-1].is_cross_origin:
        faults += _not_listed(exchanges[-1], problem)
        faults += _reflected(exchanges[-1], resend)
    # Redirects may lead to the same URL twice, with the same faults.
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
                "Send one origin: the origin of the request, if it is allowed.",
            )
        elif "," in joined:
            yield Fault(
                "second-header",
                f"{_name(exchange)} has more than one {name} ({joined}), which makes it invalid",
                "Send it from the app or from the proxy, not from both. For nginx: remove its "
                f"add_header, or hide the app's header with proxy_hide_header {name}.",
            )


def _wildcard_with_credentials(exchange: Exchange, *, credentials: bool) -> Iterator[Fault]:
    headers = exchange.response.headers
    claims = headers.get(_ALLOW_CREDENTIALS) == "true"
    if headers.get(_ALLOW_ORIGIN) == "*" and (credentials or claims):
        yield Fault(
            "wildcard-with-credentials",
            f"{_name(exchange)} has {_ALLOW_ORIGIN}: *, which browsers reject with credentials",
            "If the page may act for the user, send its origin instead of *: in flask_crossorigin, "
            "list the origins and set supports_credentials=True. Don't let a proxy add *.",
        )


def _preflight_status(exchange: Exchange) -> Iterator[Fault]:
    status, headers = exchange.response.status, exchange.response.headers
    name = _name(exchange)
    if status in _REDIRECTS:
        yield Fault(
            "preflight-redirected",
            f"{name} redirects to {headers.get('Location', 'nowhere')}, but browsers don't follow "
            "redirects of preflights",
            "Fetch the URL that it redirects to. Or, if a login or a proxy redirects, let OPTIONS "
            "requests bypass it: preflights carry no cookies.",
        )
    elif status in {401, 407} or "WWW-Authenticate" in headers:
        yield Fault(
            "preflight-login",
            f"{name} asks for a login (status {status}), but preflights never carry credentials",
            "Let OPTIONS requests bypass the login: they read and change nothing.",
        )
    elif status == 403:
        yield Fault(
            "preflight-forbidden",
            f"{name} has status 403",
            "If the response comes from flask_crossorigin, the origin is not allowed. Otherwise, a "
            "firewall or a login blocks OPTIONS requests: let them pass.",
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
            f"{name} has status {status}: the server failed",
            "Look at the log of the server, or of the proxy in front of it.",
        )


def _preflight_without_headers(exchange: Exchange) -> Iterator[Fault]:
    status, headers = exchange.response.status, exchange.response.headers
    if 200 <= status <= 299 and not (_has_cors_headers(headers) or _varies(headers)):
        yield Fault(
            "preflight-without-headers",
            f"{_name(exchange)} has status {status} and no CORS headers at all",
            "A proxy or a framework responds to OPTIONS itself. Let it pass OPTIONS to the app, or "
            "add the CORS headers there.",
        )


def _has_cors_headers(headers: HeaderList) -> bool:
    return any(name.startswith("access-control-") for name in headers)


def _varies(headers: HeaderList) -> bool:
    return not {name.lower() for name in headers.tokens("Vary") or ()}.isdisjoint({"origin", "*"})


def _lost_vary(exchange: Exchange, resend: Resend) -> Iterator[Fault]:
    """Find a response that depends on the origin, but has no ``Vary: Origin``.

    A server that always allows the same origin doesn't need it.
    """
    headers = exchange.response.headers
    allowed = headers.get(_ALLOW_ORIGIN, "*")
    if allowed == "*" or _varies(headers):
        return
    others = [resend(exchange, origin, False) for origin in (None, OTHER_ORIGIN)]
    if any(other and other.headers.get(_ALLOW_ORIGIN) != allowed for other in others):
        yield Fault(
            "vary-lost",
            f"{_name(exchange)} allows one origin but has no Vary: Origin, so a cache may send it "
            "to pages from other origins, which can't read it",
            "Make every proxy and cache in front of the app keep its Vary header.",
        )


def _cached(exchange: Exchange, resend: Resend) -> Iterator[Fault]:
    """Find a response that a cache stored for another origin."""
    allowed = exchange.response.headers.get(_ALLOW_ORIGIN, "")
    origin = exchange.request.headers.get("Origin")
    if origin is None or allowed == origin or parse_origin(allowed) is None:
        return
    fresh = resend(exchange, origin, True)
    if fresh is not None and fresh.headers.get(_ALLOW_ORIGIN) in {"*", origin}:
        yield Fault(
            "cached-for-another",
            f"{_name(exchange)} allows another origin ({allowed}), but at a URL that no cache has "
            "stored, the server allows the page's origin",
            "A cache ignores the origin. Make it respect Vary: Origin, or add the origin to its "
            "cache key.",
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
                f"{_name(exchange)} has no {_ALLOW_ORIGIN}, although the preflight response has it",
                "A proxy removes the header, or something adds it only to OPTIONS responses. For "
                "nginx: look for proxy_hide_header.",
            )
    elif (
        credentials
        and headers.get(_ALLOW_ORIGIN) == exchange.request.headers.get("Origin")
        and _ALLOW_CREDENTIALS not in headers
    ):
        yield Fault(
            "credentials-stripped",
            f"{_name(exchange)} has no {_ALLOW_CREDENTIALS}, although the preflight response has "
            "it",
            "A proxy removes the header, or something adds it only to OPTIONS responses. For "
            f"nginx: look for proxy_hide_header {_ALLOW_CREDENTIALS}.",
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


def _reflected(exchange: Exchange, resend: Resend) -> Iterator[Fault]:
    """Find a server that allows every origin with credentials."""
    if exchange.response.headers.get(_ALLOW_ORIGIN) != exchange.request.headers.get("Origin"):
        return
    other = resend(exchange, OTHER_ORIGIN, False)
    if (
        other is not None
        and other.headers.get(_ALLOW_ORIGIN) == OTHER_ORIGIN
        and other.headers.get(_ALLOW_CREDENTIALS) == "true"
    ):
        yield Fault(
            "any-origin-reflected",
            f"{_name(exchange)} allows every origin (even {OTHER_ORIGIN}) with credentials, so any "
            "page can act for your users",
            "List the origins that may act for the user.",
        )


def _status_without_headers(exchange: Exchange) -> Iterator[Fault]:
    status, headers = exchange.response.status, exchange.response.headers
    if _ALLOW_ORIGIN in headers:
        return
    if status in _REDIRECTS:
        yield Fault(
            "redirect-without-headers",
            f"{_name(exchange)} redirects to {headers.get('Location', 'nowhere')} without "
            f"{_ALLOW_ORIGIN}",
            "If it redirects to a login, respond to API requests with status 401 instead. "
            "Otherwise, fetch the URL that it redirects to.",
        )
    elif status >= 400:
        yield Fault(
            "error-without-headers",
            f"{_name(exchange)} has status {status} and no {_ALLOW_ORIGIN}, so the page can't "
            "read the error",
            f"Fix the cause of the {status} first. The response comes from a proxy, or from an app "
            "that sends no CORS headers with errors. For nginx: add_header applies to errors only "
            "with the parameter always.",
        )


def plain_http_to_tls(url: str) -> Fault:
    """Return the fault of an ``http`` URL whose port expects TLS."""
    return Fault(
        "plain-http-to-tls",
        f"the port of {url} expects TLS, but the URL starts with http",
        "Write https in the URL.",
    )


def _name(exchange: Exchange) -> str:
    kind = "preflight response" if exchange.is_preflight else "response"
    return f"the {kind} from {exchange.request.url}"
