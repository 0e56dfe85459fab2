"""Destinations: what a system refuses outside a delivery, where there is no reply to tell it in."""

from __future__ import annotations


class Refused(Exception):
    """A system would not describe itself, or not erase a record; `reason` is a stable code.

    The request has left: what happens while signing in is `SignInFailed`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
