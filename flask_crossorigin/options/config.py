"""What ``app.config`` says: the ``CORS_*`` keys, and the mapping under ``CORS``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from .errors import Problem, shown
from .lists import INVALID, read_json, read_one
from .spelling import FOREIGN, RETIRED, instead_of_foreign, nearest, needs_origins
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
#: The key that names the checks which the audit leaves out. No policy depends on it.
AUDIT_IGNORE_KEY: Final = "CORS_AUDIT_IGNORE"

_OPTION_KEYS: Final = {key: option for option in OPTIONS for key in option.config_keys}
_ORIGINS_KEYS: Final = OPTIONS[0].config_keys
# The names without the prefix, which would make them all much alike, and which option each means.
_NAMES: Final = {
    **{
        key.removeprefix(CONFIG_PREFIX).lower(): option.name for key, option in _OPTION_KEYS.items()
    },
    RESOURCES: RESOURCES,
    DEBUG_PAGE: DEBUG_PAGE,
}
# The keys that belong to no policy.
_OTHER_KEYS: Final = frozenset({RESOURCES_KEY, DEBUG_PAGE_KEY})
# More are another name.
_MOST_SLIPS: Final = 2

#: What to say of a key that may be the program's own.
CHANGES_NOTHING: Final = "It changes nothing here, which is fine if your own code reads it."

# Many programs have this key, and Flask-CORS has never read it.
_HEADERS_KEY: Final = "CORS_HEADERS"


class ConfigValue(NamedTuple):
    """One value in the configuration that is meant for CORS."""

    #: As users find it: ``CORS_ORIGINS``, or ``CORS["origins"]``.
    where: str
    #: The key under which it counts: ``CORS_ORIGINS``.
    key: str
    value: Any

    @property
    def is_read(self) -> bool:
        """Whether it counts, and is not only meant to."""
        return self.where == self.key or self.where.startswith(f"{MAPPING_KEY}[")


def config_values(
    config: Mapping[str, Any],
    exhausted: dict[str, tuple[object, tuple[Any, ...]]],
    problems: list[Problem],
) -> list[ConfigValue]:
    """Return what ``app.config`` has for CORS, sorted by key.

    :param exhausted: what each iterator gave when it was read, since it gives it only once. It is
        filled here and passed on to the next call.
    :param problems: what is wrong is added here.
    """
    values = []
    for key in sorted(key for key in config if isinstance(key, str) and key != AUDIT_IGNORE_KEY):
        if key == MAPPING_KEY:
            values += _in_mapping(config[key], problems)
        elif _meant(key).startswith(CONFIG_PREFIX) or _meant(key) == MAPPING_KEY:
            values.append(ConfigValue(key, _meant(key), config[key]))
    return [_read_once(value, exhausted) for value in values]


def _meant(key: str) -> str:
    """Return how a key is written that Flask would read into ``app.config``.

    ``from_prefixed_env`` takes the prefix off, and ``app.config`` knows upper case alone.
    """
    return key.upper().replace("-", "_").removeprefix("FLASK_")


def _in_mapping(written: object, problems: list[Problem]) -> list[ConfigValue]:
    """Return the values in the mapping under ``CORS``, which may be JSON in a string."""
    if isinstance(written, str):
        read = partial(read_json, start="{", example='{"origins": "https://app.example.com"}')
        found = read_one(read, written, MAPPING_KEY, problems)
        if found is INVALID:
            return []
        written = written if found is None else found
    if not isinstance(written, Mapping):
        # A flag of the program's own, perhaps.
        return [ConfigValue(MAPPING_KEY, MAPPING_KEY, written)]
    return [
        ConfigValue(f'{MAPPING_KEY}["{name}"]', _key_in_mapping(str(name)), value)
        for name, value in written.items()
    ]


def _key_in_mapping(name: str) -> str:
    key = CONFIG_PREFIX + _meant(name).removeprefix(CONFIG_PREFIX)
    option = None if key == _HEADERS_KEY else find_option(name.lower())
    return key if option is None else option.config_keys[0]


def _read_once(
    value: ConfigValue, exhausted: dict[str, tuple[object, tuple[Any, ...]]]
) -> ConfigValue:
    if not isinstance(value.value, Iterator) or value.key not in (*_OPTION_KEYS, RESOURCES_KEY):
        # What is the program's own is for the program to read.
        return value
    if exhausted.get(value.where, (None,))[0] is not value.value:
        exhausted[value.where] = (value.value, tuple(value.value))
    return value._replace(value=exhausted[value.where][1])


def read_config(values: Iterable[ConfigValue], problems: list[Problem]) -> Layer:
    """Read the options in a configuration, except ``resources``.

    :param values: what :func:`config_values` gave.
    :param problems: what is wrong is added here.
    """
    settings: dict[str, Setting] = {}
    suspects: list[Suspect] = []
    values = [*values]
    names_origins = any(
        value.key in _ORIGINS_KEYS and value.is_read and value.value != "*" for value in values
    )
    for value in values:
        option = _OPTION_KEYS.get(value.key)
        if not value.is_read or (option is None and value.key not in _OTHER_KEYS):
            suspect = _suspect(value)
            if suspect.option == "supports_credentials" and not names_origins:
                suspect.problem.hint += needs_origins(CONFIG_PREFIX + "ORIGINS")
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
    """Return what a configuration says under a key; None if it says nothing.

    :param values: what :func:`config_values` gave.
    :param problems: if it says two things, this is added here.
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


def _suspect(value: ConfigValue) -> Suspect:
    """Say of a key that is not an option's what may be meant by it."""
    bare = value.key.removeprefix(CONFIG_PREFIX).lower()
    message = f"there is no configuration key {shown(value.where)}."
    hint = CHANGES_NOTHING
    option = ""
    foreign, instead = "", ""
    if bare in FOREIGN:
        foreign, instead = instead_of_foreign(bare, value.value, CONFIG_PREFIX)
    meant = foreign or nearest(bare, _NAMES, _MOST_SLIPS)
    if value.key == MAPPING_KEY and value.where != MAPPING_KEY:
        option = "origins" if isinstance(value.value, Mapping) else ""
        message = f"nobody reads the configuration key {shown(value.where)}."
        hint = "Write CORS." if option else hint
    elif value.key == MAPPING_KEY:
        message = "it is not a mapping of options."
        if isinstance(value.value, (str, list, tuple)):
            option = "origins"
            hint = (
                'Write CORS_ORIGINS, or a mapping such as {"origins": ["https://app.example.com"]}.'
            )
    elif value.key == _HEADERS_KEY:
        hint = "It changes nothing, as in Flask-CORS. To limit the request headers that pages may "
        hint += "send, write CORS_ALLOW_HEADERS."
    elif bare in RETIRED:
        hint = f"Leave it out: {RETIRED[bare]}."
    elif meant:
        option = _NAMES[meant]
        key = CONFIG_PREFIX + option.upper()
        hint = instead or f"Did you mean {key}?"
        if not value.is_read and bare in _NAMES:
            message = f"nobody reads the configuration key {shown(value.where)}."
            hint = f"Write {key}."
    problem = Problem(value.where, value.value, message, hint, code="unknown-config-key")
    return Suspect(option, problem)
