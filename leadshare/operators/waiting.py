"""Operators: for how long a lead waits for a call, or did until somebody called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from leadshare.configuration.clock import Clock
from leadshare.times import from_text

ADVISED: Final = timedelta(hours=24)
"""Within which Microsoft advises to follow up, whatever the working hours."""

READY: Final = ("ready_at", "signed_at", "signed_by", "reminded_at", "escalated_at")
"""The columns of a row that tell of the clock."""


def waited(values: Mapping[str, Any], clock: Clock | None, now: datetime) -> dict[str, object]:
    """Tell of the clock of a lead whose row holds *values*; nothing where it was never ready.

    Working time and target are told where a *clock* says what they are.
    """
    ready, signed = values.get("ready_at") or "", values.get("signed_at") or ""
    if not ready:
        return {}
    since, until = from_text(ready), from_text(signed) if signed else now
    elapsed = max(until - since, timedelta(0))
    told: dict[str, object] = {
        **{name: values.get(name) or "" for name in READY},
        "seconds": round(elapsed.total_seconds()),
        "over_24_hours": elapsed > ADVISED,
    }
    if clock is None:
        return told
    worked = clock.working_time.between(since, until)
    return told | {
        "working_seconds": round(worked.total_seconds()),
        "target_seconds": round(clock.within.total_seconds()),
        "over_target": worked > clock.within,
    }
