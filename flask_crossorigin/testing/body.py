"""Bodies, and the content type that each kind brings along (Fetch, "extract a body")."""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Iterable, Iterator, Mapping
from io import IOBase
from os import PathLike
from pathlib import Path
from secrets import token_hex
from typing import Any, NamedTuple, TypeAlias, cast
from urllib.parse import quote_plus

from werkzeug.datastructures import FileStorage, MultiDict

from .url import scalar_values

#: What ``data`` can be: text, bytes, or the fields of a form (see :func:`encode_form`).
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


_LINE_BREAK = re.compile("\r\n|\r|\n")
_ESCAPES = {"\n": "%0A", "\r": "%0D", '"': "%22"}


class _File(NamedTuple):
    data: bytes
    name: str
    content_type: str


def encode_form(data: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> tuple[bytes, str]:
    """Write a form: as multipart if there is a file in it.

    :param data: the fields; a list stands for one field several times. A file is an open binary
        file, a path, a ``FileStorage``, or a tuple of file, file name and perhaps content type.
    :returns: the body and its content type.
    """
    fields = [(scalar_values(str(name)), _read(value)) for name, value in _fields(data)]
    if any(isinstance(value, _File) for _, value in fields):
        boundary = f"----CrossoriginFormBoundary{token_hex(8)}"
        return _encode_multipart(fields, boundary), f"multipart/form-data; boundary={boundary}"
    pairs = ((name, value) for name, value in fields if isinstance(value, str))
    body = "&".join(f"{_quote(name)}={_quote(value)}" for name, value in pairs)
    return body.encode(), "application/x-www-form-urlencoded;charset=UTF-8"


def _fields(data: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    pairs: object = data
    if isinstance(data, MultiDict):
        pairs = data.items(multi=True)
    elif isinstance(data, Mapping):
        pairs = data.items()
    for name, value in cast("Iterable[tuple[str, Any]]", pairs):
        for item in value if isinstance(value, list) else [value]:
            yield name, item


def _read(value: object) -> str | _File:
    match value:
        case (file, str(name), str(content_type)):
            return _File(_read_bytes(file), name, content_type)
        case (file, str(name)):
            return _File(_read_bytes(file), name, _guess_type(name))
        case FileStorage():
            name = value.filename or "blob"
            return _File(value.read(), name, value.content_type or _guess_type(name))
        case PathLike():
            name = Path(value).name
            return _File(_read_bytes(value), name, _guess_type(name))
    if hasattr(value, "read"):
        path = getattr(value, "name", None)
        name = Path(path).name if isinstance(path, str) else "blob"
        return _File(_read_bytes(value), name, _guess_type(name))
    return scalar_values(str(value))


def _read_bytes(file: Any) -> bytes:
    content = Path(file).read_bytes() if isinstance(file, (str, PathLike)) else file.read()
    if not isinstance(content, bytes):
        raise TypeError(f"{file!r} is not open in binary mode")
    return content


def _guess_type(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _quote(text: str) -> str:
    """Percent-encode for a form (URL, "application/x-www-form-urlencoded percent-encode set")."""
    # Python leaves a tilde alone, which browsers do not.
    return quote_plus(text, safe="*").replace("~", "%7E")


def _encode_multipart(fields: Iterable[tuple[str, str | _File]], boundary: str) -> bytes:
    """Write a form with files (HTML, "multipart/form-data encoding algorithm")."""
    parts: list[bytes] = []
    for name, value in fields:
        disposition = f'--{boundary}\r\nContent-Disposition: form-data; name="{_escape(name)}"'
        if isinstance(value, _File):
            disposition += (
                f'; filename="{_escape(value.name)}"\r\nContent-Type: {value.content_type}'
            )
            parts.append(disposition.encode() + b"\r\n\r\n" + value.data + b"\r\n")
        else:
            text = _LINE_BREAK.sub("\r\n", value)
            parts.append(f"{disposition}\r\n\r\n{text}\r\n".encode())
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def _escape(name: str) -> str:
    for character, escape in _ESCAPES.items():
        name = name.replace(character, escape)
    return name
