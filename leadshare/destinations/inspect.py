"""Destinations: preflight: what would fail there, and whether a record can get there and back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

from leadshare.core.delivery import Accepted, Delivery
from leadshare.core.mapping import PUBLIC
from leadshare.core.preflight import Finding, findings
from leadshare.core.record import Record
from leadshare.core.times import to_text
from leadshare.destinations.base import Crm, Destination
from leadshare.destinations.errors import AddressRefused, SignInFailed
from leadshare.destinations.settings import CrmSettings

_TOLD = (SignInFailed, httpx.HTTPError, LookupError, TypeError, ValueError)
"""Errors of a destination that are findings: an answer may be anything."""


async def inspect(
    destination: Destination[Any], recent: Sequence[Delivery], now: datetime
) -> list[Finding]:
    """Sign in and return what would fail, and how many of the *recent* leads with it."""
    try:
        description = await destination.describe(now)
    except _TOLD as error:
        return [Finding(_reason(error), leads=len(recent))]
    if not isinstance(destination, Crm):
        return findings(description, [], (), frozenset(), now)
    public = frozenset(
        name for name, source in destination.sources.items() if source.field in (None, *PUBLIC)
    )
    written = [destination.written(delivery) for delivery in recent]
    return findings(description, written, destination.sources, public, now)


def _reason(error: Exception) -> str:
    """Return a stable code; the error's own text may quote an answer."""
    match error:
        case SignInFailed():
            return error.reason
        case AddressRefused():
            return "address_refused"
        case httpx.HTTPStatusError():
            return f"http_{error.response.status_code}"
        case httpx.HTTPError():
            return "unreachable"
    return "unreadable_answer"


def allows_canary(destination: Destination[Any]) -> bool:
    """Say whether a canary may be written there."""
    told = destination.settings
    return destination.erases and isinstance(told, CrmSettings) and told.canary


async def prove(destination: Destination[Any], now: datetime) -> list[Finding]:
    """Write a canary, read it back and take it away again; return what did not work."""
    one = canary(destination.name, now)
    [accepted] = (await destination.deliver([one], now)).outcomes
    if not isinstance(accepted, Accepted):
        return [Finding("canary_refused", value=accepted.reason)]
    sent = Delivery(
        **{name: getattr(one, name) for name in _KEPT}, sent=1, receipt=accepted.receipt
    )
    [found] = (await destination.check([sent], now)).outcomes
    missing = (
        [] if isinstance(found, Accepted) else [Finding("canary_not_found", value=found.reason)]
    )
    try:
        await destination.erase(sent, now)
    except _TOLD as error:
        return [*missing, Finding("canary_left_behind", value=_reason(error))]
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
        listing="leadshare.canary",
        listing_title="leadshare canary",
        listing_kind="offer",
        intent="other",
        lane="test",
        stage="test",
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
        notes="A test of the way here; it is deleted at once.",
        touches=1,
        first_touch=to_text(now),
        last_touch=to_text(now),
    )
    # As if an attempt had been made: what an earlier canary left behind is found, not doubled.
    return Delivery(lead, destination, 1, record, now, attempts=1)
