"""Operators: the worklist: leads that a person follows up in Partner Center, and then says so.

It is the parked deliveries whose reason is `worklist`. Company, listing and time find the lead on
the Leads page; the company is told to whom persons may be shown. No person's name, e-mail or phone
number is: Partner Center shows those.
"""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import State
from leadshare.errors import Conflict
from leadshare.operators.persons import listing_shown
from leadshare.operators.spreadsheet import cell
from leadshare.partner_center.states import ACCEPTED, EXPIRES, SET
from leadshare.reason import Reason
from leadshare.store.keys import (
    all_parked,
    delivery_key,
    index_time,
    partition_of,
)
from leadshare.store.paging import ListQuery, page
from leadshare.store.table import Row, Table
from leadshare.times import from_text, to_text

log = logging.getLogger("leadshare.operators.worklist")

COLUMNS: Final = (
    *("lead", "destination", "company", "listing_title", "listing", "storefront", "intent"),
    *("stage", "score", "received", "waiting_since", "set_to", "days_left"),
)
"""What is shown of each, in this order."""


@dataclass(frozen=True, slots=True)
class Csv:
    """A page as a table for spreadsheets, and the token of the next if there is one."""

    text: str
    next: str


@dataclass(frozen=True, slots=True)
class Worklist:
    """Tells what is to be done, and takes down what has been."""

    table: Table
    clock: Callable[[], datetime]

    async def page(
        self, destination: str, limit: int, after: str, *, persons: bool = False
    ) -> dict[str, object]:
        """Return a page of what is to be done, who waits longest first.

        Companies and titles as they were posted are told only where *persons* may be shown.
        """
        told, now = _entry if persons else _without_words, self.clock()
        span = all_parked(destination)
        columns = ("lead", "destination", "record", "sent")
        rows = ListQuery(
            "worklist", span, {"reason": Reason.WORKLIST}, columns, lambda row: told(row, now)
        )
        return await page(self.table, rows, limit, after)

    async def done(self, destination: str, leads: Sequence[str], by: str) -> dict[str, Any]:
        """Say that these *leads* have been followed up; what is done already, stays done.

        Leads that are not on the list, or no more because something new has happened to them, are
        told as such and left as they are.
        """
        answer: dict[str, Any] = {"destination": destination, "done": [], "others": {}}
        for lead in dict.fromkeys(leads):
            became = await self._done(destination, lead, by)
            if became == State.DELIVERED:
                answer["done"].append(lead)
            else:
                answer["others"][lead] = became
        counts = {"destination": destination, "done": len(answer["done"])}
        log.info("worklist.done", extra=counts | {"others": len(answer["others"])})
        return answer

    async def _done(self, destination: str, lead: str, by: str) -> str:
        """Return the state of the delivery afterwards, `unknown` if there is none."""
        place = partition_of(lead)
        delivery = await self.table.get(place, delivery_key(lead, destination))
        if delivery is None:
            return "unknown"
        state, reason = str(delivery.values["state"]), delivery.values["reason"]
        if (state, reason) != (State.PARKED, Reason.WORKLIST):
            return state
        row = await self.table.get(place, delivery.values["index"])
        if row is None:
            return "changed_meanwhile"
        try:
            await self.table.write(place, ledger.done(row, self.clock(), by))
        except Conflict:
            return "changed_meanwhile"
        return State.DELIVERED


def to_csv(listed: Mapping[str, Any]) -> Csv:
    """Return a *listed* page as CSV, RFC 4180; no cell of it is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for entry in listed["worklist"]:
        writer.writerow([cell(entry[name]) for name in COLUMNS])
    return Csv(text.getvalue(), listed.get("next", ""))


def _without_words(row: Row, now: datetime) -> dict[str, object]:
    entry = _entry(row, now)
    listing = listing_shown(str(entry["listing"]))
    return entry | {"company": "", "listing_title": "", "listing": listing}


def _entry(row: Row, now: datetime) -> dict[str, object]:
    record = json.loads(row.values["record"])
    waiting, ends = index_time(row.key), SET.get(record["stage"], "")
    left = from_text(record["last_touch"]) + EXPIRES - now
    facts = {
        **record,
        "destination": row.values["destination"],
        "received": record["last_touch"],
        "waiting_since": to_text(waiting),
        "set_to": ends or ACCEPTED,
        # What was accepted once does not expire; a new touch has a row of its own.
        "days_left": "" if ends and row.values["sent"] else max(left.days, 0),
    }
    return {name: facts[name] for name in COLUMNS}
