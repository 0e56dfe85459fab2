"""Deliveries: steps of tracks: owed to a destination, carried out, and how their track goes on.

A step's own due row and the track's in the house lane go together: whoever changes the one
replaces the other, so that the etag of the step's guards both, and the columns of the lead.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leadshare.deliveries.delivery import (
    USUAL,
    Deferred,
    Delivery,
    Kind,
    Rejected,
    next_due,
)
from leadshare.deliveries.ledger.attempt import Attempt, attempted
from leadshare.deliveries.ledger.values import (
    index_values,
    step_column,
    to_delivery,
    to_step,
)
from leadshare.lifecycle.step import Verb
from leadshare.reason import Reason
from leadshare.store.keys import HOUSE, due_key, lead_key
from leadshare.store.table import Change, Row
from leadshare.times import to_text


@dataclass(frozen=True, slots=True)
class Course:
    """Where a step stands in the course of its track."""

    house: str
    """The key of the track's row in the house lane."""
    number: int
    """Which of its steps it is, counted from 0."""
    then: timedelta
    """How long after it the next is due."""
    until: datetime | None = None
    """Until when it may leave, where it may reach the customer."""


def is_step(row: Row) -> bool:
    """Say whether a due *row* holds a step."""
    return bool(row.values["kind"] == Kind.STEP)


def is_told_once(row: Row) -> bool:
    """Say whether a due *row* holds a step that has no key where it goes: a notice."""
    return is_step(row) and to_step(row.values["step"]).verb is Verb.NOTICE


def is_owed_leave(row: Row) -> bool:
    """Say whether a due *row* holds that a customer leaves a list, of a track that was left."""
    return is_step(row) and not row.values["house"]


def is_listed(row: Row, lead: Row | None) -> bool:
    """Say whether the *lead* of a due *row* is by now, or is to be, on the list that it is about.

    A later track has put it there: both go through one lane, where only one of them is sent last.
    """
    lists = json.loads((lead.values.get("track_lists") if lead else "") or "[]")
    step = to_step(row.values["step"])
    return [row.values["destination"], step.into] in [one[:2] for one in lists]


def house_row(  # noqa: PLR0913 - what a row says
    lead: str, track: str, number: int, at: datetime, attempts: int = 0, *, but: str = ""
) -> Change:
    """Return the row by which the step with a *number* is looked at, *at* a time.

    It has another key than *but*, for a transaction takes a row once.
    """
    key = due_key(HOUSE, USUAL, at, lead, Kind.STEP)
    if key == but:
        key = due_key(HOUSE, USUAL, at + timedelta(milliseconds=1), lead, Kind.STEP)
    values = {"lead": lead, "kind": Kind.STEP.value, "attempts": attempts}
    return Change("insert", key, values | {"track": track, "number": number})


def hand_over(owed: Delivery, course: Course | None = None, about: str = Kind.STEP) -> Change:
    """Owe the step of *owed* to its destination; one without a *course* is of a track left."""
    step, now = owed.step, owed.owed_since
    if step is None:
        raise ValueError("expected a step")
    told: dict[str, Any] = {"house": "", "number": 0, "then": 0.0, "until": ""}
    if course:
        told = {
            "house": course.house,
            "number": course.number,
            "then": course.then.total_seconds(),
            "until": to_text(course.until) if course.until else "",
        }
    values = index_values(owed, Kind.STEP, USUAL) | {"attempts": owed.attempts, **told}
    key = due_key(owed.destination, USUAL, now, owed.lead, about)
    return Change(
        "insert", key, values | {"step": step_column(step), "about": about, "begun": False}
    )


def finish_step(
    row: Row, attempt: Attempt, schedule: Sequence[float], not_before: datetime, chance: float
) -> list[Change]:
    """Return what follows from *attempt* at the step that *row*, its due row, holds.

    What was deferred is tried again, in its hours; else the track goes on, done or failed.
    """
    gone = [Change("delete", row.key, etag=row.etag), attempted(attempt)]
    outcome, now = attempt.outcome, attempt.at
    if isinstance(outcome, Deferred):
        attempts = attempt.delivery.attempts + outcome.counts
        due = _next(row, attempts, outcome, schedule, now, chance)
        if due is not None:
            return [*gone, *_again(row, max(due, not_before), attempts)]
    return [*gone, *_on(row, now)]


def drop_step(row: Row, reason: str, now: datetime) -> list[Change]:
    """Return what follows where no request leaves for the step that *row* holds, for a *reason*.

    One whose hours are over waits for the next; of all others it is told that they failed.
    """
    if reason == Reason.OUTSIDE_HOURS:
        gone = Change("delete", row.key, etag=row.etag)
        return [gone, *_back(row, now, row.values["attempts"])]
    attempt = Attempt(to_delivery(row), Rejected(reason), now)
    return finish_step(row, attempt, (), now, 0)


def told_late(attempt: Attempt) -> list[Change]:
    """Return what tells of an *attempt* that was on its way when the track ended, if its lead is
    there.
    """
    lead = attempt.delivery.lead
    return [attempted(attempt), Change("merge", lead_key(lead), {"lead": lead})]


def _next(  # noqa: PLR0913, PLR0917 - what the next due time hangs on
    row: Row,
    attempts: int,
    outcome: Deferred,
    schedule: Sequence[float],
    now: datetime,
    chance: float,
) -> datetime | None:
    """Return when a step is tried again; None where it was tried often enough."""
    steps = attempts if outcome.counts else min(attempts + 1, len(schedule) - 1)
    due = next_due(now, steps, tuple(schedule), chance)
    if due is None and not row.values["house"]:
        # Nobody stays on a list because a system was down for days.
        return now + timedelta(seconds=schedule[-1])
    return due


def _again(row: Row, due: datetime, attempts: int) -> list[Change]:
    values = row.values
    if values["until"] and to_text(due) >= values["until"]:
        return _back(row, due, attempts)
    key = due_key(values["destination"], USUAL, due, values["lead"], values["about"])
    if key == row.key:
        return _again(row, due + timedelta(milliseconds=1), attempts)
    changes = [Change("insert", key, {**values, "attempts": attempts, "begun": False})]
    if values["house"]:
        changes.append(Change("merge", lead_key(values["lead"]), {"track_sent": key}))
    return changes


def _back(row: Row, due: datetime, attempts: int) -> list[Change]:
    """Return how the step that *row* held is looked at anew when it is *due*."""
    return _moved(row, row.values["number"], due, {}, attempts)


def _on(row: Row, now: datetime) -> list[Change]:
    """Return how the track goes on whose step *row* held; nothing where it has been left."""
    values = row.values
    if not values["house"]:
        return []
    number, then = values["number"] + 1, timedelta(seconds=values["then"])
    return _moved(row, number, now + then, {"track_step": number, "track_since": to_text(now)})


def _moved(
    row: Row, number: int, due: datetime, more: dict[str, Any], attempts: int = 0
) -> list[Change]:
    values = row.values
    lead, house = values["lead"], values["house"]
    track = to_step(values["step"]).track
    looked_at = house_row(lead, track, number, due, attempts, but=house)
    columns = {"track_due": looked_at.key, "track_sent": "", **more}
    return [Change("delete", house), looked_at, Change("merge", lead_key(lead), columns)]
