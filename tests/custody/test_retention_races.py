"""Retention beside all else: the dry run tells what goes, and no touch that comes is lost."""

from __future__ import annotations

import asyncio
import contextlib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadshare.custody.retention import leaving
from leadshare.deliveries.delivery import Rejected
from leadshare.errors import StorageError
from leadshare.store import retrying
from leadshare.store.keys import PARTITIONS, body_key, seen_key
from leadshare.store.table import Change, Row
from tests.builders import NOW, Office, message, post
from tests.custody.keeping import DAY, LONG, acts, retainer, row_of, run, set_row, wrong
from tests.laws.gates import GatedTable, Gates
from tests.memory import MemoryTable

TEST = {"LeadSource": "MSFT_TEST-PLT|contoso.test", "ActionCode": "MSFT_TEST"}
PLACES = {0: {}, 1: {"LeadSource": "SPZA-PLT|contoso.other"}, 2: TEST}

TOUCHES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(sorted(PLACES)),
        st.sampled_from([-5, 1, 6, 8, 29, 31, 89, 91, 1094, 1097, 1100]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)
"""Of whom, about what, how many days before, and whether it can be read."""


@pytest.fixture(autouse=True, scope="module", name="quick")
def _quick() -> Any:
    """Nobody waits for others between two readings, and few rows are many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retrying, "SHORTEST", 0)
        patch.setattr(leaving, "TRANSACTION", 20)
        yield


async def take(office: Office, number: int, at: datetime, **changes: Any) -> None:
    """A touch comes at a time."""
    body = b"[1]" if changes.pop("broken", False) else post(**changes)
    await office.classifier.classify(message(body, number, at), at)


class TestDryRun:
    @settings(max_examples=40, deadline=None)
    @given(TOUCHES, st.sampled_from(["crm", "sellers", "parked", ""]), st.booleans())
    async def test_tells_what_goes(self, touches, left, won):
        """What goes is what was told before, and nothing else."""
        office = Office()
        for number, (who, place, age, broken) in enumerate(touches):
            changes = {"Email": f"person-{who}@fabrikam.example", **PLACES[place]}
            await take(office, number, LONG - age * DAY, broken=broken, **changes)
        for name in {"crm", "sellers"} - {left}:
            await office.finish(name, Rejected("bad") if left == "parked" else None)
        if won and office.table.values("lead"):
            set_row(office, row_of(office, "lead"), {"stage": "won"})
        office.now = LONG
        before = dict(office.table.rows)

        told = await retainer(office).plan()
        await retainer(office).work()

        numbers = dict((await acts(office))[0]["numbers"])
        assert told.counts() | {"acts_to": 0} == numbers
        assert not told.more
        gone = {values["lead"] for key, values in _gone(office, before) if "|lead|" in key}
        assert {lead for one in told.contacts for lead in one.leads} == gone
        own = sum(key.startswith("raw|") for key, _ in _gone(office, before)) - numbers["bodies"]
        assert 0 <= own <= sum("|touch|" in key for key, _ in _gone(office, before))
        if not won:
            assert [] == wrong(office)


def _gone(office: Office, before: Any) -> list[tuple[str, Any]]:
    """The rows that there were before, and are no more."""
    return [
        (key, values)
        for (place, key), (values, _) in before.items()
        if (place, key) not in office.table.rows
    ]


class Storage(GatedTable):
    """A table at whose gates the answer waits as well that tells of a contact."""

    async def read(self, partition: str, start: str, end: str, **narrow: Any) -> list[Row]:
        rows = await super().read(partition, start, end, **narrow)
        if start[32:33] == "|":
            await self._gates.pass_(self._host)
        return rows


class TestRaces:
    @settings(max_examples=40, deadline=None)
    @given(
        st.sampled_from([1, 12, 40]),
        st.lists(st.integers(0, 1), max_size=40),
        st.none() | st.integers(0, 20),
        st.sampled_from([{}, {"LeadSource": "SPZA-PLT|contoso.other"}]),
    )
    async def test_touch_comes(self, before, turns, killed, changes):
        """A touch that comes while its lead leaves is kept, whoever dies meanwhile."""
        office, gates = Office(), Gates()
        office.table.rows = dict(await _aged(before))
        office.now = LONG
        here = replace(office.classifier, table=Storage(office.table, gates, "here"))
        there = retainer(office, Storage(office.table, gates, "there"))
        sent = message(post(**changes), 99, LONG)
        tasks = [asyncio.create_task(here.classify(sent, LONG)), asyncio.create_task(there.work())]

        await _let_through(gates, tasks, turns, killed)

        with contextlib.suppress(StorageError):
            await office.classifier.classify(sent, LONG)
        await run(office, LONG + timedelta(minutes=5))
        await office.classifier.classify(sent, LONG)
        assert [] == wrong(office)
        assert f"{99:032x}" in {one["touch"] for one in office.table.values("raw")}
        assert not [one for one in office.table.values("contact") if one.get("leaving")]


async def _aged(touches: int) -> Any:
    """The rows of a lead of so many touches, which was delivered."""
    if touches not in _AGED:
        office = Office()
        for number in range(touches):
            said = {"FirstName": f"P{number}", "Description": f"words {number}"}
            await take(office, number, NOW, **said)
        for name in ("crm", "sellers"):
            await office.finish(name)
        _AGED[touches] = office.table.rows
    return _AGED[touches]


_AGED: dict[int, Any] = {}


async def _let_through(
    gates: Gates, tasks: Sequence[asyncio.Task[None]], turns: list[int], killed: int | None
) -> None:
    """Let calls through in the order of *turns*, until one host is killed, or both have ended."""
    for count in range(300):
        waiting: list[Any] = []
        for _ in range(1000):  # until each of them waits, or has ended
            await asyncio.sleep(0)
            waiting = [future for _, future in gates.waiting if not future.done()]
            if len(waiting) + sum(task.done() for task in tasks) == len(tasks):
                break
        if not waiting:
            break
        if count == killed:
            tasks[1].cancel()
            continue
        turn = turns[count % len(turns)] if turns else 0
        waiting[min(turn, len(waiting) - 1)].set_result(None)
    gates.over = True
    for _, future in gates.waiting:
        future.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert not [one for one in results if isinstance(one, AssertionError)], results


class Large(MemoryTable):
    """A table that finds ranges quickly, and counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0
        self.read_rows = 0
        self.keys: dict[str, list[str]] = {}

    def fill(self, rows: dict[tuple[str, str], dict[str, Any]]) -> None:
        """Have these rows, too."""
        self.rows |= {place: (values, "e") for place, values in rows.items()}
        self.keys = {partition: [] for partition in PARTITIONS}
        for partition, key in sorted(self.rows):
            self.keys[partition].append(key)

    async def get(self, partition: str, key: str) -> Row | None:
        self.operations += 1
        return await super().get(partition, key)

    async def read(self, partition: str, start: str, end: str, **narrow: Any) -> list[Row]:
        self.operations += 1
        keys = self.keys[partition]
        limit = narrow.get("limit") or len(keys)
        found = [
            Row(partition, key, *self.rows[partition, key])
            for key in keys[bisect_left(keys, start) : bisect_left(keys, end)]
            if (partition, key) in self.rows
        ][:limit]
        self.read_rows += len(found)
        return found

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        self.operations += 1
        return await super().write(partition, changes)


async def counted(leads: int) -> tuple[int, int]:
    """Operations, and rows read, of a day's run over so many leads that are kept."""
    office, table = Office(), Large()
    await take(office, 1, NOW)
    for name in ("crm", "sellers"):
        await office.finish(name)
    await run(office, LONG - 2 * DAY)
    rows = {place: dict(values) for place, (values, _) in office.table.rows.items()}
    for number in range(leads):
        contact = f"{number % 16:x}{number:031x}"
        at, lead = LONG - timedelta(days=10, minutes=number), f"{contact}-{'0' * 16}"
        rows[contact[0], seen_key(at, lead)] = {"lead": lead, "category": "normal"}
        rows[contact[0], body_key(at, contact)] = {"touch": contact, "raw": b"{}"}
    table.fill(rows)
    office.table = table
    went = await run(office, LONG)
    assert 1 == went["leads"]
    return table.operations, table.read_rows


async def test_flat():
    """Law 5: a day's run costs what is of age, however much is kept."""
    few, many = await counted(1_000), await counted(100_000)
    assert few == many
    assert 90 >= few[0]
