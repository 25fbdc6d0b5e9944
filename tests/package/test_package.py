"""Build the package as it is published, and test it in an environment that only has Flask.

``tox run -e package`` installs what these tests need. In other environments, they are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

for tool in ("build", "twine"):
    pytest.importorskip(tool, reason="tox run -e package builds the package")

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: The source archive contains every file in these folders, except generated files.
FOLDERS = ("docs", "examples", "flask_crossorigin", "tests")


def run(*command: str | Path, cwd: Path, status: int = 0, **variables: str) -> str:
    """Run a program, check its exit status, and return its output.

    :param variables: additional environment variables.
    """
    # Variables such as PYTHONPATH could make Python import a checkout instead of the package.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command,
        cwd=cwd,
        # Use a fixed time. Otherwise, two archives of the same files would differ.
        env={**environ, "SOURCE_DATE_EPOCH": "1700000000", "COLUMNS": "80", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == status, done.stdout
    return done.stdout


@dataclass(frozen=True)
class Built:
    """The two published archives. The wheel is built from the source archive."""

    sdist: Path
    wheel: Path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    (sdist,) = folder.glob("*.tar.gz")
    (wheel,) = folder.glob("*.whl")
    return Built(sdist, wheel)


@dataclass(frozen=True)
class Place:
    """A folder outside the checkout, and a Python with Flask and the wheel installed."""

    folder: Path
    python: Path
    #: The names of the installed packages before and after the wheel was installed.
    before: set[str]
    after: set[str]

    def run(self, *arguments: str, status: int = 0) -> str:
        return run(self.python, *arguments, cwd=self.folder, status=status)


@pytest.fixture(scope="session")
def place(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"

    def installed() -> set[str]:
        listed = json.loads(run(python, "-m", "pip", "list", "--format", "json", cwd=folder))
        return {package["name"] for package in listed}

    run(python, "-m", "pip", "install", "--disable-pip-version-check", "flask", cwd=folder)
    before = installed()
    # With --no-index, this fails if the wheel needs any package other than Flask.
    run(python, "-m", "pip", "install", "--no-index", built.wheel, cwd=folder)
    shutil.copy(HERE / "smoke.py", folder)
    return Place(folder, python, before, installed())


def test_nothing_but_flask_is_needed(place: Place) -> None:
    assert place.after - place.before == {"flask_crossorigin"}
    assert "No broken requirements" in place.run("-m", "pip", "check")


def test_it_works_where_it_is_installed(place: Place) -> None:
    assert place.run("-W", "error", "smoke.py") == "all is well\n"


@pytest.mark.parametrize(
    ("command", "status", "shown"),
    [
        ("routes", 0, "https://*.example.com"),
        ("explain PUT /api/items --origin https://app.example.com", 0, "ALLOWED by"),
        ("explain PUT /api/items --origin https://evil.example", 1, "REFUSED: origin"),
        ("audit", 0, 'C007 was not checked. To enable it: pip install "flask_crossorigin[audit]"'),
        (
            "probe http://localhost:9/ --origin https://app.example.com",
            2,
            'pip install "flask_crossorigin[probe]"',
        ),
    ],
)
def test_command(command: str, status: int, shown: str, place: Place) -> None:
    output = place.run("-m", "flask", "--app", "smoke", "cors", *command.split(), status=status)
    assert shown in " ".join(output.split())


def test_the_page_on_pypi_has_no_links_into_the_repository(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        page = archive.read(name).decode("utf-8")
    assert "<docs/" not in page
    assert "tests/" not in page
    assert ".. image::" not in page
    assert "Migrating explains the five differences" in page


def test_the_source_archive_holds_all_that_is_written(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = {Path(*Path(name).parts[1:]).as_posix() for name in archive.getnames()}
    written = {
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not made_by_a_program(path.relative_to(ROOT))
    }
    held = {name for name in names if name.partition("/")[0] in FOLDERS}
    assert held == written
    assert {"CHANGES.rst", "LICENSE", "README.rst", "pyproject.toml", "tox.ini"} <= names


def made_by_a_program(path: Path) -> bool:
    return any(part.startswith(("_build", "__pycache__", ".")) for part in path.parts)


def test_the_wheel_is_that_of_the_checkout(built: Built, tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    (other,) = tmp_path.iterdir()
    assert other.name == built.wheel.name
    assert other.read_bytes() == built.wheel.read_bytes()


def test_the_wheel_holds_the_package_alone(built: Built) -> None:
    package = ROOT / "flask_crossorigin"
    with zipfile.ZipFile(built.wheel) as archive:
        names = set(archive.namelist())
    files = [path for path in package.rglob("*") if path.is_file()]
    assert {name for name in names if ".dist-info/" not in name} == {
        path.relative_to(ROOT).as_posix()
        for path in files
        if not made_by_a_program(path.relative_to(ROOT))
    }
    assert "flask_crossorigin/py.typed" in names


def test_the_metadata_is_right(built: Built) -> None:
    checked = run(
        *(sys.executable, "-m", "twine", "check", "--strict", built.sdist, built.wheel),
        cwd=built.wheel.parent,
    )
    assert checked.count("PASSED") == 2


RISKY = """
from flask import Flask
from flask_crossorigin import CORS

app = Flask(__name__)
CORS(app, origins=["https://app.example.com", "null"])
"""


@pytest.mark.parametrize(("ignored", "status"), [("C008", 1), ("C004", 0)])
def test_the_hook_for_pre_commit(ignored: str, status: int, place: Place, tmp_path: Path) -> None:
    pytest.importorskip("pre_commit")
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.com")
    hooks, program = tmp_path / "hooks", tmp_path / "program"
    for folder in (hooks, program):
        folder.mkdir()
        run(*git, "init", cwd=folder)
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    run(*git, "add", ".", cwd=hooks)
    run(*git, "commit", "-m", "hooks", cwd=hooks)
    commit = run(*git, "rev-parse", "HEAD", cwd=hooks).strip()
    (program / "app.py").write_text(RISKY, "utf-8")
    hook = {"id": "flask-cors-audit", "args": ["--ignore", ignored]}
    # A YAML parser can also read JSON.
    config = {"repos": [{"repo": str(hooks), "rev": commit, "hooks": [hook]}]}
    (program / ".pre-commit-config.yaml").write_text(json.dumps(config), "utf-8")
    run(*git, "add", ".", cwd=program)
    pre_commit = (sys.executable, "-m", "pre_commit")
    run(*pre_commit, "validate-manifest", hooks / ".pre-commit-hooks.yaml", cwd=program)
    output = run(
        *pre_commit,
        *("run", "--all-files", "--verbose"),
        cwd=program,
        status=status,
        PATH=os.pathsep.join((str(place.python.parent), os.environ["PATH"])),
        PRE_COMMIT_HOME=str(tmp_path / "cache"),
    )
    assert ("C004 high    app.py:6, CORS(app)" in output) is bool(status)
