"""The options that users may write, in every spelling, and the names that are not options.

It is one module because both are read from the same table.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from ..core.origins import Origins
from ..core.policy import HeaderNames, Methods
from .errors import Problem, shown
from .lists import INVALID
from .values import (
    Reader,
    read_allow_headers,
    read_bool,
    read_expose_headers,
    read_max_age,
    read_methods,
    read_origins,
    read_preflight_status,
)

CONFIG_PREFIX: Final = "CORS_"

DEFAULT_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


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
        return tuple(CONFIG_PREFIX + name.upper() for name in names if name.isidentifier())


#: Every option that a policy is made of.
OPTIONS: Final = (
    Option(
        "origins",
        read_origins,
        Origins(["*"]),
        ("origin", "allow_origins", "Access-Control-Allow-Origin"),
    ),
    Option(
        "methods",
        read_methods,
        Methods(DEFAULT_METHODS),
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
    Option("enforce", read_bool, False),
    Option("intercept_exceptions", read_bool, True),
)

RESOURCES: Final = "resources"

_SPELLINGS: Final = {
    spelling: option for option in OPTIONS for spelling in (option.name, *option.spellings)
}
# A header name means the same in whichever case it is written.
_HEADER_SPELLINGS: Final = {
    spelling.lower(): option for spelling, option in _SPELLINGS.items() if "-" in spelling
}
_NAMES: Final = (*(option.name for option in OPTIONS), RESOURCES)
RESOURCES_KEY: Final = CONFIG_PREFIX + RESOURCES.upper()
_CONFIG_KEYS: Final = {key: option for option in OPTIONS for key in option.config_keys}

EnsureSync = Callable[[Callable[..., Any]], Callable[..., Any]]


class Setting(NamedTuple):
    """An option as it was written once."""

    #: What it was read into, or :data:`~.lists.INVALID`.
    value: Any
    #: Where it was written; empty for a default.
    where: str
    #: What was written.
    written: Any


class Layer:
    """The options that were written in one place.

    :param settings: by the names of the options.
    :param unknown: whether one of the names is not an option's, so that the one meant is missing.
    :param enforces: whether ``enforce`` may have been meant by what could not be read.
    """

    def __init__(
        self,
        settings: Mapping[str, Setting] | None = None,
        *,
        unknown: bool = False,
        enforces: bool = False,
    ) -> None:
        self.settings = {} if settings is None else settings
        self.unknown = unknown
        self.enforces = enforces


def find_option(name: object) -> Option | None:
    """Find the option that goes by a name, in whichever spelling."""
    spelling = str(name)
    return _SPELLINGS.get(spelling) or _HEADER_SPELLINGS.get(spelling.lower())


def read_options(written: Mapping[str, object], prefix: str, problems: list[Problem]) -> Layer:
    """Read options that were written by their names.

    :param written: option names and values, without ``resources``.
    :param prefix: what stands before a name to say where it was written.
    :param problems: what is wrong is added here.
    """
    settings: dict[str, Setting] = {}
    unknown: dict[str, object] = {}
    for name, value in written.items():
        option = find_option(name)
        if option is None:
            unknown[name] = value
            problems.append(_unknown(f"{prefix}{name}", str(name), value))
        else:
            _read_setting(option, value, f"{prefix}{name}", settings, problems)
    return Layer(settings, unknown=bool(unknown), enforces=may_enforce(unknown))


def read_config(config: Mapping[str, Any], problems: list[Problem]) -> Layer:
    """Read the ``CORS_*`` keys of a configuration, except ``CORS_RESOURCES``.

    :param config: what :func:`config_values` gave.
    :param problems: what is wrong is added here.
    """
    settings: dict[str, Setting] = {}
    unknown: dict[str, object] = {}
    for key, value in config.items():
        option = _CONFIG_KEYS.get(key)
        if option is not None:
            _read_setting(option, value, key, settings, problems)
        elif key != RESOURCES_KEY:
            unknown[key] = value
            problems.append(_unknown_key(key, value))
    return Layer(settings, unknown=bool(unknown), enforces=may_enforce(unknown))


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


def config_values(
    config: Mapping[str, Any], exhausted: dict[str, tuple[object, tuple[Any, ...]]]
) -> dict[str, Any]:
    """Return the keys of ``app.config`` that are meant for CORS, sorted, with their values.

    :param exhausted: what each iterator gave when it was read, since it gives it only once. It is
        filled here and passed on to the next call.
    """
    values: dict[str, Any] = {}
    for key in sorted(k for k in config if isinstance(k, str) and _is_for_cors(k)):
        value = config[key]
        if isinstance(value, Iterator):
            if exhausted.get(key, (None,))[0] is not value:
                exhausted[key] = (value, tuple(value))
            value = exhausted[key][1]
        values[key] = value
    return values


def _is_for_cors(key: str) -> bool:
    # In lower case it would go unread, and the default lets in any origin.
    return key.startswith(CONFIG_PREFIX) or key.upper() in (*_CONFIG_KEYS, RESOURCES_KEY)


def _read_setting(
    option: Option,
    value: object,
    where: str,
    settings: dict[str, Setting],
    problems: list[Problem],
) -> None:
    if value is None and option.name != "origins":
        return
    setting = Setting(option.read(value, where, problems), where, value)
    other = settings.get(option.name)
    if other is not None and other.value is INVALID:
        return
    if other is not None and setting.value not in (other.value, INVALID):
        message = f"{where} and {other.where} are the same option, but their values differ."
        hint = f"Keep one of them: {other.where}."
        problems.append(Problem(where, value, message, hint, code="option-conflict"))
        setting = setting._replace(value=INVALID)
    settings[option.name] = setting


#: Options that are no more, and why.
_RETIRED: Final = {
    "attach_to_all": "browsers need the headers on the actual response too, so every response "
    "has them",
}

#: Names that users bring from elsewhere, with what to write here.
_FOREIGN: Final = {
    "allow_origin_regex": 'origins=re.compile(r"...")',
    "allowed_origins": "origins",
    "allowed_origin_regexes": 'origins=[re.compile(r"...")]',
    "origin_regex_whitelist": 'origins=[re.compile(r"...")]',
    "origin_allow_all": 'origins="*"',
    "allow_all_origins": 'origins="*"',
    "origin_whitelist": "origins",
    "allowed_methods": "methods",
    "allowed_headers": "allow_headers",
    "exposed_headers": "expose_headers",
    "preflight_max_age": "max_age",
    "urls_regex": 'resources=re.compile(r"...")',
}


def _unknown(where: str, name: str, value: object) -> Problem:
    if name == RESOURCES:
        message = "resources is an option of CORS only."
        hint = "Write it as CORS(app, resources=...)."
        return Problem(where, value, message, hint, code="resources-misplaced")
    known = {spelling.lower(): spelling for spelling in (*_SPELLINGS, RESOURCES)}
    message = f"there is no option {shown(name)}."
    hint = _find_known(name, known, "options")
    return Problem(where, value, message, hint, code="unknown-option")


def _unknown_key(key: str, value: object) -> Problem:
    keys = [*_CONFIG_KEYS, RESOURCES_KEY]
    # Without the prefix, which would make them all much alike.
    known = {each.removeprefix(CONFIG_PREFIX).lower(): each for each in keys}
    message = f"there is no configuration key {shown(key)}."
    hint = _find_known(key, known, "configuration keys")
    return Problem(key, value, message, hint, code="unknown-config-key")


def _find_known(name: str, known: Mapping[str, str], kind: str) -> str:
    """Return which option or configuration key was meant, as the hint of a problem.

    :param known: the names that exist, in lower case and without the prefix of configuration
        keys, each with how to write it.
    """
    bare = name.lower().removeprefix("cors_")
    if bare in _RETIRED:
        return f"Leave it out: {_RETIRED[bare]}."
    if bare in _FOREIGN:
        option, equals, example = _FOREIGN[bare].partition("=")
        return f"Write {known[option]}{equals}{example} instead."
    near = get_close_matches(bare, known, n=1)
    if near:
        return f"Did you mean {known[near[0]]}?"
    return f"The {kind} are: {', '.join(known[name] for name in _NAMES)}."


def warn_of_retired(layers: Iterable[Layer], stacklevel: int) -> None:
    """Warn of what is accepted for Flask-CORS's sake and changes nothing.

    :param stacklevel: that of :func:`warnings.warn`, seen from who calls this.
    """
    for layer in layers:
        setting = layer.settings.get("intercept_exceptions")
        if setting is not None and setting.value is False:
            warnings.warn(
                f"{setting.where} has no effect: errors always carry the headers",
                DeprecationWarning,
                stacklevel=stacklevel + 1,
            )
