"""Whether an app's session cookie travels with the requests of a page.

The browser for tests decides: the page logs in, and then its next request has the cookie or not.
What to change is found in the same way, by trying.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import reduce
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any, TypeAlias

from werkzeug.http import dump_cookie

from ..testing import Browser, HeaderList, ReceivedResponse, SentRequest
from ..testing.blocking import BLOCKS
from ..testing.page import parse_page
from ..testing.site import is_loopback

if TYPE_CHECKING:
    from flask import Flask

    from ..testing.url import URL


@dataclass(frozen=True)
class SessionCookie:
    """Whether the session cookie travels, and why not."""

    name: str
    is_sent: bool
    #: Why it is not sent, or by which browsers; empty if all of them send it.
    reason: str
    #: What to change, as a sentence without its period; empty if there is nothing.
    remedy: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as ``flask cors explain --json`` prints it."""
        return asdict(self)


@dataclass(frozen=True)
class _Try:
    """A session cookie, and the server that sets it."""

    url: URL
    #: The arguments of ``dump_cookie``.
    cookie: dict[str, Any]

    def with_cookie(self, **changes: Any) -> _Try:
        return replace(self, cookie={**self.cookie, **changes})


_Fix: TypeAlias = tuple[str, Callable[[_Try], _Try]]

#: What may help, as text and as a change. Not to send the cookie Secure is no fix.
_FIXES: Sequence[_Fix] = (
    (
        'set SESSION_COOKIE_SAMESITE="None" and SESSION_COOKIE_SECURE=True',
        lambda tried: tried.with_cookie(samesite="None", secure=True),
    ),
    ("set SESSION_COOKIE_DOMAIN=None", lambda tried: tried.with_cookie(domain=None)),
    ('set SESSION_COOKIE_PATH="/"', lambda tried: tried.with_cookie(path="/")),
    (
        "serve the app over https",
        lambda tried: replace(tried, url=replace(tried.url, scheme="https")),
    ),
)


def find_session_cookie(app: Flask, origin: str, url: URL) -> SessionCookie | None:
    """Find whether the session cookie travels with a page's request that includes credentials.

    :param origin: the page's origin.
    :returns: None if the app has no session.
    """
    if not app.secret_key:
        return None
    tried = _Try(url, _cookie_of(app))
    name: str = tried.cookie["key"]
    reason = _why_not_sent(tried, origin)
    if reason:
        return SessionCookie(name, is_sent=False, reason=reason, remedy=_remedy(tried, origin))
    if _why_not_sent(tried, origin, third_party_cookies=False):
        reason = "only by browsers that don't block third-party cookies, as Safari does"
        return SessionCookie(name, is_sent=True, reason=reason, remedy="")
    return SessionCookie(name, is_sent=True, reason="", remedy="")


def _cookie_of(app: Flask) -> dict[str, Any]:
    """Return the arguments with which Flask sets the cookie, as far as the configuration says."""
    interface: Any = app.session_interface
    cookie = {
        "key": interface.get_cookie_name(app),
        "value": "...",
        "domain": interface.get_cookie_domain(app),
        "path": interface.get_cookie_path(app),
        "secure": interface.get_cookie_secure(app),
        "httponly": interface.get_cookie_httponly(app),
        "samesite": interface.get_cookie_samesite(app),
    }
    # Older versions of Flask don't have it.
    if hasattr(interface, "get_cookie_partitioned"):
        cookie["partitioned"] = interface.get_cookie_partitioned(app)
    return cookie


def _why_not_sent(tried: _Try, origin: str, *, third_party_cookies: bool = True) -> str:
    """Let a page log in, and return why its next request does not have the cookie."""
    try:
        login = _Login(dump_cookie(**tried.cookie), origin)
        browser = Browser(
            login, origin=origin, unblocked=BLOCKS, third_party_cookies=third_party_cookies
        )
        for _ in range(2):
            browser.fetch(str(tried.url), credentials="include")
    except (TypeError, ValueError) as error:
        return f"the app cannot set it: {error}"
    if "Cookie" in browser.exchanges[-1].request.headers:
        return ""
    for rejected in browser.cookies.rejected:
        return rejected.reason
    return f"its path is {tried.cookie['path']}, which does not cover {tried.url.path}"


def _remedy(tried: _Try, origin: str) -> str:
    """Return the fewest changes with which the cookie is sent."""
    page = parse_page(origin, None).url
    candidates = [*_FIXES]
    if page is not None and is_loopback(page.host) and is_loopback(tried.url.host):
        # This machine has several names, which are sites of their own.
        beside = replace(tried.url, host=page.host)
        here: _Fix = (f"fetch from {beside.origin}", lambda tried: replace(tried, url=beside))
        candidates.insert(0, here)
    sizes = range(1, len(candidates) + 1)
    for fixes in chain.from_iterable(combinations(candidates, size) for size in sizes):
        changed = reduce(lambda changed, fix: fix[1](changed), fixes, tried)
        if not _why_not_sent(changed, origin):
            text = ", and ".join(text for text, _ in fixes)
            return f"{text[0].upper()}{text[1:]}, so that the session cookie is sent"
    return ""


class _Login:
    """A transport to a server that allows a page, and always sets the same cookie."""

    def __init__(self, line: str, origin: str) -> None:
        self._lines = [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Set-Cookie", line),
        ]

    def send(self, request: SentRequest) -> ReceivedResponse:  # noqa: ARG002
        return ReceivedResponse(200, HeaderList(self._lines))
