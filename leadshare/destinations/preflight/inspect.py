"""Destinations: preflight: what would fail there, and whether a record can get there and back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from leadshare.deliveries.delivery import Accepted, Delivery
from leadshare.deliveries.record import Record
from leadshare.destinations.base import Destination
from leadshare.destinations.crm import Crm
from leadshare.destinations.description import Description, Finding, findings
from leadshare.destinations.errors import TOLD, reason_of
from leadshare.destinations.settings import CrmSettings
from leadshare.destinations.writing.mapping import PUBLIC
from leadshare.reason import Problem
from leadshare.times import to_text


async def inspect(
    destination: Destination[Any], recent: Sequence[Delivery], now: datetime
) -> list[Finding]:
    """Sign in and return what would fail, and how many of the *recent* leads with it."""
    try:
        compared = _compared(destination, await destination.describe(now), recent, now)
        return [*compared, *await _of_campaigns(destination, now)]
    except TOLD as error:
        return [Finding(reason_of(error), leads=len(recent))]


async def _of_campaigns(destination: Destination[Any], now: datetime) -> list[Finding]:
    """Return the campaigns that are not there: their records go out all the same."""
    ids = destination.campaigns
    unknown = await destination.unknown_campaigns(now) if ids else ()
    return [Finding(Problem.CAMPAIGN_UNKNOWN, one, ids[one]) for one in sorted(unknown)]


def _compared(
    destination: Destination[Any],
    description: Description,
    recent: Sequence[Delivery],
    now: datetime,
) -> list[Finding]:
    if not isinstance(destination, Crm):
        return findings(description, [], (), frozenset(), now)
    public = frozenset(
        name for name, source in destination.sources.items() if source.field in (None, *PUBLIC)
    )
    written = [destination.written(delivery) for delivery in recent]
    return findings(description, written, destination.sources, public, now)


def allows_canary(destination: Destination[Any]) -> bool:
    """Say whether a canary may be written there."""
    told = destination.settings
    return destination.erases and isinstance(told, CrmSettings) and told.canary


async def prove(destination: Destination[Any], now: datetime) -> list[Finding]:
    """Write a canary, read it back and take it away again; return what did not work."""
    one = canary(destination.name, now)
    [accepted] = (await destination.deliver([one], now)).outcomes
    if not isinstance(accepted, Accepted):
        return [Finding(Problem.CANARY_REFUSED, value=accepted.reason)]
    sent = Delivery(
        **{name: getattr(one, name) for name in _KEPT}, sent=1, record_id=accepted.record_id
    )
    [found] = (await destination.look_up([sent], now)).outcomes
    missing = (
        []
        if isinstance(found, Accepted)
        else [Finding(Problem.CANARY_NOT_FOUND, value=found.reason)]
    )
    try:
        await destination.erase(sent, now)
    except TOLD as error:
        return [*missing, Finding(Problem.CANARY_LEFT_BEHIND, value=reason_of(error))]
    return missing


_KEPT = ("lead", "destination", "version", "record", "owed_since", "attempts")


def canary(destination: str, now: datetime) -> Delivery:
    """Return a test lead as Microsoft makes them: of nobody, and the same for a destination."""
    digest = hashlib.sha256(f"canary|{destination}".encode()).hexdigest()
    lead, text = f"{digest[:32]}-{digest[32:48]}", f"MSFT_TEST_{digest[:18]}"
    record = Record(
        lead=lead,
        version=1,
        storefront="azure_marketplace",
        audience="all customers",
        campaign_kind="in-demand generation",
        campaign="",
        campaign_name="",
        first_campaign="",
        last_campaign="",
        listing="leadshare.canary",
        listing_title="leadshare canary",
        listing_kind="offer",
        intent="other",
        action_code="",
        lead_source="",
        consent="",
        category="test",
        stage="test",
        stage_at=to_text(now),
        stage_by="score",
        stage_why="",
        score=0,
        reasons=[],
        first_name=text,
        last_name=text,
        email=f"{text.lower()}@example.com",
        phone="",
        country="US",
        company=text,
        company_domain="",
        job_title=text,
        seniority="unknown",
        notes="A test of the way here; it is deleted at once.",
        persons=[],
        since={},
        touches=1,
        first_touch=to_text(now),
        last_touch=to_text(now),
    )
    # As if an attempt had been made: what an earlier canary left behind is found, not doubled.
    return Delivery(lead, destination, 1, record, now, attempts=1)
