"""Core: fold a contact's touches into leads; the order of processing never matters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from leadshare.core.envelope import REFERRAL, TABLE
from leadshare.core.normal import words
from leadshare.core.playbook import PLAYBOOK, Intent, Lane, Storefront
from leadshare.core.rules import NUMBERS, TEXTS
from leadshare.core.touch import Touch

WINDOW: Final = timedelta(hours=24)
"""The same action of the same customer within this is one touch, sent twice."""

ECHO: Final = timedelta(days=7)
"""A referral this near to a POST of its lead, before or after, is the same touch told twice."""

_BEST_FIRST: Final = list(Lane)


@dataclass(frozen=True, slots=True)
class Lead:
    """One contact's interest in one listing: the fold of its touches."""

    id: str
    contact: str
    listing: str
    listing_title: str
    listing_kind: str
    campaign: str
    storefront: Storefront
    intent: Intent
    lane: Lane
    facts: Mapping[str, str] = field(repr=False)
    flags: tuple[str, ...]
    touches: int
    """Touches that count: in this lane, without repeats and echoes."""
    duplicates: int
    first: datetime
    last: datetime
    """First and last receipt among the touches that count."""
    seen: datetime
    """Last receipt of any touch, repeats and echoes included."""
    listings: int
    """How many listings this contact may be followed up on."""


def fold(touches: Iterable[Touch]) -> dict[str, Lead]:
    """Return one contact's leads by id."""
    by_lead: dict[str, list[Touch]] = defaultdict(list)
    for touch in sorted(touches, key=lambda touch: (touch.received, touch.id)):
        by_lead[touch.lead].append(touch)
    lanes = {lead: _lane(group) for lead, group in by_lead.items()}
    listings = sum(lane is Lane.NORMAL for lane in lanes.values())
    return {lead: _fold(group, lanes[lead], listings) for lead, group in by_lead.items()}


def facts_of(lead: Lead) -> dict[str, str | int]:
    """Return what conditions and rules ask about."""
    play = PLAYBOOK[lead.storefront]
    values: dict[str, str | int] = {
        "storefront": lead.storefront,
        "audience": play.audience,
        "campaign_kind": play.campaign_kind,
        "campaign": lead.campaign,
        "listing": lead.listing,
        "listing_kind": lead.listing_kind,
        "intent": lead.intent,
        "lane": lead.lane,
    }
    values |= lead.facts
    facts: dict[str, str | int] = {name: words(str(values[name])) for name in TEXTS}
    return facts | {name: getattr(lead, name) for name in NUMBERS}


def duplicates(touches: Sequence[Touch]) -> set[str]:
    """Return the ids of those among a lead's *touches*, in order, that repeat an earlier one."""
    anchors: dict[str, datetime] = {}
    repeated: set[str] = set()
    for touch in touches:
        anchor = anchors.get(touch.fingerprint)
        if anchor is not None and touch.received - anchor < WINDOW:
            repeated.add(touch.id)
        else:
            anchors[touch.fingerprint] = touch.received
    return repeated


def echoes(touches: Sequence[Touch]) -> set[str]:
    """Return the ids of those among a lead's *touches* that tell of another's action once more.

    A referral does of any other touch near it; a row of a table, at a move from there, of the POST
    of the same action. Either may come first, so that the order of processing never matters; and
    all are of one lane, so that a POST never takes away what a referral's customer consented to.
    """
    posts = [touch for touch in touches if not touch.via]
    rows = [touch for touch in touches if touch.via == TABLE]
    others = [touch.received for touch in (*posts, *rows)]
    referrals = [touch for touch in touches if touch.via == REFERRAL]
    return {
        *(row.id for row in rows if any(_is_posted(row, post) for post in posts)),
        *(one.id for one in referrals if any(abs(one.received - at) <= ECHO for at in others)),
    }


def _is_posted(row: Touch, post: Touch) -> bool:
    """Say whether *post* is the action that *row* tells of.

    Not by their fingerprints, for the path of a POST may name the offer where LeadSource does not.
    """
    return abs(row.received - post.received) < WINDOW and _action(row) == _action(post)


def _action(touch: Touch) -> tuple[str, ...]:
    return (touch.action.lower(), *(words(touch.facts[name]) for name in _SHARED))


_SHARED: Final = ("email", "phone", "company", "notes")
"""Facts that are the same in a row and in the POST of the same action."""


def _lane(touches: Sequence[Touch]) -> Lane:
    """The best lane wins: DNC never lowers a lead that has asked for contact."""
    return min((touch.lane for touch in touches), key=_BEST_FIRST.index)


def _fold(touches: Sequence[Touch], lane: Lane, listings: int) -> Lead:
    """Fold *touches*, in their order; only those of the lead's lane say anything about it."""
    own = [touch for touch in touches if touch.lane is lane]
    echoed = echoes(own)
    telling = [touch for touch in own if touch.id not in echoed]
    repeated = duplicates(telling)
    counted = [touch for touch in telling if touch.id not in repeated]
    latest = telling[-1]
    return Lead(
        id=latest.lead,
        contact=latest.contact,
        listing=latest.listing,
        listing_title=_last_given(touch.listing_title for touch in telling),
        listing_kind=latest.listing_kind,
        campaign=_last_given(touch.campaign for touch in telling),
        storefront=latest.storefront,
        intent=max((touch.intent for touch in telling), key=lambda intent: intent.strength),
        lane=lane,
        facts={name: _last_given(t.facts[name] for t in telling) for name in latest.facts},
        flags=tuple(sorted({flag for touch in telling for flag in touch.flags})),
        touches=len(counted),
        duplicates=len(repeated | echoed),
        first=counted[0].received,
        last=counted[-1].received,
        seen=touches[-1].received,
        listings=listings,
    )


def _last_given(texts: Iterable[str]) -> str:
    """Return the last text that is not empty."""
    given = [text for text in texts if text]
    return given[-1] if given else ""
