"""Destinations: what Partner Center's answers mean, by status and by code.

Vendor pages are cited by their file names in MicrosoftDocs/partner-rest, partner-rest/develop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import httpx

from leadshare.core.delivery import Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.destinations.answers import DEFAULT_HOLD, error_code, every, refusal, retry_after

UNREADABLE: Final = "unreadable_answer"
"""Why a lead waits whose answer is not what was asked for: Partner Center itself is at fault."""

WRONG: Final = {
    "accessdenied": 403,
    "generalexception": 500,
    "itemnotfound": 404,
    "preconditionfailed": 412,
    "resourcemodified": 409,
    "servicenotavailable": 503,
    "unauthenticated": 401,
    "unauthorized": 401,
}
"""The status that each code stands for, which is asked where the status itself says little.

All of error-codes.md but invalidRequest; its sample has one more, unAuthorized.
"""

GONE: Final = (404, 410)
"""One referral is not there; of a lane, a 410 says nothing here (error-codes.md)."""

_THROTTLED: Final = frozenset({429, 509})
"""509 is too many bytes."""

_OF_ONE: Final[Mapping[int, Outcome]] = {
    409: Deferred("changed_meanwhile"),
    412: Deferred("changed_meanwhile"),
    423: Deferred("locked"),
}
"""Statuses that are about one referral, so that the others may go on."""

_TELLING: Final = frozenset({401, 403, *GONE, 408, *_OF_ONE, 429})


class Refused(Exception):
    """The answer is not what was asked for; `response` says what it is instead."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response

    @property
    def gone(self) -> bool:
        """Whether the referral that was asked for is not there."""
        return meaning(self.response) in GONE


def refusal_of(error: Refused, deliveries: Sequence[Delivery], now: datetime) -> Reply:
    """Return what it means that a call was refused (error-codes.md)."""
    response, status = error.response, meaning(error.response)
    if response.is_success:
        return every(deliveries, Deferred(UNREADABLE), status=status, failing=True)
    if status in _THROTTLED:
        hold = retry_after(response, now) or DEFAULT_HOLD
        return every(deliveries, Deferred("throttled", counts=False), status=status, hold=hold)
    if outcome := _OF_ONE.get(status):
        return every(deliveries, outcome, status=status)
    if status in GONE:
        # What may be gone is told by its own rule; here it is the address that is not there.
        return every(deliveries, Deferred(f"http_{status}"), status=status, failing=True)
    told = httpx.Response(status, headers=response.headers)
    rejected = every(deliveries, Rejected(f"partner_center_{error_code(response) or status}"))
    return refusal(told, deliveries, now) or rejected


def meaning(response: httpx.Response) -> int:
    """Return the status of *response*, or the one that its code stands for if that says more."""
    status = response.status_code
    if status in _TELLING or not 400 <= status < 500:  # noqa: PLR2004 - the 4xx class
        return status
    return WRONG.get(error_code(response).lower(), status)
