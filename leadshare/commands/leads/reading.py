"""Commands: what there is: leads, deliveries, acts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from leadshare.commands import screen
from leadshare.commands.deployment.connection import connected
from leadshare.commands.leads.story import draw, hours, working
from leadshare.commands.lists import listed
from leadshare.commands.options import (
    App,
    AsJson,
    By,
    Destination,
    LeadId,
    Limit,
    Output,
    Persons,
    Reason,
    Since,
    who,
)
from leadshare.commands.screen import Entry, brief, short
from leadshare.leads.routing import UNFOLLOWED
from leadshare.playbook import Stage, Storefront

PAGE: Final = 50


def leads(
    *,
    app: App = "",
    unrouted: Annotated[
        bool, typer.Option("--unrouted", help="Only such that nobody takes.")
    ] = False,
    notice_only: Annotated[
        bool, typer.Option("--notice-only", help="Only such that only notices tell of.")
    ] = False,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only such that wait for somebody to call.")
    ] = False,
    stage: Annotated[Stage | None, typer.Option(help="Only of this stage.")] = None,
    storefront: Annotated[Storefront | None, typer.Option(help="Only of this storefront.")] = None,
    listing: Annotated[str, typer.Option(help="Only of this listing: publisher.offer.")] = "",
    since: Since = "",
    limit: Limit = PAGE,
    persons: Persons = False,
    output: Output = None,
    as_json: AsJson = False,
) -> int:
    """List leads, newest first; those that nobody takes, or that wait for a call, oldest first.

    Example: leadshare leads --stage sales_ready --since 2h
    """
    query: dict[str, Any] = {
        "unrouted": "true" if unrouted else "",
        "notice_only": "true" if notice_only else "",
        "waiting": "true" if waiting else "",
        "stage": stage or "",
        "storefront": storefront or "",
        "listing": listing,
        "since": screen.instant(since, datetime.now(UTC)),
    }
    with connected(app, persons=persons) as manage, screen.waiting("Asking ..."):
        found = list(manage.pages("leads", "leads", query, limit))
    if waiting:
        rows = [_waiting_row(one) for one in found]
        return listed("leads", found, WAITING, rows, output, as_json=as_json)
    rows = [_lead_row(one) for one in found]
    # What is true of none needs no column.
    width = None if output or any(row[-1] for row in rows) else -1
    heads, rows = LEADS[:width], [row[:width] for row in rows]
    return listed("leads", found, heads, rows, output, as_json=as_json)


LEADS: Final = ("lead", "seen", "score", "stage", "touches", "listing", "nobody takes it")


def _lead_row(lead: Entry) -> tuple[object, ...]:
    title = lead.get("listing_title") or lead["listing"]
    touches = f"{lead['touches']}" + (f" +{lead['duplicates']}" if lead["duplicates"] else "")
    facts = (short(lead["lead"]), brief(lead.get("since") or lead["last_seen"]), lead["score"])
    nobody = lead["routing"] if lead["routing"] in UNFOLLOWED else ""
    return (*facts, lead["stage"], touches, title, nobody)


WAITING: Final = ("lead", "ready", "working hours", "hours", "score", "listing", "reminded")


def _waiting_row(lead: Entry) -> tuple[object, ...]:
    clock, title = lead["clock"], lead.get("listing_title") or lead["listing"]
    told = brief(clock["escalated_at"] or clock["reminded_at"])
    return (
        *(short(lead["lead"]), brief(clock["ready_at"]), working(clock)),
        *(hours(clock["seconds"]), lead["score"], title, told),
    )


def show(
    lead: LeadId,
    *,
    app: App = "",
    persons: Persons = False,
    by: By = "",
    as_json: AsJson = False,
) -> int:
    """Tell one lead's whole story: touches, score, deliveries, and what each system said.

    Example: leadshare show 1f0a664e
    """
    opened = who(by) if persons else ""
    with connected(app, persons=persons, by=opened) as manage, screen.waiting("Asking ..."):
        story = manage.tell(f"leads/{lead}")
    if as_json:
        screen.show_json(story)
    else:
        draw(story)
    return 0


def parked(
    *,
    app: App = "",
    to: Destination = "",
    reason: Reason = "",
    limit: Limit = PAGE,
    persons: Persons = False,
    output: Output = None,
    as_json: AsJson = False,
) -> int:
    """List what is parked, oldest first: what, where, why, since when.

    Example: leadshare parked --to crm
    """
    where = {"state": "parked", "destination": to, "reason": reason}
    return _deliveries(where, app, limit, output, persons=persons, as_json=as_json)


def queue(
    *,
    app: App = "",
    to: Destination = "",
    reason: Reason = "",
    limit: Limit = PAGE,
    persons: Persons = False,
    output: Output = None,
    as_json: AsJson = False,
) -> int:
    """List what is due: when each delivery leaves, and what holds it until then.

    Example: leadshare queue --to crm
    """
    where = {"state": "due", "destination": to, "reason": reason}
    return _deliveries(where, app, limit, output, persons=persons, as_json=as_json)


def _deliveries(
    query: Mapping[str, str],
    app: str,
    limit: int,
    output: Output,
    *,
    persons: bool,
    as_json: bool,
) -> int:
    with connected(app, persons=persons) as manage, screen.waiting("Asking ..."):
        found = list(manage.pages("deliveries", "deliveries", query, limit))
    last = ("since",) if query["state"] == "parked" else ("next", "held by")
    said = ("said",) if persons else ()
    heads = ("lead", "destination", "reason", "attempts", *last, *said)
    rows = [(*_delivery(one), *_waiting(one), *(one[name] for name in said)) for one in found]
    return listed("deliveries", found, heads, rows, output, as_json=as_json)


def _delivery(one: Entry) -> tuple[object, ...]:
    return (short(one["lead"]), one["destination"], one.get("reason", ""), one["attempts"])


def _waiting(one: Entry) -> tuple[str, ...]:
    if "parked_since" in one:
        return (brief(one["parked_since"]),)
    return (brief(one["next"]) or "none", one["held_by"])


def acts(
    *, app: App = "", limit: Limit = PAGE, output: Output = None, as_json: AsJson = False
) -> int:
    """List what was ordered, by whom, and how it ended, newest first.

    Example: leadshare acts --limit 10
    """
    with connected(app) as manage, screen.waiting("Asking ..."):
        # An act is two rows, of which the end comes first.
        found = list(manage.pages("acts", "acts", {}, 2 * limit))
    ends = {one["of"]: one for one in found if "of" in one}
    begun = [one for one in found if "of" not in one][:limit]
    rows = [
        (brief(one["at"]), one["what"], one.get("by", ""), _words(_asked(one)), _ended(one, ends))
        for one in begun
    ]
    heads = ("when", "what", "by", "asked", "ended")
    return listed("acts", found, heads, rows, output, as_json=as_json)


def _asked(act: Entry) -> Entry:
    """Return what was asked, which goes one day with the name of who did."""
    return dict(act.get("asked", {}))


def _ended(act: Entry, ends: Mapping[str, Entry]) -> str:
    """Tell how an act ended, but for what was asked."""
    end = ends.get(act["act"])
    if end is None:
        return "no end"
    came_to = {**end.get("numbers", {}), **end.get("came_to", {})}
    more = {name: one for name, one in came_to.items() if _asked(act).get(name) != one}
    return ": ".join(filter(None, (end["ended"], _words(more))))


def _words(facts: Entry) -> str:
    """Return what facts say, but for those that say nothing."""
    return ", ".join(
        f"{name} {_word(one)}" for name, one in facts.items() if one not in ("", [], {}, False)
    )


def _word(value: object) -> str:
    match value:
        case list():
            return " ".join(map(_word, value))
        case dict():
            return _words(value)
        case str() if _ID.fullmatch(value):
            return short(value)
        case _:
            return str(value)


_ID: Final = re.compile(r"[0-9a-f]{32}(-[0-9a-f]{16})?")
"""The whole id of a lead or a touch."""
