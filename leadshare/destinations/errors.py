"""Destinations: errors after which it is certain that no request has left."""

from __future__ import annotations

from typing import Final

import httpx


class AddressRefused(httpx.ConnectError):
    """The address is not one that leadshare may reach; the text names the host at most."""


class SignInFailed(Exception):
    """Nobody let us in, so that no request has left; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @classmethod
    def unreachable(cls, error: httpx.ConnectError) -> SignInFailed:
        """Return what it means that there was no connection."""
        refused = isinstance(error, AddressRefused)
        return cls("address_refused" if refused else "sign_in_unreachable")


NOTHING_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Errors after which it is certain that no request left: there was no connection."""
