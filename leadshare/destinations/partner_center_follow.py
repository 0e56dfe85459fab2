"""Destinations: what all have in common that follow a lead up in Partner Center."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar

from pydantic import Field

from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Outcome, Rejected, Reply
from leadshare.core.lane import Rate
from leadshare.core.mapping import fill, source
from leadshare.core.preflight import Description
from leadshare.core.record import Record
from leadshare.core.referral_kind import mark, part, text
from leadshare.core.times import from_text
from leadshare.destinations.answers import every
from leadshare.destinations.base import Destination
from leadshare.destinations.partner_center import (
    REFRESHABLE,
    AppUser,
    PartnerCenter,
    TooMany,
    is_id,
)
from leadshare.destinations.partner_center_answers import UNREADABLE, Refused, refusal_of
from leadshare.destinations.settings import LandingSettings

CLOSED: Final = "Closed"
"""What is closed stays closed (referral-resources.md, transition states)."""

NOTES: Final = 4000
"""What `details/notes` holds at most. No limit is published; this one is ours."""


class PartnerCenterSettings(LandingSettings):
    """What destinations in Partner Center are told in common."""

    concurrency: int = Field(2, ge=1, le=64)


S = TypeVar("S", bound=PartnerCenterSettings)


class Following(Destination[S]):
    """Follows one lead up after the other, by several calls each; `follow` makes them."""

    # 100 requests a minute are what Microsoft's own connector may make (Microsoft, "Partner Center
    # Referrals" connector); no other limit is published.
    RATE: ClassVar[Rate | None] = Rate(calls=90, seconds=60)

    center: PartnerCenter

    def sign_in_as(self, user: AppUser) -> None:
        """Make all calls in the name of *user*."""
        self.center = PartnerCenter(user, self.client, self.settings.timeout)

    async def follow(self, delivery: Delivery, now: datetime) -> Outcome:
        """Follow *delivery* up; `Refused` and `TooMany` mean what `hand_over` makes of them."""
        raise NotImplementedError

    async def candidates(self, delivery: Delivery, now: datetime) -> Sequence[Mapping[str, Any]]:
        """Return the referrals in the list that are *delivery*'s; raises as `follow` does."""
        raise NotImplementedError

    async def find(self, delivery: Delivery, now: datetime) -> dict[str, Any] | Rejected:
        """Return the lead's referral, by the id that was noted or else from the list; {} if none.

        Raises as `follow` does.
        """
        identity = delivery.receipt
        if not is_id(identity):
            rows = await self.candidates(delivery, now)
            if len(rows) > 1:
                return Rejected("several_in_crm")
            if not rows:
                return {}
            identity = text(rows[0].get("id"))
        try:
            return await self.center.get(identity, now)
        except Refused as error:
            if error.gone:
                return {}
            raise

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Follow the one delivery up, in the time that one call may take: the lease's measure."""
        (delivery,) = deliveries
        try:
            async with asyncio.timeout(self.settings.timeout):
                outcome = await self.follow(delivery, now)
        except TimeoutError:
            return every(deliveries, Deferred("timeout"), failing=True)
        except Refused as error:
            return refusal_of(error, deliveries, now)
        except TooMany:
            # Whether there is a record would stay unknown, however often it were tried.
            return every(deliveries, Rejected("unclear"))
        return every(deliveries, outcome, status=200, failing=outcome == Deferred(UNREADABLE))

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Read the one referral back."""
        (delivery,) = deliveries
        try:
            found = await self.find(delivery, now)
        except Refused as error:
            return refusal_of(error, deliveries, now)
        except TooMany:
            return every(deliveries, Deferred("unclear"))
        if isinstance(found, Rejected):
            return every(deliveries, found)
        ours = mark(found) == delivery.lead or delivery.lead in notes_of(found)
        return every(deliveries, Accepted(found["id"]) if ours else Rejected(MISSING))


async def described(center: PartnerCenter, user: AppUser, now: datetime) -> Description:
    """Sign in, and say when the refresh token ends; the referral's fields are fixed."""
    with suppress(TooMany):  # signed in all the same
        await center.search("status eq 'New'", now, select=("id",))
    issued = user.refresh_token_issued
    if issued is None:
        return Description()
    midnight = datetime.combine(issued, datetime.min.time(), now.tzinfo)
    return Description(expires=midnight + REFRESHABLE)


def notes_of(referral: Mapping[str, Any]) -> str:
    """Return the notes of *referral*, whoever wrote them."""
    return text(part(referral, "details").get("notes"))


def since(record: Record, slack: timedelta) -> str:
    """Return the filter of what may be *record*'s: it was made after its first touch, so changed.

    Clocks differ by less than *slack*. `createdDateTime` is no filter (get-a-list-of-referrals.md).
    """
    first = from_text(record["first_touch"]) - slack
    return f"updatedDateTime ge {first:%Y-%m-%dT%H:%M:%SZ}"


TOLD: Final = {
    "Lead": source("lead"),
    "Role": source("job_title"),
    "Website": source("website"),
    "": source("summary"),
}
"""What the notes of a referral tell: all that has no field of its own."""


def told(record: Record) -> str:
    """Return our notes about *record*."""
    filled = fill(TOLD, record).items()
    return "\n".join(f"{name}: {value}" if name else str(value) for name, value in filled)
