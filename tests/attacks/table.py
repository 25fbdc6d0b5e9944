"""Known attacks: on Flask-CORS, on CORS packages for other languages, and in general."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

EVIL = "https://evil.test"
APP = "https://app.example.com"
ORIGIN = "Access-Control-Allow-Origin"

BITES = "bites"
SAFE = "safe"


def not_taken(message: str) -> str:
    """Return the outcome for a configuration that a package rejects with this error message."""
    return f"not taken: {message}"


def reported(finding: str) -> str:
    """Return the outcome for an attack that the options allow, and that the audit reports."""
    return f"bites, and is reported as {finding}"


@dataclass(frozen=True)
class Attack:
    """A configuration, and a request that attacks it."""

    #: The name or number of the attack.
    name: str
    #: The outcome with Flask-CORS 6.0.5, and with this package.
    before: str
    here: str
    #: The options of ``CORS(app)``.
    options: dict[str, Any]
    #: The attacker's ``Origin``.
    origin: str = EVIL
    path: str = "/data"
    #: The other request headers. With the headers of a preflight, the request is a preflight.
    headers: dict[str, str] = field(default_factory=dict)
    #: The response header that the attacker wants, and a text in its value with which the attack
    #: works. If the text is None, the attack works if the value is the attacker's origin or ``*``.
    prize: str = ORIGIN
    worth: str | None = None
    #: If Flask-CORS 6.0.5 is safe: options that open the same hole. With them, a test shows that
    #: the attack works.
    as_with_the_hole: dict[str, Any] | None = None
    #: The last version of Flask-CORS that had the hole, if any did.
    until: str | None = None

    def __str__(self) -> str:
        return self.name


def preflight(method: str = "PUT", names: str | None = None, **more: str) -> dict[str, str]:
    headers = {"Access-Control-Request-Method": method, **more}
    return headers if names is None else {**headers, "Access-Control-Request-Headers": names}


def wide(pattern: str, **narrow: str) -> dict[str, Any]:
    """Return options that allow every origin on one path, and only ``APP`` on the others."""
    return {
        "resources": {
            pattern: {"origins": "*"},
            **{path: {"origins": APP} for path in narrow.values()},
        }
    }


CREDENTIALS = {"supports_credentials": True}

ATTACKS = [
    # Holes in Flask-CORS.
    *[
        Attack(
            f"CVE-2020-25032: two dots lead out of a wider pattern, written {dots}",
            BITES,
            SAFE,
            wide(r"/public/*", private=r"/data"),
            path=f"/public/{dots}/data",
        )
        for dots in ("..", "%2e%2e", ".%2E")
    ],
    Attack(
        "CVE-2024-6221: private networks are opened unasked",
        SAFE,
        SAFE,
        {"origins": APP},
        origin=APP,
        headers=preflight(**{"Access-Control-Request-Private-Network": "true"}),
        prize="Access-Control-Allow-Private-Network",
        worth="true",
        as_with_the_hole={"origins": APP, "allow_private_network": True},
        until="4.0.2",
    ),
    Attack(
        "CVE-2024-6839: the longer pattern decides, and not the more specific one",
        BITES,
        SAFE,
        wide(r"/(?:[a-z]+|[a-z]+/[a-z]+|never)", private=r"/data/*"),
        path="/data/secret",
    ),
    Attack(
        "CVE-2024-6844: a plus in the path is read as a blank",
        SAFE,
        SAFE,
        wide("/*", private=r"/a\+b"),
        path="/a%2Bb",
        as_with_the_hole=wide("/*", private="/a b"),
        until="5.0.1",
    ),
    Attack(
        "CVE-2024-6844: what is escaped twice is read as something else than Flask routes",
        BITES,
        SAFE,
        wide("/public.*", private="/publi%63"),
        path="/publi%2563",
    ),
    Attack(
        "CVE-2024-6866: paths match in any case",
        SAFE,
        SAFE,
        wide("/DATA"),
        as_with_the_hole=wide("/(?i:DATA)"),
        until="5.0.1",
    ),
    # A hole in Sanic-CORS, which matches origins as Flask-CORS does.
    Attack(
        "CVE-2026-37737: a pattern that need not match to the end",
        BITES,
        SAFE,
        {"origins": r"https://app\.example\.com"},
        origin="https://app.example.com.evil.test",
    ),
    Attack(
        "CVE-2026-37737: a compiled one, to another port",
        BITES,
        SAFE,
        {"origins": re.compile(r"https://app\.example\.com"), **CREDENTIALS},
        origin="https://app.example.com:8080",
    ),
    # Holes in CORS packages for other languages, with the equivalent options for Flask.
    Attack(
        "CVE-2018-20744 (rs/cors), CVE-2024-25124 (fiber): any origin together with credentials",
        BITES,
        not_taken("credentials with any origin"),
        {"origins": "*", **CREDENTIALS},
    ),
    Attack(
        "CVE-2023-49803 (koa), CVE-2026-54290 (hono): credentials, and no word of origins",
        BITES,
        not_taken("credentials with any origin"),
        CREDENTIALS,
    ),
    Attack(
        "CVE-2023-49803 (koa), CVE-2017-20146 (gorilla): the origin is echoed as it comes",
        BITES,
        SAFE,
        {},
        worth=EVIL,
    ),
    Attack(
        "rs/cors issue 197: a pattern that is any origin in all but name, with credentials",
        BITES,
        not_taken("With credentials, an attacker"),
        {"origins": re.compile("h.*"), **CREDENTIALS},
    ),
    Attack(
        "rs/cors issue 197: and as it is written there",
        BITES,
        not_taken("has no scheme"),
        {"origins": "h*", **CREDENTIALS},
    ),
    *[
        Attack(
            f"CVE-2019-25211 (gin): a star at the end runs on into another host: {written}",
            BITES,
            not_taken(message),
            {"origins": written},
            origin=origin,
        )
        for written, origin, message in (
            ("https://example.com*", "https://example.community", "has a * in the wrong place"),
            ("https://example.com/*", "https://example.community", "has a path"),
            ("http://localhost/*", "http://localhost.example.com", "has a path"),
        )
    ],
    Attack(
        "GHSA-vhxv-fg4m-p2w8 (jub0bs/cors): two hosts that end alike make up a third",
        SAFE,
        SAFE,
        {"origins": ["https://foo.com", "https://bar.com", "https://barfoo.com:1"]},
        origin="https://barfoo.com",
        as_with_the_hole={"origins": ["https://foo.com", "https://barfoo.com"]},
    ),
    Attack(
        "GHSA-vhxv-fg4m-p2w8 (jub0bs/cors): and two wildcards",
        SAFE,
        SAFE,
        {"origins": ["https://*.foo.com", "https://*.bar.com"]},
        origin="https://x.barfoo.com",
        as_with_the_hole={"origins": r"https://.*foo\.com"},
    ),
    Attack(
        "GHSA-q7jf-gf43-6x6p (hono): the request's Vary comes back",
        SAFE,
        SAFE,
        {"origins": [APP, "https://b.example.com"]},
        origin=APP,
        headers={"Vary": "X-Evil"},
        prize="Vary",
        worth="X-Evil",
    ),
    Attack(
        "GO-2024-2883 (rs/cors): thousands of request headers are read and sent back",
        BITES,
        SAFE,
        {"origins": APP},
        origin=APP,
        headers=preflight(names="x," * 5000 + "x"),
        prize="Access-Control-Allow-Headers",
        worth="x, x, x",
    ),
    # The kinds of misconfiguration that PortSwigger describes.
    Attack(
        "a prefix: whoever owns a name that begins like it",
        BITES,
        SAFE,
        {"origins": r"^https://app\.example\.com", **CREDENTIALS},
        origin="https://app.example.com.evil.test",
    ),
    Attack(
        "a suffix: whoever owns a name that ends like it",
        BITES,
        not_taken("With credentials, an attacker"),
        {"origins": r".*example\.com$", **CREDENTIALS},
        origin="https://evilexample.com",
    ),
    Attack(
        "a suffix, without credentials",
        BITES,
        reported("C014"),
        {"origins": r".*example\.com$"},
        origin="https://evilexample.com",
    ),
    Attack(
        "an end that is open: whoever owns a name that begins like it",
        BITES,
        not_taken("With credentials, an attacker"),
        {"origins": re.compile(r"https://app\.example\.com.*"), **CREDENTIALS},
        origin="https://app.example.com.evil.example",
    ),
    Attack(
        "any top-level domain",
        BITES,
        not_taken("With credentials, an attacker"),
        {"origins": r"https://app\.example\.\w+", **CREDENTIALS},
        origin="https://app.example.net",
    ),
    Attack(
        "a suffix, written with a star",
        BITES,
        SAFE,
        {"origins": "https://*.example.com", **CREDENTIALS},
        origin="https:////xexample.com",
    ),
    Attack(
        "a suffix, under a wildcard",
        SAFE,
        SAFE,
        {"origins": "https://*.example.com", **CREDENTIALS},
        origin="https://evilexample.com",
        as_with_the_hole={"origins": r"https://.*example\.com", **CREDENTIALS},
    ),
    Attack(
        "a dot that stands for any character",
        BITES,
        not_taken("unescaped dot"),
        {"origins": r"https://app.example\.com$", **CREDENTIALS},
        origin="https://appxexample.com",
    ),
    Attack(
        "a dot that stands for any character, compiled",
        BITES,
        not_taken("With credentials, an attacker"),
        {"origins": re.compile(r"https://app.example\.com"), **CREDENTIALS},
        origin="https://appxexample.com",
    ),
    Attack(
        "a dot that stands for any character, compiled and without credentials",
        BITES,
        reported("C005"),
        {"origins": re.compile(r"https://app.example\.com")},
        origin="https://appxexample.com",
    ),
    Attack(
        "null, by its name",
        BITES,
        not_taken('credentials with the origin "null"'),
        {"origins": "null", **CREDENTIALS},
        origin="null",
    ),
    Attack(
        "null, by its name, without credentials",
        BITES,
        reported("C004"),
        {"origins": ["null", APP]},
        origin="null",
    ),
    Attack(
        "null, by a pattern",
        BITES,
        not_taken('credentials with the origin "null"'),
        {"origins": r"null|https://app\.example\.com", **CREDENTIALS},
        origin="null",
    ),
    Attack(
        "a trusted subdomain, without the encryption that the others have",
        BITES,
        reported("C003"),
        {"origins": r"https?://[a-z]+\.example\.com", **CREDENTIALS},
        origin="http://shop.example.com",
    ),
    Attack(
        "a trusted subdomain over plain http, under a wildcard",
        SAFE,
        SAFE,
        {"origins": "https://*.example.com", **CREDENTIALS},
        origin="http://shop.example.com",
        as_with_the_hole={"origins": "https?://.*.example.com", **CREDENTIALS},
    ),
    Attack(
        "a trusted subdomain of a domain in which anybody may have one",
        BITES,
        reported("C007"),
        {"origins": re.compile(r"https://.*\.github\.io"), **CREDENTIALS},
        origin="https://evil.github.io",
    ),
    *[
        Attack(
            f"special characters in host names: {character}",
            BITES,
            SAFE,
            {"origins": re.compile(r"https://.*\.?example\.com.*")},
            origin=f"https://example.com{character}.evil.test",
        )
        for character in "!$&'()*+,;=^`{|}~%"
    ],
    Attack(
        "special characters in host names: a user name",
        BITES,
        SAFE,
        {"origins": re.compile(r"https://app\.example\.com.*")},
        origin="https://app.example.com@evil.test",
    ),
    Attack(
        "special characters in host names: the underscore, which browsers do send",
        BITES,
        SAFE,
        {"origins": r"https://[a-z]+\.example\.com"},
        origin="https://app.example.com_.evil.test",
    ),
    Attack(
        "special characters in host names: the underscore, under a wildcard",
        SAFE,
        SAFE,
        {"origins": "https://*.example.com"},
        origin="https://x.example.com_.evil.test",
        as_with_the_hole={"origins": r"https://.*\.example\.com"},
    ),
    Attack(
        "Litestar, February 2026: the dots of a plain origin stand for any character",
        SAFE,
        SAFE,
        {"origins": APP, **CREDENTIALS},
        origin="https://appxexample.com",
        as_with_the_hole={"origins": "https://app.example.com$", **CREDENTIALS},
    ),
    Attack(
        "two origins in one header",
        BITES,
        SAFE,
        {"origins": re.compile(r"https://app\.example\.com(,.*)?")},
        origin=f"{APP},{EVIL}",
    ),
    Attack(
        "an origin in another case", BITES, SAFE, {"origins": APP}, origin="https://APP.example.com"
    ),
]
