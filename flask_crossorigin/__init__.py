"""Cross-Origin Resource Sharing for Flask that is safe, clear and fast."""

from .errors import ConfigError

__all__ = ["ConfigError"]
