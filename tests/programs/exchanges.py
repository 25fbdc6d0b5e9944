"""The requests that a program gets, and what they show of its CORS policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: The headers whose value is a list, in which neither the order nor the case of names matters.
_LISTS = ("Allow-Methods", "Allow-Headers", "Expose-Headers")


@dataclass(frozen=True)
class Exchange:
    """A request of a page, or of a program that sends no ``Origin``."""

    method: str
    url: str
    origin: str | None
    #: Whether it is the preflight of the request.
    preflight: bool = False
    body: Any = None

    def __str__(self) -> str:
        what = f"preflight {self.method}" if self.preflight else self.method
        return f"{what} {self.url} from {self.origin}" if self.origin else f"{what} {self.url}"

    def as_job(self) -> list[Any]:
        """Return it as ``inside.py`` sends it."""
        headers = {} if self.origin is None else {"Origin": self.origin}
        if not self.preflight:
            return [self.method, self.url, headers, self.body]
        headers["Access-Control-Request-Method"] = self.method
        headers["Access-Control-Request-Headers"] = "content-type,x-token"
        return ["OPTIONS", self.url, headers, None]


def exchanges(asked: str, origins: tuple[str, ...], body: Any = None) -> Iterator[Exchange]:
    """Return what is asked, as in ``GET /health``, by each origin and by none, with preflights."""
    method, url = asked.split()
    yield Exchange(method, url, None, body=body)
    for origin in origins:
        yield Exchange(method, url, origin, body=body)
        yield Exchange(method, url, origin, preflight=True)


def facts(response: Mapping[str, Any]) -> dict[str, str]:
    """Return the status, the CORS headers and whether ``Vary`` names ``Origin``."""
    found = {"status": str(response["status"])}
    vary: list[str] = []
    for name, value in response["headers"]:
        short = name.title().removeprefix("Access-Control-")
        if short in _LISTS:
            value = ", ".join(sorted(part.strip().lower() for part in value.split(",")))
        if short == "Vary":
            vary += [part.strip().lower() for part in value.split(",")]
        elif short != name.title():
            # A browser joins what is sent twice, and then most headers have no meaning.
            found[short] = f"{found[short]}, {value}" if short in found else value
    if "origin" in vary:
        found["Vary"] = "Origin"
    return found
