"""The API's policy as its code says it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

API = Path(__file__).with_name("api.py")


@dataclass(frozen=True)
class Written:
    """One ``CORS(...)`` or ``@cross_origin(...)`` in the API's code."""

    line: int
    #: As it is written.
    code: str
    #: The same on one line, without comments.
    short: str


def read_policy(app_origin: str) -> list[Written]:
    """Read from the API's code what it says about CORS.

    :param app_origin: the value of that variable.
    """
    source = API.read_text("utf-8")
    calls = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"CORS", "cross_origin"}
    ]
    return [
        Written(
            line=call.lineno,
            code=_code_of(call, source).replace("app_origin", f'"{app_origin}"'),
            short=_mark(call) + ast.unparse(call).replace("app_origin", repr(app_origin)),
        )
        for call in sorted(calls, key=lambda call: call.lineno)
    ]


def _code_of(call: ast.Call, source: str) -> str:
    return _mark(call) + dedent(ast.get_source_segment(source, call, padded=True) or "")


def _mark(call: ast.Call) -> str:
    return "@" if ast.unparse(call.func) == "cross_origin" else ""
