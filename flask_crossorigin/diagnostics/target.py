"""The URL, the origin and the headers of an exchange, as who asks about it writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, unquote_to_bytes, urlsplit

from werkzeug.test import create_environ

from ..fetch.grammar import Origin, is_token, parse_origin
from ..options.errors import Mistake
from ..options.origins import read_origin

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask import Flask

Pairs = Iterable[tuple[str, str]]
HeadersInit = Mapping[str, str] | Pairs

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_NO_HEADER_VALUE = re.compile(r"[\x00\n\r]|[^\x00-\xff]")
# What a browser leaves as it is, beside letters and digits (URL, "percent-encode sets").
_SAFE_IN_PATH = "/%!$&'()*+,;=:@-._~|[]"
_SAFE_IN_QUERY = "/%!$&()*+,;=:@-._~|[]?^`{}\\"


@dataclass(frozen=True)
class Target:
    """A URL, as a browser sends it."""

    origin: Origin
    #: Percent-encoded, without dot segments.
    path: str
    query: str

    def __str__(self) -> str:
        return f"{self.origin}{self._in_request_line}"

    @property
    def _in_request_line(self) -> str:
        return self.path + (f"?{self.query}" if self.query else "")

    def make_environ(self, method: str, headers: Mapping[str, str]) -> WSGIEnvironment:
        """Write down a request for it as a WSGI server does."""
        environ = create_environ(
            base_url=f"{self.origin}/", method=method, headers=headers, query_string=self.query
        )
        # What begins with two slashes would be taken for a host.
        environ["PATH_INFO"] = unquote_to_bytes(self.path).decode("latin-1")
        environ["REQUEST_URI"] = environ["RAW_URI"] = self._in_request_line
        return environ


def read_target(text: str, app: Flask) -> Target:
    """Read a URL as a browser does.

    :param text: a whole URL, or a path at the server that ``SERVER_NAME`` and
        ``PREFERRED_URL_SCHEME`` name, which is ``http://localhost`` without them.
    :raises ValueError: if it is none that ``fetch()`` takes.
    """
    before, question_mark, query = text.strip().partition("?")
    text = before.replace("\\", "/") + question_mark + query
    if not _SCHEME.match(text):
        scheme = app.config["PREFERRED_URL_SCHEME"]
        server = f"{scheme}://{app.config['SERVER_NAME'] or 'localhost'}"
        text = f"{server}/{text.removeprefix('/')}"
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"}:
        raise ValueError(f"{text!r} is no URL with http or https")
    if "@" in parts.netloc:
        raise ValueError(f"{text!r} has a user name, and fetch() takes no such URL")
    origin = _read_tuple_origin(f"{parts.scheme}://{parts.netloc}", "URL")
    return Target(origin, _read_path(parts.path), quote(parts.query, safe=_SAFE_IN_QUERY))


def _read_path(path: str) -> str:
    """Remove dot segments, and encode what has to be (URL, "path state")."""
    segments: list[str] = []
    parts = path.split("/")[1:] or [""]
    for index, part in enumerate(parts):
        dots = part.lower().replace("%2e", ".")
        if dots == "..":
            del segments[-1:]
        if dots not in {".", ".."}:
            segments.append(quote(part, safe=_SAFE_IN_PATH))
        elif index == len(parts) - 1:
            segments.append("")
    return "/" + "/".join(segments)


def read_page_origin(text: str, name: str = "origin") -> str:
    """Read the origin of a page, in whatever case, with a default port or a slash at the end.

    :param name: what it is called, if it is none.
    :returns: the origin as browsers write it; ``null`` is one.
    :raises ValueError: if it is none.
    """
    return text if text == "null" else str(_read_tuple_origin(text, name))


def _read_tuple_origin(text: str, name: str) -> Origin:
    try:
        # First as browsers write it: what a user may write among the origins has fewer schemes.
        read = text if parse_origin(text) else read_origin(text)
    except Mistake as mistake:
        problem = mistake.problem(name, text)
        raise ValueError(f"{name}: {problem.message} {problem.hint}") from None
    origin = parse_origin(read) if isinstance(read, str) else None
    if origin is None:
        raise ValueError(f"{name}: {text!r} is not one origin")
    return origin


def read_headers(headers: HeadersInit | None) -> list[tuple[str, str]]:
    """Read headers as ``fetch()`` does: blanks around a value do not count.

    :raises ValueError: if a name or a value is none.
    """
    pairs = cast("Pairs", headers.items() if isinstance(headers, Mapping) else headers or ())
    found: list[tuple[str, str]] = []
    for name, value in pairs:
        stripped = value.strip("\t\n\r ")
        if not is_token(name):
            raise ValueError(f"{name!r} is no header name")
        if _NO_HEADER_VALUE.search(stripped):
            raise ValueError(f"{value!r} is no value for the header {name}")
        found.append((name, stripped))
    return found
