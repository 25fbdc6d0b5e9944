"""Cases about the responses to preflights."""

from __future__ import annotations

from .comparing import Case

CASES = [
    Case(
        "an allowed preflight",
        'CORS(app, origins="https://app.example.com")',
        "preflight PUT /api/items from https://app.example.com",
        "200, Allow-Origin: https://app.example.com, Allow-Methods: DELETE, GET, HEAD, "
        "OPTIONS, PATCH, POST, PUT",
        "204, Allow-Origin: https://app.example.com, Allow-Methods: DELETE, GET, HEAD, "
        "OPTIONS, PATCH, POST, PUT, QUERY",
        "204 means that there is no body. Set ``preflight_status=200`` for the old status.",
        headers=("Allow-Origin", "Allow-Methods"),
    ),
    Case(
        "a refused preflight",
        'CORS(app, origins="https://app.example.com")',
        "preflight PUT /api/items from https://evil.test",
        "200, no Allow-Origin",
        "403, no Allow-Origin",
        "Browsers refuse both. The status 403 also shows it in logs.",
    ),
    Case(
        "a login hook",
        """\
@app.before_request
def login():
    abort(401)

CORS(app, origins="https://app.example.com")
""",
        "preflight PUT /api/items from https://app.example.com",
        "401, Allow-Origin: https://app.example.com",
        "204, Allow-Origin: https://app.example.com",
        "Preflights never contain a login, so they get their response before hooks run.",
    ),
    Case(
        "a login hook with an exception for ``OPTIONS``",
        """\
@app.before_request
def login():
    if request.method != "OPTIONS":
        abort(401)

CORS(app, origins="https://app.example.com")
""",
        "preflight PUT /api/items from https://app.example.com",
        "200, Allow-Origin: https://app.example.com",
        "204, Allow-Origin: https://app.example.com",
        "It still works, but you can remove the exception.",
    ),
    Case(
        "an ``after_request`` hook that needs a ``before_request`` hook",
        """\
@app.before_request
def start():
    g.started = perf_counter()

@app.after_request
def stop(response):
    response.headers["X-Seconds"] = str(perf_counter() - g.started)
    return response

CORS(app, origins="https://app.example.com")
""",
        "preflight PUT /api/items from https://app.example.com",
        "200, Allow-Origin: https://app.example.com",
        "204, Allow-Origin: https://app.example.com",
        "Neither hook runs for a preflight, so neither can fail.",
    ),
    Case(
        "a missing trailing slash",
        'CORS(app, origins="https://app.example.com")',
        "preflight GET /lists from https://app.example.com",
        "308, Allow-Origin: https://app.example.com",
        "204, Allow-Origin: https://app.example.com",
        "Browsers don't follow redirects of a preflight, but they follow the redirect of the "
        "request.",
    ),
    Case(
        "a path without a route",
        'CORS(app, origins="https://app.example.com")',
        "preflight PUT /nothing from https://app.example.com",
        "404, Allow-Origin: https://app.example.com",
        "204, Allow-Origin: https://app.example.com",
        "The page sees the 404 instead of a CORS error.",
    ),
    Case(
        "a method that isn't allowed",
        'CORS(app, methods="GET")',
        "preflight PUT /api/items from https://app.example.com",
        "200, no Allow-Methods",
        "204, no Allow-Methods",
        "It is refused as before. The log names the method.",
        headers=("Allow-Methods",),
    ),
    Case(
        "a method in lower case",
        "CORS(app)",
        "preflight patch /api/items from https://app.example.com",
        "200, Allow-Methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
        "204, no Allow-Methods",
        "Browsers send ``patch`` in lower case, which isn't in the list. Write ``PATCH`` in the "
        "page. The log says so.",
        headers=("Allow-Methods",),
    ),
    Case(
        "part of a method's name",
        'CORS(app, methods="PUT")',
        "preflight PU /api/items from https://app.example.com",
        "200, Allow-Methods: PUT",
        "204, no Allow-Methods",
        "Methods have to match completely.",
        headers=("Allow-Methods",),
    ),
    Case(
        "the order of headers",
        "CORS(app)",
        "preflight PUT /api/items from https://app.example.com asking for X-Token, X-Before",
        "200, Allow-Headers: X-Before, X-Token",
        "204, Allow-Headers: X-Token, X-Before",
        "They are listed in the order of the request. Browsers ignore the order.",
        headers=("Allow-Headers",),
    ),
    Case(
        "a pattern for headers",
        'CORS(app, allow_headers=r"X-[a-z]+")',
        "preflight PUT /api/items from https://app.example.com asking for X-Api-Key",
        "200, Allow-Headers: X-Api-Key",
        "204, no Allow-Headers",
        'A pattern has to match the whole name. Write ``"X-*"``.',
        headers=("Allow-Headers",),
    ),
    Case(
        "``expose_headers``",
        'CORS(app, expose_headers="X-Total")',
        "preflight PUT /api/items from https://app.example.com",
        "200, Expose-Headers: X-Total",
        "204, no Expose-Headers",
        "Browsers read it from the response to the actual request, where it is sent.",
        headers=("Expose-Headers",),
    ),
]
