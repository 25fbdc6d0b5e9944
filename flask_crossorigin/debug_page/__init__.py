"""The debug page: the decisions, the policies and the audit of an app in debug mode."""

from .page import DebugPage

__all__ = ["DebugPage"]
