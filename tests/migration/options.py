"""Cases about how options are read, and about mistakes in them."""

from __future__ import annotations

from .comparing import Case

CASES = [
    Case(
        "an unknown option",
        'CORS(app, orgins="https://app.example.com")',
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "ConfigError",
        "Flask-CORS logs the mistake and allows any origin. Here, the error suggests the nearest "
        "option.",
    ),
    Case(
        "an unknown configuration key",
        """\
app.config["CORS_ORIGNS"] = "https://app.example.com"
CORS(app)
""",
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "ConfigError",
        "The error suggests the nearest key.",
    ),
    Case(
        "another spelling of a key",
        """\
app.config["CORS_ALLOW_ORIGINS"] = "https://app.example.com"
CORS(app)
""",
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "200, no Allow-Origin",
        "Common spellings are accepted. :doc:`configuration` lists them.",
    ),
    Case(
        "configuration after ``CORS(app)``",
        """\
CORS(app)
app.config["CORS_ORIGINS"] = "https://app.example.com"
""",
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "200, no Allow-Origin",
        "The configuration counts as it is at the first request.",
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
        "Options that ``CORS(blueprint)`` doesn't set come from ``app.config``, too.",
    ),
    Case(
        "a boolean in a string",
        'CORS(app, origins="https://app.example.com", supports_credentials="false")',
        "GET / from https://app.example.com",
        "200, Allow-Origin: https://app.example.com, Allow-Credentials: true",
        "200, Allow-Origin: https://app.example.com, no Allow-Credentials",
        "The words true, false, yes, no, on and off are accepted. Others are errors.",
        headers=("Allow-Origin", "Allow-Credentials"),
    ),
    Case(
        "two ``CORS(app)`` for the same paths",
        """\
CORS(app, origins="https://app.example.com")
CORS(app, origins="*")
""",
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "ConfigError",
        "It isn't clear which one you mean. Give each its own ``resources``.",
    ),
    Case(
        "``max_age=0``",
        "CORS(app, max_age=0)",
        "preflight PUT /api/items from https://app.example.com",
        "200, no Max-Age",
        "204, Max-Age: 0",
        "It disables the preflight cache of the browser, so it is sent.",
        headers=("Max-Age",),
    ),
    Case(
        "an invalid ``max_age``",
        'CORS(app, max_age="ten")',
        "preflight PUT /api/items from https://app.example.com",
        "200, Max-Age: ten",
        "ConfigError",
        "Browsers ignore it. Write seconds or a ``timedelta``.",
        headers=("Max-Age",),
    ),
    Case(
        "several methods in one string",
        'CORS(app, methods="PUT,get")',
        "preflight PUT /api/items from https://app.example.com",
        "200, Allow-Methods: PUT,GET",
        "204, Allow-Methods: GET, PUT",
        "Lists are accepted in every form, and sent in sorted order.",
        headers=("Allow-Methods",),
    ),
    Case(
        "several headers in one string",
        'CORS(app, allow_headers="X-Token, X-Trace")',
        "preflight PUT /api/items from https://app.example.com asking for X-Token",
        "200, no Allow-Headers",
        "204, Allow-Headers: X-Token",
        "Every list can be a string with commas.",
        headers=("Allow-Headers",),
    ),
    Case(
        "``send_wildcard``",
        "CORS(app)",
        "GET / from https://app.example.com",
        "200, Allow-Origin: https://app.example.com, Vary: Origin",
        "200, Allow-Origin: *, no Vary",
        "A policy for any origin sends ``*``, so that caches can reuse the response. Set "
        "``send_wildcard=False`` to send the origin.",
        headers=("Allow-Origin", "Vary"),
    ),
    Case(
        "``intercept_exceptions=False``",
        'CORS(app, origins="https://app.example.com", intercept_exceptions=False)',
        "GET /broken from https://app.example.com",
        "500, Allow-Origin: https://app.example.com",
        "500, Allow-Origin: https://app.example.com",
        "No difference. A warning says that the option has no effect: errors always have the "
        "headers.",
    ),
]
