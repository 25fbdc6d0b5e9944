"""The table of all options with their spellings, and the functions that read options by name.

It is one module because two options contain other options, which are read from the same table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from ..core.origins import OriginCallable, OriginRule, Origins, is_regex
from ..core.patterns import TooMuchWorkError, check_work
from ..core.places import Place
from ..core.policy import HeaderNames, Methods
from .errors import Mistake, Problem, shown
from .lists import INVALID, read_mapping, read_one
from .origins import NO_ORIGIN, read_origin
from .regexes import TOO_MUCH_WORK
from .spelling import (
    FOREIGN,
    RETIRED,
    instead_of_foreign,
    is_on,
    named_origins,
    nearest,
    needs_origins,
)
from .values import (
    STANDARD_METHODS,
    Reader,
    read_allow_headers,
    read_bool,
    read_enforce,
    read_expose_headers,
    read_max_age,
    read_methods,
    read_origins,
    read_preflight_status,
)

CONFIG_PREFIX: Final = "CORS_"

# A fifth of public programs set CORS_HEADERS, which Flask-CORS has never read. Reading it would
# change how these programs behave.
_KEYWORDS_ONLY: Final = frozenset({"headers"})


class Option(NamedTuple):
    """One option: its names, the function that reads its value, and its default."""

    name: str
    read: Reader
    default: Any
    #: Its other names.
    spellings: tuple[str, ...] = ()

    @property
    def config_keys(self) -> tuple[str, ...]:
        """Its keys in ``app.config``."""
        names = (self.name, *self.spellings)
        return tuple(
            CONFIG_PREFIX + name.upper()
            for name in names
            if name.isidentifier() and name not in _KEYWORDS_ONLY
        )


#: The default of the option ``origins``.
ANY_ORIGIN: Final = Origins(["*"])

#: Every option except ``resources``.
OPTIONS: Final = (
    Option(
        "origins",
        read_origins,
        ANY_ORIGIN,
        ("origin", "allow_origins", "Access-Control-Allow-Origin"),
    ),
    # The functions for this option and report_only are defined below: they need this table.
    Option("for_origins", lambda *written: _read_for_origins(*written), ()),
    Option(
        "methods",
        read_methods,
        Methods(STANDARD_METHODS),
        ("allow_methods", "Access-Control-Allow-Methods"),
    ),
    Option(
        "allow_headers",
        read_allow_headers,
        HeaderNames(any=True),
        ("headers", "Access-Control-Allow-Headers"),
    ),
    Option("expose_headers", read_expose_headers, (), ("Access-Control-Expose-Headers",)),
    Option(
        "supports_credentials",
        read_bool,
        False,
        ("allow_credentials", "Access-Control-Allow-Credentials"),
    ),
    Option("max_age", read_max_age, None, ("Access-Control-Max-Age",)),
    Option("send_wildcard", read_bool, True),
    Option("vary_header", read_bool, True),
    Option("always_send", read_bool, True),
    Option("allow_private_network", read_bool, False),
    Option("automatic_options", read_bool, True),
    Option("preflight_status", read_preflight_status, 204),
    Option("enforce", read_enforce, False),
    Option("report_only", lambda *written: _read_report_only(*written), {}),
    Option("intercept_exceptions", read_bool, True),
)

#: The options that are allowed in ``for_origins``.
_IN_FOR_ORIGINS: Final = frozenset(
    {"methods", "allow_headers", "expose_headers", "supports_credentials", "max_age"}
)
#: The options that are not allowed in ``report_only``.
_NOT_IN_REPORT_ONLY: Final = frozenset({"report_only", "intercept_exceptions"})

RESOURCES: Final = "resources"
DEBUG_PAGE: Final = "debug_page"
DEBUG_PAGE_KEY: Final = CONFIG_PREFIX + DEBUG_PAGE.upper()

_SPELLINGS: Final = {
    spelling: option for option in OPTIONS for spelling in (option.name, *option.spellings)
}
_CREDENTIALS: Final = _SPELLINGS["supports_credentials"]
# Header names are case-insensitive.
_HEADER_SPELLINGS: Final = {
    spelling.lower(): option for spelling, option in _SPELLINGS.items() if "-" in spelling
}


class Setting(NamedTuple):
    """An option with its value, and where it was written."""

    #: The value after reading, or :data:`~.lists.INVALID`.
    value: Any
    #: Its name and place, such as ``resources["/api/*"].origins``; empty for a default.
    where: str
    #: The value as the user wrote it.
    written: Any
    #: The line of the call that contains it; None for ``app.config`` and for a default.
    place: Place | None = None

    def problem(self, message: str, hint: str, *, code: str) -> Problem:
        """Return a problem with this option."""
        return Problem(self.where, self.written, message, hint, code=code, place=self.place)


class Suspect(NamedTuple):
    """An unknown configuration key: a misspelled option, or a key of the program itself."""

    #: The option that it resembles, or an empty string. The key is a mistake if nothing sets that
    #: option.
    option: str
    #: The problem to report in that case.
    problem: Problem
    #: The fix if the policy has credentials; empty if it is the same.
    hint_with_credentials: str = ""


class Layer:
    """The options that are written in one place: a call, a resource or ``app.config``.

    :param settings: the options by name.
    :param suspects: configuration keys that may be misspelled options.
    :param unknown: whether there are unknown names, so that the options they mean are missing.
    :param enforces: whether something that could not be read may mean ``enforce``.
    :param place: the line of the call; None for ``app.config``.
    """

    def __init__(
        self,
        settings: Mapping[str, Setting] | None = None,
        *,
        suspects: Sequence[Suspect] = (),
        unknown: bool = False,
        enforces: bool = False,
        place: Place | None = None,
    ) -> None:
        self.settings = {} if settings is None else settings
        self.suspects = suspects
        #: Whether the options are for one resource, blueprint or view, not the whole application.
        self.is_inner = False
        #: The names of options that are set in other places of the application.
        self.set_elsewhere: Collection[str] = ()
        self.unknown = unknown
        self.enforces = enforces
        self.place = place


def inner(layer: Layer) -> Layer:
    """Return the same options for one resource, blueprint or view."""
    copied = copy(layer)
    copied.is_inner = True
    return copied


def find_option(name: object) -> Option | None:
    """Return the option with this name or spelling, None if there is none."""
    spelling = str(name)
    return _SPELLINGS.get(spelling) or _HEADER_SPELLINGS.get(spelling.lower())


def read_options(
    written: Mapping[str, object],
    prefix: str,
    problems: list[Problem],
    place: Place | None = None,
    *,
    names_origins: bool = False,
) -> Layer:
    """Read options by name.

    :param written: names and values, without ``resources``.
    :param prefix: the text before each name in error messages, such as ``resources["/api/*"].``.
    :param problems: every problem is added here.
    :param place: the line of the call that contains the options.
    :param names_origins: whether the origins that the options apply to are written elsewhere.
    """
    settings: dict[str, Setting] = {}
    unknown: dict[str, object] = {}
    for name, value in written.items():
        option = find_option(name)
        if option is None:
            unknown[name] = value
            problem = _unknown(f"{prefix}{name}", str(name), value, written, names_origins)
            problems.append(problem)
        else:
            read_setting(option, value, f"{prefix}{name}", settings, problems, place)
    return Layer(settings, unknown=bool(unknown), enforces=may_enforce(unknown), place=place)


class Part(NamedTuple):
    """One entry of ``for_origins``: an origin, pattern or regex, and its options."""

    #: The origin as the user wrote it.
    written: str
    rule: OriginRule
    #: The values of its options by name.
    options: Mapping[str, Any]


def _read_for_origins(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``for_origins`` into a tuple of :class:`Part`."""
    example = '{"https://app.example.com": {"max_age": 600}}'
    hint = f"Write a mapping such as {example}."
    written = read_mapping(value, where, problems, hint, example)
    if written is INVALID:
        return INVALID
    before = len(problems)
    parts: dict[OriginRule, Part] = {}
    for key, options in written.items():
        name = key.pattern if isinstance(key, re.Pattern) else str(key)
        place = f'{where}["{name}"]'
        rule = read_one(_read_origin_key, key, place, problems)
        found = _read_inner(options, place, problems, "for_origins", _IN_FOR_ORIGINS)
        if rule is INVALID or found is INVALID:
            continue
        if rule in parts:
            mistake = Mistake("for-origins-twice", "appears twice.", hint="Keep one of them.")
            problems.append(mistake.problem(place, key))
        parts[rule] = Part(name, rule, found)
    try:
        check_work(filter(is_regex, parts))
    except TooMuchWorkError:
        problems.append(TOO_MUCH_WORK.problem(where, value))
    return tuple(parts.values()) if len(problems) == before else INVALID


def _read_origin_key(value: object) -> OriginRule:
    rule = read_origin(value)
    if rule in ("*", NO_ORIGIN) or isinstance(rule, OriginCallable):
        what = "is not an origin, a pattern or a regex."
        hint = "Write the options for all other origins next to for_origins."
        raise Mistake("for-origins-unnamed", what, hint=hint)
    return rule


def _read_report_only(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``report_only`` into a mapping of option names to values."""
    names = {option.name for option in OPTIONS} - _NOT_IN_REPORT_ONLY
    return _read_inner(value, where, problems, "report_only", names)


def _read_inner(
    value: object, where: str, problems: list[Problem], outer: str, names: Collection[str]
) -> Any:
    """Read the options inside ``for_origins`` or ``report_only``.

    :param outer: the name of that option.
    :param names: the options that are allowed there.
    :returns: a mapping of option names to values, or :data:`~.lists.INVALID`.
    """
    is_for_origins = outer == "for_origins"
    example = '{"max_age": 600}' if is_for_origins else '{"origins": "https://app.example.com"}'
    hint = f"Write options by name, such as {example}."
    written = read_mapping(value, where, problems, hint, example)
    if written is INVALID:
        return INVALID
    before = len(problems)
    layer = read_options(written, f"{where}.", problems, names_origins=is_for_origins)
    for name, setting in layer.settings.items():
        if name not in names:
            message = f"{name} cannot be set inside {outer}."
            hint = f"Write it next to {outer}." if is_for_origins else "Leave it out."
            problems.append(setting.problem(message, hint, code="option-misplaced"))
    if len(problems) > before:
        return INVALID
    return {name: setting.value for name, setting in layer.settings.items()}


def may_enforce(written: object) -> bool:
    """Return whether options that could not be read may mean ``enforce``.

    If in doubt, return True: a mistake must not allow requests that were meant to be refused.
    """
    if isinstance(written, Mapping):
        return any(
            (value is not False and get_close_matches(_bare(name), ["enforce"], cutoff=0.8) != [])
            or may_enforce(value)
            for name, value in written.items()
        )
    if isinstance(written, str):
        return "enforce" in written.lower()
    return isinstance(written, (list, tuple)) and any(map(may_enforce, written))


def _bare(name: object) -> str:
    return str(name).lower().removeprefix(CONFIG_PREFIX.lower())


def read_setting(
    option: Option,
    value: object,
    where: str,
    settings: dict[str, Setting],
    problems: list[Problem],
    place: Place | None = None,
) -> None:
    """Read one option and add it to the settings.

    :param settings: the options that have been read from the same place.
    :param problems: every problem is added here, such as a conflict with another spelling.
    :param place: the line of the call that contains the option.
    """
    if value is None and option.name != "origins":
        return
    setting = Setting(option.read(value, where, problems), where, value, place)
    other = settings.get(option.name)
    if other is not None and other.value is INVALID:
        return
    if other is not None and setting.value not in (other.value, INVALID):
        problems.append(differing(where, value, other.where))
        setting = setting._replace(value=INVALID)
    settings[option.name] = setting


def differing(where: str, value: object, other: str) -> Problem:
    """Return the problem of an option that is written twice with different values."""
    message = f"{where} and {other} are the same option, but their values differ."
    return Problem(where, value, message, f"Keep one of them: {other}.", code="option-conflict")


def _unknown(
    where: str, name: str, value: object, written: Mapping[str, object], names_origins: bool
) -> Problem:
    """Return the problem of a name that is not an option.

    :param written: all options that are written in the same place.
    :param names_origins: whether the origins that the options apply to are written elsewhere.
    """
    if name == RESOURCES:
        message = "only CORS has the option resources."
        hint = "Write it as CORS(app, resources=...)."
        return Problem(where, value, message, hint, code="resources-misplaced")
    if name == DEBUG_PAGE:
        return misplaced_debug_page(Setting(value, where, value))
    known = {spelling.lower(): spelling for spelling in (*_SPELLINGS, RESOURCES)}
    message = f"there is no option {shown(name)}."
    bare = _bare(name)
    names = {_option_name(each): written[each] for each in written}
    options = (*(option.name for option in OPTIONS), RESOURCES, DEBUG_PAGE)
    hint = f"The options are: {', '.join(options)}."
    meant = ""
    if bare in RETIRED:
        hint = f"Leave it out: {RETIRED[bare]}."
    elif bare in FOREIGN:
        credentials = any(
            FOREIGN.get(each, each) == _CREDENTIALS.name and is_on(names[each]) for each in names
        )
        meant, hint = instead_of_foreign(bare, names, credentials=credentials)
    elif nearest(bare, {DEBUG_PAGE}, 2):
        # Names that only start in the same way, such as "debug", mean something else.
        hint = f"Did you mean {DEBUG_PAGE}?"
    elif near := get_close_matches(bare, known, n=1):
        meant, hint = known[near[0]], f"Did you mean {known[near[0]]}?"
    if find_option(meant) is _CREDENTIALS and not (names_origins or named_origins(names)):
        hint += needs_origins("origins")
    return Problem(where, value, message, hint, code="unknown-option")


def misplaced_debug_page(setting: Setting) -> Problem:
    """Return the problem of an option ``debug_page`` that is not one of ``CORS(app)``."""
    message = "only CORS(app) has the option debug_page."
    hint = "Write it as CORS(app, debug_page=...)."
    return setting.problem(message, hint, code="debug-page-misplaced")


def _option_name(name: object) -> str:
    """Return the name of the option with this spelling, or any other name in lower case."""
    option = find_option(name)
    return _bare(name) if option is None else option.name


def retired_in(layers: Iterable[Layer]) -> list[str]:
    """Return warnings for options that are accepted for Flask-CORS compatibility but do nothing."""
    settings = [layer.settings.get("intercept_exceptions") for layer in layers]
    return [
        f"{setting.where} has no effect: error responses always have the headers"
        for setting in settings
        if setting is not None and setting.value is False
    ]
