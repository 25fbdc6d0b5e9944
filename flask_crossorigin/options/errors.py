"""The problems of invalid options, as data and as text."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..core.places import Place

_LONGEST_TEXT = 500
_LONGEST_VALUE = 200


class Problem:
    """One mistake in a configuration, with its fix."""

    def __init__(
        self,
        where: str,
        value: object,
        message: str,
        hint: str = "",
        *,
        code: str,
        place: Place | None = None,
    ) -> None:
        #: The option: ``resources["/api/*"].origins[1]`` or ``CORS_ORIGINS``.
        self.where = _shortened(where, _LONGEST_TEXT)
        #: The call that contains the option, with the attributes ``file`` and ``line``; as a
        #: string, ``app.py:12``. None if the value is from ``app.config``.
        self.place = place
        #: The value as the user wrote it.
        self.value: Any = value
        #: What is wrong.
        self.message = _shortened(message, _LONGEST_TEXT)
        #: The fix; empty if there is none to suggest.
        self.hint = _shortened(hint, _LONGEST_TEXT)
        #: The kind of mistake, such as ``origin-has-path``. Codes don't change between versions.
        self.code = code

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Problem):
            return NotImplemented
        return self._texts() == other._texts() and bool(self.value == other.value)

    def __hash__(self) -> int:
        # The value may not be hashable.
        return hash(self._texts())

    def _texts(self) -> tuple[object, ...]:
        return self.code, self.place, self.where, self.message, self.hint

    def __repr__(self) -> str:
        return f"<Problem {self.code} at {self.where}>"

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}"
        if self.place is not None:
            text = f"{self.place}: {text}"
        return f"{text}\n    {self.hint}" if self.hint else text


class OptionsError(ValueError):
    """Invalid options, with every problem found in them.

    :param problems: at least one :class:`Problem`.
    """

    #: Every problem found, in the order in which the options were read.
    problems: tuple[Problem, ...]

    def __init__(self, problems: Iterable[Problem]) -> None:
        # An option that several policies share is read for each of them.
        self.problems = tuple({str(problem): problem for problem in problems}.values())
        # pickle recreates the error with these arguments.
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        title = "1 problem" if count == 1 else f"{count} problems"
        listed = "\n".join(f"- {problem}" for problem in self.problems)
        return f"{title} in the CORS configuration:\n{listed}"


class Mistake(Exception):  # noqa: N818 - users get to see OptionsError
    """A mistake in one value, raised by code that doesn't know which option the value is from.

    :param code: the kind of mistake, as in :attr:`Problem.code`.
    :param what: what is wrong. The message is the value, followed by this text: ``has a path.``
    :param write: the correct value, or a list of values if one string contained several.
    :param hint: the fix in words, if there is no correct value.
    """

    def __init__(self, code: str, what: str, *, write: object = None, hint: str = "") -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.write = write
        self.hint = hint

    def problem(self, where: str, value: object, place: Place | None = None) -> Problem:
        """Return the problem that users read.

        :param where: the option that contains the value.
        :param value: the wrong value.
        :param place: the line of the call that contains the option, if it is known.
        """
        message = f"{shown(value)} {self.what}"
        return Problem(where, value, message, self._fix(value), code=self.code, place=place)

    def _fix(self, value: object) -> str:
        if self.write is None:
            return self.hint
        variable = _variable_with(value)
        if variable and (text := self._as_text()):
            is_whole = os.environ[variable] == value
            return f"Write {variable}={text}" if is_whole else f"In {variable}, write {text}"
        if isinstance(self.write, list):
            return f"Write separate items: {', '.join(map(_source, self.write))}."
        return f"Write {_source(self.write)}."

    def _as_text(self) -> str | None:
        """Return the fix as text for an environment variable, None if that's impossible."""
        written = self.write if isinstance(self.write, list) else [self.write]
        values = [item.pattern if isinstance(item, re.Pattern) else item for item in written]
        texts = [text for text in values if isinstance(text, str) and text.isprintable()]
        # Such a regex must be compiled in Python.
        is_text = len(texts) == len(values) and not self.code.endswith("-uncompiled")
        return ",".join(texts) if is_text else None


def _variable_with(value: object) -> str | None:
    """Return the environment variable that contains a value, alone or in a list with commas.

    The fix is then shown as text for the variable, because Python code would not work there.

    :returns: None if no variable contains it that has ``CORS`` or ``ORIGIN`` in its name.
    """
    if not isinstance(value, str) or not value:
        return None
    item = re.compile(rf"(?:.*,)?\s*{re.escape(value)}\s*(?:,.*)?", re.DOTALL)
    names = [name for name in os.environ if re.search("CORS|ORIGIN", name.upper())]
    return next((name for name in names if item.fullmatch(os.environ[name])), None)


def shown(value: object) -> str:
    """Return a value for a message, shortened to two or three lines.

    A string is in quotes. Its backslashes are not doubled, but control characters are escaped.
    """
    try:
        text = _quoted(value) if isinstance(value, str) else _source(value)
    except Exception:
        # __repr__ may raise an exception, even for an int if it has thousands of digits.
        text = object.__repr__(value)
    return _shortened(text, _LONGEST_VALUE)


def _source(value: object) -> str:
    """Return a value as Python source."""
    if isinstance(value, str):
        return ("r" if "\\" in value else "") + _quoted(value)
    if isinstance(value, re.Pattern):
        flags = re.RegexFlag(value.flags & ~re.UNICODE & ~re.DEBUG)
        return f"re.compile({_source(value.pattern)}{f', {flags!r}' if flags else ''})"
    if inspect.isroutine(value):
        return f"{value.__name__}()"
    if type(value) is list:
        return f"[{', '.join(map(_source, value))}]"
    if type(value) is tuple and len(value) > 1:
        return f"({', '.join(map(_source, value))})"
    if type(value) is dict:
        return f"{{{', '.join(f'{_source(key)}: {_source(value[key])}' for key in value)}}}"
    return repr(value)


def _quoted(text: str) -> str:
    text = _shortened(text, _LONGEST_TEXT)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    mark = "'" if '"' in text and "'" not in text else '"'
    return f"{mark}{text}{mark}"


def _shortened(text: str, longest: int) -> str:
    # Cut out the middle, because the end of a message says what is wrong.
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half]}...{text[-half:]}"
