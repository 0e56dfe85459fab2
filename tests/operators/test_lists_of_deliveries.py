"""What operators ask about deliveries and the quarantine: all can be found, page by page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from tests.builders import Office, touch
from tests.operators.pages import pages


@pytest.fixture(name="office")
def _office() -> Office:
    return Office()


class TestDeliveries:
    @pytest.fixture(name="some")
    async def _some(self, office):
        """Deliveries in all four states, of two destinations."""
        await office.take(1)
        await office.finish("crm")
        await office.take(2)
        await office.finish("crm", Rejected("bad_email"))
        await office.take(3)
        await office.finish("crm", Deferred("timeout"))
        await office.take(4, ActionCode="DNC")
        return office.lists

    @pytest.mark.parametrize(
        ("state", "where", "found"),
        [
            pytest.param("parked", {}, [("crm", "bad_email")], id="parked"),
            pytest.param(
                "due",
                {},
                [("crm", "timeout"), ("sellers", ""), ("sellers", ""), ("sellers", "")],
                id="due",
            ),
            pytest.param("delivered", {}, [("crm", "")], id="delivered"),
            pytest.param(
                "suppressed",
                {},
                [("crm", "no_contact"), ("sellers", "no_contact")],
                id="suppressed",
            ),
            pytest.param("due", {"destination": "crm"}, [("crm", "timeout")], id="due-at"),
            pytest.param("parked", {"destination": "sellers"}, [], id="parked-at"),
            pytest.param("parked", {"reason": "bad_email"}, [("crm", "bad_email")], id="reason"),
            pytest.param("parked", {"reason": "too_old"}, [], id="other-reason"),
            pytest.param(
                "suppressed", {"destination": "crm"}, [("crm", "no_contact")], id="suppressed-at"
            ),
        ],
    )
    async def test_by_state(self, some, state, where, found):
        """Deliveries are listed by state, and narrowed by destination and reason."""
        told = (await some.deliveries(state, where, 9, ""))["deliveries"]

        assert {state} <= {one["state"] for one in told} | {state}
        assert found == sorted((one["destination"], one.get("reason", "")) for one in told)
        assert {state} == {one["state"] for one in told} or not told

    @pytest.mark.parametrize("state", ["due", "parked", "delivered"])
    async def test_link(self, office, state):
        """Each tells where people see its record; nothing where it has none, or nobody knows."""
        lists = replace(office.lists, links={"crm": "https://crm.example/{}".format})
        await office.take(1)
        for destination in ("crm", "sellers"):
            await office.finish(destination, Accepted("r-1"))
        if state != "delivered":
            await office.take(2, Email="person-1@fabrikam.example", Country="FR")
        if state == "parked":
            for destination in ("crm", "sellers"):
                await office.finish(destination, Rejected("bad"))

        listed = [await one.deliveries(state, {}, 9, "") for one in (lists, office.lists)]

        told = [{d["destination"]: d["link"] for d in one["deliveries"]} for one in listed]
        nothing = {"crm": "", "sellers": ""}
        assert [nothing | {"crm": "https://crm.example/r-1"}, nothing] == told

    @pytest.mark.parametrize("state", ["due", "parked", "delivered", "suppressed"])
    async def test_pages(self, office, state):
        """In any state, pages have each delivery once."""
        for number in range(1, 21):
            await office.take(number, ActionCode="DNC" if state == "suppressed" else "PLT")
        for destination in ("crm", "sellers"):
            if state in ("parked", "delivered"):
                outcome = Rejected("bad") if state == "parked" else None
                await office.finish(destination, outcome)
        ask = lambda where, limit, after: office.lists.deliveries(state, where, limit, after)  # noqa: E731 - one ask of two

        found, sizes = await pages(ask, "deliveries", 9)

        assert [9, 9, 9, 9, 4] == sizes
        assert 40 == len({(one["lead"], one["destination"]) for one in found})

    async def test_oldest_first(self, office):
        """What is due or parked at a destination comes oldest first."""
        for number in (1, 2, 3):
            await office.take(number)

        told = await office.lists.deliveries("due", {"destination": "crm"}, 9, "")

        times = [one["owed_since"] for one in told["deliveries"]]
        assert sorted(times) == times
        assert 3 == len(times)

    async def test_what_is_told(self, some):
        """An entry tells lead, destination, state, reason, versions and attempts."""
        [told] = (await some.deliveries("parked", {}, 9, ""))["deliveries"]

        expected = {
            "lead": touch(Email="person-2@fabrikam.example").lead,
            "destination": "crm",
            "state": "parked",
            "reason": "bad_email",
            "version": 1,
            "sent": 0,
            "attempts": 1,
        }
        assert expected == {name: told[name] for name in expected}

    @pytest.mark.parametrize("state", ["due", "parked", "delivered", "suppressed"])
    async def test_said(self, office, state):
        """Who may see persons is told what its system said last, and nobody else: not even that
        nothing was said.
        """
        outcomes = {
            "due": Deferred("timeout", said="Zoe?"),
            "parked": Rejected("bad_email", said="Zoe?"),
            "delivered": Accepted("r-1", said="Zoe?"),
        }
        await office.take(1, ActionCode="DNC" if state == "suppressed" else "PLT")
        if state in outcomes:
            await office.finish("crm", outcomes[state])
        where, shown = {"destination": "crm"}, replace(office.lists, persons=True)

        [told] = (await shown.deliveries(state, where, 9, ""))["deliveries"]
        [hidden] = (await office.lists.deliveries(state, where, 9, ""))["deliveries"]

        assert hidden | {"said": "Zoe?" if state in outcomes else ""} == told
        assert "said" not in hidden

    async def test_reads(self, office):
        """What was said takes no read of its own."""
        for number in (1, 2, 3):
            await office.take(number)
        counts = []
        for persons in (False, True):
            before = office.table.calls
            await replace(office.lists, persons=persons).deliveries("due", {}, 9, "")
            counts.append(office.table.calls - before)

        assert counts[0] == counts[1] > 0


class TestQuarantine:
    async def test_list(self, office):
        """What could not be classified is listed oldest first, with its reason and id."""
        await office.take(2, b"[1]")
        await office.take(1, b"no json")

        told = (await office.lists.quarantine({}, 9, ""))["quarantine"]

        assert [
            {"touch": f"{1:032x}", "reason": "not_json", "updated": "2026-11-22T12:01:00.000Z"},
            {
                "touch": f"{2:032x}",
                "reason": "not_an_object",
                "updated": "2026-11-22T12:02:00.000Z",
            },
        ] == told

    async def test_reason(self, office):
        """A reason narrows the list."""
        await office.take(1, b"no json")
        await office.take(2, b"[1]")

        told = (await office.lists.quarantine({"reason": "not_json"}, 9, ""))["quarantine"]

        assert [f"{1:032x}"] == [one["touch"] for one in told]
