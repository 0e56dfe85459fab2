"""Leads: which track is to run for a lead, and how its rows follow when the lead moves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from leadshare.configuration.tracks import Track, Tracks
from leadshare.deliveries.record import Record
from leadshare.leads.held import Held
from leadshare.leads.lead import Lead
from leadshare.leads.tracks import rows
from leadshare.lifecycle.stage import Standing
from leadshare.playbook import PLAYBOOK, Category, Stage
from leadshare.reason import Left
from leadshare.store.table import Change

OVER: Final = frozenset({Left.FINISHED, Left.ENDED})
"""Ends by the track itself, after which it begins again only with a new touch."""


def wants_no_more(held: Held) -> bool:
    """Say whether the contact that is *held* wants to hear no more."""
    return held.contact is not None and bool(held.contact.values.get("opted_out"))


def nurtured(
    held: Held, lead: Lead, stands: Standing, tracks: Tracks
) -> tuple[Standing, Track | None]:
    """Return where a *lead* stands with the track that runs or begins for it, and that track.

    One that sources or its score have moved on has none, nor has one who wants to hear no more. A
    lead that falls back under the threshold begins anew, so that the order of touches is the same.
    """
    base = stands.base or stands.stage
    if base is not Stage.NEW:
        return stands, None
    before = held.leads[lead.id].values if lead.id in held.leads else {}
    moved = stands.base is not None
    track = None if moved or wants_no_more(held) else _track(before, lead, tracks)
    stage, kept = (Stage.NURTURING if track else stands.stage), bool(track or before.get("track"))
    return Standing(stage, stands.by, stands.at, base if stage != base else None, kept), track


def _track(before: Mapping[str, Any], lead: Lead, tracks: Tracks) -> Track | None:
    track = tracks.of(lead.campaign, PLAYBOOK[lead.storefront].campaign_kind)
    columns = rows.of(before)
    if track and not rows.runs(columns) and columns["track"] == track.id:
        again = columns["track_why"] not in OVER or lead.touches > columns["track_touches"]
        return track if again else None
    return track


def follow(  # noqa: PLR0913, PLR0917 - what the rows hang on
    held: Held,
    lead: Lead,
    stands: Standing,
    track: Track | None,
    record: Record,
    why: str,
    now: datetime,
) -> tuple[dict[str, Any], list[Change]]:
    """Return the columns of a *lead* that tell of its track, and how its rows beside it move.

    *why* is why its track ends by itself, if it does.
    """
    before = held.leads.get(lead.id)
    columns = rows.of(before.values if before else None)
    if track and rows.runs(columns) and columns["track"] == track.id:
        return columns, []
    gone: list[Change] = []
    left = columns
    if rows.runs(columns):
        why = why or (Left.OTHER_TRACK if track else _why(held, lead, stands))
        left, gone = rows.leave(columns, record, lead.touches, why, now)
    if track is None:
        return left, gone
    begun, come = rows.begin(lead.id, {**left, "track_due": columns["track_due"]}, track, now)
    return begun, [*gone, *come]


def _why(held: Held, lead: Lead, stands: Standing) -> Left:
    """Return why the track of a *lead* ends that stands as it does."""
    if lead.category is not Category.NORMAL:
        return Left.SPECIAL
    if stands.stage is Stage.SALES_READY:
        return Left.SALES_READY
    if stands.stage is not Stage.NEW:
        return Left.OUTCOME
    return Left.OPTED_OUT if wants_no_more(held) else Left.NOT_CONFIGURED
