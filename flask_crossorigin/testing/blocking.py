"""What browsers block before CORS comes into play. It is often mistaken for a CORS error."""

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

#: The kinds of requests that a browser blocks regardless of CORS.
Block: TypeAlias = Literal["mixed-content", "bad-port", "local-network-access"]

#: All kinds of :data:`Block`.
BLOCKS: frozenset[Block] = frozenset(get_args(Block))

#: Where an address can be reached from: anywhere, a local network, or only this machine.
AddressSpace: TypeAlias = Literal["public", "local", "loopback"]

_SPACES: tuple[AddressSpace, ...] = get_args(AddressSpace)

#: The ports of services other than HTTP (Fetch, "bad port"): https://fetch.spec.whatwg.org/#port-blocking
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
    """The checks that can block a request before it is sent.

    :param unblocked: the checks to skip.
    :param address_space: the address space of each origin, including the page's. The default is
        ``"public"``.
    :raises ValueError: one of the arguments is not valid.
    """

    def __init__(
        self, page: Page, unblocked: Collection[Block], address_space: Mapping[str, AddressSpace]
    ) -> None:
        unknown = {*unblocked} - BLOCKS
        if unknown:
            raise ValueError(
                f"unblocked can have {', '.join(sorted(BLOCKS))}, not {unknown.pop()!r}"
            )
        for space in address_space.values():
            if space not in _SPACES:
                raise ValueError(
                    f"an address_space must be one of {', '.join(_SPACES)}, not {space!r}"
                )
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
                f"port {url.port} belongs to a service other than HTTP, so browsers block it: use "
                "another port"
            )
        if request.mode == "navigate":
            return
        if "mixed-content" in self._blocked and self._is_mixed_content(url):
            raise NetworkError(
                f"{url} is mixed content: an https page can only fetch https URLs, or http URLs on "
                "this machine"
            )
        if "local-network-access" in self._blocked:
            self._check_address_space(url)

    def _is_mixed_content(self, url: URL) -> bool:
        """Return whether an https page fetches a URL that is not secure (Mixed Content).

        https://w3c.github.io/webappsec-mixed-content/#should-block-fetch. The standard is as strict
        with an http page on this machine, but no browser is.
        """
        page = self._page.origin
        return page is not None and page.scheme == "https" and not is_trustworthy(url)

    def _check_address_space(self, url: URL) -> None:
        """Check Local Network Access: https://wicg.github.io/local-network-access/."""
        target, own = self._space(url.origin), self._space(self._page.origin)
        if _SPACES.index(target) <= _SPACES.index(own):
            return
        page = self._page.origin
        hint = "only the user can allow that, not a response header"
        if page is None or not is_trustworthy(page):
            hint = "the page must use https, and the user must allow the request"
        raise NetworkError(
            f"{url} has a {target} address, and the page has a {own} one: {hint} "
            "(Local Network Access)"
        )

    def _space(self, origin: Origin | None) -> AddressSpace:
        return "public" if origin is None else self._spaces.get(origin, "public")
