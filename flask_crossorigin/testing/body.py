"""Request bodies, and the content type of each kind (Fetch, "extract a body")."""

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

#: What ``data`` can be: text, bytes, or the fields of a form. If the value of a field is a list,
#: the field is repeated. A file is an open binary file, a path, a ``FileStorage``, or a tuple of a
#: file, its name and, if needed, its content type.
Data: TypeAlias = str | bytes | Mapping[str, Any] | Iterable[tuple[str, Any]]

_TEXT = "text/plain;charset=UTF-8"
_FORM = "application/x-www-form-urlencoded"
_LINE_BREAK = re.compile("\r\n|\r|\n")
_ESCAPES = {"\n": "%0A", "\r": "%0D", '"': "%22"}


class Body(NamedTuple):
    """The bytes of a body, and their content type if no header sets one."""

    data: bytes
    content_type: str | None


def make_body(data: Data | None, json_value: object) -> Body | None:
    """Make the body of a request from the arguments of ``fetch()``.

    A JSON body is sent as text, like the result of ``JSON.stringify()``: only the header that the
    caller adds says that it is JSON.

    :raises TypeError: both are given, or one of them can't be a body.
    """
    if json_value is not None:
        if data is not None:
            raise TypeError("pass data or json, not both")
        return Body(_dump(json_value), _TEXT)
    if data is None:
        return None
    if isinstance(data, (bytes, bytearray, memoryview)):
        return Body(bytes(data), None)
    if isinstance(data, str):
        return Body(scalar_values(data).encode(), _TEXT)
    if isinstance(data, IOBase) or not isinstance(data, Iterable):
        raise TypeError(f"data must be text, bytes or form fields, not {data!r}")
    return _encode_fields(data)


def _dump(value: object) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        raise TypeError(f"json cannot be serialized: {error}") from error
    return scalar_values(text).encode()


class _File(NamedTuple):
    data: bytes
    name: str
    content_type: str


class Form(NamedTuple):
    """The bytes of a form, and their content type."""

    data: bytes
    content_type: str


def make_form(data: Data) -> Form:
    """Encode a form that the user submits (HTML, "form submission algorithm").

    https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-algorithm

    :raises TypeError: the data is not a form.
    """
    fields = _read_fields(data)
    if any(isinstance(value, _File) for _, value in fields):
        return _encode_multipart(fields)
    return Form(_encode_pairs(map(_with_crlf, fields)).encode(), _FORM)


def make_query(data: Data) -> str:
    """Encode a form with the method GET as a query. A file is sent as its name.

    :raises TypeError: the data is not a form.
    """
    return _encode_pairs(map(_with_crlf, _read_fields(data)))


def _with_crlf(field: tuple[str, str | _File]) -> tuple[str, str]:
    """Convert line breaks to CRLF, as forms do. ``fetch()`` does not."""
    name, value = field
    text = value.name if isinstance(value, _File) else value
    return _LINE_BREAK.sub("\r\n", name), _LINE_BREAK.sub("\r\n", text)


def _encode_fields(data: Data) -> Body:
    """Encode fields as ``multipart/form-data`` if there is a file, and as URL-encoded otherwise."""
    fields = _read_fields(data)
    if any(isinstance(value, _File) for _, value in fields):
        return Body(*_encode_multipart(fields))
    pairs = ((name, value) for name, value in fields if isinstance(value, str))
    return Body(_encode_pairs(pairs).encode(), f"{_FORM};charset=UTF-8")


def _read_fields(data: Data) -> list[tuple[str, str | _File]]:
    if isinstance(data, (str, bytes, IOBase)) or not isinstance(data, Iterable):
        raise TypeError(f"data must be form fields, not {data!r}")
    return [(scalar_values(str(name)), _read(value)) for name, value in _fields(data)]


def _fields(data: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield the name and value of each field. A repeated field is yielded several times."""
    pairs: object = data
    if isinstance(data, MultiDict):
        pairs = data.items(multi=True)
    elif isinstance(data, Mapping):
        pairs = data.items()
    for name, value in cast("Iterable[tuple[str, Any]]", pairs):
        for item in value if isinstance(value, list) else [value]:
            yield name, item


def _read(value: object) -> str | _File:
    """Read the value of a field, which is a file or text."""
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
    """Percent-encode a name or value (URL, "application/x-www-form-urlencoded percent-encode set").

    https://url.spec.whatwg.org/#application-x-www-form-urlencoded-percent-encode-set
    """
    # Unlike Python, browsers encode a tilde.
    return quote_plus(text, safe="*").replace("~", "%7E")


def _encode_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{_quote(name)}={_quote(value)}" for name, value in pairs)


def _encode_multipart(fields: Iterable[tuple[str, str | _File]]) -> Form:
    """Encode a form with files (HTML, "multipart/form-data encoding algorithm").

    https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
    """
    boundary = f"----CrossoriginFormBoundary{token_hex(8)}"
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
    data = b"".join(parts) + f"--{boundary}--\r\n".encode()
    return Form(data, f"multipart/form-data; boundary={boundary}")


def _escape(name: str) -> str:
    for character, escape in _ESCAPES.items():
        name = name.replace(character, escape)
    return name
