"""The page that makes the requests: its URL and origin."""

from __future__ import annotations

from dataclasses import dataclass

from ..fetch.grammar import Origin, parse_origin
from .url import URL, InvalidURLError, parse_url


@dataclass(frozen=True)
class Page:
    """The page whose JavaScript, links and forms make the requests."""

    #: The origin; None if it is opaque.
    origin: Origin | None
    #: The URL that relative URLs are resolved against and that ``Referer`` is made from. None if
    #: the page's origin is opaque or not HTTP(S).
    url: URL | None


def parse_page(origin: str | None, page: str | None) -> Page:
    """Read the arguments that say where the page is.

    :param origin: an origin, ``"null"`` or ``"file://"``. The page is at its root.
    :param page: the URL of the page.
    :raises ValueError: one of them is not valid.
    :raises TypeError: both or neither were given.
    """
    if page is not None and origin is None:
        url = _parse_http_url(page)
        if url is None or url.includes_credentials:
            raise ValueError(
                f"{page!r} is not the URL of a page: write http or https, a host and a path, as in "
                '"https://app.example.com/shop"'
            )
        return Page(url.origin, url)
    if origin is None or page is not None:
        raise TypeError("pass the origin of the page, or page= with its URL")
    if origin == "null":
        return Page(None, None)
    if origin == "file://":
        # It is opaque, but some web views send "file://" instead of "null".
        return Page(Origin("file", "", None), None)
    # The page of an app or a browser extension has an origin with a scheme other than HTTP(S).
    parsed = parse_origin(origin) or parse_server(origin)
    is_http = parsed.scheme in {"http", "https"}
    return Page(parsed, parse_url(str(parsed)) if is_http else None)


def parse_server(text: str) -> Origin:
    """Parse an HTTP(S) origin. Upper case, a default port and a trailing slash are accepted.

    :raises ValueError: it is not an origin.
    """
    url = _parse_http_url(text)
    if url is None or str(url) != f"{url.origin}/":
        raise ValueError(
            f"{text!r} is not an origin: write http or https, a host and, if needed, a port, "
            'as in "https://app.example.com"'
        )
    return url.origin


def _parse_http_url(text: str) -> URL | None:
    try:
        url = parse_url(text)
    except InvalidURLError:
        return None
    # A URL can have a host that no origin has, such as *.example.com.
    is_origin = url.is_http and parse_origin(str(url.origin)) is not None
    return url if is_origin else None
