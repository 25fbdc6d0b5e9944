"""Compare regexes: find a text that some of them match and others don't."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .automaton import Automaton
from .positions import END

#: The most steps of a comparison, for all automata together.
MAX_STEPS = 50_000

# For each automaton, the positions that can match the next character.
_State = tuple[int, ...]


class TooManyStatesError(Exception):
    """The regexes are too complex to be compared."""


def find_text(
    wanted: Sequence[Automaton], unwanted: Sequence[Automaton], characters: str
) -> str | None:
    """Find a shortest text that all wanted regexes match and no unwanted regex matches.

    The number of states can be exponential in the length of the regexes, so there is a limit.

    :param characters: the characters that the text may have. The first ones are preferred.
    :returns: the text; None if there is none.
    :raises TooManyStatesError: it takes more than :data:`MAX_STEPS`.

    >>> small, large = Automaton.of("a[0-9]+"), Automaton.of("[a-z][0-9]*")
    >>> find_text([small], [large], "abc123") is None
    True
    >>> find_text([large], [small], "abc123")
    'a'
    """
    automata = (*wanted, *unwanted)
    kinds = _kinds(automata, characters)
    start = tuple(automaton.start for automaton in automata)
    came_from: dict[_State, tuple[_State, str]] = {start: (start, "")}
    waiting = [start]
    left = MAX_STEPS // (len(automata) or 1)
    for state in waiting:
        ends = [bool(positions & END) for positions in state]
        if all(ends[: len(wanted)]) and not any(ends[len(wanted) :]):
            return "".join(reversed([*_back(came_from, state)]))
        for character, taking in kinds.items():
            left -= 1
            if left < 0:
                raise TooManyStatesError
            moved = [positions & taken for positions, taken in zip(state, taking, strict=True)]
            if not all(moved[: len(wanted)]):
                continue
            after = tuple(
                automaton.after(positions) if positions else 0
                for automaton, positions in zip(automata, moved, strict=True)
            )
            if after not in came_from:
                came_from[after] = (state, character)
                waiting.append(after)
    return None


def _kinds(automata: Sequence[Automaton], characters: str) -> dict[str, _State]:
    """Return one of the characters that the same positions match, with those positions."""
    kinds: dict[_State, str] = {}
    for character in characters:
        kinds.setdefault(tuple(automaton.taking(character) for automaton in automata), character)
    return {character: taking for taking, character in kinds.items()}


def _back(came_from: dict[_State, tuple[_State, str]], state: _State) -> Iterator[str]:
    """Yield the characters that led to a state, the last one first."""
    before, character = came_from[state]
    while character:
        yield character
        before, character = came_from[before]
