"""Create a program's application and send it requests, in the program's own environment.

Nothing here but the standard library, Flask and Werkzeug can be imported: the other packages are
those of the program. Standard input holds a job as JSON, and the file that it names gets the
results; what a program prints is its own affair.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
import warnings
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any


class Records(logging.Handler):
    """Keep what the log says of the CORS configuration."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        # In debug mode refusals are warnings, too. They begin with the request.
        if "CORS" in message and not re.match("[A-Z]+ '", message):
            self.messages[message] = None


def replace_flask_cors(checkout: str) -> None:
    """Let ``flask_cors`` be this package, as in a program whose imports were changed."""
    sys.path.insert(0, checkout)
    sys.modules["flask_cors"] = import_module("flask_crossorigin")
    # The rest of the checkout must not get in the way of the program's own modules.
    sys.path.remove(checkout)


class Edits(MetaPathFinder):
    """Import a module of the program as if its source said something else in one place."""

    def __init__(self, name: str, old: str, new: str) -> None:
        self.name, self.old, self.new = name, old, new

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        spec = PathFinder.find_spec(fullname, path)
        assert spec is not None
        assert isinstance(spec.loader, SourceFileLoader)
        source = spec.loader.get_data(spec.loader.path).decode()
        assert source.count(self.old) == 1, (fullname, self.old)
        spec.loader = Edited(fullname, spec.loader.path, source.replace(self.old, self.new))
        return spec


class Edited(SourceFileLoader):
    """Compile a text in place of what a file holds."""

    def __init__(self, fullname: str, path: str, text: str) -> None:
        super().__init__(fullname, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)


def carry_out(job: dict[str, Any]) -> dict[str, Any]:
    """Create the application, then send each request and keep its status and headers."""
    records = Records()
    # Where warnings go if a program calls logging.captureWarnings().
    logging.getLogger("py.warnings").addHandler(records)
    names: dict[str, Any] = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if job["checkout"]:
            replace_flask_cors(job["checkout"])
        try:
            sys.meta_path[:0] = [Edits(*change) for change in job["edits"]]
            exec(compile(job["create"], "create", "exec"), names)
        except ValueError as error:
            problems = getattr(error, "problems", None)
            if problems is None:
                raise
            return {"problems": [problem_as_data(problem) for problem in problems]}
        # Some programs replace the handlers, and others only add theirs where there is none.
        logging.getLogger().addHandler(records)
        responses = [send(names["app"], *request) for request in job["requests"]]
    ours = [str(warning.message) for warning in caught if "CORS" in str(warning.message)]
    return {"responses": responses, "warnings": [*ours, *records.messages]}


def problem_as_data(problem: Any) -> dict[str, str]:
    return {name: str(getattr(problem, name)) for name in ("where", "message", "hint")}


def send(app: Any, method: str, url: str, headers: dict[str, str], body: Any) -> dict[str, Any]:
    from werkzeug.test import Client

    options = {} if body is None else {"json": body}
    response = Client(app).open(url, method=method, headers=headers, **options)
    result = {"status": response.status_code, "headers": list(response.headers)}
    response.close()
    return result


def main() -> None:
    job = json.load(sys.stdin)
    # Python has put the folder of this script first, where a program might find its modules.
    del sys.path[0]
    try:
        results = carry_out(job)
    except BaseException:
        results = {"crash": traceback.format_exc()}
    Path(job["results"]).write_text(json.dumps(results), "utf-8")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
