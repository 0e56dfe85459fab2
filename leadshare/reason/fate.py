"""Reason codes: what becomes of a delivery for a reason, and what several reasons ask for."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Fate(StrEnum):
    """What becomes of a delivery for a reason: the table that tells of it."""

    PARKED = "parked"
    """Sending again cannot help until a person has done something."""

    SUPPRESSED = "suppressed"
    """A rule says that it must not go."""

    FREE = "free"
    """It waits: no request left, or nobody judged the record."""

    COUNTED = "counted"
    """It waits, and has used up a step: the request left, or the system is at fault."""

    CANARY = "canary"
    """It is of no delivery: of a preflight's record that was not taken away."""


# What is to be done for several of them.
NOTHING: Final = "Nothing."
IF_IT_PASSES: Final = "Nothing if it passes."
BY_HAND: Final = "Work it by hand."
RIGHTS: Final = "Role, scopes, allow-lists; then it goes on by itself."
NETWORK: Final = "Network, URL."
CONNECTION: Final = "DNS, firewall, the vendor's status page."
SETTING: Final = "Correct the setting."
SERVER: Final = "Mend the server."
ITS_PAGE: Final = "As on the destination's page."
INSTALL: Final = "Install it, or give the right."
PREFLIGHT: Final = "[Preflight](#preflight) names it."

Texts = tuple[str, str, str, Fate]
"""A code, its meaning, what to do about it, and what becomes of the delivery."""


def parked(code: str, meaning: str, action: str) -> Texts:
    """Return what a reason is made of that parks a delivery."""
    return code, meaning, action, Fate.PARKED


def free(code: str, meaning: str, action: str) -> Texts:
    """Return what a reason is made of for which a delivery waits, and no step is used up."""
    return code, meaning, action, Fate.FREE


def counted(code: str, meaning: str, action: str) -> Texts:
    """Return what a reason is made of for which a delivery waits, and has used up a step."""
    return code, meaning, action, Fate.COUNTED
