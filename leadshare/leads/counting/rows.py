"""Leads: the column and the row that tell that a lead is counted otherwise from now on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from leadshare.counts.contribution import quarter_of, unpack
from leadshare.counts.measures import BY_CATEGORY, Measure
from leadshare.counts.of_lead import Counted, counted, is_contact, of_record, touches_of
from leadshare.counts.outbox import count
from leadshare.deliveries.record import Record
from leadshare.leads.held import Held
from leadshare.leads.lead import Lead
from leadshare.playbook import Category
from leadshare.store.table import Change, Row

Counting = tuple[dict[str, object], list[Change]]
"""The column of a lead's row, and the row that is written with it."""

UNCOUNTED: Final[Counting] = ({}, [])
"""What changes of a lead that was there before anything was counted: a recount begins with it."""


def touched(lead: Lead) -> Iterator[Counted]:
    """Yield what is counted of the touches of a *lead*, each when it was received."""
    for touch in (*lead.own, *lead.aside):
        repeats = touch.category is lead.category and touch.id not in lead.counted
        measure = Measure.REPEATS if repeats else BY_CATEGORY[touch.category]
        yield quarter_of(touch.received), measure, 1


def risen(  # noqa: PLR0913, PLR0917 - what a lead is counted by
    held: Held,
    lead: Lead,
    row: Mapping[str, Any],
    record: Record,
    destinations: Sequence[str],
    now: datetime,
) -> Counting:
    """Return how a *lead* is counted at a new version, of which its *row* and *record* tell.

    Its contact is counted with the first normal lead that it has.
    """
    before = held.leads.get(lead.id)
    column, contact = _column(before), _brings_contact(held, lead)
    told = counted(of_record(record, destinations), touched(lead), row, contact=contact)
    column, changes = count(column, told, lead.id, now)
    return {"counted": column}, changes


def _brings_contact(held: Held, lead: Lead) -> bool:
    """Say whether its contact is counted with a *lead*: it has no other yet, or none that is."""
    before = held.leads.get(lead.id)
    if before is None or before.values["category"] != Category.NORMAL:
        return not held.count("listings")
    if column := _column(before):
        return is_contact(unpack(column)[1])
    return not any(is_contact(unpack(_column(row))[1]) for row in held.leads.values())


def _column(row: Row | None) -> bytes | None:
    """Return what a lead is counted as by its *row*; None of one of before anything was."""
    return (row.values.get("counted") or None) if row else None


def again(
    before: Row,
    columns: Mapping[str, object],
    now: datetime,
    *,
    lead: Lead | None = None,
    destinations: Sequence[str] = (),
) -> Counting:
    """Return how a lead is counted whose row, as read *before*, has other *columns* now.

    Its touches are those of *lead* where that is told, else as they were; so are *destinations*.
    """
    column, row = _column(before), {**before.values, **columns}
    if column is None:
        return UNCOUNTED
    _, was = unpack(column)
    of = {**was.of, "destination": tuple(destinations)} if destinations else was.of
    touches = touched(lead) if lead else touches_of(was)
    told = counted(of, touches, row, contact=is_contact(was))
    column, changes = count(column, told, row["lead"], now)
    return {"counted": column}, changes
