"""Destinations: what Salesforce's answers mean, call by call and record by record.

Vendor: developer.salesforce.com, api-rest errorcodes; and StatusCode in the SOAP API guide, whose
codes the results of records carry.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.destinations.answers import DEFAULT_HOLD, every, json_in, refusal

QUOTA: Final = "REQUEST_LIMIT_EXCEEDED"
"""With 403: the org's calls of 24 hours are used up (errorcodes); or, as the message begins, too
many long calls run at once (help.salesforce.com, 000389067)."""
CONCURRENT: Final = "Concurrent"
QUOTA_HOLD: Final = timedelta(hours=1)
"""The 24 hours roll, and no answer says when calls come free."""

UNPARSED: Final = "JSON_PARSER_ERROR"
"""A value that is no value of its field's type: no record of the call was judged."""
TRANSIENT: Final = {
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "LIMIT_EXCEEDED",
    "QUERY_TIMEOUT",
    "REQUEST_RUNNING_TOO_LONG",
    "SERVER_UNAVAILABLE",
    "UNABLE_TO_LOCK_ROW",
    "UNKNOWN_EXCEPTION",
}
"""Codes of a record that may be taken the next time."""

OPERATORS: Final = {
    "INSUFFICIENT_ACCESS": "forbidden",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "forbidden",
    "INSUFFICIENT_ACCESS_OR_READONLY": "forbidden",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "field_forbidden",
    "STORAGE_LIMIT_EXCEEDED": "storage_full",
}
"""Codes of a record that the operator must mend at Salesforce: the record waits."""

AUTOMATION: Final = {"CANNOT_EXECUTE_FLOW_TRIGGER", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"}
"""The publisher's own flow or trigger failed; the message tells why."""
OVERLOADED: Final = ("LimitException", "UNABLE_TO_LOCK_ROW")
"""Reasons that fewer records at once, or the next time, may not meet."""

FINAL: Final = {
    "CANNOT_UPDATE_CONVERTED_LEAD": "closed_in_crm",
    "DUPLICATES_DETECTED": "duplicate_in_crm",
    "DUPLICATE_EXTERNAL_ID": "several_in_crm",
    "ENTITY_IS_DELETED": "deleted_in_crm",
}
"""Codes of a record whose reason has a name of its own."""

TAKEN: Final = "DUPLICATE_VALUE"
"""A unique field has this value in another record; the message names the field."""
NO_RECORD: Final = "INVALID_CROSS_REFERENCE_KEY"
"""The id of a record that is gone for good; or, where fields are named, one that a field holds."""

_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
_ID: Final = re.compile(r"00Q[A-Za-z0-9]{12}([A-Za-z0-9]{3})?")  # the key prefix of leads


_UNREADABLE: Final = Deferred("unreadable_answer")


def is_there(delivery: Delivery) -> bool:
    """Say whether Salesforce has told the id of this lead."""
    return delivery.sent > 0 and bool(_ID.fullmatch(delivery.receipt))


def error_in(response: httpx.Response) -> tuple[str, str]:
    """Return code and message, which may hold lead data, of a refused call; empty for none."""
    rows = json_in(response) if response.is_error else None
    first = rows[0] if isinstance(rows, list) and rows else None
    if not isinstance(first, dict):
        return "", ""
    code = str(first.get("errorCode"))
    return code if _CODE.fullmatch(code) else "", str(first.get("message"))


def call_refused(
    response: httpx.Response, deliveries: Sequence[Delivery], now: datetime
) -> Reply | None:
    """Return what a refusal of the whole call means; None if records were judged."""
    code, message = error_in(response)
    if code != QUOTA:
        return refusal(response, deliveries, now)
    if message.startswith(CONCURRENT):
        outcome, hold = Deferred("throttled", counts=False), DEFAULT_HOLD
    else:
        outcome, hold = Deferred("quota_exhausted", counts=False), QUOTA_HOLD
    return every(deliveries, outcome, status=response.status_code, hold=hold)


def at_fault(outcomes: Sequence[Outcome]) -> bool:
    """Say whether Salesforce itself is at fault: it took no record, and judged one oddly."""
    odd = {"unreadable_answer", *OPERATORS.values()}
    return any(isinstance(o, Deferred) and o.reason in odd for o in outcomes) and not any(
        isinstance(o, Accepted) for o in outcomes
    )


def judge(row: Any, delivery: Delivery, key: str) -> Outcome:
    """Say what *row*, the result of one record, means."""
    if not isinstance(row, dict):
        return _UNREADABLE
    if row.get("success") is True:
        receipt = str(row.get("id"))
        ours = not is_there(delivery) or receipt[:15] == delivery.receipt[:15]
        return Accepted(receipt) if ours and _ID.fullmatch(receipt) else _UNREADABLE
    errors = row.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    return _refused(first, delivery, key) if isinstance(first, dict) else _UNREADABLE


def _refused(error: dict[str, Any], delivery: Delivery, key: str) -> Outcome:
    """Say what the *error* of a record means; its message may hold lead data."""
    code, message = str(error.get("statusCode")), str(error.get("message"))
    if not _CODE.fullmatch(code):
        return _UNREADABLE
    if code == TAKEN:
        # Our own key is taken only by a call of ours that was still under way.
        return Deferred("changed_meanwhile") if key in message else Rejected("duplicate_in_crm")
    if code == NO_RECORD and is_there(delivery) and not error.get("fields"):
        return Rejected("deleted_in_crm")
    if code in AUTOMATION and any(sign in message for sign in OVERLOADED):
        return Deferred(f"salesforce_{code}")
    return _outcome(code)


def _outcome(code: str) -> Outcome:
    if code in OPERATORS:
        return Deferred(OPERATORS[code])
    if code in TRANSIENT:
        return Deferred(f"salesforce_{code}")
    return Rejected(FINAL.get(code, f"salesforce_{code}"))


def seen(part: Any, deliveries: Sequence[Delivery], key: str) -> list[Outcome]:
    """Say which of *deliveries* the answer to their query shows."""
    status = part.get("httpStatusCode") if isinstance(part, dict) else None
    body = part.get("body") if isinstance(part, dict) else None
    if isinstance(status, int) and status != httpx.codes.OK:
        return [Deferred(f"http_{status}")] * len(deliveries)
    rows = body.get("records") if isinstance(body, dict) and body.get("done") is True else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return [_UNREADABLE] * len(deliveries)
    found = {str(row.get(key)).lower(): str(row.get("Id")) for row in rows}
    return [_shown(found.get(delivery.lead)) for delivery in deliveries]


def _shown(receipt: str | None) -> Outcome:
    if receipt is None:
        return Rejected(MISSING)
    return Accepted(receipt) if _ID.fullmatch(receipt) else _UNREADABLE
