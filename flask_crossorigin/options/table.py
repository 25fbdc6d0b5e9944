"""The options that users may write, in every spelling, and the policy that they make."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from ..core.origins import OriginRule, Origins
from ..core.policy import HeaderNames, Methods, Policy
from .errors import Problem
from .origins import lets_in_any_origin
from .unknown import explain_unknown
from .values import (
    INVALID,
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
        Origins.of(["*"]),
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
_RESOURCES_KEY: Final = CONFIG_PREFIX + RESOURCES.upper()
_CONFIG_KEYS: Final = {key: option for option in OPTIONS for key in option.config_keys}

EnsureSync = Callable[[Callable[..., Any]], Callable[..., Any]]


class Setting(NamedTuple):
    """An option as it was written once."""

    #: What it was read into, or :data:`~.option_values.INVALID`.
    value: Any
    #: Where it was written; empty for a default.
    where: str
    #: What was written.
    written: Any


class Layer(NamedTuple):
    """The options that were written in one place."""

    settings: Mapping[str, Setting] = MappingProxyType({})
    #: Whether a name among them is that of no option. Which one was meant is not known.
    unknown: bool = False


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
    unknown = False
    for name, value in written.items():
        option = find_option(name)
        if option is None:
            unknown = True
            problems.append(_unknown(f"{prefix}{name}", str(name), value))
        else:
            _read_setting(option, value, f"{prefix}{name}", settings, problems)
    return Layer(settings, unknown)


def read_config(config: MutableMapping[str, Any], problems: list[Problem]) -> Layer:
    """Read the ``CORS_*`` keys of ``app.config``, but for ``CORS_RESOURCES``.

    An iterator among them is replaced by what it gave, so that it can be read again.
    """
    settings: dict[str, Setting] = {}
    unknown = False
    for key in sorted(k for k in config if isinstance(k, str) and _is_for_cors(k)):
        if isinstance(config[key], Iterator):
            config[key] = tuple(config[key])
        option = _CONFIG_KEYS.get(key)
        if option is not None:
            _read_setting(option, config[key], key, settings, problems)
        elif key != _RESOURCES_KEY:
            unknown = True
            problems.append(_unknown_key(key, config[key]))
    return Layer(settings, unknown)


def _is_for_cors(key: str) -> bool:
    # In lower case it would go unread, and the default lets in any origin.
    return key.startswith(CONFIG_PREFIX) or key.upper() in (*_CONFIG_KEYS, _RESOURCES_KEY)


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
        message = f"{where} and {other.where} are one option, and they say different things"
        problems.append(Problem(where, value, message, f"Keep one of them: {other.where}"))
        setting = setting._replace(value=INVALID)
    settings[option.name] = setting


def _unknown(where: str, name: str, value: object) -> Problem:
    if name == RESOURCES:
        message = "resources is an option of CORS alone"
        return Problem(where, value, message, "Write it as CORS(app, resources=...)")
    known = {spelling.lower(): spelling for spelling in (*_SPELLINGS, RESOURCES)}
    return explain_unknown(where, name, value, known, _NAMES, in_config=False)


def _unknown_key(key: str, value: object) -> Problem:
    keys = [*_CONFIG_KEYS, _RESOURCES_KEY]
    known = {each.removeprefix(CONFIG_PREFIX).lower(): each for each in keys}
    return explain_unknown(key, key, value, known, _NAMES, in_config=True)


def make_policy(
    where: str,
    layers: Sequence[Layer],
    problems: list[Problem],
    ensure_sync: EnsureSync | None = None,
) -> Policy:
    """Make the policy of one scope.

    :param where: what the policy is called.
    :param layers: the options that hold for it; the first layer that has an option decides.
    :param problems: what is wrong with the options taken together is added here.
    :param ensure_sync: Flask's method of that name, for async callables among the origins.
    :returns: what :func:`misconfigured` gives, if something is wrong with the options.
    """
    settings = {
        option.name: next(
            (layer.settings[option.name] for layer in layers if option.name in layer.settings),
            Setting(option.default, "", None),
        )
        for option in OPTIONS
    }
    # Whoever wants strangers refused is not to let them in by a mistake.
    enforce = settings["enforce"].value is not False
    if any(layer.unknown for layer in layers) or any(
        setting.value is INVALID for setting in settings.values()
    ):
        return misconfigured(where, enforce=enforce)
    if not _credentials_are_safe(settings, problems):
        return misconfigured(where, enforce=enforce)
    values = {name: setting.value for name, setting in settings.items()}
    if ensure_sync is not None:
        try:
            values["origins"] = values["origins"].adapt(ensure_sync)
        except RuntimeError as error:
            origins = settings["origins"]
            message = f"an async function among the origins cannot be called: {error}"
            hint = "Install flask[async], or write a function that is not async"
            problems.append(Problem(origins.where, origins.written, message, hint))
            return misconfigured(where, enforce=enforce)
    return _policy(where, values)


def misconfigured(where: str, *, enforce: bool) -> Policy:
    """Make the policy of options that have mistakes: it allows nothing and sends nothing."""
    return _nothing(where, misconfigured=True, enforce=enforce)


def _nothing(where: str, *, misconfigured: bool, enforce: bool = False) -> Policy:
    values = {option.name: option.default for option in OPTIONS}
    values.update(origins=Origins(), vary_header=False, enforce=enforce)
    return _policy(where, values, misconfigured=misconfigured)


def _policy(where: str, values: Mapping[str, Any], *, misconfigured: bool = False) -> Policy:
    kept = {name: value for name, value in values.items() if name != "intercept_exceptions"}
    return Policy(where=where, misconfigured=misconfigured, **kept)


#: Stands for the policy of a URL that none covers.
UNCOVERED: Final = _nothing("no policy", misconfigured=False)


def _credentials_are_safe(settings: Mapping[str, Setting], problems: list[Problem]) -> bool:
    credentials, origins = settings["supports_credentials"], settings["origins"]
    if not credentials.value:
        return True
    unsafe = [rule for rule in origins.value.rules if _is_null(rule) or lets_in_any_origin(rule)]
    for rule in unsafe:
        if not lets_in_any_origin(rule):
            message = (
                "credentials with the origin null: any page can make itself null with a "
                "sandboxed frame, and would act as the user who is logged in"
            )
        else:
            shown = rule.pattern if isinstance(rule, re.Pattern) else rule
            message = (
                f"credentials with any origin ({shown!r}): every page on the web could read "
                "what the user who is logged in can read"
            )
        hint = (
            'Write the origins that may act for the user, as in ["https://app.example.com"], '
            f"or leave out {credentials.where}"
        )
        problems.append(Problem(origins.where or credentials.where, origins.written, message, hint))
    return not unsafe


def _is_null(rule: OriginRule) -> bool:
    """Tell whether a rule lets in the opaque origin, which a regex may do unasked."""
    if isinstance(rule, re.Pattern):
        return rule.fullmatch("null") is not None
    return rule == "null"


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
