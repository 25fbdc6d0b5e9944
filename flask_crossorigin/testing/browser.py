"""The browser: a page whose JavaScript calls ``fetch()``."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Literal, NoReturn

from .arguments import make_navigation, make_request
from .blocking import AddressSpace, Block, Blocking
from .cookies import CookieJar
from .exchange import Exchange, Transport
from .headers import HeadersInit
from .page import parse_page, parse_server
from .preflight_cache import PreflightCache
from .reply import Reply
from .request import Credentials, Mode, Redirect
from .url import parse_url
from .user_agent import UserAgent
from .wsgi import WSGITransport

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from .body import Data

#: The origin of an app that is passed without one.
DEFAULT_SERVER = "http://localhost"

#: The arguments of ``fetch()`` that this browser does not support (Fetch, "RequestInit":
#: https://fetch.spec.whatwg.org/#requestinit).
_NOT_MODELLED = frozenset(
    {"cache", "duplex", "integrity", "keepalive", "priority", "referrer", "referrer_policy"}
    | {"referrerPolicy", "signal", "window"}
)


class Browser:
    """A page in a browser, whose JavaScript fetches from WSGI apps.

    It follows the Fetch standard's CORS protocol, and RFC 6265bis for cookies. It does not know
    how the apps implement their side.

    >>> def app(environ, start_response):
    ...     start_response("200 OK", [("Access-Control-Allow-Origin", "*"), ("X-Total", "1")])
    ...     return [b"hello"]
    >>> reply = Browser(app, origin="https://app.example.com").fetch("/greeting")
    >>> reply.type, reply.text, "X-Total" in reply.headers
    ('cors', 'hello', False)

    :param servers: a WSGI app, which gets the origin ``http://localhost``; a mapping of origins
        to WSGI apps; or another :class:`Transport`.
    :param origin: the page's origin, or an opaque one: ``"null"``, or ``"file://"``. The page is at
        the path ``/``.
    :param page: the page's URL, instead of its origin, if the path matters.
    :param third_party_cookies: False to block the cookies of sites other than the page's, except
        ``Partitioned`` ones.
    :param unblocked: what the browser does not block, although browsers do: ``"mixed-content"``,
        ``"bad-port"``, ``"local-network-access"``.
    :param address_space: the origins whose addresses are not ``"public"``: a mapping to
        ``"local"``, for a local network, or ``"loopback"``. The page's origin may be among them.
    :param clock: returns the time in seconds since the epoch, for cookies and the preflight cache.
    :raises ValueError: an origin or the page's URL is not valid.
    """

    def __init__(
        self,
        servers: WSGIApplication | Mapping[str, WSGIApplication] | Transport,
        *,
        origin: str | None = None,
        page: str | None = None,
        third_party_cookies: bool = True,
        unblocked: Collection[Block] = (),
        address_space: Mapping[str, AddressSpace] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._page = parse_page(origin, page)
        self._base = self._page.url
        if callable(servers):
            self._base = parse_url(DEFAULT_SERVER)
            servers = {DEFAULT_SERVER: servers}
        if isinstance(servers, Mapping):
            servers = WSGITransport({parse_server(key): app for key, app in servers.items()})
        self._agent = UserAgent(
            servers,
            CookieJar(clock),
            PreflightCache(clock),
            Blocking(self._page, unblocked, address_space or {}),
            third_party_cookies=third_party_cookies,
        )

    @property
    def origin(self) -> str:
        """The page's origin, as browsers serialize it."""
        return "null" if self._page.origin is None else str(self._page.origin)

    @property
    def exchanges(self) -> list[Exchange]:
        """The requests that got a response, including preflights, in the order of sending.

        They include responses that the page was not allowed to read.
        """
        return self._agent.exchanges

    @property
    def cookies(self) -> CookieJar:
        """The cookies of the browser. Assign another browser's to share them."""
        return self._agent.cookies

    @cookies.setter
    def cookies(self, jar: CookieJar) -> None:
        self._agent.cookies = jar

    def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: HeadersInit | None = None,
        data: Data | None = None,
        json: object = None,
        mode: Mode = "cors",
        credentials: Credentials = "same-origin",
        redirect: Redirect = "follow",
        use_preflight: bool = False,
        **unknown: NoReturn,
    ) -> Reply:
        """Fetch a URL, as ``fetch()`` in the page's JavaScript does.

        :param url: an absolute or a relative URL. A relative one is resolved against the single
            app or, if there is a mapping, against the page's URL.
        :param headers: a mapping or pairs. Headers that JavaScript is not allowed to set are
            dropped silently; :attr:`Exchange.dropped_headers` lists them.
        :param data: the body: text; bytes; or the fields of a form, as a mapping or pairs. A
            field may be a file, as for Werkzeug's test client.
        :param json: a body to serialize as ``application/json``. None means no body; to send a
            JSON null, pass ``data="null"``.
        :param redirect: ``"follow"``; ``"error"`` to fail; ``"manual"`` to get a reply of type
            ``opaqueredirect``.
        :param use_preflight: True to send a preflight before every cross-origin request, like an
            ``XMLHttpRequest`` with an event listener on its ``upload``.
        :raises CORSError: the CORS check or a preflight failed, or a redirect leads to a URL with
            a user name or password.
        :raises NetworkError: the page gets no response for another reason.
        :raises TypeError: ``fetch()`` refuses an argument.
        :raises NotImplementedError: browsers support the argument, but the browser for tests does
            not. Examples are ``cache``, ``keepalive``, ``integrity`` and ``signal``.
        """
        if unknown:
            raise _refuse(next(iter(unknown)))
        request = make_request(
            url,
            page=self._page,
            base=self._base,
            method=method,
            headers=headers,
            data=data,
            json_value=json,
            mode=mode,
            credentials=credentials,
            redirect=redirect,
            use_preflight=use_preflight,
        )
        return self._agent.fetch(request)

    def navigate(self, url: str) -> Reply:
        """Open a URL in a new tab, like a click on a link in the page.

        Cookies with ``SameSite=Lax`` are sent, even to another site. CORS does not apply: the reply
        is what the user sees. The page itself stays open.

        :raises NetworkError: there is no response.
        :raises TypeError: the URL is not valid.
        """
        return self._agent.fetch(make_navigation(url, page=self._page, base=self._base))

    def submit(
        self, url: str, data: Data | None = None, *, method: Literal["GET", "POST"] = "POST"
    ) -> Reply:
        """Submit a form in the page, and open the response in a new tab.

        Every page can do this to every server: CORS does not apply. With ``POST``, only cookies
        with ``SameSite=None`` are sent to another site.

        :param data: the fields, as for :meth:`fetch`.
        :raises NetworkError: there is no response.
        :raises TypeError: an argument is not valid.
        """
        request = make_navigation(
            url, page=self._page, base=self._base, method=method, data=data or ()
        )
        return self._agent.fetch(request)


def _refuse(name: str) -> Exception:
    """Make the error for an argument that :meth:`Browser.fetch` does not have."""
    if name in _NOT_MODELLED:
        # Not a TypeError, because a test that expects a failed fetch would take it for one.
        return NotImplementedError(f"the browser for tests does not support the argument {name}")
    return TypeError(f"fetch() has no argument {name!r}")
