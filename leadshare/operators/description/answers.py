"""Operators: the answers that tell of leads, touches and deliveries, and what orders come to."""

from __future__ import annotations

from typing import Literal

from leadshare.deliveries.delivery import State
from leadshare.operators.description.values import (
    LACKING,
    RECORD,
    Answer,
    Instant,
    Lead,
    Once,
)
from leadshare.operators.outlook import Held
from leadshare.playbook import Category, Intent, Stage, Storefront


class Page(Answer):
    """One page of a list."""

    next: str = LACKING
    """What leads to the next page, as `after`; lacking on the last."""


class LeadInShort(Answer):
    """A lead as lists tell it."""

    lead: Lead
    """Its id."""
    storefront: Storefront
    listing: str
    """`publisher.offer`, or `other`; with persons as it was posted."""
    listing_title: str = LACKING
    """Told with persons only."""
    stage: Stage
    score: int
    intent: Intent
    category: Category
    campaign_kind: str
    routing: str
    """Whether anybody follows it up; of a special lead it says nothing."""
    version: int
    touches: int
    duplicates: int
    last_seen: Instant
    framed: str
    """How the body of its last touch was framed."""


class ListedLead(LeadInShort):
    """A lead in a list."""

    since: Instant = LACKING
    """Since when nobody takes it, in a list of such."""


class Leads(Page):
    """Leads, newest first; those that nobody follows up, oldest first."""

    leads: list[ListedLead]


class Line(Answer):
    """What one rule gave a score."""

    rule: str
    points: int
    why: str


class Receipt(Answer):
    """How a score came to be."""

    score: int
    lines: list[Line]
    rules: str
    """The version of the rules."""
    missing: str
    """The one missing fact that would add most, or nothing."""
    missing_points: int
    persons: int
    """Of how many persons it is the best."""


class WholeLead(LeadInShort):
    """A lead as its story tells it."""

    first_touch: Instant
    qualified: str
    """Where its score alone puts it."""
    stage_at: Once
    stage_by: str
    stage_why: str
    """Since when it stands where it does, by what, and why."""
    ready_at: Once
    """Since when a person is to begin."""
    signed_at: Once
    signed_by: str
    """Since when a person has begun, and by what that is known."""
    flags: list[str]
    route: list[str]
    """The names of the destinations that it goes to."""
    receipt: Receipt
    record: RECORD = LACKING
    """As it goes out; told with persons only."""


class Touch(Answer):
    """One touch of a lead."""

    touch: str
    lead: Lead
    received: Instant
    storefront: Storefront
    listing: str
    action: str
    intent: Intent
    category: Category
    via: str
    """By which source it came, if not by a POST."""
    framed: str
    flags: list[str]
    facts_given: list[str]
    """The names of what the customer told."""
    facts: dict[str, str] = LACKING
    """What the customer told; told with persons only."""
    repeat: bool
    """Whether it says nothing new."""


class Last(Answer):
    """What a destination said last."""

    at: Instant = LACKING
    outcome: str = LACKING
    reason: str = LACKING
    status: int = LACKING
    said: str = LACKING
    """In its own words; told with persons only."""


class Waiting(Answer):
    """A delivery, and until when it waits and what for."""

    lead: Lead
    destination: str
    state: State
    reason: str
    sent: int
    """The version that was accepted last."""
    attempts: int
    record_id: str
    """The destination's own id of the record."""
    next: Once = LACKING
    """Of what is due: when it leaves at the earliest; empty if a person must do something."""
    held_by: Held | Literal[""] = LACKING
    """Of what is due: what holds it until then, empty for nothing."""
    parked_since: Instant = LACKING
    """Of what is parked."""
    link: str
    """Where people see its record; empty where there is none or nobody knows."""
    updated: Instant = LACKING
    found_at: Once = LACKING
    """When the record was read back."""


class Delivery(Waiting):
    """A delivery as a story tells it."""

    wanted: int
    """The version that is owed."""
    last: Last


class ListedDelivery(Waiting):
    """A delivery in a list."""

    version: int = LACKING
    """The version that is owed, of what is due or parked."""
    wanted: int = LACKING
    """The same, of what is delivered or suppressed."""
    owed_since: Instant = LACKING


class Deliveries(Page):
    """Deliveries in one state."""

    deliveries: list[ListedDelivery]


class Attempt(Answer):
    """One request that left, and what it came to."""

    destination: str
    at: Instant
    version: int
    outcome: str
    reason: str
    status: int = LACKING
    """The HTTP status, 0 if none came."""
    milliseconds: int = LACKING
    without: str = LACKING
    """The fields that it was sent without, by commas."""
    said: str = LACKING
    """What the destination said, in its words; told with persons only."""


class OptOut(Answer):
    """Since when a contact wants to hear no more, and by whom; empty if it does not say so."""

    at: Instant = LACKING
    by: str = LACKING


class Outcome(Answer):
    """What one source told of a lead."""

    source: str
    at: Instant
    state: str
    stage: str
    status: str
    amount: str
    currency: str
    reason: str = LACKING
    """In its words; told with persons only."""
    by: str
    recorded: Instant


class Story(Answer):
    """One lead's whole story."""

    lead: WholeLead
    opted_out: OptOut
    touches: list[Touch]
    """In the order in which they came."""
    deliveries: list[Delivery]
    attempts: list[Attempt]
    outcomes: list[Outcome]


class FoundLead(LeadInShort):
    """A lead that was found, with persons."""

    record: RECORD


class FoundId(Answer):
    """A lead that was found."""

    lead: Lead


class Found(Answer):
    """Which leads were found."""

    leads: list[FoundLead | FoundId]
    more: bool
    """Whether there are more, or may be."""


class QuarantinedInShort(Answer):
    """A touch in quarantine, in a list."""

    touch: str
    reason: str
    updated: Instant


class QuarantinePage(Page):
    """Touches that could not be classified, oldest first."""

    quarantine: list[QuarantinedInShort]


class Quarantined(QuarantinedInShort):
    """One touch in quarantine."""

    received: Instant
    via: str = LACKING
    framed: str = LACKING
    path: str = LACKING
    """The listing in the path that it was posted to; told with persons only."""
    bytes: int
    """How large its body is."""
    body: str = LACKING
    """As it was posted, in base64; told with persons only."""
