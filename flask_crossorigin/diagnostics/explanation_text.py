"""An explanation, to be read in a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .text import fill

if TYPE_CHECKING:
    from .explain import Explanation, Message, Preflight

_LABELS = 16


def explanation_lines(explanation: Explanation, width: int) -> Iterator[str]:
    """Write an explanation: the verdict, the exchange, what to change, how to see it."""
    verdict = explanation.verdict.upper()
    by = explanation.reason.removeprefix("allowed ")
    colon = ":" if by == explanation.reason else ""
    yield fill(f"{verdict}{colon} {by}", width, "", "    ")
    yield ""
    yield from _overview(explanation, width)
    for redirect in explanation.redirects:
        yield from _message(redirect, "The request, which is redirected")
    if explanation.preflight is not None:
        yield from _message(explanation.preflight, "The browser asks first: the preflight")
        yield from _conclusion(explanation.preflight, explanation, width)
    if explanation.response is not None:
        yield from _message(explanation.response, "The request")
        gets = "gets" if explanation.verdict == "allowed" else "does not get"
        why = f": {explanation.response.problem}" if explanation.response.problem else ""
        yield fill(f"So the page {gets} the answer{why}.", width, "  ")
    if explanation.remedy:
        yield "\nWhat to change"
        yield fill(f"{explanation.remedy}.", width, "  ")
    if explanation.notes:
        yield "\nNote"
        for note in explanation.notes:
            yield fill(note, width, "  ")
    yield "\nTo see it with curl"
    for message in (explanation.preflight, explanation.response):
        if message is not None:
            yield curl_line(message.method, message.url, message.request_headers)


def _overview(explanation: Explanation, width: int) -> Iterator[str]:
    server = "{0.scheme}://{0.netloc}".format(urlsplit(explanation.url))
    with_cookies = " with credentials" if explanation.credentials else ""
    facts = {
        "Page": explanation.origin,
        "Request": f"{explanation.method} {explanation.url}{with_cookies}",
        "Cross-origin": f"yes: {explanation.origin} is not {server}",
        "Preflight": "no: neither the method nor a header needs one",
        "Policy": explanation.policy or "none",
    }
    if explanation.preflight is not None:
        facts["Preflight"] = f"yes, because of {' and '.join(explanation.preflight.because)}"
    if not explanation.is_cross_origin:
        facts["Cross-origin"] = "no: page and URL have the same scheme, host and port"
        facts["Preflight"] = "no: that is only for cross-origin requests"
        facts["Policy"] = "none is asked"
    for label, fact in facts.items():
        yield fill(fact, width, label.ljust(_LABELS), " " * _LABELS)


def _message(message: Message, title: str) -> Iterator[str]:
    parts = urlsplit(message.url)
    query = f"?{parts.query}" if parts.query else ""
    status = "as the view says" if message.status is None else message.status
    yield f"\n{title}"
    yield f"  > {message.method} {parts.path}{query}"
    yield from (f"  > {name}: {value}" for name, value in message.request_headers.items())
    yield f"  < {status}"
    yield from (f"  < {name}: {value}" for name, value in message.headers.items())


def _conclusion(preflight: Preflight, explanation: Explanation, width: int) -> Iterator[str]:
    if preflight.problem is None:
        yield f"  So the {explanation.method} may be sent."
    else:
        text = f"So the {explanation.method} is not sent: {preflight.problem}."
        yield fill(text, width, "  ")


def curl_line(method: str, url: str, headers: Mapping[str, str]) -> str:
    """Write the curl command that sends a request and shows the headers of its answer."""
    options = "-I" if method == "HEAD" else f"-i -X {shlex.quote(method)}"
    parts = [f"  curl {options} {shlex.quote(url)}"]
    parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    return " \\\n    ".join(parts)
