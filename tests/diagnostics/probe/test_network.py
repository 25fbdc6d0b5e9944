from __future__ import annotations

import socket
import ssl
import threading
from typing import Any

import pytest
import urllib3
from urllib3.exceptions import ConnectTimeoutError, LocationParseError, SSLError

from flask_crossorigin.diagnostics.transport import NetworkTransport, UnsentError
from flask_crossorigin.testing import HeaderList, NetworkError, ReceivedResponse, SentRequest

from .one_connection import CERTIFICATE, reply, serve


def send(url: str, method: str = "GET", **options: Any) -> ReceivedResponse:
    request = SentRequest(method, url, HeaderList([("Accept", "*/*"), ("Origin", "null")]))
    return NetworkTransport(**{"timeout": 30, **options}).send(request)


def fail(url: str, **options: Any) -> str:
    with pytest.raises(NetworkError) as error:
        send(url, **options)
    assert "\n" not in error.value.reason
    return error.value.reason


def test_headers_arrive_one_by_one_and_as_they_were_sent() -> None:
    requests: list[bytes] = []
    text = "HTTP/1.1 200 Fine\nX-One: 1\nx-one: 2\nVary: caf\xe9\nContent-Length: 5\n\nhello"
    with serve(reply(text, requests)) as server:
        response = send(f"http://{server}/a?b=c")
    assert (response.status, response.reason, response.body) == (200, "Fine", b"")
    assert response.headers.getlist("X-One") == ["1", "2"]
    assert response.headers["Vary"] == "caf\xe9"
    lines = requests[0].decode().splitlines()
    assert lines[0] == "GET /a?b=c HTTP/1.1"
    assert {"Accept: */*", "Origin: null"} < {*lines}
    assert not any(line.lower().startswith("cookie") for line in lines)


def test_redirects_are_not_followed() -> None:
    with serve(reply("HTTP/1.1 302\nLocation: http://127.0.0.1:1/\n\n")) as server:
        response = send(f"http://{server}/")
    assert (response.status, response.reason) == (302, "")


def test_a_body_without_end_is_not_waited_for() -> None:
    finished = threading.Event()

    def answer(connection: socket.socket) -> None:
        reply("HTTP/1.1 200 OK\nContent-Length: 1000000\n\n")(connection)
        finished.wait(30)

    with serve(answer) as server:
        assert send(f"http://{server}/").status == 200
        finished.set()


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_what_only_reads_is_sent(method: str) -> None:
    with serve(reply("HTTP/1.1 204 Done\n\n")) as server:
        assert send(f"http://{server}/", method).status == 204


def test_a_body_is_sent() -> None:
    received: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            received.extend(iter(lines.readline, b"\r\n"))
            received.append(lines.read(5))
        connection.sendall(b"HTTP/1.1 204 Done\r\n\r\n")

    with serve(answer) as server:
        headers = HeaderList([("Content-Length", "5")])
        request = SentRequest("POST", f"http://{server}/", headers, b"hello")
        NetworkTransport(5, sends_unsafe=True).send(request)
    assert received[-1] == b"hello"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "patch", "get"])
def test_what_may_change_something_is_held_back(method: str) -> None:
    with pytest.raises(UnsentError, match=f"{method} http://127.0.0.1:1/ was not sent"):
        send("http://127.0.0.1:1/", method)


def test_what_may_change_something_is_sent_if_that_is_wanted() -> None:
    with serve(reply("HTTP/1.1 204 Done\n\n")) as server:
        assert send(f"http://{server}/", "DELETE", sends_unsafe=True).status == 204


def test_a_port_without_a_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert fail(f"http://127.0.0.1:{port}/").startswith(
        f"http://127.0.0.1:{port}/: the connection was refused"
    )


def test_a_name_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_arguments: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert fail("http://api.example.com/").endswith(": there is no host with this name")


def test_a_server_that_does_not_answer() -> None:
    finished = threading.Event()
    with serve(lambda _connection: finished.wait(30)) as server:
        assert fail(f"http://{server}/", timeout=0.05).endswith(": no response within 0.05 seconds")
        finished.set()


def test_a_server_whose_bytes_come_slowly() -> None:
    """The timeout is for the whole response, even if each byte arrives in time."""
    finished = threading.Event()

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not finished.wait(0.02):
            connection.sendall(b"X")

    with serve(answer) as server:
        assert fail(f"http://{server}/", timeout=0.2).endswith(": no response within 0.2 seconds")
        finished.set()


def test_the_time_is_that_of_all_requests() -> None:
    transport = NetworkTransport(0.1)
    request = SentRequest("GET", "http://127.0.0.1:1/", HeaderList())
    with serve(lambda connection: connection.recv(1) and threading.Event().wait(0.3)) as server:
        slow = SentRequest("GET", f"http://{server}/", HeaderList())
        with pytest.raises(NetworkError, match=r"no response within 0\.1 seconds"):
            transport.send(slow)
    with pytest.raises(NetworkError, match=r"no response within 0\.1 seconds"):
        transport.send(request)


def test_what_only_announces_a_response_is_skipped() -> None:
    hints = "HTTP/1.1 103 Early Hints\nLink: </a>\nAccess-Control-Allow-Origin: *\n\n"
    text = f"HTTP/1.1 100 Continue\n\n{hints}HTTP/1.1 102 Processing\n\n{hints}"
    final = "HTTP/1.1 200 Fine\nX-One: 1\nContent-Length: 0\n\n"
    with serve(reply(text + final)) as server:
        response = send(f"http://{server}/")
    assert (response.status, response.reason) == (200, "Fine")
    assert "X-One" in response.headers
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ("X: 1\n" * 101, "the response has more than 100 headers"),
        (f"X: {'1' * 65536}\n", "a header line of the response is longer than 65536 bytes"),
    ],
)
def test_limits_of_headers_are_called_what_they_are(headers: str, reason: str) -> None:
    with serve(reply(f"HTTP/1.1 200 OK\n{headers}\n")) as server:
        assert fail(f"http://{server}/").endswith(f": {reason}")


def test_whether_a_port_expects_tls() -> None:
    transport = NetworkTransport(5)
    with serve(lambda _connection: None, tls=True) as server:
        host, _, port = server.partition(":")
        assert transport.speaks_tls(host, int(port))
    with serve(lambda connection: connection.recv(65536)) as server:
        host, _, port = server.partition(":")
        assert not transport.speaks_tls(host, int(port))


@pytest.mark.parametrize("text", ["", "SSH-2.0-OpenSSH\n\n"])
def test_a_server_that_does_not_speak_http(text: str) -> None:
    with serve(reply(text)) as server:
        assert fail(f"http://{server}/").endswith(
            ": the server closed the connection without an HTTP response"
        )


def test_a_self_signed_certificate() -> None:
    with serve(reply("HTTP/1.1 200 OK\n\n"), tls=True) as server:
        reason = fail(f"https://{server}/")
    assert "the certificate is not trusted: self" in reason


def test_a_certificate_that_is_trusted() -> None:
    with serve(reply("HTTP/1.1 200 OK\n\n"), tls=True) as server:
        assert send(f"https://{server}/", certificates=str(CERTIFICATE)).status == 200


def test_a_certificate_for_another_host(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda _host, *rest, **options: resolve("127.0.0.1", *rest, **options),
    )
    with serve(reply("HTTP/1.1 200 OK\n\n"), tls=True) as server:
        port = server.rpartition(":")[2]
        reason = fail(f"https://api.example.com:{port}/", certificates=str(CERTIFICATE))
    assert "the certificate is not trusted: Hostname mismatch" in reason


def test_https_at_a_server_of_plain_http() -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serve(answer) as server:
        reason = fail(f"https://{server}/")
    assert ": no TLS connection: " in reason


def tls_error(reason: str) -> ssl.SSLError:
    error = ssl.SSLError("It failed")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectTimeoutError(), "no connection within 30 seconds"),
        (LocationParseError("a\nb"), "the request can't be sent: Failed to parse: a"),
        (SSLError(), "no TLS connection: "),
        (SSLError(tls_error("WRONG_VERSION_NUMBER")), "no TLS connection: wrong version number"),
        (OSError("odd"), "the request can't be sent: odd"),
    ],
)
def test_what_is_hard_to_bring_about(
    error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def request(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(urllib3.PoolManager, "request", request)
    assert fail("http://127.0.0.1/") == f"http://127.0.0.1/: {reason}"
