"""What browsers block before CORS, which is often taken for CORS."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from ..fetch.grammar import Origin
from .exchange import NetworkError
from .page import Page, parse_server
from .site import is_trustworthy

if TYPE_CHECKING:
    from .request import Request
    from .url import URL

#: What a browser blocks by itself.
Block: TypeAlias = Literal["mixed-content", "bad-port", "local-network-access"]

#: All that a browser blocks by itself.
BLOCKS: frozenset[Block] = frozenset(get_args(Block))

#: Who can reach an address: everyone, a local network, or this machine alone.
AddressSpace: TypeAlias = Literal["public", "local", "loopback"]

_SPACES: tuple[AddressSpace, ...] = get_args(AddressSpace)

#: The ports of other services (Fetch, "bad port"): https://fetch.spec.whatwg.org/#port-blocking
_BAD_PORTS = frozenset(
    {
        *(0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95),
        *(101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179),
        *(389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601),
        *(636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000),
        *(6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
    }
)


class Blocking:
    """What the browser blocks on a page.

    :param unblocked: what it does not block.
    :param address_space: the address spaces of origins, the page's among them. An origin that is
        not there has a public address.
    :raises ValueError: one of these is not valid.
    """

    def __init__(
        self, page: Page, unblocked: Collection[Block], address_space: Mapping[str, AddressSpace]
    ) -> None:
        unknown = {*unblocked} - BLOCKS
        if unknown:
            raise ValueError(f"unblocked knows {', '.join(sorted(BLOCKS))}, not {unknown.pop()!r}")
        for space in address_space.values():
            if space not in _SPACES:
                raise ValueError(f"an address_space is {', '.join(_SPACES)}, not {space!r}")
        self._page = page
        self._blocked = BLOCKS.difference(unblocked)
        self._spaces: dict[Origin, AddressSpace] = {
            parse_server(text): space for text, space in address_space.items()
        }

    def check(self, request: Request) -> None:
        """Check a request at its current hop.

        :raises NetworkError: a browser would not send it.
        """
        url = request.url
        if "bad-port" in self._blocked and url.port in _BAD_PORTS:
            raise NetworkError(
                f"browsers do not send requests to port {url.port}, which belongs to another "
                "service than HTTP: use another port"
            )
        if request.mode == "navigate":
            return
        if "mixed-content" in self._blocked and self._is_mixed_content(url):
            raise NetworkError(
                f"{url} is mixed content: a page of https can only fetch from https, or from "
                "http on this machine"
            )
        if "local-network-access" in self._blocked:
            self._check_address_space(url)

    def _is_mixed_content(self, url: URL) -> bool:
        """Return whether https asks http (Mixed Content, "should fetching request be blocked").

        By the standard, a page of http on this machine is as strict. No engine does that.
        """
        page = self._page.origin
        return page is not None and page.scheme == "https" and not is_trustworthy(url)

    def _check_address_space(self, url: URL) -> None:
        """Check Local Network Access: https://wicg.github.io/local-network-access/."""
        theirs, own = self._space(url.origin), self._space(self._page.origin)
        if _SPACES.index(theirs) <= _SPACES.index(own):
            return
        page = self._page.origin
        hint = "the user has to allow that, and no response header does"
        if page is None or not is_trustworthy(page):
            hint = "a page that is not secure (https) may not"
        raise NetworkError(
            f"{url} has a {theirs} address and the page a {own} one: {hint} (Local Network Access)"
        )

    def _space(self, origin: Origin | None) -> AddressSpace:
        return "public" if origin is None else self._spaces.get(origin, "public")
