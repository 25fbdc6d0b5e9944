"""How a fetch fails."""

from __future__ import annotations


class NetworkError(TypeError):
    """The page gets no response (Fetch, "network error").

    In a browser this is the ``TypeError`` that ``fetch()`` rejects with, and script is not told
    why. Here :attr:`reason` says it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        #: The rule that failed and, where a server can help it, what it would have to send.
        self.reason = reason


class CORSError(NetworkError):
    """The page gets no response because the CORS protocol forbids it.

    Raised by the CORS check, by a preflight's validation, and by a user name or password in a
    cross-origin redirect.
    """
