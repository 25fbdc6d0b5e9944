"""The types of the options, for type checkers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, TypedDict

OriginValue = str | re.Pattern[str] | Callable[..., Any]
HeaderValue = str | re.Pattern[str]


class CrossOriginOptions(TypedDict, total=False):
    """The options of :func:`~flask_crossorigin.cross_origin`."""

    origins: OriginValue | Iterable[OriginValue]
    origin: OriginValue | Iterable[OriginValue]
    allow_origins: OriginValue | Iterable[OriginValue]
    methods: str | Iterable[str] | None
    allow_methods: str | Iterable[str] | None
    allow_headers: HeaderValue | Iterable[HeaderValue] | None
    headers: HeaderValue | Iterable[HeaderValue] | None
    expose_headers: str | Iterable[str] | None
    supports_credentials: bool | int | str | None
    allow_credentials: bool | int | str | None
    max_age: int | str | timedelta | None
    send_wildcard: bool | int | str | None
    vary_header: bool | int | str | None
    always_send: bool | int | str | None
    allow_private_network: bool | int | str | None
    automatic_options: bool | int | str | None
    preflight_status: int | str | None
    enforce: bool | int | str | None
    for_origins: Mapping[str, Mapping[str, Any]] | str | None
    report_only: Mapping[str, Any] | str | None
    intercept_exceptions: bool | int | str | None


class CORSOptions(CrossOriginOptions, total=False):
    """The options of :class:`~flask_crossorigin.CORS`."""

    debug_page: str | bool | None
    resources: (
        str
        | re.Pattern[str]
        | Mapping[str, Mapping[str, Any]]
        | Mapping[re.Pattern[str], Mapping[str, Any]]
        | Mapping[str | re.Pattern[str], Mapping[str, Any]]
        | Iterable[str | re.Pattern[str]]
        | None
    )
