"""Core: a contact's rows as one story, and what a new touch changes in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any, Final

from leadshare.core import ledger, scoring
from leadshare.core.configuration import Configuration
from leadshare.core.delivery import State
from leadshare.core.lead import Lead, facts_of, fold
from leadshare.core.playbook import Lane
from leadshare.core.record import Record, outgoing
from leadshare.core.routing import route
from leadshare.core.rows import (
    Change,
    Row,
    contact_key,
    delivery_key,
    kind_of,
    lead_key,
    put,
    seen_key,
    touch_key,
)
from leadshare.core.times import to_text
from leadshare.core.touch import Touch, from_row, to_row

UNROUTED: Final = "unrouted"

SUMMARY: Final = (
    *("lead", "storefront", "listing", "listing_title", "stage", "score", "intent", "lane"),
    *("campaign_kind", "version", "touches", "duplicates", "last_seen"),
)
"""The columns of a lead's row that its row in the newest-first list repeats."""

COLUMNS: Final = (
    *("data", "digest", "flags", "first_touch", "seen", "index"),
    *("destination", "state", "wanted", "sent", "attempts", "tried", "receipt"),
    *SUMMARY,
)
"""What planning reads of a contact's rows: all but the raw bodies and what is shown only."""


@dataclass(slots=True)
class Story:
    """A contact's rows by what they hold; leads by id, deliveries by their row key."""

    contact: Row | None = None
    touches: dict[str, Touch] = field(default_factory=dict)
    leads: dict[str, Row] = field(default_factory=dict)
    deliveries: dict[str, Row] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Story:
        """Sort *rows*, as they were read, by their kind."""
        story = cls()
        for row in rows:
            kind = kind_of(row)
            if kind == "contact":
                story.contact = row
            elif kind == "touch":
                touch = from_row(json.loads(row.values["data"]))
                story.touches[touch.id] = touch
            elif kind == "lead":
                story.leads[row.values["lead"]] = row
            elif kind == "delivery":
                story.deliveries[row.key] = row
        return story


def plan(
    story: Story, touch: Touch, raw: bytes, configuration: Configuration[Any], now: datetime
) -> list[list[Change]]:
    """Return the transactions that bring *story* up to date with *touch*.

    Each leaves every law in force, and a repeat plans only what is still missing.
    """
    first: list[Change] = []
    touches = story.touches
    if touch.id not in touches:
        touches = touches | {touch.id: touch}
        data = json.dumps(to_row(touch), ensure_ascii=False, separators=(",", ":"))
        first = [
            Change("insert", touch_key(touch.contact, touch.id), {"data": data, "raw": raw}),
            _contact(story.contact, touch.contact, len(touches), now),
        ]
    leads = fold(touches.values())
    own = touches[touch.id].lead
    updates = {
        lead.id: _update(story, lead, configuration, now, touch.trace) for lead in leads.values()
    }
    # What must go, goes first: a crash in between leaves the lead still to be updated.
    retired = [retire for _, retire in updates.values()]
    changed, _ = updates.pop(own)
    transactions = [*retired, first + changed, *(changes for changes, _ in updates.values())]
    return [changes for changes in transactions if changes]


def outcome(
    story: Story, lead: str, transactions: Sequence[Sequence[Change]]
) -> dict[str, str | int | bool]:
    """Return what a *lead* of *story* comes to with *transactions*, without its facts."""
    before = story.leads[lead].values if lead in story.leads else {}
    changes = [one for part in transactions for one in part if one.key == lead_key(lead)]
    after = reduce(lambda values, change: {**values, **change.values}, changes, dict(before))
    return {
        "new": not before,
        "duplicate": after["duplicates"] > before.get("duplicates", 0),
        "lead_lane": after["lane"],
        "stage": after["stage"],
        "score": after["score"],
    }


def _contact(before: Row | None, contact: str, touches: int, now: datetime) -> Change:
    """The contact's row goes into every transaction that adds a touch, so they queue up."""
    values = {"touches": touches, "updated": to_text(now)}
    return put(before, contact_key(contact), values)


def _update(
    story: Story, lead: Lead, configuration: Configuration[Any], now: datetime, trace: str
) -> tuple[list[Change], list[Change]]:
    """Return what changes in the rows of *lead*, and what it no longer owes.

    Both are empty if it stands as it is.
    """
    before = story.leads.get(lead.id)
    digest = _digest(lead)
    if before and before.values["digest"] == digest:
        return _seen_again(before, lead), []
    version = before.values["version"] + 1 if before else 1
    facts = facts_of(lead)
    receipt = scoring.score(facts, configuration.scoring)
    stage = scoring.stage(lead, receipt, configuration.scoring)
    destinations = route(facts, receipt.score, stage, configuration)
    record = outgoing(lead, receipt, stage, version)
    seen = seen_key(lead.seen, lead.id)
    summary = _summary(lead, stage, receipt.score, version)
    values = summary | {
        "digest": digest,
        "seen": seen,
        "record": _json(record),
        "receipt": _json(scoring.to_row(receipt)),
        "route": _json(destinations),
        "flags": _json(lead.flags),
        "first_touch": to_text(lead.first),
    }
    changes = [put(before, lead_key(lead.id), values)]
    changes += _move_seen(before, seen, summary)
    for destination in destinations:
        changes += _deliver(story, lead, destination, record, configuration, now, trace)
    return changes, _retire(story, lead.id, destinations, now)


def _deliver(  # noqa: PLR0913, PLR0917 - what a delivery is made of
    story: Story,
    lead: Lead,
    destination: str,
    record: Record,
    configuration: Configuration[Any],
    now: datetime,
    trace: str,
) -> list[Change]:
    """Owe the lead to a destination of its route, or say by which rule it must not go there."""
    before = story.deliveries.get(delivery_key(lead.id, destination))
    accepts = next(d.accepts for d in configuration.destination if d.name == destination)
    if lead.lane is Lane.NORMAL or lead.lane in accepts:
        return ledger.owe(before, lead.id, destination, record, now, trace=trace)
    return ledger.suppress(before, lead.id, destination, record["version"], lead.lane, now)


def _retire(story: Story, lead: str, destinations: list[str], now: datetime) -> list[Change]:
    """Suppress what is still owed to destinations that the lead's route has left."""
    changes: list[Change] = []
    for row in story.deliveries.values():
        values = row.values
        destination, version = values["destination"], values["wanted"]
        owed = values["state"] in (State.DUE, State.PARKED)
        if values["lead"] == lead and owed and destination not in destinations:
            changes += ledger.suppress(row, lead, destination, version, UNROUTED, now)
    return changes


def _seen_again(before: Row, lead: Lead) -> list[Change]:
    """A repeat or a DNC is counted and moves the lead up in the list; nothing is owed for it."""
    seen = seen_key(lead.seen, lead.id)
    again = {
        "seen": seen,
        "duplicates": lead.duplicates,
        "flags": _json(lead.flags),
        "first_touch": to_text(lead.first),
        "last_seen": to_text(lead.seen),
    }
    if all(before.values.get(name) == value for name, value in again.items()):
        return []
    summary = {name: again.get(name, before.values[name]) for name in SUMMARY}
    return [Change("merge", before.key, again, before.etag), *_move_seen(before, seen, summary)]


def _summary(lead: Lead, stage: str, score: int, version: int) -> dict[str, Any]:
    return {
        "lead": lead.id,
        "storefront": lead.storefront.value,
        "listing": lead.listing,
        "listing_title": lead.listing_title,
        "stage": stage,
        "score": score,
        "intent": lead.intent.value,
        "lane": lead.lane.value,
        "campaign_kind": facts_of(lead)["campaign_kind"],
        "version": version,
        "touches": lead.touches,
        "duplicates": lead.duplicates,
        "last_seen": to_text(lead.seen),
    }


def _move_seen(before: Row | None, key: str, values: dict[str, Any]) -> list[Change]:
    old = before.values["seen"] if before else ""
    if old == key:
        return [Change("replace", key, values)]
    gone = [Change("delete", old)] if old else []
    return [*gone, Change("insert", key, values)]


def _digest(lead: Lead) -> str:
    """Return what changes with anything that a destination should hear of.

    Times, repeats and the rules in force are left out: a repeat is never sent, and a change of
    rules alone owes nothing to anybody.
    """
    told = (
        dict(lead.facts),
        lead.listing_title,
        lead.listing_kind,
        lead.campaign,
        lead.storefront,
        lead.intent,
        lead.lane,
        lead.touches,
        lead.listings,
    )
    return hashlib.sha256(_json(told).encode("utf-8", "backslashreplace")).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
