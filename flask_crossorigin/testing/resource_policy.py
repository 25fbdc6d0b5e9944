"""``Cross-Origin-Resource-Policy`` (Fetch, "cross-origin resource policy check")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import NetworkError
from .host import registrable_domain

if TYPE_CHECKING:
    from .request import Request
    from .transport import ReceivedResponse


def check_resource_policy(request: Request, response: ReceivedResponse) -> None:
    """Hold a response that script cannot read against the server's wish about who may load it.

    :raises NetworkError: the server keeps it from this page.
    """
    policy = response.headers.get("Cross-Origin-Resource-Policy")
    # Anything else, a repeated header too, forbids nothing.
    if policy == "same-origin":
        allowed = request.is_same_origin
    elif policy == "same-site":
        allowed = _is_same_site(request)
    else:
        return
    if not allowed:
        raise NetworkError(
            f"{request.url.origin} keeps this from {request.origin or 'null'}: "
            f'Cross-Origin-Resource-Policy would have to be "cross-origin" (it was "{policy}")'
        )


def _is_same_site(request: Request) -> bool:
    """Compare sites without their schemes, but keep what came over https from a plain page."""
    page = request.origin
    if page is None or (page.scheme != "https" and request.url.scheme == "https"):
        return False
    return registrable_domain(page.host) == registrable_domain(request.url.host)
