"""Destinations: the follow-up systems, a folder each, and their registry."""

from __future__ import annotations

from typing import Any, Final

from leadshare.destinations.base import Destination
from leadshare.destinations.dynamics.destination import Dynamics
from leadshare.destinations.dynamics.settings import DynamicsSettings
from leadshare.destinations.hubspot.destination import Hubspot
from leadshare.destinations.hubspot.settings import HubspotSettings
from leadshare.destinations.inbox import Inbox, InboxSettings
from leadshare.destinations.marketo.destination import Marketo
from leadshare.destinations.marketo.settings import MarketoSettings
from leadshare.destinations.notices.email import Email
from leadshare.destinations.notices.email_settings import EmailSettings
from leadshare.destinations.notices.teams import Teams, TeamsSettings
from leadshare.destinations.odoo.destination import Odoo
from leadshare.destinations.odoo.settings import OdooSettings
from leadshare.destinations.partner_center.leads_page import (
    PartnerCenterLeads,
    PartnerCenterLeadsSettings,
)
from leadshare.destinations.partner_center.referral import PartnerCenterReferral
from leadshare.destinations.partner_center.settings import PartnerCenterReferralSettings
from leadshare.destinations.salesforce.destination import Salesforce
from leadshare.destinations.salesforce.sign_in import SalesforceSettings
from leadshare.destinations.settings import DestinationSettings
from leadshare.destinations.webhook import Webhook, WebhookSettings
from leadshare.destinations.zoho.destination import Zoho
from leadshare.destinations.zoho.settings import ZohoSettings

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
