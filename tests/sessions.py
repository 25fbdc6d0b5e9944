"""Sessions that fail: Flask opens and saves them outside of all hooks."""

from __future__ import annotations

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin


class CannotBeOpened(SecureCookieSessionInterface):
    """Then there is none to save, so that saving fails as well."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        raise RuntimeError


class CannotBeSaved(SecureCookieSessionInterface):
    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        return SecureCookieSession()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        raise RuntimeError
