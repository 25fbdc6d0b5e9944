"""What the pages try, and what must come of it.

The table in the terminal, the table on the pages and ``--check`` are all made from this.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Role = Literal["app", "stranger"]

#: What a page sees when the browser gives it an error in place of the response.
REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """What one page must see of one request."""

    #: The status, with the header that the page reads; or :data:`REFUSED`.
    sees: str
    #: The reason, in a sentence.
    why: str


_UNREADABLE = Outcome(
    REFUSED,
    "The request ran, but this origin is not in the policy: the browser keeps the answer "
    "from the page.",
)
_NOT_SENT = Outcome(
    REFUSED,
    "The preflight was refused, since this origin is not in the policy. The request itself "
    "was never sent.",
)


@dataclass(frozen=True)
class Try:
    """One request that both pages make, in the words of ``fetch()``."""

    title: str
    path: str
    #: What the page with the allowed origin must see.
    app: Outcome
    #: What the page with the other origin must see.
    stranger: Outcome
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: str | None = None
    #: Whether cookies are sent and kept.
    credentials: bool = False
    #: A response header that the page reads.
    reads: str | None = None

    def outcome(self, role: Role) -> Outcome:
        """Give what the page in this role must see."""
        return self.app if role == "app" else self.stranger


_JSON = {"Content-Type": "application/json"}

#: In the order in which they are made: the login comes before what needs it.
TRIES = (
    Try(
        "GET",
        "/api/items/",
        app=Outcome("200", "The policy of /api/* allows this origin."),
        stranger=_UNREADABLE,
    ),
    Try(
        "GET, reading X-Total",
        "/api/items/",
        reads="X-Total",
        app=Outcome("200 X-Total: 3", "The policy exposes X-Total."),
        stranger=_UNREADABLE,
    ),
    Try(
        "PUT with JSON",
        "/api/items/1",
        method="PUT",
        headers=_JSON,
        body='{"name": "quince"}',
        app=Outcome("200", "The preflight allowed PUT and Content-Type."),
        stranger=_NOT_SENT,
    ),
    Try(
        "DELETE, not in the policy",
        "/api/items/1",
        method="DELETE",
        app=Outcome(REFUSED, "The preflight lists the methods of the policy: DELETE is not one."),
        stranger=_NOT_SENT,
    ),
    Try(
        "GET with X-Request-Id",
        "/api/items/",
        headers={"X-Request-Id": "42"},
        app=Outcome("200", "The preflight allowed X-Request-Id."),
        stranger=_NOT_SENT,
    ),
    Try(
        "GET with X-Debug, not in the policy",
        "/api/items/",
        headers={"X-Debug": "1"},
        app=Outcome(REFUSED, "The policy does not list X-Debug, so the preflight left it out."),
        stranger=_NOT_SENT,
    ),
    Try(
        "POST to log in, keeping the cookie",
        "/api/login",
        method="POST",
        headers=_JSON,
        body='{"user": "ada"}',
        credentials=True,
        app=Outcome("200", "The policy supports credentials, so the cookie is kept."),
        stranger=_NOT_SENT,
    ),
    Try(
        "PUT behind the login, with the cookie",
        "/api/private/note",
        method="PUT",
        headers=_JSON,
        body='{"note": "hello"}',
        credentials=True,
        app=Outcome(
            "200",
            "The preflight came without a cookie and was answered before the hook that asks "
            "for one.",
        ),
        stranger=_NOT_SENT,
    ),
    Try(
        "GET behind the login, no cookie",
        "/api/private/note",
        app=Outcome("401", "An answer that a hook gave carries the headers too."),
        stranger=_UNREADABLE,
    ),
    Try(
        "GET of a view that crashes",
        "/api/crash",
        app=Outcome("500", "Errors carry the headers too, so the page can tell what happened."),
        stranger=_UNREADABLE,
    ),
    Try(
        "GET of a view with its own policy",
        "/api/status",
        app=Outcome("200", "The view is decorated with a policy that allows any origin."),
        stranger=Outcome("200", "The view is decorated with a policy that allows any origin."),
    ),
    Try(
        "GET of a path without its slash",
        "/api/items",
        app=Outcome("200", "The redirect to /api/items/ carries the headers, so it is followed."),
        stranger=_UNREADABLE,
    ),
    Try(
        "GET outside of /api/",
        "/internal",
        app=Outcome(REFUSED, "No policy covers this path, so no other origin may read it."),
        stranger=Outcome(REFUSED, "No policy covers this path, so no other origin may read it."),
    ),
)
