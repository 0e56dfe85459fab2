"""Counts: what a delivery is counted as: accepted for the first time, and each time it parks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from leadshare.counts.contribution import Contribution, quarter_of, together, unpack
from leadshare.counts.measures import ACCEPTED_IN, Measure, bucket
from leadshare.counts.of_lead import Counted, of_record
from leadshare.playbook import Category
from leadshare.times import from_text


def subject_of(lead: str, destination: str) -> str:
    """Return what names the delivery of a *lead* to a *destination* among all that is counted."""
    return f"{lead}|{destination}"


def accepted(
    column: bytes | None, record: Mapping[str, Any], destination: str, at: datetime, *, timed: bool
) -> Contribution:
    """Return what a delivery is counted as whose *record* was accepted *at* a time.

    Only the first time counts; with each later one it moves to what the lead is of by then. *timed*
    says that it is told how long it took since the last touch.
    """
    _, was = unpack(column)
    if any(Measure.DELIVERED in cells for cells in was.on.values()):
        return _with(was, record, destination, [])
    more: list[Counted] = [(quarter_of(at), Measure.DELIVERED, 1)]
    if timed and record.get("last_touch"):  # what cannot be told keeps nobody from being served
        took = at - from_text(record["last_touch"])
        more.append((quarter_of(at), bucket(ACCEPTED_IN, took), 1))
    return _with(was, record, destination, more)


def parked(
    column: bytes | None, record: Mapping[str, Any], destination: str, at: datetime
) -> Contribution:
    """Return what a delivery is counted as that is parked *at* a time."""
    _, was = unpack(column)
    return _with(was, record, destination, [(quarter_of(at), Measure.PARKED, 1)])


def _with(
    was: Contribution, record: Mapping[str, Any], destination: str, more: list[Counted]
) -> Contribution:
    if record.get("category") != Category.NORMAL:
        return was
    return Contribution(of_record(record, [destination]), together([*_all(was), *more]))


def _all(was: Contribution) -> Iterator[Counted]:
    for quarter, cells in was.on.items():
        yield from ((quarter, measure, number) for measure, number in cells.items())
