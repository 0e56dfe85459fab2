"""Destinations: what Zoho CRM answers of each record.

Codes are from the vendor's own description of the API (zoho/crm-oas, v8.0/record.json) and from
the error tables of insert-records.html and upsert-records.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import httpx

from leadshare.client.answers.json_values import as_object
from leadshare.client.answers.sentences import said_in
from leadshare.client.answers.signs import names_missing_field, sign_of
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Outcome, Rejected
from leadshare.destinations.replies import (
    DEFAULT_HOLD,
    Verdict,
    own_words,
    same,
    throttled_by,
)
from leadshare.destinations.zoho.calls import (
    AT_FAULT,
    THROTTLED,
    clean,
    data,
    field_in,
    id_in,
    points_nowhere,
    refused,
)
from leadshare.reason import Reason, Vendor

CONVERTED: Final = "Converted__s"
"""True once a seller has made the lead a contact (get-records.html)."""

CONTACT: Final = "Converted_Contact"
DETAIL: Final = "$converted_detail"
"""Two ways to say which contact; either may be missing, as public code has seen."""

CONVERSION: Final = (CONVERTED, CONTACT, DETAIL)
"""What is read of a lead to know of its conversion."""

VALUES: Final = {"INVALID_DATA", "LIMIT_EXCEEDED", "PATTERN_NOT_MATCHED"}
"""Codes of a value that is refused."""

FINAL: Final = {
    *("AMBIGUITY_DURING_PROCESSING", "DATA_MISMATCH", "DEPENDENT_FIELD_MISSING"),
    "MANDATORY_NOT_FOUND",
}
"""Codes of a record that is refused as a whole; every other code waits."""

SEVERAL: Final = "MULTIPLE_OR_MULTI_ERRORS"
"""The record has several faults, listed in its details."""

TAKEN: Final = "DUPLICATE_DATA"
"""A unique field has this value in another record."""


class Fault(NamedTuple):
    """One fault of a record."""

    code: str
    field: str
    """The field that it names, "" for none."""
    place: str
    """The record that it collides with."""


def judged(
    answer: httpx.Response, deliveries: Sequence[Delivery], now: datetime
) -> dict[str, Verdict]:
    """Read the answer to a call that wrote, row by row; rows come in the order sent."""
    rows = data(answer)
    if rows is None or len(rows) != len(deliveries):
        return same(deliveries, refused(answer, now, deliveries))
    status = answer.status_code
    return {d.lead: judge(row, d, status) for d, row in zip(deliveries, rows, strict=True)}


def judge(row: Mapping[str, Any], delivery: Delivery, status: int) -> Verdict:
    """Say what *row* means for its record."""
    if is_done(row):
        return Verdict(Accepted(id_in(row["details"])), status)
    code, words = clean(row.get("code")), said_in(row)
    if not code or row.get("status") != "error":
        return Verdict(Deferred(Reason.UNREADABLE_ANSWER), status, failing=True)
    if code == THROTTLED:
        held = throttled_by(words, delivery, status)
        free = Deferred(Reason.THROTTLED, counts=False)
        return (held or Verdict(free, status, DEFAULT_HOLD)).saying(words)
    if code in AT_FAULT:
        return Verdict(Deferred(AT_FAULT[code]), status, failing=True).saying(words)
    outcome = _outcome(faults(row), own_words(words, [delivery]))
    failing = isinstance(outcome, Deferred) and outcome.reason in _SET_UP
    return Verdict(outcome, status, failing=failing).saying(words)


_SET_UP: Final = {Reason.FIELD_MISSING, Reason.REFERENCE_GONE}


def _outcome(found: Sequence[Fault], words: str) -> Outcome:
    first, codes = found[0], {one.code for one in found}
    if "CONVERTED_RECORD" in codes:
        return Rejected(Reason.CLOSED_IN_CRM)
    if TAKEN in codes:
        return Rejected(Reason.DUPLICATE_IN_CRM)
    reason = _waits_for(first, words)
    if reason:
        return Deferred(reason)
    named = f"{first.code}.{first.field}" if first.field else first.code
    values = frozenset(one.field for one in found if one.field) if codes <= VALUES else None
    return Rejected(Vendor.ZOHO.reason(named), fields=values)


def _waits_for(fault: Fault, words: str) -> str:
    """Return what a record waits for that nobody can be blamed for, "" for nothing."""
    if (fault.code, fault.field) == ("INVALID_DATA", "id"):
        return Reason.CHANGED_MEANWHILE  # deleted since it was read
    if names_missing_field(words):
        return Reason.FIELD_MISSING
    if points_nowhere(fault.field, words):
        return Reason.REFERENCE_GONE
    known = fault.code in FINAL or (fault.code in VALUES and sign_of(words) is None)
    return "" if known else Vendor.ZOHO.reason(fault.code)


def is_done(row: Mapping[str, object]) -> bool:
    """Say whether *row* tells of a record that was written or deleted."""
    well = row.get("code") == "SUCCESS" and row.get("status") == "success"
    return well and bool(id_in(as_object(row.get("details"))))


def taken(
    answer: httpx.Response, deliveries: Sequence[Delivery], key: str
) -> tuple[dict[str, str], list[Delivery]]:
    """Return the records because of whose *key* inserts were refused, which are the leads' own.

    And the leads of which nobody says which of their values is taken.
    """
    rows = data(answer) or []
    if len(rows) != len(deliveries):
        return {}, []
    told = [
        (delivery, one)
        for delivery, row in zip(deliveries, rows, strict=True)
        for one in faults(row)
        if one.code == TAKEN
    ]
    places = {d.lead: one.place for d, one in told if one.field == key and one.place}
    return places, [d for d, one in told if not one.field or (one.field == key and not one.place)]


def faults(row: Mapping[str, object]) -> list[Fault]:
    """Return the faults that *row* tells of."""
    details = as_object(row.get("details"))
    listed = details.get("errors")
    if clean(row.get("code")) == SEVERAL and isinstance(listed, list) and listed:
        return [fault for one in listed for fault in faults(as_object(one))]
    other = as_object(details.get("duplicate_record"))
    place = id_in(other) or id_in(details)
    return [Fault(clean(row.get("code")), field_in(row), place)]


def is_ours(row: Mapping[str, object], key: str, lead: str) -> bool:
    """Say whether a record still is a lead's: sellers may have cleared its key."""
    return row.get(key) in (lead, None, "")


def is_converted(row: Mapping[str, object]) -> bool:
    """Say whether a seller has made the lead a contact."""
    return row.get(CONVERTED) is True or bool(contact_of(row))


def contact_of(row: Mapping[str, object]) -> str:
    """Return the id of the contact that a lead has become, "" where that is not told."""
    told = as_object(row.get(DETAIL)).get("contact")
    either = (row.get(CONTACT), told if isinstance(told, Mapping) else {"id": told})
    return next(filter(None, (id_in(as_object(one)) for one in either)), "")
