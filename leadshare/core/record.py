"""Core: the record, which is a lead as it goes out to a destination: flat, plain, JSON."""

from __future__ import annotations

from typing import TypedDict

from leadshare.core.lead import Lead
from leadshare.core.playbook import PLAYBOOK
from leadshare.core.scoring import Receipt, reasons
from leadshare.core.times import to_text


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


def outgoing(lead: Lead, receipt: Receipt, stage: str, version: int) -> Record:
    """Return *lead* as it goes out."""
    play = PLAYBOOK[lead.storefront]
    facts = lead.facts
    return Record(
        lead=lead.id,
        version=version,
        storefront=lead.storefront,
        audience=play.audience,
        campaign_kind=play.campaign_kind,
        campaign=lead.campaign,
        listing=lead.listing,
        listing_title=lead.listing_title,
        listing_kind=lead.listing_kind,
        intent=lead.intent,
        lane=lead.lane,
        stage=stage,
        score=receipt.score,
        reasons=reasons(receipt),
        first_name=facts["first_name"],
        last_name=facts["last_name"],
        email=facts["email"],
        phone=facts["phone"],
        country=facts["country"],
        company=facts["company"],
        company_domain=facts["company_domain"],
        job_title=facts["job_title"],
        notes=facts["notes"],
        touches=lead.touches,
        first_touch=to_text(lead.first),
        last_touch=to_text(lead.last),
    )
