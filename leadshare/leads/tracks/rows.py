"""Leads: how a track begins for a lead and how it is left, with the rows that tell of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from leadshare.configuration.tracks import Track
from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import Delivery
from leadshare.deliveries.record import Record
from leadshare.lifecycle.step import Step, Verb
from leadshare.store.table import Change, to_json
from leadshare.times import to_text

KEYS: Final = ("track_due", "track_sent")
"""The columns of a lead's row that have the keys of its rows in the house lane, while a track runs,
and in the lane of the destination that has a step to carry out."""

TRACK: Final = (
    *("track", "track_run", "track_step", *KEYS, "track_begun", "track_since"),
    *("track_ended", "track_why", "track_touches", "track_lists"),
)
"""The columns of a lead's row that tell of its track: which, how many there were with it, its next
step; when it began, when the step before was over, when and why it ended and with how many touches,
and what lists it has put the customer on."""

REACHED: Final = ("reached_until", "reached_by")
"""The columns of a contact's row that reserve the gap: until when the step that reaches it last may
leave, and that step's id."""

_NUMBERS: Final = ("track_run", "track_step", "track_touches")


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that a track has put the customer on, or may have."""

    destination: str
    into: str
    record_id: str
    sent: int


def of(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the columns of a lead's row that tell of its track; of a row without, as if none."""
    told = values or {}
    return {
        **{name: str(told.get(name) or "") for name in TRACK if name not in _NUMBERS},
        **{name: int(told.get(name) or 0) for name in _NUMBERS},
    }


def runs(columns: Mapping[str, Any]) -> bool:
    """Say whether a track runs, by the *columns* of a lead."""
    return bool(columns.get("track_due"))


def lists_of(columns: Mapping[str, Any]) -> list[Listed]:
    """Return the lists that the customer is on by a track."""
    return [Listed(*one) for one in json.loads(columns.get("track_lists") or "[]")]


def lists_column(lists: Sequence[Listed]) -> str:
    """Return *lists* as `lists_of` reads them."""
    return to_json([(one.destination, one.into, one.record_id, one.sent) for one in lists])


def step_id(lead: str, columns: Mapping[str, Any], what: object) -> str:
    """Return the id of a step: the same however often it is tried, and no other's."""
    told = [lead, columns["track"], columns["track_run"], str(what)]
    return hashlib.sha256(to_json(told).encode()).hexdigest()[:32]


def begin(
    lead: str, columns: Mapping[str, Any], track: Track, now: datetime
) -> tuple[dict[str, Any], list[Change]]:
    """Return the *columns* of a lead whose *track* begins, and the row by which it goes on."""
    looked_at = ledger.house_row(
        lead, track.id, 0, now + track.step[0].after, but=str(columns["track_due"])
    )
    begun = {
        "track": track.id,
        "track_run": columns["track_run"] + 1,
        "track_step": 0,
        "track_due": looked_at.key,
        "track_begun": to_text(now),
        "track_since": to_text(now),
        "track_ended": "",
        "track_why": "",
        "track_lists": "[]",
    }
    return {**columns, "track_sent": "", **begun}, [looked_at]


def leave(
    columns: Mapping[str, Any], record: Record, touches: int, why: str, now: datetime
) -> tuple[dict[str, Any], list[Change]]:
    """Return the *columns* of a lead whose track ends, and its rows that go and that come.

    Where it is on a list, or may be, that it leaves is owed there.
    """
    lists = lists_of(columns)
    ended = {
        **columns,
        **dict.fromkeys(KEYS, ""),
        "track_ended": to_text(now),
        "track_why": why,
        "track_touches": touches,
        "track_lists": "[]",
    }
    gone = [Change("delete", key) for name in KEYS if (key := columns[name])]
    owed = [
        ledger.hand_over(_leaving(one, columns, record, number, now), about=f"leave-{number}")
        for number, one in enumerate(lists)
    ]
    return ended, [*gone, *owed]


def _leaving(
    one: Listed, columns: Mapping[str, Any], record: Record, number: int, now: datetime
) -> Delivery:
    lead = record["lead"]
    step = Step(
        step_id(lead, columns, f"leave {number}"), columns["track"], Verb.LEAVE, into=one.into
    )
    return Delivery(
        lead,
        one.destination,
        record["version"],
        record,
        now,
        sent=one.sent,
        record_id=one.record_id,
        step=step,
    )
