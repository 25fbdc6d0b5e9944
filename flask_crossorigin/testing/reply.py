"""What JavaScript can read of a response (Fetch, "filtered response").

https://fetch.spec.whatwg.org/#concept-filtered-response
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..fetch.safelists import FORBIDDEN_RESPONSE_HEADERS, SAFELISTED_RESPONSE_HEADERS
from .decoding import decode
from .headers import HeaderList
from .redirects import REDIRECT_STATUSES
from .stream import BodyStream

if TYPE_CHECKING:
    from .exchange import ReceivedResponse
    from .request import Request

#: The statuses whose body is ignored, even if the server sends one (Fetch, "null body status").
_NULL_BODY_STATUSES = frozenset({101, 103, 204, 205, 304})


@dataclass(frozen=True)
class Reply:
    """The ``Response`` that ``fetch()`` resolves with: what JavaScript is allowed to read."""

    #: What JavaScript can read: everything except ``Set-Cookie`` (``basic``), what CORS allows
    #: (``cors``), or nothing (``opaque`` and ``opaqueredirect``).
    type: Literal["basic", "cors", "opaque", "opaqueredirect"]
    #: The last URL, without its fragment. Empty if the type is ``opaque``.
    url: str
    #: The status code. 0 if the type is ``opaque`` or ``opaqueredirect``.
    status: int
    headers: HeaderList
    #: The body as a stream, for responses without an end. Empty if there is no body.
    stream: BodyStream
    #: Whether a redirect was followed.
    redirected: bool

    @property
    def ok(self) -> bool:
        """Whether the status is from 200 to 299."""
        return 200 <= self.status <= 299

    @property
    def data(self) -> bytes:
        """The whole body, even if :attr:`stream` was read before. Empty if there is no body.

        :raises NetworkError: the body is shorter than its ``Content-Length``, or cannot be
            decoded as its ``Content-Encoding`` says.
        """
        return self.stream.whole()

    @property
    def text(self) -> str:
        """The body, decoded as UTF-8 regardless of its content type."""
        return self.data.decode("utf-8-sig", "replace")

    @property
    def json(self) -> Any:
        """The body, parsed as JSON regardless of its content type.

        :raises ValueError: the body is not JSON. Unlike in Python, NaN and Infinity are not JSON.
        """
        return json.loads(self.text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def make_reply(request: Request, response: ReceivedResponse) -> Reply:
    """Make a reply with only what JavaScript is allowed to read."""
    url = str(request.url.without_fragment())
    is_opaque_redirect = request.redirect == "manual" and response.status in REDIRECT_STATUSES
    is_opaque = request.response_tainting == "opaque"
    is_null_body = request.method == "HEAD" or response.status in _NULL_BODY_STATUSES
    stream = BodyStream(())
    if is_opaque_redirect or is_opaque or is_null_body:
        response.close()
    else:
        name = f"the response to {request.method} {url}"
        stream = BodyStream(decode(response.chunks(), response.headers, name), response.close)
    if is_opaque_redirect:
        return Reply("opaqueredirect", url, 0, HeaderList(), stream, redirected=False)
    if is_opaque:
        return Reply("opaque", "", 0, HeaderList(), stream, redirected=False)
    return Reply(
        request.response_tainting,
        url,
        response.status,
        _visible_headers(request, response),
        stream,
        redirected=len(request.url_list) > 1,
    )


def _visible_headers(request: Request, response: ReceivedResponse) -> HeaderList:
    visible = frozenset(response.headers)
    if request.response_tainting == "cors":
        # An invalid list exposes nothing.
        exposed = response.headers.tokens("Access-Control-Expose-Headers") or []
        if "*" not in exposed or request.credentials == "include":
            visible = SAFELISTED_RESPONSE_HEADERS | {name.lower() for name in exposed}
    visible -= FORBIDDEN_RESPONSE_HEADERS
    return HeaderList(line for line in response.headers.lines if line[0].lower() in visible)
