"""Every command of ours that a page or a workflow gives is one that the program takes."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from leadshare.commands.main import APP, command
from leadshare.local import __main__ as local
from leadshare.local import options as run
from leadshare.local.deploy import __main__ as deploy
from leadshare.local.host import __main__ as host

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "leadshare.sample.toml")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
]
LISTINGS = (ROOT / "docs" / "listings.md").read_text("utf-8")
COMMAND = re.compile(r"python3? -m (leadshare[\w.]*)((?: (?:<\w+>|[^`\s|>#)])+)*)")


def run_or_step(words: list[str]) -> object:
    """Take what `leadshare.local` takes: it hands the rest of `run` to another module."""
    command, *rest = words
    return run.parser().parse_args(rest) if command == "run" else local.STEPS[command]


def parsed(words: list[str]) -> object:
    """Take what `leadshare` takes, without doing it."""
    taking = command()
    context = taking.make_context("leadshare", list(words))
    # What a group has left of the words is a command of it.
    while isinstance(taking, TyperGroup) and (left := left_of(context)):
        name, found, rest = taking.resolve_command(context, left)
        assert found
        taking, context = found, found.make_context(name, rest, parent=context)
    return context


def left_of(context: Any) -> list[str]:
    """Return the words that a group has not taken."""
    return [*context._protected_args, *context.args]  # noqa: SLF001 - there is no other way to ask


TAKES: dict[str, Callable[[list[str]], object]] = {
    "leadshare": parsed,
    "leadshare.local": run_or_step,
    "leadshare.local.deploy": deploy.parser().parse_args,
    "leadshare.local.host": host.read_arguments,
}


def commands(path):
    """Return the commands of one page, with a word for what is a variable of the shell."""
    found = COMMAND.findall(path.read_text("utf-8"))
    return [(name, shlex.split(re.sub(r"\"\$\w+\"", "given", words))) for name, words in found]


def options(command):
    """Return all options of a command and of those below it."""
    told = {name for one in command.params for name in one.opts if name.startswith("--")}
    return told.union(*map(options, getattr(command, "commands", {}).values()))


CASES = {
    f"{path.name}-{number}": command
    for path in PAGES
    if path.name != "changelog.md"  # tells what there was, each in its time
    for number, command in enumerate(commands(path))
}


class TestCommands:
    @pytest.mark.parametrize("case", CASES)
    def test_parses(self, case):
        """The program takes the command as it is written."""
        name, words = CASES[case]

        assert TAKES[name](words)

    def test_found(self):
        """The commands that newcomers need are among those that are tried."""
        tried = {(name, *words[:2]) for name, words in CASES.values()}

        assert {
            ("leadshare", "check"),
            ("leadshare", "listings", "enable"),
            ("leadshare", "keys", "create"),
            ("leadshare.local.deploy", "package", "leadshare.zip"),
            ("leadshare.local.deploy", "release", "leadshare.zip"),
        } <= tried

    def test_identity_key(self):
        """The identity key is made without a line's end, which a copy of it would soon lack."""
        page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
        (made,) = re.findall(r'^python3 -c "(import secrets; .+)" > key$', page, re.MULTILINE)
        command = [sys.executable, "-c", made]
        key = subprocess.check_output(command, text=True)  # noqa: S603 - our own page's

        assert re.fullmatch("[0-9a-f]{64}", key)

    def test_listings(self):
        """The page on listings names every option of their commands, and no others."""
        named = set(re.findall(r"(--[a-z]+)", LISTINGS))

        commands = typer.main.get_group(APP).commands

        assert options(commands["listings"]) | options(commands["keys"]) == named
