"""Destinations: what the configuration can say of HubSpot."""

from __future__ import annotations

import re
from typing import ClassVar, Final, Literal

from pydantic import Field, SecretStr, StrictBool, field_validator

from leadshare.destinations.settings import OutcomeSettings, vendor_url
from leadshare.destinations.writing.mapping import Fields
from leadshare.model import Secret, like

HUBSPOT: Final = "https://api.hubapi.com"

_PROPERTY: Final = r"^[a-z][a-z0-9_]{0,99}$"
_PROPERTY_NAME: Final = "a property's internal name: lower-case letters, digits and _"


class HubspotSettings(OutcomeSettings):
    """An account, by the token of a private app or service key in it."""

    has_campaigns: ClassVar[bool] = True

    type: Literal["hubspot"]
    """HubSpot."""
    token: Secret
    """Of a private app, or a service key."""
    url: str = HUBSPOT
    """HubSpot's own, or a simulator's."""
    key: str = like(_PROPERTY, _PROPERTY_NAME, "leadshare_contact")
    """A property of contacts, of single-line text and with unique values: it will hold the id of
    the person, which all leads of that person share."""
    touch_key: str = like(_PROPERTY, _PROPERTY_NAME, "leadshare_touch")
    """A property of notes, likewise: it will hold the id of the touch that a note tells of."""
    task_key: str = like(_PROPERTY, _PROPERTY_NAME, "leadshare_step")
    """A property of tasks, likewise: it will hold what a task of ours is known by."""
    lead_object: StrictBool = False
    """Whether each lead becomes a record of the leads object, too (Sales Hub)."""
    lead_key: str = like(_PROPERTY, _PROPERTY_NAME, "leadshare_id")
    """A property of the leads object, likewise: it will hold the lead id."""
    lead_fields: Fields = Field(default_factory=dict)
    """Changes of the default mapping of the leads object."""

    @field_validator("url")
    @classmethod
    def _hubspot(cls, url: str) -> str:
        expected = f"{HUBSPOT}, or http on loopback for a simulator"
        return vendor_url(url, re.escape(HUBSPOT), expected)

    @field_validator("token")
    @classmethod
    def _fits_a_header(cls, token: SecretStr) -> SecretStr:
        if not re.fullmatch("[!-~]+", token.get_secret_value()):
            raise ValueError("the token must be printable ASCII, without blanks")
        return token
