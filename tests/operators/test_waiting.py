"""For how long leads wait for a call: in the list, longest first, and in a lead's story."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from leadshare.leads.held import SUMMARY
from leadshare.operators.lists import Lists
from leadshare.operators.waiting import waited
from leadshare.store.keys import waits_key
from leadshare.store.table import Change
from leadshare.times import to_text
from tests.builders import LEAD, NOW
from tests.builders import Office as Desk
from tests.leads.office import HOUR, MONDAY
from tests.leads.waiting.world import Office, of_three, told
from tests.operators.requests import Configured

CLOCK = told().clock


@pytest.fixture(name="office")
async def _office():
    return await of_three()


def lists(office: Office, **more: Any) -> Any:
    """What lists things, whose answers are JSON."""
    return Lists(office.table, office.state, office.clock, team=CLOCK, **more)


class TestWaited:
    @pytest.mark.parametrize("values", [{}, {"ready_at": ""}, {"ready_at": None}])
    def test_never_ready(self, values):
        assert {} == waited(values, CLOCK, MONDAY)

    @pytest.mark.parametrize(
        ("hours", "working", "over", "over_24"),
        [
            (1, 1, False, False),
            (8, 8, False, False),
            (23.5, 8, False, False),
            (24, 8, False, False),
            (24.5, 8.5, True, True),
        ],
    )
    def test_nobody_yet(self, hours, working, over, over_24):
        """Working time is told beside the time that has passed, each with what it should be."""
        found = waited({"ready_at": to_text(MONDAY)}, CLOCK, MONDAY + hours * HOUR)

        assert (hours * 3600, working * 3600, 8 * 3600) == (
            *(found["seconds"], found["working_seconds"], found["target_seconds"]),
        )
        assert (over, over_24) == (found["over_target"], found["over_24_hours"])

    def test_called(self):
        """Once somebody has called, it is told how long that took, and grows no more."""
        at = to_text(MONDAY + 2 * HOUR)
        values = {"ready_at": to_text(MONDAY), "signed_at": at, "signed_by": "crm"}
        found = waited(values, CLOCK, MONDAY + timedelta(days=9))

        assert (7200, at, "crm", False) == (
            *(found["seconds"], found["signed_at"], found["signed_by"], found["over_target"]),
        )

    def test_called_before(self):
        """Who called a lead that was not ready yet did not take less than no time."""
        values = {"ready_at": to_text(MONDAY), "signed_at": to_text(MONDAY - HOUR)}

        assert 0 == waited(values, CLOCK, MONDAY)["seconds"]

    def test_without_clock(self):
        """Where nobody knows when the team works, only the time that has passed is told."""
        found = waited({"ready_at": to_text(MONDAY)}, None, MONDAY + 9 * HOUR)

        assert 9 * 3600 == found["seconds"]
        assert not {"working_seconds", "over_target"} & found.keys()


class TestList:
    async def test_longest_first(self, office):
        listed = await lists(office).waiting({}, None, 2, "")

        assert [3 * 3600, 2 * 3600] == [one["clock"]["seconds"] for one in listed["leads"]]
        rest = await lists(office).waiting({}, None, 2, listed["next"])
        assert [3600] == [one["clock"]["working_seconds"] for one in rest["leads"]]
        assert "next" not in rest

    async def test_narrowed(self, office):
        """It is of a time, a storefront, a listing, as other lists are."""
        since: datetime = MONDAY + HOUR
        later = await lists(office).waiting({}, since, 9, "")
        none = await lists(office).waiting({"storefront": "azure_marketplace"}, None, 9, "")

        assert 2 == len(later["leads"])
        assert [] == none["leads"]

    async def test_no_persons(self, office):
        """No title that is not the publisher's own is shown without persons."""
        [one, *_] = (await lists(office).waiting({}, None, 9, ""))["leads"]
        [other, *_] = (await lists(office, persons=True).waiting({}, None, 9, ""))["leads"]

        assert "listing_title" not in one
        assert "Contoso Invoice Robot" == other["listing_title"]

    async def test_cost(self, office):
        """It reads what waits: a range of each partition, and no lead."""
        office.table.calls = 0
        await lists(office).waiting({}, None, 9, "")

        assert 16 == office.table.calls

    async def test_reminded(self, office):
        """Who was reminded when is told; a lead that others were told of is listed still."""
        for _ in range(40):
            await office.tick(1 * HOUR)
        [one, *_] = (await lists(office).waiting({}, None, 9, ""))["leads"]

        assert one["clock"]["over_target"] is True
        assert one["clock"]["reminded_at"] < one["clock"]["escalated_at"]


class TestStory:
    async def test_clock(self, office):
        lead = office.lead()["lead"]
        await office.record(lead, signed_at=office.now)
        story = await lists(office).lead(lead)

        assert to_text(office.now) == story["lead"]["clock"]["signed_at"]
        assert "crm" == story["lead"]["clock"]["signed_by"]

    async def test_attempts(self, office):
        """An attempt to remind is told as one, and says nothing of the notice's delivery."""
        for _ in range(26):
            await office.tick(1 * HOUR)
        story = await lists(office).lead(office.lead()["lead"])

        kinds = [one.get("kind", "") for one in story["attempts"] if one["destination"] == "desk"]
        assert ["", "remind"] == kinds
        [desk] = [one for one in story["deliveries"] if one["destination"] == "desk"]
        assert desk["last"]["at"] < story["attempts"][-1]["at"]


class TestRequests:
    @pytest.fixture(name="desk")
    def _desk(self):
        """What answers operators under a clock."""
        office = Desk()
        configured = Configured(office.classifier, {"crm": None}, office.unrouted, clock=CLOCK)
        return office, office.requests(lambda: configured)

    async def test_list(self, desk):
        """Leads that wait are listed under the clock that is configured."""
        office, requests = desk
        row = {
            **dict.fromkeys(SUMMARY, ""),
            "lead": LEAD,
            "ready_at": to_text(NOW),
            "reminded_at": "",
            "escalated_at": "",
        }
        key = waits_key(NOW, LEAD)
        await office.table.write(LEAD[0], [Change("insert", key, row)])

        [told] = (await requests.list_leads({"waiting": "true"}))["leads"]

        assert (LEAD, 8 * 3600) == (told["lead"], told["clock"]["target_seconds"])

    async def test_health(self, desk):
        """Health tells how many wait, and how many of them for longer than they should."""
        _, requests = desk
        nobody = {"count": 0, "oldest_seconds": 0, "over_target": 0}

        assert nobody == (await requests.get_health({}))["waiting"]
