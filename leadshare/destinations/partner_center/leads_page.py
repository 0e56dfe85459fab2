"""Destinations: follow-up in Azure Marketplace itself, on the Leads page of Partner Center.

There, the lead is already, and no API serves it (Microsoft, "Get a list of referrals": marketplace
leads are not supported). So people follow it up, by the worklist, and say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from leadshare.deliveries.delivery import Accepted, Delivery, Rejected, Reply
from leadshare.destinations.base import Destination
from leadshare.destinations.replies import Verdict, every
from leadshare.destinations.settings import DestinationSettings
from leadshare.partner_center.states import SET
from leadshare.reason import Reason


class PartnerCenterLeadsSettings(DestinationSettings):
    """Leads that people follow up, each parked as `worklist` until somebody says it is done."""

    type: Literal["partner_center_leads"]
    """The Leads page of Partner Center."""
    channel: Literal["crm", "field_seller", "marketplace"] = "marketplace"
    """Where it follows up: the playbook sends leads to channels."""


class PartnerCenterLeads(Destination[PartnerCenterLeadsSettings]):
    """One publisher's Leads page."""

    erasures = frozenset()

    async def hand_over(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:  # noqa: ARG002 - nothing is called
        """Leave each to a person, unless there is nothing to set anew."""
        (delivery,) = deliveries
        ends = delivery.record["stage"] in SET
        done = delivery.sent > 0 and not delivery.entries and not ends
        return every(deliveries, Verdict(Accepted() if done else Rejected(Reason.WORKLIST)))

    async def take_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:  # noqa: ARG002 - nothing is called
        """Leave it to people: no API takes anything off the page."""
        return every(deliveries, Verdict(Rejected(Reason.WORKLIST)))
