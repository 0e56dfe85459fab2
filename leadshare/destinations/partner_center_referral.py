"""Destinations: a referral for the Microsoft field seller, one for each lead, in Partner Center.

Vendor pages are cited by their file names in MicrosoftDocs/partner-rest, partner-rest/develop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from leadshare.core.delivery import Accepted, Deferred, Delivery, Outcome, Rejected
from leadshare.core.preflight import Description
from leadshare.core.record import Record
from leadshare.core.referral_kind import MICROSOFT, Kind, classify, mark, part, text
from leadshare.destinations.partner_center import is_id, operations
from leadshare.destinations.partner_center_answers import UNREADABLE
from leadshare.destinations.partner_center_deal import (
    PartnerCenterReferralSettings,
    changes,
    connected,
    referral,
)
from leadshare.destinations.partner_center_follow import CLOSED, Following, described, since

SLACK: Final = timedelta(hours=1)
"""How far Partner Center's clock may be from ours."""


class PartnerCenterReferral(Following[PartnerCenterReferralSettings]):
    """One partner's outgoing referrals."""

    def __init__(self, settings: PartnerCenterReferralSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        self.sign_in_as(settings.user)

    async def follow(self, delivery: Delivery, now: datetime) -> Outcome:
        """Create the referral, or change the one that is there; connect Microsoft to a shared one.

        Always looked for first: POST has no idempotency key, and one may have been sent by a
        process that died before it could note the attempt.
        """
        if refused := self._not_allowed(delivery):
            return refused
        ours = await self.find(delivery, now)
        if isinstance(ours, Rejected):
            return ours
        if not ours:
            return await self._created(delivery, now)
        if ours.get("status") == CLOSED:
            return Rejected("closed_in_crm")
        if changed := operations(ours, changes(ours, delivery.record)):
            await self.center.patch(ours["id"], ours["eTag"], changed, now)
        return await self._connected(ours, delivery.record, now, new=False)

    async def candidates(self, delivery: Delivery, now: datetime) -> Sequence[Mapping[str, Any]]:
        """Return those that have the lead's id and are ours: its marketplace row may have it too.

        `externalReferenceId` is no filter, and what `direction` an own referral has is not
        documented: a filter too many would hide it, and it would be created anew.
        """
        columns = ("id", "externalReferenceId", "type", "qualification", "inviteContext")
        rows = await self.center.search(since(delivery.record, SLACK), now, select=columns)
        marked = [row for row in rows if mark(row) == delivery.lead]
        return [row for row in marked if classify(row) is not Kind.MARKETPLACE_LEAD]

    async def describe(self, now: datetime) -> Description:
        """Sign in, and say when the refresh token ends."""
        return await described(self.center, self.settings.user, now)

    def _not_allowed(self, delivery: Delivery) -> Rejected | None:
        """Say why the lead must not be shared; what was shared once may be told more."""
        record = delivery.record
        agreed = delivery.sent > 0 or record["intent"] in self.settings.consent
        if record["lane"] == "no_contact" or not agreed:
            return Rejected("no_consent")
        return None if record["email"] or record["phone"] else Rejected("email_missing")

    async def _created(self, delivery: Delivery, now: datetime) -> Outcome:
        if delivery.sent:
            return Rejected("deleted_in_crm")
        made = await self.center.create(referral(delivery.record, self.settings), now)
        return await self._connected(made, delivery.record, now, new=True)

    async def _connected(
        self, ours: Mapping[str, Any], record: Record, now: datetime, *, new: bool
    ) -> Outcome:
        """Make sure that a shared deal has Microsoft's side, too: another referral for it."""
        accepted, engagement = Accepted(text(ours.get("id"))), text(ours.get("engagementId"))
        if ours.get("type") != "Shared":
            return accepted
        if not is_id(engagement):
            return Deferred(UNREADABLE)  # Looked for again, the referral may tell.
        if not new:
            where = f"engagementId eq '{engagement}'"
            rows = await self.center.search(where, now, select=("id", "target"))
            if any(_is_for_microsoft(row) for row in rows):
                return accepted
        await self.center.create(connected(record, self.settings, engagement), now)
        return accepted


def _is_for_microsoft(row: Mapping[str, Any]) -> bool:
    targets = row.get("target")
    return isinstance(targets, list) and any(part(one).get("id") == MICROSOFT for one in targets)
