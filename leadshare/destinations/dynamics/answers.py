"""Destinations: what Dataverse's answers mean for one lead.

Vendor pages are cited by their file names in MicrosoftDocs/powerapps-docs.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import httpx

from leadshare.client.answers.json_values import as_object
from leadshare.client.answers.response import object_in
from leadshare.client.answers.signs import names_missing_field, names_missing_reference, sign_of
from leadshare.client.answers.waits import told_wait, wait_in
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Outcome, Rejected
from leadshare.destinations.replies import DEFAULT_HOLD, Verdict, absent, own_words, refusal
from leadshare.reason import Reason, Vendor

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

KEY_NOT_READY: Final = "0x80060891"
"""The alternate key's index is not made yet."""

VALUES: Final = {
    *("0x80040203", "0x8004431a", "0x80044330", "0x80044331", "0x80044332"),
    "0x80048d19",
}
"""Codes of a value that is refused: its length, its range, no such choice, not of its column's
type. What the message says of a column that is not there counts first."""

PLUG_IN: Final = "0x80040265"
"""IsvAborted: the publisher's own plug-in or rule refuses the lead, in its own words."""

_CODE: Final = re.compile(r"0x[0-9a-f]{2,8}")
_RECORD: Final = re.compile(r"\(([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\)$", re.IGNORECASE)
_ABSENT: Final = re.compile(r"'?(\w+)'? With Ids? ?=? ?\S+ Do(es)? Not Exist", re.IGNORECASE)
"""How it is told that a row is not there, of what table: a lead, or what a lead points at."""


def seen(part: httpx.Response | None, delivery: Delivery, now: datetime) -> Verdict:
    """Say whether *part*, the answer to a search or a look-up, shows the lead."""
    if part is not None and error_in(part)[0] != NO_SUCH_TABLE:
        if part.status_code == httpx.codes.NOT_FOUND:
            return Verdict(Rejected(Reason.NOT_FOUND_AFTER_ACCEPT))
        if part.is_success and isinstance(object_in(part).get("statecode"), int):
            record_id = str(object_in(part).get("leadid", "")) or delivery.record_id
            return Verdict(Accepted(record_id))
    return judge(part, delivery, now)


def judge(part: httpx.Response | None, delivery: Delivery, now: datetime) -> Verdict:
    """Say what *part* of an answer means for *delivery* alone."""
    if part is None:
        return Verdict(Deferred(Reason.NO_ANSWER), failing=True)
    code, message = error_in(part)
    if code in THROTTLED:
        hold = told_wait(part, now) or wait_in(message) or DEFAULT_HOLD
        return Verdict(Deferred(Reason.THROTTLED, counts=False, said=message), hold=hold)
    if reason := _lacking(code, own_words(message, [delivery])):
        return Verdict(Deferred(reason, said=message), failing=True)
    if verdict := refusal(part, now, [delivery]):
        return verdict
    told = Verdict(_outcome(part, code, delivery))
    return told if part.is_success else told.saying(message)


def refused(part: httpx.Response, now: datetime) -> str:
    """Return the reason why *part*, the answer to a question about no one lead, tells nothing."""
    code, message = error_in(part)
    if code in THROTTLED:
        return Reason.THROTTLED
    if lacking := _lacking(code, message):
        return lacking
    verdict = refusal(part, now)
    return verdict.reason if verdict else Vendor.DATAVERSE.reason(code or part.status_code)


def _lacking(code: str, words: str) -> str:
    """Return what an operator must mend before any lead can be written, "" for nothing."""
    if code == NO_SUCH_TABLE:
        return Reason.TABLE_MISSING
    if code == KEY_NOT_READY or words.startswith(KEY_REFUSED):
        return Reason.KEY_MISSING
    if names_missing_field(words):
        return Reason.FIELD_MISSING
    absent_row = _ABSENT.search(words)
    if absent_row:
        return "" if absent_row[1].lower() == "lead" else Reason.REFERENCE_GONE
    return Reason.REFERENCE_GONE if names_missing_reference(words) else ""


def _outcome(part: httpx.Response, code: str, delivery: Delivery) -> Outcome:
    status = part.status_code
    if status in (httpx.codes.CREATED, httpx.codes.NO_CONTENT):
        return Accepted(_record_id(part))
    if part.is_success:
        return Deferred(Reason.UNREADABLE_ANSWER)
    if status == httpx.codes.NOT_FOUND:
        return absent(delivery)
    if code == DUPLICATE_RULE or (code in DUPLICATE_KEYS and delivery.known):
        return Rejected(Reason.DUPLICATE_IN_CRM)
    if status == httpx.codes.PRECONDITION_FAILED or code in DUPLICATE_KEYS:
        return Deferred(Reason.CHANGED_MEANWHILE)  # the next attempt looks it up
    return _by_words(code, Vendor.DATAVERSE.reason(code or status), error_in(part)[1], delivery)


def _by_words(code: str, reason: str, message: str, delivery: Delivery) -> Outcome:
    """Reject what is known to be the lead's fault, unless the words tell of the moment."""
    passes = sign_of(own_words(message, [delivery])) is not None
    if passes or code not in {PLUG_IN, *VALUES}:
        return Deferred(reason)
    # No code names a column: the message does.
    return Rejected(reason, fields=frozenset())


def _record_id(part: httpx.Response) -> str:
    """Return the lead's GUID; a lead addressed by an alternate key is answered with that key."""
    found = _RECORD.search(part.headers.get("odata-entityid", ""))
    return found[1].lower() if found else ""


def lead_is_gone(message: str) -> bool:
    """Say whether *message* tells that a lead is not there."""
    found = _ABSENT.search(message)
    return found is not None and found[1].lower() == "lead"


def error_in(part: httpx.Response) -> tuple[str, str]:
    """Return the code, nothing if it says nothing, and the message, which may hold lead data."""
    error = as_object(object_in(part).get("error"))
    code = str(error.get("code")).lower()
    return code if _CODE.fullmatch(code) else "", str(error.get("message"))
