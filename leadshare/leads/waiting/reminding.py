"""Leads: what follows when the time to remind of a lead has come, as one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from leadshare.configuration.clock import Clock
from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import USUAL, Kind, Reminder
from leadshare.leads.waiting.rows import alarm_values, due_at, owed_next, told_at
from leadshare.store.keys import HOUSE, due_key
from leadshare.store.table import Change, Row
from leadshare.times import from_text

RETRIES: Final = (
    *(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30)),
)
"""How long it is waited each time a system cannot be asked; then it is reminded all the same."""


def postponed(lead: Row, alarm: Row, clock: Clock, now: datetime) -> list[Change]:
    """Return how the *alarm* of a *lead* moves if it is not time yet: holidays came in between."""
    kind = Kind(alarm.values["kind"])
    at = due_at(clock, kind, from_text(lead.values["ready_at"]))
    return _moved(lead, alarm, kind, at) if at > now else []


def put_off(lead: Row, alarm: Row, now: datetime) -> list[Change]:
    """Return how the *alarm* of a *lead* is tried again whose systems could not be asked.

    Nothing where it was tried often enough.
    """
    tried = alarm.values["attempts"]
    if tried >= len(RETRIES):
        return []
    return _moved(lead, alarm, Kind(alarm.values["kind"]), now + RETRIES[tried], tried + 1)


def stopped(lead: Row | None, alarm: Row) -> list[Change]:
    """Return how the *alarm* of a *lead* ends of which nobody is to be reminded any more."""
    gone = Change("delete", alarm.key, etag=alarm.etag)
    if lead is None or lead.values.get("alarm") != alarm.key:
        return [gone]
    left = Change("merge", lead.key, {"alarm": "", "waiting": ""}, lead.etag)
    return [gone, left, *([Change("delete", w)] if (w := lead.values["waiting"]) else [])]


def reminded(
    lead: Row, alarm: Row, clock: Clock, unread: Sequence[str], now: datetime
) -> list[Change]:
    """Return how each notice is owed what the *alarm* of a *lead* is about, and what is due next.

    The alarm's etag guards it all: whoever finds that somebody has called takes the alarm away.
    """
    values, name = lead.values, lead.values["lead"]
    kind, since = Kind(alarm.values["kind"]), from_text(values["ready_at"])
    first = kind is Kind.REMIND
    notices = clock.remind_to if first else clock.escalate_to
    reminder = Reminder(
        kind,
        since,
        clock.zone,
        clock.working_time.between(since, now),
        clock.target,
        () if first else clock.remind_to,
        tuple(unread),
    )
    told = told_at(kind, now) if notices else {}  # nobody is, any more
    columns = {"alarm": "", **told}
    following = owed_next({**values, **columns}, clock)
    if following:
        at = due_at(clock, following, since)
        columns["alarm"] = due_key(HOUSE, USUAL, at, name, following)
    record = json.loads(values["record"])
    return [
        Change("delete", alarm.key, etag=alarm.etag),
        Change("merge", lead.key, columns, lead.etag),
        Change("merge", values["waiting"], told),
        *(ledger.remind(name, notice, record, reminder, now) for notice in notices),
        *([Change("insert", columns["alarm"], alarm_values(name, following))] if following else []),
    ]


def _moved(lead: Row, alarm: Row, kind: Kind, at: datetime, attempts: int = 0) -> list[Change]:
    name = lead.values["lead"]
    key = due_key(HOUSE, USUAL, at, name, kind)
    return [
        Change("delete", alarm.key, etag=alarm.etag),
        Change("merge", lead.key, {"alarm": key}, lead.etag),
        Change("insert", key, alarm_values(name, kind, attempts)),
    ]
