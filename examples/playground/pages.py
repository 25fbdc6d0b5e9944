"""Create the front ends: the same page, served from two origins."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Flask, redirect, render_template, request
from policy import read_policy
from tries import TRIES

from flask_crossorigin import explain

if TYPE_CHECKING:
    from exchanges import Recorder
    from werkzeug.wrappers import Response


def create_front_end(
    title: str,
    *,
    api: Flask,
    recorder: Recorder,
    api_origin: str,
    app_origin: str,
    origin: str,
    other_origin: str,
) -> Flask:
    """Create a front end: a page that sends requests to the API and shows the responses.

    :param title: the heading of the page.
    :param api: the API, which explains its decisions.
    :param recorder: the middleware that serves the API and records requests.
    :param api_origin: the origin of the API.
    :param app_origin: the origin that the API's policy allows.
    :param origin: the origin of this page.
    :param other_origin: the origin of the other front end.
    """
    front_end = Flask(__name__)
    policy = read_policy(app_origin)

    @front_end.before_request
    def redirect_to_origin() -> Response | None:
        # http://localhost:3000 is a different origin, which the API doesn't allow.
        if request.host_url != f"{origin}/":
            return redirect(f"{origin}/")
        return None

    @front_end.get("/")
    def page() -> str:
        return render_template(
            "page.html",
            title=title,
            origin=origin,
            other_origin=other_origin,
            api_origin=api_origin,
            policy=policy,
            tries=[asdict(attempt) for attempt in TRIES],
        )

    @front_end.post("/report")
    def report() -> dict[str, Any]:
        """Return what browsers hide from JavaScript: all headers, and the API's decision."""
        sent = request.get_json()
        result = {"exchanges": recorder.find(sent["mark"]), "verdict": None, "remedy": ""}
        try:
            explanation = explain(
                api,
                sent["method"],
                api_origin + sent["path"],
                origin=origin,
                headers=sent["headers"],
                credentials=sent["credentials"],
            )
        except ValueError as error:
            return {**result, "reason": str(error)}
        return {
            **result,
            "verdict": explanation.verdict,
            "reason": explanation.reason,
            "remedy": explanation.remedy,
        }

    return front_end
