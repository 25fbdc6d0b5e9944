"""How preflights are answered."""

from __future__ import annotations

from .comparing import Case

CASES = [
    Case(
        "an allowed one",
        'CORS(app, origins="https://app.example.com")',
        "preflight PUT /api/items from https://app.example.com",
        "200, Allow-Origin: https://app.example.com, Allow-Methods: DELETE, GET, HEAD, "
        "OPTIONS, PATCH, POST, PUT",
        "204, Allow-Origin: https://app.example.com, Allow-Methods: DELETE, GET, HEAD, "
        "OPTIONS, PATCH, POST, PUT, QUERY",
        "204 says that there is no body. ``preflight_status=200`` is the old one.",
        headers=("Allow-Origin", "Allow-Methods"),
    ),
    Case(
        "a refused one",
        'CORS(app, origins="https://app.example.com")',
        "preflight PUT /api/items from https://evil.test",
        "200, no Allow-Origin",
        "403, no Allow-Origin",
        "The browser refuses both; the status shows it to people and logs too.",
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
        "A preflight never carries a login. It is answered before the hooks.",
    ),
    Case(
        "a login hook with a way out",
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
        "Nothing breaks, but the way out is not needed any more.",
    ),
    Case(
        "a hook after the view that counts on one before it",
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
        "Neither hook runs for a preflight, so that none misses the other.",
    ),
    Case(
        "a slash that is missing",
        'CORS(app, origins="https://app.example.com")',
        "preflight GET /lists from https://app.example.com",
        "308, Allow-Origin: https://app.example.com",
        "204, Allow-Origin: https://app.example.com",
        "A browser follows no redirect of a preflight, but that of the request.",
    ),
    Case(
        "a path that no view serves",
        'CORS(app, origins="https://app.example.com")',
        "preflight PUT /nothing from https://app.example.com",
        "404, Allow-Origin: https://app.example.com",
        "204, Allow-Origin: https://app.example.com",
        "The page learns of the 404, and not of a CORS error.",
    ),
    Case(
        "a method that is not listed",
        'CORS(app, methods="GET")',
        "preflight PUT /api/items from https://app.example.com",
        "200, no Allow-Methods",
        "204, no Allow-Methods",
        "It is refused as before, with a line in the log that names the method.",
        headers=("Allow-Methods",),
    ),
    Case(
        "a method in small letters",
        "CORS(app)",
        "preflight patch /api/items from https://app.example.com",
        "200, Allow-Methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
        "204, no Allow-Methods",
        "Browsers send ``patch`` as it is written, and do not find it in the list. The page "
        "has to write ``PATCH``; the log says so.",
        headers=("Allow-Methods",),
    ),
    Case(
        "part of a method's name",
        'CORS(app, methods="PUT")',
        "preflight PU /api/items from https://app.example.com",
        "200, Allow-Methods: PUT",
        "204, no Allow-Methods",
        "Methods are compared as a whole.",
        headers=("Allow-Methods",),
    ),
    Case(
        "the order of headers",
        "CORS(app)",
        "preflight PUT /api/items from https://app.example.com asking for X-Token, X-Before",
        "200, Allow-Headers: X-Before, X-Token",
        "204, Allow-Headers: X-Token, X-Before",
        "In the order in which they were asked for; browsers do not mind.",
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
        "Browsers read it on the answer to the request itself, where it is sent.",
        headers=("Expose-Headers",),
    ),
]
