"""Operators: a lead's whole story: touches in their order, and what became of each delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from leadshare.leads.folding.repeats import duplicates, echoes
from leadshare.leads.touch import Touch, from_row
from leadshare.operators.outlook import Links, Outlooks, linked
from leadshare.operators.persons import action_shown, listing_shown
from leadshare.store.keys import attempt_in, kind_in, lead_in
from leadshare.store.table import Row
from leadshare.times import to_text

_DELIVERY: Final = (
    *("lead", "destination", "state", "reason", "wanted", "sent", "attempts", "record_id"),
    *("found_at", "updated"),
)
"""The columns of a delivery's row that are told as they are."""

_OUTCOME: Final = (
    *("source", "at", "state", "stage", "status", "amount", "currency", "reason", "by", "recorded"),
)
"""The columns of an outcome's row that are told."""


def story(
    rows: Sequence[Row],
    lead: Row,
    outlooks: Outlooks,
    links: Links,
    *,
    persons: bool,
) -> dict[str, Any]:
    """Return what the *rows* of a contact tell of one *lead*, as lists of facts."""
    name, by_kind = lead.values["lead"], dict[str, list[Row]]()
    for row in rows:
        by_kind.setdefault(kind_in(row.key), []).append(row)
    attempts = [
        _attempt(row, persons=persons)
        for row in by_kind.get("attempt", [])
        if lead_in(row.key) == name
    ]
    last = {attempt["destination"]: attempt for attempt in attempts}
    touches = [from_row(row.values) for row in by_kind.get("touch", [])]
    return {
        "opted_out": _opted_out(by_kind.get("contact", [])),
        "touches": _touches(
            [touch for touch in touches if touch.lead == name],
            str(lead.values["category"]),
            persons=persons,
        ),
        "deliveries": [
            _delivery(row, last, outlooks) | linked(row, links)
            for row in by_kind.get("delivery", [])
            if lead_in(row.key) == name
        ],
        "attempts": attempts,
        "outcomes": [
            _outcome(row, persons=persons)
            for row in sorted(by_kind.get("outcome", []), key=lambda row: str(row.values["at"]))
            if lead_in(row.key) == name
        ],
    }


def _opted_out(contacts: Sequence[Row]) -> dict[str, str]:
    """Tell since when a contact wants to hear no more, and by whom; nothing if it does not say."""
    values = contacts[0].values if contacts else {}
    told = {"at": values.get("opted_out") or "", "by": values.get("opted_out_by") or ""}
    return told if told["at"] else {}


def _outcome(row: Row, *, persons: bool) -> dict[str, object]:
    """Tell of one outcome; the reason in a source's words, which may quote people, to few."""
    return {name: row.values[name] for name in _OUTCOME if persons or name != "reason"}


def _touches(touches: Sequence[Touch], category: str, *, persons: bool) -> list[dict[str, object]]:
    """Tell of a lead's *touches* in the order in which they came; what says nothing new is marked.

    That is a repeat, or a row of Microsoft's table about what was posted. As they are folded, only
    touches of the lead's own *category* say anything.
    """
    ordered = sorted(touches, key=lambda touch: (touch.received, touch.id))
    own = [touch for touch in ordered if touch.category == category]
    echoed = echoes(own)
    repeated = duplicates([touch for touch in own if touch.id not in echoed]) | echoed
    return [_touch(touch, persons=persons) | {"repeat": touch.id in repeated} for touch in ordered]


def _touch(touch: Touch, *, persons: bool) -> dict[str, object]:
    return {
        "touch": touch.id,
        "lead": touch.lead,
        "received": to_text(touch.received),
        "storefront": touch.storefront,
        "listing": touch.listing if persons else listing_shown(touch.listing),
        "action": touch.action if persons else action_shown(touch.action),
        "intent": touch.intent,
        "category": touch.category,
        "via": touch.via,
        "framed": touch.framed,
        "flags": list(touch.flags),
        "facts_given": sorted(name for name, value in touch.facts.items() if value),
        **({"facts": dict(touch.facts)} if persons else {}),
    }


def _delivery(
    row: Row, last: Mapping[str, Mapping[str, object]], outlooks: Outlooks
) -> dict[str, object]:
    """Tell of one delivery, with what its system said last."""
    facts = {name: row.values.get(name, "") for name in _DELIVERY}
    said = {
        name: value
        for name, value in last.get(str(facts["destination"]), {}).items()
        if name in ("at", "outcome", "reason", "status", "said")
    }
    return {**facts, **outlooks.facts(str(row.values["index"])), "last": said}


def _attempt(row: Row, *, persons: bool) -> dict[str, Any]:
    """Tell of an attempt: what the destination said, which may quote the lead, to few."""
    destination, at = attempt_in(row.key)
    facts = {name: value for name, value in row.values.items() if persons or name != "said"}
    return {"destination": destination, "at": to_text(at), **facts}
