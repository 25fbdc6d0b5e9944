"""Cross-Origin Resource Sharing for Flask that is safe, clear and fast."""

from .decorator import cross_origin
from .errors import ConfigError, Problem
from .extension import CORS
from .policy import Decision
from .reporting import request_refused

__all__ = ["CORS", "ConfigError", "Decision", "Problem", "cross_origin", "request_refused"]
