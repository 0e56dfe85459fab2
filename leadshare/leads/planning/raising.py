"""Leads: what changes in a lead's rows at a new version of it, and what it no longer owes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from leadshare.configuration.tracks import Track, Tracks
from leadshare.deliveries.ledger.story import pack
from leadshare.leads import counting
from leadshare.leads.folding.story import entries
from leadshare.leads.follow_up import await_call, listed, owe, retire
from leadshare.leads.held import LIFE, Held
from leadshare.leads.lead import Lead, digest, facts_of
from leadshare.leads.nurturing.running import follow, nurtured
from leadshare.leads.outgoing import outgoing
from leadshare.leads.routing import Routes, route, routing
from leadshare.lifecycle import history
from leadshare.lifecycle.history import History
from leadshare.lifecycle.stage import Standing, standing
from leadshare.playbook import PLAYBOOK, Stage
from leadshare.scoring import receipt as scoring
from leadshare.scoring.operators import Facts
from leadshare.scoring.receipt import Receipt
from leadshare.scoring.settings import Scoring
from leadshare.store.keys import lead_key, seen_key
from leadshare.store.table import Change, Row, move, put, to_json
from leadshare.texts import cut
from leadshare.times import to_text

NOBODY_YET: Final = dict.fromkeys(LIFE, "")
"""What the row of a new lead says of what became of it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan hangs on beside a contact's rows."""

    routes: Routes
    rules: Scoring
    now: datetime


@dataclass(frozen=True, slots=True)
class Raised:
    """A lead as it stands from a new version on."""

    lead: Lead
    receipt: Receipt
    standing: Standing
    version: int
    why: str = ""
    """What the source that decides calls it, where it has only just said so."""
    signed: Mapping[str, str] = field(default_factory=dict)
    """The columns of the first sign of a person, where it has only just been told."""
    trace: str = ""
    """The traceparent of what raised it."""
    track: Track | None = None
    """The track that runs for it, or begins."""
    over: str = ""
    """Why a track ends by itself, if it does."""


def qualified(  # noqa: PLR0913 - what it hangs on
    held: Held, lead: Lead, receipt: Receipt, told: History, terms: Terms, *, over: str = ""
) -> tuple[Standing, Track | None]:
    """Return where *lead* stands by its score, its track, and what its sources have *told*.

    *over* says why its track ends by itself, if it does.
    """
    base = terms.rules.stage(lead.category, lead.storefront, receipt.score)
    tracks = Tracks() if over else terms.routes.tracks
    return nurtured(held, lead, standing(base, told), tracks)


def told_of(before: Row | None) -> History:
    """Return what the sources of a lead have told by the row that is there of it."""
    return history.read(before.values.get("states")) if before else {}


def rise(
    held: Held, raised: Raised, terms: Terms, told: History
) -> tuple[list[Change], list[Change]]:
    """Return what changes in the rows of a lead at a new version, and what it no longer owes."""
    lead, stage, version = raised.lead, raised.standing.stage, raised.version
    before, told_there = held.leads.get(lead.id), entries(lead.own)
    score = raised.receipt.score
    destinations, state = way(facts_of(lead), score, raised.standing, terms.routes)
    lived = life(before, raised, told)
    record = outgoing(lead, raised.receipt, {"stage": stage.value, **lived}, version)
    seen = seen_key(lead.seen, lead.id)
    summary = _summary(lead, stage, score, version, state)
    index, moved = listed(before, state, summary, terms.now)
    waits, waiting = await_call(held, lead.id, destinations, summary | lived, terms.routes)
    tracked, stepping = follow(
        held, lead, raised.standing, raised.track, record, raised.over, terms.now
    )
    values = (
        summary
        | lived
        | scored(lead, raised.receipt, raised.standing)
        | waits
        | tracked
        | {
            "digest": digest(lead),
            "seen": seen,
            "index": index,
            "record": to_json(record),
            "story": pack(told_there),
            "route": to_json(destinations),
            "flags": to_json(lead.flags),
            "first_touch": to_text(lead.first),
        }
    )
    column, news = counting.risen(held, lead, values, record, destinations, terms.now)
    changes = [put(before, lead_key(lead.id), values | column), *news]
    changes += move(before.values["seen"] if before else "", seen, summary)
    changes += moved + waiting + stepping
    for destination in destinations:
        changes += owe(
            *(held, lead, destination, record, told_there),
            *(terms.routes, terms.now, raised.trace),
        )
    return changes, retire(held, lead.id, destinations, terms.routes, terms.now)


def life(before: Row | None, raised: Raised, told: History) -> dict[str, str]:
    """Return the columns of what became of a lead: what was there stays, a move is dated."""
    stands, lead = raised.standing, raised.lead
    kept = {name: str(before.values.get(name) or "") for name in LIFE} if before else NOBODY_YET
    moved = {"stage_at": to_text(lead.last), "stage_by": stands.by, "stage_why": ""}
    ready = stands.stage is Stage.SALES_READY and not kept["ready_at"]
    return {
        **kept,
        "states": history.to_column(told),
        **({} if before and before.values["stage"] == stands.stage else moved),
        **told_by(before, stands, raised.why),
        **({"ready_at": to_text(lead.last)} if ready else {}),
        **raised.signed,
    }


def told_by(before: Row | None, stands: Standing, why: str) -> dict[str, str]:
    """Return the columns of which source put a lead where it *stands*, and when, if one did.

    What the row of *before* says of another source's reason is not this one's.
    """
    if stands.at is None:
        return {}
    by, known = {"stage_at": to_text(stands.at), "stage_by": stands.by}, before and before.values
    same = known and all(known.get(name) == value for name, value in by.items())
    return by | ({} if same and not why else {"stage_why": cut(why)})


def scored(lead: Lead, receipt: Receipt, stands: Standing) -> dict[str, object]:
    """Return the columns of the score, and of what beside the lead's own touches it hangs on."""
    return {
        "score": receipt.score,
        "qualified": (stands.base or stands.stage).value,
        "receipt": to_json(scoring.to_row(receipt)),
        "listings": lead.listings,
    }


def way(facts: Facts, score: int, stands: Standing, routes: Routes) -> tuple[list[str], str]:
    """Return where a lead with these *facts* goes, and who follows it up."""
    destinations = route(facts, score, stands.stages, routes)
    return destinations, routing(facts, score, stands.stages, routes, destinations)


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
        "campaign": lead.campaign,
        "campaign_kind": PLAYBOOK[lead.storefront].campaign_kind,
        "routing": routing,
        "version": version,
        "touches": lead.touches,
        "duplicates": lead.duplicates,
        "last_seen": to_text(lead.seen),
        "framed": lead.framed,
    }
