"""Pages that run a script in a browser and post back what it returns.

A driver's own way to run scripts is not used: what it runs them in is not quite a page.
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
    """One call of ``fetch()``: its URL and its init, the latter as the page hands it on."""

    url: str
    method: str
    headers: list[list[str]]
    #: A string; or a mapping with one key: ``bytes`` (a list of integers), ``form`` or
    #: ``multipart`` (lists of name and value, and of a file also its name and type).
    body: Any
    mode: str
    credentials: str
    redirect: str
    cache: str
    #: Use an ``XMLHttpRequest`` whose upload has a listener; the type of the result is ``upload``.
    upload: bool


class Result(TypedDict):
    """What script saw of one job."""

    #: As ``Response.ok``.
    ok: bool
    #: The name and the message of what ``fetch()`` was rejected with, or None.
    error: str | None
    #: As ``Response.type``; ``error`` if there was no response.
    type: str
    status: int
    url: str
    redirected: bool
    #: In the order and case in which the engine lists them.
    headers: list[list[str]]
    #: Decoded as UTF-8; empty if there was none to read.
    body: str


class ScriptError(Exception):
    """A script threw; its name, message and stack are what the engine gave it."""

    def __init__(self, name: str, message: str, stack: str) -> None:
        super().__init__(f"{name}: {message}" if name else message)
        self.name = name
        self.message = message
        self.stack = stack


class Runner:
    """Runs scripts in pages of any server whose application went through :meth:`pages`."""

    def __init__(self) -> None:
        self._tasks: dict[str, _Task] = {}

    def pages(self, app: WSGIApplication | None = None) -> WSGIApplication:
        """Give an application that serves this runner's pages, and else is ``app``."""
        fallback = cast("WSGIApplication", Response(status=404)) if app is None else app

        def with_pages(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if environ["PATH_INFO"].startswith(_PREFIX):
                return self._respond(Request(environ))(environ, start_response)
            return fallback(environ, start_response)

        return with_pages

    def _respond(self, request: Request) -> Response:
        # A page that ran out of time may still ask, when nobody knows its task any more.
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
        """Load a page that runs a script, and give what the script returns.

        :param page_origin: the origin to load the page from, of a server that has :meth:`pages`.
        :param script: the body of an async function of ``argument``; it returns what JSON can say,
            or a function, which is called once the outcome is known, to take the page away.
        :param argument: what JSON can say.
        :param sandboxed: make the page's own origin opaque, so that it sends ``Origin: null``.
        :param headers: headers of the page.
        :raises ScriptError: the script threw.
        :raises TimeoutError: it did not return in time.
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
        """Call ``fetch()`` for each job, all from one page, and give what came of it, in order.

        Engines keep answers and preflights, by URL, from one page to the next: jobs that are to
        reach the server need URLs, or a server, of their own.

        :param concurrently: start all of them at once rather than one after the other.
        :param job_timeout: seconds after which one job is given up, with a ``TimeoutError`` as its
            error.
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
    """A script that waits for its page, and what became of it."""

    def __init__(self, script: str, argument: Any, headers: Mapping[str, str]) -> None:
        self._script = script
        self._argument = argument
        self._headers = headers
        self.loaded = False
        self.outcome: queue.Queue[bytes] = queue.Queue()

    def page(self) -> Response:
        self.loaded = True
        # No "<" may be left in it, or a string that holds "</script>" would end the element.
        call = ", ".join(
            json.dumps(value).replace("<", "\\u003c") for value in (self._script, self._argument)
        )
        # The icon keeps engines from asking the server for one of their own accord.
        return Response(
            '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'
            f"<body><script>{_SCRIPT}evaluate({call});</script>",
            mimetype="text/html",
            headers={"Cache-Control": "no-store", **self._headers},
        )
