"""Use case: the worklist: leads that a person follows up in Partner Center, and then says so.

It is the parked deliveries whose reason is `worklist`. Its answers are the one place where the
company of a lead is told: with listing and time, it is what finds the lead on the Leads page. No
person's name, e-mail or phone number is: Partner Center shows those.
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

from leadshare.core import ledger
from leadshare.core.delivery import WORKLIST, State
from leadshare.core.rows import Change, Row, Table, delivery_key, partition_of, under
from leadshare.core.times import from_key, to_key, to_text
from leadshare.errors import Conflict
from leadshare.pages import List, page
from leadshare.replay import ORDER

log = logging.getLogger("leadshare.worklist")

COLUMNS: Final = (
    *("lead", "destination", "company", "listing_title", "listing", "storefront", "intent"),
    *("stage", "score", "received", "waiting_since"),
)
"""What is told of each, in this order."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would carry out (OWASP, "CSV Injection")."""


@dataclass(frozen=True, slots=True)
class Csv:
    """A page as a table for spreadsheets, and the token of the next if there is one."""

    text: str
    next: str


@dataclass(frozen=True, slots=True)
class Worklist:
    """Tells what is to be done, and takes down what has been."""

    table: Table
    lanes: Table
    clock: Callable[[], datetime]

    async def page(self, destination: str, limit: int, after: str) -> dict[str, Any]:
        """Return a page of what is to be done, who waits longest first."""
        span = under(f"{State.PARKED}|{destination}" if destination else State.PARKED)
        columns = ("lead", "destination", "record")
        rows = List("worklist", span, {"reason": WORKLIST}, columns, _told)
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
        await self._record(answer, by)
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
        if (state, reason) != (State.PARKED, WORKLIST):
            return state
        row = await self.table.get(place, delivery.values["index"])
        if row is None:
            return "changed_meanwhile"
        try:
            await self.table.write(place, ledger.done(row, self.clock(), by))
        except Conflict:
            return "changed_meanwhile"
        return State.DELIVERED

    async def _record(self, facts: Mapping[str, Any], by: str) -> None:
        """Keep who said what, beside the lanes."""
        now = self.clock()
        values = {"facts": json.dumps(facts), "by": by, "at": to_text(now)}
        await self.lanes.write(ORDER, [Change("upsert", f"{to_key(now)}|worklist", values)])


def to_csv(told: Mapping[str, Any]) -> Csv:
    """Return a *told* page as CSV, RFC 4180; no cell of it is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for entry in told["worklist"]:
        writer.writerow([_cell(entry[name]) for name in COLUMNS])
    return Csv(text.getvalue(), told.get("next", ""))


def _cell(value: Any) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _told(row: Row) -> dict[str, Any]:
    record = json.loads(row.values["record"])
    waiting = from_key(row.key.split("|")[2])
    facts = {
        **record,
        "destination": row.values["destination"],
        "received": record["last_touch"],
        "waiting_since": to_text(waiting),
    }
    return {name: facts[name] for name in COLUMNS}
