"""Make policies from options, and check the options of a policy together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..core.origins import OriginRule, Origins, is_regex
from ..core.places import Place
from ..core.policy import Parts, Policy
from ..core.reach import opaque_origin
from .errors import Mistake, Problem, shown
from .lists import INVALID
from .regexes import named_origin, open_end, with_dots
from .table import OPTIONS, RESOURCES, Layer, Setting

EnsureSync = Callable[[Callable[..., Any]], Callable[..., Any]]

_DEFAULTS = {option.name: Setting(option.default, "", None) for option in OPTIONS}


def settings_of(layers: Sequence[Layer]) -> dict[str, Setting]:
    """Return the settings of all options, with the defaults of those that no layer has.

    :param layers: the first layer that has an option decides.
    """
    settings = dict(_DEFAULTS)
    for layer in reversed(layers):
        written = layer.settings
        if layer.is_inner and "origins" in written:
            # An inner layer with origins allows these only, not those of an outer for_origins too.
            settings["for_origins"] = _DEFAULTS["for_origins"]
        settings.update(written)
    return settings


def place_of(layers: Sequence[Layer]) -> Place | None:
    """Return the line of the call that contains the options of a policy.

    :param layers: the first layer with options or a place decides.
    """
    found = (layer for layer in layers if layer.settings or layer.place)
    return next((layer.place for layer in found), None)


def may_enforce_together(layers: Sequence[Layer]) -> bool:
    """Return whether the options of a policy, even invalid ones, may mean ``enforce``."""
    enforce = settings_of(layers)["enforce"].value
    return enforce is not False or any(layer.enforces for layer in layers)


def check(
    layers: Sequence[Layer], problems: list[Problem], ensure_sync: EnsureSync | None = None
) -> bool:
    """Check the options of one policy.

    :param layers: the first layer that has an option decides.
    :param problems: every problem of the options as a whole is added here.
    :param ensure_sync: Flask's method of that name, for async callables among the origins.
    :returns: whether the options are valid, both as a whole and one by one.
    """
    known = {RESOURCES, *(name for layer in layers for name in layer.settings)}
    known.update(*(layer.set_elsewhere for layer in layers))
    suspects = [suspect for layer in layers for suspect in layer.suspects if suspect.option]
    unread = [suspect for suspect in suspects if suspect.option not in known]
    settings = settings_of(layers)
    credentials = settings["supports_credentials"].value is True or any(
        suspect.option == "supports_credentials" for suspect in unread
    )
    for suspect in unread:
        if credentials and suspect.hint_with_credentials:
            suspect.problem.hint = suspect.hint_with_credentials
        problems.append(suspect.problem)
    if unread or any(layer.unknown for layer in layers):
        return False
    if any(setting.value is INVALID for setting in settings.values()):
        return False
    return _are_safe(settings, problems) and _can_be_called(settings, problems, ensure_sync)


def make_policy(
    where: str,
    layers: Sequence[Layer],
    problems: list[Problem],
    ensure_sync: EnsureSync | None = None,
) -> Policy:
    """Make one policy.

    :param where: its name, such as ``CORS(app)`` or ``resources["/api/*"]``.
    :returns: a policy that allows nothing if the options are invalid.

    The other parameters are those of :func:`check`.
    """
    settings, place = settings_of(layers), place_of(layers)
    if not check(layers, problems, ensure_sync):
        # A mistake must not allow requests that were meant to be refused.
        enforces = may_enforce_together(layers)
        return closed_policy(where, enforce=enforces, misconfigured=True, place=place)
    values = {name: setting.value for name, setting in settings.items()}
    inner_values = values.pop("report_only")
    report_only = None
    if inner_values:
        inner_values = {**values, **inner_values}
        report_only = _make(f"{where}.report_only", place, inner_values, ensure_sync, None)
    return _make(where, place, values, ensure_sync, report_only)


def _make(
    where: str,
    place: Place | None,
    values: Mapping[str, Any],
    ensure_sync: EnsureSync | None,
    report_only: Policy | None,
) -> Policy:
    """Make a policy from the values of its options."""
    own = {**values, "report_only": report_only, "place": place}
    del own["intercept_exceptions"], own["for_origins"]
    parts = Parts(
        (
            part.rule,
            Policy(
                f'{where}.for_origins["{part.written}"]',
                **{**own, **part.options, "origins": Origins([part.rule])},
            ),
        )
        for part in values["for_origins"]
    )
    if ensure_sync is not None:
        own["origins"] = own["origins"].adapt(ensure_sync)
    return Policy(where, **{**own, "for_origins": parts})


def closed_policy(
    where: str,
    *,
    enforce: bool = True,
    misconfigured: bool = False,
    place: Place | None = None,
) -> Policy:
    """Make a policy that allows nothing and sends nothing."""
    return Policy(
        where,
        origins=Origins(),
        methods=_DEFAULTS["methods"].value,
        allow_headers=_DEFAULTS["allow_headers"].value,
        vary_header=False,
        enforce=enforce,
        misconfigured=misconfigured,
        place=place,
    )


def _can_be_called(
    settings: Mapping[str, Setting], problems: list[Problem], ensure_sync: EnsureSync | None
) -> bool:
    """Check that Flask can call the async functions among the origins."""
    origins = settings["origins"]
    stricter = settings["report_only"].value.get("origins", origins.value)
    if ensure_sync is not None:
        try:
            origins.value.adapt(ensure_sync)
            stricter.adapt(ensure_sync)
        except RuntimeError as error:
            message = f"an async function among the origins cannot be called: {error}."
            hint = "Install flask[async], or write a function that is not async."
            problems.append(origins.problem(message, hint, code="origin-callable-async"))
            return False
    return True


def _are_safe(settings: Mapping[str, Setting], problems: list[Problem]) -> bool:
    """Check the options as a whole, both without and with those of ``report_only``."""
    before = len(problems)
    _check_together(settings, problems)
    _check_enforce(settings, problems)
    stricter = settings["report_only"]
    if stricter.value and len(problems) == before:
        merged = dict(settings)
        for name, value in stricter.value.items():
            merged[name] = Setting(value, f"{stricter.where}.{name}", value, stricter.place)
        _check_together(merged, problems)
    return len(problems) == before


def _check_together(settings: Mapping[str, Setting], problems: list[Problem]) -> None:
    credentials, origins = settings["supports_credentials"], settings["origins"]
    if credentials.value:
        # The default origins have no place, so the problem is shown at the credentials.
        at = origins if origins.where else credentials
        written = origins._replace(where=at.where, place=at.place)
        _check_credentials(origins.value.rules, written, credentials, problems)
    parts = settings["for_origins"]
    for part in parts.value:
        where = f'{parts.where}["{part.written}"]'
        own = credentials
        if "supports_credentials" in part.options:
            own = Setting(part.options["supports_credentials"], f"{where}.supports_credentials", 0)
        if own.value:
            written = Setting(part.rule, where, part.written, parts.place)
            _check_credentials([part.rule], written, own, problems)


def _check_enforce(settings: Mapping[str, Setting], problems: list[Problem]) -> None:
    enforce, origins = settings["enforce"], settings["origins"]
    if enforce.value and origins.value.any:
        cause = f"{origins.where} allows any origin" if origins.where else "any origin is allowed"
        message = f"it would refuse no request, because {cause}."
        without = "leave out enforce"
        beside = f"{enforce.where.lower().removesuffix('enforce')}origins"
        if origins.where and origins.where.lower() != beside:
            # It may be right for other policies.
            without = f"write enforce=False next to {origins.where}"
        hint = f"Write the origins of your pages, or {without}. "
        hint += 'To refuse all other origins, write origins="none".'
        problems.append(enforce.problem(message, hint, code="enforce-any-origin"))


def _check_credentials(
    rules: Iterable[OriginRule],
    origins: Setting,
    credentials: Setting,
    problems: list[Problem],
) -> None:
    """Check that only origins that the user named may use credentials."""
    elsewhere = credentials.place is not None and credentials.place != origins.place
    at = f" at {credentials.place}" if elsewhere else ""
    for mistake in [found for rule in rules if (found := _with_credentials(rule))]:
        hint = f"{mistake.hint}, or leave out {credentials.where}{at}."
        problems.append(origins.problem(mistake.what, hint, code=mistake.code))


def _with_credentials(rule: OriginRule) -> Mistake | None:
    """Return what is wrong with one allowed origin if there are credentials, or None."""
    hint = 'Write the origins that may use credentials, such as ["{}"]'.format
    example = "https://app.example.com"
    if rule == "*":
        what = 'credentials with any origin ("*") would let every website read '
        what += "what the logged-in user can read."
        return Mistake("credentials-any-origin", what, hint=hint(example))
    if is_regex(rule) and (reason := open_end(rule)):
        what = f"the regex {shown(rule.pattern)} {reason}. With credentials, an attacker who owns "
        what += "such a domain could read what the logged-in user can read."
        closed = with_dots(rule)
        instead = f"Write {shown(closed)}" if closed else hint(named_origin(rule) or example)
        return Mistake("credentials-open-regex", what, hint=instead)
    opaque = opaque_origin(rule) if is_regex(rule) else rule
    if opaque == "null":
        what = 'credentials with the origin "null" would let any page act as the logged-in user, '
        what += "because any page can create a sandboxed frame with that origin."
        return Mistake("credentials-null-origin", what, hint=hint(example))
    if opaque == "file://":
        what = 'credentials with the origin "file://" would let any file act as the logged-in '
        what += "user, because every file that a web view opens has that origin."
        return Mistake("credentials-null-origin", what, hint=hint(example))
    return None
