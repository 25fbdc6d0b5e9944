"""Requests that browsers block before CORS, which users often mistake for a CORS error."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from ..testing import Browser, HeaderList, NetworkError, ReceivedResponse, SentRequest
from ..testing.blocking import BLOCKS
from ..testing.page import parse_page
from ..testing.site import is_loopback

if TYPE_CHECKING:
    from ..testing.blocking import AddressSpace, Block
    from ..testing.url import URL

#: The addresses in the "local" address space, apart from loopback (Local Network Access):
#: https://wicg.github.io/local-network-access/#ip-address-space-heading
_LOCAL = [
    *map(ip_network, ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12")),
    *map(ip_network, ("192.168.0.0/16", "fc00::/7", "fe80::/10")),
]


def blocked_notes(origin: str, url: URL) -> Iterator[str]:
    """Yield a note for each reason why a browser blocks a fetch, whatever the server allows.

    Host names are not resolved. They are assumed to have public addresses, except ``localhost`` and
    names in ``.local``.

    :param origin: the page's origin.
    :param url: the URL that the page fetches.
    """
    page = parse_page(origin, None).url
    spaces: dict[str, AddressSpace] = {}
    blocks: set[Block] = {"bad-port"}
    if page is not None:
        # For pages without a URL, such as those of apps and extensions, only bad ports are known.
        spaces = {str(each.origin): _address_space(each.host) for each in (page, url)}
        blocks.update(BLOCKS)
    for block in sorted(blocks):
        unblocked = BLOCKS - {block}
        server = _PermissiveServer()
        browser = Browser(server, origin=origin, unblocked=unblocked, address_space=spaces)
        try:
            browser.fetch(str(url), mode="no-cors")
        except NetworkError as error:
            yield f"Browsers block this before CORS: {error.reason}."


class _PermissiveServer:
    """A transport to a server that responds to every request, so only the browser can fail it."""

    def send(self, request: SentRequest) -> ReceivedResponse:  # noqa: ARG002
        return ReceivedResponse(204, HeaderList())


def _address_space(host: str) -> AddressSpace:
    if is_loopback(host):
        return "loopback"
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return "local" if host.removesuffix(".").endswith(".local") else "public"
    return "local" if any(address in network for network in _LOCAL) else "public"
