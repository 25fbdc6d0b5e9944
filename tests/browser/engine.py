"""What a test may ask of a browser, whichever engine it has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

#: How long starting a browser, or one command to it, may take.
PATIENCE_SECONDS = 60.0


class Window(Protocol):
    """What a page can be opened in."""

    name: ClassVar[str]

    def open(self, url: str) -> None:
        """Navigate to a URL."""

    def console(self) -> list[str]:
        """Give what was written to the console since this was last called."""
        raise NotImplementedError


class Engine(ABC):
    """A running browser with an empty profile, to be closed by whoever started it."""

    #: ``chromium``, ``firefox`` or ``webkit``.
    name: ClassVar[str]

    @abstractmethod
    def open(self, url: str) -> None:
        """Navigate the one window to a URL, and return once it has loaded."""

    @abstractmethod
    def screenshot(self) -> bytes:
        """Give what the window shows, as a PNG."""

    @abstractmethod
    def clear_cookies(self) -> None:
        """Forget the cookies of every host; the window may lose its page."""

    def console(self) -> list[str]:
        """Give what was written to the console since this was last called.

        :raises NotImplementedError: the engine does not tell its driver.
        """
        raise NotImplementedError

    @abstractmethod
    def close(self) -> None:
        """End the browser with all its processes, and remove its profile."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
