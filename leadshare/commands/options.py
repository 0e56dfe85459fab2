"""Commands: the options that several commands take."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

App = Annotated[
    str,
    typer.Option(
        "--app",
        metavar="NAME",
        help="An app in Azure, by its name. Without it LEADSHARE_MANAGE_URL and LEADSHARE_KEY"
        " say which deployment, and without them it is the local host.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Persons = Annotated[
    bool,
    typer.Option(
        "--persons", help="Show persons too; needs LEADSHARE_PRIVACY_KEY beside the host key."
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")]
Since = Annotated[
    str, typer.Option(help="Since then: ISO 8601, or so long ago, such as 30min, 2h or 3d.")
]
Until = Annotated[str, typer.Option(help="Before then; as --since.")]
Reason = Annotated[str, typer.Option(metavar="CODE", help="Only for this reason.")]
Destination = Annotated[str, typer.Option("--to", metavar="DESTINATION", help="Only there.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", metavar="FILE", help="Into a new .csv or .json, which only you may read."
    ),
]
By = Annotated[
    str,
    typer.Option(
        "--by", envvar="LEADSHARE_BY", help="Who asks, for the record; else the system's user."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Count only.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
LeadId = Annotated[str, typer.Argument(metavar="LEAD", help="A lead's id, short or whole.")]
TouchId = Annotated[str, typer.Argument(metavar="TOUCH", help="A touch's id, short or whole.")]


def who(by: str) -> str:
    """Return who orders something, for the record."""
    return by or getpass.getuser()


def agreed(*, yes: bool) -> bool:
    """Ask whether to go on, apart from what was asked for; without an answer it is no."""
    if yes:
        return True
    try:
        return typer.confirm("Go on?", err=True)
    except typer.Abort:
        return False
