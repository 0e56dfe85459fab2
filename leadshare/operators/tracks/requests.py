"""Operators: answer where leads stand in their tracks: what was, what comes next, what ends it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from leadshare.deliveries.delivery import Kind
from leadshare.errors import Unknown
from leadshare.leads.tracks import rows
from leadshare.leads.tracks.standing import Terms, destination_of
from leadshare.operators.models import queries
from leadshare.operators.models.queries import read_query
from leadshare.operators.models.short_ids import whole_lead
from leadshare.scoring.wording import spoken
from leadshare.store.keys import (
    HOUSE,
    all_due,
    attempt_in,
    attempts_of,
    index_time,
    lead_key,
    partition_of,
)
from leadshare.store.reading import everywhere
from leadshare.store.table import Row, Table
from leadshare.times import from_text, to_text

Query = Mapping[str, str]

COUNTED: Final = 1000
"""Leads of a partition that are counted at most."""

ENDS: Final = (
    "a touch that makes the lead sales-ready",
    "an outcome: that people work the lead, or what became of it",
    "that the customer wants to hear no more",
)
"""What ends a track before its last step."""


class Configured(Protocol):
    """What requests need of a configuration that can run."""

    @property
    def steps(self) -> Terms: ...


@dataclass(frozen=True, slots=True)
class TrackRequests:
    """Understands what is asked about tracks, and answers it."""

    table: Table
    clock: Callable[[], datetime]
    configured: Callable[[], Configured]

    async def get_track(self, lead: str, query: Query) -> dict[str, Any]:
        """Return where one lead stands in its track; no persons are in it."""
        read_query(queries.Nothing, query)
        named = await whole_lead(self.table, read_query(queries.Lead, {"lead": lead}).lead)
        partition = partition_of(named)
        row = await self.table.get(partition, lead_key(named))
        if row is None:
            raise Unknown("no such lead")
        where = {"kind": Kind.STEP.value}
        been = await self.table.read(partition, *attempts_of(named), where=where)
        terms, columns = self.configured().steps, rows.of(row.values)
        return {
            "lead": named,
            "stage": row.values["stage"],
            **{name: columns[f"track{rest}"] for name, rest in _TOLD.items()},
            "score": row.values["score"],
            "interest": _interest(row, terms, self.clock()),
            "been": sorted(map(_been, been), key=lambda one: one["at"]),
            "next": _next(row, columns, terms),
            "lists": [
                {"destination": one.destination, "into": one.into} for one in rows.lists_of(columns)
            ],
            "ended_by": [*ENDS] if rows.runs(columns) else [],
        }

    async def list_tracks(self, query: Query) -> dict[str, Any]:
        """Return how many leads are at which step of which track."""
        read_query(queries.Nothing, query)
        found = await everywhere(
            self.table,
            all_due(HOUSE),
            limit=COUNTED,
            columns=("track", "number"),
            where={"kind": Kind.STEP.value},
        )
        counted = Counter((one.values["track"], one.values["number"] + 1) for one in found.rows)
        told = [
            {"track": track, "step": step, "leads": leads}
            for (track, step), leads in sorted(counted.items())
        ]
        return {"tracks": told, "count": len(found.rows), "more": found.full}


_TOLD: Final = {
    "track": "",
    "run": "_run",
    "begun": "_begun",
    "ended": "_ended",
    "why": "_why",
}


def _interest(row: Row, terms: Terms, now: datetime) -> int:
    last = from_text(json.loads(row.values["record"])["last_touch"])
    return terms.scoring.interest(int(row.values["score"]), last, now)


def _been(row: Row) -> dict[str, Any]:
    destination, at = attempt_in(row.key)
    told = {name: row.values[name] for name in ("track", "verb", "outcome", "reason")}
    return {"at": to_text(at), "destination": "" if destination == HOUSE else destination, **told}


def _next(row: Row, columns: Mapping[str, Any], terms: Terms) -> dict[str, Any]:
    """Return what comes next in a track that runs: a step, or that it is over."""
    track, number = terms.tracks.named(columns["track"]), columns["track_step"]
    if not rows.runs(columns) or track is None:
        return {}
    handed = columns["track_sent"]
    due = to_text(index_time(handed or columns["track_due"]))
    if number >= len(track.step):
        return {"step": number + 1, "verb": "end", "due": due, "destination": "", "only_if": ""}
    step = track.step[number]
    return {
        "step": number + 1,
        "verb": step.do.value,
        "due": due,
        "destination": destination_of(row.values, step, terms.verbs),
        "only_if": spoken(step.when),
        "handed_over": bool(handed),
        "since": columns["track_since"],
        "after_days": step.after_days,
        "text": step.text,
        "into": step.into,
    }
