"""Finds out whether browsers send an app's session cookie with the requests of a page.

The test browser tries it: a page logs in, and then its next request either has the cookie or not.
The remedy is found in the same way, by trying changes.
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
from .credential_checks import CSRF_EXTENSION

if TYPE_CHECKING:
    from flask import Flask

    from ..core.policy import Policy
    from ..testing.url import URL


@dataclass(frozen=True)
class SessionCookie:
    """Whether browsers send the session cookie."""

    name: str
    is_sent: bool
    #: Why it is not sent, or which browsers send it; empty if all of them do.
    reason: str
    #: What to change, as sentences without the last period; empty if nothing helps or is needed.
    remedy: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that ``flask cors explain --json`` prints."""
        return asdict(self)


@dataclass(frozen=True)
class _Setup:
    """A session cookie and the URL of the response that sets it."""

    url: URL
    #: The arguments for ``dump_cookie``.
    cookie: dict[str, Any]

    def with_cookie(self, **changes: Any) -> _Setup:
        return replace(self, cookie={**self.cookie, **changes})


_Fix: TypeAlias = tuple[str, Callable[[_Setup], _Setup]]

#: The changes that may help, each with a text. Removing Secure is not among them: it is unsafe.
_FIXES: Sequence[_Fix] = (
    (
        'set SESSION_COOKIE_SAMESITE="None" and SESSION_COOKIE_SECURE=True',
        lambda setup: setup.with_cookie(samesite="None", secure=True),
    ),
    ("set SESSION_COOKIE_DOMAIN=None", lambda setup: setup.with_cookie(domain=None)),
    ('set SESSION_COOKIE_PATH="/"', lambda setup: setup.with_cookie(path="/")),
    (
        "serve the app over https",
        lambda setup: replace(setup, url=replace(setup.url, scheme="https")),
    ),
)


def find_session_cookie(
    app: Flask, origin: str, url: URL, policy: Policy | None
) -> SessionCookie | None:
    """Find out whether a page's request with credentials carries the session cookie.

    :param origin: the page's origin.
    :param url: the URL that the page fetches.
    :param policy: the policy of that URL; None if no policy covers it.
    :returns: None if the app has no session.
    """
    if not app.secret_key:
        return None
    setup = _Setup(url, _cookie_of(app))
    name: str = setup.cookie["key"]
    reason = _why_not_sent(setup, origin)
    if reason:
        remedy = _remedy(setup, origin)
        if 'SESSION_COOKIE_SAMESITE="None"' in remedy:
            remedy += _csrf_advice(app, policy)
        return SessionCookie(name, is_sent=False, reason=reason, remedy=remedy)
    if _why_not_sent(setup, origin, third_party_cookies=False):
        reason = "only by browsers that allow third-party cookies, so not by Safari"
        return SessionCookie(name, is_sent=True, reason=reason, remedy="")
    return SessionCookie(name, is_sent=True, reason="", remedy="")


def _cookie_of(app: Flask) -> dict[str, Any]:
    """Return the arguments for ``dump_cookie``, as Flask takes them from the configuration."""
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
    # Flask has this since 3.1.
    if hasattr(interface, "get_cookie_partitioned"):
        cookie["partitioned"] = interface.get_cookie_partitioned(app)
    return cookie


def _why_not_sent(setup: _Setup, origin: str, *, third_party_cookies: bool = True) -> str:
    """Let a page log in, and return why its next request lacks the cookie; empty if it has it."""
    try:
        login = _Login(dump_cookie(**setup.cookie), origin)
        browser = Browser(
            login, origin=origin, unblocked=BLOCKS, third_party_cookies=third_party_cookies
        )
        for _ in range(2):
            browser.fetch(str(setup.url), credentials="include")
    except (TypeError, ValueError) as error:
        return f"the app can't set it: {error}"
    if "Cookie" in browser.exchanges[-1].request.headers:
        return ""
    for rejected in browser.cookies.rejected:
        return rejected.reason
    return f"its path is {setup.cookie['path']}, which does not cover {setup.url.path}"


def _remedy(setup: _Setup, origin: str) -> str:
    """Return the fewest changes that get the cookie sent; empty if none of them help."""
    page = parse_page(origin, None).url
    candidates = [*_FIXES]
    if page is not None and is_loopback(page.host) and is_loopback(setup.url.host):
        # localhost and 127.0.0.1 are the same machine, but different sites.
        same_host = replace(setup.url, host=page.host)
        fix: _Fix = (f"fetch from {same_host.origin}", lambda setup: replace(setup, url=same_host))
        candidates.insert(0, fix)
    sizes = range(1, len(candidates) + 1)
    for fixes in chain.from_iterable(combinations(candidates, size) for size in sizes):
        changed = reduce(lambda changed, fix: fix[1](changed), fixes, setup)
        if not _why_not_sent(changed, origin):
            text = ", and ".join(text for text, _ in fixes)
            return f"{text[0].upper()}{text[1:]}, so that the session cookie is sent"
    return ""


def _csrf_advice(app: Flask, policy: Policy | None) -> str:
    """Return how to keep other pages from using a cookie with SameSite=None; empty if they can't.

    It is the advice of the audit's checks C010 and C020.
    """
    if CSRF_EXTENSION in app.extensions or (policy is not None and policy.enforce):
        return ""
    advice = ". Then protect the app against CSRF: "
    # Where any origin is allowed, enforce would refuse no request, so it is an error.
    if policy is not None and policy.origins.any:
        return f"{advice}check a CSRF token, for example with Flask-WTF"
    at = "" if policy is None else f" in {policy.where}"
    return f'{advice}set enforce="unsafe"{at}, or check a CSRF token'


class _Login:
    """A transport to a server that allows a page, and sets the cookie with every response."""

    def __init__(self, line: str, origin: str) -> None:
        self._lines = [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Set-Cookie", line),
        ]

    def send(self, request: SentRequest) -> ReceivedResponse:  # noqa: ARG002
        return ReceivedResponse(200, HeaderList(self._lines))
