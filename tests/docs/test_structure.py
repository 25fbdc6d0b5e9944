"""Every page has one title and is listed once. A long page begins with links to its sections."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from .snippets import DOCS, code_blocks

ROOT = DOCS.parent
PAGES = {
    path.relative_to(DOCS).with_suffix("").as_posix(): path.read_text("utf-8")
    for path in sorted(DOCS.rglob("*.rst"))
}
#: All texts for readers, by file name.
TEXTS = {
    **{f"docs/{name}.rst": text for name, text in PAGES.items()},
    **{name: (ROOT / name).read_text("utf-8") for name in ("README.rst", "CHANGES.rst")},
    **{name: (ROOT / name).read_text("utf-8") for name in ("CONTRIBUTING.md", "SECURITY.md")},
}

#: A page with more words begins with links to its sections.
LONG = 1_200
#: Long pages in which people look things up, and the reasons why they need no links.
LOOKED_UP = {
    "error-codes": "one table, sorted by what a mistake is about",
}

#: What reStructuredText shows literally. There are no headings in it.
_LITERAL = re.compile(
    r"^( *)\.\. (?:code-block|testcode|testoutput|testsetup)::.*\n(?:(?:\1 +.*)?\n)*", re.MULTILINE
)
_HEADING = re.compile(r"^(\S.*)\n([=\-~])\2{2,}$", re.MULTILINE)


def headings(text: str) -> list[tuple[str, str]]:
    """Return the headings of a page, each with the character that underlines it."""
    return _HEADING.findall(_LITERAL.sub("", text))


def title(text: str) -> str:
    return headings(text)[0][0]


@pytest.mark.parametrize("name", [name for name in PAGES if name != "changes"])
def test_a_page_has_one_title_and_no_heading_twice(name: str) -> None:
    found = headings(PAGES[name])
    assert [underline for _, underline in found].count("=") == 1
    assert found[0][1] == "="
    # Two pages may have the same heading, but one page must not have it twice.
    assert [heading for heading, count in Counter(found).items() if count > 1] == []


def test_no_two_pages_have_the_same_title() -> None:
    assert [text for text, count in Counter(map(title, PAGES.values())).items() if count > 1] == []


def test_every_page_is_in_the_table_of_contents_once() -> None:
    """Each page is listed once. Sphinx only warns about pages that are not listed at all."""
    tables = "".join(
        re.findall(r"^\.\. toctree::\n((?:   .*\n|\n)+)", PAGES["index"], re.MULTILINE)
    )
    listed = re.findall(r"^   (?:.+ <)?([a-z][\w/-]*)>?$", tables, re.MULTILINE)
    assert sorted(listed) == sorted(PAGES.keys() - {"index"})
    assert [name for name, text in PAGES.items() if "toctree::" in text] == ["index"]


def is_long(name: str) -> bool:
    text = PAGES[name]
    if included := re.search(r"^\.\. include:: (.+)$", text, re.MULTILINE):
        text = (DOCS / included[1]).read_text("utf-8")
    return len(text.split()) > LONG


def section_links(name: str) -> list[str]:
    """Return the links to sections of a page that come before its first section."""
    text = PAGES[name]
    first = headings(text)[1][0]
    before = text.partition(f"\n{first}\n")[0]
    sections = [heading for heading, _ in headings(text)]
    labels = re.findall(r"^\.\. _([\w-]+):$", text, re.MULTILINE)
    linked = re.findall(r":ref:`(?:[^`<]*<)?([\w-]+)>?`|`([^`]+)`_(?!_)", before)
    return [label or section for label, section in linked if label in labels or section in sections]


@pytest.mark.parametrize("name", [name for name in PAGES if is_long(name)])
def test_a_long_page_begins_with_links_to_its_sections(name: str) -> None:
    if name in LOOKED_UP:
        assert len(headings(PAGES[name])) <= 2
    else:
        assert len(section_links(name)) >= 3


def test_pages_that_need_no_summary_are_long() -> None:
    assert [name for name in LOOKED_UP if not is_long(name)] == []


@pytest.mark.parametrize("name", TEXTS)
def test_links_to_other_sites_are_encrypted(name: str) -> None:
    targets = re.findall(
        r"<(\w+://[^>\s]+)>`_|^\.\. _[^:]+: (\w+://\S+)|\]\((\w+://[^)]+)\)",
        TEXTS[name],
        re.MULTILINE,
    )
    links = ["".join(target) for target in targets]
    assert [link for link in links if not link.startswith("https://")] == []


IMAGES = [
    (name, *found)
    for name, text in TEXTS.items()
    for found in re.findall(
        r"^ *\.\. (?:image|figure):: (\S+)\n((?: +\S.*\n)*)", text, re.MULTILINE
    )
]
DRAWINGS = [
    (name, path)
    for name, text in TEXTS.items()
    for path in re.findall(r"^ +:file: (\S+)$", text, re.MULTILINE)
]


@pytest.mark.parametrize(("name", "path", "options"), IMAGES)
def test_an_image_exists_and_has_a_text(name: str, path: str, options: str) -> None:
    assert (ROOT / name).parent.joinpath(path).is_file()
    assert re.search(r":alt: \S+(?: \S+){4}", options)


@pytest.mark.parametrize(("name", "path"), DRAWINGS)
def test_a_drawing_has_a_text(name: str, path: str) -> None:
    drawn = (ROOT / name).parent.joinpath(path).read_text("utf-8")
    assert re.search(r"<title[^>]*>\S.+</title>", drawn)
    assert re.search(r"<desc[^>]*>\S.+</desc>", drawn)


def test_every_static_file_is_used() -> None:
    used = {Path(path).name for _, path, _ in IMAGES} | {Path(path).name for _, path in DRAWINGS}
    styles = re.findall(r'"(\w+\.css)"', (DOCS / "conf.py").read_text("utf-8"))
    assert {path.name for path in (DOCS / "_static").iterdir()} == {*used, *styles}


def test_the_commands_of_the_readme_are_those_of_ci_and_the_docs() -> None:
    commands = re.findall(r"^    \$ (python3 -m venv .+)$", TEXTS["README.rst"], re.MULTILINE)
    play, test = commands
    assert f"\n{test}\n" in (ROOT / ".ci" / "run").read_text("utf-8")
    assert f"$ {play}" in code_blocks("playground", "console")
    assert f"$ {test}" in code_blocks("contributing", "console")


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    metadata = (ROOT / "pyproject.toml").read_text("utf-8")
    (version,) = re.findall(r'^version = "(.+)"$', metadata, re.MULTILINE)
    assert TEXTS["CHANGES.rst"].startswith(f"Version {version}\n---")
