"""Deliveries: what is counted of a delivery as it moves, in the transaction in which it does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from leadshare.counts.of_delivery import accepted, parked, subject_of
from leadshare.counts.outbox import count
from leadshare.deliveries.delivery import State
from leadshare.reason import Reason
from leadshare.store.keys import delivery_key, index_kind
from leadshare.store.table import Change


def with_count(
    changes: Sequence[Change],
    before: Mapping[str, Any],
    now: datetime,
    *,
    follows_up: bool = True,
    timed: bool = True,
) -> list[Change]:
    """Return *changes* of a delivery, and what is counted by them.

    *before* is what its due or parked row says so far. What a notice accepts is no delivery of a
    lead to anybody who *follows_up*.
    """
    lead, destination = before["lead"], before["destination"]
    key, column = delivery_key(lead, destination), before.get("counted")
    moved = next((one.values for one in changes if one.key == key), {})
    if moved.get("sent") and follows_up:
        told = accepted(column, json.loads(before["record"]), destination, now, timed=timed)
    elif moved.get("state") == State.PARKED and moved.get("reason") != Reason.WORKLIST:
        told = parked(column, json.loads(before["record"]), destination, now)
    else:
        return [*changes]
    if not told.on:
        return [*changes]
    column, row = count(column, told, subject_of(lead, destination), now)
    return [
        replace(one, values={**one.values, "counted": column}) if _holds(one, key) else one
        for one in changes
    ] + row


def _holds(change: Change, delivery: str) -> bool:
    """Say whether *change* writes the row of a *delivery*, or what is due or parked of it."""
    index = index_kind(change.key) in {"due", "parked"}
    return change.kind != "delete" and (change.key == delivery or index)
