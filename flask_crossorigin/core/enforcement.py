"""Which requests the option ``enforce`` refuses before the application runs.

The order is that of ``CrossOriginProtection`` in Go 1.25 and of .NET 11, which call it protection
against cross-site request forgery. Theirs trust a list of origins; here that is the policy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..fetch.grammar import SAFE_METHODS
from .policy import Decision, Policy


class Sender(NamedTuple):
    """What a request says about who sent it."""

    #: The ``Origin`` header; None without one.
    origin: str | None
    #: The ``Sec-Fetch-Site`` header, which no page can set or change
    #: (https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header); None without one.
    fetch_site: str | None
    method: str
    #: Whether it opens a WebSocket. Its method is GET, but the page can read and send messages.
    is_handshake: bool
    #: The origin of the pages that the request's host serves; None if that host is not trusted.
    own_origin: str | None

    @property
    def is_safe(self) -> bool:
        """Whether it asks for nothing to be changed (RFC 9110, 9.2.1)."""
        return self.method in SAFE_METHODS and not self.is_handshake


def find_refusal(policy: Policy, sender: Sender, decide: Callable[[], Decision]) -> Decision | None:
    """Find out whether a request is refused.

    :param decide: decides on the request's origin.
    :returns: the decision that says why; None if the request passes.
    """
    # 1. Some policies only protect what may change something.
    if not policy.enforce or (policy.enforce == "unsafe" and sender.is_safe):
        return None
    # 2. The browser says that its user, or a page of this server, is the sender.
    if sender.fetch_site in ("same-origin", "none"):
        return None
    # 3. Without an Origin, only what the browser says is known. Links, images and older browsers
    #    send GET like that, and programs that are not browsers send anything.
    if sender.origin is None:
        if sender.fetch_site in ("cross-site", "same-site") and not sender.is_safe:
            return Decision(policy, None, "cross-site")
        return None
    # 4. Browsers without Sec-Fetch-Site, and pages over http, name the server's own origin.
    if sender.origin == sender.own_origin:
        return None
    # 5. The policy is the list of who is trusted.
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
