"""Check that the files for GitHub, pre-commit and Read the Docs are safe and match tox."""

from __future__ import annotations

import re
from configparser import ConfigParser
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml", reason="tox run -e package reads the workflows")

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
if not GITHUB.exists():
    pytest.skip("the source archive has no workflows", allow_module_level=True)

WORKFLOWS = sorted(GITHUB.glob("workflows/*"))
FILES = [
    *GITHUB.rglob("*.yml"),
    *(ROOT / name for name in (".pre-commit-config.yaml", ".readthedocs.yaml")),
]


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = read(path)["jobs"]
    return found


def environments(path: Path) -> set[str]:
    """Return the tox environments that a workflow runs."""
    ran = set[str]()
    for job in jobs(path).values():
        rows = job.get("strategy", {}).get("matrix", {}).get("include", [{}])
        for step in job["steps"]:
            for name in re.findall(r"tox run -e (\$\{\{ .+? \}\}|\S+)", step.get("run", "")):
                key = re.fullmatch(r"\$\{\{ matrix\.(\w+) \}\}", name)
                ran |= {row[key[1]] for row in rows} if key else {name}
    return ran


def tox_environments() -> set[str]:
    config = ConfigParser(interpolation=None)
    config.read(ROOT / "tox.ini", "utf-8")
    names = {name.partition(":")[2] for name in config.sections() if name.startswith("testenv:")}
    for line in config["tox"]["env_list"].split():
        start, _, several = line.partition("{")
        names |= {start + end for end in several.rstrip("}").split(",")}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_file_is_valid_yaml(path: Path) -> None:
    assert isinstance(read(path), dict)


def test_all_workflows_are_read() -> None:
    assert WORKFLOWS
    assert {path.suffix for path in WORKFLOWS} == {".yml"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_a_commit_with_its_version(path: Path) -> None:
    text = path.read_text("utf-8")
    used = re.findall(r"^\s*(?:- )?uses: *(.+)$", text, re.MULTILINE)
    steps = chain.from_iterable(job["steps"] for job in jobs(path).values())
    assert len(used) == len([step for step in steps if "uses" in step])
    pinned = re.compile(r"[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [action for action in used if not pinned.fullmatch(action)] == []


def test_an_action_has_one_version_everywhere() -> None:
    versions: dict[str, set[str]] = {}
    for path in WORKFLOWS:
        for action, pin in re.findall(r"uses: ([\w/-]+)@(.+)", path.read_text("utf-8")):
            versions.setdefault(action, set()).add(pin)
    assert {action: pins for action, pins in versions.items() if len(pins) > 1} == {}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_permissions_are_those_that_each_job_needs(path: Path) -> None:
    assert read(path)["permissions"] == {}
    for job in jobs(path).values():
        granted = job["permissions"]
        assert "write" not in {*granted.values()} or granted == {"id-token": "write"}
        # A job that can publish must not run code from the repository.
        assert "write" not in {*granted.values()} or not any("run" in step for step in job["steps"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_checkout_keeps_the_token(path: Path) -> None:
    for job in jobs(path).values():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_command_contains_what_others_may_choose(path: Path) -> None:
    for job in jobs(path).values():
        for step in job["steps"]:
            assert not re.search(r"\$\{\{ (?!matrix\.)", step.get("run", ""))


def test_workflows_run_environments_of_tox() -> None:
    ran = {path.stem: environments(path) for path in WORKFLOWS}
    assert all(ran.values())
    assert {*chain.from_iterable(ran.values())} <= tox_environments()
    assert ran["flask-main"] == {"flask-main"}
    assert ran["release"] == {"package"}


def test_each_supported_python_is_tested() -> None:
    metadata = (ROOT / "pyproject.toml").read_text("utf-8")
    supported = re.findall(r"Programming Language :: Python :: (3\.\d+)", metadata)
    rows = jobs(GITHUB / "workflows" / "tests.yml")["quick"]["strategy"]["matrix"]["include"]
    tested = {row["environment"]: row["python"] for row in rows}
    for version in supported:
        assert tested[f"py{version.replace('.', '')}"] == version


def test_a_pull_request_runs_everything() -> None:
    workflow = GITHUB / "workflows" / "tests.yml"
    # YAML 1.1 reads the key "on" as true.
    assert "pull_request" in read(workflow)[True]
    steps = jobs(workflow)["everything"]["steps"]
    assert [step["run"] for step in steps if "run" in step][-1] == ".ci/run"


def test_hooks_of_pre_commit_are_pinned() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    revisions = re.findall(r"^ +rev: *(.+)$", text, re.MULTILINE)
    assert len(revisions) == len(read(ROOT / ".pre-commit-config.yaml")["repos"])
    assert all(re.fullmatch(r"[0-9a-f]{40} # frozen: v[\d.]+", each) for each in revisions)
