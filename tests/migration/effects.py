"""Cases about options and code that both packages accept, but that may have another effect."""

from __future__ import annotations

from .comparing import Case

CASES = [
    Case(
        "``CORS_HEADERS``",
        """\
app.config["CORS_HEADERS"] = "Content-Type"
CORS(app, preflight_status=200)""",
        "preflight PUT /api/items from https://app.example.com asking for Authorization",
        "200, Allow-Headers: Authorization",
        "200, Allow-Headers: Authorization",
        "No difference: Flask-CORS never read this key. A warning at startup names "
        "``CORS_ALLOW_HEADERS``.",
        headers=("Allow-Headers",),
    ),
    Case(
        "``headers=``",
        'CORS(app, headers="Content-Type")',
        "preflight PUT /api/items from https://app.example.com asking for Authorization",
        "200, Allow-Headers: Authorization",
        "204, no Allow-Headers",
        "Flask-CORS ignores this option. Here it means ``allow_headers``.",
        headers=("Allow-Headers",),
    ),
    Case(
        "``allow_origins=``",
        'CORS(app, allow_origins="https://app.example.com")',
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "200, no Allow-Origin",
        "Flask-CORS ignores this option, so it allows any origin. Here it means ``origins``.",
    ),
    Case(
        "a policy for a blueprint and one for the application",
        """\
bp = Blueprint("bp", "shop", url_prefix="/bp")
bp.add_url_rule("/x", "x", lambda: "x")
CORS(bp, origins="https://shop.example.com")
app.register_blueprint(bp)
CORS(app, origins="https://app.example.com")""",
        "GET /bp/x from https://app.example.com",
        "200, Allow-Origin: https://app.example.com",
        "200, no Allow-Origin",
        "The origins aren't combined: the policy of the blueprint decides. List all origins of "
        "the blueprint in ``CORS(bp)``.",
    ),
    Case(
        "two ``CORS(app)`` with different paths",
        """\
CORS(app, resources={"/api/*": {"origins": "https://app.example.com"}})
CORS(app, resources={"/*": {"origins": "https://shop.example.com"}})""",
        "GET /api/items from https://shop.example.com",
        "200, Allow-Origin: https://shop.example.com",
        "200, no Allow-Origin",
        "The most specific pattern decides, no matter which call it is from.",
    ),
    Case(
        "a view that handles ``OPTIONS``",
        """\
@app.route("/own", methods=["GET", "OPTIONS"])
def own():
    return "made by the view", 200, {"Access-Control-Max-Age": "5"}

CORS(app, origins="https://app.example.com")""",
        "preflight GET /own from https://app.example.com",
        "200, Allow-Origin: https://app.example.com, Max-Age: 5",
        "204, Allow-Origin: https://app.example.com, no Max-Age",
        "The view doesn't run for preflights. To run it, set ``automatic_options=False``.",
        headers=("Allow-Origin", "Max-Age"),
    ),
    Case(
        "``automatic_options=False`` with a view for ``OPTIONS``",
        """\
@app.route("/own", methods=["GET", "OPTIONS"])
@cross_origin(origins="https://app.example.com", automatic_options=False)
def own():
    return "made by the view", 200, {"Access-Control-Max-Age": "5"}""",
        "preflight GET /own from https://app.example.com",
        "200, Allow-Origin: https://app.example.com, Max-Age: 5",
        "200, Allow-Origin: https://app.example.com, Max-Age: 5",
        "No difference: the view runs, and its response gets the headers.",
        headers=("Allow-Origin", "Max-Age"),
    ),
    Case(
        "``automatic_options=False`` without a view for ``OPTIONS``",
        """\
@app.route("/own", methods=["GET", "PUT"])
@cross_origin(origins="https://app.example.com", automatic_options=False)
def own():
    return "made by the view"
""",
        "preflight PUT /own from https://app.example.com",
        "200, no Allow-Origin, no Allow-Methods",
        "200, Allow-Origin: https://app.example.com, Allow-Methods: DELETE, GET, HEAD, "
        "OPTIONS, PATCH, POST, PUT, QUERY",
        "Flask responds to ``OPTIONS``, and its response gets the headers.",
        headers=("Allow-Origin", "Allow-Methods"),
    ),
]
