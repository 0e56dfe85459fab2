"""Commands: for how long a lead waits for a call, in words."""

from __future__ import annotations

from typing import Final

from leadshare.commands.screen import Entry, when

HOUR: Final = 3600


def hours(seconds: float) -> str:
    """Return *seconds* in hours, as people read them."""
    return f"{seconds / HOUR:.1f}"


def working(clock: Entry) -> str:
    """Tell the working time of a lead's clock, and how much there should be at most."""
    if "working_seconds" not in clock:
        return ""
    return f"{hours(clock['working_seconds'])} of {clock['target_seconds'] / HOUR:g}"


def called(clock: Entry) -> str:
    """Tell when somebody called first, or for how long nobody has; nothing of a lead never ready.

    Microsoft advises 24 hours, which are no working hours.
    """
    if not clock:
        return ""
    of = working(clock)
    took = f"{hours(clock['seconds'])} h" + (f", {of} working hours" if of else "")
    if clock["signed_at"]:
        return f"{when(clock['signed_at'])}, by {clock['signed_by']}, after {took}"
    told = f"; reminded {when(clock['reminded_at'])}" if clock["reminded_at"] else ""
    more = f"; escalated {when(clock['escalated_at'])}" if clock["escalated_at"] else ""
    return f"by nobody for {took}{told}{more}"
