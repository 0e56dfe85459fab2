"""Writing down what became of attempts, whatever changed meanwhile and whatever fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from leadshare.deliveries.closing import Closing, write_down
from leadshare.deliveries.delivery import Accepted, Deferred, Rejected, Reply
from leadshare.errors import Conflict, RowRefused, StorageError
from leadshare.store.keys import forget_key
from leadshare.store.table import Change, Row
from leadshare.times import to_text
from tests.builders import IDENTITY
from tests.deliveries.world import ACCEPTS, LEAD, LEASE, FakeDestination, a_lead, told
from tests.limits import check_fits
from tests.memory import MemoryTable


class TestDelivers:
    async def test_many_in_one_partition(self, world, crm):
        """More finishes than a transaction holds are written in several."""
        leads = [a_lead(16 * number) for number in range(60)]
        for lead in leads:
            await world.owe(lead)

        for _ in range(4):
            await world.tick(crm)

        assert {"delivered"} == {world.delivery(lead)["state"] for lead in leads}

    async def test_large(self):
        """Finishes with the largest rows are written in parts of which each fits a transaction."""
        table, seen = MemoryTable(), list[Closing]()
        rows = [Row("0", f"due|{number}", {}) for number in range(40)]
        large = {"record": "漢" * 25_000, "story": b"x" * 40_960}
        finishes = [
            Closing(row, None, [Change("insert", row.key, large)], IDENTITY.index_name)
            for row in rows
        ]
        write = table.write

        async def strict(partition: str, changes: Sequence[Change]) -> list[str]:
            check_fits(changes)
            return await write(partition, changes)

        table.write = strict  # type: ignore[method-assign]  # checked on the way

        await write_down(table, finishes, seen.append)

        assert (finishes, 40) == (seen, len(table.rows))


class TestWhileItWasOnItsWay:
    async def test_new_version(self, world, crm):
        """A version that classify wrote during the call stays due; what was accepted is noted."""
        await world.owe(LEAD)

        async def classify() -> None:
            await world.owe(LEAD, version=2)
            world.now += timedelta(seconds=1)

        crm.before = classify
        crm.answer = lambda d: ACCEPTS if d.version == 1 else Reply((Deferred("http_500"),))

        await world.tick(crm)

        told = world.delivery(LEAD)
        [due] = world.table.values("due")
        assert ("due", 2, 1, "r1") == tuple(
            told[name] for name in ("state", "wanted", "sent", "record_id")
        )
        assert (1, "r1") == (due["sent"], due["record_id"])

    async def test_id_is_kept(self, world, crm):
        """An update that tells no id of the record leaves the one that is known."""
        await world.owe(LEAD)
        await world.tick(crm)

        async def classify() -> None:
            await world.owe(LEAD, version=3)
            world.now += timedelta(seconds=1)

        await world.owe(LEAD, version=2)
        crm.before = classify
        crm.answer = lambda d: Reply((Accepted() if d.version == 2 else Deferred("http_400"),))
        await world.tick(crm)

        told = world.delivery(LEAD)
        assert ("due", 2, "r1") == (told["state"], told["sent"], told["record_id"])

    @pytest.mark.parametrize(
        "reply",
        [
            pytest.param(ACCEPTS, id="accepted"),
            pytest.param(Reply((Deferred("timeout"),)), id="unclear"),
        ],
    )
    async def test_overtaken(self, world, crm, reply):
        """Where a newer version was accepted meanwhile, ours may have come after it: it is owed
        again.
        """
        await world.owe(LEAD)
        other = FakeDestination()

        async def lose_the_lane() -> None:
            world.now += LEASE * 2
            await world.owe(LEAD, version=2)
            await world.tick(other, holder="other")

        crm.before = lose_the_lane
        crm.answer = lambda _: reply

        await world.tick(crm)
        assert ("due", 1) == (world.delivery(LEAD)["state"], world.delivery(LEAD)["sent"])
        await world.tick(other, holder="other")

        assert [(LEAD, 2), (LEAD, 2)] == other.sent
        assert ("delivered", 2) == (world.delivery(LEAD)["state"], world.delivery(LEAD)["sent"])

    @pytest.mark.parametrize("kept", ["lead", "delivery", ""])
    async def test_deleted(self, world, crm, kept):
        """What a person deletes of a lead during the call does not come back, and is no fault."""
        await world.owe(LEAD)

        async def delete() -> None:
            world.table.rows = {
                place: row
                for place, row in world.table.rows.items()
                if kept and f"|{kept}|" in place[1]
            }
            left.update(world.table.rows)

        left: dict[Any, Any] = {}
        crm.before = delete

        await world.ticker(crm).tick(timedelta(seconds=30))

        assert [(LEAD, 1)] == crm.sent
        assert left == world.table.rows

    async def test_erased(self, world, crm):
        """Of a lead that is erased during its first call it is noted which record is to go."""
        await world.owe(LEAD)
        place = (LEAD[0], forget_key(LEAD, "crm"))

        async def erase() -> None:
            world.table.rows = {place: ({"record_id": ""}, "e1")}

        crm.before = erase

        await world.ticker(crm).tick(timedelta(seconds=30))

        assert {place} == world.table.rows.keys()
        assert "r1" == world.table.rows[place][0]["record_id"]

    async def test_same_version_by_another(self, world, crm):
        """Where another host delivered the same version, it stays delivered, and is to be read
        back.
        """
        await world.owe(LEAD)
        other = FakeDestination(look_ups=True)

        crm.before = lambda: world.overtake(other)
        await world.tick(crm)

        assert "delivered" == world.delivery(LEAD)["state"]
        assert ["look_up"] == [row["kind"] for row in world.table.values("due")]
        assert to_text(world.now + timedelta(minutes=1)) == world.delivery(LEAD)["next"]

    async def test_deferred_by_another(self, world, crm):
        """Where another host put off the same version meanwhile, our acceptance still counts."""
        await world.owe(LEAD)
        other = FakeDestination()
        other.answer = lambda _: Reply((Deferred("http_500"),))

        crm.before = lambda: world.overtake(other)
        await world.tick(crm)

        assert "delivered" == world.delivery(LEAD)["state"]
        assert [] == world.table.values("due")


class TestFault:
    async def test_one_kept_changing(self, world):
        """What is not written down of one delivery is written down of the others of its
        partition.
        """
        crm = FakeDestination(batch_size=3)
        bad = a_lead(0)

        class Restless(MemoryTable):
            async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
                if crm.sent and any(change.key.startswith(bad[:32]) for change in changes):
                    raise Conflict("changed")
                return await super().write(partition, changes)

        world.table = Restless()
        await world.accepted_before()
        leads = [a_lead(16 * number) for number in range(3)]
        for lead in leads:
            await world.owe(lead)

        with pytest.raises(StorageError, match="kept changing during 8 readings"):
            await world.tick(crm)

        assert ["due", "delivered", "delivered"] == [world.delivery(n)["state"] for n in leads]

    async def test_first_part_fails(self, world):
        """A transaction that fails keeps no other of its partition from being made."""
        crm = FakeDestination(batch_size=100, look_ups=True)
        sizes: list[int] = []

        class Flickers(MemoryTable):
            async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
                sizes.append(len(changes))
                if sizes.count(96) == 1 and len(changes) == 96:
                    raise StorageError("out of reach")
                return await super().write(partition, changes)

        world.table = Flickers()
        await world.accepted_before()
        for number in range(33):
            await world.owe(a_lead(16 * number))

        with pytest.raises(StorageError, match="out of reach"):
            await world.tick(crm)

        states = [row["state"] for row in world.table.values("delivery")]
        assert [96, 96, 6] == sizes[-3:]
        assert (16, 17) == (states.count("due"), states.count("delivered"))

    @pytest.mark.parametrize("bad", [3, 30])
    async def test_one_row_is_refused(self, world, bad):
        """Where the table refuses one finish, those beside it and elsewhere are written down."""

        refused = a_lead(bad).replace("-", "|attempt|")

        class Picky(MemoryTable):
            async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
                if any(c.key.startswith(refused) for c in changes):
                    raise RowRefused("the table refused a row")
                return await super().write(partition, changes)

        world.table = Picky()
        crm = FakeDestination(batch_size=100)
        numbers = [*range(16), *range(16, 320, 7), bad]
        for number in dict.fromkeys(numbers):
            await world.owe(a_lead(number))

        with pytest.raises(RowRefused, match="refused a row"):
            await world.tick(crm)

        assert [a_lead(bad)] == [row["lead"] for row in world.table.values("due")]


class TestTold:
    async def test_parked_alone(self, world, caplog):
        """What is parked is told, too, where another of its partition was changed meanwhile."""
        crm = FakeDestination(batch_size=2)
        crm.answer = lambda _: Reply((Rejected("bad"),), 400)
        changed, other = a_lead(0), a_lead(16)
        await world.owe(changed)
        await world.owe(other)
        crm.before = lambda: world.owe(changed, version=2)

        await world.tick(crm)

        first, second = told(caplog, "delivery.parked")
        assert [other, changed] == [first.lead, second.lead]

    async def test_conflict(self, world, crm, caplog):
        """What was refused while something newer became due is not parked, and not told as
        parked.
        """
        await world.owe(LEAD)

        async def classify() -> None:
            world.now += timedelta(seconds=1)
            await world.owe(LEAD, version=2)

        crm.before = classify
        crm.answer = lambda d: Reply((Rejected("bad"),)) if d.version == 1 else ACCEPTS

        await world.tick(crm)

        assert ("delivered", 2) == (world.delivery(LEAD)["state"], world.delivery(LEAD)["sent"])
        assert [] == told(caplog, "delivery.parked")
