"""Destinations: what HubSpot's records tell of what became of a lead.

Vendor: default properties of contacts, leads and deals (knowledge.hubspot.com), the 2026-03
specifications of objects and pipelines. Sources of changes (`sourceType`) were seen in public code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from leadshare.client.answers.json_values import as_object, objects
from leadshare.destinations.hubspot.answers import Record
from leadshare.destinations.hubspot.batch import properties
from leadshare.destinations.hubspot.stages import LEAD_STAGES, Stage, Stages, number_in
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.lifecycle.statuses import state_of
from leadshare.times import EPOCH, read

LEAD_STATUSES: Final[Mapping[str, State]] = {
    "ATTEMPTED_TO_CONTACT": State.WORKING,
    "CONNECTED": State.WORKING,
    "IN_PROGRESS": State.WORKING,
    "OPEN_DEAL": State.OPPORTUNITY,
    "UNQUALIFIED": State.LOST,
    "BAD_TIMING": State.LOST,
}
"""What a contact's `hs_lead_status` means."""

LIFECYCLE: Final[Mapping[str, State]] = {
    "salesqualifiedlead": State.WORKING,
    "opportunity": State.OPPORTUNITY,
    "customer": State.WON,
}
"""What a contact's `lifecyclestage` means."""

NEW: Final = {"NEW", "OPEN", "new-stage-id"}
"""Statuses and stages that say nothing; any other says that a person who set it has begun."""

PERSONS: Final = {"CRM_UI", "CRM_UI_BULK_ACTION", "MOBILE_ANDROID", "MOBILE_IOS"}
"""Sources of a change by a person at HubSpot's pages; workflows and integrations have others."""

REASON: Final = 200
"""Characters of a reason that are kept."""

OUTREACH: Final = ("hs_first_outreach_date", "notes_last_contacted")
"""When a seller first got in touch with a contact, ever, and when last."""

CONTACT: Final = (
    *("lastmodifieddate", "hs_lead_status", "lifecyclestage", "hs_email_optout"),
    *OUTREACH,
)
"""Properties that are read of a contact."""

CONTACT_HISTORY: Final = ("hs_lead_status", "lifecyclestage")

LEAD: Final = ("hs_lastmodifieddate", "hs_pipeline_stage", "hs_lead_disqualification_reason")
"""Properties that are read of a record of the leads object."""

LEAD_HISTORY: Final = ("hs_pipeline_stage",)

DEAL: Final = (
    *("hs_lastmodifieddate", "createdate", "dealstage", "amount", "deal_currency_code"),
    "closed_lost_reason",
)
"""Properties that are read of a deal."""


Told = Mapping[str, Any]
"""What the publisher says of statuses, by their names."""


@dataclass(frozen=True, slots=True)
class Case:
    """One lead, by the records that there are of it."""

    home: Record
    """The record of the leads object, or the contact where that is all."""
    key: str
    """The property of it that holds our id."""
    deals: Sequence[Record]
    contacts: Sequence[Record] | None
    """Those of a record of the leads object."""

    @property
    def name(self) -> str:
        """What our property holds: the id of the lead, or of the person where that is all."""
        return str(properties(self.home).get(self.key) or "")

    @property
    def ours_since(self) -> datetime | None:
        """Return when the record got our id; None where nothing tells."""
        told = [time for value, time, _ in _history(self.home, self.key) if value == self.name]
        return min(told, default=read(str(self.home.get("createdAt"))))


def outcome(case: Case, lead: str, source: str, known: Stages, told: Told) -> Outcome:
    """Return what *case* says of *lead*, by the stages of deals and what the publisher *told*."""
    ours = case.ours_since
    people = (case.home, *(case.contacts or ()))
    signed = _signed(people, ours)
    deals = [deal for deal in case.deals if _is_since(properties(deal).get("createdate"), ours)]
    if case.contacts is None:
        own = _of_contact(case.home, told, ours, signed)
    else:
        own = _of_lead(case.home, known, told, signed)
    says = max([_of_deal(deal, known, told) for deal in deals], key=_order, default=own)
    times = [_at(record) for record in (*people, *deals)] + ([signed] if signed else [])
    opted_out = any(properties(one).get("hs_email_optout") == "true" for one in people)
    named = replace(says, lead=lead, source=source, at=max(times))
    return replace(named, signed_at=signed, opted_out=opted_out)


def modified(record: Record) -> datetime | None:
    """Return when a record was changed."""
    held = properties(record)
    text = held.get("lastmodifieddate") or held.get("hs_lastmodifieddate")
    return read(str(text or record.get("updatedAt")))


def _order(says: Outcome) -> tuple[int, datetime]:
    return [*State].index(says.state or State.GONE), says.at


def _of_deal(deal: Record, known: Stages, told: Told) -> Outcome:
    held = properties(deal)
    number = str(held.get("dealstage"))
    stage = known.get(number, Stage(number, State.OPPORTUNITY))
    state = state_of(stage.label, told, {stage.label: stage.state or State.OPPORTUNITY})
    reason = str(held.get("closed_lost_reason") or "") if state is State.LOST else ""
    amount = number_in(held.get("amount"))
    money = Money(amount, str(held.get("deal_currency_code") or "")) if amount else None
    return Outcome("", "", _at(deal), state, stage.label, reason[:REASON], money)


def _of_lead(lead: Record, known: Stages, told: Told, signed: datetime | None) -> Outcome:
    held = properties(lead)
    number = str(held.get("hs_pipeline_stage") or "")
    stage = known.get(number, Stage(number, LEAD_STAGES.get(number)))
    default = {stage.label: stage.state} if stage.state else _begun(number, stage.label, signed)
    state = state_of(stage.label, told, default)
    why = str(held.get("hs_lead_disqualification_reason") or "") if state is State.LOST else ""
    return Outcome("", "", _at(lead), state, stage.label, why[:REASON])


def _begun(number: str, status: str, signed: datetime | None) -> dict[str, State]:
    """Return what a *status* of the publisher's own means that is told nowhere."""
    return {status: State.WORKING} if signed and number not in NEW else {}


def _of_contact(
    contact: Record, told: Told, ours: datetime | None, signed: datetime | None
) -> Outcome:
    """Return what a contact's own statuses say: only those that it got once it was ours."""
    held = properties(contact)
    status = str(held.get("hs_lead_status") or "")
    statuses = {**_begun(status, status, signed), **LEAD_STATUSES}
    found = [
        (state_of(status, told, table), status)
        for name, table in (("hs_lead_status", statuses), ("lifecyclestage", LIFECYCLE))
        if (status := str(held.get(name) or "")) and _since(contact, name, ours)
    ]
    said = [one for one in found if one[0]]
    won = [one for one in said if one[0] is State.WON]
    state, status = next(iter(won or said or found), (None, ""))
    return Outcome("", "", _at(contact), state, status)


def _since(record: Record, name: str, ours: datetime | None) -> bool:
    """Say whether the value of a property is of the time since the record is *ours*."""
    times = [time for _, time, _ in _history(record, name)]
    return not times or ours is None or max(times) >= ours


def _signed(people: Sequence[Record], ours: datetime | None) -> datetime | None:
    """Return the first sign of a person: an outreach, or a status that somebody set by hand.

    HubSpot's first outreach may be of long before; the last one is told, too.
    """
    told = [properties(one).get(name) for one in people for name in OUTREACH]
    set_by_hand = [
        time
        for one in people
        for name in (*CONTACT_HISTORY, *LEAD_HISTORY)
        for _, time, how in _history(one, name)
        if how in PERSONS
    ]
    times = [*(read(str(text)) for text in told if text), *set_by_hand]
    return min((time for time in times if time and (not ours or time >= ours)), default=None)


def _history(record: Record, name: str) -> list[tuple[str, datetime, str]]:
    """Return value, time and source of each change of a property that is told."""
    rows = objects(as_object(record.get("propertiesWithHistory")).get(name))
    return [
        (str(row.get("value")), time, str(row.get("sourceType")))
        for row in rows
        if (time := read(str(row.get("timestamp"))))
    ]


def _is_since(text: object, ours: datetime | None) -> bool:
    time = read(str(text))
    return not (time and ours) or time >= ours


def _at(record: Record) -> datetime:
    return modified(record) or EPOCH
