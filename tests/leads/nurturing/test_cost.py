"""What tracks cost in operations: nothing when a lead comes, and a flat sum for each step."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.leads.nurturing.world import DAY, HOT, Office, told, track
from tests.leads.waiting.test_cost import Counting

PAGE = Path(__file__).parents[3] / "docs" / "tracks.md"
FIGURES = {
    name: int(figure)
    for name, figure in re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE.read_text(), re.MULTILINE)
}
IDLE = track(id="none")
IDLE["step"] = []


def office(*tracks: Any) -> Any:
    """An office whose operations are counted."""
    return Office(told(*tracks), Counting(), Counting())


async def test_classify():
    """A lead whose track begins costs what any other does: its row goes with the lead's own."""
    with_track, without = office(track()), office(IDLE)
    await with_track.take()
    await without.take()

    assert "nurturing" == with_track.table.values("lead")[0]["stage"]
    assert "new" == without.table.values("lead")[0]["stage"]
    assert without.table.count() == with_track.table.count()


async def test_lines(caplog):
    """A track leaves two lines beside those of any lead: it begins, and it ends."""
    lines = list[Counter[str]]()
    for kept in (track(), IDLE):
        caplog.clear()
        made = office(kept)
        with caplog.at_level("INFO", "leadshare"):
            await made.take()
            await made.take(2, **HOT)
        lines.append(Counter(one.msg for one in caplog.records))

    more = lines[0] - lines[1]
    assert {"track.begun": 1, "track.left": 1} == more
    assert FIGURES["track_lines"] == more.total()


@pytest.mark.parametrize("others", [0, 20])
async def test_step(others):
    """A step is some readings and transactions, however many other leads are nurtured."""
    made = office(track({"after_days": 1, "do": "task", "text": "Call"}))
    await made.take()
    await made.tick()
    made.now += DAY
    for number in range(2, 2 + others):
        await made.take(number, Email=f"b{number}@x.example", Phone="")
    await made.tick(-DAY)
    made.now += DAY
    made.table.count()

    await made.house.work()
    reads, writes = made.table.count()
    assert (FIGURES["step_reads"], FIGURES["step_writes"]) == (reads - 16, writes)
