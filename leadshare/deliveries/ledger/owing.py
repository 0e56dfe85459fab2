"""Deliveries: what makes a delivery due, or takes it out of the way, without any request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from leadshare.deliveries.delivery import Delivery, Kind, State, rank_of
from leadshare.deliveries.ledger.counting import with_count
from leadshare.deliveries.ledger.forgetting import give_up_forgetting, is_forgetting
from leadshare.deliveries.ledger.reminding import drop, is_reminder
from leadshare.deliveries.ledger.stepping import drop_step, is_step
from leadshare.deliveries.ledger.story import above
from leadshare.deliveries.ledger.values import (
    delivery_values,
    index_of,
    index_values,
    parking,
    story_above,
    was_tried,
)
from leadshare.deliveries.record import Entry, Record
from leadshare.reason import Reason
from leadshare.store.keys import delivery_key, due_key
from leadshare.store.table import Change, Row, move, put
from leadshare.times import to_text


def owe(  # noqa: PLR0913 - what a delivery is made of
    before: Row | None,
    lead: str,
    destination: str,
    record: Record,
    now: datetime,
    *,
    story: Sequence[Entry] = (),
    sent: int | None = None,
    trace: str = "",
) -> list[Change]:
    """Owe *record* to *destination* from *now* on; *before* is the delivery's row, if any.

    Of the *story* goes what is above the version sent. *trace* is the traceparent that its attempts
    go on with. *sent* corrects the version that was accepted last.
    """
    rank = rank_of(record)
    key = due_key(destination, rank, now, lead)
    values = delivery_values(before, lead, destination, record["version"], now)
    if sent is not None:
        values["sent"] = sent
    values |= {"state": State.DUE.value, "index": key, "next": to_text(now)}
    owed = Delivery(
        lead,
        destination,
        record["version"],
        record,
        now,
        0,
        values["sent"],
        values["record_id"],
        trace,
        values["tried"],
        values["unproven"],
        tuple(reversed(above(story, values["sent"]))),
        counted=values["counted"],
    )
    due = index_values(owed, Kind.DELIVER, rank)
    return [put(before, delivery_key(lead, destination), values), *move(index_of(before), key, due)]


def suppress(  # noqa: PLR0913, PLR0917 - what a delivery is made of
    before: Row | None, lead: str, destination: str, version: int, reason: str, now: datetime
) -> list[Change]:
    """Say that the lead must not go to *destination*, by the rule named *reason*."""
    values = delivery_values(before, lead, destination, version, now)
    values |= {"state": State.SUPPRESSED.value, "reason": reason}
    return [put(before, delivery_key(lead, destination), values), *move(index_of(before), "", {})]


def park(row: Row, reason: str, now: datetime) -> list[Change]:
    """Park the delivery that *row*, its due row, holds; no request leaves for it.

    A reminder is dropped, and so is a step: nobody could do anything about it later.
    """
    if is_reminder(row):
        return drop(row, reason, now)
    if is_forgetting(row):
        return give_up_forgetting(row, reason, now)
    if is_step(row):
        return drop_step(row, reason, now)
    changes = parking(row, row.values["attempts"], reason, now)
    told = with_count(changes, row.values, now)
    return [Change("delete", row.key, etag=row.etag), *told]


def is_written_anew(row: Row) -> bool:
    """Say whether the record that a parked *row* is about is not there, though it was accepted."""
    return bool(row.values["reason"] == Reason.NOT_FOUND_AFTER_ACCEPT)


def replay(row: Row, now: datetime, lead: Row | None = None) -> list[Change]:
    """Make the delivery that *row*, its parked row, holds due again, from its first attempt.

    With the row of its *lead* it takes record and story anew from there, as what is to be written
    once more must: see `is_written_anew`.
    """
    values = {**row.values}
    if lead:
        values |= {"record": lead.values["record"], "story": story_above(lead, values["sent"])}
    key = due_key(values["destination"], values["rank"], now, values["lead"])
    anew = {"attempts": 0, "tried": was_tried(row)}
    delivery = {
        "state": State.DUE.value,
        "reason": "",
        "said": "",
        "index": key,
        "next": to_text(now),
        "updated": to_text(now),
        **anew,
    }
    kept = {name: value for name, value in values.items() if name not in {"reason", "said"}}
    return [
        Change("delete", row.key, etag=row.etag),
        Change("insert", key, kept | anew | {"owed_since": to_text(now)}),
        Change("merge", delivery_key(values["lead"], values["destination"]), delivery),
    ]
