"""Asking about some leads at once keeps to the lane: its lease, its rest and its budget."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.errors import StorageError
from leadshare.leads.waiting.asking import LaneAsker
from leadshare.store.keys import LANE
from leadshare.store.lease import read_row, to_row
from leadshare.store.table import Change
from leadshare.times import to_text
from tests.leads.waiting.world import Office


@pytest.fixture(name="office")
async def _office():
    office = Office()
    await office.take()
    await office.tick()
    return office


def asker(office) -> LaneAsker:
    """What asks the CRM."""
    return LaneAsker(office.context, {"crm": office.crm})


def lane(office) -> Lane:
    """The CRM's lane as it is."""
    return read_row(Lane, office.state.rows[LANE, "crm"][0])


async def be(office, **told) -> None:
    """Leave the lane as told."""
    values = {**to_row(lane(office)), **told}
    await office.state.write(LANE, [Change("replace", "crm", values)])


class TestAsk:
    async def test_told(self, office):
        """What it tells is written down, and the lane is free for others."""
        office.crm.knows = [office.outcome(office.lead()["lead"], signed_at=office.now)]

        assert {office.lead()["lead"]} == await asker(office).ask(
            "crm", {office.lead()["lead"]: "r1"}
        )
        assert to_text(office.now) == office.lead()["signed_at"]
        assert "" == lane(office).holder

    @pytest.mark.parametrize(
        "held",
        [
            {"paused_at": "2026-11-30T09:00:00.000Z"},
            {"disabled": "gone"},
            {"held_until": "2026-11-30T19:00:00.000Z"},
            {"open_until": "2026-11-30T19:00:00.000Z", "failures": 9},
            {"holder": "another", "leased_until": "2026-11-30T09:01:00.000Z"},
        ],
        ids=lambda held: next(iter(held)),
    )
    async def test_held(self, office, held):
        """Nothing leaves a lane that is held, is at rest, or is another's."""
        await be(office, **held)

        assert not await asker(office).ask("crm", {office.lead()["lead"]: "r1"})
        assert [] == office.crm.reads

    async def test_budget(self, office):
        """It takes from the budget, and leaves what is kept for urgent leads."""
        office.crm.rate = Rate(calls=20, seconds=3600.0)
        asked = [await asker(office).ask("crm", {office.lead()["lead"]: "r1"}) for _ in range(3)]

        assert [1, 0, 0] == [len(leads) for leads in asked]

    async def test_fault(self, office):
        """What it cannot tell, it has not told."""
        office.crm.fault = "http_503"

        assert not await asker(office).ask("crm", {office.lead()["lead"]: "r1"})
        assert "" == lane(office).holder

    async def test_not_written(self, office, monkeypatch, caplog):
        """What could not be written down was not told; the lane is free for others."""
        caplog.set_level("INFO")

        async def record(*_: object, **__: object) -> None:
            raise StorageError("busy")

        monkeypatch.setattr(type(office.recorder), "record", record)

        assert not await asker(office).ask("crm", {office.lead()["lead"]: "r1"})
        assert ["busy"] == [line.fault for line in caplog.records if line.msg == "lane.failed"]
        assert "" == lane(office).holder

    async def test_rung_for(self, office):
        """Who rang for the lane while another had it is not forgotten."""
        await be(office, rung=1, until=to_text(office.now))
        office.now += timedelta(seconds=1)

        await asker(office).ask("crm", {office.lead()["lead"]: "r1"})

        assert 0 == lane(office).rung
        assert 1 == len(office.crm.reads)
