"""Destinations: what Dataverse's answers mean for one lead.

Vendor pages are cited by their file names in MicrosoftDocs/powerapps-docs.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

import httpx

from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.destinations.answers import DEFAULT_HOLD, every, object_in, refusal, retry_after

OPEN: Final = 0
"""statecode: 1 is qualified, 2 disqualified (the Lead Entity Reference)."""

THROTTLED: Final = {"0x80072321", "0x80072322", "0x80072326"}
"""The service protection limits: execution time, requests, concurrency (api-limits.md)."""

NO_SUCH_TABLE: Final = "0x8006088a"
"""Resource not found for the segment: no Dynamics 365 Sales in this environment."""

KEY_REFUSED: Final = "The key in the request URI is not valid"
"""How the message begins, whose code says less (use-alternate-key-reference-record.md)."""

DUPLICATE_RULE: Final = "0x80040333"
"""DuplicateRecordsFound: the publisher's own rule refuses the lead."""

DUPLICATE_KEYS: Final = {"0x80040237", "0x80060892"}
"""DuplicateRecord, DuplicateRecordEntityKey: a primary or alternate key is taken."""

_CODE: Final = re.compile(r"0x[0-9a-f]{2,8}")
_ETAG: Final = re.compile(r'(W/)?"[!#-~]*"')
_RECORD: Final = re.compile(r"\(([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\)$", re.IGNORECASE)

# `read` is given no time, and a part's Retry-After is in seconds (api-limits.md): a date is past.
_LAST: Final = datetime.max.replace(tzinfo=UTC)


def seen(part: httpx.Response | None, delivery: Delivery) -> Reply:
    """Say whether *part*, the answer to a look-up, shows the lead."""
    if part is not None and _error(part)[0] != NO_SUCH_TABLE:
        if part.status_code == httpx.codes.NOT_FOUND:
            return every((delivery,), Rejected(MISSING))
        if part.is_success and isinstance(object_in(part).get("statecode"), int):
            receipt = str(object_in(part).get("leadid", "")) or delivery.receipt
            return every((delivery,), Accepted(receipt))
    return judge(part, delivery)


def etag(part: httpx.Response | None, delivery: Delivery) -> str | None:
    """Return the etag to update under, "" to create, None to leave the lead as it is."""
    if part is None:
        return None
    if part.status_code == httpx.codes.NOT_FOUND:
        return None if delivery.sent else ""  # an earlier attempt never arrived
    found = object_in(part)
    text = str(found.get("@odata.etag"))
    is_open = part.status_code == httpx.codes.OK and found.get("statecode") == OPEN
    return text if is_open and _ETAG.fullmatch(text) else None


def judge(part: httpx.Response | None, delivery: Delivery) -> Reply:
    """Say what *part* of an answer means for *delivery* alone."""
    ours = (delivery,)
    if part is None:
        return every(ours, Deferred("no_answer"), failing=True)
    code, message = _error(part)
    if code in THROTTLED:
        hold = retry_after(part, _LAST) or DEFAULT_HOLD
        return every(ours, Deferred("throttled", counts=False), hold=hold)
    if code == NO_SUCH_TABLE:
        return every(ours, Deferred("table_missing"), failing=True)
    if message.startswith(KEY_REFUSED):
        return every(ours, Deferred("key_missing"), failing=True)
    return refusal(part, ours, _LAST) or every(ours, _outcome(part, code, delivery))


def _outcome(part: httpx.Response, code: str, delivery: Delivery) -> Outcome:
    status = part.status_code
    if status in (httpx.codes.CREATED, httpx.codes.NO_CONTENT):
        return Accepted(_receipt(part))
    if part.is_success:
        return _not_written(part)
    if status == httpx.codes.NOT_FOUND:
        return Rejected("deleted_in_crm") if delivery.sent else Deferred("changed_meanwhile")
    if code == DUPLICATE_RULE or (code in DUPLICATE_KEYS and delivery.known):
        return Rejected("duplicate_in_crm")
    if status == httpx.codes.PRECONDITION_FAILED or code in DUPLICATE_KEYS:
        return Deferred("changed_meanwhile")  # the next attempt looks it up
    return Rejected(f"dataverse_{code or status}")


def _not_written(part: httpx.Response) -> Outcome:
    """Read a look-up that no write followed."""
    state = object_in(part).get("statecode")
    if not isinstance(state, int):
        return Deferred("unreadable_answer")
    return Deferred("changed_meanwhile") if state == OPEN else Rejected("closed_in_crm")


def _receipt(part: httpx.Response) -> str:
    """Return the lead's GUID; a lead addressed by an alternate key is answered with that key."""
    found = _RECORD.search(part.headers.get("odata-entityid", ""))
    return found[1].lower() if found else ""


def _error(part: httpx.Response) -> tuple[str, str]:
    """Return the code, nothing if it says nothing, and the message, which may hold lead data."""
    error = object_in(part).get("error")
    if not isinstance(error, dict):
        return "", ""
    code = str(error.get("code")).lower()
    return code if _CODE.fullmatch(code) else "", str(error.get("message"))
