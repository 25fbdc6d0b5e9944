"""What is sent with answers."""

from __future__ import annotations

from .comparing import Case

CASES = [
    Case(
        "an allowed origin",
        'CORS(app, origins=["https://app.example.com", "https://shop.example.com"])',
        "GET / from https://app.example.com",
        "200, Allow-Origin: https://app.example.com, Vary: Origin",
        "200, Allow-Origin: https://app.example.com, Vary: Origin",
        "The same.",
        headers=("Allow-Origin", "Vary"),
    ),
    Case(
        "``vary_header``, and a refused origin",
        'CORS(app, origins=["https://app.example.com", "https://shop.example.com"])',
        "GET / from https://evil.test",
        "200, no Allow-Origin, no Vary",
        "200, no Allow-Origin, Vary: Origin",
        "A cache that keeps this answer must not give it to the page that is allowed.",
        headers=("Allow-Origin", "Vary"),
    ),
    Case(
        "``vary_header``, and a single origin",
        'CORS(app, origins="https://app.example.com")',
        "GET / from https://app.example.com",
        "200, Allow-Origin: https://app.example.com, no Vary",
        "200, Allow-Origin: https://app.example.com, Vary: Origin",
        "The answer depends on the origin here too: another one gets no header.",
        headers=("Allow-Origin", "Vary"),
    ),
    Case(
        "``always_send``, and several origins",
        'CORS(app, origins=["https://app.example.com", "https://shop.example.com"])',
        "GET /",
        "200, Allow-Origin: https://app.example.com",
        "200, no Allow-Origin",
        "There it is the first of them, whoever will read it. Only a single origin is sent to "
        "requests that name none.",
    ),
    Case(
        '``expose_headers="*"``, with cookies',
        'CORS(app, origins="https://app.example.com", expose_headers="*", '
        "supports_credentials=True)",
        "GET / from https://app.example.com",
        "200, Expose-Headers: *",
        "200, Expose-Headers: Content-Length, Content-Type",
        "With cookies a browser takes the star for a name. The headers of the answer are listed.",
        headers=("Expose-Headers",),
    ),
    Case(
        "a header that the view has set itself",
        """\
@app.get("/own")
@cross_origin(origins="https://app.example.com")
def own():
    return "", {"Access-Control-Allow-Origin": "*"}
""",
        "GET /own from https://app.example.com",
        "200, Allow-Origin: *, Allow-Origin: https://app.example.com",
        "200, Allow-Origin: *",
        "Two headers are none to a browser. The view's own is left alone.",
    ),
    Case(
        "a decorated view that refuses",
        """\
@app.get("/private")
@cross_origin(origins="https://app.example.com")
def private():
    abort(401)
""",
        "GET /private from https://app.example.com",
        "401, no Allow-Origin",
        "401, Allow-Origin: https://app.example.com",
        "A page that may read answers may read errors.",
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
        "The view's policy also holds for what hooks answer.",
    ),
    Case(
        "a view that crashes",
        'CORS(app, origins="https://app.example.com")',
        "GET /broken from https://app.example.com",
        "500, Allow-Origin: https://app.example.com",
        "500, Allow-Origin: https://app.example.com",
        "The same.",
    ),
    Case(
        "``allow_private_network=False``",
        "CORS(app)",
        "preflight PUT /api/items from https://app.example.com asking for Private-Network",
        "200, Allow-Private-Network: false",
        "204, no Allow-Private-Network",
        "No header is as good a refusal as any.",
        headers=("Allow-Private-Network",),
    ),
]
