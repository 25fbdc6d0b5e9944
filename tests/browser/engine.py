"""What tests can do with a real browser, whichever engine it has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

#: The time limit for starting a browser, and for each command.
PATIENCE_SECONDS = 60.0


#: The characters that WebDriver uses for these keys.
TAB = "\ue004"
ENTER = "\ue007"


class Window(Protocol):
    """A browser window in which a test can open pages."""

    name: ClassVar[str]

    def open(self, url: str) -> None:
        """Navigate to a URL."""

    def console(self) -> list[str]:
        """Return the console messages since the last call."""
        raise NotImplementedError


class Engine(ABC):
    """A running browser with an empty profile. The code that starts it must close it."""

    #: ``chromium``, ``firefox`` or ``webkit``.
    name: ClassVar[str]

    @abstractmethod
    def open(self, url: str) -> None:
        """Navigate the window to a URL, and return once the page has loaded."""

    @abstractmethod
    def screenshot(self) -> bytes:
        """Return a screenshot of the window, as a PNG image."""

    @abstractmethod
    def run(self, script: str, argument: Any = None) -> Any:
        """Run JavaScript in the open page: the body of an async function of ``argument``.

        The driver runs the script, so the page's Content Security Policy does not apply. To test
        what the page itself can do, use :class:`~.pages.Runner`.

        :returns: the JSON value that the script returns.
        """

    @abstractmethod
    def press(self, *keys: str) -> None:
        """Press keys one after the other, as a user does.

        :param keys: characters, including WebDriver's characters for keys such as :data:`TAB`.
        """

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Set the size of the page's viewport, in CSS pixels."""

    def prefer(self, scheme: str) -> None:
        """Set the user's preferred color scheme, ``light`` or ``dark``.

        :raises NotImplementedError: the driver of this engine can't set it.
        """
        raise NotImplementedError

    @abstractmethod
    def clear_cookies(self) -> None:
        """Delete the cookies of every host. The window may lose its page."""

    def console(self) -> list[str]:
        """Return the console messages since the last call.

        :raises NotImplementedError: the driver of this engine can't read the console.
        """
        raise NotImplementedError

    @abstractmethod
    def close(self) -> None:
        """Stop the browser and all its processes, and delete its profile."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
