"""Client: the errors of calls, and after which of them it is certain that no request has left."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import httpx

from leadshare.reason import Reason


class AddressRefused(httpx.ConnectError):
    """The address is not one that leadshare may reach; the text names the host at most."""


class AnswerTooLarge(httpx.ReadError):
    """The answer has more bytes, once decoded, than the call takes."""


class AnswerUnreadable(httpx.ReadError):
    """The answer's content coding is unknown or broken."""


class SignInFailed(Exception):
    """Nobody let us in, so that no request has left; `reason` is a stable code."""

    def __init__(self, reason: str, hold: timedelta | None = None, said: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hold = hold
        """How long nobody is to be asked again, where that is known."""
        self.said = said
        """What was said in words; never logged."""

    @property
    def throttled(self) -> bool:
        """Whether it came too soon after others, and nothing is wrong with it."""
        return self.reason == Reason.THROTTLED

    @classmethod
    def unreachable(cls, error: httpx.ConnectError) -> SignInFailed:
        """Return what it means that there was no connection."""
        refused = isinstance(error, AddressRefused)
        return cls(Reason.ADDRESS_REFUSED if refused else Reason.SIGN_IN_UNREACHABLE)


NOTHING_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Errors after which it is certain that no request left: there was no connection."""
