"""Regexes that take time linear in the text, and what they can match at all.

In the order of the imports: a regex is read from Python's syntax tree (``characters``, ``syntax``),
its places become positions (``positions``) of an automaton (``matching``), several are matched at
once (``following``, ``together``), grammars say what can be (``walk``), and regexes are compared
(``comparison``).
"""

from .characters import CharacterClass
from .comparison import TooManyStatesError, find_text
from .following import effort
from .matching import Automaton
from .positions import END, each_position
from .syntax import UnreadableError, add_flags, check_length
from .together import NOTHING, UNDECIDED, Matcher
from .walk import ANYTHING, Grammar

__all__ = [
    "ANYTHING",
    "END",
    "NOTHING",
    "UNDECIDED",
    "Automaton",
    "CharacterClass",
    "Grammar",
    "Matcher",
    "TooManyStatesError",
    "UnreadableError",
    "add_flags",
    "check_length",
    "each_position",
    "effort",
    "find_text",
]
