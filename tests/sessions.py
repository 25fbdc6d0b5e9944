"""Sessions that raise when Flask opens or saves them. Flask does both outside of all hooks."""

from __future__ import annotations

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin


class CannotBeOpened(SecureCookieSessionInterface):
    """Raise when Flask opens the session. Saving fails too, because there is no session to save."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        raise RuntimeError


class CannotBeSaved(SecureCookieSessionInterface):
    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        return SecureCookieSession()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        raise RuntimeError
