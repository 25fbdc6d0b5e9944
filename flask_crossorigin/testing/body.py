"""Bodies, and the content type that each kind brings along (Fetch, "extract a body")."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from io import IOBase
from typing import Any, NamedTuple, TypeAlias

from .forms import encode_form
from .url import scalar_values

#: What ``data`` can be: text, bytes, or the fields of a form (see :func:`.forms.encode_form`).
Data: TypeAlias = str | bytes | Mapping[str, Any] | Iterable[tuple[str, Any]]

_TEXT = "text/plain;charset=UTF-8"


class Body(NamedTuple):
    """The bytes of a body."""

    data: bytes
    #: None for what has no type of its own.
    content_type: str | None


def make_body(data: Data | None, json_value: object) -> Body | None:
    """Make the body of a request out of ``fetch()``'s arguments.

    JSON has the type of the string that script would make of it; that it is JSON, only a header
    of script's says.

    :raises TypeError: both are given, or one of them cannot be a body.
    """
    if json_value is not None:
        if data is not None:
            raise TypeError("data and json cannot both be the body")
        return Body(_dump(json_value), _TEXT)
    if data is None:
        return None
    if isinstance(data, (bytes, bytearray, memoryview)):
        return Body(bytes(data), None)
    if isinstance(data, str):
        return Body(scalar_values(data).encode(), _TEXT)
    if isinstance(data, IOBase) or not isinstance(data, Iterable):
        raise TypeError(f"data must be text, bytes or form fields: {data!r}")
    return Body(*encode_form(data))


def _dump(value: object) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        raise TypeError(f"json cannot be {value!r}: {error}") from error
    return scalar_values(text).encode()
