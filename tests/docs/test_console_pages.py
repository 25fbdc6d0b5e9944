"""The pages about console messages lead from each message to its fix."""

from __future__ import annotations

import re

import pytest
from console_pages import PAGES, SECTIONS, one_line, text

ENGINES = ["Chromium", "Firefox", "WebKit"]


def top(page: str) -> dict[str, list[str]]:
    """Return the messages that lead to each section, from the list at the top of a page."""
    beginning = text(page).partition("\n.. _console-")[0]
    items = re.findall(r"^- :ref:`([\w-]+)`: (.*(?:\n  .*)*)", beginning, re.MULTILINE)
    return {label: re.findall(r"``(.+?)``(?!`)", one_line(listed)) for label, listed in items}


@pytest.mark.parametrize("page", PAGES)
def test_every_section_with_messages_is_listed_at_the_top(page: str) -> None:
    there = [section.label for section in SECTIONS.values() if section.page == page]
    with_messages = {label for label in there if SECTIONS[label].groups}
    assert set(top(page)) == with_messages - {"console-cause"}


@pytest.mark.parametrize("label", [label for page in PAGES for label in top(page)])
def test_what_is_listed_is_what_the_section_explains(label: str) -> None:
    page = SECTIONS[label].page
    explained = [
        message
        for group in SECTIONS[label].groups
        for messages in group.values()
        for message in messages
    ]
    listed = top(page)[label]
    assert listed
    for message in listed:
        assert any(message in whole for whole in explained), message


def test_messages_are_in_the_order_of_the_engines() -> None:
    for section in SECTIONS.values():
        for group in section.groups:
            assert list(group) == sorted(group, key=ENGINES.index), section.label


def test_every_message_could_be_read() -> None:
    fields = [line for page in PAGES for line in re.findall(r"(?m)^:\w+: .*", text(page))]
    messages = [
        message
        for section in SECTIONS.values()
        for group in section.groups
        for several in group.values()
        for message in several
    ]
    assert len(messages) == len(fields)
