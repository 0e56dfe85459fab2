"""Destinations: HubSpot's leads object (Sales Hub), with a record for each lead on its contact.

Vendor: the guide and the 2026-03 specification of the leads object (developers.hubspot.com/docs).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from leadshare.deliveries.delivery import Accepted, Delivery, Rejected
from leadshare.destinations.hubspot.answers import Record
from leadshare.destinations.hubspot.batch import Post, Row, find, ours_after_all, properties, write
from leadshare.destinations.hubspot.fields import NAMELESS, held, missed, told
from leadshare.destinations.replies import Verdict
from leadshare.destinations.writing.mapping import Source, Value, fill, source
from leadshare.destinations.writing.policy import changes, policies
from leadshare.destinations.writing.telling import View
from leadshare.playbook import Stage
from leadshare.reason import Reason

T = TypeVar("T")

LEAD_FIELDS: Final = {
    "hs_lead_name": source("topic"),
    "hs_lead_label": source(
        "stage",
        values={
            Stage.SALES_READY: "HOT",
            Stage.NURTURING: "WARM",
            Stage.NEW: "WARM",
            Stage.BLANK: "COLD",
        },
    ),
}
"""What each property of a record of the leads object is filled from."""

CLOSED: Final = {"qualified-stage-id", "unqualified-stage-id"}
"""Stages of the default lead pipeline from which a lead is never taken back."""

LEAD_TO_PRIMARY_CONTACT: Final = {
    "associationCategory": "HUBSPOT_DEFINED",
    "associationTypeId": 578,
}
"""The association of a lead with its contact, by its built-in type."""


@dataclass(frozen=True, slots=True)
class Leads:
    """How leads are kept there."""

    key: str
    mapping: Mapping[str, Source]
    view: Callable[[Delivery], View]
    news: bool
    """Whether contacts are told of what comes to leads that are closed."""

    def values(self, delivery: Delivery) -> dict[str, Value]:
        """Return what a new record of *delivery* holds."""
        values = fill(self.mapping, self.view(delivery))
        return {name: v for name, v in values.items() if _named(name) not in delivery.without}

    def changes(self, delivery: Delivery, there: Record) -> dict[str, Value]:
        """Return what *delivery* may change in a record that is *there*."""
        values, writes = self.values(delivery), policies(self.mapping, LEAD_FIELDS)
        shown = held(properties(there), values)
        return changes(values, self.mapping, writes, shown, delivery)


def named(fields: Mapping[str, T]) -> dict[str, T]:
    """Return *fields* of the leads object as a preflight tells them, beside those of contacts."""
    return {_named(name): field for name, field in fields.items()}


def _named(name: str) -> str:
    return f"leads.{name}"


async def write_leads(
    post: Post, leads: Leads, going: Sequence[tuple[Delivery, str]], now: datetime
) -> dict[str, Verdict]:
    """Write a record for each lead in *going*, on its contact, whose id is beside it.

    A lead must hang on its contact from the start, and an upsert takes no associations: so leads
    are created or updated, and our unique key forbids a second one.
    """
    if not going:
        return {}
    place, names = ("leads", leads.key), [delivery.lead for delivery, _ in going]
    found = await find(post, place, names, ("hs_pipeline_stage", *leads.mapping), now)
    if isinstance(found, Verdict):
        return dict.fromkeys(names, found)
    verdicts: dict[str, Verdict] = {}
    new: dict[str, Row] = {}
    known: dict[str, Row] = {}
    for delivery, contact in going:
        name, there = delivery.lead, found.get(delivery.lead)
        # A record id that is the contact's is from before the leads object was configured.
        had_one = delivery.sent and delivery.record_id != contact
        if there is not None and str(properties(there).get("hs_pipeline_stage")) in CLOSED:
            left = Accepted(there["id"]) if leads.news else Rejected(Reason.CLOSED_IN_CRM)
            verdicts[name] = Verdict(left)
        elif there is not None:
            if changed := leads.changes(delivery, there):
                texts = told(changed, leads.key, name)
                known[name] = Row(delivery, {"id": there["id"], "properties": texts})
            else:
                verdicts[name] = Verdict(Accepted(there["id"]))
        elif had_one and (lost := missed(found, name)):
            verdicts[name] = lost
        else:
            texts = told(leads.values(delivery), leads.key, name)
            new[name] = Row(delivery, _created(texts, contact))
    written = await write(post, "leads/batch/update", leads.key, known, now)
    written |= await write(post, "leads/batch/create", leads.key, new, now)
    written |= await ours_after_all(post, place, written, now)
    return verdicts | {name: _told(verdict, leads) for name, verdict in written.items()}


def _told(verdict: Verdict, leads: Leads) -> Verdict:
    """Return *verdict* with the fields that it names as those of the leads object."""
    outcome = verdict.outcome
    if not isinstance(outcome, Rejected) or outcome.fields is None:
        return verdict
    said = [name for name in leads.mapping if re.search(rf"(?<!\w){name}(?!\w)", outcome.said)]
    fields = frozenset(map(_named, outcome.fields or said))
    return replace(verdict, outcome=replace(outcome, fields=fields))


def _created(texts: Mapping[str, str], contact: str) -> Record:
    on = [{"to": {"id": contact}, "types": [LEAD_TO_PRIMARY_CONTACT]}]
    return {"properties": {"hs_lead_name": NAMELESS, **texts}, "associations": on}
