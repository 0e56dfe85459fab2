"""Leads: how a lead begins to wait for a call, and ends it, with the rows that tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from leadshare.configuration.clock import Clock
from leadshare.deliveries.delivery import USUAL, Kind
from leadshare.playbook import Stage
from leadshare.store.keys import HOUSE, due_key, waits_key
from leadshare.store.table import Change, move
from leadshare.times import from_text, to_text

WAITING: Final = ("waiting", "alarm", "reminded_at", "escalated_at")
"""The columns of a lead's row that tell of the clock: the keys of its row in the list of leads that
wait, and of what is due in the house lane; when it was reminded of, and when others were told."""


def wait(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    summary: Mapping[str, Any],
    clock: Clock | None,
) -> tuple[dict[str, str], list[Change]]:
    """Return the columns of a lead that are `WAITING`, and how its rows beside them move.

    It waits under a *clock*, which is None where it could not be told that somebody has called.
    *before* and *after* are the values of its row, *summary* is what its rows in lists repeat.
    """
    columns = {name: str(before.get(name) or "") for name in WAITING}
    old = columns["waiting"]
    if clock is None or after["stage"] != Stage.SALES_READY or after["signed_at"]:
        over, gone = end(before)
        return columns | over, gone
    since = from_text(after["ready_at"])
    columns["waiting"] = waits_key(since, summary["lead"])
    told = {name: columns[name] for name in ("reminded_at", "escalated_at")}
    moved = move(old, columns["waiting"], {**summary, **told, "ready_at": after["ready_at"]})
    if not old and (kind := owed_next(columns, clock)):
        # It may be sooner than with holidays, which the house lane looks up when it is due.
        at = due_at(clock, kind, since, rough=True)
        columns["alarm"] = due_key(HOUSE, USUAL, at, summary["lead"], kind)
        moved.append(Change("insert", columns["alarm"], alarm_values(summary["lead"], kind)))
    return columns, moved


def end(before: Mapping[str, Any]) -> tuple[dict[str, str], list[Change]]:
    """Return the columns of a lead that waits no more, and its rows that go, by those *before*."""
    keys = [key for name in ("waiting", "alarm") if (key := before.get(name))]
    return {"waiting": "", "alarm": ""}, [Change("delete", key) for key in keys]


def owed_next(columns: Mapping[str, Any], clock: Clock) -> Kind | None:
    """Return what is to be told next of a lead, by what was told before; None if all is."""
    if not columns["reminded_at"]:
        return Kind.REMIND
    return Kind.ESCALATE if clock.escalate_to and not columns["escalated_at"] else None


def due_at(clock: Clock, kind: Kind, since: datetime, *, rough: bool = False) -> datetime:
    """Return when what is of a *kind* is due of a lead that waits *since* then."""
    team = clock.without_holidays if rough else clock.working_time
    return team.after(since, clock.reminds_after if kind is Kind.REMIND else clock.escalates_after)


def alarm_values(lead: str, kind: Kind, attempts: int = 0) -> dict[str, object]:
    """Return the values of the due row in the house lane."""
    return {"lead": lead, "kind": kind.value, "attempts": attempts}


def told_at(kind: Kind, now: datetime) -> dict[str, str]:
    """Return the column that says that what is of a *kind* was told."""
    return {"reminded_at" if kind is Kind.REMIND else "escalated_at": to_text(now)}
