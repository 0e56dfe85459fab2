"""Preflight: once a day, with recent leads, and a canary where it is allowed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from leadshare.client.counting import count_one
from leadshare.deliveries.delivery import Delivery
from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.deliveries.tick import Ticker
from leadshare.deliveries.worker import Worker, WorkerContext
from leadshare.destinations.description import Finding
from leadshare.destinations.preflight.daily import Preflight, Report
from leadshare.destinations.preflight.inspect import allows_canary, canary, inspect, prove
from leadshare.errors import StorageError, Unexpected
from leadshare.store.keys import LANE
from leadshare.store.lease import to_row
from leadshare.store.table import Change
from leadshare.times import EPOCH, to_text
from tests.builders import IDENTITY, NOW, Nudged, Office, visit_ids
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.dynamics import Account
from tests.memory import MemoryTable

ONE_MINUTE = timedelta(minutes=1)


@pytest.fixture(name="simulator")
def _simulator() -> Account:
    return Account()


class Inspected:
    """What a preflight asked."""

    def __init__(self, *found: Finding) -> None:
        self.found = list(found)
        self.recent: list[list[str]] = []
        self.proven = 0

    async def inspect(self, _there: Any, recent: Sequence[Delivery], _now: datetime) -> Any:
        """Find what the test says."""
        self.recent.append([delivery.lead for delivery in recent])
        return self.found

    async def prove(self, _there: Any, _now: datetime) -> list[Finding]:
        """Get there and back."""
        self.proven += 1
        return []

    def of(self, table: MemoryTable | None) -> Preflight:
        """The preflight over a table."""
        return Preflight(table, self.inspect, self.prove, lambda _: True)


class There:
    """A destination that nobody sends anything to."""

    name = "crm"
    batch_size = 1
    rate: Rate | None = None
    settings: Any = type("Settings", (), {"schedule": (0,), "timeout": 30.0, "concurrency": 1})

    def looks_up(self, _lead: str) -> bool:
        """Nothing is read back."""
        return False

    async def deliver(self, deliveries: Any, now: Any) -> Any:
        """Nothing is sent."""
        raise AssertionError(deliveries, now)

    look_up = deliver
    carry_out = deliver
    forget = deliver


class TestDaily:
    async def test_once_a_day(self):
        """A tick carries it out when a day has passed, and keeps what it found in the lane."""
        table, state, asked = MemoryTable(), MemoryTable(), Inspected(Finding("field_missing"))
        now = NOW
        context = WorkerContext(
            table,
            state,
            lambda: now,
            lambda: 0.0,
            visit_ids(),
            ONE_MINUTE,
            Nudged(),
            IDENTITY.index_name,
            asked.of(table),
        )
        for hours in (0, 1, 23, 24, 25):
            now = NOW + timedelta(hours=hours)
            await Ticker(context, [There()]).tick(timedelta(seconds=5))

        row = state.rows[LANE, "crm"][0]
        assert 2 == len(asked.recent)
        assert "field_missing" == json.loads(row["findings"])[0]["problem"]

    async def test_proves(self):
        """A canary that got there and back proves the way; where none was sent, nothing is
        proven.
        """
        for found, proven in (([], NOW), ([Finding("field_missing")], EPOCH)):
            table = MemoryTable()
            context = of(table, Inspected(*found).of(table))

            await Ticker(context, [There()]).tick(timedelta(seconds=5))

            assert to_text(proven) == context.state.rows[LANE, "crm"][0]["proven_at"]  # type: ignore[attr-defined]  # a table in memory

    async def test_recent_leads(self):
        """The newest leads that go to the destination are tried, and no others."""
        office, asked = (
            Office({"name": "crm", "storefronts": ["appsource"]}, {"name": "shop"}),
            Inspected(),
        )
        await office.take(1)
        await office.take(2, LeadSource="AzureMarketplace-INS|contoso.kit", ActionCode="INS")

        await asked.of(office.table).check(There(), NOW)

        [recent] = asked.recent
        assert 1 == len(recent)

    async def test_read_once(self):
        """Recent leads are read once for all destinations that are checked together."""
        office, asked = Office({"name": "crm"}), Inspected()
        await office.take(1)
        preflight, before = asked.of(office.table), office.table.calls

        await asyncio.gather(*(preflight.check(There(), NOW) for _ in range(3)))
        once = office.table.calls - before
        await preflight.check(There(), NOW + ONE_MINUTE)

        assert [1] * 4 == [len(recent) for recent in asked.recent]
        assert 2 * once == office.table.calls - before

    async def test_canary_only_if_all_is_well(self):
        """Where something was found, no canary is sent on top."""
        well, ill = Inspected(), Inspected(Finding("sign_in_failed"))

        assert (await well.of(None).check(There(), NOW)).proven
        assert not (await ill.of(None).check(There(), NOW)).proven
        assert (1, 0) == (well.proven, ill.proven)


class TestInspect:
    async def test_field_removed(self, simulator):
        """A field that was removed is named with the leads that it would have failed."""
        simulator.lacks.add("jobtitle")
        recent = [canary("crm", NOW)]

        found = await inspect(simulator.destination(), recent, NOW)

        assert [Finding("field_missing", "jobtitle", "", 1)] == found

    async def test_signed_out(self, simulator):
        """A password that is no longer good is told, and how many leads wait for it."""
        simulator.signed_out = True

        found = await inspect(simulator.destination(), [canary("crm", NOW)], NOW)

        assert [Finding("sign_in_failed", leads=1)] == found

    async def test_picklist(self, simulator):
        """A value that is no choice any more is named."""
        there = simulator.destination(fields={"leadsourcecode": {"constant": 77}})

        found = await inspect(there, [canary("crm", NOW)], NOW)

        assert [Finding("value_not_allowed", "leadsourcecode", "77", 1)] == found


class TestCanary:
    @pytest.mark.parametrize("allowed", [True, False])
    def test_allowed(self, simulator, allowed):
        """Only a destination that was told so gets a canary."""
        assert allowed == allows_canary(simulator.destination(canary=allowed))

    async def test_there_and_back(self, simulator):
        """It is written, read back and deleted; nothing is left."""
        assert [] == await prove(simulator.destination(), NOW)
        assert {} == simulator.service.leads
        assert 1 == simulator.service.created

    async def test_is_a_test(self):
        """It is a test lead of nobody, the same one every day."""
        one, other = canary("crm", NOW), canary("crm", NOW + timedelta(days=1))

        assert one.lead == other.lead
        assert "test" == one.record["category"]
        assert one.record["email"].startswith("msft_test_")

    @pytest.mark.parametrize(
        ("fault", "problem"),
        [
            pytest.param(Fault.UNAVAILABLE, "canary_refused", id="down"),
            pytest.param(Fault.FORGETFUL, "canary_not_found", id="forgetful"),
        ],
    )
    async def test_not_there(self, simulator, fault, problem):
        """A canary that does not arrive is told."""
        simulator.faults = [fault]

        found = await prove(simulator.destination(), NOW)

        assert problem == found[0].problem

    async def test_left_behind(self, simulator):
        """What an earlier canary left is found and taken away, not doubled."""
        there = simulator.destination()
        await there.deliver([replace(canary("crm", NOW), attempts=0)], NOW)

        assert [] == await prove(there, NOW)
        assert {} == simulator.service.leads
        assert 1 == simulator.service.created


def of(table: MemoryTable, preflight: Any, now: datetime = NOW) -> WorkerContext:
    """What a worker works with, and this preflight."""
    lease = timedelta(seconds=0.1)
    return WorkerContext(
        *(table, MemoryTable(), lambda: now, lambda: 0.0, visit_ids(), lease, Nudged()),
        IDENTITY.index_name,
        preflight,
    )


def problems(context: Any) -> list[str]:
    """What the lane says that the last preflight found."""
    row = context.state.rows[LANE, "crm"][0]
    return [finding["problem"] for finding in json.loads(row["findings"])]


class TestBreaks:
    @pytest.mark.parametrize(
        ("error", "fault"),
        [
            pytest.param(
                AttributeError("sample.buyer@fabrikam.example"), "AttributeError at", id="bug"
            ),
            pytest.param(StorageError("the table answered 503"), "answered 503", id="storage"),
        ],
    )
    async def test_crash(self, error, fault, caplog):
        """A preflight that breaks is told, without data, and neither stops the lane nor comes at
        once.
        """
        calls = []

        async def inspect(*_: Any) -> Any:
            calls.append(1)
            raise error

        table = MemoryTable()
        preflight = Preflight(table, inspect, Inspected().prove, lambda _: True)
        context = of(table, preflight)
        for _ in range(3):
            await Ticker(context, [There()]).tick(timedelta(seconds=5))

        assert (1, ["preflight_crashed"]) == (len(calls), problems(context))
        [line] = [record for record in caplog.records if record.msg == "preflight.crashed"]
        assert fault in line.fault
        assert "sample" not in line.fault

    async def test_ends_its_process(self):
        """A preflight that ends its process is not begun again at once."""
        calls = []

        async def inspect(*_: Any) -> Any:
            calls.append(1)
            raise asyncio.CancelledError

        table = MemoryTable()
        context = of(table, Preflight(table, inspect, Inspected().prove, lambda _: True))

        with pytest.raises(Unexpected, match="CancelledError"):
            await Ticker(context, [There()]).tick(timedelta(seconds=5))
        await Ticker(context, [There()]).tick(timedelta(seconds=5))

        assert [1] == calls

    async def test_too_long(self):
        """A preflight is broken off before the lane's lease ends."""

        async def inspect(*_: Any) -> Any:
            await asyncio.sleep(9)

        table = MemoryTable()
        context = of(table, Preflight(table, inspect, Inspected().prove, lambda _: True))
        began = time.monotonic()

        await Ticker(context, [There()]).tick(timedelta(seconds=5))

        assert time.monotonic() - began < 1
        assert ["preflight_timed_out"] == problems(context)

    async def test_many_findings(self):
        """Of more findings than a row takes, the first are kept and the others counted."""
        found = [Finding("value_not_allowed", "field", "\N{SNOWMAN}" * 100, n) for n in range(200)]
        report = Report(NOW, tuple(found), proven=False)

        kept = json.loads(report.to_text())

        assert 20_000 < len(report.to_text()) < 2**15
        assert list(range(len(kept) - 1)) == [one["leads"] for one in kept[:-1]]
        assert ("more_findings", str(200 - len(kept) + 1)) == (
            kept[-1]["problem"],
            kept[-1]["value"],
        )

    def test_few_findings(self):
        """What fits is kept as it is."""
        found = (Finding("field_missing", "a"), Finding("field_missing", "b"))

        kept = json.loads(Report(NOW, found, proven=False).to_text())

        assert found == tuple(Finding(**one) for one in kept)


class TestBudget:
    @pytest.mark.parametrize(
        ("lane", "asked"),
        [
            pytest.param(Lane(), 1, id="free"),
            pytest.param(Lane(held_until=NOW + timedelta(seconds=1)), 0, id="held"),
            pytest.param(Lane(held_until=NOW), 1, id="held-till-now"),
            pytest.param(Lane(day="2026-11-22", today=9), 0, id="quota-used-up"),
            pytest.param(Lane(failures=9, open_until=NOW + timedelta(minutes=1)), 1, id="resting"),
            pytest.param(Lane(disabled="gone"), 0, id="disabled"),
        ],
    )
    async def test_asked(self, lane, asked):
        """It waits for the destination's wish and for the budget, and not for the breaker."""
        table, inspected, there = MemoryTable(), Inspected(), There()
        there.rate = Rate(calls=10, seconds=1, daily=9)
        context: Any = of(table, inspected.of(table))
        await context.state.write(LANE, [Change("insert", "crm", to_row(lane))])

        await Ticker(context, [there]).tick(timedelta(seconds=5))

        assert asked == len(inspected.recent)

    async def test_counts(self):
        """Its requests count for the budget as all others do."""
        table, there = MemoryTable(), There()
        there.rate = Rate(calls=10, seconds=1, daily=9)

        async def inspect(*_: Any) -> list[Finding]:
            for _number in range(4):
                count_one()
            return []

        context: Any = of(table, Preflight(table, inspect, Inspected().prove, lambda _: False))

        await Ticker(context, [there]).tick(timedelta(seconds=5))

        assert 4 == context.state.rows[LANE, "crm"][0]["today"]


async def test_busy_lane():
    """A lane whose backlog lasts longer than the tick is checked all the same."""
    state, asked = MemoryTable(), Inspected()
    context = WorkerContext(
        MemoryTable(),
        state,
        lambda: NOW,
        lambda: 0.0,
        visit_ids(),
        ONE_MINUTE,
        Nudged(),
        IDENTITY.index_name,
        asked.of(None),
    )

    class Endless(Worker):
        async def _round(self) -> bool:
            self.end = 0  # the tick's time is over, and more is due
            return True

    await Endless(context, There(), asyncio.get_running_loop().time() + 5).work()

    assert 1 == len(asked.recent)
