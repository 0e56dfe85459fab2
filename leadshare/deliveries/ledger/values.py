"""Deliveries: what a delivery's row and its index row hold, and how they move together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from leadshare.deliveries.delivery import OLDEST, Delivery, Kind, Reminder, State
from leadshare.deliveries.ledger.story import above, pack, unpack
from leadshare.deliveries.record import read_record
from leadshare.lifecycle.step import Step, Verb
from leadshare.reason import Reason
from leadshare.store.keys import delivery_key, due_key, parked_key
from leadshare.store.table import Change, Row, to_json
from leadshare.times import from_text, to_text


def to_delivery(row: Row) -> Delivery:
    """Return the delivery that a due or parked *row* holds."""
    values = row.values
    entries = above(unpack(values["story"]), values["sent"])
    return Delivery(
        lead=values["lead"],
        destination=values["destination"],
        version=values["version"],
        record=read_record(values["record"]),
        owed_since=from_text(values["owed_since"]),
        attempts=values["attempts"],
        sent=values["sent"],
        record_id=values["record_id"],
        trace=values.get("trace", ""),  # rows of before there was this, or the next two, have none
        tried=values.get("tried", False),
        unproven=values.get("unproven", False),
        entries=tuple(reversed(entries)),
        reminder=to_reminder(values["reminder"]) if values.get("reminder") else None,
        step=to_step(values["step"]) if values.get("step") else None,
        counted=values.get("counted") or b"",
    )


def to_step(column: str) -> Step:
    """Return the step that a column of a due row holds."""
    told = json.loads(column)
    return Step(**told | {"verb": Verb(told["verb"])})


def step_column(step: Step) -> str:
    """Return *step* as `to_step` reads it."""
    return to_json(asdict(step))


def to_reminder(column: str) -> Reminder:
    """Return the reminder that a column of a due row holds."""
    told = json.loads(column)
    return Reminder(
        kind=Kind(told["kind"]),
        since=from_text(told["since"]),
        zone=told["zone"],
        worked=timedelta(seconds=told["worked"]),
        target=told["target"],
        reminded=tuple(told["reminded"]),
        unread=tuple(told["unread"]),
    )


def reminder_column(reminder: Reminder) -> str:
    """Return *reminder* as `to_reminder` reads it."""
    times = {"since": to_text(reminder.since), "worked": reminder.worked.total_seconds()}
    return to_json(asdict(reminder) | times)


def was_tried(before: Row | None) -> bool:
    """Return whether a request may ever have left for the delivery that a row of it tells of."""
    if before is None:
        return False
    # Rows of before there was such a column lack it, or have no value in it where it is asked for.
    return before.values["attempts"] > 0 or bool(before.values.get("tried"))


def is_unproven(before: Row | None) -> bool:
    """Return whether a record was accepted that no look-up has found, by a row of its delivery."""
    return before is not None and bool(before.values.get("unproven"))


def index_of(before: Row | None) -> str:
    """Return the key of the index row of the delivery that a row is of, nothing without one."""
    return str(before.values["index"]) if before else ""


def owed_since(row: Row) -> datetime:
    """Return since when the delivery that a due *row* holds has been owed."""
    return from_text(row.values["owed_since"])


def over(row: Row, now: datetime) -> str:
    """Return why what a due *row* holds must not be tried any more, nothing if it may be.

    A reminder or a notice whose attempt nobody has finished may have left, and is not repeated.
    What may reach a customer waits where the hours are over in which it was to leave.
    """
    values = row.values
    if values.get("begun"):
        return Reason.UNCLEAR
    if values.get("until") and now >= from_text(values["until"]):
        return Reason.OUTSIDE_HOURS
    # That a customer leaves a list is owed until it is done.
    oldest = None if values.get("house") == "" else OLDEST.get(values["kind"])
    return Reason.TOO_OLD if oldest and now - owed_since(row) > oldest else ""


def parked_as(changes: Sequence[Change]) -> str:
    """Return the reason under which *changes* park a delivery, nothing if they park none."""
    parks = (c.values["reason"] for c in changes if c.values.get("state") == State.PARKED)
    return next(parks, "")


def index_values(delivery: Delivery, kind: Kind, rank: str) -> dict[str, object]:
    """Return the values of the due row of *delivery*."""
    return {
        "lead": delivery.lead,
        "destination": delivery.destination,
        "kind": kind.value,
        "rank": rank,
        "version": delivery.version,
        "record": to_json(delivery.record),
        "attempts": 0,
        "sent": delivery.sent,
        "record_id": delivery.record_id,
        "owed_since": to_text(delivery.owed_since),
        "trace": delivery.trace,
        "tried": delivery.tried,
        "unproven": delivery.unproven,
        "story": pack(reversed(delivery.entries)),
        "counted": delivery.counted,
    }


def delivery_values(
    before: Row | None, lead: str, destination: str, version: int, now: datetime
) -> dict[str, Any]:
    """Return the values of a delivery's row for a new *version*, what was accepted kept."""
    return {
        "lead": lead,
        "destination": destination,
        "reason": "",
        "wanted": version,
        "sent": before.values["sent"] if before else 0,
        "found_at": "",
        "record_id": before.values["record_id"] if before else "",
        "attempts": 0,
        "tried": was_tried(before),
        "unproven": is_unproven(before),
        "index": "",
        "next": "",
        "updated": to_text(now),
        "said": "",
        "counted": (before.values.get("counted") or b"") if before else b"",
    }


def with_said(row: Row, said: str) -> Row:
    """Return a due *row* with what its destination *said* last, which may quote the lead."""
    return replace(row, values={**row.values, "said": said})


def said_in(row: Row) -> str:
    """Return what its destination said last of the delivery that a *row* is about."""
    # Rows of before there was such a column lack it, or have no value in it where it is asked for.
    return str(row.values.get("said") or "")


def correct(now: Row, values: Mapping[str, Any], lead: Row) -> list[Change]:
    """Set *values* in a delivery's row and in its index row, if it has one.

    That tells of the story, as the *lead*'s row has it, what is above the version sent.
    """
    changes = [Change("merge", now.key, values, now.etag)]
    index, sent = now.values["index"], values.get("sent", now.values["sent"])
    owed = {"story": story_above(lead, sent)}
    return [*changes, Change("merge", index, {**values, **owed})] if index else changes


def story_above(lead: Row, version: int) -> bytes:
    """Return what the story of a *lead*'s row tells of versions above *version*."""
    return pack(above(unpack(lead.values["story"]), version))


def moved_key(row: Row, due: datetime) -> tuple[str, datetime]:
    """Return the key that *row*, a due row, moves to, and when it is due there.

    The row that goes and the row that comes must differ, for a transaction takes a row once.
    """
    values = row.values
    key = due_key(values["destination"], values["rank"], due, values["lead"])
    return moved_key(row, due + timedelta(milliseconds=1)) if key == row.key else (key, due)


def parking(row: Row, attempts: int, reason: str, now: datetime) -> list[Change]:
    """Return what parks the delivery that *row*, its due row, holds, but for that row's end."""
    lead, destination = row.values["lead"], row.values["destination"]
    key = parked_key(destination, now, lead)
    values = {
        "state": State.PARKED.value,
        "reason": reason,
        "attempts": attempts,
        "index": key,
        "next": "",
        "updated": to_text(now),
        "said": said_in(row),
    }
    return [
        Change("insert", key, dict(row.values) | {"attempts": attempts, "reason": reason}),
        Change("merge", delivery_key(lead, destination), values),
    ]
