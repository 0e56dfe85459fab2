"""Destinations: a referral for the Microsoft field seller, one for each lead, in Partner Center.

Vendor pages are cited by their file names in MicrosoftDocs/partner-rest, partner-rest/develop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

import httpx

from leadshare.client.answers.json_values import part, text
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.deliveries.lanes.rate import Rate
from leadshare.deliveries.record import Record
from leadshare.destinations.base import Destination
from leadshare.destinations.description import Description
from leadshare.destinations.errors import Refused
from leadshare.destinations.partner_center.answers import refusal_of
from leadshare.destinations.partner_center.fields import (
    ADDRESS,
    NOTES_FIELD,
    SOURCES,
    changes,
    connected,
    notes_of,
    referral,
    values,
)
from leadshare.destinations.partner_center.outcomes import closing, is_closed, is_closed_as
from leadshare.destinations.partner_center.settings import PartnerCenterReferralSettings
from leadshare.destinations.replies import Verdict, absent, every
from leadshare.destinations.writing.leaving_out import send_again
from leadshare.destinations.writing.mapping import Value
from leadshare.partner_center.answers import Unusable
from leadshare.partner_center.api import REFRESHABLE, PartnerCenter, TooMany, is_id, operations
from leadshare.partner_center.referral import MICROSOFT, Kind, classify, mark
from leadshare.reason import Reason, Vendor
from leadshare.times import from_text

UNREADABLE: Final = Deferred(Reason.UNREADABLE_ANSWER)
"""What becomes of a lead whose referral does not say what all do: Partner Center is at fault."""

SLACK: Final = timedelta(hours=1)
"""How far Partner Center's clock may be from ours."""


class PartnerCenterReferral(Destination[PartnerCenterReferralSettings]):
    """One partner's outgoing referrals, one lead after the other, by several calls each."""

    # 100 requests a minute are what Microsoft's own connector may make (Microsoft, "Partner Center
    # Referrals" connector); no other limit is published.
    RATE: ClassVar[Rate | None] = Rate(calls=90, seconds=60)
    NOTES: ClassVar[str] = NOTES_FIELD
    COMPOUNDS: ClassVar[tuple[frozenset[str], ...]] = (ADDRESS,)
    erasures = frozenset()

    def __init__(self, settings: PartnerCenterReferralSettings, client: httpx.AsyncClient) -> None:
        super().__init__(settings, client)
        self.sources = SOURCES
        self.center = PartnerCenter(settings.user, client, settings.timeout)

    async def take_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:  # noqa: ARG002 - nothing is called
        """Leave it to people: no API takes a customer out of a referral."""
        return every(deliveries, Verdict(Rejected(Reason.WORKLIST)))

    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Follow up, and once more without them where values of optional fields are refused."""
        return await send_again(super().deliver, self, deliveries, now)

    def written(self, delivery: Delivery) -> Mapping[str, Value]:
        """Return what is said of the customer, by the names of `sources`."""
        return values(delivery.record)

    async def labels(self, now: datetime) -> Mapping[str, str]:  # noqa: ARG002 - nobody is asked
        """Return no other names: the referral's fields are the same for all."""
        return {}

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Follow the one delivery up, in the time that one call may take: the lease's measure."""
        (delivery,) = deliveries
        try:
            async with asyncio.timeout(self.settings.timeout):
                outcome = await self._follow(delivery, now)
        except TimeoutError:
            return every(deliveries, Verdict(Deferred(Reason.TIMEOUT), failing=True))
        except Unusable as error:
            return every(deliveries, refusal_of(error, now, deliveries))
        except TooMany:
            # Whether there is a record would stay unknown, however often it were tried.
            return every(deliveries, Verdict(Rejected(Reason.UNCLEAR)))
        odd = outcome == UNREADABLE
        return every(deliveries, Verdict(outcome, httpx.codes.OK, failing=odd))

    async def find_records(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read the one referral back."""
        (delivery,) = deliveries
        try:
            found = await self._find(delivery, now)
        except Unusable as error:
            return every(deliveries, refusal_of(error, now))
        except TooMany:
            return every(deliveries, Verdict(Deferred(Reason.UNCLEAR)))
        if isinstance(found, Rejected):
            return every(deliveries, Verdict(found))
        ours = mark(found) == delivery.lead or delivery.lead in notes_of(found)
        outcome = (
            Accepted(text(found.get("id"))) if ours else Rejected(Reason.NOT_FOUND_AFTER_ACCEPT)
        )
        return every(deliveries, Verdict(outcome))

    async def describe(self, now: datetime) -> Description:
        """Sign in, and say when the refresh token ends; the referral's fields are fixed."""
        try:
            await self.center.search("status eq 'New'", now, select=("id",))
        except Unusable as error:
            raise Refused(refusal_of(error, now).reason) from None
        except TooMany:
            pass  # signed in all the same
        issued = self.settings.user.refresh_token_issued
        if issued is None:
            return Description()
        midnight = datetime.combine(issued, datetime.min.time(), now.tzinfo)
        return Description(expires=midnight + REFRESHABLE)

    async def _follow(self, delivery: Delivery, now: datetime) -> Outcome:
        """Create the referral, or change the one that is there; connect Microsoft to a shared one.

        Always looked for first: POST has no idempotency key, and one may have been sent by a
        process that died before it could note the attempt.
        """
        if refused := self._not_allowed(delivery):
            return refused
        ours = await self._find(delivery, now)
        if isinstance(ours, Rejected):
            return ours
        if not ours:
            return await self._created(delivery, now)
        record, identity = delivery.record, text(ours["id"])
        if is_closed(ours):
            as_it_is = is_closed_as(ours, record)
            return Accepted(identity) if as_it_is else Rejected(Reason.CLOSED_IN_CRM)
        ends = closing(record)
        if changed := operations(ours, changes(ours, delivery) | ends):
            await self.center.patch(identity, text(ours["eTag"]), changed, now)
        if ends:
            return Accepted(identity)
        return await self._connected(ours, delivery, now, new=False)

    async def _find(self, delivery: Delivery, now: datetime) -> dict[str, object] | Rejected:
        """Return the lead's referral, by the id that was noted, else from the list; {} if none."""
        identity = delivery.record_id
        if not is_id(identity):
            rows = await self._candidates(delivery, now)
            if len(rows) > 1:
                return Rejected(Reason.SEVERAL_IN_CRM)
            if not rows:
                return {}
            identity = text(rows[0].get("id"))
        try:
            return await self.center.get(identity, now)
        except Unusable as error:
            if error.gone:
                return {}
            raise

    async def _candidates(
        self, delivery: Delivery, now: datetime
    ) -> Sequence[Mapping[str, object]]:
        """Return those that have the lead's id; what a customer made is never ours.

        `externalReferenceId` is no filter, and what `direction` an own referral has is not
        documented: a filter too many would hide it, and it would be created anew.
        """
        columns = ("id", "externalReferenceId", "type", "qualification", "inviteContext")
        rows = await self.center.search(_since(delivery.record), now, select=columns)
        marked = [row for row in rows if mark(row) == delivery.lead]
        return [row for row in marked if classify(row) is not Kind.MARKETPLACE_LEAD]

    def _not_allowed(self, delivery: Delivery) -> Rejected | None:
        """Say why the lead must not be shared; what was shared once may be told more."""
        record = delivery.record
        agreed = delivery.sent > 0 or record["intent"] in self.settings.consent
        if record["category"] == "no_contact" or not agreed:
            return Rejected(Reason.NO_CONSENT)
        if missing := self.settings.lacks(record["listing_kind"]):
            reason = Vendor.PARTNER_CENTER.reason(f"missing.{missing[0]}")
            return Rejected(reason, f"A service's deal needs {', '.join(missing)}")
        return None if record["email"] or record["phone"] else Rejected(Reason.EMAIL_MISSING)

    async def _created(self, delivery: Delivery, now: datetime) -> Outcome:
        if delivery.sent:
            return absent(delivery)
        if closing(delivery.record):
            # There is nothing to sell any more, and nobody to ring.
            return Rejected(Reason.CLOSED_IN_CRM)
        written = referral(delivery.record, self.settings, delivery.without)
        made = await self.center.create(written, now)
        return await self._connected(made, delivery, now, new=True)

    async def _connected(
        self, ours: Mapping[str, object], delivery: Delivery, now: datetime, *, new: bool
    ) -> Outcome:
        """Make sure that a shared deal has Microsoft's side, too: another referral for it."""
        accepted, engagement = Accepted(text(ours.get("id"))), text(ours.get("engagementId"))
        if ours.get("type") != "Shared":
            return accepted
        if not is_id(engagement):
            return UNREADABLE  # Looked for again, the referral may tell.
        if not new:
            where = f"engagementId eq '{engagement}'"
            rows = await self.center.search(where, now, select=("id", "target"))
            if any(_is_for_microsoft(row) for row in rows):
                return accepted
        theirs = connected(delivery.record, self.settings, engagement, delivery.without)
        await self.center.create(theirs, now)
        return accepted


def _since(record: Record) -> str:
    """Return the filter of what may be *record*'s: it was made after its first touch, so changed.

    `createdDateTime` is no filter (get-a-list-of-referrals.md).
    """
    first = from_text(record["first_touch"]) - SLACK
    return f"updatedDateTime ge {first:%Y-%m-%dT%H:%M:%SZ}"


def _is_for_microsoft(row: Mapping[str, object]) -> bool:
    targets = row.get("target")
    return isinstance(targets, list) and any(part(one).get("id") == MICROSOFT for one in targets)
