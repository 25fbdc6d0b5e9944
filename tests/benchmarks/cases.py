"""The benchmark cases: applications, the requests they get, and limits for their ratios."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

import flask_cors
from flask import Blueprint, Flask, Response, request, session
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

import flask_crossorigin

ORIGIN = "https://app.example.com"
OTHER = "https://other.example.com"
STRANGER = "https://stranger.example.net"

Make = Callable[[], Flask]


@dataclass(frozen=True)
class Ratio:
    """A comparison of two applications of a case, with the limit for their ratio."""

    mine: str
    other: str
    limit: float
    #: Whether to compare whole requests, not what they add to the ``bare`` application.
    whole: bool = False
    bare: str = "bare Flask"

    @property
    def name(self) -> str:
        """The name of the ratio in the report."""
        return f"{'whole' if self.whole else 'added'}: {self.mine} / {self.other}"

    def of(self, taken: Mapping[str, float]) -> float:
        """Return the ratio in the results of one run."""
        base = 0.0 if self.whole else taken[self.bare]
        return (taken[self.mine] - base) / (taken[self.other] - base)


@dataclass(frozen=True)
class Sent:
    """A request that is sent repeatedly.

    In its path and headers, ``{n}`` is replaced by the number of the request, and ``{ab}`` by fifty
    random letters a and b.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    path: str = "/api/items"

    def environs(self) -> Iterator[dict[str, Any]]:
        """Yield WSGI environs for the request, endlessly."""
        builder = EnvironBuilder(path="/", method=self.method, headers=Headers(self.headers))
        environ = {**builder.get_environ(), "PATH_INFO": self.path}
        numbered = [key for key, value in environ.items() if "{n}" in str(value)]
        scrambled = [key for key, value in environ.items() if "{ab}" in str(value)]
        random = Random(1)
        for number in count():
            own = {key: environ[key].replace("{n}", str(number)) for key in numbered}
            for key in scrambled:
                parts = environ[key].split("{ab}")
                own[key] = parts[0] + "".join(
                    "".join(random.choices("ab", k=50)) + part for part in parts[1:]
                )
            yield {**environ, **own, "wsgi.input": io.BytesIO()}


@dataclass(frozen=True)
class Case:
    """One request to different applications, or different requests to equal applications."""

    name: str
    apps: Mapping[str, Make]
    ratios: tuple[Ratio, ...]
    sent: Sent = field(default_factory=Sent)
    #: The requests to the applications that get a different one than ``sent``.
    sent_to: Mapping[str, Sent] = field(default_factory=dict)
    #: Whether the log level is INFO, so that every refusal is logged.
    logged: bool = False


def bare(decorate: Callable[[Any], Any] | None = None) -> Flask:
    """Make an application without CORS, or with one decorator on its view."""
    app = Flask("bare")

    def items() -> str:
        return "items"

    view = decorate(items) if decorate else items
    app.add_url_rule("/api/items", view_func=view, methods=["GET", "PUT"])
    return app


def constant_hook() -> Flask:
    """Make an application with a hand-written hook that allows any origin."""
    app = bare()

    @app.after_request
    def allow(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    return app


def vary_hook() -> Flask:
    """Make an application with a hand-written hook that allows the origins in a set."""
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
    """Return a function that makes an application with this package."""

    def make() -> Flask:
        app = bare()
        flask_crossorigin.CORS(app, **options)
        return app

    return make


def theirs(**options: Any) -> Make:
    """Return a function that makes an application with Flask-CORS."""

    def make() -> Flask:
        app = bare()
        flask_cors.CORS(app, **options)
        return app

    return make


def my_view(**options: Any) -> Flask:
    """Make an application with one decorated view."""
    return bare(flask_crossorigin.cross_origin(**options))


def my_view_beside(**options: Any) -> Flask:
    """Make an application with one decorated view and a policy for all others."""
    app = my_view(**options)
    flask_crossorigin.CORS(app, origins="https://other.example.com")
    return app


def blueprints(count: int) -> Make:
    """Return a function that makes an application with this many blueprints, each with a policy."""

    def make() -> Flask:
        app = Flask("blueprints")
        for number in range(count):
            blueprint = Blueprint(f"b{number}", __name__, url_prefix=f"/b{number}")
            blueprint.get("/items")(lambda: "items")
            flask_crossorigin.CORS(blueprint, origins=ORIGIN)
            app.register_blueprint(blueprint)
        return app

    return make


def behind_login(make: Make) -> Make:
    """Return a function that makes an application with a login, which lets preflights through."""

    def make_with_login() -> Flask:
        app = make()
        app.secret_key = "benchmark"

        @app.before_request
        def login() -> tuple[str, int] | None:
            if "user" in session or request.method == "OPTIONS":
                return None
            return "log in first", 401

        return app

    return make_with_login


_ASKS = {"Origin": ORIGIN}
_PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "PUT",
    "Access-Control-Request-Headers": "content-type,x-token",
}
_MANY = [f"https://app{number}.example.com" for number in range(9_999)]
_PATTERNS = [f"https://*.app{number}.example.com" for number in range(999)]
_PARTS = {**{origin: {"max_age": 6} for origin in _MANY[:999]}, ORIGIN: {"max_age": 5}}
_RESOURCES = {f"/r{number}/*": {"origins": ORIGIN} for number in range(999)}


_REFUSED = Sent({"Origin": STRANGER})
_PREFLIGHTED = Sent(_PREFLIGHT, "OPTIONS")


def _growth(name: str, few: Make, many: Make, path: str = "/api/items") -> Case:
    ratios = (Ratio("many", "few", 1.06, whole=True),)
    return Case(name, {"few": few, "many": many}, ratios, Sent(_ASKS, path=path))


def _hostile(
    name: str,
    make: Make,
    requests: Mapping[str, Sent],
    *,
    logged: bool = False,
    limit: float = 3.0,
) -> Case:
    """Compare the requests of attackers with one that is simply refused."""
    ratios = tuple(Ratio(request, "refused", limit, whole=True) for request in requests)
    sent_to = {"refused": _REFUSED, **requests}
    return Case(name, dict.fromkeys(sent_to, make), ratios, sent_to=sent_to, logged=logged)


def _three_parts() -> Case:
    """Compare a policy that has three parts with one that only lists the origin."""
    options = {"supports_credentials": True, "max_age": 600}
    parts = {
        ORIGIN: options,
        "https://*.partners.example.com": {"methods": ["GET"]},
        "https://admin.example.com": {"methods": ["GET", "PUT"]},
    }
    one, three = mine(origins=ORIGIN, **options), mine(origins=OTHER, for_origins=parts)
    sent_to = {
        "one origin": Sent(_ASKS),
        "one of a part": Sent(_ASKS),
        "one of a pattern": Sent({"Origin": "https://shop.partners.example.com"}),
        "one of no part": Sent({"Origin": OTHER}),
        "preflight, one origin": _PREFLIGHTED,
        "preflight, one of a part": _PREFLIGHTED,
    }
    apps = {name: one if name.endswith("one origin") else three for name in sent_to}
    ratios = (
        *(
            Ratio(name, "one origin", 1.06, whole=True)
            for name in ("one of a part", "one of a pattern", "one of no part")
        ),
        Ratio("preflight, one of a part", "preflight, one origin", 1.06, whole=True),
    )
    return Case("three parts", apps, ratios, sent_to=sent_to)


def _rehearsal(name: str, origin: str, *, logged: bool = False) -> Case:
    """Compare ``report_only`` with a policy that has only the stricter options.

    The second policy may cost as much as the first one. Either both applications log or neither.
    """
    apps = {
        "bare Flask": bare,
        "only the stricter options": mine(origins=[ORIGIN]),
        "report_only": mine(origins=[ORIGIN, OTHER], report_only={"origins": [ORIGIN]}),
    }
    ratio = Ratio("report_only", "only the stricter options", 2.0)
    return Case(f"report_only, {name}", apps, (ratio,), Sent({"Origin": origin}), logged=logged)


def _asking_for(names: str) -> Sent:
    return Sent({**_PREFLIGHT, "Access-Control-Request-Headers": names}, "OPTIONS")


_ATTACKS = {
    "an origin of 8 kB": Sent({"Origin": f"https://{'a' * 8_192}.example"}),
    "an origin of 8 kB, never twice": Sent({"Origin": f"https://{'a' * 8_192}{{n}}.example"}),
    "never the same origin": Sent({"Origin": "https://a{n}.example.net"}),
    "a subdomain of 120 labels": Sent({"Origin": f"https://{'a.' * 120}x{{n}}.example.com"}),
    "no origin at all": Sent({"Origin": "\x80://%00{n}"}),
    "an address": Sent({"Origin": "https://[1:2:3:4:5:6:7:{n}]"}),
    "an origin with a slip": Sent({"Origin": "https://apps{n}.example.com"}),
    "preflight, one name of 64 kB": _asking_for("a" * 65_536),
    "preflight, 64 kB of names": _asking_for("a,b{n}," * 9_362),
    "preflight, 64 kB of commas": _asking_for("," * 65_536),
    "preflight, 8 kB of names": _asking_for("abcdefghijklmno{n}," * 380),
    "preflight, no method": Sent(
        {**_PREFLIGHT, "Access-Control-Request-Method": "@{n}"}, "OPTIONS"
    ),
}

# With these regexes, nearly every new text leads to new states of the automaton.
_REGEXES = [rf"https://.*a.{{{number}}}b" for number in range(50, 200)]
_PATH_REGEXES = ["/api/*", *(rf"/.*a.{{{number}}}" for number in range(100, 110))]
_HEADER_REGEXES = [rf"X-[a-z]*a[a-z]{{{number}}}c" for number in range(20, 40)]


_ATTACKS_ON_REGEXES = {
    "an origin": Sent({"Origin": f"https://{'{ab}' * 6}"}),
    "a path": Sent({"Origin": STRANGER}, path=f"/{'{ab}' * 160}"),
    "a path of many characters": Sent(
        {"Origin": STRANGER},
        path="/{ab}" + "".join(map(chr, range(0x4E00, 0x5800))).encode().decode("latin-1"),
    ),
    "preflight, header names": _asking_for(",".join(["X-{ab}"] * 128)),
}


CASES = (
    Case(
        "any origin",
        {
            "bare Flask": bare,
            "constant hook": constant_hook,
            "Flask-CORS": theirs(),
            "this": mine(),
        },
        (Ratio("this", "constant hook", 2.4), Ratio("this", "Flask-CORS", 0.2)),
        Sent(_ASKS),
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
            (Ratio("this", "Vary hook", 0.6), Ratio("this", "Flask-CORS", limit)),
            Sent(headers),
        )
        for name, headers, limit in (
            ("allowed", _ASKS, 0.26),
            ("without Origin", {}, 0.26),
            ("refused", {"Origin": STRANGER}, 0.38),
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
        (Ratio("this", "Flask-CORS", 0.21), Ratio("this, beside CORS(app)", "Flask-CORS", 0.21)),
        Sent(_ASKS),
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
            Ratio("this", "bare Flask", 0.67, whole=True),
            Ratio("this", "Flask-CORS", 0.42, whole=True),
            Ratio("this, decorated view", "bare Flask", 0.67, whole=True),
        ),
        _PREFLIGHTED,
    ),
    Case(
        "preflight behind a login",
        {
            "bare Flask": behind_login(bare),
            "Flask-CORS": behind_login(theirs(origins=[ORIGIN])),
            "this": behind_login(mine(origins=[ORIGIN])),
        },
        (
            Ratio("this", "bare Flask", 0.67, whole=True),
            Ratio("this", "Flask-CORS", 0.47, whole=True),
        ),
        _PREFLIGHTED,
    ),
    _growth("10,000 origins", mine(origins=[ORIGIN]), mine(origins=[*_MANY, ORIGIN])),
    _growth(
        "1,000 subdomain patterns",
        mine(origins=["https://*.example.com"]),
        mine(origins=[*_PATTERNS, "https://*.example.com"]),
    ),
    _growth(
        "1,000 resource patterns",
        mine(resources={"/api/*": {"origins": ORIGIN}}),
        mine(resources={**_RESOURCES, "/api/*": {"origins": ORIGIN}}),
    ),
    _growth("50 blueprints", blueprints(1), blueprints(50), "/b0/items"),
    _three_parts(),
    _growth("1,000 parts", mine(for_origins={ORIGIN: {"max_age": 5}}), mine(for_origins=_PARTS)),
    _rehearsal("nobody listens", ORIGIN),
    _rehearsal("allowed", ORIGIN, logged=True),
    _rehearsal("reported", OTHER, logged=True),
    *(
        # Flask itself is slow for these paths.
        Case(
            f"hostile, {name}",
            {"bare Flask": bare, "this": mine(resources=["/api/*", "/*.json"], origins=[ORIGIN])},
            (Ratio("this", "bare Flask", 3.0, whole=True),),
            Sent({"Origin": STRANGER}, path=path),
        )
        for name, path in (
            ("never the same path", "/api/{n}"),
            ("a path of 8 kB", f"/{'a/' * 4_096}{{n}}"),
            ("a path of 8 kB with dots", f"/api/{'./' * 4_096}{{n}}"),
        )
    ),
    _hostile("hostile, one origin", mine(origins=[ORIGIN]), _ATTACKS),
    _hostile("hostile, 1,000 patterns", mine(origins=[*_PATTERNS, ORIGIN]), _ATTACKS),
    _hostile(
        "hostile, 10,000 origins, logged", mine(origins=[*_MANY, ORIGIN]), _ATTACKS, logged=True
    ),
    _hostile(
        "hostile, regexes",
        mine(
            resources=_PATH_REGEXES,
            origins=[ORIGIN, *_REGEXES],
            allow_headers=_HEADER_REGEXES,
        ),
        _ATTACKS_ON_REGEXES,
        limit=100.0,
    ),
)
