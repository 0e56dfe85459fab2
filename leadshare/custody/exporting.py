"""Custody: what is held about one person, for that person; who else writes from there left out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from leadshare.custody.erasing.held import Held
from leadshare.custody.erasing.subject import Subject
from leadshare.leads.folding.persons import FACTS, Person
from leadshare.leads.held import OPT_OUT
from leadshare.leads.touch import Touch
from leadshare.store.keys import attempt_in, lead_in
from leadshare.store.table import Row
from leadshare.times import to_text

_LEAD: Final = (
    *("lead", "listing", "listing_title", "storefront", "stage", "stage_at", "stage_by"),
    *("score", "category", "campaign_kind", "first_touch", "last_seen", "version"),
)
_DELIVERY: Final = ("destination", "state", "reason", "sent", "record_id", "found_at", "updated")
_OUTCOME: Final = ("source", "at", "state", "stage", "status", "amount", "currency", "by")
_ATTEMPT: Final = ("version", "outcome", "reason", "status", "without", "kind")
_QUOTING: Final = ("reason", "said")
"""Columns of outcomes and attempts that may quote whoever else writes from the same address."""


def export(subject: Subject, number: int) -> dict[str, Any]:
    """Return what is held about person *number* of a *subject*, counted from 1.

    Of leads of several persons what systems said of them is left out, which may quote any of them.
    """
    person = subject.persons[number - 1]
    leads = {touch.lead for touch in person.wrote}
    alone = len(subject.persons) == 1
    return {
        "person": _facts(person),
        "contacts": [_contact(held) for held in subject.held if held.row],
        "touches": [_touch(touch) for touch in person.wrote],
        "leads": [
            _lead(row, held, alone=alone)
            for held in subject.held
            for row in held.of("lead")
            if row.values["lead"] in leads
        ],
    }


def listed(subject: Subject, without: int = 0) -> list[dict[str, Any]]:
    """Return who writes from the same addresses, by the numbers that they are asked for by.

    All but person number *without*, who knows.
    """
    told = enumerate(subject.persons, 1)
    return [{"number": at, **_facts(one)} for at, one in told if at != without]


def _facts(person: Person) -> dict[str, str]:
    return {name: person.facts[name] for name in FACTS if person.facts[name]}


def _contact(held: Held) -> dict[str, Any]:
    values = held.row.values if held.row else {}
    return {"contact": held.contact, **{name: values.get(name) or "" for name in OPT_OUT}}


def _touch(touch: Touch) -> dict[str, Any]:
    return {
        "touch": touch.id,
        "lead": touch.lead,
        "received": to_text(touch.received),
        "source": touch.source,
        "action": touch.action,
        "listing": touch.listing,
        "listing_title": touch.listing_title,
        "campaign": touch.campaign,
        "facts": {name: value for name, value in touch.facts.items() if value},
        "words": touch.words,
    }


def _lead(lead: Row, held: Held, *, alone: bool) -> dict[str, Any]:
    name = lead.values["lead"]
    quoting = _QUOTING if alone else ()

    def of(kind: str) -> list[Row]:
        return [row for row in held.of(kind) if lead_in(row.key) == name]

    return {
        **_columns(lead.values, (*_LEAD, *(("stage_why",) if alone else ()))),
        "receipt": json.loads(lead.values["receipt"]),
        "deliveries": [_columns(row.values, _DELIVERY) for row in of("delivery")],
        "outcomes": [_columns(row.values, (*_OUTCOME, *quoting)) for row in of("outcome")],
        "attempts": [_attempt(row, (*_ATTEMPT, *quoting)) for row in of("attempt")],
    }


def _attempt(row: Row, names: Sequence[str]) -> dict[str, Any]:
    destination, at = attempt_in(row.key)
    return {"destination": destination, "at": to_text(at), **_columns(row.values, names)}


def _columns(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if values.get(name) not in (None, "")}
