"""Destinations: what the configuration can say of notices by e-mail."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from leadshare.destinations.notices.notice import NoticeSettings
from leadshare.destinations.notices.smtp import SmtpSettings
from leadshare.model import CLIENT_ID, Address, Model, like


class AcsSettings(Model):
    """A resource of Azure Communication Services; the managed identity signs in."""

    kind: Literal["acs"]
    """Azure Communication Services."""
    endpoint: str = like(
        r"^https://[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})?\.communication\.azure\.com/?$",
        "an address like https://contoso.europe.communication.azure.com",
    )
    """The resource's, such as https://contoso.europe.communication.azure.com."""
    client_id: str = like(r"^[A-Za-z0-9-]*$", CLIENT_ID, "")
    """The managed identity's, where it is not leadshare's own."""


class EmailSettings(NoticeSettings):
    """Whom to write to, and by which way."""

    type: Literal["email"]
    """A notice by e-mail."""
    sender: Address
    """An address that the way may send from."""
    to: tuple[Address, ...] = Field(min_length=1, max_length=50)
    """Who reads it."""
    via: AcsSettings | SmtpSettings = Field(discriminator="kind")
    """Which way it is sent."""
