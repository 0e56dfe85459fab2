"""App: what the referrals that leadshare made tell of their leads, which referrals do not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadshare.client.answers.json_values import text
from leadshare.deliveries.asking.outcomes import Recorder
from leadshare.destinations.partner_center.outcomes import outcome_of
from leadshare.destinations.partner_center.settings import PartnerCenterReferralSettings
from leadshare.destinations.settings import DestinationSettings
from leadshare.partner_center.referral import mark
from leadshare.store.keys import deliveries_of, is_lead_id, partition_of
from leadshare.store.table import Table


@dataclass(frozen=True, slots=True)
class OwnReferrals:
    """Knows a referral as ours by the delivery that made it, and tells what became of its lead."""

    table: Table
    made_by: Sequence[PartnerCenterReferralSettings]
    """What the destinations that make referrals are told."""
    recorder: Recorder

    async def tell(self, referral: Mapping[str, object]) -> None:
        """Have recorded what *referral* tells, if a delivery of a lead made it; else do nothing."""
        lead = mark(referral)
        if not (self.made_by and is_lead_id(lead)):
            return
        settings = await self._maker(lead, text(referral.get("id")))
        outcome = settings and outcome_of(referral, lead, settings)
        if outcome:
            # As if asked, for each event has the whole referral told again, and one that expires
            # shows nobody at work. A lead that is gone by now has nothing to be told of it.
            await self.recorder.record([outcome], asked=True)

    async def _maker(self, lead: str, identity: str) -> PartnerCenterReferralSettings | None:
        """Return who made the referral of this *identity* for *lead*: anybody may write an id."""
        columns = ("destination", "record_id")
        rows = await self.table.read(partition_of(lead), *deliveries_of(lead), columns=columns)
        same = [row for row in rows if row.values["record_id"].lower() == identity.lower()]
        names = {row.values["destination"] for row in same if identity}
        return next((one for one in self.made_by if one.name in names), None)


def referring(
    destinations: Sequence[DestinationSettings],
) -> list[PartnerCenterReferralSettings]:
    """Return what those of *destinations* are told that make referrals."""
    return [one for one in destinations if isinstance(one, PartnerCenterReferralSettings)]
