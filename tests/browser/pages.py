"""Pages that run a script in a browser and post back what it returns.

The drivers can run scripts, too, but not quite as the page itself would run them.
"""

from __future__ import annotations

import json
import queue
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from .engine import Engine, Window

_PREFIX = "/.page/"
_SCRIPT = Path(__file__).with_name("page.js").read_text(encoding="utf-8")


class Job(TypedDict, total=False):
    """One call of ``fetch()``: its URL and its options."""

    url: str
    method: str
    headers: list[list[str]]
    #: A string, or a mapping with one key: ``bytes`` (a list of integers), ``form`` or
    #: ``multipart`` (lists of a name and a value; a file also has a file name and a type).
    body: Any
    mode: str
    credentials: str
    redirect: str
    cache: str
    #: Use an ``XMLHttpRequest`` with an upload listener. The type of the result is ``upload``.
    upload: bool


class Result(TypedDict):
    """What JavaScript sees of one job."""

    #: As ``Response.ok``.
    ok: bool
    #: The name and message of the error with which ``fetch()`` failed, or None.
    error: str | None
    #: As ``Response.type``, or ``error`` if there was no response.
    type: str
    status: int
    url: str
    redirected: bool
    #: In the order and spelling in which the engine lists them.
    headers: list[list[str]]
    #: Decoded as UTF-8. Empty if there was no body to read.
    body: str


class ScriptError(Exception):
    """A script threw an error, which has this name, message and stack."""

    def __init__(self, name: str, message: str, stack: str) -> None:
        super().__init__(f"{name}: {message}" if name else message)
        self.name = name
        self.message = message
        self.stack = stack


class Runner:
    """Runs scripts in pages. Their server must use an application that :meth:`pages` returned."""

    def __init__(self) -> None:
        self._tasks: dict[str, _Task] = {}

    def pages(self, app: WSGIApplication | None = None) -> WSGIApplication:
        """Return an application that serves this runner's pages and leaves the rest to ``app``."""
        fallback = cast("WSGIApplication", Response(status=404)) if app is None else app

        def with_pages(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ["PATH_INFO"].startswith(_PREFIX):
                return self._respond(Request(environ))(environ, start_response)
            return fallback(environ, start_response)

        return with_pages

    def _respond(self, request: Request) -> Response:
        # A page that ran out of time may still send a request after its task was deleted.
        task = self._tasks.get(request.path)
        if task is None:
            return Response(status=404)
        if request.method == "POST":
            task.outcome.put(request.get_data())
            return Response(status=204)
        return task.page()

    def evaluate(
        self,
        engine: Window,
        page_origin: str,
        script: str,
        argument: Any = None,
        *,
        sandboxed: bool = False,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30.0,
    ) -> Any:
        """Load a page that runs a script, and return what the script returns.

        :param page_origin: the origin to load the page from. Its server must use :meth:`pages`.
        :param script: the body of an async function of ``argument``. It returns a JSON value, or a
            function that leaves the page. The page calls this function after it has posted the
            outcome.
        :param argument: a JSON value.
        :param sandboxed: give the page an opaque origin, so that it sends ``Origin: null``.
        :param headers: more response headers of the page.
        :raises ScriptError: the script threw an error.
        :raises TimeoutError: the script did not return in time.
        """
        policy = {"Content-Security-Policy": "sandbox allow-scripts"} if sandboxed else {}
        task = _Task(script, argument, {**policy, **(headers or {})})
        path = _PREFIX + secrets.token_hex(8)
        self._tasks[path] = task
        try:
            engine.open(page_origin + path)
            outcome = json.loads(task.outcome.get(timeout=timeout))
        except queue.Empty:
            state = "its script did not return" if task.loaded else "it was never asked for"
            raise TimeoutError(
                f"{engine.name}, page {page_origin + path}: {state} within {timeout} seconds"
            ) from None
        finally:
            del self._tasks[path]
        if "error" in outcome:
            raise ScriptError(**outcome["error"])
        return outcome["value"]

    def run(
        self,
        engine: Engine,
        page_origin: str,
        jobs: Sequence[Job],
        *,
        concurrently: bool = False,
        sandboxed: bool = False,
        timeout: float = 60.0,
        job_timeout: float = 10.0,
    ) -> list[Result]:
        """Call ``fetch()`` for each job from one page, and return the results in the same order.

        Engines cache responses and preflights by URL, even from one page to the next. A job that
        must reach the server needs its own URL or its own server.

        :param concurrently: start all jobs at once instead of one after the other.
        :param job_timeout: seconds after which a job ends with a ``TimeoutError`` as its error.
        """
        argument = {
            "jobs": list(jobs),
            "concurrently": concurrently,
            "milliseconds": job_timeout * 1000,
        }
        results = self.evaluate(
            engine,
            page_origin,
            "return fetchAll(argument)",
            argument,
            sandboxed=sandboxed,
            timeout=timeout,
        )
        return cast("list[Result]", results)


class _Task:
    """A script that a page will run, and its outcome."""

    def __init__(self, script: str, argument: Any, headers: Mapping[str, str]) -> None:
        self._script = script
        self._argument = argument
        self._headers = headers
        self.loaded = False
        self.outcome: queue.Queue[bytes] = queue.Queue()

    def page(self) -> Response:
        self.loaded = True
        # Escape "<", because a string with "</script>" would end the element.
        call = ", ".join(
            json.dumps(value).replace("<", "\\u003c") for value in (self._script, self._argument)
        )
        # Without this icon, engines request /favicon.ico from the server.
        return Response(
            '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'
            f"<body><script>{_SCRIPT}evaluate({call});</script>",
            mimetype="text/html",
            headers={"Cache-Control": "no-store", **self._headers},
        )
