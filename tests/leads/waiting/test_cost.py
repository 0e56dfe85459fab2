"""What the clock costs in operations, as its page tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from leadshare.leads.waiting import reminders
from leadshare.store.table import Change, Row
from tests.leads.office import HOUR
from tests.leads.waiting.world import Office, told
from tests.memory import MemoryTable

PAGE = Path(__file__).parents[3] / "docs" / "clock.md"


@pytest.fixture(name="says", scope="module")
def _says() -> dict[str, int]:
    """The figures of the page, by name."""
    return {
        name: int(figure)
        for name, figure in re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE.read_text(), re.MULTILINE)
    }


class Counting(MemoryTable):
    """A table that counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = self.writes = 0

    async def get(self, partition: str, key: str) -> Row | None:
        self.reads += 1
        return await super().get(partition, key)

    async def read(self, partition: str, start: str, end: str, **narrow: Any) -> list[Row]:
        self.reads += 1
        return await super().read(partition, start, end, **narrow)

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        self.writes += 1
        return await super().write(partition, changes)

    def count(self) -> tuple[int, int]:
        """Return how many reads and writes there were since it was asked last."""
        counted, self.reads, self.writes = (self.reads, self.writes), 0, 0
        return counted


def office(clock: bool = True) -> Any:  # noqa: FBT001, FBT002 - a fact, no switch
    """An office whose operations are counted."""
    made = Office(table=Counting(), state=Counting())
    if not clock:
        made.configure(told().model_copy(update={"clock": None}))
    return made


async def test_classify():
    """A lead that begins to wait costs what any other does: its rows go with the lead's own."""
    with_clock, without = office(), office(clock=False)
    await with_clock.take()
    await without.take()

    assert with_clock.lead()["waiting"]
    assert without.table.count() == with_clock.table.count()


async def test_minute(says):
    """Each minute it is looked what is due; four times an hour it is counted who waits."""
    made = office()
    for chore in made.chores:
        await chore.work()
    assert (says["look_reads"] + says["count_reads"], 0) == made.table.count()

    made.now += reminders.EVERY
    for chore in made.chores:
        await chore.work()
    assert (says["look_reads"], 0) == made.table.count()
    assert (0, 0) == made.state.count()


@pytest.mark.parametrize("others", [0, 20])
async def test_reminder(says, others):
    """A reminder is some readings and transactions, however many other leads wait."""
    made = office()
    await made.take()
    await made.tick(1 * HOUR)
    for number in range(2, 2 + others):
        await made.take(number, Email=f"b{number}@x.example", Phone="")
    await made.tick()
    made.now += 7 * HOUR
    made.table.count(), made.state.count()

    await made.chores[-1].work()

    assert 1 == len(made.crm.reads)
    reads, writes = made.table.count()
    assert (says["remind_reads"], says["remind_writes"]) == (reads - says["look_reads"], writes)
    assert (says["lane_reads"], says["lane_writes"]) == made.state.count()
