"""Cases about which paths a policy covers."""

from __future__ import annotations

from .comparing import Case

CASES = [
    Case(
        "``*`` after a slash",
        'CORS(app, resources="/api/*")',
        "GET /apiary from https://app.example.com",
        "200, Allow-Origin: https://app.example.com",
        "200, no Allow-Origin",
        "Here, ``*`` matches anything. In Flask-CORS it repeats the slash, and the rest of "
        "the path is ignored.",
    ),
    Case(
        "everything below a path",
        'CORS(app, resources={"/api/*": {"origins": "https://app.example.com"}})',
        "GET /api/items from https://app.example.com",
        "200, Allow-Origin: https://app.example.com",
        "200, Allow-Origin: https://app.example.com",
        "No difference.",
    ),
    Case(
        "a compiled pattern",
        'CORS(app, resources=re.compile("/api"))',
        "GET /api/items from https://app.example.com",
        "200, Allow-Origin: https://app.example.com",
        "200, no Allow-Origin",
        'A pattern has to match the whole path. Write ``re.compile("/api.*")`` or ``"/api/*"``.',
    ),
    Case(
        "a pattern without a leading slash",
        'CORS(app, resources="api/*")',
        "GET /api/items from https://app.example.com",
        "200, no Allow-Origin",
        "ConfigError",
        'It doesn\'t match any path. Write ``"/api/*"``.',
    ),
    Case(
        "two matching patterns",
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
        "capital letters in a pattern",
        'CORS(app, resources="/API/*")',
        "GET /api/items from https://app.example.com",
        "200, no Allow-Origin",
        "200, no Allow-Origin",
        "No difference: paths are case-sensitive.",
    ),
    Case(
        "a plus sign",
        'CORS(app, resources="/a+b")',
        "GET /a+b from https://app.example.com",
        "404, Allow-Origin: https://app.example.com",
        "404, no Allow-Origin",
        r"A plus sign repeats what precedes it. Write ``\+`` for the character.",
    ),
    Case(
        "a path that is encoded twice",
        'CORS(app, resources="/api/*")',
        "GET /%2561pi/items from https://app.example.com",
        "404, Allow-Origin: https://app.example.com",
        "404, no Allow-Origin",
        "A path is decoded once, as in Flask.",
    ),
    Case(
        "a 404 below a blueprint",
        """\
blueprint = Blueprint("api", "api", url_prefix="/v1")
CORS(blueprint, origins="https://app.example.com")
app.register_blueprint(blueprint)
""",
        "GET /v1/nothing from https://app.example.com",
        "404, no Allow-Origin",
        "404, Allow-Origin: https://app.example.com",
        "Everything below the prefix belongs to the blueprint, so pages can read the 404.",
    ),
]
