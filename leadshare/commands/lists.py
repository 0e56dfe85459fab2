"""Commands: a list in the form that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from leadshare.commands import files, screen
from leadshare.commands.options import Output
from leadshare.commands.screen import Entry


def listed(
    name: str,
    found: Sequence[Entry],
    heads: Sequence[str],
    rows: Sequence[Sequence[object]],
    output: Output,
    *,
    as_json: bool,
) -> int:
    """Show a list: in a file if one is named, for programs, or for people."""
    if output:
        files.write(output, {name: list(found)}, heads, rows)
    elif as_json:
        screen.show_json({name: list(found)})
    else:
        screen.show_table(heads, rows, f"No {name}.")
    return 0
