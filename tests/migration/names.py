"""Option names from other packages and snippets, and the options to use instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_PAGE = "https://app.example.com"


@dataclass(frozen=True)
class Name:
    """An option name from another package or snippet."""

    elsewhere: str
    #: An example value for that name.
    value: Any
    #: The option of this package, and its value with the same effect.
    option: str
    given: Any
    #: None if this package accepts the name. Otherwise the name is an error, and the hint contains
    #: this text.
    explained: str | None = None

    def __str__(self) -> str:
        return self.elsewhere


STARLETTE = [
    Name("allow_origins", [_PAGE], "origins", [_PAGE]),
    Name("allow_origin_regex", r"https://.*\.example\.com", "origins", None, "re.compile"),
    Name("allow_methods", ["PUT"], "methods", ["PUT"]),
    Name("allow_headers", ["X-Token"], "allow_headers", ["X-Token"]),
    Name("allow_credentials", True, "supports_credentials", True),
    Name("expose_headers", ["X-Total"], "expose_headers", ["X-Total"]),
    Name("max_age", 600, "max_age", 600),
    Name("allow_private_network", True, "allow_private_network", True),
]

DJANGO = [
    Name("CORS_ALLOWED_ORIGINS", [_PAGE], "CORS_ORIGINS", None, "CORS_ORIGINS"),
    Name("CORS_ALLOWED_ORIGIN_REGEXES", [r"https://.*"], "CORS_ORIGINS", None, "re.compile"),
    Name("CORS_ALLOW_ALL_ORIGINS", True, "CORS_ORIGINS", None, '"*"'),
    Name("CORS_URLS_REGEX", r"^/api/.*$", "CORS_RESOURCES", None, "CORS_RESOURCES"),
    Name("CORS_ALLOW_METHODS", ["PUT"], "CORS_METHODS", ["PUT"]),
    Name("CORS_ALLOW_HEADERS", ["X-Token"], "CORS_ALLOW_HEADERS", ["X-Token"]),
    Name("CORS_EXPOSE_HEADERS", ["X-Total"], "CORS_EXPOSE_HEADERS", ["X-Total"]),
    Name("CORS_PREFLIGHT_MAX_AGE", 600, "CORS_MAX_AGE", None, "CORS_MAX_AGE"),
    Name("CORS_ALLOW_CREDENTIALS", True, "CORS_SUPPORTS_CREDENTIALS", True),
    Name("CORS_ALLOW_PRIVATE_NETWORK", True, "CORS_ALLOW_PRIVATE_NETWORK", True),
]

#: The ``crossdomain`` decorator, a snippet that people copied for many years.
CROSSDOMAIN = [
    Name("origin", _PAGE, "origins", _PAGE),
    Name("methods", ["PUT"], "methods", ["PUT"]),
    Name("headers", ["X-Token"], "allow_headers", ["X-Token"]),
    Name("max_age", 21600, "max_age", 21600),
    Name("attach_to_all", True, "", None, "every response has them"),
    Name("automatic_options", True, "automatic_options", True),
]
