"""Attacks that are known: on Flask-CORS, on the packages of other languages, and in general."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

EVIL = "https://evil.test"
APP = "https://app.example.com"
ORIGIN = "Access-Control-Allow-Origin"

BITES = "bites"
SAFE = "safe"
#: The package does not take the configuration with which the attack would work.
NOT_TAKEN = "not taken"
#: It means what it says, and ``flask cors audit`` tells where that leads.
AUDITED = "reported as C007"


@dataclass(frozen=True)
class Attack:
    """Somebody's configuration, and a request with which it is attacked."""

    #: By which name or number it is known.
    name: str
    #: What becomes of it with Flask-CORS 6.0.5, and with this package.
    before: str
    here: str
    #: The options of ``CORS(app)``.
    options: dict[str, Any]
    #: The attacker's ``Origin``.
    origin: str = EVIL
    path: str = "/data"
    #: The request's other headers; a preflight if it has those of one.
    headers: dict[str, str] = field(default_factory=dict)
    #: The response header that the attack is after, and a value that makes it worth it; where
    #: none is told, the origin.
    prize: str = ORIGIN
    worth: str | None = None

    def __str__(self) -> str:
        return self.name


def preflight(method: str = "PUT", names: str | None = None, **more: str) -> dict[str, str]:
    headers = {"Access-Control-Request-Method": method, **more}
    return headers if names is None else {**headers, "Access-Control-Request-Headers": names}


def wide(pattern: str, **narrow: str) -> dict[str, Any]:
    """Open one path to all, and others to a page of one's own."""
    return {
        "resources": {
            pattern: {"origins": "*"},
            **{path: {"origins": APP} for path in narrow.values()},
        }
    }


CREDENTIALS = {"supports_credentials": True}

ATTACKS = [
    # Flask-CORS's own, by their numbers.
    Attack(
        "CVE-2020-25032: a path with two dots goes by a wider pattern than it leads to",
        BITES,
        SAFE,
        wide(r"/public/*", private=r"/data"),
        path="/public/../data",
    ),
    Attack(
        "CVE-2024-6221: private networks are opened unasked",
        SAFE,
        SAFE,
        {"origins": APP},
        origin=APP,
        headers=preflight(**{"Access-Control-Request-Private-Network": "true"}),
        prize="Access-Control-Allow-Private-Network",
        worth="true",
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
        wide("/DATA", private="/dat[a]"),
    ),
    Attack(
        "CVE-2026-37737: a pattern that need not match to the end",
        BITES,
        SAFE,
        {"origins": r"https://app\.example\.com"},
        origin="https://app.example.com.evil.test",
    ),
    Attack(
        "CVE-2026-37737: a compiled one",
        BITES,
        SAFE,
        {"origins": re.compile(r"https://app\.example\.com"), **CREDENTIALS},
        origin="https://app.example.com.evil.test",
    ),
    # Other languages' packages, where the same can be written here.
    Attack(
        "CVE-2018-20744 (rs/cors), CVE-2024-25124 (fiber), CVE-2026-54290 (hono): any origin "
        "together with credentials",
        BITES,
        NOT_TAKEN,
        {"origins": "*", **CREDENTIALS},
    ),
    Attack(
        "rs/cors issue 197: a pattern that is any origin in all but name, with credentials",
        BITES,
        NOT_TAKEN,
        {"origins": "h.*", **CREDENTIALS},
    ),
    Attack(
        "CVE-2019-25211 (gin): a star at the end runs on into another host",
        BITES,
        NOT_TAKEN,
        {"origins": "https://example.com*"},
        origin="https://example.community",
    ),
    Attack(
        "CVE-2019-25211 (gin): a star after the host",
        BITES,
        NOT_TAKEN,
        {"origins": "https://example.co/*"},
        origin="https://example.com",
    ),
    Attack(
        "GHSA-vhxv-fg4m-p2w8 (jub0bs/cors): two hosts that end alike make up a third",
        SAFE,
        SAFE,
        {"origins": ["https://foo.com", "https://bar.com", "https://barfoo.com:1"]},
        origin="https://barfoo.com",
    ),
    Attack(
        "GHSA-vhxv-fg4m-p2w8 (jub0bs/cors): and two wildcards",
        SAFE,
        SAFE,
        {"origins": ["https://*.foo.com", "https://*.bar.com"]},
        origin="https://x.barfoo.com",
    ),
    Attack(
        "GHSA-q7jf-gf43-6x6p (hono): the request's Vary comes back",
        SAFE,
        SAFE,
        {"origins": [APP, "https://b.example.com"]},
        headers={"Vary": "X-Evil"},
        prize="Vary",
        worth="X-Evil",
    ),
    Attack(
        "CVE-2017-20146 (gorilla), koa: the origin is echoed as it comes",
        BITES,
        SAFE,
        {"origins": "*"},
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
    # PortSwigger's classes.
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
        AUDITED,
        {"origins": r".*example\.com$", **CREDENTIALS},
        origin="https://evilexample.com",
    ),
    Attack(
        "a suffix, written with a star",
        BITES,
        SAFE,
        {"origins": "https://*.example.com", **CREDENTIALS},
        origin="https:////xexample.com",
    ),
    Attack(
        "a dot that stands for any character",
        BITES,
        NOT_TAKEN,
        {"origins": r"https://app.example\.com$", **CREDENTIALS},
        origin="https://appxexample.com",
    ),
    Attack(
        "null, by its name",
        BITES,
        NOT_TAKEN,
        {"origins": "null", **CREDENTIALS},
        origin="null",
    ),
    Attack(
        "null, by a pattern",
        BITES,
        NOT_TAKEN,
        {"origins": r"null|https://app\.example\.com", **CREDENTIALS},
        origin="null",
    ),
    Attack(
        "a trusted subdomain, without the encryption that the others have",
        BITES,
        NOT_TAKEN,
        {"origins": r"https?://.*\.example.com", **CREDENTIALS},
        origin="http://shop.example.com",
    ),
    Attack(
        "a trusted subdomain over plain http, under a wildcard",
        SAFE,
        SAFE,
        {"origins": "https://*.example.com", **CREDENTIALS},
        origin="http://shop.example.com",
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
        "special characters in host names: the underscore, under a wildcard",
        SAFE,
        SAFE,
        {"origins": "https://*.example.com"},
        origin="https://x.example.com_.evil.test",
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
