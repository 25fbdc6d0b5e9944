"""A browser for tests: what a page would really get from an API.

Fetch's CORS protocol, client side, over any WSGI app. It shares the standard's grammars with the
rest of the package and nothing else, so that neither side can hide the other's mistake.
"""

from __future__ import annotations

from .browser import Browser
from .cookies import Cookie, CookieJar, RejectedCookie
from .exchange import CORSError, Exchange, NetworkError, ReceivedResponse, SentRequest, Transport
from .headers import HeaderList
from .reply import Reply

__all__ = [
    "Browser",
    "CORSError",
    "Cookie",
    "CookieJar",
    "Exchange",
    "HeaderList",
    "NetworkError",
    "ReceivedResponse",
    "RejectedCookie",
    "Reply",
    "SentRequest",
    "Transport",
]
