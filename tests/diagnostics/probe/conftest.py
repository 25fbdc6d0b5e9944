from __future__ import annotations

from collections.abc import Iterator

import pytest

from .deployment import gunicorn


@pytest.fixture(scope="session")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the application with gunicorn, and yield its address."""
    with gunicorn(tmp_path_factory.mktemp("gunicorn")) as address:
        yield address
