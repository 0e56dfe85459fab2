"""Destinations: where the records of leads are in Zoho, and which may be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Outcome, Rejected
from leadshare.destinations.replies import Round, Verdict, absent
from leadshare.destinations.zoho.answers import CONVERTED, contact_of, is_converted, is_ours
from leadshare.reason import Reason

Row = Mapping[str, object]
"""A record as it was read."""


def placed(
    known: Sequence[Delivery], ids: Mapping[str, list[str]]
) -> tuple[dict[str, str], dict[str, Verdict]]:
    """Return where each lead's record is, and what is settled without it; new leads in neither."""
    places: dict[str, str] = {}
    verdicts: dict[str, Verdict] = {}
    for delivery in known:
        # A query may not show converted leads: those that were accepted have a record id.
        found = ids.get(delivery.lead) or list(filter(None, [delivery.record_id]))
        if len(found) > 1:
            verdicts[delivery.lead] = Verdict(Rejected(Reason.SEVERAL_IN_CRM))
        elif found:
            places[delivery.lead] = found[0]
        elif delivery.sent:
            verdicts[delivery.lead] = Verdict(absent(delivery))
    return places, verdicts


def seen(ids: Sequence[str]) -> Outcome:
    """Say whether a search that found *ids* shows the lead."""
    if len(ids) > 1:
        return Rejected(Reason.SEVERAL_IN_CRM)
    return Accepted(ids[0]) if ids else Rejected(Reason.NOT_FOUND_AFTER_ACCEPT)


def in_all(parts: Sequence[Sequence[Row]]) -> dict[str, Row]:
    """Return the records by id, each with what all of *parts* hold of it.

    One that a part lacks is gone: what that part would have told must not be taken for empty.
    """
    first, *others = ({str(row.get("id")): row for row in part} for part in parts)
    for other in others:
        first = {place: {**row, **other[place]} for place, row in first.items() if place in other}
    return first


def seen_later(verdict: Verdict, row: Row) -> Verdict:
    """Return *verdict*, or a wait where the record was converted after it was read as *row*.

    The next attempt sees the contact, where the account's edition shows conversions at all.
    """
    if verdict.outcome == Rejected(Reason.CLOSED_IN_CRM) and row.get(CONVERTED) is False:
        return replace(verdict, outcome=Deferred(Reason.CHANGED_MEANWHILE))
    return verdict


def left_alone(
    row: Row | None,
    delivery: Delivery,
    key: str,
    told: bool,  # noqa: FBT001 - a fact, no switch
) -> Outcome | None:
    """Return what becomes of a lead whose record is not written; None if it may be.

    What is gone must not be made anew, and what sellers have converted is theirs: its contact is
    *told* of what is new.
    """
    if row is None or not is_ours(row, key, delivery.lead):
        return absent(delivery)
    if not is_converted(row):
        return None
    return Accepted(str(row["id"])) if told and contact_of(row) else Rejected(Reason.CLOSED_IN_CRM)


def timeline_of(row: Row | None, place: str) -> str:
    """Return the record that is told what is new, with its module."""
    contact = is_converted(row) and contact_of(row) if row else ""
    return f"Contacts/{contact}" if contact else f"Leads/{place}"


def timelines(written: Round, found: Mapping[str, Row]) -> dict[str, str]:
    """Return for each lead that was taken the record that is told what is new."""
    return {
        one.lead: timeline_of(found.get(one.lead), place)
        for one in written.deliveries
        if (place := written.verdicts[one.lead].record_id)
    }
