"""Make requests from the arguments of ``fetch()``, and from links and forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from ..fetch.grammar import SAFELISTED_METHODS, is_token
from ..fetch.safelists import (
    NO_CORS_REQUEST_HEADERS,
    is_forbidden_method,
    is_forbidden_request_header,
    is_safelisted_request_header,
    normalize_method,
)
from .body import Data, make_body, make_form, make_query
from .headers import HeaderList, HeadersInit, parse_headers
from .request import Credentials, Mode, Redirect, Request
from .url import URL, InvalidURLError, parse_url

if TYPE_CHECKING:
    from .page import Page

#: The ``Accept`` header of a link or form. That of ``fetch()`` is ``*/*``.
_NAVIGATION_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def make_request(
    url: str,
    *,
    page: Page,
    base: URL | None,
    method: str,
    headers: HeadersInit | None,
    data: Data | None,
    json_value: object,
    mode: Mode,
    credentials: Credentials,
    redirect: Redirect,
    use_preflight: bool,
) -> Request:
    """Make a request from the arguments of ``fetch()`` (Fetch, "new Request(input, init)").

    https://fetch.spec.whatwg.org/#dom-request

    :param page: the page whose JavaScript calls it.
    :param base: what a relative URL is resolved against.
    :raises TypeError: ``fetch()`` would refuse an argument.
    """
    target = _parse_target(url, base, "fetch()")
    _check_choice("mode", mode, get_args(Mode))
    _check_choice("credentials", credentials, get_args(Credentials))
    _check_choice("redirect", redirect, get_args(Redirect))
    method = _parse_method(method)
    if mode == "no-cors" and method not in SAFELISTED_METHODS:
        raise TypeError(f"mode no-cors only allows GET, HEAD and POST, not {method}")
    lines = parse_headers(headers or ())
    if json_value is not None and "content-type" not in HeaderList(lines):
        lines.append(("Content-Type", "application/json"))
    kept, dropped = _guard(lines, mode)
    body = make_body(data, json_value)
    if body is not None and method in {"GET", "HEAD"}:
        raise TypeError(f"a {method} request cannot have a body")
    if body is not None and body.content_type and "content-type" not in HeaderList(kept):
        kept.append(("Content-Type", body.content_type))
    return Request(
        method=method,
        url_list=[target],
        headers=kept,
        dropped_headers=tuple(dropped),
        body=None if body is None else body.data,
        mode=mode,
        credentials=credentials,
        redirect=redirect,
        use_preflight=use_preflight,
        origin=page.origin,
        referrer=page.url,
    )


def make_navigation(
    url: str, *, page: Page, base: URL | None, method: str = "GET", data: Data | None = None
) -> Request:
    """Make the request of a link, or of a form that the user submits (HTML, "navigate").

    https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate

    :param data: the fields of the form.
    :raises TypeError: the URL or the method is not valid, or the data is not a form.
    """
    target = _parse_target(url, base, "the browser for tests")
    headers = [("Accept", _NAVIGATION_ACCEPT)]
    body: bytes | None = None
    if method == "POST":
        form = make_form(data or ())
        headers.append(("Content-Type", form.content_type))
        body = form.data
    elif method == "GET" and data is not None:
        target = target.with_query(make_query(data))
    elif method != "GET":
        raise TypeError(f"a form sends GET or POST, not {method!r}")
    return Request(
        method=method,
        url_list=[target],
        headers=headers,
        dropped_headers=(),
        body=body,
        mode="navigate",
        credentials="include",
        redirect="follow",
        origin=page.origin,
        referrer=page.url,
    )


def _parse_target(text: str, base: URL | None, who: str) -> URL:
    try:
        url = parse_url(text, base)
    except InvalidURLError as error:
        raise TypeError(str(error)) from error
    if url.includes_credentials:
        raise TypeError(f"{who} does not accept a URL with a user name or password: {text!r}")
    return url


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise TypeError(f"{name} must be one of {', '.join(choices)}, not {value!r}")


def _parse_method(method: str) -> str:
    if not isinstance(method, str) or not is_token(method):
        raise TypeError(f"{method!r} is not a valid method")
    if is_forbidden_method(method):
        raise TypeError(f"browsers do not let JavaScript send {method.upper()} requests")
    return normalize_method(method)


def _guard(headers: list[tuple[str, str]], mode: Mode) -> tuple[list[tuple[str, str]], list[str]]:
    """Drop the headers that JavaScript is not allowed to set (Fetch, "append").

    https://fetch.spec.whatwg.org/#concept-headers-append

    :returns: the allowed headers, and the names of the dropped ones.
    """
    kept: list[tuple[str, str]] = []
    dropped: list[str] = []
    for name, value in headers:
        is_allowed = not is_forbidden_request_header(name, value)
        if mode == "no-cors":
            # Repeated headers are joined, so their joined value must be safelisted.
            joined = ", ".join([*HeaderList(kept).getlist(name), value])
            is_known = name.lower() in NO_CORS_REQUEST_HEADERS
            is_allowed = is_known and is_safelisted_request_header(name, joined)
        if is_allowed:
            kept.append((name, value))
        else:
            dropped.append(name)
    return kept, dropped
