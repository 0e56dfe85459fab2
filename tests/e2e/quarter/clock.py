"""A clock that a test winds, and all processes of a deployment go by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path


@dataclass(frozen=True)
class Clock:
    """Stands still until it is wound: as much may be done at one moment as there is to do."""

    file: Path

    def now(self) -> datetime:
        """Return what it shows."""
        return datetime.fromisoformat(self.file.read_text())

    def wind(self, to: datetime) -> None:
        """Set it; it never goes back."""
        assert not self.file.exists() or self.now() <= to
        new = self.file.with_suffix(".new")
        new.write_text(to.astimezone(UTC).isoformat())
        new.replace(self.file)

    def pass_by(self, time: timedelta) -> None:
        """Let *time* pass."""
        self.wind(self.now() + time)
