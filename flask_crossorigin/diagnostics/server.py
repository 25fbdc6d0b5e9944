"""Finds the URL of an app's root, and the absolute URL for a path that the user gave."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from ..fetch.grammar import parse_origin
from ..testing.url import URL, InvalidURLError, parse_url

if TYPE_CHECKING:
    from flask import Flask

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")

#: Where ``flask run`` serves.
_FLASK_RUN = "http://127.0.0.1:5000"


@dataclass(frozen=True)
class Server:
    """Where an app is reached.

    :param base: the URL of its root. Its path is the path below which the app is mounted.
    :param is_assumed: whether this is the default, because neither the user nor the configuration
        says where the app is.
    """

    base: URL
    is_assumed: bool = False

    @property
    def root(self) -> str:
        """``SCRIPT_NAME``: the path below which the app is mounted, as WSGI servers decode it."""
        return _decode(self.base.path).removesuffix("/")

    def has(self, url: URL) -> bool:
        """Return whether the app serves a URL."""
        return url.origin == self.base.origin and _is_below(url, self.root)

    def why_not(self, url: URL) -> str:
        """Return why the app does not serve a URL, as the end of a sentence."""
        if url.origin != self.base.origin:
            return "has another origin"
        return f"is not below {self.base}"


def is_absolute(text: str) -> bool:
    """Return whether a text begins with a scheme, so that it is not a path."""
    return _SCHEME.match(text) is not None


def locate(app: Flask, text: str, base_url: str | None = None) -> tuple[URL, Server]:
    """Find the absolute URL that a user means, and where the app is.

    Without ``base_url``, the location of the app comes from ``SERVER_NAME``,
    ``PREFERRED_URL_SCHEME`` and ``APPLICATION_ROOT``, as with Flask's ``url_for``. Without
    ``SERVER_NAME``, it is where ``flask run`` serves.

    :param text: an absolute URL, or a path of the app.
    :param base_url: the URL of the app's root.
    :raises ValueError: a browser can't parse one of the URLs, or ``text`` is not below
        ``base_url``.
    """
    text = text.strip()
    absolute = parse_url(text) if is_absolute(text) else None
    if base_url is not None:
        server = Server(_parse_base(base_url))
    elif absolute is not None:
        server = Server(absolute.root)
        named = _configured(app)
        if named is not None and named.has(absolute):
            server = named
    else:
        server = _configured(app) or Server(parse_url(_FLASK_RUN), is_assumed=True)
    if absolute is None:
        base = str(server.base).removesuffix("/")
        path = text[1:] if text.startswith(("/", "\\")) else text
        return parse_url(f"{base}/{path}"), server
    if absolute.is_http and not server.has(absolute):
        raise ValueError(
            f"{absolute} is not at the base URL {server.base}: it {server.why_not(absolute)}"
        )
    return absolute, server


def _configured(app: Flask) -> Server | None:
    name = app.config["SERVER_NAME"]
    if not name:
        return None
    root = app.config["APPLICATION_ROOT"].lstrip("/")
    return Server(parse_url(f"{app.config['PREFERRED_URL_SCHEME']}://{name}/{root}"))


def _parse_base(text: str) -> URL:
    try:
        url = parse_url(text)
    except InvalidURLError:
        url = None
    if (
        url is None
        or not url.is_http
        or parse_origin(str(url.origin)) is None
        or url.includes_credentials
        or (url.query, url.fragment) != (None, None)
    ):
        raise ValueError(
            f"{text!r} is not the base URL of an app. Write the scheme http or https, the host "
            "and, if the app is mounted below a path, that path, as in https://example.com/shop"
        )
    return url


def _is_below(url: URL, root: str) -> bool:
    return f"{_decode(url.path)}/".startswith(f"{root}/")


def _decode(path: str) -> str:
    return unquote_to_bytes(path).decode("latin-1")
