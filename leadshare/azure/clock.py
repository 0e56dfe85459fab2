"""Azure: the time, by storage's clock where that of this machine is wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from leadshare.times import utc_now

log = logging.getLogger("leadshare.azure.clock")

OFF: Final = timedelta(minutes=5)
"""How far a clock may be from storage's: an answer tells whole seconds, and may be slow."""


@dataclass(slots=True)
class StorageClock:
    """Tells the time; what a process writes under a wrong clock would hold up all others.

    A lease, a hold or an attempt of another week keeps leads waiting until then, and what has only
    just come in is as good as too old.
    """

    local: Callable[[], datetime] = utc_now
    _behind: timedelta = timedelta(0)
    """By how much this machine's clock is behind storage's, where that is more than `OFF`."""

    def now(self) -> datetime:
        """Return the time in UTC, in whole milliseconds."""
        return self.local() + self._behind

    def hear(self, answer: Any) -> None:
        """Compare with the time at which storage gave an *answer* (RFC 9110, section 6.6.1)."""
        try:
            told = parsedate_to_datetime(answer.http_response.headers["Date"])
        except (KeyError, ValueError):
            return
        behind = told.replace(tzinfo=told.tzinfo or UTC) - self.local()
        behind = behind if abs(behind) > OFF else timedelta(0)
        if abs(behind - self._behind) > OFF:
            self._behind = behind
            log.error("clock.off", extra={"behind_seconds": round(behind.total_seconds())})
