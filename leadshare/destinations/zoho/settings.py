"""Destinations: what the configuration can say of Zoho CRM."""

from __future__ import annotations

from typing import ClassVar, Literal

from leadshare.destinations.settings import OutcomeSettings
from leadshare.model import Secret, like


class ZohoSettings(OutcomeSettings):
    """An organisation, and the client that signs in for one of its users."""

    has_campaigns: ClassVar[bool] = True

    type: Literal["zoho"]
    """Zoho CRM."""
    data_centre: Literal["us", "eu", "in", "au", "jp", "cn", "ca", "sa", "uk", "ae"]
    """Where the organisation lives: https://crm.zoho.eu is `eu`."""
    client_id: Secret
    """Of a self client."""
    client_secret: Secret
    """The client's."""
    refresh_token: Secret
    """The user's, from one consent."""
    key: str = like(
        r"^[A-Za-z][A-Za-z0-9_]{0,49}$", "a field's API name, such as Leadshare_Id", "Leadshare_Id"
    )
    """API name of a single-line field of Leads, 49 characters or more, that does not allow
    duplicate values: it will hold the lead id."""
    lar_id: str = like(r"^([0-9]{1,20})?$", "the id of a lead assignment rule", "")
    """The lead assignment rule that picks the owner of a new lead; without it, leadshare's user."""
