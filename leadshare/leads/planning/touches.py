"""Leads: plan what a touch changes in its contact's rows, as transactions in their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from types import MappingProxyType

from leadshare.leads import counting
from leadshare.leads.follow_up import listed, together
from leadshare.leads.held import OPT_OUT, SUMMARY, TOMBSTONE, Held
from leadshare.leads.lead import Lead, beside, digest, facts_of, fold
from leadshare.leads.planning.raising import Raised, Terms, qualified, rise, scored, told_of, way
from leadshare.leads.routing import Routes
from leadshare.leads.touch import Touch, to_row
from leadshare.leads.tracks.rows import REACHED
from leadshare.lifecycle.stage import Standing
from leadshare.playbook import Category
from leadshare.scoring import receipt as scoring
from leadshare.scoring.rules import tells_apart
from leadshare.scoring.settings import Scoring
from leadshare.store.finding import index
from leadshare.store.keys import body_key, contact_key, seen_key, touch_key
from leadshare.store.table import Change, Row, move, put, to_json
from leadshare.times import to_text


def plan(  # noqa: PLR0913, PLR0917 - what a plan hangs on
    held: Held, touch: Touch, raw: bytes, routes: Routes, rules: Scoring, now: datetime
) -> list[list[Change]]:
    """Return the transactions that bring what is *held* up to date with *touch*.

    Each leaves the laws of docs/architecture.md in force, and a repeat plans only what is still
    missing.
    """
    is_new = touch.id not in held.touches
    touches = {touch.id: touch, **held.touches}
    own = touches[touch.id].lead
    folded, apart = fold(touches.values(), routes.campaigns), moving(routes, rules)
    told = _counts(held, folded[own]) if is_new else {"listings": held.count("listings")}
    leads = [beside(lead, told["listings"], apart) for lead in folded.values()]
    terms = Terms(routes, rules, now)
    planned = {lead.id: _update(held, lead, terms, touch) for lead in leads}
    mine = planned.pop(own)
    kept = replace(touch, version=mine.made)
    first = _kept(held, kept, raw, told, now) if is_new else []
    transactions = together(mine.retired, first + mine.changes)
    for other in planned.values():
        transactions += together(other.retired, other.changes)
    return transactions


def moving(routes: Routes, rules: Scoring) -> int:
    """Return at how many listings at most a contact's leads still move with one more."""
    asked = chain((rule.when for rule in rules.rule), (route.when for route in routes.extra))
    return tells_apart("listings", chain.from_iterable(asked))


def _counts(held: Held, lead: Lead) -> dict[str, int]:
    """Return what the contact's row tells with one more touch, by which *lead* is as it is."""
    before = held.leads.get(lead.id)
    was = before is not None and before.values["category"] == Category.NORMAL
    more = {
        "touches": 1,
        "leads": before is None,
        "listings": lead.category is Category.NORMAL and not was,
    }
    return {name: held.count(name) + more for name, more in more.items()}


def _kept(
    held: Held, touch: Touch, raw: bytes, told: Mapping[str, int], now: datetime
) -> list[Change]:
    """Keep *touch*, with the version that it made, and what is *told* of its contact.

    The contact's row goes into every transaction that adds a touch, so they queue up.
    """
    kept = (*OPT_OUT, *REACHED)
    contact: dict[str, object] = {**dict.fromkeys(kept, ""), **told, "updated": to_text(now)}
    if held.contact:
        was = held.contact.values
        contact |= {name: was.get(name) or "" for name in kept}
        contact |= {name: was[name] for name in TOMBSTONE if was.get(name)}
    before = [one.found for one in held.touches.values() if one.lead == touch.lead]
    return [
        Change("insert", touch_key(touch.contact, touch.id), to_row(touch)),
        Change("insert", body_key(touch.received, touch.id), {"touch": touch.id, "raw": raw}),
        put(held.contact, contact_key(touch.contact), contact),
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


def _update(held: Held, lead: Lead, terms: Terms, touch: Touch) -> _Planned:
    """Plan what changes in the rows of *lead* with *touch*, which may be of another lead.

    Its version rises with what is its own, or when its stage or its way moves; the score follows
    whatever else the contact does.
    """
    before = held.leads.get(lead.id)
    same = before is not None and before.values["digest"] == digest(lead)
    if before and same and before.values["listings"] == lead.listings:
        return _Planned(_seen_again(before, lead, terms.now))
    receipt = scoring.best([facts_of(lead, person) for person in lead.persons], terms.rules)
    told = told_of(before)
    stands, track = qualified(held, lead, receipt, told, terms)
    if before and same and _stays(before, lead, receipt.score, stands, terms.routes):
        return _Planned(_seen_again(before, lead, terms.now, scored(lead, receipt, stands)))
    version = before.values["version"] + 1 if before else 1
    made = 0
    if touch.id not in held.touches and (not before or _counts_more(before, lead)):
        made = version
        own = [replace(one, version=made) if one.id == touch.id else one for one in lead.own]
        lead = replace(lead, own=tuple(own))
    raised = Raised(lead, receipt, stands, version, trace=touch.trace, track=track)
    changes, retired = rise(held, raised, terms, told)
    return _Planned(changes, retired, made)


def _stays(before: Row, lead: Lead, score: int, stands: Standing, routes: Routes) -> bool:
    """Say whether *lead* stays in its stage, and on its way, at another score."""
    values, facts = before.values, facts_of(lead)
    was = way({**facts, "listings": values["listings"]}, values["score"], stands, routes)
    return bool(values["stage"] == stands.stage) and was == way(facts, score, stands, routes)


def _counts_more(before: Row, lead: Lead) -> bool:
    """Say whether a touch counts that no other stood for: one that is to be told.

    What a repeat has told that was processed before what it repeats is not told again.
    """
    values = before.values
    return bool(values["category"] != lead.category or values["touches"] < lead.touches)


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
    column, news = counting.again(before, again, now, lead=lead)
    again |= column
    # Rows of before touches told how they were framed have no such column.
    if all(before.values.get(name, "") == value for name, value in again.items()):
        return []
    # Rows of before there were such columns have none.
    lacking = {name: before.values.get(name) or "" for name in ("campaign", "routing")}
    told = {**before.values, **lacking, **again}
    summary = {name: told[name] for name in SUMMARY}
    _, moved = listed(before, summary["routing"], summary, now)
    waiting = before.values.get("waiting")
    return [
        Change("merge", before.key, again, before.etag),
        *news,
        *move(before.values["seen"], seen, summary),
        *moved,
        *([Change("merge", waiting, summary)] if waiting else []),
    ]
