"""Deliveries: what goes out of a lead: its record, which is plain JSON, and its story's entries."""

from __future__ import annotations

import json
from typing import Any, Final, TypedDict, get_type_hints


class Person(TypedDict):
    """Somebody who wrote from a lead's address, with what they said of themselves."""

    first_name: str
    last_name: str
    job_title: str
    phone: str
    company: str
    country: str
    last_heard: str
    """ISO 8601, UTC."""


class Entry(TypedDict):
    """One touch that counts, as the story tells it: once, by the version that it made."""

    touch: str
    """Touch id, 32 hex digits: what an entry in a timeline is known by."""
    version: int
    """The lead's version that it made, above 0."""
    received: str
    """ISO 8601, UTC."""
    action: str
    """The action code as it came."""
    intent: str
    first_name: str
    last_name: str
    job_title: str
    phone: str
    company: str
    country: str
    """As this touch gave them."""
    words: str
    """What the customer wrote, whole, without the marketplace's line of campaigns."""
    campaign: str


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
    """The id of the publisher's campaign that it is in."""
    campaign_name: str
    """What people call that."""
    first_campaign: str
    """The id of the one by which the customer came first."""
    last_campaign: str
    """The id of the one by which the customer came last."""
    listing: str
    """`publisher.offer`, or the normalised title where no offer id is known."""
    listing_title: str
    listing_kind: str
    intent: str
    action_code: str
    """The action code of the touch that showed the intent, as it came."""
    lead_source: str
    """LeadSource of that touch, as it came."""
    consent: str
    """What the customer agreed to, and by which actions, in words."""
    category: str
    """`normal`, `internal`, `blank`, `no_contact` or `test`."""
    stage: str
    """Where it stands in the pipeline: `sales_ready`, `won` and so on; of special leads the
    category."""
    stage_at: str
    """Since when, ISO 8601, UTC."""
    stage_by: str
    """The source that said so, or `score`."""
    stage_why: str
    """What that source called it, in its own words; nothing by score."""
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
    seniority: str
    """What the job title says: `decides`, `has_a_say`, `helps` or `unknown`."""
    notes: str
    """What the customer wrote, newest first, as much as rules see of it."""
    persons: list[Person]
    """Who else wrote from this address, last heard first."""
    since: dict[str, int]
    """By the name of a field that says who the customer is: the version that first gave it."""
    touches: int
    first_touch: str
    """ISO 8601, UTC."""
    last_touch: str


def read_record(column: str) -> Record:
    """Return the record in a row's *column*; older rows have no more than a campaign's name."""
    told: dict[str, Any] = json.loads(column)
    record: Record = {"campaign_name": told["campaign"], **told}  # type: ignore[typeddict-item]  # as it was written
    return record


FIELDS: Final = tuple(
    name for name, kind in get_type_hints(Record).items() if kind in (str, int, list[str])
)
"""The fields of a record that are a text, a number or a list of texts."""
