"""Commands: what is held and for how long, and the proof of who did what."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Final

import typer

from leadshare.commands import screen
from leadshare.commands.deployment.connection import connected
from leadshare.commands.options import App, AsJson
from leadshare.custody import verifying
from leadshare.custody.verifying import Verdict, by_number, read_heads

APP: Final = typer.Typer(
    help="Prove what was ordered and done, by the chain of acts.", no_args_is_help=True
)

ALL: Final = 10**9

Heads = Annotated[
    typer.FileText,
    typer.Option(
        "--heads",
        metavar="FILE",
        help="Lines of the log, or lines of a number and a hash; - is the standard input.",
    ),
]


@APP.callback()
def custody() -> None:
    """Prove what was ordered and done, by the chain of acts."""


@APP.command()
def verify(*, heads: Heads, app: App = "", as_json: AsJson = False) -> int:
    """Recompute the chain, and hold it against the heads that the log told.

    Example: leadshare custody verify --heads heads.txt
    """
    told = read_heads(heads)
    with connected(app) as manage, screen.waiting("Asking ..."):
        links = by_number(manage.pages("chain", "links", {}, ALL))
    verdict = verifying.verify(links, told)
    if as_json:
        screen.show_json({"ok": not verdict.faults, **asdict(verdict)})
    else:
        _tell(verdict)
    return 1 if verdict.faults else 0


def retention(*, app: App = "", as_json: AsJson = False) -> None:
    """Tell how long what is held stays, and what goes next.

    Example: leadshare retention
    """
    with connected(app) as manage, screen.waiting("Asking ..."):
        told = manage.get("retention")
    if as_json:
        screen.show_json(told)
        return
    rows = [(one["of"], one["stays"], one["goes"]) for one in told["classes"]]
    screen.show_table(("what", "stays", "goes next"), rows, "")
    if told["more"]:
        screen.say("There is more than one run takes; those after go on.")


def _tell(verdict: Verdict) -> None:
    rows = [(one.number, one.wrong, one.why) for one in verdict.faults]
    if rows:
        screen.show_table(("link", "is", "why"), rows, "")
    else:
        screen.say(f"{verdict.links} links, none of them changed, missing or added.")
    if verdict.until:
        screen.say(
            f"Proven by the log: links 1 to {verdict.until}; since the log told of"
            f" {verdict.since}, nothing up to there can have been changed unseen."
        )
    else:
        screen.say("The log proves nothing: it tells of no link that is there.")
