"""How ``flask cors explain`` prints an explanation."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .terminal import VERDICTS

if TYPE_CHECKING:
    from ..explain import Explanation, Message, Preflight
    from .terminal import Terminal

_LABELS = 16


def explanation_lines(explanation: Explanation, terminal: Terminal) -> Iterator[str]:
    """Format an explanation: the verdict, the exchange, what to change, how to reproduce it."""
    verdict, reason = explanation.verdict.upper(), explanation.reason
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
    if explanation.remedy:
        yield "\n" + terminal.title("What to change")
        yield terminal.fill(f"{explanation.remedy}.", "  ")
    if explanation.notes:
        yield "\n" + terminal.title("Notes")
        for note in explanation.notes:
            yield terminal.fill(note, "  - ", "    ")
    yield "\n" + terminal.title("To reproduce it with curl")
    for message in (preflight, response):
        if message is not None:
            yield curl_line(message.method, message.url, message.request_headers)


def _overview(explanation: Explanation, terminal: Terminal) -> Iterator[str]:
    server = "{0.scheme}://{0.netloc}".format(urlsplit(explanation.url))
    with_cookies = " with credentials" if explanation.credentials else ""
    facts = {
        "Page": explanation.origin,
        "Request": f"{explanation.method} {explanation.url}{with_cookies}",
        "Cross-origin": f"yes: {explanation.origin} is not {server}",
        "Preflight": "no: neither the method nor a header requires one",
        "Policy": explanation.policy or "none",
    }
    if explanation.preflight is not None:
        facts["Preflight"] = f"yes, because of {' and '.join(explanation.preflight.because)}"
    if not explanation.is_cross_origin:
        facts["Cross-origin"] = "no: the page and the URL have the same scheme, host and port"
        facts["Preflight"] = "no: only a cross-origin request can require one"
        facts["Policy"] = "not needed"
    for label, fact in facts.items():
        yield terminal.fill(fact, label.ljust(_LABELS), " " * _LABELS)


def _message_lines(message: Message, terminal: Terminal, title: str) -> Iterator[str]:
    parts = urlsplit(message.url)
    query = f"?{parts.query}" if parts.query else ""
    status = "(the view sets the status)" if message.status is None else message.status
    yield "\n" + terminal.title(title)
    yield f"  > {message.method} {parts.path}{query}"
    yield from (
        terminal.header(">", name, value) for name, value in message.request_headers.items()
    )
    yield f"  < {status}"
    yield from (terminal.header("<", name, value) for name, value in message.headers.items())


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
    """Return the curl command that sends a request and shows the headers of its response."""
    options = "-I" if method == "HEAD" else f"-i -X {shlex.quote(method)}"
    parts = [f"  curl {options} {shlex.quote(url)}"]
    parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    return " \\\n    ".join(parts)
