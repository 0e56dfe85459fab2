"""Leads: how a track goes on, as one transaction: a step is handed over, left out, or put off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from leadshare.configuration.tracks import Track, TrackStep
from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import TOO_OLD, Delivery
from leadshare.leads.tracks import rows
from leadshare.leads.tracks.rows import Listed
from leadshare.leads.tracks.standing import Next, Standing
from leadshare.lifecycle.step import Step, Verb
from leadshare.store.keys import HOUSE, attempt_key
from leadshare.store.table import Change
from leadshare.times import to_text

WATCH: Final = TOO_OLD + timedelta(days=1)
"""How long a step may lie in its destination's lane before the track goes on without it."""

DUE: Final = timedelta(days=2)
"""Within which a task is to be done."""


def handed_over(  # noqa: PLR0913, PLR0917 - what a step is made of
    at: Standing,
    track: Track,
    step: TrackStep,
    destination: str,
    until: datetime | None,
    now: datetime,
) -> Next:
    """Return how the destination is owed the step: the gap is reserved in the same transaction."""
    lead, columns, record = at.lead.values["lead"], at.columns, at.record
    delivery = at.deliveries.get(destination)
    record_id, sent = "", 0
    if delivery:
        record_id, sent = delivery.values["record_id"], delivery.values["sent"]
    number = columns["track_step"]
    told = Step(
        *(at.step_id, track.id, step.do, step.text, step.into),
        due=to_text(now + DUE) if step.do is Verb.TASK else "",
    )
    attempts = at.due.values["attempts"]
    owed = Delivery(
        *(lead, destination, record["version"], record, now, attempts, sent, record_id), step=told
    )
    watch = ledger.house_row(lead, track.id, number, now + WATCH, but=at.due.key)
    course = ledger.Course(watch.key, number, _then(track, number), until)
    row = ledger.hand_over(owed, course)
    own = {"track_due": watch.key, "track_sent": row.key}
    if step.do is Verb.LIST:
        own["track_lists"] = _with(columns, Listed(destination, step.into, record_id, sent))
    # Whoever reads that the contact wants to hear no more, or a touch, writes this row as well.
    reached = {name: at.contact.values.get(name) or "" for name in rows.REACHED}
    if until:
        reached = {"reached_until": to_text(until), "reached_by": told.id}
    changes = [*_moved(at, watch, own), row, _guard(at, reached)]
    return Next(changes, "step.planned", _facts(at, track, step, destination=destination))


def _with(columns: Mapping[str, Any], one: Listed) -> str:
    lists = rows.lists_of(columns)
    known = {(other.destination, other.into) for other in lists}
    return rows.lists_column(
        lists if (one.destination, one.into) in known else [*lists, one],
    )


def left_out(at: Standing, track: Track, why: str, now: datetime, *more: Change) -> Next:
    """Return how the track goes on without its step, which is told."""
    lead, number = at.lead.values["lead"], at.columns["track_step"]
    step = track.step[number]
    looked_at = ledger.house_row(
        lead, track.id, number + 1, now + _then(track, number), but=at.due.key
    )
    columns = {"track_due": looked_at.key, "track_sent": "", "track_step": number + 1}
    about, told = ledger.told_of(Step(at.step_id, track.id, step.do))
    attempt = {
        "version": at.lead.values["version"],
        "outcome": "left_out",
        "reason": why,
        "status": 0,
        "milliseconds": 0,
        "said": "",
        "without": "",
        **told,
    }
    changes = [
        *_moved(at, looked_at, columns | {"track_since": to_text(now)}),
        Change("upsert", attempt_key(lead, HOUSE, now, about), attempt),
        *more,
    ]
    return Next(changes, "step.left_out", _facts(at, track, step, reason=why))


def later(at: Standing, due: datetime) -> Next:
    """Return how the track is looked at again when its step is *due*."""
    values = at.due.values
    looked_at = ledger.house_row(
        *(values["lead"], values["track"], at.columns["track_step"], due, values["attempts"]),
        but=at.due.key,
    )
    return Next(_moved(at, looked_at, {"track_due": looked_at.key}))


def _moved(at: Standing, looked_at: Change, columns: Mapping[str, object]) -> list[Change]:
    return [
        Change("delete", at.due.key, etag=at.due.etag),
        looked_at,
        Change("merge", at.lead.key, columns, at.lead.etag),
    ]


def _guard(at: Standing, reached: Mapping[str, object]) -> Change:
    return Change("merge", at.contact.key, reached, at.contact.etag)


def _then(track: Track, number: int) -> timedelta:
    """Return how long after a step the next is due; none after the last."""
    following = track.step[number + 1 : number + 2]
    return following[0].after if following else timedelta()


def _facts(at: Standing, track: Track, step: TrackStep, **more: object) -> dict[str, object]:
    told = {"lead": at.lead.values["lead"], "track": track.id, "verb": step.do.value}
    return {**told, "step": at.columns["track_step"] + 1, **more}
