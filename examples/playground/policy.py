"""Read the API's policy from its source code, to show it as it is written."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

API = Path(__file__).with_name("api.py")


@dataclass(frozen=True)
class Written:
    """One call of ``CORS`` or ``cross_origin`` in the API's source code."""

    line: int
    #: The call as it is written, without indentation.
    code: str
    #: The call on one line, without comments.
    short: str


def read_policy(app_origin: str) -> list[Written]:
    """Return the calls that make up the API's policy, in the order of the source code.

    :param app_origin: the value to show instead of the variable of this name.
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
