"""Cases about the headers of responses."""

from __future__ import annotations

from .comparing import Case

CASES = [
    Case(
        "an allowed origin",
        'CORS(app, origins=["https://app.example.com", "https://shop.example.com"])',
        "GET / from https://app.example.com",
        "200, Allow-Origin: https://app.example.com, Vary: Origin",
        "200, Allow-Origin: https://app.example.com, Vary: Origin",
        "No difference.",
        headers=("Allow-Origin", "Vary"),
    ),
    Case(
        "``Vary`` for a refused origin",
        'CORS(app, origins=["https://app.example.com", "https://shop.example.com"])',
        "GET / from https://evil.test",
        "200, no Allow-Origin, no Vary",
        "200, no Allow-Origin, Vary: Origin",
        "A cache must not give this response to the allowed page.",
        headers=("Allow-Origin", "Vary"),
    ),
    Case(
        "``Vary`` for a single origin",
        'CORS(app, origins="https://app.example.com")',
        "GET / from https://app.example.com",
        "200, Allow-Origin: https://app.example.com, no Vary",
        "200, Allow-Origin: https://app.example.com, Vary: Origin",
        "This response depends on the origin, too: other origins get no header.",
        headers=("Allow-Origin", "Vary"),
    ),
    Case(
        "no ``Origin``, and several allowed origins",
        'CORS(app, origins=["https://app.example.com", "https://shop.example.com"])',
        "GET /",
        "200, Allow-Origin: https://app.example.com",
        "200, no Allow-Origin",
        "Flask-CORS sends the first of them. Here, only a single origin is sent to requests "
        "without ``Origin``.",
    ),
    Case(
        '``expose_headers="*"`` with credentials',
        'CORS(app, origins="https://app.example.com", expose_headers="*", '
        "supports_credentials=True)",
        "GET / from https://app.example.com",
        "200, Expose-Headers: *",
        "200, Expose-Headers: Content-Length, Content-Type",
        "With credentials, browsers read ``*`` as a header name. So the headers of the response "
        "are listed.",
        headers=("Expose-Headers",),
    ),
    Case(
        "a view that sets the header",
        """\
@app.get("/own")
@cross_origin(origins="https://app.example.com")
def own():
    return "", {"Access-Control-Allow-Origin": "*"}
""",
        "GET /own from https://app.example.com",
        "200, Allow-Origin: *, Allow-Origin: https://app.example.com",
        "200, Allow-Origin: *",
        "Browsers refuse a response with two headers. The header of the view is kept.",
    ),
    Case(
        "an error in a decorated view",
        """\
@app.get("/private")
@cross_origin(origins="https://app.example.com")
def private():
    abort(401)
""",
        "GET /private from https://app.example.com",
        "401, no Allow-Origin",
        "401, Allow-Origin: https://app.example.com",
        "A page that may read the responses may read the errors, too.",
    ),
    Case(
        "a decorated view behind a login hook",
        """\
@app.before_request
def login():
    abort(401)

@app.get("/private")
@cross_origin(origins="https://app.example.com")
def private():
    return ""
""",
        "GET /private from https://app.example.com",
        "401, no Allow-Origin",
        "401, Allow-Origin: https://app.example.com",
        "The policy of the view also applies to the responses of hooks.",
    ),
    Case(
        "a view that crashes",
        'CORS(app, origins="https://app.example.com")',
        "GET /broken from https://app.example.com",
        "500, Allow-Origin: https://app.example.com",
        "500, Allow-Origin: https://app.example.com",
        "No difference.",
    ),
    Case(
        "``allow_private_network=False``",
        "CORS(app)",
        "preflight PUT /api/items from https://app.example.com asking for Private-Network",
        "200, Allow-Private-Network: false",
        "204, no Allow-Private-Network",
        "Without the header, the request is refused as well.",
        headers=("Allow-Private-Network",),
    ),
]
