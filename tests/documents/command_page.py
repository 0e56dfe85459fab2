"""docs/commands.md: what each command's --help says, with pictures of a running host.

`python -m tests.documents.command_page` writes the page, and with `--pictures` takes the pictures
anew before that: it starts a host with a CRM, brings leads in, and runs each command.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from unittest import mock

import typer
from typer.core import TyperGroup

from leadshare.commands.main import APP
from tests.commands.conftest import said

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGE: Final = DOCS / "commands.md"
PICTURES: Final = DOCS / "pictures"
WIDTHS: Final = (80, 120)

GENERATED: Final = "## All commands"
"""What is behind this heading is written by this module."""

TAKEN: Final = {
    "health": "health",
    "leads": "leads",
    "find": "find email < known.txt",
    "show": "show {lead}",
    "tail": "tail --since 30min",
    "parked": "parked",
    "queue": "queue",
    "replay": "replay --to crm --dry-run",
    "acts": "acts --limit 5",
    "quarantine": "quarantine",
    "destinations": "destinations",
}
"""What pictures are of, and the words that each was taken with; behind `<` a file of the shell."""


@contextmanager
def wide(columns: int) -> Iterator[None]:
    """Have a terminal of so many columns."""
    with mock.patch.dict(os.environ, {"COLUMNS": str(columns), "TERMINAL_WIDTH": str(columns)}):
        yield


def verbs() -> list[tuple[str, ...]]:
    """Return the words of every command, those of a group behind it."""
    found: list[tuple[str, ...]] = []
    for name, command in typer.main.get_group(APP).commands.items():
        found.append((name,))
        if isinstance(command, TyperGroup):
            found += [(name, verb) for verb in command.commands]
    return found


def picture(name: str, width: int) -> str:
    """Return a picture as it was taken."""
    return (PICTURES / f"{name}-{width}.txt").read_text(encoding="utf-8")


def page() -> str:
    """Return the page."""
    head, _, _ = PAGE.read_text(encoding="utf-8").partition(GENERATED)
    parts = [f"{head}{GENERATED}"]
    for words in verbs():
        with wide(80):
            told = said(*words, "--help").out
        lines = [line.rstrip() for line in told.strip().splitlines()]
        name = " ".join(words)
        parts.append(f"{'#' * (len(words) + 2)} {name}\n\n```text\n{chr(10).join(lines)}\n```")
        if name in TAKEN:
            shown = f"```text\n{picture(name, 80).rstrip()}\n```"
            parts.append(f"{shown}\n\n[The same at 120 columns](pictures/{name}-120.txt)")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the page."""
    if "--pictures" in sys.argv:
        from tests.documents.command_pictures import take  # noqa: PLC0415 - starts a host

        take()
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
