"""Operators: the answers that tell what was ordered, what it came to, and what is to be done."""

from __future__ import annotations

from typing import Literal

from leadshare.operators.description.values import LACKING, Answer, Instant, Lead, Once, Page
from leadshare.partner_center.referral import Kind
from leadshare.playbook import Intent, Stage, Storefront


class Replayed(Answer):
    """What a replay came to."""

    what: str
    dry_run: bool
    matched: int
    replayed: int
    """Of leads that nobody takes: those that somebody takes from now on."""
    lead: str
    destination: str
    reason: str
    since: Once
    until: Once
    touch: str
    token: str = LACKING
    """Of a dry run: the order with it does exactly what was counted, or nothing."""


class OfLead(Answer):
    """What an order about one lead came to."""

    lead: Lead
    others: dict[str, str]
    """The destinations that were left alone, with the state that is why."""


class Parked(OfLead):
    """What was parked of one lead."""

    parked: list[str]
    """The destinations."""


class Resent(OfLead):
    """Whom one lead is sent again."""

    resent: list[str]
    """The destinations."""


class Dropped(Answer):
    """A touch that is deleted for good."""

    touch: str
    dropped: Literal[True]
    reason: str
    """Why it was in quarantine."""


class Paused(Answer):
    """Whether a destination is paused now."""

    destination: str
    paused: bool


class Enabled(Answer):
    """A destination that is called again."""

    destination: str
    enabled: Literal[True]
    replayed: int
    """How many of those are due again that the destination's 410 had parked."""
    parked: int
    """How many others are parked there."""


class Work(Answer):
    """What a person is to do in Partner Center."""

    lead: Lead
    destination: str
    company: str
    """Empty unless persons are shown."""
    listing_title: str
    """Empty unless persons are shown."""
    listing: str
    storefront: Storefront
    intent: Intent
    stage: Stage
    score: int
    received: Instant
    waiting_since: Instant
    set_to: str
    """What its status is to be set to."""
    days_left: int | Literal[""]
    """Days until it expires; empty where it does not."""


class Worklist(Page):
    """What people are to do in Partner Center, who waits longest first."""

    worklist: list[Work]


class WorkDone(Answer):
    """What was taken down as done."""

    destination: str
    done: list[Lead]
    others: dict[str, str]
    """The leads that were left alone, with the state that is why."""


class Told(Answer):
    """What a person has said became of a lead."""

    lead: Lead
    source: str
    state: str
    amount: str
    opted_out: bool


class WaitingOutcome(Answer):
    """An outcome that waits."""

    lead: str
    source: str
    at: str
    said: str
    reason: str
    """Why it waits."""
    received: Once


class WaitingOutcomes(Page):
    """Outcomes that wait, for there is no lead that they are of."""

    outcomes: list[WaitingOutcome]


class Referral(Answer):
    """A referral, which is no lead."""

    referral: str
    kind: Kind
    note: str = LACKING
    """What became of it, where it could not be had."""
    status: str = LACKING
    substatus: str = LACKING
    qualification: str = LACKING
    type: str = LACKING
    direction: str = LACKING
    engagement: str = LACKING
    deal_value: str = LACKING
    currency: str = LACKING
    created: Once = LACKING
    changed: Once = LACKING
    expires: Once = LACKING
    etag: str = LACKING
    updated: Instant


class Referrals(Page):
    """Referrals, in the order of their ids."""

    referrals: list[Referral]
