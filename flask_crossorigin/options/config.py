"""Read the options in ``app.config``: the ``CORS_*`` keys, and the mapping ``CORS``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from .errors import Problem, shown
from .lists import INVALID, read_json, read_one
from .spelling import (
    FOREIGN,
    RETIRED,
    allows_any,
    any_with_credentials,
    instead_of_foreign,
    is_on,
    named_origins,
    nearest,
    needs_origins,
)
from .table import (
    CONFIG_PREFIX,
    DEBUG_PAGE,
    DEBUG_PAGE_KEY,
    OPTIONS,
    RESOURCES,
    Layer,
    Setting,
    Suspect,
    differing,
    find_option,
    may_enforce,
    read_setting,
)

#: The key that may hold a mapping of all options.
MAPPING_KEY: Final = "CORS"
RESOURCES_KEY: Final = CONFIG_PREFIX + RESOURCES.upper()
#: The key for the audit checks to leave out. Policies do not depend on it.
AUDIT_IGNORE_KEY: Final = "CORS_AUDIT_IGNORE"

_OPTION_KEYS: Final = {key: option for option in OPTIONS for key in option.config_keys}
_ORIGINS_KEY: Final = CONFIG_PREFIX + "ORIGINS"
# The option that each key means. The keys are without prefix, which would make all names similar.
_NAMES: Final = {
    **{
        key.removeprefix(CONFIG_PREFIX).lower(): option.name for key, option in _OPTION_KEYS.items()
    },
    RESOURCES: RESOURCES,
    DEBUG_PAGE: DEBUG_PAGE,
}
# The keys that belong to no policy.
_OTHER_KEYS: Final = frozenset({RESOURCES_KEY, DEBUG_PAGE_KEY})
# A name with more slips is probably not a misspelled option.
_MOST_SLIPS: Final = 2

#: The hint for a key that the program itself may read.
HAS_NO_EFFECT: Final = "It has no effect here, which is fine if your own code reads it."

# Many programs set this key, but Flask-CORS has never read it.
_HEADERS_KEY: Final = "CORS_HEADERS"


class ConfigValue(NamedTuple):
    """One value in ``app.config`` that is meant for CORS."""

    #: Where it is written: ``CORS_ORIGINS`` or ``CORS["origins"]``.
    where: str
    #: The key that it means: ``CORS_ORIGINS``.
    key: str
    value: Any

    @property
    def is_read(self) -> bool:
        """Whether the package reads it. It doesn't read ``cors_origins``, for example."""
        return self.where == self.key or self.where.startswith(f"{MAPPING_KEY}[")


def config_values(
    config: Mapping[str, Any],
    exhausted: dict[str, tuple[object, tuple[Any, ...]]],
    problems: list[Problem],
) -> list[ConfigValue]:
    """Return the values in ``app.config`` that are meant for CORS, sorted by key.

    :param exhausted: the items of each iterator that was read before, because an iterator can only
        be read once. It is filled here. Pass it to the next call again.
    :param problems: every problem is added here.
    """
    values = []
    for key in sorted(key for key in config if isinstance(key, str) and key != AUDIT_IGNORE_KEY):
        if key == MAPPING_KEY:
            values += _in_mapping(config[key], problems)
        elif _normalized(key).startswith(CONFIG_PREFIX) or _normalized(key) == MAPPING_KEY:
            values.append(ConfigValue(key, _normalized(key), config[key]))
    return [_read_once(value, exhausted) for value in values]


def _normalized(key: str) -> str:
    """Return the key of ``app.config`` that a key means.

    Flask's ``from_prefixed_env`` removes the prefix, and all keys are in upper case.
    """
    return key.upper().replace("-", "_").removeprefix("FLASK_")


def _in_mapping(written: object, problems: list[Problem]) -> list[ConfigValue]:
    """Return the values in the mapping ``CORS``, which may be a string with JSON."""
    if isinstance(written, str):
        read = partial(read_json, start="{", example='{"origins": "https://app.example.com"}')
        found = read_one(read, written, MAPPING_KEY, problems)
        if found is INVALID:
            return []
        written = written if found is None else found
    if not isinstance(written, Mapping):
        # Perhaps a flag that the program itself reads.
        return [ConfigValue(MAPPING_KEY, MAPPING_KEY, written)]
    return [
        ConfigValue(f'{MAPPING_KEY}["{name}"]', _key_in_mapping(str(name)), value)
        for name, value in written.items()
    ]


def _key_in_mapping(name: str) -> str:
    key = CONFIG_PREFIX + _normalized(name).removeprefix(CONFIG_PREFIX)
    option = None if key == _HEADERS_KEY else find_option(name.lower())
    return key if option is None else option.config_keys[0]


def _read_once(
    value: ConfigValue, exhausted: dict[str, tuple[object, tuple[Any, ...]]]
) -> ConfigValue:
    if not isinstance(value.value, Iterator) or value.key not in (*_OPTION_KEYS, RESOURCES_KEY):
        # Reading it would exhaust an iterator that the program itself may read.
        return value
    if exhausted.get(value.where, (None,))[0] is not value.value:
        exhausted[value.where] = (value.value, tuple(value.value))
    return value._replace(value=exhausted[value.where][1])


def read_config(values: Iterable[ConfigValue], problems: list[Problem]) -> Layer:
    """Read the options in ``app.config``, except ``resources``.

    :param values: the result of :func:`config_values`.
    :param problems: every problem is added here.
    """
    settings: dict[str, Setting] = {}
    suspects: list[Suspect] = []
    values = [*values]
    written = {_option_name(value): value.value for value in values}
    for value in values:
        option = _OPTION_KEYS.get(value.key)
        if not value.is_read or (option is None and value.key not in _OTHER_KEYS):
            suspect = _suspect(value, written)
            if value.is_read or suspect.option:
                suspects.append(suspect)
        elif option is not None:
            read_setting(option, value.value, value.where, settings, problems)
    enforces = any(
        may_enforce({suspect.option: suspect.problem.value})
        for suspect in suspects
        if suspect.option
    )
    return Layer(settings, suspects=suspects, enforces=enforces)


def value_in(
    values: Iterable[ConfigValue], key: str, problems: list[Problem]
) -> ConfigValue | None:
    """Return the value of a key in ``app.config``, None without one.

    :param values: the result of :func:`config_values`.
    :param problems: if it is written twice with different values, this is added here.
    """
    found = None
    for value in values:
        if value.key != key or not value.is_read or value.value is None:
            continue
        if found is None:
            found = value
        elif found.value != value.value:
            problems.append(differing(value.where, value.value, found.where))
    return found


def _option_name(value: ConfigValue) -> str:
    """Return the name of the option that a key sets, or any other key in lower case."""
    option = _OPTION_KEYS.get(value.key) if value.is_read else None
    return _bare(value) if option is None else option.name


def _bare(value: ConfigValue) -> str:
    return value.key.removeprefix(CONFIG_PREFIX).lower()


def _suspect(value: ConfigValue, written: Mapping[str, Any]) -> Suspect:
    """Explain a key that is not an option, and find the option that it may mean.

    :param written: all values by the names of their options, or by their keys in lower case.
    """
    bare = _bare(value)
    message = f"there is no configuration key {shown(value.where)}."
    hint = HAS_NO_EFFECT
    option = ""
    foreign, instead = "", ""
    with_credentials = ""
    if bare in FOREIGN:
        foreign, instead = instead_of_foreign(bare, written, CONFIG_PREFIX)
        if allows_any(bare) and is_on(value.value) and not named_origins(written):
            with_credentials = any_with_credentials(_ORIGINS_KEY)
    meant = foreign or nearest(bare, _NAMES, _MOST_SLIPS)
    if value.key == MAPPING_KEY and value.where != MAPPING_KEY:
        option = "origins" if isinstance(value.value, Mapping) else ""
        message = f"nothing reads the configuration key {shown(value.where)}."
        hint = "Write CORS." if option else hint
    elif value.key == MAPPING_KEY:
        message = "the value is not a mapping of options."
        if isinstance(value.value, (str, list, tuple)):
            option = "origins"
            hint = (
                'Write CORS_ORIGINS, or a mapping such as {"origins": ["https://app.example.com"]}.'
            )
    elif value.key == _HEADERS_KEY:
        hint = "It has no effect, as in Flask-CORS. To limit the request headers that pages may "
        hint += "send, write CORS_ALLOW_HEADERS."
    elif bare in RETIRED:
        hint = f"Leave it out: {RETIRED[bare]}."
    elif meant:
        option = _NAMES[meant]
        key = CONFIG_PREFIX + option.upper()
        hint = instead or f"Did you mean {key}?"
        if not value.is_read and bare in _NAMES:
            message = f"nothing reads the configuration key {shown(value.where)}."
            hint = f"Write {key}."
        if option == "supports_credentials" and not named_origins(written):
            hint += needs_origins(_ORIGINS_KEY)
    problem = Problem(value.where, value.value, message, hint, code="unknown-config-key")
    return Suspect(option, problem, with_credentials)
