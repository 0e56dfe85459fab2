"""Core: the record, which is a lead as it goes out to a destination: flat, plain, JSON."""

from __future__ import annotations

from typing import TypedDict


class Record(TypedDict):
    """A lead as destinations see it. Texts are empty, never None, where nothing is known."""

    lead: str
    """Lead id, 49 characters: the external id in every follow-up system."""
    version: int
    """Counts up with every change; a destination must never let a lower one win."""
    storefront: str
    audience: str
    campaign_kind: str
    campaign: str
    """The publisher's named campaign."""
    listing: str
    """`publisher.offer`, or the normalised title where no offer id is known."""
    listing_title: str
    listing_kind: str
    intent: str
    lane: str
    """`normal`, `internal`, `blank`, `no_contact` or `test`."""
    stage: str
    score: int
    """0..100."""
    reasons: list[str]
    """The score's receipt in words: points and why."""
    first_name: str
    last_name: str
    email: str
    phone: str
    """E.164 where the number could be read, else as given."""
    country: str
    """ISO 3166-1 alpha-2 where it could be read, else as given."""
    company: str
    company_domain: str
    job_title: str
    notes: str
    """What the customer or the marketplace wrote in the description."""
    touches: int
    first_touch: str
    """ISO 8601, UTC."""
    last_touch: str
