"""What is wrong with a configuration, as data and as the text that users read."""

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
        #: Where it was written: ``resources["/api/*"].origins[1]``, ``CORS_ORIGINS``.
        self.where = _shortened(where, _LONGEST_TEXT)
        #: The call that wrote it, with the attributes ``file`` and ``line``; as a string,
        #: ``app.py:12``. None if the value is from ``app.config``.
        self.place = place
        #: What was written there.
        self.value: Any = value
        #: What is wrong with it.
        self.message = _shortened(message, _LONGEST_TEXT)
        #: How to fix it; empty if there is nothing to suggest.
        self.hint = _shortened(hint, _LONGEST_TEXT)
        #: The kind of mistake, a word that does not change: ``origin-has-path``.
        self.code = code

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Problem):
            return NotImplemented
        return self._texts() == other._texts() and bool(self.value == other.value)

    def __hash__(self) -> int:
        # What users write need not be hashable.
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
        # Also the arguments with which pickle makes the error again.
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        title = "1 problem" if count == 1 else f"{count} problems"
        listed = "\n".join(f"- {problem}" for problem in self.problems)
        return f"{title} in the CORS configuration:\n{listed}"


class Mistake(Exception):  # noqa: N818 - users get to see OptionsError
    """What is wrong with one value, raised where nothing says where it was written.

    :param code: the kind of mistake, as in :attr:`Problem.code`.
    :param what: what is wrong. The text continues the value: ``has a path.``
    :param write: what to write instead: a value, or a list if several values were written as one.
    :param hint: the fix in words, for when there is no value to write.
    """

    def __init__(self, code: str, what: str, *, write: object = None, hint: str = "") -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.write = write
        self.hint = hint

    def problem(self, where: str, value: object, place: Place | None = None) -> Problem:
        """Return the mistake as users read it.

        :param where: where the value was written.
        :param value: the value that is wrong.
        :param place: the line of the call that wrote it, where it is known by now.
        """
        message = f"{shown(value)} {self.what}"
        return Problem(where, value, message, self._fix(value), code=self.code, place=place)

    def _fix(self, value: object) -> str:
        if self.write is None:
            return self.hint
        variable = _variable_with(value)
        if variable and (text := self._as_text()):
            return f"Write {variable}={text}"
        if isinstance(self.write, list):
            return f"Write separate items: {', '.join(map(_source, self.write))}."
        return f"Write {_source(self.write)}."

    def _as_text(self) -> str | None:
        """Return what to write as an environment variable can hold it, None if it can't."""
        written = self.write if isinstance(self.write, list) else [self.write]
        values = [item.pattern if isinstance(item, re.Pattern) else item for item in written]
        texts = [text for text in values if isinstance(text, str) and text.isprintable()]
        # Only a compiled regex can have what such a one has.
        is_text = len(texts) == len(values) and not self.code.endswith("-uncompiled")
        return ",".join(texts) if is_text else None


def _variable_with(value: object) -> str | None:
    """Return the environment variable for CORS or for origins that holds a text, None without one.

    Nothing else says where a text comes from, and in a shell a list is written in another way.
    """
    if not isinstance(value, str) or not value:
        return None
    names = (name for name, text in os.environ.items() if text == value)
    return next((name for name in names if re.search("CORS|ORIGIN", name.upper())), None)


def shown(value: object) -> str:
    """Return a value as users wrote it, but no longer than two or three lines.

    A text is in quotes, with its backslashes as they are and control characters escaped.
    """
    try:
        text = _quoted(value) if isinstance(value, str) else _source(value)
    except Exception:
        # A __repr__ may raise, even that of a number with thousands of digits.
        text = object.__repr__(value)
    return _shortened(text, _LONGEST_VALUE)


def _source(value: object) -> str:
    """Return a value as it is written in Python."""
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
    # The end of a message says what is wrong, so it is the middle that can go.
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half]}...{text[-half:]}"
