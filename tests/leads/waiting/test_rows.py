"""When a lead begins to wait for a call, how its rows follow it, and when it waits no more."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from leadshare.deliveries.house import House
from leadshare.errors import Conflict
from leadshare.leads.unrouted import Unrouted
from leadshare.leads.waiting.unclocked import Unclocked
from leadshare.times import from_key, to_text
from tests.builders import configuration, rerouting
from tests.leads.office import HOUR, MONDAY
from tests.leads.waiting.world import BOSS, CRM, DESK, TEAM, Office, told

HIGH = {"sales_ready": {"appsource": 100, "azure_marketplace": 100}}


@pytest.fixture(name="office")
def _office():
    return Office()


def waits(office: Office) -> list[str]:
    """The leads that are listed as waiting."""
    return [row["lead"] for row in office.table.values("waiting")]


class TestBegins:
    async def test_ready(self, office):
        """A lead waits from the touch that made it sales-ready, whenever that was classified."""
        lead = await office.take()

        assert [lead] == waits(office)
        [(at, kind)] = office.alarms
        assert ("remind", MONDAY + 8 * HOUR) == (kind, from_key(at))
        office.check()

    @pytest.mark.parametrize(
        "why",
        ["no clock", "nobody tells", "not asked", "nurturing", "special"],
    )
    async def test_not(self, why):
        """One that is not ready, or of which nobody could tell a call, does not."""
        teller = {"tells_outcomes": why not in {"nobody tells", "not asked"}}
        changes = {
            "clock": None if why == "no clock" else TEAM,
            **({"scoring": HIGH} if why == "nurturing" else {}),
        }
        office = Office(configuration({"name": "crm"} | teller, DESK, BOSS, route=[], **changes))
        await office.take(1, **({"ActionCode": "DNC"} if why == "special" else {}))

        assert [] == waits(office) + office.alarms
        assert not office.lead()["waiting"]
        office.check()

    async def test_rerouted(self):
        """A lead that a CRM takes later begins to wait when it is planned again."""
        office = Office(configuration(DESK, BOSS, route=[], clock=TEAM))
        lead = await office.take()
        assert [] == waits(office)

        unrouted = Unrouted(office.table, *rerouting(told()), office.clock)
        assert await unrouted.reroute(lead)

        assert [lead] == waits(office)
        assert 1 == len(office.alarms)
        office.check()
        assert not await unrouted.reroute(lead)

    def test_without_the_package(self):
        """Classify does not load the package of holidays, whose days the clock looks up."""
        program = (
            "import sys, asyncio\n"
            "from tests.leads.waiting.world import Office, told\n"
            "office = Office(told(holidays='DE-BY'))\n"
            "asyncio.run(office.take())\n"
            "print(len(office.alarms), 'holidays' in sys.modules)\n"
        )
        run = subprocess.run(  # noqa: S603 - our own arguments
            [sys.executable, "-c", program], capture_output=True, check=True, text=True
        )

        assert "1 False" == run.stdout.splitlines()[-1]


class TestGoesOn:
    async def test_repeat(self, office):
        """What is said again changes nothing but what the list shows of it."""
        await office.take()
        before = office.alarms
        office.now += HOUR
        await office.take(2)

        assert before == office.alarms
        assert [1] == [row["duplicates"] for row in office.table.values("waiting")]
        office.check()

    async def test_more(self, office):
        """A touch that counts does not begin it anew."""
        lead = await office.take()
        before = office.alarms
        office.now += HOUR
        await office.take(2, Title="CEO", Description="Please call me")

        assert before == office.alarms
        assert [2] == [row["version"] for row in office.table.values("waiting")]
        assert to_text(MONDAY) == office.lead()["ready_at"]
        assert [lead] == waits(office)
        office.check()

    async def test_reminded(self, office):
        """Nor does one that comes after the reminder make it leave again."""
        await office.take()
        await office.tick(8 * HOUR)
        await office.take(2, Title="CEO", Description="Please call me")
        office.check()

        assert "escalate" == office.alarms[0][1]
        for _ in range(30):
            await office.tick(1 * HOUR)
        assert ["remind", "escalate"] == [kind for _, kind in office.desk.reminders]


class TestEnds:
    async def test_score_falls(self, office):
        """A lead that is no longer ready waits no more; once it is again, since it first was."""
        lead = await office.take()
        await office.tick(8 * HOUR)
        high = configuration(CRM, DESK, BOSS, route=[], clock=TEAM, scoring=HIGH)
        office.configure(high)
        await office.take(2, Title="CEO", Description="one")
        assert [] == waits(office) + office.alarms
        office.check()

        office.configure(told())
        await office.take(3, Title="CEO", Description="two")

        assert [lead] == waits(office)
        assert "escalate" == office.alarms[0][1]
        assert to_text(MONDAY) == office.lead()["ready_at"]
        office.check()

    async def test_no_clock(self, office):
        """Nor does it wait without a clock, from its next change on."""
        await office.take()
        office.configure(configuration(CRM, DESK, BOSS, route=[]))
        await office.take(2, Title="CEO", Description="one")

        assert [] == waits(office) + office.alarms
        office.check()

    async def test_taken_out(self, office):
        """Once no clock is told, what it has put into the house lane is taken out, and no more."""
        await office.take()
        other = await office.take(2, Email="b@x.example", Phone="")
        office.configure(configuration(CRM, DESK, BOSS, route=[]))
        house = House(office.context, (Unclocked(office.table),))
        office.now += 8 * HOUR
        write, faster = office.table.write, [other]

        async def overtaken(partition: str, changes: Any) -> Any:
            if faster and any(faster[0] in change.key for change in changes):
                faster.clear()
                raise Conflict
            return await write(partition, changes)

        office.table.write = overtaken
        await house.work()
        assert [other] == [one["lead"] for one in office.table.values("waiting")]
        assert 1 == len(office.alarms)
        office.now += 24 * HOUR
        await house.work()

        assert [] == waits(office) + office.alarms
        assert 2 == len(office.table.values("lead"))
        office.check()

    async def test_nobody_escalates(self, office):
        """Who is no longer told is not: the lead waits on."""
        lead = await office.take()
        await office.tick(8 * HOUR)
        office.configure(told(escalate_to=[]))
        for _ in range(30):
            await office.tick(1 * HOUR)

        assert [] == office.boss.rung + office.alarms
        assert [lead] == waits(office)
        assert "" == office.lead()["escalated_at"]
