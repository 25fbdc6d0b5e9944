"""What a test may ask of a browser, whichever engine it has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

#: How long starting a browser, or one command to it, may take.
PATIENCE_SECONDS = 60.0


#: WebDriver's names of keys.
TAB = "\ue004"
ENTER = "\ue007"


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
    def run(self, script: str, argument: Any = None) -> Any:
        """Run the body of an async function of ``argument`` in the page that is open.

        It runs as the driver's own, so no policy of the page is in its way. For what a page itself
        can do, there is :class:`~.pages.Runner`.

        :returns: what the script returns, as JSON can say it.
        """

    @abstractmethod
    def press(self, *keys: str) -> None:
        """Press keys one after the other, as a user does.

        :param keys: characters, and WebDriver's names of keys.
        """

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Give the page a viewport of this size, in CSS pixels."""

    def prefer(self, scheme: str) -> None:
        """Prefer ``light`` or ``dark`` pages.

        :raises NotImplementedError: the engine does not let its driver choose.
        """
        raise NotImplementedError

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
