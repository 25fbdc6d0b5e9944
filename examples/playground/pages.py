"""The front ends: one page, served from two origins."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from flask import Flask, redirect, render_template, request
from tries import TRIES, Role

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


def create_front_end(role: Role, *, origin: str, other_origin: str, api_origin: str) -> Flask:
    """Make a front end: a page that tries everything on the API and shows what it saw.

    :param origin: the page's own origin.
    :param other_origin: the origin of the other front end, which the page links to.
    """
    front_end = Flask(__name__)

    @front_end.before_request
    def keep_to_one_name() -> Response | None:
        # Opened as http://localhost:3000, the page would be of an origin that the API
        # does not know, although it is the same server.
        if request.host_url != f"{origin}/":
            return redirect(f"{origin}/")
        return None

    @front_end.get("/")
    def page() -> str:
        tries = [{**asdict(attempt), "expected": attempt.outcome(role)} for attempt in TRIES]
        return render_template(
            "page.html",
            role=role,
            origin=origin,
            other_origin=other_origin,
            api_origin=api_origin,
            tries=tries,
        )

    return front_end
