"""Leads: a contact that was erased: what its row says from then on, and what it keeps out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from leadshare.deliveries import ledger
from leadshare.errors import Conflict
from leadshare.leads.held import OPT_OUT, Held
from leadshare.reason import ByHand
from leadshare.store.keys import FORGET, of_contact, partition_of
from leadshare.store.table import TRANSACTION, Row, Table
from leadshare.times import from_text, to_text


def keeps_out(contact: Row | None, happened: datetime) -> bool:
    """Say whether what *happened* then is of the time of a *contact* that was erased.

    What has only a date, which is read as its midnight, is so to the end of the order's day.
    """
    erased = contact.values.get("erased_at") if contact else ""
    return bool(erased) and happened <= from_text(str(erased))


def tombstone(before: Row | None, order: str, at: datetime, *, rest: bool) -> dict[str, Any]:
    """Return what a contact's row says from now on; *rest* is whether other rows are left.

    Of what it said *before* only an objection stays.
    """
    kept = {name: (before.values.get(name) or "") if before else "" for name in OPT_OUT}
    counts = dict.fromkeys(("touches", "leads", "listings"), 0)
    erased = {"erased_at": to_text(at), "erased_by": order, "erasing": "rest" if rest else ""}
    return {**counts, **kept, **erased, "updated": to_text(at)}


async def begin_anew(table: Table, contact: str, held: Held, now: datetime) -> None:
    """Let a *contact* that was erased come anew, of whom nothing is *held* any more.

    What is still to be taken out of its old records is left to people from now on: its new leads
    have the same ids, so that an erasure would take the new words as well.

    Raises `Conflict` while rows of before are there, which nobody may take for what came since.
    """
    if held.contact is None or not held.contact.values.get("erased_at"):
        return
    if held.contact.values.get("erasing"):
        raise Conflict("it is being erased")
    if held.touches:
        return
    place = partition_of(contact)
    rows = await table.read(place, *of_contact(contact, FORGET))
    changes = [
        change for row in rows for change in ledger.left_to_people(row, ByHand.ASKED_AGAIN, now)
    ]
    for start in range(0, len(changes), TRANSACTION):
        await table.write(place, changes[start : start + TRANSACTION])
