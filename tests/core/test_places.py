from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from flask_crossorigin.core.places import Place


def test_a_place_is_shown_as_a_relative_path_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(str(tmp_path / "shop" / "app.py"), 12)
    monkeypatch.chdir(tmp_path)
    assert (str(place), place.file, place.line) == (f"shop{os.sep}app.py:12", str(place)[:-3], 12)
    monkeypatch.chdir(tmp_path.parent)
    assert str(place) == f"{tmp_path.name}{os.sep}shop{os.sep}app.py:12"


def test_a_place_outside_the_current_directory_has_an_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path / "shop")
    for path in (tmp_path / "app.py", tmp_path / "shop.py", Path(tempfile.gettempdir(), "x.py")):
        assert str(Place(str(path), 3)) == f"{path}:3"


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no directory that is in use")
def test_a_place_has_an_absolute_path_if_the_current_directory_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert str(Place(str(gone / "app.py"), 3)) == f"{gone / 'app.py'}:3"
