"""What a browser blocks before CORS, which is often taken for CORS."""

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

#: The addresses that not everyone can reach (Local Network Access, "IP address space"), besides
#: those of loopback: https://wicg.github.io/local-network-access/#ip-address-space-heading
_LOCAL = [
    *map(ip_network, ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12")),
    *map(ip_network, ("192.168.0.0/16", "fc00::/7", "fe80::/10")),
]


def blocked_notes(origin: str, url: URL) -> Iterator[str]:
    """Say what a browser blocks when a page fetches a URL, whatever the server allows.

    Names are not resolved: the address of a named host is taken for public, unless the name says
    otherwise.

    :param origin: the page's origin.
    """
    page = parse_page(origin, None).url
    spaces: dict[str, AddressSpace] = {}
    blocks: set[Block] = {"bad-port"}
    if page is not None:
        # The pages of apps and of browser extensions have rules of their own.
        spaces = {str(each.origin): _address_space(each.host) for each in (page, url)}
        blocks.update(BLOCKS)
    for block in sorted(blocks):
        unblocked = BLOCKS - {block}
        browser = Browser(_Nothing(), origin=origin, unblocked=unblocked, address_space=spaces)
        try:
            browser.fetch(str(url), mode="no-cors")
        except NetworkError as error:
            yield f"Browsers block this before CORS: {error.reason}."


class _Nothing:
    """A transport to a server that allows everything."""

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
