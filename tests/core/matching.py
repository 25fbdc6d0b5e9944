"""Compare an ``Origin`` header with origins, as a policy does: parse it first."""

from __future__ import annotations

from flask_crossorigin.core.origins import Origins
from flask_crossorigin.fetch.grammar import OPAQUE_ORIGINS, parse_origin


def allows(origins: Origins, origin: str, request: object) -> bool:
    parsed = parse_origin(origin)
    is_sent = parsed is not None or origin in OPAQUE_ORIGINS
    return is_sent and origins.allows(origin, parsed, request)
