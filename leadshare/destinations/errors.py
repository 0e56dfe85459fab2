"""Destinations: what a system refuses outside a delivery, where there is no reply to tell it in."""

from __future__ import annotations

from typing import Final

import httpx

from leadshare.client.errors import (
    AddressRefused,
    AnswerTooLarge,
    AnswerUnreadable,
    SignInFailed,
)
from leadshare.reason import Reason, Vendor


class Refused(Exception):
    """A system would not describe itself, or not erase a record; `reason` is a stable code.

    The request has left: what happens while signing in is `SignInFailed`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


TOLD: Final = (
    *(Refused, SignInFailed, httpx.HTTPError),
    *(AttributeError, LookupError, TypeError, ValueError),
)
"""Errors of a destination that tell something of it: an answer may be anything."""


def reason_of(error: Exception) -> str:
    """Return a stable code; the error's own text may quote an answer."""
    match error:
        case Refused() | SignInFailed():
            return error.reason
        case AddressRefused():
            return Reason.ADDRESS_REFUSED
        case httpx.HTTPStatusError():
            return Vendor.HTTP.reason(error.response.status_code)
        case AnswerTooLarge():
            return Reason.ANSWER_TOO_LARGE
        case AnswerUnreadable():
            pass
        case httpx.HTTPError():
            late = isinstance(error, httpx.TimeoutException)
            return Reason.TIMEOUT if late else Reason.UNREACHABLE
    return Reason.UNREADABLE_ANSWER
