"""How books stand: what health tells of them, and when a person is to look."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import httpx
import pytest

from leadshare.books.book import BOOKS, VISITS
from leadshare.books.place import AHEAD, FAILS, SILENT, TOLD
from leadshare.books.standing import standing_facts
from leadshare.times import to_text
from tests.books.world import DAY, HOUR, Killed, World
from tests.builders import NOW

REFUSED = httpx.Response(403, json={"message": "no"})


@pytest.fixture(name="world")
def _world(caplog: pytest.LogCaptureFixture) -> World:
    caplog.set_level(logging.INFO, "leadshare.books.reading")
    world = World()
    world.visit(NOW.date())
    return world


def told(caplog: pytest.LogCaptureFixture, book: str = "visits") -> list[dict[str, Any]]:
    """The lines that tell how a book stands, oldest first."""
    lines = (one.__dict__ for one in caplog.records if one.msg == "books.watched")
    return [one for one in lines if one["book"] == book]


async def facts(world: World, book: str = "visits") -> Any:
    """What health tells of a book."""
    return (await standing_facts(world.state, world.now, ""))["read"][book]


async def test_off(world, monkeypatch):
    """Where nobody reads them, that is said, and no row is read."""
    monkeypatch.setattr(world.state, "get", None)

    off = await standing_facts(world.state, NOW, "why")

    assert {"state": "off", "reason": "why", "read": {}} == off


async def test_health(world):
    """First a book waits, then it is told when its file was made; a fault says since when."""
    nothing = await facts(world)
    await world.run(HOUR)
    waits = await facts(world)
    await world.run(5 * HOUR)
    read = await facts(world)
    world.analytics.instead = [REFUSED] * 12
    await world.run(2 * HOUR)
    fails = await facts(world)

    assert ("", True, "", False) == (
        *(nothing["told_at"], nothing["waits"], nothing["look_at"], nothing["late"]),
    )
    assert ("", True, "") == (waits["told_at"], waits["waits"], waits["fault"])
    assert to_text(world.place(VISITS).begins) == waits["look_at"]
    made = to_text(NOW + HOUR + AHEAD + world.analytics.takes)
    assert (made, False) == (read["told_at"], read["waits"])
    assert ("forbidden", to_text(NOW + 7 * HOUR)) == (fails["fault"], fails["failing_at"])
    assert read["told_at"] == fails["told_at"]
    assert not fails["late"]


async def test_told_hourly(world, caplog):
    """However often it is looked, each book is told of once an hour, and is well."""
    await world.run(2 * DAY, every=HOUR / 12)

    lines = told(caplog)
    assert len(BOOKS) * len(lines) == sum(one.msg == "books.watched" for one in caplog.records)
    assert 24 < len(lines) <= 2 * DAY / TOLD
    assert not any(one["late"] for one in lines)
    assert "INFO" == lines[-1]["levelname"]


async def test_fails(world, caplog):
    """A fault that lasts is told as late, until it is mended; one bad file is nothing."""
    await world.run(6 * HOUR)
    world.analytics.spoilt = b""
    await world.run(DAY + 7 * HOUR)
    assert "file_empty" == world.place(VISITS).fault
    world.analytics.spoilt = None
    await world.run(DAY)
    assert not any(one["late"] for one in told(caplog))

    world.analytics.instead = [REFUSED] * 1000
    await world.run(FAILS + 2 * HOUR)
    late = told(caplog)[-1]
    assert (True, "forbidden", "WARNING") == (late["late"], late["fault"], late["levelname"])
    assert FAILS <= timedelta(milliseconds=late["failing_ms"]) <= FAILS + 2 * HOUR
    assert (await facts(world))["late"]

    world.analytics.instead = []
    await world.run(3 * HOUR)
    assert not told(caplog)[-1]["late"]


async def test_silent(world, caplog):
    """Where there are no new files, without any fault, that is seen; also where none ever came."""
    world.analytics.takes = 30 * DAY
    await world.run(SILENT - HOUR)
    assert not any(one["late"] for one in told(caplog))

    await world.run(3 * HOUR)

    assert (True, "", None) == tuple(
        told(caplog)[-1][name] for name in ("late", "fault", "told_ms")
    )


async def test_dies_each_time(world, caplog):
    """A process that dies at each look still tells for how long there was no file."""
    await world.run(6 * HOUR)
    for _ in range(90):
        world.reader, world.dies_at = world.process(), 3
        with pytest.raises(Killed):
            await world.run(HOUR)

    assert told(caplog)[-1]["late"]


async def test_off_for_long(world, caplog):
    """Once books are read again, after they were off for weeks, nobody is told of that time."""
    await world.run(6 * HOUR)
    world.analytics.instead = [REFUSED] * 100
    await world.run(HOUR)
    world.now += 30 * DAY
    world.analytics.instead = []

    await world.run(2 * DAY)

    assert not any(one["late"] for one in told(caplog))
