"""Destinations: what the configuration can say of Odoo."""

from __future__ import annotations

import re
from typing import Final, Literal

from pydantic import field_validator

from leadshare.destinations.settings import OutcomeSettings, vendor_url
from leadshare.model import Secret, like

SHOWN: Final = re.compile(
    r"https?://(?P<org>[\w-]+)[^/]*/(?:odoo/(?:[\w.-]+/)*|.*\b(?:res_)?id=)(?P<id>\d+)\b"
)
"""The address of the page that shows a record."""

_URL: Final = r"https://[a-z0-9.-]+(:[0-9]{1,5})?"


class OdooSettings(OutcomeSettings):
    """An Odoo, and the API key of the user that leads are written by."""

    type: Literal["odoo"]
    """Odoo 19 or later."""
    url: str
    """Its address, such as https://contoso.odoo.com."""
    api_key: Secret
    """Made in the user's preferences, under Account Security; it ends after three months."""
    database: str = like(
        r"^[A-Za-z0-9._-]{0,100}$", "a database's name: letters, digits, dots, - and _", ""
    )
    """Needed only where several databases are served at one address."""

    @field_validator("url")
    @classmethod
    def _server(cls, url: str) -> str:
        return vendor_url(url, _URL, "like https://contoso.odoo.com, without a path")
