"""Destinations: what Zoho CRM answers, read call by call and record by record.

Codes are from the vendor's own description of the API (zoho/crm-oas, v8.0/record.json) and from
the error tables of insert-records.html and upsert-records.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from leadshare.core.delivery import Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.destinations.answers import (
    DEFAULT_HOLD,
    as_object,
    every,
    object_in,
    refusal,
    retry_after,
    singly,
)

CONVERTED: Final = "Converted__s"
"""True once a seller has made the lead a contact (get-records.html)."""

HELD: Final = {
    # Credits come back over 24 hours, little by little (api-limits.html).
    "LIMIT_REACHED": ("quota_exhausted", timedelta(hours=1)),
    "LIMIT_EXCEEDED": ("quota_exhausted", timedelta(hours=1)),
    "TOO_MANY_REQUESTS": ("throttled", DEFAULT_HOLD),
}
"""What it is when there were too many calls, and how long to rest unless it says."""

AT_FAULT: Final = {
    "INVALID_TOKEN": "unauthorised",
    "AUTHENTICATION_FAILURE": "unauthorised",
    # The client's scopes or the user's profile lack something, whatever status says so.
    "OAUTH_SCOPE_MISMATCH": "forbidden",
    "NO_PERMISSION": "forbidden",
    "AUTHORIZATION_FAILED": "forbidden",
    "INVALID_MODULE": "module_missing",
    "STORAGE_SPACE_EXCEEDED": "storage_full",
    "INTERNAL_ERROR": "zoho_INTERNAL_ERROR",
}
"""What is not the record's fault."""

LATER: Final = {"RECORD_LOCKED", "RECORD_IN_BLUEPRINT", "ALREADY_MODIFIED"}
"""A seller is at the record, or a process that it is in forbids the change for now."""

SEVERAL: Final = "MULTIPLE_OR_MULTI_ERRORS"
"""The record has several faults, listed in its details."""

_ID: Final = re.compile(r"[0-9]{1,20}")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_]")


def data(answer: httpx.Response, name: str = "data") -> list[dict[str, Any]] | None:
    """Return the rows answered, None if the call was refused as a whole or makes no sense.

    Nothing found is 204. Where every record is refused, the status may be 400 all the same.
    """
    if answer.status_code == httpx.codes.NO_CONTENT:
        return []
    if not answer.is_success and answer.status_code != httpx.codes.BAD_REQUEST:
        return None
    rows = object_in(answer).get(name)
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return rows
    return None


def by_key(answer: httpx.Response, key: str) -> dict[str, list[str]] | None:
    """Return the ids of the records found by what they hold in the field *key*."""
    rows = data(answer)
    if rows is None or not all(id_in(row) for row in rows):
        return None
    ids: dict[str, list[str]] = {}
    for row in rows:
        ids.setdefault(str(row.get(key)), []).append(id_in(row))
    return ids


def id_in(row: Mapping[str, Any]) -> str:
    """Return the record's id, nothing if it is none: it goes into an address."""
    text = str(row.get("id", ""))
    return text if _ID.fullmatch(text) else ""


def refused(answer: httpx.Response, deliveries: Sequence[Delivery], now: datetime) -> Reply:
    """Return what a call that judged no record means for *deliveries*."""
    status = answer.status_code
    code = _clean(object_in(answer).get("code"))
    if code in HELD:
        reason, shortest = HELD[code]
        hold = retry_after(answer, now) or shortest
        return every(deliveries, Deferred(reason, counts=False), status=status, hold=hold)
    if code not in AT_FAULT and (reply := refusal(answer, deliveries, now)):
        return reply
    return every(deliveries, Deferred(refusal_code(answer)), status=status, failing=True)


def refusal_code(answer: httpx.Response) -> str:
    """Name why a call as a whole was refused."""
    code = _clean(object_in(answer).get("code"))
    if code in AT_FAULT:
        return AT_FAULT[code]
    if answer.is_success:
        return "unreadable_answer"
    return f"zoho_{code}" if code else f"http_{answer.status_code}"


def judged(
    answer: httpx.Response, deliveries: Sequence[Delivery], now: datetime
) -> dict[str, Reply]:
    """Read the answer to a call that wrote, row by row; rows come in the order sent."""
    rows = data(answer)
    if rows is None or len(rows) != len(deliveries):
        return singly(refused(answer, deliveries, now), deliveries)
    return {
        d.lead: replace(judge(row, d), status=answer.status_code)
        for d, row in zip(deliveries, rows, strict=True)
    }


def judge(row: Mapping[str, Any], delivery: Delivery) -> Reply:
    """Say what *row* means for *delivery*."""
    ours = (delivery,)
    if is_done(row):
        return every(ours, Accepted(id_in(row["details"])))
    code = _clean(row.get("code"))
    if code in HELD:
        reason, hold = HELD[code]
        return every(ours, Deferred(reason, counts=False), hold=hold)
    if code in AT_FAULT:
        return every(ours, Deferred(AT_FAULT[code]), failing=True)
    if not code or row.get("status") != "error":
        return every(ours, Deferred("unreadable_answer"), failing=True)
    return every(ours, _outcome(faults(row)))


def _outcome(found: Sequence[tuple[str, str, str]]) -> Outcome:
    code, field, _ = found[0]
    if code in LATER:
        return Deferred(f"zoho_{code}")
    if code == "CONVERTED_RECORD":
        return Rejected("closed_in_crm")
    if any(one == "DUPLICATE_DATA" for one, _, _ in found):
        return Rejected("duplicate_in_crm")
    if (code, field) == ("INVALID_DATA", "id"):
        return Deferred("changed_meanwhile")  # deleted since it was read
    return Rejected(f"zoho_{code}.{field}" if field else f"zoho_{code}")


def is_done(row: Mapping[str, Any]) -> bool:
    """Say whether *row* tells of a record that was written or deleted."""
    details = row.get("details")
    well = row.get("code") == "SUCCESS" and row.get("status") == "success"
    return well and isinstance(details, dict) and bool(id_in(details))


def holders(answer: httpx.Response, deliveries: Sequence[Delivery], key: str) -> dict[str, str]:
    """Return the records because of whose *key* an insert was refused: they are the lead's."""
    rows = data(answer) or []
    if len(rows) != len(deliveries):
        return {}
    return {
        delivery.lead: place
        for delivery, row in zip(deliveries, rows, strict=True)
        for code, field, place in faults(row)
        if code == "DUPLICATE_DATA" and field == key and place
    }


def faults(row: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the faults that *row* tells of: code, field, and the record that it collides with."""
    details = as_object(row.get("details"))
    listed = details.get("errors")
    if _clean(row.get("code")) == SEVERAL and isinstance(listed, list) and listed:
        return [fault for one in listed for fault in faults(as_object(one))]
    other = as_object(details.get("duplicate_record"))
    place = id_in(other) or id_in(details)
    return [(_clean(row.get("code")), _clean(details.get("api_name")), place)]


def closed(row: Mapping[str, Any] | None, delivery: Delivery, key: str) -> Outcome | None:
    """Say why the record read as *row* must be left alone, None if it may be updated."""
    if row is None or row.get(key) not in (delivery.lead, None, ""):
        return Rejected("deleted_in_crm") if delivery.sent else Deferred("changed_meanwhile")
    return Rejected("closed_in_crm") if row.get(CONVERTED) is True else None


def _clean(code: Any) -> str:
    """Return a code or name of the vendor's that is fit for a reason."""
    return _UNSAFE.sub("", code)[:30] if isinstance(code, str) else ""
