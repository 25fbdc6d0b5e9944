"""The known differences between engines and the standard, and the scenarios that they affect.

``docs/engines.rst`` says what the standard and the ``Browser`` do instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from . import circumstances
from .circumstances import Circumstance

if TYPE_CHECKING:
    from .observers import Observation
    from .recorder import Arrival
    from .scenario import Scenario


class Difference(NamedTuple):
    #: The name in the documentation.
    name: str
    engines: frozenset[str]
    touches: Circumstance
    #: The request headers that differ. Everything else is still compared. If this is empty,
    #: anything may differ, and nothing is compared.
    headers: frozenset[str]


def exempts(engine: str, scenario: Scenario, observation: Observation) -> bool:
    """Return whether an engine may differ from the standard in more than request headers."""
    return any(not difference.headers for difference in _touching(engine, scenario, observation))


def comparable(
    engine: str, scenario: Scenario, expected: Observation, observation: Observation
) -> Observation:
    """Return an observation without the headers in which an engine may differ from the standard.

    :param expected: what was observed in the engine. This decides which headers may differ.
    :param observation: the observation to copy without these headers.
    """
    found = _touching(engine, scenario, expected)
    left_out = frozenset[str]().union(*(difference.headers for difference in found))
    arrivals: list[Arrival] = []
    for arrival in observation["arrivals"]:
        kept = {k: value for k, value in arrival["headers"].items() if k not in left_out}
        arrivals.append({**arrival, "headers": kept})
    return {**observation, "arrivals": arrivals}


def _touching(engine: str, scenario: Scenario, observation: Observation) -> list[Difference]:
    return [
        difference
        for difference in DIFFERENCES
        if engine in difference.engines and difference.touches(scenario, observation)
    ]


def _of(engines: str, name: str, touches: Circumstance, *, headers: str = "") -> Difference:
    return Difference(name, frozenset(engines.split()), touches, frozenset(headers.split()))


DIFFERENCES = (
    _of("chromium firefox webkit", "* covers Authorization", circumstances.covers_authorization),
    _of("chromium firefox webkit", "a max-age below 0", circumstances.max_age("-[0-9]+")),
    _of("firefox", "a malformed max-age", circumstances.max_age(r"(?![0-9]+$).*")),
    _of("firefox", "* in the cache", circumstances.repeats(circumstances.caches_wildcard)),
    _of(
        "firefox",
        "the cache and credentials",
        circumstances.repeats(circumstances.mixed_credentials),
    ),
    _of("chromium", "the cache and null", circumstances.repeats(circumstances.null_preflight)),
    _of(
        "chromium webkit",
        "the cache and null after redirects",
        circumstances.repeats(circumstances.null_at_redirect),
    ),
    _of(
        "chromium webkit",
        "the cache after errors",
        circumstances.repeats(circumstances.error_before_last),
    ),
    _of(
        "firefox",
        "the cache after refused redirects",
        circumstances.repeats(circumstances.refuses_redirects),
    ),
    _of("firefox webkit", "preflights after 301, 302 and 303", circumstances.needless_preflight),
    _of("firefox", "null in preflights", circumstances.tainted_preflight),
    _of("webkit", "user names in redirects", circumstances.user_in_redirect),
    _of("chromium", "user names in redirects at home", circumstances.user_in_redirect),
    _of(
        "chromium firefox",
        "Sec-Fetch-Site of preflights after redirects",
        circumstances.preflight_after_redirects,
        headers="sec-fetch-site",
    ),
    _of(
        "firefox",
        "Sec-Fetch-Site after redirects",
        circumstances.far_after_redirects,
        headers="sec-fetch-site",
    ),
    _of(
        "webkit",
        "Sec-Fetch-Site of preflights with null",
        circumstances.null_metadata,
        headers="sec-fetch-site",
    ),
    _of(
        "webkit",
        "Sec-Fetch after redirects",
        circumstances.no_metadata_after_redirects,
        headers="sec-fetch-site sec-fetch-mode sec-fetch-dest",
    ),
    _of(
        "webkit",
        "Referer of preflights after redirects",
        circumstances.preflight_after_redirects,
        headers="referer",
    ),
    _of("webkit", "Referer of sandboxed pages", circumstances.refers_to_page, headers="referer"),
    _of("chromium", "upload listeners without a body", circumstances.upload_without_body),
    _of(
        "chromium",
        "upload listeners in the cache",
        circumstances.repeats(circumstances.uploads),
    ),
    _of("chromium", "coded parts", circumstances.coded_part),
    _of("firefox webkit", "bodies that end too early", circumstances.short_body),
    _of("webkit", "Content-Encoding in capitals", circumstances.coded_in_capitals),
    _of("webkit", "bodies in another coding", circumstances.other_coding),
    _of(
        "webkit",
        "parts after redirects",
        circumstances.range_after_redirects,
        headers="accept-encoding",
    ),
    _of("chromium", "null without CORS", circumstances.no_cors_post),
    _of("webkit", "Origin after 301, 302 and 303", circumstances.origin_at_home),
    _of("webkit", "other methods that leave home", circumstances.other_methods),
    _of("webkit", "Authorization after redirects", circumstances.keeps_authorization),
    _of("firefox", "Authorization after two redirects", circumstances.keeps_authorization),
    _of("webkit", "credentials after leaving home", circumstances.leaves_home),
    _of("webkit", "body headers after redirects", circumstances.keeps_body_headers),
    _of(
        "firefox webkit", "body headers after two redirects", circumstances.keeps_body_headers_later
    ),
    _of("chromium webkit", "redirects without Location", circumstances.no_location),
    _of("webkit", "status 205", circumstances.reset_content),
    _of("firefox", "safelisted values beyond ASCII", circumstances.latin_request),
    _of("webkit", "headers beyond ASCII", circumstances.latin),
    _of("chromium webkit", "Range in other spellings", circumstances.spelled_range),
    _of("chromium", "client hints", circumstances.sends("dpr", "save-data")),
    _of("chromium webkit", "User-Agent", circumstances.sends("user-agent")),
    _of("chromium webkit", "repeated safelisted headers", circumstances.joins),
    _of("firefox", "the sum of repeated headers", circumstances.too_much),
    _of("firefox", "repeated headers in preflights", circumstances.repeated),
    _of("firefox", "repeats without a value", circumstances.empty_repeats),
    _of("firefox", "two Content-Types", circumstances.two_content_types),
    _of("firefox", "* in a malformed Expose-Headers", circumstances.exposes_malformed),
    _of("chromium firefox webkit", "two Locations", circumstances.two_locations),
    _of("chromium webkit", "an empty Location", circumstances.empty_location),
    _of("chromium", "a malformed Location left alone", circumstances.malformed_location),
    _of(
        "firefox webkit",
        "cookies without SameSite",
        circumstances.sets_cookie("^(?!.*samesite=(lax|strict|none))"),
    ),
    _of("webkit", "Secure cookies", circumstances.sets_cookie("secure")),
    _of("webkit", "SameSite=None without Secure", circumstances.sets_cookie("samesite=none")),
    _of("webkit", "cookies set across sites", circumstances.set_across_sites),
    _of("chromium webkit", "SameSite after redirects", circumstances.comes_home),
    _of("firefox", "SameSite of cookies set after redirects", circumstances.sets_when_home),
    _of("webkit", "cookie prefixes", circumstances.sets_cookie("^__(host|secure|http)-")),
    _of(
        "chromium",
        "__Host- with Domain=localhost",
        circumstances.sets_cookie(r"^__host-.*domain=\.?(localhost|127)"),
    ),
    _of(
        "webkit",
        "Max-Age and Expires",
        circumstances.sets_cookie("max-age.*expires|expires.*max-age"),
    ),
    _of("webkit", "cookies without CORS", circumstances.cookies_without_cors),
    _of("webkit", "Domain=localhost", circumstances.sets_cookie(r"domain=\.?localhost")),
    _of("webkit", "cookies of sandboxed pages", circumstances.sandboxed_cookies),
    _of("chromium", "policy same-site for sandboxed pages", circumstances.sandboxed_policy),
    _of("chromium", "policy same-site for IP addresses", circumstances.address_policy),
)
