"""Destinations: what Salesforce's answer to a call as a whole means.

Vendor: developer.salesforce.com, api-rest errorcodes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import httpx

from leadshare.client.answers.json_values import first_object
from leadshare.client.answers.response import json_in
from leadshare.client.answers.sentences import said
from leadshare.client.answers.signs import names_missing_field
from leadshare.client.answers.waits import told_wait
from leadshare.deliveries.delivery import Deferred, Delivery, Rejected
from leadshare.destinations.replies import DEFAULT_HOLD, QUOTA_HOLD, Verdict, refusal, unreadable
from leadshare.reason import Reason, Vendor

VERSION: Final = "68.0"
API: Final = f"/services/data/v{VERSION}"

QUOTA: Final = "REQUEST_LIMIT_EXCEEDED"
"""The org's calls of 24 hours are used up (errorcodes), which roll, and no answer says when calls
come free; or, as the message begins, too many long calls run at once (help.salesforce.com,
000389067)."""
CONCURRENT: Final = "Concurrent"

UNPARSED: Final = "JSON_PARSER_ERROR"
"""A value that is no value of its field's type: no record of the call was judged."""

SET_UP: Final = {
    "INVALID_FIELD": Reason.FIELD_MISSING,
    "INVALID_TYPE": Reason.TABLE_MISSING,
}
"""Codes of a call that asks for what the org, or our user, does not have."""

_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,59}")


def error_in(response: httpx.Response) -> tuple[str, str]:
    """Return code and message, which may hold lead data, of a refused call; empty for none."""
    first = first_object(json_in(response) if response.is_error else None)
    code = str(first.get("errorCode"))
    return code if _CODE.fullmatch(code) else "", str(first.get("message"))


def used_up(message: str, status: int) -> Verdict:
    """Return what `QUOTA` means by its *message*."""
    if message.startswith(CONCURRENT):
        return Verdict(Deferred(Reason.THROTTLED, counts=False), status, DEFAULT_HOLD)
    return Verdict(Deferred(Reason.QUOTA_EXHAUSTED, counts=False), status, QUOTA_HOLD)


def call_refused(
    response: httpx.Response, now: datetime, deliveries: Sequence[Delivery] = ()
) -> Verdict | None:
    """Return what a refusal of the whole call means; None if records were judged."""
    code, message = error_in(response)
    if code == QUOTA:
        verdict = used_up(message, response.status_code).saying(said(response))
        return replace(verdict, hold=told_wait(response, now) or verdict.hold)
    return refusal(response, now, deliveries)


def not_judged(response: httpx.Response, key: str, *, alone: bool = False) -> Verdict:
    """Read a call that was refused as it is: set-up is at fault, or a value, if it is *alone*."""
    status = response.status_code
    code, message = error_in(response)
    if response.is_success:
        return unreadable(response)
    reason = SET_UP.get(code, Vendor.SALESFORCE.reason(code or status))
    if code == UNPARSED and alone:
        return Verdict(Rejected(reason, fields=frozenset()), status).saying(said(response))
    if code == "NOT_FOUND" and key in message:
        reason = Reason.KEY_MISSING
    elif names_missing_field(message):
        reason = Reason.FIELD_MISSING
    return Verdict(Deferred(reason), status, failing=True).saying(said(response))
