"""How options are read, and what a mistake does."""

from __future__ import annotations

from .comparing import Case

CASES = [
    Case(
        "an option that does not exist",
        'CORS(app, orgins="https://app.example.com")',
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "ConfigError",
        "Flask-CORS logs it, and allows any origin. The error names the nearest option.",
    ),
    Case(
        "a key that does not exist",
        """\
app.config["CORS_ORIGNS"] = "https://app.example.com"
CORS(app)
""",
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "ConfigError",
        "The error names the nearest key.",
    ),
    Case(
        "a key with another usual name",
        """\
app.config["CORS_ALLOW_ORIGINS"] = "https://app.example.com"
CORS(app)
""",
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "200, no Allow-Origin",
        "The usual names are read. :doc:`configuration` lists them.",
    ),
    Case(
        "configuration that comes later",
        """\
CORS(app)
app.config["CORS_ORIGINS"] = "https://app.example.com"
""",
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "200, no Allow-Origin",
        "What is set before the first request counts.",
    ),
    Case(
        "a blueprint and the configuration",
        """\
app.config["CORS_ORIGINS"] = "https://app.example.com"
blueprint = Blueprint("api", "api", url_prefix="/v1")
blueprint.get("/items", endpoint="items")(dict)
CORS(blueprint)
app.register_blueprint(blueprint)
""",
        "GET /v1/items from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "200, no Allow-Origin",
        "The options that ``CORS(blueprint)`` is not told come from ``app.config`` as well.",
    ),
    Case(
        "a switch in a string",
        'CORS(app, origins="https://app.example.com", supports_credentials="false")',
        "GET / from https://app.example.com",
        "200, Allow-Origin: https://app.example.com, Allow-Credentials: true",
        "200, Allow-Origin: https://app.example.com, no Allow-Credentials",
        "The words true, false, yes, no, on and off are read; others are mistakes.",
        headers=("Allow-Origin", "Allow-Credentials"),
    ),
    Case(
        "two of them on one application",
        """\
CORS(app, origins="https://app.example.com")
CORS(app, origins="*")
""",
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "ConfigError",
        "Which one is meant is not clear. Give each ``resources`` of its own.",
    ),
    Case(
        "``max_age=0``",
        "CORS(app, max_age=0)",
        "preflight PUT /api/items from https://app.example.com",
        "200, no Max-Age",
        "204, Max-Age: 0",
        "It turns the browser's memory off, and is sent.",
        headers=("Max-Age",),
    ),
    Case(
        "``max_age`` that is no number",
        'CORS(app, max_age="ten")',
        "preflight PUT /api/items from https://app.example.com",
        "200, Max-Age: ten",
        "ConfigError",
        "A browser drops it. Write seconds or a ``timedelta``.",
        headers=("Max-Age",),
    ),
    Case(
        "methods in one string",
        'CORS(app, methods="PUT,get")',
        "preflight PUT /api/items from https://app.example.com",
        "200, Allow-Methods: PUT,GET",
        "204, Allow-Methods: GET, PUT",
        "Lists are read whichever way they are written, and sent in sorted order.",
        headers=("Allow-Methods",),
    ),
    Case(
        "headers in one string",
        'CORS(app, allow_headers="X-Token, X-Trace")',
        "preflight PUT /api/items from https://app.example.com asking for X-Token",
        "200, no Allow-Headers",
        "204, Allow-Headers: X-Token",
        "Every list may be written with commas.",
        headers=("Allow-Headers",),
    ),
    Case(
        "``send_wildcard``",
        "CORS(app)",
        "GET / from https://app.example.com",
        "200, Allow-Origin: https://app.example.com, Vary: Origin",
        "200, Allow-Origin: *, no Vary",
        "Any origin is a star here, so that one cached answer serves all. "
        "``send_wildcard=False`` echoes the origin.",
        headers=("Allow-Origin", "Vary"),
    ),
    Case(
        "``intercept_exceptions=False``",
        'CORS(app, origins="https://app.example.com", intercept_exceptions=False)',
        "GET /broken from https://app.example.com",
        "500, Allow-Origin: https://app.example.com",
        "500, Allow-Origin: https://app.example.com",
        "The same. The option warns that it has no effect: errors always carry the headers.",
    ),
]
