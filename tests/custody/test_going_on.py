"""An erasure as it goes on: beside other orders, storage that fails, and what changes meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from leadshare.custody.erasing.erasing import Erasing
from leadshare.custody.erasing.planning import go_on
from leadshare.custody.erasing.subject import Subjects
from leadshare.deliveries import ledger
from leadshare.deliveries.closing import Closing, write_down
from leadshare.deliveries.delivery import SCHEDULE, Accepted
from leadshare.deliveries.ledger import Attempt, to_delivery
from leadshare.errors import Conflict, StorageError
from leadshare.store.keys import HOUSE, due_by
from leadshare.store.reading import everywhere
from leadshare.store.table import Change, Row
from tests.builders import IDENTITY, minutes
from tests.custody.erasures import LEASE, Custodian

MAIL = "person-1@fabrikam.example"
OTHER = "person-2@fabrikam.example"
PHONE = "+49 30 5550101"
SOON = 3 * LEASE


@pytest.fixture(name="office")
async def _office() -> Custodian:
    """A lead that is in the CRM, and due at the sellers."""
    office = Custodian()
    await office.take(1, Email=MAIL, Phone=PHONE)
    await office.finish("crm")
    return office


async def erasing(office: Custodian) -> Sequence[Row]:
    """The rows by which erasures go on, whenever they are due."""
    return (await everywhere(office.table, due_by(HOUSE, "1", office.now + timedelta(9)))).rows


async def searched(office: Custodian, order: str) -> bool:
    """Whether an order has been searched for where nobody could read."""
    return bool((await office.show(order))["searched_at"])


def forgotten(office: Custodian) -> dict[str, tuple[str, str]]:
    """By destination what was done about its record, and why."""
    rows = office.table.values("forget")
    return {row["destination"]: (row["did"], row["reason"]) for row in rows}


class TestOrders:
    async def test_at_the_time_of_the_next_look(self, office):
        """An order at the very time when another goes on takes that one's place."""
        first = await office.erase("email", MAIL)
        await office.go_on()
        office.now += minutes(1)

        second = await office.erase("email", MAIL)

        assert {second} == {row.values["order"] for row in await erasing(office)}
        await office.go_on()
        assert second == (await office.show(first))["continued_by"]

    async def test_taken_over(self, office):
        """Who goes on with what another order has taken over leaves that alone."""
        await office.erase("email", MAIL)
        stale = await erasing(office)
        await office.erase("email", MAIL)
        before = dict(office.table.rows)

        await office.erasures().erasing.work_off(stale)

        assert before == office.table.rows

    async def test_other_contact(self, office, monkeypatch):
        """An order whose process ended early waits for no contact that another has erased since."""

        async def ends(*_: Any) -> None:
            raise StorageError("the process ends")

        await office.take(2, Email="", Phone="0049 30 5550101")
        counted = await office.erasures().count("email", MAIL, persons=False)
        with monkeypatch.context() as patch:
            patch.setattr(Erasing, "begin_other", ends)
            with pytest.raises(StorageError, match="ends"):
                await office.erasures().order("email", MAIL, counted["token"])
        [first] = [row.values["order"] for row in await erasing(office)]
        [lead] = [row["lead"] for row in office.table.values("lead")]
        office.now += minutes(5)
        second = await office.erase("lead", lead)

        await office.go_on(SOON)
        for name, did in (("crm", "deleted"), ("sellers", "task")):
            await office.finish(name, Accepted(did=did))
        await office.go_on(timedelta(days=1))

        assert [] == await erasing(office)
        assert (True, True) == tuple(
            [(await office.show(order))["complete"] for order in (first, second)]
        )

    @pytest.mark.parametrize("error", [StorageError("503"), Conflict("changed")])
    async def test_one_fails(self, monkeypatch, caplog, error):
        """One that fails keeps no other waiting, is told, and goes on with the next look; that
        another process is at it is no fault.
        """
        office = Custodian()
        for number, mail in enumerate((MAIL, OTHER)):
            await office.take(number, Email=mail, Phone="")
        orders = [await office.erase("email", mail) for mail in (MAIL, OTHER)]
        write, failed = office.table.write, list[str]()

        async def fail(partition: str, changes: Sequence[Change]) -> Any:
            for change in changes:
                if "searched_at" in (change.values or {}) and failed in ([], [change.key]):
                    failed.append(change.key)
                    raise error
            return await write(partition, changes)

        with monkeypatch.context() as patch:
            patch.setattr(office.table, "write", fail)
            if isinstance(error, Conflict):
                await office.go_on()
            else:
                with pytest.raises(StorageError, match="503"):
                    await office.go_on()

        told = [one for one in caplog.records if one.msg == "erasure.failed"]
        assert isinstance(error, Conflict) != bool(told)
        assert [False, True] == sorted([await searched(office, one) for one in orders])
        await office.go_on(SOON)
        assert all([await searched(office, one) for one in orders])


class TestMeanwhile:
    async def test_came_anew(self, office):
        """What has come anew is no rest of what was erased."""
        await office.erase("email", MAIL)
        await office.take(30, Email=MAIL)

        held = await Subjects(office.table, IDENTITY).held(IDENTITY.contact(MAIL, "", ""))

        assert held.erasing
        assert held.own
        assert [] == go_on(held, held.erasing, office.systems, office.now)

    async def test_asked_again(self, office):
        """Whoever comes anew changes nothing about what was taken out of systems already."""
        await office.erase("email", MAIL)
        await office.go_on(SOON)
        await office.finish("crm", Accepted(did="deleted"))

        await office.take(30, Email=MAIL)

        assert {"crm": ("deleted", ""), "sellers": ("by_hand", "asked_again")} == (
            forgotten(office)
        )

    async def test_never_sent(self, office):
        """No system is asked about what never left for it."""
        for row in await office.due("sellers"):
            await office.table.write(row.partition, ledger.park(row, "gone", office.now))

        await office.erase("email", MAIL)

        assert ["crm"] == [*forgotten(office)]

    async def test_not_configured(self, office):
        """A system that was taken out of the configuration meanwhile is left to people."""
        await office.erase("email", MAIL)
        del office.systems["crm"]

        await office.go_on(SOON)

        assert ("by_hand", "not_configured") == forgotten(office)["crm"]
        assert [] == await office.due("crm")

    async def test_parked(self, office):
        """What a lane parks instead of asking its system is left to people, who are told why."""
        order = await office.erase("email", MAIL)
        await office.go_on(SOON)
        for row in await office.due("crm"):
            changes = ledger.park(row, "destination_disabled", office.now)
            await office.table.write(row.partition, changes)

        await office.go_on(timedelta(hours=1))

        told = await office.show(order)
        assert [("crm", "destination_disabled")] == [
            (one["destination"], one["reason"]) for one in told["by_hand"]
        ]
        assert [] == await office.due("crm")

    async def test_record_of_late(self, office):
        """The record that an attempt on its way has made is the one to be erased."""
        [due] = await office.due("sellers")
        await office.erase("email", MAIL)
        ended = Attempt(to_delivery(due), Accepted("r-9"), office.now)
        changes = ledger.finish(due, ended, SCHEDULE, office.now, 0.0)

        await write_down(office.table, [Closing(due, ended, changes, IDENTITY.index_name)], print)

        await office.go_on(SOON)
        [owed] = await office.due("sellers")
        assert ("forget", "r-9") == (owed.values["kind"], owed.values["record_id"])
