"""Cross-Origin Resource Sharing for Flask that is safe, clear and fast."""

from importlib import import_module
from typing import TYPE_CHECKING

from .core.policy import Decision
from .decorator import cross_origin
from .extension import CORS
from .options.errors import ConfigError, Problem
from .reporting import request_allowed, request_refused, request_reported

__all__ = [
    "CORS",
    "ConfigError",
    "Decision",
    "Explanation",
    "Problem",
    "cross_origin",
    "explain",
    "request_allowed",
    "request_refused",
    "request_reported",
]

if TYPE_CHECKING:
    from .diagnostics.explain import Explanation, explain
else:

    def __getattr__(name: str) -> object:
        """Load what explains when it is first asked for: who only serves needs none of it."""
        if name in {"Explanation", "explain"}:
            return getattr(import_module(".diagnostics.explain", __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
