"""A catalogue, and how a body is read with it."""

from __future__ import annotations

from typing import Any

from leadshare.intake.message import open_envelope
from leadshare.leads import touch as touches
from leadshare.leads.touch import Touch
from leadshare.playbook import Storefront
from tests.builders import IDENTITY, campaigns, configuration, message, post

APPSOURCE, AZURE = Storefront.APPSOURCE, Storefront.AZURE_MARKETPLACE

UNKNOWN = Storefront.UNKNOWN


LISTINGS = [
    {"id": "contoso.robot", "title": "Robot", "kind": "app", "campaign": "robots"},
    {
        "id": "contoso.advice",
        "title": "Advice",
        "kind": "consulting service",
        "campaign": "autumn-webinar",
    },
    {"id": "Contoso.VM", "title": "Contoso  VM", "kind": "offer", "campaign": "two-words"},
    {"id": "contoso.kit", "title": "Kit", "kind": "technology"},
]

CAMPAIGNS = [
    *campaigns(["robots", "autumn-webinar"]),
    {"id": "two-words", "name": "Two Words", "kind": "in-demand generation"},
]

CATALOGUE = configuration(
    listing=LISTINGS, campaign=CAMPAIGNS, internal_domains=["contoso.example"]
)


def read(body: bytes | dict[str, Any], path: str = "") -> Touch:
    """The touch that *body* is read as, with the catalogue above."""
    return touches.read(open_envelope(message(body, listing=path)), CATALOGUE.catalogue, IDENTITY)


def known(**changes: Any) -> Touch:
    """The touch of Contact me on a known listing: nothing about it is odd."""
    return read(post(**{"LeadSource": "SPZA-PLT|contoso.robot", **changes}))
