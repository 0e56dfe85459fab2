"""Destinations: the follow-up systems, one file each, and their registry."""

from __future__ import annotations

from typing import Any, Final

from leadshare.destinations.base import Destination
from leadshare.destinations.dynamics import Dynamics, DynamicsSettings
from leadshare.destinations.email import Email, EmailSettings
from leadshare.destinations.hubspot import Hubspot, HubspotSettings
from leadshare.destinations.inbox import Inbox, InboxSettings
from leadshare.destinations.marketo import Marketo, MarketoSettings
from leadshare.destinations.odoo import Odoo, OdooSettings
from leadshare.destinations.partner_center_deal import PartnerCenterReferralSettings
from leadshare.destinations.partner_center_leads import (
    PartnerCenterLeads,
    PartnerCenterLeadsSettings,
)
from leadshare.destinations.partner_center_referral import PartnerCenterReferral
from leadshare.destinations.salesforce import Salesforce
from leadshare.destinations.salesforce_session import SalesforceSettings
from leadshare.destinations.settings import DestinationSettings
from leadshare.destinations.teams import Teams, TeamsSettings
from leadshare.destinations.webhook import Webhook, WebhookSettings
from leadshare.destinations.zoho import Zoho, ZohoSettings

DESTINATIONS: Final[dict[type[DestinationSettings], type[Destination[Any]]]] = {
    DynamicsSettings: Dynamics,
    OdooSettings: Odoo,
    ZohoSettings: Zoho,
    HubspotSettings: Hubspot,
    MarketoSettings: Marketo,
    SalesforceSettings: Salesforce,
    WebhookSettings: Webhook,
    InboxSettings: Inbox,
    PartnerCenterLeadsSettings: PartnerCenterLeads,
    PartnerCenterReferralSettings: PartnerCenterReferral,
    TeamsSettings: Teams,
    EmailSettings: Email,
}
"""Every kind of destination by what it can be told; its `type` in the file picks it."""
