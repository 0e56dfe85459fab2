"""Destinations: what Salesforce keeps beside leads: tasks and memberships, made once and deleted.

Vendor: resources-composite-sobjects-collections-create and -delete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx

from leadshare.client.answers.json_values import first_object
from leadshare.client.answers.response import json_in
from leadshare.client.answers.sentences import said, said_in
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery
from leadshare.destinations.narrowing import NOT_SENT
from leadshare.destinations.replies import Verdict, failed, throttled_by, unreadable
from leadshare.destinations.salesforce.answers import (
    CODE,
    CONVERTED,
    DELETED,
    FINAL,
    LACKING,
    OPERATORS,
    TAKEN,
    VALUES,
)
from leadshare.destinations.salesforce.calls import QUOTA, call_refused, used_up
from leadshare.destinations.salesforce.org import COLLECTIONS, Org
from leadshare.destinations.salesforce.queries import size_of
from leadshare.destinations.salesforce.visit import Visit, collection
from leadshare.reason import Reason, Vendor

MOST: Final = 200
"""Records that one call deletes."""

DONE: Final = Verdict(Accepted(), httpx.codes.OK)

_REFUSED: Final = {*OPERATORS, *VALUES, *LACKING, *FINAL, TAKEN} - {*DELETED, CONVERTED}
"""Codes of a record that the org takes from nobody, or not from us, or not as we make it."""


@dataclass(frozen=True, slots=True)
class Extra:
    """One record that is made beside a lead."""

    delivery: Delivery
    name: str
    """What it is known by here, among others of its kind."""
    record: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Kind:
    """What it means that records of a kind are refused, or there already."""

    refused: Verdict
    """A right, an object or a field that is missing is no fault of the lane: leads need none."""
    unique: str = ""
    """The field that keeps each to one; "" where Salesforce itself does."""


def in_calls(extras: Iterable[Extra]) -> list[list[Extra]]:
    """Return what goes in one call each, the first of a lead first; see `SIZES`."""
    sorts: dict[int, list[Extra]] = {}
    for one in extras:
        sorts.setdefault(size_of(one.delivery), []).append(one)
    return [
        group[at : at + size] for size, group in sorts.items() for at in range(0, len(group), size)
    ]


async def put_beside(org: Org, visit: Visit, extras: Iterable[Extra], kind: Kind) -> None:
    """Make *extras* of leads that are taken so far; of each, the first fault is told."""
    for call in in_calls(extras):
        if visit.halted or visit.left < 1:
            found = {one.name: NOT_SENT for one in call}
        else:
            visit.left -= 1
            found = await insert(org, call, kind, visit.now)
        faults: dict[str, Verdict] = {}
        for one in call:
            if visit.taken(one.delivery.lead) and not isinstance(found[one.name].outcome, Accepted):
                faults.setdefault(one.delivery.lead, found[one.name])
        visit.settle(faults)


async def insert(org: Org, call: Sequence[Extra], kind: Kind, now: datetime) -> dict[str, Verdict]:
    """Make *call*; return what became of each, by name. What is there already is made."""
    try:
        response = await collection(org, "POST", [one.record for one in call], now, {})
    except httpx.TransportError as error:
        return dict.fromkeys((one.name for one in call), failed(error))
    deliveries = [one.delivery for one in call]
    if refused := whole(response, now, deliveries, kind.refused):
        return dict.fromkeys((one.name for one in call), refused)
    rows = json_in(response)
    if not isinstance(rows, list) or len(rows) != len(call):
        return dict.fromkeys((one.name for one in call), unreadable(response))
    pairs = zip(rows, call, strict=True)
    return {one.name: judged(row, one.delivery, kind) or DONE for row, one in pairs}


async def remove(
    org: Org, ids: Sequence[str], delivery: Delivery, refused: Verdict, now: datetime
) -> Verdict:
    """Delete the records with *ids*, which are all of one lead; who is gone already is deleted."""
    for first in range(0, len(ids), MOST):
        some = ids[first : first + MOST]
        path = f"{COLLECTIONS}?ids={','.join(some)}&allOrNone=false"
        response = await org.call("DELETE", path, now)
        if fault := whole(response, now, [delivery], refused):
            return fault
        rows = json_in(response)
        if not isinstance(rows, list) or len(rows) != len(some):
            return unreadable(response)
        faults = (None if _gone(row) else judged(row, delivery, Kind(refused)) for row in rows)
        if fault := next(filter(None, faults), None):
            return fault
    return DONE


def _gone(row: object) -> bool:
    error = first_object(row.get("errors")) if isinstance(row, dict) else {}
    return error.get("statusCode") in DELETED


def whole(
    response: httpx.Response, now: datetime, deliveries: Sequence[Delivery], instead: Verdict
) -> Verdict | None:
    """Return what it means that a call was refused as it is; None if records were judged."""
    refused = call_refused(response, now, deliveries)
    forbidden = response.status_code == httpx.codes.FORBIDDEN
    if refused and (refused.hold or not forbidden):
        return refused
    return instead.saying(said(response)) if response.is_error else None


def judged(row: object, delivery: Delivery, kind: Kind) -> Verdict | None:
    """Say what *row*, the result of one record, means; None where it is as it should be."""
    result: Mapping[str, object] = row if isinstance(row, dict) else {}
    if result.get("success") is True:
        return None
    error, words = first_object(result.get("errors")), said_in(result.get("errors"))
    code, fields = str(error.get("statusCode")), error.get("fields")
    named = isinstance(fields, list) and kind.unique in fields
    if code == TAKEN and (named or kind.unique in words):
        return None  # An earlier call made it, whose answer was lost.
    if code == QUOTA:
        return used_up(str(error.get("message")), httpx.codes.OK).saying(words)
    if code == CONVERTED or (code in DELETED and kind.unique):
        # Between our look and the call: the next attempt sees where it lives on.
        return Verdict(Deferred(Reason.CHANGED_MEANWHILE), httpx.codes.OK).saying(words)
    if code in _REFUSED or code in DELETED:
        return kind.refused.saying(words)
    passing = throttled_by(words, delivery, httpx.codes.OK)
    known = CODE.fullmatch(code)
    reason = Vendor.SALESFORCE.reason(code) if known else Reason.UNREADABLE_ANSWER
    return passing or Verdict(Deferred(reason), httpx.codes.OK).saying(words)
