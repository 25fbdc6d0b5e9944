"""Threads and processes that serve one application."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Semaphore
from time import sleep
from types import FrameType

import pytest
from flask import Flask, Response
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from flask_crossorigin import CORS

Send = Callable[..., TestResponse]

PAGE = "https://page.test"
SECOND = "https://second.test"
STRANGER = "https://stranger.test"


def allowed(response: TestResponse) -> str | None:
    return response.headers.get("Access-Control-Allow-Origin")


def test_a_function_that_hangs(send: Send, preflight: Send) -> None:
    """A slow callable delays only its own request, even if that is the first one."""
    asked, answered = Event(), Event()

    def hang(origin: str) -> bool:
        asked.set()
        assert answered.wait(timeout=60)
        return False

    app = Flask("shop")
    CORS(app, origins=[hang, PAGE])
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(send, app, "/x", origin=STRANGER)
        try:
            assert asked.wait(timeout=60)
            assert allowed(send(app, "/x")) == PAGE
            assert preflight(app, "/x").status_code == 204
            assert allowed(send(app, "/x", origin="nonsense")) is None
            assert not waiting.done()
        finally:
            answered.set()
        assert allowed(waiting.result(timeout=60)) is None


@pytest.mark.usefixtures("restless")
def test_other_origins_among_the_first_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """No request bypasses the policies while they are made, and user code runs without a lock."""
    app, barrier, begun = Flask("shop"), Barrier(32), Semaphore(0)
    made, ran = [], []
    CORS(app, origins=[PAGE, SECOND], enforce=True)
    iter_rules = app.url_map.iter_rules

    def iter_rules_when_all_are_there(*endpoint: str) -> Iterator[Rule]:
        made.append(1)
        for _ in range(32 if len(made) == 1 else 0):
            assert begun.acquire(timeout=60)
        return iter_rules(*endpoint)

    monkeypatch.setattr(app.url_map, "iter_rules", iter_rules_when_all_are_there)

    @app.get("/view")
    def view() -> str:
        ran.append(1)
        return "x"

    def ask(number: int) -> tuple[int, str | None]:
        client = app.test_client()
        barrier.wait(timeout=60)
        begun.release()
        origin = (STRANGER, PAGE)[number % 2]
        response = client.get("/view", headers={"Origin": origin})
        return response.status_code, allowed(response)

    with ThreadPoolExecutor(32) as threads:
        assert list(threads.map(ask, range(32))) == [(403, None), (200, PAGE)] * 16
    assert len(ran) == 16


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("kind", ["generator", "iterator"])
def test_an_iterator_is_read_once_for_all_of_the_first_requests(kind: str) -> None:
    """If two threads read a generator, one fails; of other iterators, each gets only a part."""
    app, barrier = Flask("shop"), Barrier(8)
    app.add_url_rule("/view", "view", lambda: "x")
    CORS(app)

    def let_others_run(number: int) -> str:
        sleep(0)
        return f"https://page{number}.test"

    read = map(let_others_run, range(200))
    app.config["CORS_ORIGINS"] = read if kind == "iterator" else (origin for origin in read)

    @app.after_request
    def wait_for_the_others(response: Response) -> Response:
        barrier.wait(timeout=60)
        return response

    def ask(number: int) -> tuple[int, str | None]:
        response = app.test_client().get("/view", headers={"Origin": f"https://page{number}.test"})
        return response.status_code, allowed(response)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(ask, range(192, 208)))
    names = [f"https://page{number}.test" for number in range(192, 200)]
    assert found == [(200, name) for name in names] + [(200, None)] * 8


@pytest.fixture
def restless() -> Iterator[None]:
    """Switch threads often. Otherwise, one thread would finish before the next one starts."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def give_way(frame: FrameType, _event: str, _argument: object) -> None:
    """Let another thread run at each call and each return inside the package."""
    if "flask_crossorigin" in frame.f_code.co_filename:
        sleep(0)


@pytest.mark.usefixtures("restless")
def test_threads_that_share_what_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request gets its own response, however the threads are interleaved."""
    # Small caches and many different requests, so that entries are replaced all the time.
    for name in ("core.policy.REMEMBERED_ORIGINS", "core.policy.REMEMBERED_PREFLIGHTS"):
        monkeypatch.setattr(f"flask_crossorigin.{name}", 2)
    app = Flask("shop")
    CORS(
        app,
        resources={
            "/shared/*": {"origins": [re.compile(r"https://p[0-9]+\.test"), SECOND]},
            "/second/*": {"origins": SECOND, "supports_credentials": True},
        },
    )
    app.add_url_rule(
        "/<place>/<int:number>", "x", lambda place, number: "x", methods=["GET", "PUT"]
    )
    barrier = Barrier(4)

    def ask(thread: int) -> list[object]:
        client = app.test_client()
        wrong: list[object] = []
        sys.setprofile(give_way)
        barrier.wait(timeout=60)
        for step in range(144):
            # Each thread has its own order, so two rarely send the same request at the same time.
            number = step * (5, 7, 11, 13)[thread] % 72
            place = ("shared", "second", "other")[number % 3]
            origin = (SECOND, STRANGER, f"https://p{thread}{number}.test")[number // 3 % 3]
            method = ("GET", "OPTIONS")[number // 9 % 2]
            headers = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
            response = client.open(f"/{place}/{number}", method=method, headers=headers)
            lets_in = {"shared": origin != STRANGER, "second": origin == SECOND}.get(place, False)
            expected: list[object] = [200]
            if method == "OPTIONS" and place != "other":
                expected = [204 if lets_in else 403]
            expected += [origin if lets_in else None]
            expected += ["true" if lets_in and place == "second" else None]
            names = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials")
            found = [response.status_code, *(response.headers.get(name) for name in names)]
            if found != expected:
                wrong.append((method, place, origin, found))
        return wrong

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, range(4))) == [[]] * 4


_FORKING = f"""
import os
from flask import Flask
from flask_crossorigin import CORS

app = Flask("shop")
CORS(app, origins=["{PAGE}", lambda origin: origin.endswith("{SECOND[8:]}")], enforce=True)
app.add_url_rule("/x", "x", lambda: "x")


def ask():
    for origin, status in ("{PAGE}", 200), ("{SECOND}", 200), ("{STRANGER}", 403):
        response = app.test_client().get("/x", headers={{"Origin": origin}})
        assert response.status_code == status, response
        assert ("Access-Control-Allow-Origin" in response.headers) == (status == 200)


for _ in range(2):  # Before the first request, and after it.
    children = []
    for _ in range(3):
        child = os.fork()
        if not child:
            ask()
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 3
    ask()
"""


# The process forks while a thread makes the policies. That thread doesn't exist in the child.
_FORKING_AMID = f"""
import os
import signal
from threading import Event, Thread, main_thread, current_thread
from flask import Flask
from flask_crossorigin import CORS

app = Flask("shop")
CORS(app, origins="{PAGE}")
app.add_url_rule("/x", "x", lambda: "x")
making, forked = Event(), Event()
iter_rules = app.url_map.iter_rules


def iter_rules_slowly(*endpoint):
    if current_thread() is not main_thread():
        making.set()
        assert forked.wait(60)
    return iter_rules(*endpoint)


def ask():
    response = app.test_client().get("/x", headers={{"Origin": "{PAGE}"}})
    assert response.headers["Access-Control-Allow-Origin"] == "{PAGE}"


app.url_map.iter_rules = iter_rules_slowly
thread = Thread(target=ask)
thread.start()
assert making.wait(60)
child = os.fork()
if not child:
    signal.alarm(30)
    ask()
    os._exit(0)
status = os.waitpid(child, 0)[1]
forked.set()
thread.join()
ask()
assert status == 0, status
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.parametrize("program", [_FORKING, _FORKING_AMID])
def test_servers_that_fork(program: str) -> None:
    root = str(Path(__file__).parents[1])
    # Newer versions of Python warn about each fork of a process that has threads.
    subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore:.*fork:DeprecationWarning", "-c", program],
        check=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": root},
    )
