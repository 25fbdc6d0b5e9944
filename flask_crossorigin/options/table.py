"""The options that users may write, in every spelling, and the names that are not options.

It is one module because both are read from the same table.
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
from .origins import NOBODY, read_origin
from .regexes import TOO_MUCH_WORK
from .spelling import FOREIGN, RETIRED, instead_of_foreign, nearest, needs_origins
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

# A fifth of public programs have CORS_HEADERS, which Flask-CORS has never read.
_KEYWORDS_ONLY: Final = frozenset({"headers"})


class Option(NamedTuple):
    """One option: its names, how its value is read, and what it is without one."""

    name: str
    read: Reader
    default: Any
    #: The other names under which it may be written.
    spellings: tuple[str, ...] = ()

    @property
    def config_keys(self) -> tuple[str, ...]:
        """The keys of ``app.config`` under which it may be written."""
        names = (self.name, *self.spellings)
        return tuple(
            CONFIG_PREFIX + name.upper()
            for name in names
            if name.isidentifier() and name not in _KEYWORDS_ONLY
        )


#: The origins of a policy for which none are written.
ANY_ORIGIN: Final = Origins(["*"])

#: Every option that a policy is made of.
OPTIONS: Final = (
    Option(
        "origins",
        read_origins,
        ANY_ORIGIN,
        ("origin", "allow_origins", "Access-Control-Allow-Origin"),
    ),
    # These two are read from this same table.
    Option("for_origins", lambda *written: _read_parts(*written), ()),
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
    Option("report_only", lambda *written: _read_stricter(*written), {}),
    Option("intercept_exceptions", read_bool, True),
)

#: The options that may differ for some origins.
_IN_PARTS: Final = frozenset(
    {"methods", "allow_headers", "expose_headers", "supports_credentials", "max_age"}
)
#: The options that say nothing in ``report_only``.
_NOT_STRICTER: Final = frozenset({"report_only", "intercept_exceptions"})

RESOURCES: Final = "resources"
DEBUG_PAGE: Final = "debug_page"
DEBUG_PAGE_KEY: Final = CONFIG_PREFIX + DEBUG_PAGE.upper()
_A_PART: Final = 'Write a mapping such as {"https://app.example.com": {"max_age": 600}}.'

_SPELLINGS: Final = {
    spelling: option for option in OPTIONS for spelling in (option.name, *option.spellings)
}
_CREDENTIALS: Final = _SPELLINGS["supports_credentials"]
# A header name means the same in whichever case it is written.
_HEADER_SPELLINGS: Final = {
    spelling.lower(): option for spelling, option in _SPELLINGS.items() if "-" in spelling
}


class Setting(NamedTuple):
    """An option as it was written once."""

    #: What it was read into, or :data:`~.lists.INVALID`.
    value: Any
    #: Where it was written; empty for a default.
    where: str
    #: What was written.
    written: Any
    #: The line of the call that wrote it; None for the configuration and for a default.
    place: Place | None = None

    def problem(self, message: str, hint: str, *, code: str) -> Problem:
        """Return what is wrong with it."""
        return Problem(self.where, self.written, message, hint, code=code, place=self.place)


class Suspect(NamedTuple):
    """A name that is not an option's, where a program may have names of its own."""

    #: The option that it resembles; empty if there is none. It is a mistake if nothing sets that.
    option: str
    #: What is wrong then.
    problem: Problem


class Layer:
    """The options that were written in one place.

    :param settings: by the names of the options.
    :param suspects: names that may be meant for options.
    :param unknown: whether one of the names is not an option's, so that the one meant is missing.
    :param enforces: whether ``enforce`` may have been meant by what could not be read.
    :param place: the line of the call that wrote them; None for the configuration.
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
        #: Whether it is for less than what is around it: one resource, blueprint or view.
        self.is_inner = False
        #: The options that are written in other places of the application.
        self.set_elsewhere: Collection[str] = ()
        self.unknown = unknown
        self.enforces = enforces
        self.place = place


def inner(layer: Layer) -> Layer:
    """Return the same options, for less than what is around them."""
    copied = copy(layer)
    copied.is_inner = True
    return copied


def find_option(name: object) -> Option | None:
    """Find the option that goes by a name, in whichever spelling."""
    spelling = str(name)
    return _SPELLINGS.get(spelling) or _HEADER_SPELLINGS.get(spelling.lower())


def read_options(
    written: Mapping[str, object],
    prefix: str,
    problems: list[Problem],
    place: Place | None = None,
) -> Layer:
    """Read options that were written by their names.

    :param written: option names and values, without ``resources``.
    :param prefix: what stands before a name to say where it was written.
    :param problems: what is wrong is added here.
    :param place: the line of the call that wrote them.
    """
    settings: dict[str, Setting] = {}
    unknown: dict[str, object] = {}
    for name, value in written.items():
        option = find_option(name)
        if option is None:
            unknown[name] = value
            problems.append(_unknown(f"{prefix}{name}", str(name), value, written))
        else:
            read_setting(option, value, f"{prefix}{name}", settings, problems, place)
    return Layer(settings, unknown=bool(unknown), enforces=may_enforce(unknown), place=place)


class Part(NamedTuple):
    """What a policy says differently for one origin, pattern or regex."""

    #: As the user wrote it.
    written: str
    rule: OriginRule
    #: The values of the options that differ, by name.
    options: Mapping[str, Any]


def _read_parts(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``for_origins`` into a tuple of :class:`Part`."""
    example = '{"https://app.example.com": {"max_age": 600}}'
    written = read_mapping(value, where, problems, _A_PART, example)
    if written is INVALID:
        return INVALID
    before = len(problems)
    parts: dict[OriginRule, Part] = {}
    for key, options in written.items():
        name = key.pattern if isinstance(key, re.Pattern) else str(key)
        place = f'{where}["{name}"]'
        rule = read_one(_read_named, key, place, problems)
        found = _read_allowed(options, place, problems, _IN_PARTS)
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


def _read_named(value: object) -> OriginRule:
    rule = read_origin(value)
    if rule in ("*", NOBODY) or isinstance(rule, OriginCallable):
        what = "is not an origin, a pattern or a regex."
        hint = "Write what holds for all other origins beside for_origins."
        raise Mistake("for-origins-unnamed", what, hint=hint)
    return rule


def _read_stricter(value: object, where: str, problems: list[Problem]) -> Any:
    """Read the option ``report_only`` into the values of the options in it, by name."""
    names = {option.name for option in OPTIONS} - _NOT_STRICTER
    return _read_allowed(value, where, problems, names)


def _read_allowed(
    value: object, where: str, problems: list[Problem], names: Collection[str]
) -> Any:
    """Read options by name, of which only some may be written here."""
    example = '{"max_age": 600}'
    hint = f"Write options by name, such as {example}."
    written = read_mapping(value, where, problems, hint, example)
    if written is INVALID:
        return INVALID
    before = len(problems)
    layer = read_options(written, f"{where}.", problems)
    for name, setting in layer.settings.items():
        if name not in names:
            message = f"{name} cannot be written here."
            outer = where.partition("[")[0]
            hint = "Leave it out." if name in _NOT_STRICTER else f"Write it beside {outer}."
            problems.append(setting.problem(message, hint, code="option-misplaced"))
    if len(problems) > before:
        return INVALID
    return {name: setting.value for name, setting in layer.settings.items()}


def may_enforce(written: object) -> bool:
    """Return whether something that has mistakes may be meant to refuse requests.

    A mistake must not let in whoever was to be refused, so this errs on the side of yes.
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
    """Read one option, and add it to those that were read before.

    :param problems: what is wrong with it, or with both together, is added here.
    :param place: the line of the call that wrote it.
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
    """Return what is wrong if one option is written in two places with different values."""
    message = f"{where} and {other} are the same option, but their values differ."
    return Problem(where, value, message, f"Keep one of them: {other}.", code="option-conflict")


def _unknown(where: str, name: str, value: object, written: Mapping[str, object]) -> Problem:
    if name == RESOURCES:
        message = "resources is an option of CORS only."
        hint = "Write it as CORS(app, resources=...)."
        return Problem(where, value, message, hint, code="resources-misplaced")
    if name == DEBUG_PAGE:
        return misplaced_debug_page(Setting(value, where, value))
    known = {spelling.lower(): spelling for spelling in (*_SPELLINGS, RESOURCES)}
    message = f"there is no option {shown(name)}."
    bare = name.lower().removeprefix(CONFIG_PREFIX.lower())
    names = (*(option.name for option in OPTIONS), RESOURCES, DEBUG_PAGE)
    hint = f"The options are: {', '.join(names)}."
    meant = ""
    if bare in RETIRED:
        hint = f"Leave it out: {RETIRED[bare]}."
    elif bare in FOREIGN:
        meant, hint = instead_of_foreign(bare, value)
    elif nearest(bare, {DEBUG_PAGE}, 2):
        # Names that only begin in the same way, such as "debug", mean something else.
        hint = f"Did you mean {DEBUG_PAGE}?"
    elif near := get_close_matches(bare, known, n=1):
        meant, hint = known[near[0]], f"Did you mean {known[near[0]]}?"
    if find_option(meant) is _CREDENTIALS and not _names_origins(written):
        hint += needs_origins("origins")
    return Problem(where, value, message, hint, code="unknown-option")


def misplaced_debug_page(setting: Setting) -> Problem:
    """Return what is wrong with the option ``debug_page`` where it was written."""
    message = "debug_page is an option of CORS(app) only."
    hint = "Write it as CORS(app, debug_page=...)."
    return setting.problem(message, hint, code="debug-page-misplaced")


def _names_origins(written: Mapping[str, object]) -> bool:
    """Return whether origins are written next to an option, and not any origin."""
    return any(find_option(name) is OPTIONS[0] and value != "*" for name, value in written.items())


def retired_in(layers: Iterable[Layer]) -> list[str]:
    """Return what to say of options that are accepted for Flask-CORS's sake and change nothing."""
    settings = [layer.settings.get("intercept_exceptions") for layer in layers]
    return [
        f"{setting.where} has no effect: errors always carry the headers"
        for setting in settings
        if setting is not None and setting.value is False
    ]
