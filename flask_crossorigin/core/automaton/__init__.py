"""Match regexes in time linear in the text, and find out what they can match at all.

Read the modules in this order:

1. ``characters`` and ``syntax`` read a regex from Python's own syntax tree.
2. ``positions`` numbers the places that match a character, and ``automaton`` makes an
   :class:`Automaton` of them.
3. ``transitions`` and ``matcher`` match several automata at once: :class:`Matcher`.
4. ``grammar`` finds out whether a regex can match any text of a :class:`Grammar`.
5. ``comparison`` finds texts that some regexes match and others don't.
"""

from .automaton import Automaton, Plain
from .characters import CharacterClass
from .comparison import TooManyStatesError, find_text
from .grammar import ANYTHING, Grammar
from .matcher import NOTHING, UNDECIDED, Matcher
from .positions import END, each_position
from .syntax import UnreadableError, add_flags, check_length
from .transitions import effort

__all__ = [
    "ANYTHING",
    "END",
    "NOTHING",
    "UNDECIDED",
    "Automaton",
    "CharacterClass",
    "Grammar",
    "Matcher",
    "Plain",
    "TooManyStatesError",
    "UnreadableError",
    "add_flags",
    "check_length",
    "each_position",
    "effort",
    "find_text",
]
