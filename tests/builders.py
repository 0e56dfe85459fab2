"""Builders of the values that many tests need, with sensible defaults."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from leadshare.core.delivery import Delivery
from leadshare.core.record import Record

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LEAD = "0123456789abcdef0123456789abcdef-fedcba9876543210"


def record(**changes: Any) -> Record:
    """A sales-ready lead of a customer who asked to be contacted."""
    values: Record = {
        "lead": LEAD,
        "version": 1,
        "storefront": "appsource",
        "audience": "business customers",
        "campaign_kind": "nurture",
        "campaign": "autumn-webinar",
        "listing": "contoso.invoice-robot",
        "listing_title": "Contoso Invoice Robot",
        "listing_kind": "app",
        "intent": "contact_request",
        "lane": "normal",
        "stage": "sales_ready",
        "score": 75,
        "reasons": ["+40 asked to be contacted", "+15 business e-mail", "+20 complete"],
        "first_name": "Ines",
        "last_name": "Okafor",
        "email": "ines.okafor@fabrikam.example",
        "phone": "+4930123456",
        "country": "DE",
        "company": "Fabrikam GmbH",
        "company_domain": "fabrikam.example",
        "job_title": "Head of IT",
        "notes": "Campaigns: autumn-webinar",
        "touches": 1,
        "first_touch": "2026-11-22T11:59:00.000Z",
        "last_touch": "2026-11-22T11:59:00.000Z",
    }
    return values | changes  # type: ignore[return-value]  # a test may break a field on purpose


def delivery(version: int = 1, lead: str = LEAD, **changes: Any) -> Delivery:
    """A delivery that is due for the first time."""
    fields: dict[str, Any] = {
        "lead": lead,
        "destination": "crm",
        "version": version,
        "record": record(version=version, lead=lead),
        "owed_since": NOW,
    }
    return Delivery(**(fields | changes))
