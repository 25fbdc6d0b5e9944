"""Cross-Origin Resource Sharing for Flask that is safe, clear and fast."""

from .decorator import cross_origin
from .errors import ConfigError, Problem
from .extension import CORS

__all__ = ["CORS", "ConfigError", "Problem", "cross_origin"]
