"""Destinations: follow-up in Azure Marketplace itself, on the Leads page of Partner Center.

There, the lead is already: what is delivered is its status and our notes. Two pages of Microsoft's
disagree on whether the API serves such leads at all (get-a-list-of-referrals.md, "not supported";
"Introduction to referrals API", "Marketplace lead"), so that by default a person does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Self

import httpx
from pydantic import model_validator

from leadshare.core.delivery import WORKLIST, Accepted, Deferred, Delivery, Outcome, Rejected
from leadshare.core.preflight import Description
from leadshare.core.record import Record
from leadshare.core.referral import of_lead, with_ours
from leadshare.core.referral_kind import mark
from leadshare.destinations.partner_center import AppUser, operations
from leadshare.destinations.partner_center_follow import (
    CLOSED,
    NOTES,
    Following,
    PartnerCenterSettings,
    described,
    notes_of,
    since,
    told,
)

SLACK: Final = timedelta(days=1)
"""How long before it was posted to us a lead may have been in the list."""

MARKETPLACE: Final = "qualification eq 'Direct'"
"""Made by a customer (get-a-list-of-referrals.md); `classify` tells the rest."""


class PartnerCenterLeadsSettings(PartnerCenterSettings):
    """Who follows leads up: a person by the worklist, or leadshare in the name of a user."""

    type: Literal["partner_center_leads"]
    channel: Literal["crm", "field_seller", "marketplace"] = "marketplace"
    worklist: bool = True
    """Whether each lead is parked as `worklist`, until a person says it is done. Switch it off
    where the API is seen to serve marketplace leads."""
    user: AppUser | None = None
    accept: bool = True
    """Whether a lead that is New there becomes Active: accepted."""

    @model_validator(mode="after")
    def _can_run(self) -> Self:
        if not self.worklist and self.user is None:
            raise ValueError("user: expected where worklist is off: leadshare must sign in")
        return self


class PartnerCenterLeads(Following[PartnerCenterLeadsSettings]):
    """One publisher's Leads page."""

    def __init__(self, settings: PartnerCenterLeadsSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        if settings.user is not None:
            self.sign_in_as(settings.user)

    async def follow(self, delivery: Delivery, now: datetime) -> Outcome:
        """Set status and notes of the lead's row, or leave it to a person."""
        if self.settings.worklist:
            return Rejected(WORKLIST)
        if reason := _unmatchable(delivery.record):
            return Rejected(reason)
        row = await self.find(delivery, now)
        if isinstance(row, Rejected):
            return row
        if not row:
            return Rejected("deleted_in_crm") if delivery.sent else Deferred("not_listed_yet")
        if row.get("status") == CLOSED:
            return Rejected("closed_in_crm")
        wanted = changes(row, delivery.record, accept=self.settings.accept)
        if changed := operations(row, wanted):
            await self.center.patch(row["id"], row["eTag"], changed, now)
        return Accepted(row["id"])

    async def candidates(self, delivery: Delivery, now: datetime) -> Sequence[Mapping[str, Any]]:
        """Return the rows of the customer and listing."""
        where = f"{MARKETPLACE} and {since(delivery.record, SLACK)}"
        return of_lead(await self.center.search(where, now), delivery.record)

    async def describe(self, now: datetime) -> Description:
        """Sign in, where leadshare does, and say when the refresh token ends."""
        if self.settings.worklist or self.settings.user is None:
            return Description()
        return await described(self.center, self.settings.user, now)


def _unmatchable(record: Record) -> str:
    """Say what *record* lacks to be found in any list."""
    if not (record["listing_title"] or record["listing"]):
        return "listing_missing"
    return "" if record["email"] or record["company"] else "email_missing"


def changes(row: Mapping[str, Any], record: Record, *, accept: bool) -> dict[str, Any]:
    """Return what *record* sets in its *row*, by JSON pointers: notes, status and our mark.

    Another's mark stays: a CRM's connector may have put its own there.
    """
    notes = with_ours(notes_of(row), told(record), NOTES)
    wanted: dict[str, Any] = {"/details/notes": notes}
    if not mark(row):
        wanted["/externalReferenceId"] = record["lead"]
    if record["lane"] == "no_contact":
        return wanted | {"/consent/consentToContact": False}
    if accept and row.get("status") == "New":
        wanted |= {"/status": "Active", "/substatus": "Accepted"}
    return wanted
