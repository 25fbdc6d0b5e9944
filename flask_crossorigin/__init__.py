"""Cross-Origin Resource Sharing (CORS) for Flask: safe by default, easy to debug, and fast."""

from importlib import import_module
from typing import TYPE_CHECKING

__all__ = [
    "CORS",
    "Audit",
    "ConfigError",
    "Decision",
    "Explanation",
    "Finding",
    "Problem",
    "audit",
    "cross_origin",
    "explain",
    "request_allowed",
    "request_refused",
    "request_reported",
]

if TYPE_CHECKING:
    from .core.policy import Decision
    from .decorator import cross_origin
    from .diagnostics.audit import Audit, Finding, audit
    from .diagnostics.explain import Explanation, explain
    from .errors import ConfigError
    from .extension import CORS
    from .options.errors import Problem
    from .reporting import request_allowed, request_refused, request_reported
else:
    _MODULES = {
        "Audit": "diagnostics.audit",
        "CORS": "extension",
        "ConfigError": "errors",
        "Decision": "core.policy",
        "Explanation": "diagnostics.explain",
        "Finding": "diagnostics.audit",
        "Problem": "options.errors",
        "audit": "diagnostics.audit",
        "cross_origin": "decorator",
        "explain": "diagnostics.explain",
        "request_allowed": "reporting",
        "request_refused": "reporting",
        "request_reported": "reporting",
    }

    def __getattr__(name: str) -> object:
        """Import a public name the first time it is used.

        An application that only serves requests doesn't need the diagnostics, and pytest loads this
        package's plugin even in projects that don't use Flask.

        :raises AttributeError: the package has no such name.
        """
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
        globals()[name] = value
        return value
