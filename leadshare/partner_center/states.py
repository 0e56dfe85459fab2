"""Partner Center: the states of referrals and of rows of the Leads page, and what they mean.

Vendor pages are cited by their file names in MicrosoftDocs/partner-rest, partner-rest/develop.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from leadshare.lifecycle.outcome import State

CLOSED: Final = "Closed"
"""The status of what stays as it is (referral-resources.md, transition states)."""

ACCEPTED: Final = "Accepted"
ENDS: Final[Mapping[str, State]] = {
    "won": State.WON,
    "lost": State.LOST,
    "declined": State.LOST,
    "expired": State.LOST,
}
"""What the substatuses of what is closed mean, in lower case (referral-resources.md)."""

BY_PEOPLE: Final = frozenset({"won", "lost"})
"""Those that somebody of ours sets; the others are Microsoft's, or come by themselves."""

SET: Final[Mapping[str, str]] = {State.WON: "Won", State.LOST: "Lost"}
"""What is set where a lead is won or lost."""

EXPIRES: Final = timedelta(days=14)
"""How long a row of the Leads page waits to be accepted (Microsoft, "Manage leads")."""
