"""Leads that nobody takes are planned again, under the routes of today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from leadshare.deliveries.lanes.visit import ALL, Nudge
from leadshare.errors import StorageError
from leadshare.operators.orders.replay import Window
from leadshare.store.table import Change
from tests.builders import NOW, Office, minutes, touch
from tests.operators.orders.ordered import EVERYTHING, counts, lawful, states


async def reroute(
    office: Office,
    window: Window = EVERYTHING,
    *,
    routing: str = "unrouted",
    dry_run: bool = False,
) -> dict[str, Any]:
    """Plan leads again that nobody takes, really unless told."""
    router = office.unrouted
    return await office.replayer.reroute(routing, window, router, dry_run=dry_run)


class TestReroute:
    """Leads that nobody takes, planned again under the routes of today."""

    @pytest.fixture(name="lost")
    async def _lost(self, office):
        """Three leads that nobody takes, one due where nobody is any more, and a CRM since."""
        office.configure()
        for number in (1, 2, 3):
            await office.take(number)
        office.configure({"name": "old"})
        await office.take(4)
        office.configure({"name": "crm"})
        office.now = NOW + minutes(60)
        return office

    async def test_dry_run(self, lost):
        """A dry run counts, and changes and records nothing."""
        before = dict(lost.table.rows)

        answer = await reroute(lost, dry_run=True)

        assert ((4, 0), "unrouted") == (counts(answer), answer["what"])
        assert before == lost.table.rows

    async def test_all(self, lost):
        """Each is due now, as it stands, at the destination of today."""
        answer = await reroute(lost)

        assert (4, 4) == counts(answer)
        assert ["due"] * 4 == states(lost)
        assert {("crm", "2026-11-22T13:00:00.000Z")} == {
            (due["destination"], due["owed_since"]) for due in lost.table.values("due")
        }
        assert [] == lost.table.values("unrouted")
        assert Nudge("crm", ALL, lost.now) == lost.nudged.nudges[-1]
        assert lawful(lost)

    async def test_twice(self, lost):
        """The same replay a second time finds nothing to do."""
        await reroute(lost)
        before = dict(lost.table.rows)

        assert (0, 0) == counts(await reroute(lost))
        assert before == lost.table.rows

    async def test_still_nobody(self, lost):
        """What still nobody takes is counted as not replayed, and changes once at most."""
        lost.configure()

        assert (4, 0) == counts(await reroute(lost))
        assert 4 == len(lost.table.values("unrouted"))
        before = dict(lost.table.rows)
        assert (4, 0) == counts(await reroute(lost))
        assert before == lost.table.rows
        assert lawful(lost)

    async def test_only_those(self, lost):
        """A destination that comes later is owed no lead that somebody takes already."""
        lost.configure({"name": "crm"}, {"name": "new"})
        await lost.take(9)
        lost.configure({"name": "crm"}, {"name": "newer"}, {"name": "new"})

        await reroute(lost)

        owed = [due["lead"] for due in lost.table.values("due") if due["destination"] == "newer"]
        assert touch(Email="person-9@fabrikam.example").lead not in owed
        assert 4 == len(owed)

    async def test_told_of_only(self, lost):
        """Leads that are told of only are planned again by their own name, and no others."""
        bell = {"name": "bell", "follows_up": False}
        lost.configure(bell)
        await lost.take(8)
        lost.configure(bell, {"name": "crm"})

        told = [counts(await reroute(lost, routing="notice_only")) for _ in range(2)]

        assert [(1, 1), (0, 0)] == told
        assert 3 == len(lost.table.values("unrouted"))
        assert lawful(lost)

    @pytest.mark.parametrize(
        ("window", "matched"),
        [
            pytest.param(Window(since=NOW + minutes(2)), 3, id="since"),
            pytest.param(Window(until=NOW + minutes(2)), 1, id="until"),
            pytest.param(Window(since=NOW + minutes(4)), 1, id="owed-since"),
        ],
    )
    async def test_window(self, lost, window, matched):
        """The time since which nobody takes a lead narrows it."""
        assert (matched, matched) == counts(await reroute(lost, window))

    async def test_several_due(self, lost):
        """A lead that is due at several destinations of which none is left is one lead."""
        lost.configure({"name": "one"}, {"name": "two"})
        await lost.take(7)
        lost.configure({"name": "crm"})

        assert (5, 5) == counts(await reroute(lost))

    async def test_many(self, office):
        """However many there are, in all partitions, all are planned."""
        office.configure()
        for number in range(1, 41):
            await office.take(number)
        office.configure({"name": "crm"})

        counted, done = [await reroute(office, dry_run=dry_run) for dry_run in (True, False)]

        assert [(40, 0), (40, 40)] == [counts(counted), counts(done)]
        assert 40 == len(office.table.values("due"))

    @pytest.mark.parametrize("writes", range(4))
    async def test_crash(self, lost, writes):
        """What was planned before a crash stays so, and the rest is planned by the next replay."""
        write, left = lost.table.write, [None] * writes

        async def some(partition: str, changes: Sequence[Change]) -> Any:
            if not left:
                raise StorageError("the table answered 503")
            left.pop()
            return await write(partition, changes)

        lost.table.write = some
        with pytest.raises(StorageError):
            await reroute(lost)
        lost.table.write = write

        assert lawful(lost)
        assert (4 - writes, 4 - writes) == counts(await reroute(lost))
        assert ["due"] * 4 == states(lost)
