"""Cases about which origins are allowed."""

from __future__ import annotations

from .comparing import Case

CASES = [
    Case(
        "a pattern without an end",
        r'CORS(app, origins=r"https://.*\.example\.com")',
        "GET / from https://a.example.com.evil.test",
        "200, Allow-Origin: https://a.example.com.evil.test",
        "200, no Allow-Origin",
        'A pattern has to match the whole origin. Better, write ``"https://*.example.com"``.',
    ),
    Case(
        "an unescaped dot",
        'CORS(app, origins=r"https://app.example.com$")',
        "GET / from https://app-example.com",
        "200, Allow-Origin: https://app-example.com",
        "ConfigError",
        r'Anybody can register that domain. Write ``"https://app.example.com"``, or ``\.`` in a '
        r"regular expression.",
    ),
    Case(
        "``*`` for subdomains",
        'CORS(app, origins="https://*.example.com")',
        "GET / from https://shop.example.com",
        "200, no Allow-Origin",
        "200, Allow-Origin: https://shop.example.com",
        "Flask-CORS reads a regular expression, in which ``*`` repeats the slash.",
    ),
    Case(
        "``*`` for subdomains, and a similar domain",
        'CORS(app, origins="https://*.example.com")',
        "GET / from https://xexample.com",
        "200, Allow-Origin: https://xexample.com",
        "200, no Allow-Origin",
        "Here, ``*`` only matches subdomains.",
    ),
    Case(
        "``*`` for the port",
        'CORS(app, origins="http://localhost:*")',
        "GET / from http://localhost.evil.test",
        "200, Allow-Origin: http://localhost.evil.test",
        "200, no Allow-Origin",
        "Here, ``*`` only matches the port.",
    ),
    Case(
        "several origins in one string",
        'CORS(app, origins="https://app.example.com, https://shop.example.com")',
        "GET / from https://shop.example.com",
        "200, no Allow-Origin",
        "200, Allow-Origin: https://shop.example.com",
        "Every list can be a string with commas, as in an environment variable.",
    ),
    Case(
        "a trailing slash",
        'CORS(app, origins="https://app.example.com/")',
        "GET / from https://app.example.com",
        "200, no Allow-Origin",
        "200, Allow-Origin: https://app.example.com",
        "Origins have no path, so the slash is dropped.",
    ),
    Case(
        "the default port",
        'CORS(app, origins="https://app.example.com:443")',
        "GET / from https://app.example.com",
        "200, no Allow-Origin",
        "200, Allow-Origin: https://app.example.com",
        "Browsers leave the default port out, so it is dropped.",
    ),
    Case(
        "a URL with a path",
        'CORS(app, origins="https://app.example.com/shop")',
        "GET / from https://app.example.com",
        "200, no Allow-Origin",
        "ConfigError",
        'No request has this origin. Write ``"https://app.example.com"``.',
    ),
    Case(
        "an origin without a scheme",
        'CORS(app, origins="app.example.com")',
        "GET / from https://app.example.com",
        "200, no Allow-Origin",
        "ConfigError",
        'No request has this origin. Write ``"https://app.example.com"``.',
    ),
    Case(
        "``origins=None``",
        "CORS(app, origins=None)",
        "GET / from https://app.example.com",
        "200, no Allow-Origin",
        "ConfigError",
        "The usual cause is an unset environment variable. Flask-CORS silently allows nobody.",
    ),
    Case(
        "``None`` in the configuration",
        """\
app.config["CORS_ORIGINS"] = None
CORS(app)
""",
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test",
        "ConfigError",
        "Flask-CORS reads ``None`` as any origin.",
    ),
    Case(
        "an empty list",
        "CORS(app, origins=[])",
        "GET / from https://app.example.com",
        "200, no Allow-Origin",
        "ConfigError",
        "List the origins. If only decorated views need CORS, write ``resources=[]``.",
    ),
    Case(
        "a function",
        'CORS(app, origins=lambda origin: origin.endswith(".test"))',
        "GET / from https://app.test",
        "200, no Allow-Origin",
        "200, Allow-Origin: https://app.test",
        "Functions are called with the origin, or with the origin and the request.",
    ),
    Case(
        "any origin with credentials",
        "CORS(app, supports_credentials=True)",
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test, Allow-Credentials: true",
        "ConfigError",
        "Every website could act for the logged-in user. List the origins.",
        headers=("Allow-Origin", "Allow-Credentials"),
    ),
    Case(
        "a pattern for any origin with credentials",
        'CORS(app, origins=r"https?://.*", supports_credentials=True)',
        "GET / from https://evil.test",
        "200, Allow-Origin: https://evil.test, Allow-Credentials: true",
        "ConfigError",
        "This allows any origin. List the origins.",
        headers=("Allow-Origin", "Allow-Credentials"),
    ),
    Case(
        "capital letters in a request",
        'CORS(app, origins="https://app.example.com")',
        "GET / from HTTPS://APP.EXAMPLE.COM",
        "200, Allow-Origin: HTTPS://APP.EXAMPLE.COM",
        "200, no Allow-Origin",
        "Browsers compare the exact string, and never send capital letters. There is nothing to "
        "change.",
    ),
    Case(
        "a malformed ``Origin``",
        "CORS(app, send_wildcard=False)",
        'GET / from x"><script>',
        '200, Allow-Origin: x"><script>',
        "200, Allow-Origin: *",
        "A malformed ``Origin`` is never sent back. A policy for any origin sends ``*``.",
    ),
]
