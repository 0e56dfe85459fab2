"""Core: what makes a delivery due, or takes it out of the way, without any request."""

from __future__ import annotations

from datetime import datetime

from leadshare.core.delivery import (
    Delivery,
    Kind,
    State,
    rank_of,
)
from leadshare.core.ledger.values import delivery_values, index_values, move, parking, was_tried
from leadshare.core.record import Record
from leadshare.core.rows import (
    Change,
    Row,
    delivery_key,
    due_key,
    put,
)
from leadshare.core.times import to_text


def owe(  # noqa: PLR0913 - what a delivery is made of
    before: Row | None,
    lead: str,
    destination: str,
    record: Record,
    now: datetime,
    *,
    sent: int | None = None,
    trace: str = "",
) -> list[Change]:
    """Owe *record* to *destination* from *now* on; *before* is the delivery's row, if any.

    *trace* is the traceparent that its attempts go on with. *sent* corrects the version that was
    accepted last.
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
        values["receipt"],
        trace,
        values["tried"],
    )
    due = index_values(owed, Kind.DELIVER, rank)
    return [put(before, delivery_key(lead, destination), values), *move(before, key, due)]


def suppress(  # noqa: PLR0913, PLR0917 - what a delivery is made of
    before: Row | None, lead: str, destination: str, version: int, reason: str, now: datetime
) -> list[Change]:
    """Say that the lead must not go to *destination*, by the rule named *reason*."""
    values = delivery_values(before, lead, destination, version, now)
    values |= {"state": State.SUPPRESSED.value, "reason": reason}
    return [put(before, delivery_key(lead, destination), values), *move(before, "", {})]


def park(row: Row, reason: str, now: datetime) -> list[Change]:
    """Park the delivery that *row*, its due row, holds; no request leaves for it."""
    changes = parking(row, row.values["attempts"], reason, now)
    return [Change("delete", row.key, etag=row.etag), *changes]


def replay(row: Row, now: datetime) -> list[Change]:
    """Make the delivery that *row*, its parked row, holds due again, from its first attempt."""
    values = row.values
    key = due_key(values["destination"], values["rank"], now, values["lead"])
    anew = {"attempts": 0, "tried": was_tried(row)}
    delivery = {
        "state": State.DUE.value,
        "reason": "",
        "index": key,
        "next": to_text(now),
        "updated": to_text(now),
        **anew,
    }
    kept = {name: value for name, value in values.items() if name != "reason"}
    return [
        Change("delete", row.key, etag=row.etag),
        Change("insert", key, kept | anew | {"owed_since": to_text(now)}),
        Change("merge", delivery_key(values["lead"], values["destination"]), delivery),
    ]
