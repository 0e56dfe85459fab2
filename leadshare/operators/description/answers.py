"""Operators: the answers that tell of leads and touches."""

from __future__ import annotations

from leadshare.operators.description.delivering import Attempt, Delivery
from leadshare.operators.description.values import (
    LACKING,
    RECORD,
    Answer,
    Instant,
    Lead,
    Once,
    Page,
)
from leadshare.playbook import Category, Intent, Stage, Storefront


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
    campaign: str
    """The id of the publisher's that it is in; empty where only the kind is known."""
    campaign_kind: str
    routing: str
    """Whether anybody follows it up; of a special lead it says nothing."""
    version: int
    touches: int
    duplicates: int
    last_seen: Instant
    framed: str
    """How the body of its last touch was framed."""


class Clock(Answer):
    """For how long a lead waits for a call, or did; empty where it was never ready."""

    ready_at: Instant = LACKING
    signed_at: Once = LACKING
    """When somebody called first."""
    signed_by: str = LACKING
    reminded_at: Once = LACKING
    escalated_at: Once = LACKING
    seconds: int = LACKING
    over_24_hours: bool = LACKING
    working_seconds: int = LACKING
    target_seconds: int = LACKING
    over_target: bool = LACKING
    """The last three are told where a clock is configured."""


class ListedLead(LeadInShort):
    """A lead in a list."""

    since: Instant = LACKING
    """Since when nobody takes it, in a list of such."""
    clock: Clock = LACKING
    """In a list of leads that wait for a call."""


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
    clock: Clock
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
