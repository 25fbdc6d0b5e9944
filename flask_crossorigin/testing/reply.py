"""What script gets to see of a response (Fetch, "filtered response")."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..fetch.safelists import FORBIDDEN_RESPONSE_HEADERS, SAFELISTED_RESPONSE_HEADERS
from .headers import HeaderList
from .request import REDIRECT_STATUSES

if TYPE_CHECKING:
    from .exchange import ReceivedResponse
    from .request import Request

#: The statuses that have no body, whatever the server sends (Fetch, "null body status").
_NULL_BODY_STATUSES = frozenset({101, 103, 204, 205, 304})


@dataclass(frozen=True)
class Reply:
    """The ``Response`` that ``fetch()`` resolves with, as far as script may read it."""

    #: How much of it script may read: all but ``Set-Cookie``, what CORS grants, or nothing.
    type: Literal["basic", "cors", "opaque", "opaqueredirect"]
    #: The last URL, without its fragment; empty if opaque.
    url: str
    #: 0 if opaque.
    status: int
    headers: HeaderList
    #: The body; empty where there is none.
    data: bytes
    #: Whether a redirect was followed on the way.
    redirected: bool

    @property
    def ok(self) -> bool:
        """Whether the status is one of 200 to 299."""
        return 200 <= self.status <= 299

    @property
    def text(self) -> str:
        """The body read as UTF-8, whatever the content type says."""
        return self.data.decode("utf-8-sig", "replace")

    @property
    def json(self) -> Any:
        """The body read as JSON, whatever the content type says.

        :raises ValueError: it is none.
        """
        return json.loads(self.text)


def make_reply(request: Request, response: ReceivedResponse) -> Reply:
    """Leave of a response what script may see."""
    url = str(request.url.without_fragment())
    if request.redirect == "manual" and response.status in REDIRECT_STATUSES:
        return Reply("opaqueredirect", url, 0, HeaderList(), b"", redirected=False)
    if request.tainting == "opaque":
        return Reply("opaque", "", 0, HeaderList(), b"", redirected=False)
    is_bodiless = request.method == "HEAD" or response.status in _NULL_BODY_STATUSES
    return Reply(
        request.tainting,
        url,
        response.status,
        _visible_headers(request, response),
        b"" if is_bodiless else response.body,
        redirected=len(request.url_list) > 1,
    )


def _visible_headers(request: Request, response: ReceivedResponse) -> HeaderList:
    visible = frozenset(response.headers)
    if request.tainting == "cors":
        # A malformed list exposes nothing.
        exposed = response.headers.tokens("Access-Control-Expose-Headers") or []
        if "*" not in exposed or request.credentials == "include":
            visible = SAFELISTED_RESPONSE_HEADERS | {name.lower() for name in exposed}
    visible -= FORBIDDEN_RESPONSE_HEADERS
    return HeaderList(line for line in response.headers.lines if line[0].lower() in visible)
