"""Commands: say what became of a lead, for oneself or in the stead of a source."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from leadshare.commands import screen
from leadshare.commands.deployment.connection import connected
from leadshare.commands.options import App, AsJson, By, LeadId, who

State = Annotated[
    Literal["working", "opportunity", "won", "lost"] | None,
    typer.Argument(metavar="[STATE]", help="Where it stands."),
]
Amount = Annotated[
    tuple[str, str] | None,
    typer.Option(metavar="SUM CURRENCY", help="What it is worth, such as 1200 EUR."),
]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why, of no person.")]
Source = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="The destination or source that is wrong: you speak in its stead."
    ),
]
OptedOut = Annotated[
    bool, typer.Option("--opted-out", help="The customer wants to hear no more from you.")
]


def outcome(
    lead: LeadId,
    state: State = None,
    *,
    amount: Amount = None,
    reason: Why = "",
    source: Source = "",
    opted_out: OptedOut = False,
    by: By = "",
    app: App = "",
    as_json: AsJson = False,
) -> int:
    """Say what became of a lead.

    Example: leadshare outcome 1f0a664e won --amount 1200 EUR
    """
    order: dict[str, Any] = {
        "by": who(by),
        "lead": lead,
        "state": state,
        "reason": reason or None,
        "amount": amount[0] if amount else None,
        "currency": amount[1] if amount else None,
        "source": source or None,
        "opted_out": opted_out or None,
    }
    with connected(app) as manage, screen.waiting("Telling ..."):
        told = manage.order("outcomes", **order)
    if as_json:
        screen.show_json(told)
    else:
        facts = (told["state"], told["amount"], "opted out" if told["opted_out"] else "")
        screen.out().print(f"{screen.short(told['lead'])}: {', '.join(filter(None, facts))}")
    return 0
