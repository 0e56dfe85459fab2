"""Leads: fold a contact's touches into leads; the order of processing never matters."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from leadshare.addresses import one_spelling
from leadshare.configuration.campaigns import NO_CAMPAIGNS, Campaigns
from leadshare.leads.folding.membership import came_by, member_of
from leadshare.leads.folding.persons import FACTS, Person, persons
from leadshare.leads.folding.repeats import duplicates, echoes
from leadshare.leads.touch import Touch
from leadshare.persons.titles import seniority
from leadshare.playbook import PLAYBOOK, Category, Intent, Storefront, consent
from leadshare.store.table import to_json
from leadshare.texts import cut, words

SEVERAL: Final = "several_persons"
"""The flag of a lead from whose address more than one person wrote."""

_BEST_FIRST: Final = list(Category)


@dataclass(frozen=True, slots=True)
class Lead:
    """One contact's interest in one listing: the fold of its touches."""

    id: str
    contact: str
    listing: str
    listing_title: str
    listing_kind: str
    campaign: str
    """The id of the configured one that it is in, "" where only the playbook's kind says more."""
    campaign_name: str
    """What people call that."""
    first_campaign: str
    last_campaign: str
    """By which the customer came, by their ids; one that is not configured as it was called."""
    storefront: Storefront
    intent: Intent
    action: str
    """The action code that showed the intent, as it came last."""
    source: str
    """LeadSource of that touch, as it came."""
    consent: str
    """What the customer agreed to, by which actions, in words."""
    category: Category
    address: Mapping[str, str] = field(repr=False)
    """E-mail, its kind and its domain, which belong to the address, whoever writes from it."""
    persons: tuple[Person, ...]
    """Who wrote, last heard first; the lead shows the first of them."""
    words: str = field(repr=False)
    """What was written, newest first, each text once, as much as rules see of it."""
    flags: tuple[str, ...]
    touches: int
    """Touches that count: in this category, without repeats and echoes."""
    duplicates: int
    first: datetime
    last: datetime
    """When the first and the last of the touches that count came."""
    seen: datetime
    """When the last of all touches came, repeats and echoes included."""
    framed: str
    """How the last POST among them was framed."""
    listings: int
    """How many listings this contact may be followed up on; none for a special lead."""
    own: tuple[Touch, ...] = field(repr=False, compare=False)
    """The touches of its category, in their order, repeats and echoes included."""
    aside: tuple[Touch, ...] = field(repr=False, compare=False)
    """Those of other categories, which say nothing about it."""
    counted: frozenset[str] = field(repr=False, compare=False)
    """The ids of those that count."""

    @property
    def facts(self) -> Mapping[str, str]:
        """What is known of the person shown, and of the address."""
        return {**self.address, **self.persons[0].facts}


def fold(touches: Iterable[Touch], campaigns: Campaigns = NO_CAMPAIGNS) -> dict[str, Lead]:
    """Return one contact's leads by id, each in one of *campaigns* at most."""
    by_lead: dict[str, list[Touch]] = defaultdict(list)
    for touch in sorted(touches, key=lambda touch: (touch.received, touch.id)):
        by_lead[touch.lead].append(touch)
    categories = {lead: _category(group) for lead, group in by_lead.items()}
    listings = sum(category is Category.NORMAL for category in categories.values())
    folded = (
        _fold(group, categories[lead], listings, campaigns) for lead, group in by_lead.items()
    )
    return {lead.id: _joined(lead, campaigns) for lead in folded}


def _joined(lead: Lead, campaigns: Campaigns) -> Lead:
    """Return *lead*, which is in no campaign yet, in its own."""
    if not campaigns.told:
        return lead
    told = [touch for touch in lead.own if touch.id in lead.counted]
    found = member_of(told, facts_of(lead), lead.listing, campaigns)
    return replace(lead, campaign=found.id, campaign_name=found.name) if found else lead


def beside(lead: Lead, listings: int, told_apart: int) -> Lead:
    """Return *lead* as one of so many *listings* of its contact.

    More than conditions tell apart are not counted, so that what the contact does elsewhere
    changes a lead only where it may be scored or routed otherwise by it.
    """
    count = max(min(listings, told_apart), 0) if lead.category is Category.NORMAL else 0
    return lead if lead.listings == count else replace(lead, listings=count)


def facts_of(lead: Lead, person: Person | None = None) -> dict[str, str | int]:
    """Return what conditions and rules ask about: of the person shown, or of another *person*."""
    play = PLAYBOOK[lead.storefront]
    of_person = (person or lead.persons[0]).facts
    told = {
        "campaign": lead.campaign,
        "listing": lead.listing,
        "listing_kind": lead.listing_kind,
        "notes": lead.words,
        **lead.address,
        **of_person,
    }
    return {
        **{name: words(text) for name, text in told.items()},
        # Words of our own, which are as they are compared.
        "storefront": lead.storefront.value,
        "audience": play.audience,
        "campaign_kind": play.campaign_kind,
        "intent": lead.intent.value,
        "category": lead.category.value,
        "seniority": seniority(of_person["job_title"]),
        "touches": lead.touches,
        "listings": lead.listings,
    }


def digest(lead: Lead) -> str:
    """Return what changes with all that is the lead's own and that a destination should hear of.

    Times, repeats and spellings are left out, and so are the rules in force and what the contact
    does elsewhere: a repeat is never sent, and a change of rules alone owes nothing to anybody.
    """
    address = lead.address["email"]
    told = (
        one_spelling(address) or address,
        [[words(one.facts[name]) for name in FACTS] for one in lead.persons],
        lead.listing_kind,
        lead.campaign,
        lead.storefront,
        lead.intent,
        lead.category,
        lead.touches,
    )
    return hashlib.sha256(to_json(told).encode("utf-8", "backslashreplace")).hexdigest()


def _category(touches: Sequence[Touch]) -> Category:
    """The best category wins: DNC never lowers a lead that has asked for contact."""
    return min((touch.category for touch in touches), key=_BEST_FIRST.index)


def _fold(
    touches: Sequence[Touch], category: Category, listings: int, campaigns: Campaigns
) -> Lead:
    """Fold *touches*, in their order; only those of the lead's category say anything about it."""
    own = tuple(touch for touch in touches if touch.category is category)
    echoed = echoes(own)
    telling = [touch for touch in own if touch.id not in echoed]
    repeated = duplicates(telling)
    counted = [touch for touch in telling if touch.id not in repeated]
    latest, came = counted[-1], [*filter(None, (came_by(one, campaigns) for one in counted))]
    asked = max(counted, key=lambda touch: (touch.intent.strength, touch.received, touch.id))
    who = persons(counted)
    flags = {flag for touch in counted for flag in touch.flags}
    return Lead(
        id=latest.lead,
        contact=latest.contact,
        listing=latest.listing,
        listing_title=_last_given(touch.listing_title for touch in counted),
        listing_kind=_last_given(touch.listing_kind for touch in counted),
        campaign="",
        campaign_name="",
        first_campaign=came[0] if came else "",
        last_campaign=came[-1] if came else "",
        storefront=_last_known(touch.storefront for touch in counted),
        intent=asked.intent,
        action=asked.action,
        source=asked.source,
        consent=consent([(touch.action, touch.received) for touch in counted]),
        category=category,
        address=_address(counted),
        persons=who,
        words=cut("\n".join(dict.fromkeys(t.words for t in reversed(counted) if t.words))),
        flags=tuple(sorted(flags | ({SEVERAL} if len(who) > 1 else set()))),
        touches=len(counted),
        duplicates=len(repeated | echoed),
        first=counted[0].received,
        last=latest.received,
        seen=touches[-1].received,
        framed=_last_given(touch.framed for touch in touches),
        listings=listings if category is Category.NORMAL else 0,
        own=own,
        aside=tuple(touch for touch in touches if touch.category is not category),
        counted=frozenset(touch.id for touch in counted),
    )


_ADDRESS: Final = ("email", "email_kind", "company_domain")


def _address(touches: Sequence[Touch]) -> dict[str, str]:
    """Return the address that was given last, and what is known of it."""
    given = [touch for touch in touches if touch.facts["email"]]
    facts = (given or touches)[-1].facts
    return {name: facts[name] for name in _ADDRESS}


def _last_known(storefronts: Iterable[Storefront]) -> Storefront:
    """Return the last storefront that is known: a touch that tells none says nothing of it."""
    known = [storefront for storefront in storefronts if storefront is not Storefront.UNKNOWN]
    return known[-1] if known else Storefront.UNKNOWN


def _last_given(texts: Iterable[str]) -> str:
    """Return the last text that is not empty."""
    given = [text for text in texts if text]
    return given[-1] if given else ""
