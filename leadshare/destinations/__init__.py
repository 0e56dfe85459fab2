"""Destinations: the follow-up systems, one file each, and their registry."""

from __future__ import annotations

from typing import Any, Final

from leadshare.destinations.base import Destination, DestinationSettings
from leadshare.destinations.dynamics import Dynamics, DynamicsSettings
from leadshare.destinations.inbox import Inbox, InboxSettings
from leadshare.destinations.partner_center_leads import (
    PartnerCenterLeads,
    PartnerCenterLeadsSettings,
)
from leadshare.destinations.partner_center_referral import (
    PartnerCenterReferral,
    PartnerCenterReferralSettings,
)
from leadshare.destinations.webhook import Webhook, WebhookSettings

DESTINATIONS: Final[dict[type[DestinationSettings], type[Destination[Any]]]] = {
    DynamicsSettings: Dynamics,
    WebhookSettings: Webhook,
    InboxSettings: Inbox,
    PartnerCenterLeadsSettings: PartnerCenterLeads,
    PartnerCenterReferralSettings: PartnerCenterReferral,
}
"""Every kind of destination by what it can be told; its `type` in the file picks it."""
