"""A browser for tests: it shows what a page would get from an API.

It implements the browser's side of the CORS protocol (https://fetch.spec.whatwg.org/) and sends
requests to any WSGI app. It shares only the standard's grammars, :mod:`flask_crossorigin.fetch`,
with the rest of the package, so that neither side can hide a mistake of the other.
"""

from __future__ import annotations

from .browser import Browser
from .cookie import Cookie
from .cookies import CookieJar, RejectedCookie
from .exchange import CORSError, Exchange, NetworkError, ReceivedResponse, SentRequest, Transport
from .headers import HeaderList
from .reply import Reply
from .stream import BodyStream

__all__ = [
    "BodyStream",
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
