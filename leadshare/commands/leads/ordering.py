"""Commands: orders: replay, park, resend. What touches many is counted first, and asked about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import typer

from leadshare.commands import screen
from leadshare.commands.deployment.connection import connected
from leadshare.commands.deployment.manage import Manage
from leadshare.commands.options import (
    App,
    AsJson,
    By,
    Destination,
    DryRun,
    LeadId,
    Reason,
    Since,
    Until,
    Yes,
    agreed,
    who,
)

OneLead = Annotated[
    str, typer.Argument(metavar="[LEAD]", help="One lead's parked deliveries only.")
]
What = Annotated[
    Literal["deliveries", "quarantine", "unrouted", "notice_only"],
    typer.Option(help="Deliver again what is parked, or classify or plan again."),
]
Every = Annotated[bool, typer.Option("--all", help="Whatever is parked, wherever and why.")]


def replay(
    lead: OneLead = "",
    *,
    what: What = "deliveries",
    to: Destination = "",
    reason: Reason = "",
    since: Since = "",
    until: Until = "",
    every: Every = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    by: By = "",
    app: App = "",
    as_json: AsJson = False,
) -> int:
    """Make what is parked due again; count it, ask, then do it. Exit code 1 if nothing came of it.

    Example: leadshare replay --to crm --reason bad_email
    """
    now = datetime.now(UTC)
    order: dict[str, Any] = {
        "by": who(by),
        "what": what,
        "lead": lead or None,
        "destination": to or None,
        "reason": reason or None,
        "since": screen.instant(since, now) or None,
        "until": screen.instant(until, now) or None,
        "all": every,
    }
    with connected(app) as manage:
        told = _counted(manage, order)
        if not as_json:
            screen.out().print(f"{told['matched']} match.")
        if not dry_run and told["matched"] and agreed(yes=yes):
            with screen.waiting(f"Replaying {told['matched']} ..."):
                # That which was counted, or nothing.
                told = manage.order("replay", **order, dry_run=False, token=told.get("token"))
            if not as_json:
                screen.out().print(f"{told['replayed']} replayed.")
    if as_json:
        screen.show_json(told)
    return 1 if told["matched"] and not (dry_run or told["replayed"]) else 0


def _counted(manage: Manage, order: dict[str, Any]) -> dict[str, Any]:
    with screen.waiting("Counting ..."):
        return manage.order("replay", **order, dry_run=True)


def park(
    lead: LeadId, *, to: Destination = "", by: By = "", app: App = "", as_json: AsJson = False
) -> int:
    """Keep back what is due for one lead, until it is replayed or the lead changes.

    Example: leadshare park 1f0a664e --to crm
    """
    return _of_lead("park", "parked", lead, to, by, app, as_json=as_json)


def resend(
    lead: LeadId, *, to: Destination = "", by: By = "", app: App = "", as_json: AsJson = False
) -> int:
    """Send one lead again to who has it already; it stays one record there.

    Example: leadshare resend 1f0a664e --to crm
    """
    return _of_lead("resend", "resent", lead, to, by, app, as_json=as_json)


def _of_lead(  # noqa: PLR0917 - what an order is made of
    what: str, done: str, lead: str, to: str, by: str, app: str, *, as_json: bool
) -> int:
    with connected(app) as manage, screen.waiting("Asking ..."):
        told = manage.order(what, by=who(by), lead=lead, destination=to or None)
    if as_json:
        screen.show_json(told)
        return 0 if told[done] else 1
    rows = [(one, done) for one in told[done]]
    rows += [(one, f"left alone: it is {state}") for one, state in told["others"].items()]
    screen.show_table(("destination", "what"), rows, "Nothing.")
    return 0 if told[done] else 1
