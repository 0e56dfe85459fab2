"""Destinations: what a refusal of Partner Center's means for a delivery."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import httpx

from leadshare.client.answers.json_values import as_object, text
from leadshare.client.answers.response import error_code, object_in
from leadshare.client.answers.sentences import said
from leadshare.client.answers.signs import sign_of
from leadshare.client.answers.waits import told_wait
from leadshare.deliveries.delivery import Deferred, Delivery, Outcome, Rejected
from leadshare.destinations.replies import DEFAULT_HOLD, Verdict, own_words, refusal, unreadable
from leadshare.partner_center.answers import GONE, Unusable, meaning
from leadshare.reason import Reason, Vendor

_THROTTLED: Final = frozenset({429, 509})
"""509 is too many bytes."""

_OF_ONE: Final[Mapping[int, Outcome]] = {
    409: Deferred(Reason.CHANGED_MEANWHILE),
    412: Deferred(Reason.CHANGED_MEANWHILE),
    423: Deferred(Reason.LOCKED),
}
"""Statuses that are about one referral, so that the others may go on."""


LEADS: Final = frozenset({"invalidrequest"})
"""Codes that may be the lead's fault, in lower case; every other one waits (error-codes.md)."""

_OURS: Final = re.compile(
    r"solution|target|partner ?role|currency|deal ?value|closing ?date|additionalRequirements",
    re.IGNORECASE,
)
"""What the configuration says of every referral, and no lead does."""


def refusal_of(error: Unusable, now: datetime, deliveries: Sequence[Delivery] = ()) -> Verdict:
    """Return what it means that a call was refused (error-codes.md)."""
    response, status = error.response, meaning(error.response)
    if response.is_success:
        return unreadable(response)
    words = said(response)
    if status in _THROTTLED:
        hold = told_wait(response, now) or DEFAULT_HOLD
        return Verdict(Deferred(Reason.THROTTLED, counts=False, said=words), status, hold)
    if outcome := _OF_ONE.get(status):
        return Verdict(outcome, status).saying(words)
    if status in GONE:
        # What may be gone is told by its own rule; here it is the address that is not there.
        outcome = Deferred(Vendor.HTTP.reason(status))
        return Verdict(outcome, status, failing=True).saying(words)
    told = httpx.Response(status, headers=response.headers, content=response.content)
    verdict = refusal(told, now, deliveries) or _judged(response, own_words(words, deliveries))
    return verdict.saying(words)


def _judged(response: httpx.Response, words: str) -> Verdict:
    """Say what a refusal of what was sent means, by its *words* and its code."""
    status, code = response.status_code, error_code(response)
    reason = Vendor.PARTNER_CENTER.reason(code or status)
    message = text(as_object(object_in(response).get("error")).get("message"))
    if code.lower() in LEADS and _OURS.search(message):
        return Verdict(Deferred(Reason.REFERENCE_GONE), status, failing=True)
    if code.lower() not in LEADS or sign_of(words):
        return Verdict(Deferred(reason), status)
    return Verdict(Rejected(reason, fields=frozenset()), status)
