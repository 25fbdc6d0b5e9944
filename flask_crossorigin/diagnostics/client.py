"""The browser's half of one exchange: what it asks, and what it makes of the answer.

These are the rules of Fetch with which an explanation is told. The browser for tests has its own,
so that each can be held against the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..fetch.grammar import SAFELISTED_METHODS, parse_token_list
from ..fetch.safelists import NON_WILDCARD_REQUEST_HEADERS, unsafe_request_header_names

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"
_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
_ALLOW_METHODS = "Access-Control-Allow-Methods"
_ALLOW_HEADERS = "Access-Control-Allow-Headers"


@dataclass(frozen=True)
class PageRequest:
    """What script asks for, after the browser has taken out what script may not say."""

    method: str
    headers: Sequence[tuple[str, str]]
    #: The page's, serialized.
    origin: str
    #: Whether cookies and other credentials go along (Fetch, credentials mode ``include``).
    credentials: bool

    @property
    def unsafe_headers(self) -> list[str]:
        """The header names that a preflight has to ask for, in lower case."""
        return unsafe_request_header_names(self.headers)

    @property
    def preflight_reasons(self) -> list[str]:
        """What makes a preflight necessary (Fetch, "HTTP fetch"); empty if nothing does."""
        reasons = [] if self.method in SAFELISTED_METHODS else [f"the method {self.method}"]
        reasons += [f"the header {name}" for name in self.unsafe_headers]
        return reasons

    @property
    def preflight_headers(self) -> dict[str, str]:
        """The headers of the preflight that tell it (Fetch, "CORS-preflight fetch")."""
        headers = {
            "Access-Control-Request-Method": self.method,
            "Origin": self.origin,
        }
        if self.unsafe_headers:
            headers["Access-Control-Request-Headers"] = ",".join(self.unsafe_headers)
        return headers

    def sent_headers(self, *, is_cross_origin: bool) -> dict[str, str]:
        """Give the headers of the request itself, but for those that every request has.

        Repeated ones are joined, as all browsers do it. ``Origin`` is left out of a GET or HEAD
        to the page's own origin (Fetch, "append a request Origin header").
        """
        headers: dict[str, str] = {}
        names: dict[str, str] = {}
        for name, value in self.headers:
            key = names.setdefault(name.lower(), name)
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        if is_cross_origin or self.method not in {"GET", "HEAD"}:
            headers["Origin"] = self.origin
        return headers


def check_cors(page: PageRequest, headers: Mapping[str, str]) -> str | None:
    """Make the CORS check (Fetch, "CORS check").

    :param headers: those of the response, none of them repeated.
    :returns: what is wrong with the response; None if the page may have it.
    """
    allowed = headers.get(_ALLOW_ORIGIN)
    if allowed == "*" and not page.credentials:
        return None
    if allowed is None:
        return f"{_ALLOW_ORIGIN} is missing"
    if allowed == "*":
        return f"{_ALLOW_ORIGIN} is *, which is never for a request with credentials"
    if allowed != page.origin:
        return f'{_ALLOW_ORIGIN} is "{allowed}" and not "{page.origin}"'
    if page.credentials and headers.get(_ALLOW_CREDENTIALS) != "true":
        return f"{_ALLOW_CREDENTIALS} is missing, and the request is one with credentials"
    return None


def check_preflight(
    page: PageRequest, status: int | None, headers: Mapping[str, str]
) -> str | None:
    """Validate the answer to a preflight (Fetch, "CORS-preflight fetch", from step 7).

    :param status: None if it is not known, and then taken for one that is good.
    :param headers: those of the response, none of them repeated.
    :returns: what is wrong with the answer; None if the request may follow.
    """
    problem = check_cors(page, headers)
    if problem is not None:
        return problem
    if status is not None and not 200 <= status <= 299:
        return f"the status is {status} and not one of 200 to 299"
    methods = parse_token_list(headers.get(_ALLOW_METHODS, "")) or []
    if page.method not in {*SAFELISTED_METHODS, *methods} and not _has_wildcard(page, methods):
        return f"{_ALLOW_METHODS} {_tell(headers.get(_ALLOW_METHODS))} {page.method}"
    names = [n.lower() for n in parse_token_list(headers.get(_ALLOW_HEADERS, "")) or []]
    for name in page.unsafe_headers:
        # * never covers Authorization, which some browsers do not hold to.
        is_covered = name not in NON_WILDCARD_REQUEST_HEADERS and _has_wildcard(page, names)
        if name not in names and not is_covered:
            return f"{_ALLOW_HEADERS} {_tell(headers.get(_ALLOW_HEADERS))} {name}"
    return None


def _has_wildcard(page: PageRequest, listed: Sequence[str]) -> bool:
    """Tell whether ``*`` is listed and means everything."""
    return "*" in listed and not page.credentials


def _tell(value: str | None) -> str:
    return "is missing, and would have to list" if value is None else f'is "{value}", without'
