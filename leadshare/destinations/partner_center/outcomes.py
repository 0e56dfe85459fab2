"""Destinations: what a referral tells of its lead, and what it is told when that is won or lost.

Vendor pages are cited by their file names in MicrosoftDocs/partner-rest, partner-rest/develop.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from leadshare import times
from leadshare.client.answers.json_values import part, text
from leadshare.deliveries.record import Record
from leadshare.destinations.partner_center.settings import PartnerCenterReferralSettings
from leadshare.lifecycle.money import amount_of, is_currency
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.partner_center.states import ACCEPTED, BY_PEOPLE, CLOSED, ENDS, SET
from leadshare.texts import cut

OURS: Final = "leadshare: "
"""What our reason for closing a referral begins with. Frozen: rows out there have it."""

AT_ONCE: Final = timedelta(minutes=1)
"""How long after its making a referral that we make is accepted, which nobody does."""


def outcome_of(
    referral: Mapping[str, object], lead: str, settings: PartnerCenterReferralSettings
) -> Outcome | None:
    """Return what *referral*, the one of *lead*, tells of it; None if it tells nothing.

    What leadshare closed says what another source had said: that is no news, and would outlive it.
    """
    at, state = _time(referral, "updatedDateTime"), _state(referral)
    reason, substatus = text(referral.get("statusReason")), text(referral.get("substatus"))
    if at is None or state is None or reason.startswith(OURS):
        return None
    return Outcome(
        *(lead, settings.name, at, state),
        status=substatus,
        reason=reason,
        money=_money(referral, settings),
        signed_at=at if substatus.lower() in BY_PEOPLE else None,
    )


def is_closed(referral: Mapping[str, object]) -> bool:
    """Say whether nothing of *referral* can be changed any more."""
    return text(referral.get("status")) == CLOSED


def is_closed_as(referral: Mapping[str, object], record: Record) -> bool:
    """Say whether *referral* says already how the lead of *record* ended."""
    return text(referral.get("substatus")) == SET.get(record["stage"])


def closing(record: Record) -> dict[str, object]:
    """Return what closes a referral, by JSON pointers, if the lead of *record* is won or lost.

    patch-a-referral.md, the second sample; update-a-referral.md has the reason.
    """
    ends = SET.get(record["stage"])
    if not ends:
        return {}
    reason = cut(": ".join(filter(None, (f"{OURS}{record['stage']}", record["stage_why"]))))
    return {"/status": CLOSED, "/substatus": ends, "/statusReason": reason}


def _state(referral: Mapping[str, object]) -> State | None:
    """Return where a lead stands by its referral, None if that is as new as it was.

    One that a partner makes is accepted with its making (referral-resources.md on Microsoft Learn,
    AcceptedDateTime), so that it says nothing; later, somebody has accepted it.
    """
    if is_closed(referral):
        return ENDS.get(text(referral.get("substatus")).lower())
    made, accepted = _time(referral, "createdDateTime"), _time(referral, "acceptedDateTime")
    if text(referral.get("substatus")) != ACCEPTED or not (made and accepted):
        return None
    return State.WORKING if accepted - made > AT_ONCE else None


def _money(referral: Mapping[str, object], settings: PartnerCenterReferralSettings) -> Money | None:
    """Return what *referral* is worth, unless that is what leadshare itself has told."""
    details = part(referral, "details")
    value, currency = details.get("dealValue"), text(details.get("currency"))
    amount = None if isinstance(value, bool) else amount_of(str(value))
    if amount is None or not is_currency(currency):
        return None
    ours = settings.deal_value == amount and settings.currency == currency
    return None if ours else Money(amount, currency)


def _time(referral: Mapping[str, object], name: str) -> datetime | None:
    return times.read(text(referral.get(name)))
