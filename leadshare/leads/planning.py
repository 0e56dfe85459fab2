"""Leads: plan what a touch changes in its contact's rows, as transactions in their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from types import MappingProxyType

from leadshare.deliveries.ledger.story import pack
from leadshare.leads.folding.story import entries
from leadshare.leads.follow_up import listed, owe, retire, together
from leadshare.leads.lead import Lead, beside, digest, facts_of, fold
from leadshare.leads.outgoing import outgoing
from leadshare.leads.routing import Routes, route, routing
from leadshare.leads.story import SUMMARY, Story
from leadshare.leads.touch import Touch, to_row
from leadshare.playbook import Category, Stage
from leadshare.scoring import receipt as scoring
from leadshare.scoring.operators import Facts
from leadshare.scoring.receipt import Receipt
from leadshare.scoring.rules import tells_apart
from leadshare.scoring.settings import Scoring
from leadshare.store.finding import index
from leadshare.store.keys import contact_key, lead_key, seen_key, touch_key
from leadshare.store.table import Change, Row, move, put, to_json
from leadshare.times import to_text


def plan(  # noqa: PLR0913, PLR0917 - what a plan hangs on
    story: Story, touch: Touch, raw: bytes, routes: Routes, rules: Scoring, now: datetime
) -> list[list[Change]]:
    """Return the transactions that bring *story* up to date with *touch*.

    Each leaves the laws of docs/architecture.md in force, and a repeat plans only what is still
    missing.
    """
    is_new = touch.id not in story.touches
    touches = {touch.id: touch, **story.touches}
    own = touches[touch.id].lead
    folded, apart = fold(touches.values()), moving(routes, rules)
    told = _counts(story, folded[own]) if is_new else {"listings": story.count("listings")}
    leads = [beside(lead, told["listings"], apart) for lead in folded.values()]
    planned = {lead.id: _update(story, lead, routes, rules, now, touch) for lead in leads}
    mine = planned.pop(own)
    kept = replace(touch, version=mine.made)
    first = _kept(story, kept, raw, told, now) if is_new else []
    transactions = together(mine.retired, first + mine.changes)
    for other in planned.values():
        transactions += together(other.retired, other.changes)
    return transactions


def moving(routes: Routes, rules: Scoring) -> int:
    """Return at how many listings at most a contact's leads still move with one more."""
    asked = chain((rule.when for rule in rules.rule), (route.when for route in routes.extra))
    return tells_apart("listings", chain.from_iterable(asked))


def _counts(story: Story, lead: Lead) -> dict[str, int]:
    """Return what the contact's row tells with one more touch, by which *lead* is as it is."""
    before = story.leads.get(lead.id)
    was = before is not None and before.values["category"] == Category.NORMAL
    more = {
        "touches": 1,
        "leads": before is None,
        "listings": lead.category is Category.NORMAL and not was,
    }
    return {name: story.count(name) + more for name, more in more.items()}


def _kept(
    story: Story, touch: Touch, raw: bytes, told: Mapping[str, int], now: datetime
) -> list[Change]:
    """Keep *touch*, with the version that it made, and what is *told* of its contact.

    The contact's row goes into every transaction that adds a touch, so they queue up.
    """
    columns = to_row(touch) | {"raw": raw}
    contact = {**told, "updated": to_text(now)}
    before = [one.found for one in story.touches.values() if one.lead == touch.lead]
    return [
        Change("insert", touch_key(touch.contact, touch.id), columns),
        put(story.contact, contact_key(touch.contact), contact),
        *index(touch.lead, touch.found, before),
    ]


@dataclass(frozen=True, slots=True)
class _Planned:
    """What changes in a lead's rows; nothing if it stands as it is."""

    changes: list[Change] = field(default_factory=list)
    retired: list[Change] = field(default_factory=list)
    """What it no longer owes."""
    made: int = 0
    """The version that the touch made of it, if it made one."""


def _update(  # noqa: PLR0913, PLR0917 - as above
    story: Story, lead: Lead, routes: Routes, rules: Scoring, now: datetime, touch: Touch
) -> _Planned:
    """Plan what changes in the rows of *lead* with *touch*, which may be of another lead.

    Its version rises with what is its own, or when its stage or its way moves; the score follows
    whatever else the contact does.
    """
    before = story.leads.get(lead.id)
    same = before is not None and before.values["digest"] == digest(lead)
    if before and same and before.values["listings"] == lead.listings:
        return _Planned(_seen_again(before, lead, now))
    receipt = scoring.best([facts_of(lead, person) for person in lead.persons], rules)
    stage = rules.stage(lead.category, lead.storefront, receipt.score)
    if before and same and _stays(before, lead, receipt.score, stage, routes):
        return _Planned(_seen_again(before, lead, now, _scored(lead, receipt)))
    version = before.values["version"] + 1 if before else 1
    made = 0
    if touch.id not in story.touches and (not before or _counts_more(before, lead)):
        made = version
        own = [replace(one, version=made) if one.id == touch.id else one for one in lead.own]
        lead = replace(lead, own=tuple(own))
    changes, retired = _raise(story, lead, receipt, stage, version, routes, now, touch.trace)
    return _Planned(changes, retired, made)


def _counts_more(before: Row, lead: Lead) -> bool:
    """Say whether a touch counts that no other stood for: one that is to be told.

    What a repeat has told that was processed before what it repeats is not told again.
    """
    values = before.values
    return bool(values["category"] != lead.category or values["touches"] < lead.touches)


def _stays(before: Row, lead: Lead, score: int, stage: Stage, routes: Routes) -> bool:
    """Say whether *lead* stays in its stage, and on its way, at another score."""
    values, facts = before.values, facts_of(lead)
    was = _way({**facts, "listings": values["listings"]}, values["score"], stage, routes)
    return bool(values["stage"] == stage) and was == _way(facts, score, stage, routes)


def _way(facts: Facts, score: int, stage: Stage, routes: Routes) -> tuple[list[str], str]:
    """Return where a lead with these *facts* goes, and who follows it up."""
    destinations = route(facts, score, stage, routes)
    return destinations, routing(facts, score, stage, routes, destinations)


def _raise(  # noqa: PLR0913, PLR0917 - as above
    story: Story,
    lead: Lead,
    receipt: Receipt,
    stage: Stage,
    version: int,
    routes: Routes,
    now: datetime,
    trace: str,
) -> tuple[list[Change], list[Change]]:
    """Return what changes in the rows of *lead* at a new *version*, and what it no longer owes."""
    before, told = story.leads.get(lead.id), entries(lead.own)
    destinations, state = _way(facts_of(lead), receipt.score, stage, routes)
    record = outgoing(lead, receipt, stage, version)
    seen = seen_key(lead.seen, lead.id)
    summary = _summary(lead, stage, receipt.score, version, state)
    index, moved = listed(before, state, summary, now)
    values = (
        summary
        | _scored(lead, receipt)
        | {
            "digest": digest(lead),
            "seen": seen,
            "index": index,
            "record": to_json(record),
            "story": pack(told),
            "route": to_json(destinations),
            "flags": to_json(lead.flags),
            "first_touch": to_text(lead.first),
        }
    )
    changes = [put(before, lead_key(lead.id), values)]
    changes += move(before.values["seen"] if before else "", seen, summary)
    changes += moved
    for destination in destinations:
        changes += owe(story, lead, destination, record, told, routes, now, trace)
    return changes, retire(story, lead.id, destinations, routes, now)


def _scored(lead: Lead, receipt: Receipt) -> dict[str, object]:
    """Return the columns of the score, and of what beside the lead's own touches it hangs on."""
    return {
        "score": receipt.score,
        "receipt": to_json(scoring.to_row(receipt)),
        "listings": lead.listings,
    }


def _seen_again(
    before: Row, lead: Lead, now: datetime, scored: Mapping[str, object] = MappingProxyType({})
) -> list[Change]:
    """Count a repeat or a DNC, take another score; the lead moves up in the list, owing nothing."""
    seen = seen_key(lead.seen, lead.id)
    again = {
        "seen": seen,
        "listing_title": lead.listing_title,
        "duplicates": lead.duplicates,
        "flags": to_json(lead.flags),
        "first_touch": to_text(lead.first),
        "last_seen": to_text(lead.seen),
        "framed": lead.framed,
        **scored,
    }
    # Rows of before touches told how they were framed have no such column.
    if all(before.values.get(name, "") == value for name, value in again.items()):
        return []
    # Rows of before there was a routing have none.
    told = {**before.values, "routing": before.values.get("routing") or "", **again}
    summary = {name: told[name] for name in SUMMARY}
    _, moved = listed(before, summary["routing"], summary, now)
    return [
        Change("merge", before.key, again, before.etag),
        *move(before.values["seen"], seen, summary),
        *moved,
    ]


def _summary(lead: Lead, stage: Stage, score: int, version: int, routing: str) -> dict[str, object]:
    return {
        "lead": lead.id,
        "storefront": lead.storefront.value,
        "listing": lead.listing,
        "listing_title": lead.listing_title,
        "stage": stage.value,
        "score": score,
        "intent": lead.intent.value,
        "category": lead.category.value,
        "campaign_kind": facts_of(lead)["campaign_kind"],
        "routing": routing,
        "version": version,
        "touches": lead.touches,
        "duplicates": lead.duplicates,
        "last_seen": to_text(lead.seen),
        "framed": lead.framed,
    }
