"""Deliveries: what follows from an attempt, from a look-up of its record, or an order."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Final

from leadshare.deliveries.delivery import (
    LOOK_UPS,
    TOO_OLD,
    Accepted,
    Deferred,
    Delivery,
    Kind,
    Outcome,
    Rejected,
    State,
    rank_of,
)
from leadshare.deliveries.ledger.attempt import Attempt, attempted
from leadshare.deliveries.ledger.counting import with_count
from leadshare.deliveries.ledger.deferring import deferred
from leadshare.deliveries.ledger.forgetting import finish_forgetting, is_forgetting
from leadshare.deliveries.ledger.owing import owe
from leadshare.deliveries.ledger.reminding import finish_reminder, is_reminder
from leadshare.deliveries.ledger.story import NO_STORY, unpack
from leadshare.deliveries.ledger.values import (
    correct,
    index_values,
    is_unproven,
    moved_key,
    owed_since,
    parking,
    to_delivery,
    was_tried,
    with_said,
)
from leadshare.reason import Reason
from leadshare.store.keys import attempt_key, delivery_key, due_key
from leadshare.store.table import Change, Row
from leadshare.times import to_text

NOTHING_THERE: Final = {"sent": 0, "tried": False, "unproven": False}
"""What the rows of a delivery say whose record is not there, whatever was told of it."""


def finish(  # noqa: PLR0913 - what the next due time hangs on
    row: Row,
    attempt: Attempt,
    schedule: tuple[float, ...],
    not_before: datetime,
    chance: float,
    *,
    look_up: bool = False,
) -> list[Change]:
    """Return what follows from *attempt* at the delivery that *row*, its due row, holds.

    *look_up* says that an accepted record is to be read back.

    Every change of a due delivery replaces its due row, so that the due row's etag guards all
    rows of the delivery: `Conflict` if anything has happened to it since it was read.
    """
    if is_reminder(row):
        return finish_reminder(row, attempt, schedule, not_before, chance)
    if is_forgetting(row):
        return finish_forgetting(row, attempt, schedule, not_before, chance)
    delivery, outcome = attempt.delivery, attempt.outcome
    told = with_said(row, outcome.said)
    if isinstance(outcome, Accepted):
        changes = _delivered(delivery, outcome, attempt.at, look_up=look_up)
    elif look_up and delivery.unproven and outcome == Rejected(Reason.DELETED_IN_CRM):
        # No look-up came before the newer version, and no person has had the record to delete.
        changes = _lost(told, attempt.at)
    elif isinstance(outcome, Rejected):
        changes = parking(told, delivery.attempts + 1, outcome.reason, attempt.at)
    else:
        changes = deferred(told, attempt, outcome, schedule, not_before, chance)
    counted = with_count(changes, row.values, attempt.at, follows_up=attempt.follows_up)
    return [Change("delete", row.key, etag=row.etag), *counted, attempted(attempt)]


def finish_look_up(row: Row, outcome: Outcome, now: datetime, not_before: datetime) -> list[Change]:
    """Return what follows from a look-up of the accepted record that *row*, its due row, holds.

    Guarded by the due row's etag as `finish` is.
    """
    values = row.values
    lead, destination = values["lead"], values["destination"]
    gone = Change("delete", row.key, etag=row.etag)
    if isinstance(outcome, Accepted):
        left = {"unproven": False, "index": "", "next": "", "updated": to_text(now)}
        found = {"found_at": to_text(now), **left}
        return [gone, Change("merge", delivery_key(lead, destination), found)]
    # Whatever else a look-up is told says nothing of whether the record is there.
    look_ups = values["attempts"] + (outcome == Rejected(Reason.NOT_FOUND_AFTER_ACCEPT))
    if look_ups >= len(LOOK_UPS):
        lost = _lost(with_said(row, outcome.said), now)
        return [gone, *with_count(lost, values, now)]
    age = now - owed_since(row)
    if age > TOO_OLD:
        # Nobody answers: it stays accepted, and is not said to have been found.
        left = {"index": "", "next": "", "updated": to_text(now)}
        return [gone, Change("merge", delivery_key(lead, destination), left)]
    wait = timedelta(seconds=LOOK_UPS[look_ups])
    if look_ups == values["attempts"]:
        wait = max(wait, age / 10)
    key, due = moved_key(row, max(now + wait, not_before))
    moved = {"index": key, "next": to_text(due), "updated": to_text(now)}
    return [
        gone,
        Change("insert", key, {**values, "attempts": look_ups}),
        Change("merge", delivery_key(lead, destination), moved),
    ]


def _lost(row: Row, now: datetime) -> list[Change]:
    """Return what parks a delivery whose record was accepted and was never found.

    It is not there, so that nothing of it was sent: a replay must write it anew.
    """
    rank = rank_of(json.loads(row.values["record"]))
    anew = {"kind": Kind.DELIVER.value, "rank": rank, **NOTHING_THERE}
    values = {**row.values, **anew}
    [parked, delivery] = parking(
        Row(row.partition, row.key, values), 0, Reason.NOT_FOUND_AFTER_ACCEPT, now
    )
    return [parked, Change("merge", delivery.key, {**delivery.values, **NOTHING_THERE})]


def finish_late(attempt: Attempt, now: Row, lead: Row) -> list[Change]:
    """Return what follows from *attempt* when the delivery was changed while it was on its way.

    *now* is the delivery's row as it is, *lead* the lead's row. What somebody else
    wrote stays, but for two things: where a newer version was accepted in the meantime, ours may
    have arrived after it, so the newer is owed again; and where none was, ours may have made the
    record, so that the next attempt is a repeat.
    """
    delivery, values = attempt.delivery, now.values
    took = attempt.outcome if isinstance(attempt.outcome, Accepted) else None
    maybe = isinstance(attempt.outcome, Deferred) and attempt.outcome.counts
    version, state = delivery.version, values["state"]
    changes: list[Change] = []
    if version < values["sent"] and (took or maybe):
        if state == State.DELIVERED:
            record = json.loads(lead.values["record"])
            destination = delivery.destination
            changes = owe(
                now,
                delivery.lead,
                destination,
                record,
                attempt.at,
                story=unpack(lead.values["story"]),
                sent=version,
                trace=delivery.trace,
            )
        else:
            changes = correct(now, {"sent": version}, lead)
    elif took and version == values["wanted"] and state != State.DELIVERED:
        changes = _delivered(delivery, took, attempt.at, now.etag)
        changes += [Change("delete", values["index"])] if values["index"] else []
    elif took and version > values["sent"]:
        record_id = took.record_id or values["record_id"]
        unproven = is_unproven(now) or not values["sent"]
        told = {"sent": version, "record_id": record_id, "unproven": unproven}
        changes = correct(now, told, lead)
    elif maybe and not was_tried(now):
        changes = correct(now, {"tried": True}, lead)
    # Under the etag of the delivery, for with the customer it may just have been erased.
    changes = changes or [Change("merge", now.key, {}, now.etag)]
    went = {**values, "record": json.dumps(delivery.record)}
    counted = with_count(changes, went, attempt.at, follows_up=attempt.follows_up)
    return [*counted, attempted(attempt)]


def done(row: Row, now: datetime, by: str) -> list[Change]:
    """Say that a person, *by* name, did what the delivery is about that *row*, parked, holds.

    It is delivered from now on, at the version that was parked. The parked row's etag guards it:
    `Conflict` if a newer version is owed by now, or somebody was faster.
    """
    delivery = to_delivery(row)
    [delivered] = _delivered(delivery, Accepted(), now)
    attempt = {"version": delivery.version, "outcome": "done", "reason": row.values["reason"]}
    changes = [Change("merge", delivered.key, {**delivered.values, "done_by": by})]
    return [
        Change("delete", row.key, etag=row.etag),
        *with_count(changes, row.values, now, timed=False),
        Change(
            "upsert",
            attempt_key(delivery.lead, delivery.destination, now),
            attempt | {"status": 0, "milliseconds": 0},
        ),
    ]


def _delivered(
    delivery: Delivery, outcome: Accepted, now: datetime, etag: str = "", *, look_up: bool = False
) -> list[Change]:
    lead, destination = delivery.lead, delivery.destination
    rank = rank_of(delivery.record, Kind.LOOK_UP)
    at = now + timedelta(seconds=LOOK_UPS[0])
    # An update was accepted because there is a record, which a look-up may have found.
    unproven = delivery.unproven or not delivery.sent
    key = due_key(destination, rank, at, lead)
    values = {
        "state": State.DELIVERED.value,
        "reason": "",
        "sent": delivery.version,
        "attempts": delivery.attempts + 1,
        "unproven": unproven,
        "record_id": outcome.record_id or delivery.record_id,
        "index": key if look_up else "",
        "next": to_text(at) if look_up else "",
        "updated": to_text(now),
        "said": outcome.said,
    }
    changes = [Change("merge", delivery_key(lead, destination), values, etag)]
    if look_up:
        due = index_values(delivery, Kind.LOOK_UP, rank) | {
            "sent": delivery.version,
            "unproven": unproven,
            "story": NO_STORY,
            "record_id": values["record_id"],
            "owed_since": to_text(now),
        }
        changes.append(Change("insert", key, due))
    return changes
