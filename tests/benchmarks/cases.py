"""What is measured: applications, the request they get, and the ratios to reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import flask_cors
from flask import Blueprint, Flask, Response, request
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

import flask_crossorigin

ORIGIN = "https://app.example.com"
STRANGER = "https://stranger.example.net"

Make = Callable[[], Flask]


@dataclass(frozen=True)
class Ratio:
    """Two applications of a case, held against each other."""

    mine: str
    other: str
    limit: float
    #: Whether it is the whole request that counts, and not what is added to the bare one.
    whole: bool = False
    bare: str = "bare Flask"

    @property
    def name(self) -> str:
        """What the ratio is called in the report."""
        return f"{'whole' if self.whole else 'added'}: {self.mine} / {self.other}"

    def of(self, taken: Mapping[str, float]) -> float:
        """Give the ratio in what one run measured."""
        base = 0.0 if self.whole else taken[self.bare]
        return (taken[self.mine] - base) / (taken[self.other] - base)


@dataclass(frozen=True)
class Case:
    """One request, sent to several applications."""

    name: str
    apps: Mapping[str, Make]
    ratios: tuple[Ratio, ...]
    method: str = "GET"
    path: str = "/api/items"
    headers: Mapping[str, str] = field(default_factory=dict)

    def environ(self) -> dict[str, Any]:
        """Make the WSGI environ of the request."""
        builder = EnvironBuilder(path=self.path, method=self.method, headers=Headers(self.headers))
        return builder.get_environ()


def bare(decorate: Callable[[Any], Any] | None = None) -> Flask:
    """Make the application to which the others add something."""
    app = Flask("bare")

    def items() -> str:
        return "items"

    view = decorate(items) if decorate else items
    app.add_url_rule("/api/items", view_func=view, methods=["GET", "PUT"])
    return app


def constant_hook() -> Flask:
    """Write the one line by hand that lets in any origin."""
    app = bare()

    @app.after_request
    def allow(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    return app


def vary_hook() -> Flask:
    """Write by hand what lets in the origins of a set."""
    app = bare()
    allowed = {ORIGIN}

    @app.after_request
    def allow(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if origin in allowed:
            response.headers["Access-Control-Allow-Origin"] = origin
        response.vary.add("Origin")
        return response

    return app


def mine(**options: Any) -> Make:
    """Make an application with this package."""

    def make() -> Flask:
        app = bare()
        flask_crossorigin.CORS(app, **options)
        return app

    return make


def theirs(**options: Any) -> Make:
    """Make an application with Flask-CORS."""

    def make() -> Flask:
        app = bare()
        flask_cors.CORS(app, **options)
        return app

    return make


def my_view(**options: Any) -> Flask:
    """Make an application with one decorated view."""
    return bare(flask_crossorigin.cross_origin(**options))


def my_view_beside(**options: Any) -> Flask:
    """Make an application with one decorated view, beside a policy for the rest."""
    app = my_view(**options)
    flask_crossorigin.CORS(app, origins="https://other.example.com")
    return app


def blueprints(count: int) -> Make:
    """Make an application with so many blueprints that have a policy each."""

    def make() -> Flask:
        app = Flask("blueprints")
        for number in range(count):
            blueprint = Blueprint(f"b{number}", __name__, url_prefix=f"/b{number}")
            blueprint.get("/items")(lambda: "items")
            flask_crossorigin.CORS(blueprint, origins=ORIGIN)
            app.register_blueprint(blueprint)
        return app

    return make


_ASKS = {"Origin": ORIGIN}
_PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "PUT",
    "Access-Control-Request-Headers": "content-type,x-token",
}
_MANY = [f"https://app{number}.example.com" for number in range(9_999)]
_PATTERNS = [f"https://*.app{number}.example.com" for number in range(999)]
_RESOURCES = {f"/r{number}/*": {"origins": ORIGIN} for number in range(999)}


def _growth(name: str, few: Make, many: Make, headers: Mapping[str, str], **more: Any) -> Case:
    apps = {"few": few, "many": many}
    return Case(name, apps, (Ratio("many", "few", 1.05, whole=True),), headers=headers, **more)


CASES = (
    Case(
        "any origin",
        {
            "bare Flask": bare,
            "constant hook": constant_hook,
            "Flask-CORS": theirs(),
            "this": mine(),
        },
        (Ratio("this", "constant hook", 1.5), Ratio("this", "Flask-CORS", 0.15)),
        headers=_ASKS,
    ),
    *(
        Case(
            f"one origin, {name}",
            {
                "bare Flask": bare,
                "Vary hook": vary_hook,
                "Flask-CORS": theirs(origins=[ORIGIN]),
                "this": mine(origins=[ORIGIN]),
            },
            (Ratio("this", "Vary hook", 0.45), Ratio("this", "Flask-CORS", 0.22)),
            headers=headers,
        )
        for name, headers in (
            ("allowed", _ASKS),
            ("refused", {"Origin": STRANGER}),
            ("without Origin", {}),
        )
    ),
    Case(
        "decorated view",
        {
            "bare Flask": bare,
            "Flask-CORS": lambda: bare(flask_cors.cross_origin(origins=[ORIGIN])),
            "this": lambda: my_view(origins=[ORIGIN]),
            "this, beside CORS(app)": lambda: my_view_beside(origins=[ORIGIN]),
        },
        (Ratio("this", "Flask-CORS", 0.2), Ratio("this, beside CORS(app)", "Flask-CORS", 0.2)),
        headers=_ASKS,
    ),
    Case(
        "preflight",
        {
            "bare Flask": bare,
            "Flask-CORS": theirs(origins=[ORIGIN]),
            "this": mine(origins=[ORIGIN]),
            "this, decorated view": lambda: my_view_beside(origins=[ORIGIN]),
        },
        (
            Ratio("this", "bare Flask", 0.77, whole=True),
            Ratio("this", "Flask-CORS", 0.5, whole=True),
            Ratio("this, decorated view", "bare Flask", 0.87, whole=True),
        ),
        method="OPTIONS",
        headers=_PREFLIGHT,
    ),
    _growth("10,000 origins", mine(origins=[ORIGIN]), mine(origins=[*_MANY, ORIGIN]), _ASKS),
    _growth(
        "1,000 subdomain patterns",
        mine(origins=["https://*.example.com"]),
        mine(origins=[*_PATTERNS, "https://*.example.com"]),
        _ASKS,
    ),
    _growth(
        "1,000 resource patterns",
        mine(resources={"/api/*": {"origins": ORIGIN}}),
        mine(resources={**_RESOURCES, "/api/*": {"origins": ORIGIN}}),
        _ASKS,
    ),
    _growth("50 blueprints", blueprints(1), blueprints(50), _ASKS, path="/b0/items"),
)
