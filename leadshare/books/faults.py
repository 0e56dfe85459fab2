"""Books: why one could not be read: by codes that tell nothing of what was in it."""

from __future__ import annotations

from datetime import timedelta

from leadshare.errors import LeadshareError, Unreachable
from leadshare.reason import BookFault


class Untold(Unreachable):
    """Partner Center does not tell: why, as a stable code, and when to ask again, if it says."""

    def __init__(self, reason: str, hold: timedelta | None = None) -> None:
        super().__init__(f"Microsoft's books: {reason}")
        self.reason, self.hold = reason, hold


class Spoilt(LeadshareError):
    """A file is not as Microsoft describes it; nothing of it is kept."""

    def __init__(self, reason: BookFault) -> None:
        super().__init__(reason)
        self.reason = reason
