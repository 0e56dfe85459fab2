"""Destinations: what is put beside the records of leads, and what becomes of them by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from leadshare.deliveries.delivery import Accepted, Delivery, Rejected
from leadshare.destinations.replies import UNTOLD, Verdict, Verdicts
from leadshare.destinations.writing.mapping import fit
from leadshare.destinations.writing.telling import Note
from leadshare.reason import Reason


@dataclass(frozen=True, slots=True)
class Owed:
    """One entry, whose lead it tells of, and the record in whose timeline it goes."""

    delivery: Delivery
    record_id: str
    note: Note


_SET_UP: Final = {
    *(Reason.FORBIDDEN, Reason.FIELD_MISSING, Reason.FIELD_FORBIDDEN, Reason.KEY_MISSING),
    *(Reason.MODULE_MISSING, Reason.TABLE_MISSING, Reason.CRM_MISSING, Reason.REFERENCE_GONE),
}
"""Why no entry is taken until an operator has mended something, while records are."""


_REFUSED: Final = {400, 403, 404, 409, 410, 422}
"""Statuses that refuse what was asked for, and say nothing against the system."""


def eased(verdict: Verdict, instead: Verdict) -> Verdict:
    """Return *instead* where *verdict* refuses what comes beside a record: it holds up no other."""
    whole = verdict.status in _REFUSED and not verdict.hold
    refused = isinstance(verdict.outcome, Rejected) or verdict.reason in _SET_UP
    if isinstance(verdict.outcome, Accepted) or not (refused or whole):
        return verdict
    return instead.saying(verdict.outcome.said)


def of_entry(verdict: Verdict) -> Verdict:
    """Return what *verdict* on an entry means for its lead: what is refused holds up no other."""
    refused = isinstance(verdict.outcome, Rejected) or verdict.reason in _SET_UP
    return UNTOLD.saying(verdict.outcome.said) if refused else verdict


def settled(records: Verdicts, owed: Sequence[Owed], told: Verdicts) -> dict[str, Verdict]:
    """Return what became of each lead: its record's verdict, or that of an entry that is not in.

    *told* are the verdicts of entries, by touch.
    """
    late = {
        one.delivery.lead: verdict
        for one in reversed(owed)
        if not isinstance((verdict := of_entry(told[one.note.touch])).outcome, Accepted)
    }
    return {**records, **late}


def within(text: str, length: int) -> str:
    """Return *text* as a field of *length* UTF-16 units takes it, and says where it was cut."""
    return fit({"text": text}, {"text": length}, notes="text")["text"]  # type: ignore[return-value]  # a text stays one
