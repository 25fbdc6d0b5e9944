"""The help texts of the commands are those in ``help.txt``, which people can proofread."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click
import pytest
from flask import Flask

from flask_crossorigin.cli import cors

HELP = dict(
    block.split("\n", 1)
    for block in Path(__file__).with_name("help.txt").read_text("utf-8").strip().split("\n\n\n")
)


def lines(command: click.Command) -> Iterator[str]:
    """Yield the help of a command, in a layout that doesn't depend on the version of Click."""
    yield command.get_short_help_str(200)
    yield ""
    yield cleandoc(str(command.help)).replace("\b\n", "")
    yield ""
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            needs = " (required)" * parameter.required + " (repeated)" * parameter.multiple
            choices = "|".join(getattr(parameter.type, "choices", ()))
            value = "" if parameter.is_flag else f" {parameter.metavar or choices or 'VALUE'}"
            shown = f" [{parameter.default}]" if parameter.show_default else ""
            yield f"  {', '.join(parameter.opts)}{value}{needs}: {parameter.help}{shown}"
        else:
            yield f"  {parameter.human_readable_name.upper()}"


@pytest.mark.parametrize("name", ["cors", *cors.commands])
def test_help(name: str) -> None:
    command = cors.commands.get(name, cors)
    assert "\n".join(lines(command)).strip() == HELP[name]


def test_help_is_shown() -> None:
    runner = Flask("shop").test_cli_runner()
    shown = runner.invoke(cors, ["--help"]).output
    assert shown.startswith("Usage: cors ")
    assert 'If the browser says "blocked by CORS policy", ask why:' in shown
    assert "\n    flask cors explain GET /path --origin https://the-page.example\n" in shown
    for name, command in cors.commands.items():
        assert f"  {name} " in shown
        shown_alone = " ".join(runner.invoke(cors, [name, "--help"]).output.split())
        assert " ".join(str(command.help).split()) in shown_alone
