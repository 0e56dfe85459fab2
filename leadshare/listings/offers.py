"""Listings: which types of offer must have a lead destination, as Microsoft says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

ALWAYS: Final = "always"
CONTACT_ME: Final = "contact_me"
"""Where customers cannot get the offer themselves but ask to be contacted."""

REQUIRED: Final = {
    "consultingService": ALWAYS,
    "dynamics365BusinessCentral": ALWAYS,
    "dynamics365ForOperations": ALWAYS,
    "dynamics365ForCustomerEngagement": CONTACT_ME,
    "softwareAsAService": CONTACT_ME,
}
"""The types of product that require a lead destination; all others only gain by one.

Microsoft Learn, "Customer leads from your commercial marketplace offer" and its FAQ, section on
which offers require one; the names are those of the Product Ingestion API.
"""


def requires(offer_type: str, resources: Iterable[dict[str, Any]]) -> bool | None:
    """Say whether an offer with these *resources* requires one; None where they do not tell."""
    when = REQUIRED.get(offer_type)
    if when != CONTACT_ME:
        return when == ALWAYS
    for resource in resources:
        if "/commercial-marketplace-setup/" in str(resource.get("$schema")):
            if resource.get("sellThroughMicrosoft") is True:
                return False
            action = str(resource.get("callToAction") or "")
            return action.replace("-", "").lower() == "contactme" if action else None
    return None
