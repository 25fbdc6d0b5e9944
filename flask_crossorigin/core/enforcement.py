"""Which requests the option ``enforce`` refuses before the application runs.

It protects against cross-site request forgery in the same way, and in the same order, as .NET 11
and as ``CrossOriginProtection`` in Go 1.25: https://pkg.go.dev/net/http#CrossOriginProtection.
They trust a list of origins. Here, the policy says which origins are trusted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..fetch.grammar import SAFE_METHODS
from .policy import Decision, Policy


class Sender(NamedTuple):
    """What a request says about its sender."""

    #: The ``Origin`` header; None if there is none.
    origin: str | None
    #: The ``Sec-Fetch-Site`` header, which JavaScript can't set
    #: (https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header); None if there is
    #: none.
    fetch_site: str | None
    method: str
    #: Whether it opens a WebSocket. Its method is GET, but it lets the page send messages.
    is_handshake: bool
    #: The server's own origin, by the host of the request; None if that host is not trusted.
    own_origin: str | None

    @property
    def is_safe(self) -> bool:
        """Whether the request should change nothing on the server.

        https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1
        """
        return self.method in SAFE_METHODS and not self.is_handshake


def find_refusal(policy: Policy, sender: Sender, decide: Callable[[], Decision]) -> Decision | None:
    """Find out whether ``enforce`` refuses a request.

    :param policy: the policy of the request's URL.
    :param decide: makes the policy's decision on the request. It is only called if needed.
    :returns: a decision with the reason for the refusal; None if the request passes.
    """
    # 1. With enforce="unsafe", a policy only protects what can change something.
    if not policy.enforce or (policy.enforce == "unsafe" and sender.is_safe):
        return None
    # 2. The browser says that the user or a page of this server sent the request.
    if sender.fetch_site in ("same-origin", "none"):
        return None
    # 3. Without an Origin, only Sec-Fetch-Site says where the request comes from. Links, images and
    #    older browsers send GET without it. So do programs other than browsers, with any method.
    if sender.origin is None:
        if sender.fetch_site in ("cross-site", "same-site") and not sender.is_safe:
            return Decision(policy, None, "cross-site")
        return None
    # 4. Older browsers, and pages over plain http, send no Sec-Fetch-Site but the server's origin.
    if sender.origin == sender.own_origin:
        return None
    # 5. The policy says which other origins are trusted.
    decision = decide()
    if decision.origin_allowed:
        return None
    if sender.own_origin is not None and _without_scheme(sender.origin) == _without_scheme(
        sender.own_origin
    ):
        return Decision(policy, sender.origin, "scheme", method=decision.method)
    return decision


def _without_scheme(origin: str) -> str:
    return origin.partition("://")[2]
