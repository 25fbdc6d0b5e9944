from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from click.testing import CliRunner
from flask import Response

from flask_crossorigin import cli
from flask_crossorigin.cli import cors
from flask_crossorigin.diagnostics.faults import Fault, Resend, find_faults
from flask_crossorigin.diagnostics.probe import Probe
from flask_crossorigin.diagnostics.text.probe import probe_lines
from flask_crossorigin.diagnostics.text.terminal import Terminal
from flask_crossorigin.diagnostics.transport import NetworkTransport
from flask_crossorigin.testing import Exchange, HeaderList, ReceivedResponse, SentRequest

from .deployment import APP, nginx
from .one_connection import CERTIFICATE, reply, serve


def run(*arguments: str) -> tuple[int, str]:
    # The command runs without an application.
    result = CliRunner().invoke(cors, ["probe", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_each_hop_and_each_fault_is_shown(
    upstream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    second = 'add_header Access-Control-Allow-Origin "*" always;'
    with nginx(tmp_path, upstream, second, "server_tokens off;") as server:
        code, output = run(f"{server}/api/items", "--origin", APP, "-X", "PUT")
    assert code == 1
    output, _, note = output.rpartition("\nNOTE: ")
    assert "Local Network Access" in " ".join(note.split())
    told, _, rest = output.partition("\n\n")
    assert told.startswith("REFUSED: the preflight response for PUT")
    assert rest.replace(server, "http://api.test") == (
        "Preflight\n"
        "  > OPTIONS http://api.test/api/items\n"
        "  > Access-Control-Request-Method: PUT\n"
        f"  > Origin: {APP}\n"
        f"  < {Response(status=204).status}\n"
        "  < Server: nginx\n"
        f"  < Access-Control-Allow-Origin: {APP}\n"
        "  < Access-Control-Allow-Origin: *\n"
        "  < Access-Control-Allow-Credentials: true\n"
        "  < Access-Control-Allow-Methods: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY\n"
        "  < Access-Control-Max-Age: 600\n"
        "  < Vary: Origin\n"
        "\n"
        "FAULT second-header: the preflight response from\n"
        "    http://api.test/api/items has more than one\n"
        "    Access-Control-Allow-Origin (https://app.example.com, *), which makes it\n"
        "    invalid.\n"
        "  Fix:  Send it from the app or from the proxy, not from both. For nginx: remove\n"
        "        its add_header, or hide the app's header with proxy_hide_header\n"
        "        Access-Control-Allow-Origin.\n"
    )


def test_unsafe_requests_are_sent_only_with_send(upstream: str) -> None:
    url = f"http://{upstream}/api/items"
    code, output = run(url, "--origin", APP, "-X", "PUT")
    assert code == 0
    assert " ".join(output.split()).startswith(
        f"ALLOWED: the preflight passes, but PUT {url} was not sent, because it might change data. "
        "Add --send to send it"
    )
    code, output = run(url, "--origin", APP, "-X", "PUT", "--send")
    assert code == 0
    assert output.startswith("ALLOWED: the page gets the response (status 200)\n")
    code, output = run(url, "--origin", APP, "-X", "POST")
    assert code == 2
    text = (
        f"POST {url} was not sent, because it might change data. Add --send to send it. It needs no"
    )
    assert text in " ".join(output.split())
    header = "Content-Type: application/json"
    assert run(url, "--origin", APP, "-X", "POST", "-H", header)[0] == 0


def test_a_fault_is_a_failure_even_if_the_page_gets_the_response(
    upstream: str, tmp_path: Path
) -> None:
    with nginx(tmp_path, upstream, "proxy_hide_header Vary;") as server:
        code, output = run(f"{server}/api/items", "--origin", APP, "--credentials")
    assert code == 1
    assert output.startswith("ALLOWED")
    assert "FAULT vary-lost" in output


def test_json(upstream: str) -> None:
    url = f"http://{upstream}/api/items"
    code, output = run(url, "--origin", "https://evil.example.net", "--json")
    data = json.loads(output)
    assert code == 1
    assert (data["verdict"], data["faults"]) == ("refused", [])
    assert [exchange["is_preflight"] for exchange in data["exchanges"]] == [False]
    assert data["exchanges"][0]["request"]["url"] == url
    assert ["Origin", "https://evil.example.net"] in data["exchanges"][0]["request"]["headers"]
    assert data["exchanges"][0]["response"]["status"] == 200
    assert ["Vary", "Origin"] in data["exchanges"][0]["response"]["headers"]


def test_no_response_is_one_line() -> None:
    code, output = run("http://127.0.0.1:1/", "--origin", APP)
    assert code == 1
    assert " ".join(output.split()).startswith("FAILED: http://127.0.0.1:1/: the connection was")
    assert json.loads(run("http://127.0.0.1:1/", "--origin", APP, "--json")[1])["exchanges"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/items", "--origin", APP], "is not an absolute URL"),
        (["http://127.0.0.1:1/", "--origin", "app"], 'as in "https://app.example.com"'),
        (["http://127.0.0.1:1/", "--origin", APP, "-X", "TRACE"], "TRACE requests"),
        (["http://127.0.0.1:1/", "--origin", APP, "-H", "A B: 1"], "is not a valid header name"),
        (["http://user@127.0.0.1/", "--origin", APP], "user name"),
        (["http://127.0.0.1:1/"], "Missing option '--origin'"),
        (["http://127.0.0.1:1/", "--origin", APP, "--cacert", "/nowhere"], "does not exist"),
        (["http://127.0.0.1:1/", "--origin", APP, "--cacert", "/"], "'/' is a directory"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    code, output = run(*arguments)
    assert code == 2
    (said,) = re.findall(r"Error: (.*)", " ".join(output.split()))
    assert message in said
    # The hint to use --send is only for requests that were not sent.
    assert "--send" not in said


def test_nothing_is_added_to_an_error() -> None:
    _, output = run("http://127.0.0.1:1/", "--origin", APP, "-H", "A B: 1")
    assert output.endswith("is not a valid header name\n")


def test_timeout_and_cacert() -> None:
    answer = reply(f"HTTP/1.1 200 OK\nAccess-Control-Allow-Origin: {APP}\nVary: Origin\n\n")
    with serve(answer, tls=True) as server:
        assert run(f"https://{server}/", "--origin", APP, "--cacert", str(CERTIFICATE))[0] == 0
    finished = threading.Event()
    with serve(lambda _connection: finished.wait(30)) as server:
        _, output = run(f"http://{server}/", "--origin", APP, "--timeout", "0.05")
        finished.set()
    assert "no response within 0.05 seconds" in " ".join(output.split())


def test_credentials_are_sent_only_with_the_option(upstream: str) -> None:
    url = f"http://{upstream}/open/items"
    assert run(url, "--origin", APP)[0] == 0
    code, output = run(url, "--origin", APP, "--credentials")
    assert code == 1
    assert "wildcard-with-credentials" in output


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "find_spec", lambda _name: None)
    code, output = run("http://127.0.0.1:1/", "--origin", APP)
    assert code == 2
    text = 'Error: This command needs an HTTP client: pip install "flask_crossorigin[probe]"\n'
    assert output.endswith(f"\n{text}")


def exchange(status: int, *lines: tuple[str, str], is_preflight: bool = False) -> Exchange:
    request = SentRequest("GET", "https://api.test/", HeaderList([("Origin", APP)]))
    response = ReceivedResponse(status, HeaderList(lines))
    return Exchange(request, response, is_preflight, is_cross_origin=True)


def probed(
    verdict: Literal["allowed", "refused", "failed"] = "allowed",
    reason: str = "",
    exchanges: Sequence[Exchange] = (),
    faults: Sequence[Fault] = (),
    *,
    problem: str | None = None,
    notes: Sequence[str] = (),
) -> Probe:
    url = "https://api.test/"
    return Probe(verdict, reason, APP, "GET", url, True, exchanges, problem, faults, notes)


HERE = ("Access-Control-Allow-Origin", APP)
BOTH = ("Access-Control-Allow-Origin", f"{APP}, {APP}")
ANY = ("Access-Control-Allow-Origin", "*")
TRUE = ("Access-Control-Allow-Credentials", "true")


def resend(exchange: Exchange, origin: str | None, is_fresh: bool) -> ReceivedResponse | None:
    """Respond like a server that allows only ``APP``."""
    lines = [HERE] if origin == APP else []
    return ReceivedResponse(200, HeaderList(lines))


@pytest.mark.parametrize(
    ("found", "credentials", "expected"),
    [
        (exchange(200, HERE, ("Vary", "Accept, origin")), True, []),
        (exchange(200, HERE, ("Vary", "*")), True, []),
        (exchange(200, ANY), False, []),
        (exchange(200, ANY, TRUE), False, ["wildcard-with-credentials"]),
        (exchange(200, BOTH, ("Vary", "Origin")), False, ["second-header"]),
        (exchange(404, HERE, ("Vary", "Origin")), False, []),
        (exchange(303), False, ["redirect-without-headers"]),
        (exchange(304), False, []),
        (exchange(204, HERE, is_preflight=True), False, []),
        (exchange(302, HERE, is_preflight=True), False, ["preflight-redirected"]),
        (exchange(407, HERE, is_preflight=True), False, ["preflight-login"]),
        (
            exchange(403, ("WWW-Authenticate", "Basic"), is_preflight=True),
            False,
            ["preflight-login"],
        ),
        (exchange(501, is_preflight=True), False, ["preflight-not-answered"]),
        (exchange(400, is_preflight=True), False, []),
    ],
)
def test_faults(found: Exchange, credentials: Any, expected: list[str]) -> None:
    faults = find_faults([found], credentials=credentials, resend=resend)
    assert [fault.name for fault in faults] == expected


def always(*lines: tuple[str, str]) -> Resend:
    """Return a function that responds to every origin with the same headers."""
    return lambda _exchange, _origin, _is_fresh: ReceivedResponse(200, HeaderList(lines))


def reflecting(_exchange: Exchange, origin: str | None, _is_fresh: bool) -> ReceivedResponse:
    lines = [("Access-Control-Allow-Origin", origin or "null"), TRUE]
    return ReceivedResponse(200, HeaderList(lines))


def unreachable(_exchange: Exchange, _origin: str | None, _is_fresh: bool) -> None:
    return None


OTHERS = ("Access-Control-Allow-Origin", "https://other.example.com")
LIST = ("Access-Control-Allow-Origin", f"{APP}, https://b.test")
VARY = ("Vary", "Origin")
PREFLIGHT = exchange(204, HERE, TRUE, is_preflight=True)
METHOD = "does not allow the method PUT: it must be listed"
HEADER = 'does not allow the header "x-a": it must be listed'


@pytest.mark.parametrize(
    ("exchanges", "resend", "problem", "expected"),
    [
        # Vary is only needed if the response depends on the origin.
        ([exchange(200, HERE)], resend, "", ["vary-lost"]),
        ([exchange(200, HERE)], always(HERE), "", []),
        ([exchange(200, HERE)], unreachable, "", []),
        ([exchange(200, HERE, TRUE, VARY)], reflecting, "", ["any-origin-reflected"]),
        ([exchange(200, HERE, VARY)], resend, "", []),
        ([exchange(200, HERE, VARY)], unreachable, "", []),
        ([exchange(200, OTHERS, VARY)], resend, "", ["cached-for-another"]),
        ([exchange(200, OTHERS, VARY)], always(ANY), "", ["cached-for-another"]),
        ([exchange(200, OTHERS, VARY)], always(OTHERS), "", []),
        ([exchange(200, OTHERS, VARY)], unreachable, "", []),
        ([exchange(200, LIST, VARY)], resend, "", ["origin-list"]),
        ([exchange(200, ANY, HERE, VARY)], resend, "", ["second-header"]),
        ([exchange(204, is_preflight=True)], resend, "", ["preflight-without-headers"]),
        # The server handles CORS, but does not allow the page.
        ([exchange(204, VARY, is_preflight=True)], resend, "", []),
        ([exchange(200, TRUE, is_preflight=True)], resend, "", []),
        ([PREFLIGHT, exchange(200, VARY)], resend, "", ["headers-stripped"]),
        ([PREFLIGHT, exchange(302)], resend, "", ["redirect-without-headers"]),
        ([PREFLIGHT, exchange(200, HERE, VARY)], resend, "", ["credentials-stripped"]),
        ([PREFLIGHT, exchange(200, HERE, TRUE, VARY)], resend, "", []),
        ([PREFLIGHT, exchange(200, OTHERS, VARY)], unreachable, "", []),
        ([PREFLIGHT], resend, METHOD, ["method-not-listed"]),
        ([PREFLIGHT], resend, HEADER, ["header-not-listed"]),
        ([], resend, "", []),
    ],
)
def test_causes(
    exchanges: list[Exchange], resend: Resend, problem: str, expected: list[str]
) -> None:
    faults = find_faults(exchanges, credentials=True, resend=resend, problem=problem)
    assert [fault.name for fault in faults] == expected


def test_plain_http_at_a_port_of_tls() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    def serve_twice() -> None:
        for _ in range(2):
            connection, _address = listener.accept()
            with connection, contextlib.suppress(OSError):
                context.wrap_socket(connection, server_side=True).close()

    thread = threading.Thread(target=serve_twice)
    thread.start()
    url = "http://{}:{}/".format(*listener.getsockname())
    code, output = run(url, "--origin", APP)
    thread.join(30)
    listener.close()
    assert code == 1
    assert output.startswith("FAILED:")
    assert "FAULT plain-http-to-tls" in output


#: The message and the fix of each fault in ``FAULTY``, from a file that people can proofread.
SAID = [
    block.split("\n")
    for block in Path(__file__).with_name("faults.txt").read_text("utf-8").strip().split("\n\n")
]
PROXY_LOGIN = ("WWW-Authenticate", "Basic")
FAULTY: list[tuple[Exchange, bool]] = [
    (exchange(200, BOTH, ("Vary", "Origin")), False),
    (exchange(204, HERE, TRUE, TRUE, is_preflight=True), False),
    (exchange(200, ANY), True),
    (exchange(204, ANY, TRUE, is_preflight=True), False),
    (exchange(301, HERE, is_preflight=True), False),
    (exchange(308, HERE, ("Location", "/login"), is_preflight=True), False),
    (exchange(401, HERE, is_preflight=True), False),
    (exchange(400, PROXY_LOGIN, is_preflight=True), False),
    (exchange(403, is_preflight=True), False),
    (exchange(404, is_preflight=True), False),
    (exchange(405, is_preflight=True), False),
    (exchange(500, is_preflight=True), False),
    (exchange(200, HERE, ("Vary", "Accept")), False),
    (exchange(307), False),
    (exchange(302, ("Location", "/login")), False),
    (exchange(400), False),
    (exchange(502), False),
]


@pytest.mark.parametrize(
    ("found", "credentials", "said"),
    [(found, credentials, said) for (found, credentials), said in zip(FAULTY, SAID, strict=True)],
)
def test_the_message_and_the_fix_of_each_fault(
    found: Exchange, *, credentials: bool, said: list[str]
) -> None:
    (fault,) = find_faults([found], credentials=credentials, resend=resend)
    assert [f"{fault.name}: {fault.message}", f"    {fault.fix}"] == said


def test_same_origin_exchanges_have_no_faults() -> None:
    # A same-origin POST has an Origin too.
    request = SentRequest("POST", "https://app.test/", HeaderList([("Origin", "https://app.test")]))
    response = ReceivedResponse(500, HeaderList())
    own = Exchange(request, response, is_preflight=False, is_cross_origin=False)
    faults = find_faults(
        [own, exchange(502), exchange(403, is_preflight=True)], credentials=False, resend=resend
    )
    assert [fault.name for fault in faults] == ["error-without-headers", "preflight-forbidden"]


def test_a_probe_as_json_and_as_text() -> None:
    asked = exchange(302, ("Location", "/login"), ("X-A", "1"), is_preflight=True)
    fault = Fault("name", "what", "fix it")
    exchanges = [asked, exchange(200)]
    found = probed("refused", "it is", exchanges, [fault], problem="is wrong", notes=["Note it."])
    request = {"method": "GET", "url": "https://api.test/", "headers": [["Origin", APP]]}
    headers = [["Location", "/login"], ["X-A", "1"]]
    assert found.to_dict() == {
        "schema": 1,
        "command": "probe",
        "verdict": "refused",
        "reason": "it is",
        "origin": APP,
        "method": "GET",
        "url": "https://api.test/",
        "credentials": True,
        "exchanges": [
            {
                "is_preflight": True,
                "because": [],
                "request": request,
                "response": {"status": 302, "headers": headers},
                "problem": None,
            },
            {
                "is_preflight": False,
                "because": [],
                "request": request,
                "response": {"status": 200, "headers": []},
                "problem": "is wrong",
            },
        ],
        "faults": [{"name": "name", "message": "what", "fix": "fix it"}],
        "notes": ["Note it."],
    }
    assert [*probe_lines(found, Terminal(80))] == [
        "REFUSED: it is",
        "",
        "Preflight",
        "  > GET https://api.test/",
        f"  > Origin: {APP}",
        "  < 302",
        "  < Location: /login",
        "",
        "Request",
        "  > GET https://api.test/",
        f"  > Origin: {APP}",
        "  < 200",
        "",
        "FAULT name: what.",
        "  Fix:  fix it",
        "",
        "NOTE: Note it.",
    ]


def test_long_lines_of_a_probe_wrap() -> None:
    found = probed("failed", "one two", [], [Fault("name", "what it is", "mend it well")])
    assert "\n".join(probe_lines(found, Terminal(16))).split("\n") == [
        "FAILED: one two",
        "",
        "FAULT name: what",
        "    it is.",
        "  Fix:  mend it",
        "        well",
    ]
    (first,) = probe_lines(probed("failed", "one two three"), Terminal(15))
    assert first == "FAILED: one two\n    three"


@pytest.mark.parametrize(
    "name",
    [
        "Age",
        "Location",
        "Server",
        "Vary",
        "Via",
        "WWW-Authenticate",
        "X-Cache",
        "Cache-Control",
        "X-CrossOrigin-Reason",
        "access-control-anything",
    ],
)
def test_the_headers_that_are_shown(name: str) -> None:
    found = probed(exchanges=[exchange(200, (name, "x"), (f"{name}-not", "y"))])
    shown = [line for line in probe_lines(found, Terminal(80)) if line.startswith("  < ")]
    assert shown[:2] == ["  < 200", f"  < {name}: x"]
    assert len(shown) == (3 if name.startswith("access-control-") else 2)


def test_what_a_server_sends_cannot_reach_the_terminal() -> None:
    found = probed(exchanges=[exchange(200, ("Server", "\x1b[2J\x9b\xe9"))])
    assert "  < Server: \\x1b[2J\\x9b\\xe9" in [*probe_lines(found, Terminal(80))]


def test_what_a_server_sends_cannot_control_a_terminal() -> None:
    """The reason, the status, the headers and the faults are escaped."""
    evil = "\x1b[2J\x9b31m\x07"
    lines = [
        f"HTTP/1.1 200 {evil}",
        f"Access-Control-Allow-Origin: {APP}, {evil}",
        f"Server: {evil}",
        f"Location: {evil}",
        "Content-Length: 0",
    ]
    master, slave = pty.openpty()
    script = "from flask_crossorigin.cli import cors; cors()"
    with serve(reply("\n".join(lines) + "\n\n")) as server:
        command = [sys.executable, "-c", script, "probe", f"http://{server}/", "--origin", APP]
        process = subprocess.Popen(command, stdout=slave, stderr=slave, stdin=subprocess.DEVNULL)
        assert process.wait(30) == 1
    os.close(slave)
    shown = b""
    os.set_blocking(master, False)
    # At the end of the output, reading raises OSError.
    with contextlib.suppress(OSError):
        while chunk := os.read(master, 65536):
            shown += chunk
    os.close(master)
    own_colors = rb"\x1b\[38;5;\d+m(\x1b\[1m)?|\x1b\[1m|\x1b\[0m"
    assert not {0x1B, 0x9B, 0x07} & {*re.sub(own_colors, b"", shown)}
    assert shown.count(b"\\x1b[2J\\x9b31m\\x07") >= 4
    assert b"FAULT" in shown


@pytest.mark.parametrize(
    "location",
    [
        "http://[",
        "http://",
        "//a b/",
        "http://a..b/",
        f"http://{'a' * 70}.test/",
        "http://a:99999/",
    ],
)
def test_a_location_that_leads_nowhere_is_a_failure(location: str) -> None:
    allowed = f"Access-Control-Allow-Origin: {APP}\nVary: Origin\n"
    with serve(reply(f"HTTP/1.1 302 Found\n{allowed}Location: {location}\n\n")) as server:
        code, output = run(f"http://{server}/", "--origin", APP)
    assert code == 1
    assert output.startswith("FAILED:")


def test_no_fault_is_reported_twice() -> None:
    answer = exchange(200, HERE, HERE, ("Vary", "Origin"))
    assert len(find_faults([answer, answer], credentials=False, resend=resend)) == 1


def test_a_transport_is_not_mistaken_for_an_application() -> None:
    assert not callable(NetworkTransport(1))
