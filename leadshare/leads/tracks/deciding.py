"""Leads: what comes next of a lead's track, by how it all stands: one transaction, or its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from leadshare.configuration.tracks import Track, TrackStep
from leadshare.deliveries.delivery import TOO_OLD, State
from leadshare.leads.tracks.going_on import handed_over, later, left_out
from leadshare.leads.tracks.standing import Next, Standing, Terms, destination_of, facts_of
from leadshare.lifecycle.basis import carried
from leadshare.lifecycle.sending_hours import window
from leadshare.lifecycle.step import REACHES, Verb
from leadshare.lifecycle.zones import zones_of
from leadshare.reason import Left, LeftOut
from leadshare.scoring.rules import holds
from leadshare.store.table import Change
from leadshare.times import from_text

SOON: Final = timedelta(hours=1)
"""How long a step may take to leave that may reach the customer; and how long it is waited for a
record that is not there yet, each time."""

RECORDLESS: Final = frozenset({Verb.NOTICE, Verb.EVENT})
"""What needs no record of the lead at its destination."""


def following(at: Standing, terms: Terms, now: datetime) -> Next:
    """Return what comes next of the track *at* hand; nothing changes where it ends."""
    columns = at.columns
    track, number = terms.tracks.named(columns["track"]), columns["track_step"]
    if track is None:
        return Next([], ends=Left.NOT_CONFIGURED)
    if why := over(at, track):
        return Next([], ends=why)
    step = track.step[number]
    if columns["track_sent"]:
        gone = Change("delete", columns["track_sent"])
        return left_out(at, track, LeftOut.STUCK, now, gone)
    due = from_text(columns["track_since"]) + step.after
    return later(at, due) if due > now else _now(at, track, step, terms, now)


def _now(at: Standing, track: Track, step: TrackStep, terms: Terms, now: datetime) -> Next:
    """Return what comes of a *step* whose time has come."""
    facts = facts_of(at.lead.values, at.record, terms.scoring, now)
    if not all(holds(asked, facts) for asked in step.when):
        return left_out(at, track, LeftOut.CONDITION, now)
    if step.do is Verb.END:
        return Next([], ends=Left.ENDED)
    return _at_destination(at, track, step, terms, now)


def over(at: Standing, track: Track) -> str:
    """Return why a *track* ends before its next step, if it does."""
    if at.contact.values.get("opted_out"):
        return Left.OPTED_OUT
    return Left.FINISHED if at.columns["track_step"] >= len(track.step) else ""


def _at_destination(
    at: Standing, track: Track, step: TrackStep, terms: Terms, now: datetime
) -> Next:
    destination = destination_of(at.lead.values, step, terms.verbs)
    if not destination:
        return left_out(at, track, LeftOut.NOBODY, now)
    delivery = at.deliveries.get(destination)
    there = delivery is not None and delivery.values["sent"] > 0
    if not there and step.do not in RECORDLESS:
        waits = delivery is not None and delivery.values["state"] != State.SUPPRESSED
        waited = now - from_text(at.columns["track_since"]) - step.after
        if waits and waited < TOO_OLD:
            return later(at, now + max(SOON, waited / 2))
        return left_out(at, track, LeftOut.NO_RECORD, now)
    until = None
    if step.do in REACHES:
        found = _reaching(at, track, terms, now)
        if isinstance(found, Next):
            return found
        until = found
    return handed_over(at, track, step, destination, until, now)


def _reaching(at: Standing, track: Track, terms: Terms, now: datetime) -> Next | datetime:
    """Return until when a step may leave that may reach the customer; else why it does not now."""
    record, reached = at.record, at.contact.values
    if not carried(track.basis, record["intent"]):
        return left_out(at, track, LeftOut.NO_BASIS, now)
    zones = zones_of(record["country"]) or (ZoneInfo(terms.outreach.zone),)
    hours = window(zones, terms.outreach.hours.spans, now)
    if hours is None:
        return left_out(at, track, LeftOut.NO_HOURS, now)
    free = now
    if reached.get("reached_by") and reached["reached_by"] != at.step_id:
        free = from_text(reached["reached_until"]) + terms.outreach.gap
    if max(hours[0], free) > now:
        return later(at, max(hours[0], free))
    return min(hours[1], now + SOON)
