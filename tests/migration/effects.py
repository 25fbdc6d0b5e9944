"""What starts with both, and has another effect."""

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
        "The same: Flask-CORS has never read this key. One warning at startup names "
        "``CORS_ALLOW_HEADERS``.",
        headers=("Allow-Headers",),
    ),
    Case(
        "``headers=``",
        'CORS(app, headers="Content-Type")',
        "preflight PUT /api/items from https://app.example.com asking for Authorization",
        "200, Allow-Headers: Authorization",
        "204, no Allow-Headers",
        "Flask-CORS ignores this option. Here it is another name of ``allow_headers``.",
        headers=("Allow-Headers",),
    ),
    Case(
        "``allow_origins=``",
        'CORS(app, allow_origins="https://app.example.com")',
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "200, no Allow-Origin",
        "Flask-CORS ignores this option, so any origin is allowed. Here it is another name of "
        "``origins``.",
    ),
    Case(
        "a blueprint and the application",
        """\
bp = Blueprint("bp", "shop", url_prefix="/bp")
bp.add_url_rule("/x", "x", lambda: "x")
CORS(bp, origins="https://shop.example.com")
app.register_blueprint(bp)
CORS(app, origins="https://app.example.com")""",
        "GET /bp/x from https://app.example.com",
        "200, Allow-Origin: https://app.example.com",
        "200, no Allow-Origin",
        "Their origins do not add up: the policy of the blueprint decides. Write all origins of "
        "the blueprint in ``CORS(bp)``.",
    ),
    Case(
        "two of them with their own paths",
        """\
CORS(app, resources={"/api/*": {"origins": "https://app.example.com"}})
CORS(app, resources={"/*": {"origins": "https://shop.example.com"}})""",
        "GET /api/items from https://shop.example.com",
        "200, Allow-Origin: https://shop.example.com",
        "200, no Allow-Origin",
        "The pattern that fits best decides, whichever call it is from.",
    ),
    Case(
        "a view that answers ``OPTIONS`` itself",
        """\
@app.route("/own", methods=["GET", "OPTIONS"])
def own():
    return "made by the view", 200, {"Access-Control-Max-Age": "5"}

CORS(app, origins="https://app.example.com")""",
        "preflight GET /own from https://app.example.com",
        "200, Allow-Origin: https://app.example.com, Max-Age: 5",
        "204, Allow-Origin: https://app.example.com, no Max-Age",
        "The view's own code does not run for preflights. To let it run, write "
        "``automatic_options=False``.",
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
        "The same: the view runs, and its answer gets the headers.",
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
        "Flask answers ``OPTIONS`` itself, and here its answer gets the headers.",
        headers=("Allow-Origin", "Allow-Methods"),
    ),
]
