"""Reads the browsers' console messages from docs/console.rst and docs/console-network.rst."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ("console", "console-network")

_SECTION = re.compile(r"^\.\. _(console-[\w-]+):\n\n(.+)\n-+\n", re.MULTILINE)
_GROUP = re.compile(r"(?:^:\w+: .*\n(?:    .*\n)*)+", re.MULTILINE)
_FIELD = re.compile(r"^:(\w+): ``(.*(?:\n    .*)*)``$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """A section of a page. Each group maps a browser engine's name to its messages."""

    page: str
    label: str
    title: str
    groups: list[dict[str, list[str]]]


def text(page: str) -> str:
    return (DOCS / f"{page}.rst").read_text("utf-8")


def one_line(literal: str) -> str:
    return re.sub(r"\s+", " ", literal)


def _sections(page: str) -> list[Section]:
    _, *parts = _SECTION.split(text(page))
    sections = []
    for label, title, body in zip(*(parts[start::3] for start in range(3)), strict=True):
        groups = []
        for fields in _GROUP.findall(body):
            group: dict[str, list[str]] = {}
            for engine, message in _FIELD.findall(fields):
                group.setdefault(engine, []).append(one_line(message))
            groups.append(group)
        sections.append(Section(page, label, title, groups))
    return sections


#: All sections by label, in the order in which the pages show them.
SECTIONS = {section.label: section for page in PAGES for section in _sections(page)}
