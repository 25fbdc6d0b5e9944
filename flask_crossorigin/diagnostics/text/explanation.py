"""Formats the output of ``flask cors explain``."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .terminal import VERDICTS, printable

if TYPE_CHECKING:
    from ..explain import Explanation, Message, Preflight
    from .terminal import Terminal

_LABELS = 16


def explanation_lines(explanation: Explanation, terminal: Terminal) -> Iterator[str]:
    """Yield the lines: the verdict, the requests, what to change, and how to reproduce it."""
    verdict, reason = explanation.verdict.upper(), printable(explanation.reason)
    # The reason "allowed by CORS(app)" would repeat the verdict.
    by = reason.removeprefix("allowed ")
    text = f"{verdict} {by}" if by != reason else f"{verdict}: {reason}"
    yield terminal.fill(text, "", "    ", VERDICTS)
    yield ""
    yield from _overview(explanation, terminal)
    for redirect in explanation.redirects:
        yield from _message_lines(redirect, terminal, "Request, redirected")
    preflight, response = explanation.preflight, explanation.response
    if preflight is not None:
        yield from _message_lines(preflight, terminal, "Preflight")
        yield terminal.fill(_preflight_outcome(preflight, explanation.method), "  ")
    if response is not None:
        yield from _message_lines(response, terminal, "Request")
        yield terminal.fill(_outcome(response, explanation), "  ")
    cookie = explanation.session_cookie
    remedies = [explanation.remedy, cookie.remedy if cookie else ""]
    if any(remedies):
        yield "\n" + terminal.title("What to change")
        yield from (terminal.fill(f"{printable(text)}.", "  ") for text in remedies if text)
    if explanation.notes:
        yield "\n" + terminal.title("Notes")
        for note in explanation.notes:
            yield terminal.fill(printable(note), "  - ", "    ")
    yield "\n" + terminal.title("To reproduce it with curl")
    for message in (*explanation.redirects, preflight, response):
        if message is not None:
            yield curl_line(message.method, message.url, message.request_headers)


def _overview(explanation: Explanation, terminal: Terminal) -> Iterator[str]:
    server = "{0.scheme}://{0.netloc}".format(urlsplit(explanation.url))
    place = "" if explanation.place is None else f" ({explanation.place})"
    with_cookies = " with credentials" if explanation.credentials else ""
    facts = {
        "Page": explanation.origin,
        "Request": f"{explanation.method} {explanation.url}{with_cookies}",
        "Cross-origin": f"yes: {explanation.origin} is not {server}",
        "Preflight": "no: neither the method nor a header requires one",
        "Policy": f"{explanation.policy or 'none'}{place}",
    }
    if explanation.preflight is not None:
        facts["Preflight"] = f"yes, because of {' and '.join(explanation.preflight.because)}"
    if not explanation.is_cross_origin:
        facts["Cross-origin"] = "no: the page and the URL have the same scheme, host and port"
        facts["Preflight"] = "no: only a cross-origin request can require one"
        facts["Policy"] = "not needed"
    cookie = explanation.session_cookie
    if cookie is not None:
        sent = "sent" if cookie.is_sent else "not sent"
        facts["Session cookie"] = f"{sent}: {cookie.reason}" if cookie.reason else sent
    for label, fact in facts.items():
        yield terminal.fill(printable(fact), label.ljust(_LABELS), " " * _LABELS)


def _message_lines(message: Message, terminal: Terminal, title: str) -> Iterator[str]:
    parts = urlsplit(message.url)
    query = f"?{parts.query}" if parts.query else ""
    status = "(the view sets the status)" if message.status is None else message.status
    yield "\n" + terminal.title(title)
    yield f"  > {message.method} {parts.path}{query}"
    for name, value in message.request_headers.items():
        yield terminal.header(">", name, printable(value))
    yield f"  < {status}"
    for name, value in message.headers.items():
        yield terminal.header("<", name, printable(value))


def _preflight_outcome(preflight: Preflight, method: str) -> str:
    if preflight.problem is None:
        return f"The browser sends the {method}."
    return f"The browser does not send the {method}: the response {preflight.problem}."


def _outcome(response: Message, explanation: Explanation) -> str:
    if response.problem is not None:
        return f"The page cannot read the response: it {response.problem}."
    if explanation.verdict == "refused":
        return "The page gets no response."
    return "The page gets the response."


def curl_line(method: str, url: str, headers: Mapping[str, str]) -> str:
    """Return the curl command that sends a request and prints the headers of its response.

    Headers with characters outside ASCII are quoted as ``$'...'``, which bash and zsh understand.
    """
    options = ["-I"] if method == "HEAD" else ["-i", "-X", _quote(method)]
    if not {"[", "{"}.isdisjoint(url):
        # Without -g, curl would expand these characters to a list of URLs.
        options.append("-g")
    parts = [f"  curl {' '.join(options)} {_quote(url)}"]
    # For a header with an empty value, curl wants "Name;": with "Name:" it sends no such header.
    lines = (f"{name}: {value}" if value else f"{name};" for name, value in headers.items())
    return " \\\n    ".join([*parts, *(f"-H {_quote(line)}" for line in lines)])


def _quote(text: str) -> str:
    """Quote a text for the shell, so that curl sends the same bytes as a browser."""
    if text.isascii() and text.isprintable():
        return shlex.quote(text)
    return "$'{}'".format(
        "".join(c if " " <= c <= "~" and c not in "'\\" else f"\\x{ord(c):02x}" for c in text)
    )
