"""Callables among the origins: whatever they do, a request gets a response."""

from __future__ import annotations

import asyncio
import functools
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Request, abort
from flask import request as current_request

from flask_crossorigin import CORS, ConfigError, cross_origin

FRIEND = "https://app.example.com"
STRANGER = "https://stranger.example"


def create_app(*origins: Callable[..., Any] | str, **options: Any) -> Flask:
    app = Flask("shop")
    CORS(app, origins=origins, **options)
    app.add_url_rule("/items", "items", lambda: "items", methods=["GET", "PUT"])
    return app


def allowed(app: Flask, origin: str = FRIEND, url: str = "/items", **options: Any) -> bool:
    headers = {"Origin": origin, **options.pop("headers", {})}
    response = app.test_client().open(url, headers=headers, **options)
    return response.headers.get("Access-Control-Allow-Origin") == origin


PREFLIGHT: dict[str, Any] = {
    "method": "OPTIONS",
    "headers": {"Access-Control-Request-Method": "PUT"},
}


def plain(origin: str) -> bool:
    return origin == FRIEND


async def waiting(origin: str) -> bool:
    return origin == FRIEND


def with_request(origin: str, request: Request) -> bool:
    return origin == FRIEND and request.path == "/items"


async def waiting_with_request(origin: str, request: Request) -> bool:
    return origin == FRIEND and request.path == "/items"


def with_request_by_default(origin: str, request: Request | None = None) -> bool:
    return origin == FRIEND and request is not None and request.path == "/items"


def with_another_default(origin: str, friend: str = FRIEND) -> bool:
    return origin == friend


def with_any(*arguments: Any) -> bool:
    return arguments == (FRIEND,)


class Customers:
    def knows(self, origin: str) -> bool:
        return origin == FRIEND

    async def waits(self, origin: str, request: Request) -> bool:
        return origin == FRIEND and request.path == "/items"

    def __call__(self, origin: str) -> bool:
        return origin == FRIEND


class WaitingCustomers:
    async def __call__(self, origin: str) -> bool:
        return origin == FRIEND


def partially(friend: str, origin: str) -> bool:
    return origin == friend


@pytest.mark.parametrize(
    "function",
    [
        plain,
        waiting,
        with_request,
        waiting_with_request,
        with_request_by_default,
        with_another_default,
        with_any,
        Customers().knows,
        Customers().waits,
        Customers(),
        WaitingCustomers(),
        functools.partial(partially, FRIEND),
        functools.partial(WaitingCustomers()),
        lambda origin: origin == FRIEND,
        [FRIEND].__contains__,
    ],
)
@pytest.mark.parametrize("options", [{}, PREFLIGHT])
def test_whatever_can_be_called(function: Callable[..., Any], options: dict[str, Any]) -> None:
    app = create_app(function)
    assert allowed(app, **options)
    assert not allowed(app, STRANGER, **options)


def test_the_request_is_the_one_at_hand() -> None:
    def ask(_origin: str, request: Request) -> bool:
        return request is current_request._get_current_object()  # type: ignore[attr-defined]

    assert allowed(create_app(ask))


def raises(_origin: str) -> bool:
    raise LookupError("no database")


def aborts(_origin: str) -> bool:
    abort(503)


def forgets_to_await(origin: str) -> Any:
    return waiting(origin)


class Yes:
    def __bool__(self) -> bool:
        raise AssertionError("the truth of an object says nothing")


def generates(origin: str) -> Iterator[bool]:
    yield origin == FRIEND


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (raises, "LookupError: no database"),
        (aborts, "ServiceUnavailable"),
        (forgets_to_await, "it returned coroutine, not True, False or None"),
        (lambda origin: generates(origin), "it returned generator, not True, False or None"),
        (lambda origin: asyncio.sleep, "it returned function, not True, False or None"),
        (lambda origin: [origin], "it returned list, not True, False or None"),
        (lambda origin: [], "it returned list, not True, False or None"),
        (lambda origin: (True, origin), "it returned tuple, not True, False or None"),
        (lambda origin: "False", "it returned str, not True, False or None"),
        (lambda origin: "", "it returned str, not True, False or None"),
        (lambda origin: origin, "it returned str, not True, False or None"),
        (lambda origin: 1, "it returned int, not True, False or None"),
        (lambda origin: Future(), "it returned Future, not True, False or None"),
        (lambda origin: re.match("https", origin), "it returned Match, not True, False or None"),
        (lambda origin: Yes(), "it returned Yes, not True, False or None"),
    ],
)
@pytest.mark.parametrize("options", [{}, PREFLIGHT])
def test_what_fails_means_no(
    function: Callable[[str], Any],
    error: str,
    options: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = create_app(function, FRIEND)
    assert not allowed(app, STRANGER, **options)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    name = function.__qualname__
    assert record.getMessage() == f"origins: {name}() failed for {STRANGER!r}, " + (
        "so the origin is refused"
    )
    assert error in caplog.text
    assert allowed(app, **options), "the other origins are as they were"


@pytest.mark.parametrize(("answer", "yes"), [(True, True), (False, False), (None, False)])
def test_only_true_is_yes(answer: bool | None, yes: bool, caplog: pytest.LogCaptureFixture) -> None:
    assert allowed(create_app(lambda _origin: answer)) is yes
    assert caplog.records == []


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def ask(asked: list[str]) -> Callable[[str], bool]:
    def ask(origin: str) -> bool:
        asked.append(origin)
        return origin == FRIEND

    return ask


@pytest.mark.parametrize("enforce", [False, True])
@pytest.mark.parametrize("origin", [FRIEND, STRANGER])
@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("/items", {}),
        ("/items", {"method": "HEAD"}),
        ("/items", PREFLIGHT),
        ("/items", {"method": "OPTIONS"}),
        ("/items", {"method": "POST"}),
        ("/unknown", {}),
        ("/crash", {}),
        ("/hook", {}),
        ("/decorated", {}),
        ("/decorated", PREFLIGHT),
    ],
)
def test_a_callable_is_called_once_per_request(
    url: str,
    options: dict[str, Any],
    origin: str,
    enforce: bool,
    ask: Callable[[str], bool],
    asked: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Even if a callable is slow, each request waits for only one call."""
    caplog.set_level(logging.INFO)
    app = create_app(ask, enforce=enforce)
    app.add_url_rule("/crash", "crash", lambda: [][0])
    app.add_url_rule("/hook", "hook", lambda: "hook")
    app.add_url_rule(
        "/decorated", "decorated", cross_origin(origins=ask, enforce=enforce)(lambda: "decorated")
    )

    @app.after_request
    def fail(response: Any) -> Any:
        if current_request.path == "/hook":
            raise RuntimeError("after the view")
        return response

    assert allowed(app, origin, url, **options) is (origin == FRIEND)
    assert asked == [origin]


@pytest.mark.parametrize(
    "origin", [None, FRIEND, "https://x.partner.example", "nonsense", "https://a b"]
)
def test_a_callable_is_not_called_without_need(
    origin: str | None, ask: Callable[[str], bool], asked: list[str]
) -> None:
    app = create_app(ask, FRIEND, "https://*.partner.example")
    headers = {} if origin is None else {"Origin": origin}
    app.test_client().get("/items", headers=headers)
    assert asked == []


def test_a_callable_is_called_with_the_opaque_origin(
    asked: list[str], ask: Callable[[str], bool]
) -> None:
    assert not allowed(create_app(ask), "null")
    assert asked == ["null"]


def test_its_answer_may_change() -> None:
    known: set[str] = set()
    app = create_app(lambda origin: origin in known)
    for _ in range(2):
        assert not allowed(app)
        assert not allowed(app, **PREFLIGHT)
        known.add(FRIEND)
        assert allowed(app)
        assert allowed(app, **PREFLIGHT)
        known.clear()


def test_a_slow_callable_does_not_block_other_requests() -> None:
    meeting = threading.Barrier(2, timeout=20)

    def wait_for_the_other(_origin: str) -> bool:
        meeting.wait()
        return True

    app = create_app(wait_for_the_other)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda origin: allowed(app, origin), (FRIEND, STRANGER))) == [True] * 2


def test_async_callables_run_by_ensure_sync() -> None:
    ran: list[int] = []

    class OwnLoop(Flask):
        def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
            if func is not waiting:
                return super().ensure_sync(func)

            def run(*arguments: Any) -> Any:
                ran.append(threading.get_ident())
                coroutine = func(*arguments)
                with pytest.raises(StopIteration) as result:
                    coroutine.send(None)
                return result.value.value

            return run

    app = OwnLoop("shop")
    CORS(app, origins=waiting)
    assert allowed(app, url="/")
    assert ran == [threading.get_ident()]


def test_async_ones_need_flask_async() -> None:
    class NoLoop(Flask):
        def async_to_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
            del func
            raise RuntimeError("Install Flask with the 'async' extra")

    app = NoLoop("shop")
    with pytest.raises(ConfigError, match="async function among the origins cannot be called") as e:
        CORS(app, origins=[FRIEND, waiting])
    assert (
        e.value.problems[0].hint == "Install flask[async], or write a function that is not async."
    )


async def waits_for_the_request(origin: str, request: Request) -> bool:
    """Use the current request, which must be available in whichever thread runs this."""
    await asyncio.sleep(0)
    return current_request.path == request.path == "/x" and origin == FRIEND


async def waits_and_fails(_origin: str) -> bool:
    raise LookupError("no database")


def view_now() -> str:
    return "x"


async def view_later() -> str:
    return "x"


def plainly(view: Callable[[], Any]) -> Callable[[], Any]:
    return view


def hidden(view: Callable[[], Any]) -> Callable[[], Any]:
    async def call() -> Any:
        return await view()

    return call


def hidden_and_not_awaited(_view: Callable[[], Any]) -> Callable[[], Any]:
    view = cross_origin(origins=waits_for_the_request, enforce=True)(view_now)

    async def call() -> Any:
        return view()

    return call


@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize("wrap", [plainly, hidden, hidden_and_not_awaited])
def test_an_async_callable_works_inside_an_event_loop(
    wrap: Callable[[Callable[[], Any]], Callable[[], Any]], installed: bool
) -> None:
    """This includes an async view whose policy is only found when the view runs."""
    app = Flask("shop")
    if installed:
        CORS(app)
    view = cross_origin(origins=waits_for_the_request, enforce=True)(view_later)
    app.post("/x", endpoint="x")(wrap(view))
    assert allowed(app, url="/x", method="POST")
    response = app.test_client().post("/x", headers={"Origin": STRANGER})
    assert response.status_code == 403


def test_an_async_one_of_an_async_view_that_was_swapped_in() -> None:
    """The view has ``enforce``, which is only found when the view runs."""
    app = Flask("shop")
    CORS(app, resources=[])
    app.post("/x", endpoint="x")(view_now)
    app.test_client().post("/x")
    view = cross_origin(origins=waits_for_the_request, enforce=True)(view_later)
    app.view_functions["x"] = view
    assert allowed(app, url="/x", method="POST")
    response = app.test_client().post("/x", headers={"Origin": STRANGER})
    assert response.status_code == 403


class Hub:
    """A fake of gevent's hub and thread pool. tests/world uses the real ones."""

    def __init__(self) -> None:
        self.threadpool = self
        self.applied = 0

    def apply(self, function: Callable[[], Any]) -> Any:
        self.applied += 1
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(function).result(timeout=60)


@pytest.mark.parametrize("patched", [True, False])
@pytest.mark.parametrize("view", [view_now, view_later])
def test_an_async_callable_runs_in_a_real_thread_under_gevent(
    view: Callable[[], Any], patched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub()
    monkeypatch.setitem(sys.modules, "gevent", SimpleNamespace(get_hub=lambda: hub))
    is_patched = SimpleNamespace(is_module_patched={"threading": patched}.__getitem__)
    monkeypatch.setitem(sys.modules, "gevent.monkey", is_patched)
    app = Flask("shop")
    app.post("/x", endpoint="x")(cross_origin(origins=waits_for_the_request)(view))
    assert allowed(app, url="/x", method="POST")
    assert not allowed(app, STRANGER, url="/x", method="POST")
    assert hub.applied == (2 if patched else 0)


@pytest.mark.parametrize("view", [view_now, view_later])
def test_one_that_is_not_async_stays_in_the_thread_of_the_request(view: Callable[[], Any]) -> None:
    """A callable may use objects that belong to one thread, such as database connections."""
    threads: list[int] = []

    def ask(origin: str) -> bool:
        threads.append(threading.get_ident())
        return origin == FRIEND

    app = Flask("shop")
    app.post("/x", endpoint="x")(cross_origin(origins=ask, enforce=True)(view))
    assert allowed(app, url="/x", method="POST")
    assert threads == [threading.get_ident()]


@pytest.mark.parametrize("view", [view_now, view_later])
def test_an_async_callable_that_raises_refuses_the_origin(
    view: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    app = Flask("shop")
    app.post("/x", endpoint="x")(cross_origin(origins=waits_and_fails, enforce=True)(view))
    response = app.test_client().post("/x", headers={"Origin": FRIEND})
    assert response.status_code == 403
    (record,) = caplog.records
    assert record.getMessage() == f"origins: waits_and_fails() failed for {FRIEND!r}, " + (
        "so the origin is refused"
    )
    assert "LookupError: no database" in caplog.text
