"""The ledger: every way in which a delivery's rows change keeps the laws."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import Accepted, Outcome, State
from leadshare.errors import Conflict
from leadshare.store.table import Row
from tests.builders import LEAD, NOW
from tests.deliveries.ledger.book import REFUSED, TAKEN, THROTTLED, TIMEOUT, Book, attempt, finish

STEPS = st.lists(
    st.sampled_from(["owe", "suppress", "start", "start", "end", "end", "park", "replay", "done"]),
    min_size=1,
    max_size=25,
)

OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(
    [TAKEN, Accepted(), REFUSED, TIMEOUT, THROTTLED]
    + [replace(one, said="No such country") for one in (TAKEN, REFUSED, TIMEOUT)]
)


class TestAnyWay:
    @settings(max_examples=300)
    @given(STEPS, st.data())
    def test_laws(self, steps, data):
        """Whatever happens to a delivery in whatever order, its rows agree (law 1), and what may
        have arrived is known.
        """
        asyncio.run(self.walk(steps, data))

    async def walk(self, steps: list[str], data: st.DataObject) -> None:
        """Take *steps*; attempts may be many, and end late."""
        book, version, now = Book(), 1, NOW
        await book.owe(version)
        flying: list[Row] = []
        for step in steps:
            now += timedelta(seconds=data.draw(st.sampled_from([0, 1, 40])))
            [values] = book.table.values("delivery")
            row = await book.delivery_row()
            if step == "owe":
                version += 1
                await book.owe(version, now)
            elif step == "suppress" and values["state"] in (State.DUE, State.PARKED):
                wanted = values["wanted"]
                await book.write(ledger.suppress(row, LEAD, "crm", wanted, "left_route", now))
            elif step == "start" and values["state"] == State.DUE:
                flying.append(await book.due())
            elif step == "end" and flying:
                outcome = data.draw(OUTCOMES)
                started = flying.pop(data.draw(st.integers(0, len(flying) - 1)))
                book.arrived |= isinstance(outcome, Accepted) or outcome == TIMEOUT
                try:
                    await book.write(finish(started, outcome, now, schedule=(0.0, 30.0, 60.0)))
                except Conflict:
                    await book.late(attempt(started, outcome, now))
            elif step == "park" and values["state"] == State.DUE:
                await book.write(ledger.park(await book.due(), "too_old", now))
            elif step == "replay" and values["state"] == State.PARKED:
                await book.write(ledger.replay(await book.parked(), now))
            elif step == "done" and values["state"] == State.PARKED:
                await book.write(ledger.done(await book.parked(), now, "zoe"))
