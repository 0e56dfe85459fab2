"""Leads: what the log tells of tracks that begin and end, by the rows that were written."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from leadshare.deliveries.delivery import Kind
from leadshare.store.keys import HOUSE, due_in
from leadshare.store.table import Change

log = logging.getLogger("leadshare.leads.tracks.telling")


def log_tracks(changes: Sequence[Change]) -> None:
    """Log a line for each track that began or ended with *changes*, one transaction."""
    ended = {change.key for change in changes if change.kind == "delete" and _of_track(change.key)}
    for change in changes:
        values = change.values
        if "track_why" not in values or "track_run" not in values:
            continue
        facts = {"lead": values["lead"], "track": values["track"]}
        due = values["track_due"]
        if any(one.key == due and one.kind == "insert" for one in changes):
            log.info("track.begun", extra=facts)
        elif ended and not due:
            log.info("track.left", extra={**facts, "reason": values["track_why"]})


def _of_track(key: str) -> bool:
    lane = due_in(key)
    return bool(lane and lane[0] == HOUSE and key.endswith(f"|{Kind.STEP}"))
