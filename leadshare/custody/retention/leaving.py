"""Custody: plan how leads leave by their age, as transactions in their order."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from leadshare.counts.of_delivery import subject_of
from leadshare.counts.outbox import depart
from leadshare.custody.retention.holding import Held, lead_of
from leadshare.store.keys import contact_key, kind_in, suppressed_key
from leadshare.store.table import TRANSACTION, Change, Row
from leadshare.times import to_text

SUPPRESSES: Final = ("opted_out", "erased_at")
"""The columns of a contact's row for which it outlives its leads."""


def leave(
    held: Held,
    leads: Collection[str],
    since: datetime,
    now: datetime,
    there: Collection[str] | None = None,
) -> tuple[list[Change], bool]:
    """Return the next transaction in which *leads* leave, and whether it is the last.

    All goes in one if it fits. Else the contact's row says until the last that they are leaving,
    so that no touch joins what is there by half. Bodies received *since* then are still there;
    where it is known which rows of indexes are, only those *there* go.
    """
    changes, ends = list[Change](), True
    taken = set[str]()
    for row in sorted(held.rows_of(leads), key=_place):
        keys = dict.fromkeys(held.index_of(row, since))
        found = [key for key in keys if key not in taken and (there is None or key in there)]
        taken.update(found)
        step = [Change("delete", row.key, etag=row.etag), *_departing(row, now)]
        step += [Change("delete", key) for key in found]
        if len(changes) + len(step) > TRANSACTION - _ENDING:
            ends = False
            break
        changes += step
    contact = _ended(held, leads, now) if ends else _begun(held, leads)
    return [*contact, *changes], ends


_ENDING: Final = 2
"""Rows that go beside those of leads: the contact's, and that of a suppression."""


def _departing(row: Row, now: datetime) -> list[Change]:
    """Return what tells that a *row* that goes is counted in totals alone from now on."""
    subject, column = row.values.get("lead"), row.values.get("counted")
    match kind_in(row.key):
        case "lead":
            return depart(column, str(subject), now)
        case "delivery":
            return depart(column, subject_of(str(subject), row.values["destination"]), now)
    return []


_LAST: Final = ("delivery", "lead")


def _place(row: Row) -> int:
    """Return the place of a *row* among others: leads go last, for by them all is found."""
    kind = kind_in(row.key)
    return _LAST.index(kind) + 1 if kind in _LAST else 0


def _begun(held: Held, leads: Collection[str]) -> list[Change]:
    """Return how a contact's row says that *leads* are leaving."""
    return [Change("merge", _key(held), {"leaving": " ".join(sorted(leads))}, _etag(held))]


def _ended(held: Held, leads: Collection[str], now: datetime) -> list[Change]:
    """Return what becomes of a contact's row: it goes with the last lead, but for a suppression."""
    stay = [kind_in(one.key) for one in held.own if lead_of(one) not in leads]
    counts = {"touches": stay.count("touch"), "leads": stay.count("lead"), "leaving": ""}
    if counts["leads"]:
        return [Change("merge", _key(held), counts, _etag(held))]
    values: dict[str, Any] = dict(held.row.values) if held.row else {}
    if not any(values.get(name) for name in SUPPRESSES):
        return [Change("delete", _key(held), etag=_etag(held))]
    left = {**values, **counts, "listings": 0, "updated": to_text(now)}
    return [
        Change("replace", _key(held), left, _etag(held)),
        Change("upsert", suppressed_key(now, held.contact), {"contact": held.contact}),
    ]


def _key(held: Held) -> str:
    return contact_key(held.contact)


def _etag(held: Held) -> str:
    return held.row.etag if held.row else ""
