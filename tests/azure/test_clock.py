"""The clock: where this machine's is wrong, storage's counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.azure.clock import OFF, StorageClock
from leadshare.azure.table import open_tables, table_service
from leadshare.deliveries.tick import Ticker
from leadshare.settings import read_settings
from leadshare.times import utc_now
from tests.builders import NOW
from tests.deliveries.world import LEAD, FakeDestination, World

WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


class Machine:
    """A machine with a clock of its own."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def clock(self) -> StorageClock:
        """What tells the time there."""
        return StorageClock(lambda: self.now)


def answer(date: str | None) -> Any:
    """An answer of storage, as the SDK hands it on."""
    headers = {} if date is None else {"Date": date}
    return SimpleNamespace(http_response=SimpleNamespace(headers=headers))


def heard(clock: StorageClock, at: datetime) -> StorageClock:
    """A clock that has heard from storage at a time."""
    clock.hear(answer(format_datetime(at, usegmt=True)))
    return clock


class TestStorageClock:
    @pytest.mark.parametrize("off", [WEEK, -WEEK, OFF + SECOND, -OFF - SECOND], ids=str)
    def test_wrong(self, off):
        """Where the two are further apart than any answer takes, storage's is believed."""
        clock = heard(Machine(NOW + off).clock(), NOW)

        assert NOW == clock.now()

    @pytest.mark.parametrize("off", [timedelta(0), SECOND, OFF, -OFF], ids=str)
    def test_right(self, off):
        """What a slow answer may come to is no difference."""
        clock = heard(Machine(NOW + off).clock(), NOW)

        assert NOW + off == clock.now()

    @pytest.mark.parametrize("date", [None, "", "soon"], ids=str)
    def test_not_told(self, date):
        """An answer that tells no time says nothing."""
        clock = Machine(NOW).clock()

        clock.hear(answer(date))

        assert NOW == clock.now()

    def test_set_right(self, caplog):
        """Once the machine's clock is set right it counts again; both are told once each."""
        machine = Machine(NOW + WEEK)
        clock = machine.clock()
        for _ in range(3):
            heard(clock, NOW)
        machine.now = NOW
        for _ in range(3):
            heard(clock, NOW)

        assert NOW == clock.now()
        assert [("clock.off", -604_800), ("clock.off", 0)] == [
            (line.getMessage(), line.behind_seconds) for line in caplog.records
        ]


class TestStorage:
    async def test_tables(self, emulator):
        """The first call of a process tells: nothing is ever done by a clock that is a week off."""
        clock = StorageClock(lambda: utc_now() + WEEK)
        settings = read_settings(
            {"LEADSHARE_STORAGE": emulator, "LEADSHARE_IDENTITY_KEY": "k" * 32}, Path()
        )
        async with table_service(settings, clock.hear) as service:
            await open_tables(service)

            assert abs(clock.now() - utc_now()) < OFF


class TestLanes:
    async def test_week_ahead(self):
        """A process whose clock is a week ahead parks nothing, and keeps no lane to itself."""
        world, crm = World(), FakeDestination()
        await world.owe(LEAD)
        clock = heard(Machine(NOW + WEEK + SECOND).clock(), NOW)
        context = replace(world.ticker(crm).context, clock=clock.now)

        await Ticker(context, [crm]).tick(timedelta(seconds=30))

        assert [(LEAD, 1)] == crm.sent
        assert "delivered" == world.delivery(LEAD)["state"]
