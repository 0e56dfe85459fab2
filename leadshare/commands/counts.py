"""Commands: look after what is counted of leads: count all anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

import typer

from leadshare.commands import screen
from leadshare.commands.deployment.connection import connected
from leadshare.commands.deployment.manage import Manage
from leadshare.commands.options import App, AsJson, By, Yes, agreed, who

DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell only what is wrong.")]

APP: Final = typer.Typer()


@APP.callback()
def counts() -> None:
    """Look after what is counted of leads."""


@APP.command()
def rebuild(
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    by: By = "",
    app: App = "",
    as_json: AsJson = False,
) -> int:
    """Count all leads anew: tell what is wrong, ask, then make it right.

    Example: leadshare counts rebuild --dry-run
    """
    with connected(app) as manage:
        told = _rebuilt(manage, who(by), dry_run=True)
        if not as_json:
            screen.out().print(_found(told))
        if not dry_run and agreed(yes=yes):
            told = _rebuilt(manage, who(by), dry_run=False)
            if not as_json:
                screen.out().print("Counted anew.")
    if as_json:
        screen.show_json(told)
    return 1 if dry_run and (told["wrong"] or told["days"]) else 0


def _rebuilt(manage: Manage, by: str, *, dry_run: bool) -> dict[str, int]:
    """Have all counted, part by part, as long as there is a next."""
    told, after = dict.fromkeys(("leads", "wrong", "days"), 0), None
    with screen.waiting("Counting ..."):
        while True:
            part = manage.order("counts", by=by, dry_run=dry_run, after=after)
            told = {name: number + part[name] for name, number in told.items()}
            after = part.get("next")
            if not after:
                return told


def _found(told: Mapping[str, int]) -> str:
    return (
        f"{told['leads']} leads, of which {told['wrong']} are counted otherwise, or not yet;"
        f" {told['days']} days come to something else."
    )
