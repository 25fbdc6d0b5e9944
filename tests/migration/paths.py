"""Which paths a policy is for."""

from __future__ import annotations

from .comparing import Case

CASES = [
    Case(
        "a star after a slash",
        'CORS(app, resources="/api/*")',
        "GET /apiary from https://app.example.com",
        "200, Allow-Origin: https://app.example.com",
        "200, no Allow-Origin",
        "The star stands for anything here. There it repeats the slash, and what follows is "
        "not looked at.",
    ),
    Case(
        "all below a path",
        'CORS(app, resources={"/api/*": {"origins": "https://app.example.com"}})',
        "GET /api/items from https://app.example.com",
        "200, Allow-Origin: https://app.example.com",
        "200, Allow-Origin: https://app.example.com",
        "The same.",
    ),
    Case(
        "a compiled pattern",
        'CORS(app, resources=re.compile("/api"))',
        "GET /api/items from https://app.example.com",
        "200, Allow-Origin: https://app.example.com",
        "200, no Allow-Origin",
        'A pattern has to match the whole path. Write ``re.compile("/api.*")``, or ``"/api/*"``.',
    ),
    Case(
        "a pattern without its slash",
        'CORS(app, resources="api/*")',
        "GET /api/items from https://app.example.com",
        "200, no Allow-Origin",
        "ConfigError",
        'No path ever matches that. Write ``"/api/*"``.',
    ),
    Case(
        "two patterns that match",
        """\
CORS(app, resources={
    "/api/[a-z]+": {"origins": "https://long.test"},
    "/api/it*": {"origins": "https://near.test"},
})
""",
        "GET /api/items from https://near.test",
        "200, no Allow-Origin",
        "200, Allow-Origin: https://near.test",
        "The longest literal start decides, not the longest text. ``flask cors routes`` shows "
        "which.",
    ),
    Case(
        "other capitals",
        'CORS(app, resources="/API/*")',
        "GET /api/items from https://app.example.com",
        "200, no Allow-Origin",
        "200, no Allow-Origin",
        "The same: capitals count in paths.",
    ),
    Case(
        "a plus",
        'CORS(app, resources="/a+b")',
        "GET /a+b from https://app.example.com",
        "404, Allow-Origin: https://app.example.com",
        "404, no Allow-Origin",
        r"A plus repeats what is before it. Write ``\+`` for the character.",
    ),
    Case(
        "a path that is escaped twice",
        'CORS(app, resources="/api/*")',
        "GET /%2561pi/items from https://app.example.com",
        "404, Allow-Origin: https://app.example.com",
        "404, no Allow-Origin",
        "A path is decoded once, as Flask does.",
    ),
    Case(
        "what no view serves, below a blueprint",
        """\
blueprint = Blueprint("api", "api", url_prefix="/v1")
CORS(blueprint, origins="https://app.example.com")
app.register_blueprint(blueprint)
""",
        "GET /v1/nothing from https://app.example.com",
        "404, no Allow-Origin",
        "404, Allow-Origin: https://app.example.com",
        "What lies below the prefix belongs to the blueprint, so that a page can read the 404.",
    ),
]
