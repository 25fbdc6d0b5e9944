"""Cross-Origin Resource Sharing for Flask that is safe, clear and fast."""

from .decorator import cross_origin
from .errors import ConfigError, Problem
from .explanation import Explanation, explain
from .extension import CORS
from .policy import Decision
from .reporting import request_refused

__all__ = [
    "CORS",
    "ConfigError",
    "Decision",
    "Explanation",
    "Problem",
    "cross_origin",
    "explain",
    "request_refused",
]
