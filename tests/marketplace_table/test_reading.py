"""Microsoft's table: each row becomes one touch, whatever breaks, repeats or comes late."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import Counter
from datetime import timedelta

import pytest

from leadshare.errors import PlaceRefused, StorageError, Unexpected
from leadshare.marketplace_table.place import FIRST, Place
from leadshare.store import lease
from leadshare.store.keys import MARKETPLACE_TABLES
from leadshare.store.table import Change
from tests.builders import NOW, Office, message, minutes, post
from tests.laws.checker import violations
from tests.marketplace_table.world import OVERLAP, Killed, World
from tests.microsoft_table import NAME, columns


@pytest.fixture(name="world")
def _world() -> World:
    return World()


class TestRead:
    async def test_all(self, world):
        """Every row is taken, through all pages, those included that are empty."""
        for number in range(5):
            world.table.write(f"a{number}", NOW - timedelta(days=9))  # too old
        for key in ("a9", "b1", "z"):
            world.table.write(key, NOW)

        await world.read()

        assert ["a9", "b1", "z"] == world.queue.rows
        assert 4 == len(world.table.asked)

    async def test_envelope(self, world):
        """A row is queued as its POST would be, with when the customer acted and the way it
        came.
        """
        world.table.write("k", NOW, **columns())

        await world.read()

        [envelope] = world.queue.envelopes
        assert ("table", NOW - minutes(2), "") == (envelope.via, envelope.received, envelope.path)
        assert post() == {n: v for n, v in json.loads(envelope.body).items() if n != "Row"}

    async def test_not_due(self, world):
        """Within the time that is to pass, nothing is read and nothing written."""
        await world.read()
        before = dict(world.state.rows)

        await world.read(4.9)

        assert 1 == len(world.table.asked)
        assert before == world.state.rows

    async def test_again(self, world):
        """What is met again because of the overlap is not queued again."""
        world.table.write("a", NOW)
        await world.read()
        world.table.write("b", NOW + minutes(1))

        await world.read(5)
        await world.read(5)

        assert ["a", "b"] == world.queue.rows
        assert [NOW - FIRST, NOW - OVERLAP, NOW + minutes(1) - OVERLAP] == world.table.asked

    @pytest.mark.parametrize("late", [0, -1, -14.9])
    async def test_late(self, world, late):
        """A row that is there only later, with the watermark's Timestamp or one before, is
        taken.
        """
        world.table.write("m", NOW)
        await world.read()
        await world.read(5)
        world.table.write("a", NOW + minutes(late))

        await world.read(5)

        assert ["m", "a"] == world.queue.rows

    async def test_behind(self, world):
        """A row is not lost that is written while we read, where we have been already."""
        for key in "bcde":
            world.table.write(key, NOW)

        async def arrive() -> None:
            """The reading is long: a row comes behind it, and much later one before it."""
            world.table.write("a", NOW + minutes(1))
            world.now += minutes(30)
            world.table.write("f", world.now)

        world.table.before = [None, arrive]
        await world.read()
        assert list("bcdef") == world.queue.rows

        await world.read()

        assert list("bcdefa") == world.queue.rows

    async def test_empty(self, world):
        """A table that is empty, or not there yet, is read in vain and without complaint."""
        await world.read()
        await world.read(5)

        assert (world.now, "", 0) == (world.place.done_at, world.place.fault, world.place.rows)

    async def test_since(self, world):
        """Rows from before `since` are left alone; an earlier one brings them in, but none
        twice.
        """
        world.since = NOW - minutes(10)
        world.table.write("old", NOW - minutes(11))
        world.table.write("new", NOW)
        await world.read()
        assert ["new"] == world.queue.rows

        world.since = NOW - minutes(60)
        await world.read()

        assert ["new", "old"] == world.queue.rows

    async def test_never_altered(self, world):
        """Microsoft's rows stay as they are."""
        world.table.write("a", NOW)
        before = json.dumps(list(world.table.rows.items()), default=str)

        await world.read()

        assert before == json.dumps(list(world.table.rows.items()), default=str)

    async def test_cut(self, world, caplog):
        """A row too large for a message is taken as far as it is read, and told of by its touch."""
        world.table.write("k", NOW, **columns(Description="x" * 40_000))

        with caplog.at_level(logging.INFO):
            await world.read()

        [envelope] = world.queue.envelopes
        [cut] = [record for record in caplog.records if record.msg == "source.cut"]
        assert envelope.id == cut.__dict__["touch"]

    async def test_logs(self, world, caplog):
        """A reading tells how many rows it met, and of nobody in them."""
        world.table.write("canary", NOW, **columns(Email="canary@fabrikam.example"))

        with caplog.at_level(logging.DEBUG):
            await world.read()

        [told] = [record for record in caplog.records if record.msg == "source.read"]
        assert (1, 1, 1) == tuple(told.__dict__[name] for name in ("met", "new", "pages"))
        assert "canary" not in str([record.__dict__ for record in caplog.records])


class TestTables:
    async def test_two(self, world):
        """Each table has a place of its own; a row copied from one to the other is the same
        touch.
        """
        other = World()
        other.state, other.table.name = world.state, "old|marketplaceleads"
        for one in (world, other):
            one.table.write("both", NOW)
        other.table.write("old", NOW - minutes(60))

        await world.read()
        await other.read()

        assert ["both"] == world.queue.rows
        assert ["both", "old"] == other.queue.rows
        assert world.queue.envelopes[0].id == other.queue.envelopes[0].id
        assert {NAME, "old|marketplaceleads"} == {key for _, key in world.state.rows}


class TestBudget:
    async def test_goes_on(self, world):
        """A reading too long for a tick is finished by the next ones, at once, and only then
        counts.
        """
        for number in range(9):
            world.table.write(f"k{number}", NOW)

        async def slow() -> None:
            await asyncio.sleep(0.02)

        ticks = 0
        while not ticks or world.place.after:
            world.table.before = [slow]
            await world.read(0.5, seconds=0.01)
            ticks += 1
            assert (world.place.watermark == NOW) == (not world.place.after)

        assert 5 == ticks
        assert [f"k{number}" for number in range(9)] == world.queue.rows
        assert NOW == world.place.watermark


class TestFaults:
    async def test_crash(self, world):
        """A process that ends once the queue has a page repeats it, as the same touches."""
        world.table.write("a", NOW)
        world.table.write("b", NOW)
        world.queue.error = Killed()
        with pytest.raises(Killed):
            await world.read()

        await world.read(0.9, holder="other")
        assert ["a", "b"] == world.queue.rows
        await world.read(5, holder="other")

        assert ["a", "b", "a", "b"] == world.queue.rows
        assert {2} == set(Counter(one.id for one in world.queue.envelopes).values())

    async def test_part_of_a_page(self, world):
        """A queue that took a part of a page gets the whole page again."""
        for key in "abcd":
            world.table.write(key, NOW)
        world.queue.error, world.queue.only = StorageError("gone"), 1
        with pytest.raises(StorageError, match="gone"):
            await world.read()

        await world.read(5)

        assert ["a", *"abcd"] == world.queue.rows

    @pytest.mark.parametrize(
        ("error", "told"),
        [
            (StorageError("Microsoft's table answered 403"), "Microsoft's table answered 403"),
            (KeyError("canary"), "KeyError at microsoft_table.py"),
        ],
    )
    async def test_told(self, world, caplog, error, told):
        """Why a reading broke off is raised, for the tick to tell, and kept, without data; it is
        tried again when due.
        """
        world.table.error = error
        with pytest.raises((StorageError, Unexpected), match=told):
            await world.read()

        assert world.place.fault.startswith(told)
        assert [] == caplog.records
        assert "canary" not in world.place.fault
        await world.read(4)
        world.table.error = None
        await world.read(1)
        assert ("", world.now) == (world.place.fault, world.place.done_at)

    @pytest.mark.parametrize(
        ("error", "asked"),
        [(StorageError("busy"), ["c", "d"]), (PlaceRefused("refused"), ["a", "b", "c", "d"])],
    )
    async def test_goes_on(self, world, error, asked):
        """After a failure of storage a reading goes on; one that is refused begins anew."""
        for key in "abcd":
            world.table.write(key, NOW)

        async def fail() -> None:
            world.queue.messages.clear()
            world.table.error = error

        world.table.before = [None, fail]
        with pytest.raises(type(error)):
            await world.read()
        world.table.error = None

        await world.read(5)

        assert asked == world.queue.rows


class TestInstances:
    async def test_at_once(self, world):
        """Of two processes one reads, and the other leaves it alone."""
        for key in "abcdef":
            world.table.write(key, NOW)

        await asyncio.gather(world.read(holder="one"), world.read(holder="other"))

        assert list("abcdef") == world.queue.rows

    async def test_held(self, world):
        """While a process holds the lease, no other reads, even if it is due."""
        world.table.write("a", NOW)
        held = Place(holder="one", leased_until=NOW + minutes(11))
        await world.state.write(MARKETPLACE_TABLES, [Change("insert", NAME, lease.to_row(held))])

        await world.read(10, holder="other")

        assert [] == world.queue.rows

    async def test_lost(self, world, caplog):
        """A process whose lease has run out leaves the reading to whoever took it."""
        for key in "abc":
            world.table.write(key, NOW)

        async def overtake() -> None:
            world.now += minutes(6)
            await world.read(holder="other")

        world.table.before = [overtake]
        await world.read(holder="one")

        assert Counter("abcab") == Counter(world.queue.rows)
        assert 3 == len({one.id for one in world.queue.envelopes})
        assert ["source.lost"] == [r.msg for r in caplog.records if r.levelno >= logging.WARNING]
        assert NOW == world.place.watermark


class TestMove:
    """A listing that wrote to the table is moved to POSTs, and leads come both ways."""

    @pytest.mark.parametrize("seed", range(20))
    async def test_move(self, seed):
        """Each lead is there once and owed once, however its row and its POST come in."""
        chance = random.Random(seed)  # noqa: S311 - a test's order
        world, office = World(), Office()
        people = [f"buyer{number}@fabrikam.example" for number in range(12)]
        table, both, posts = people[:4], people[4:8], people[8:]
        for number, email in enumerate((*table, *both)):
            world.table.write(f"r{number}", NOW, **columns(Email=email))
        await world.read()
        queued = [(one, NOW) for one in world.queue.messages]
        for number, email in enumerate((*both, *posts)):
            at = NOW + minutes(chance.uniform(-600, 600))
            queued.append((message(post(Email=email), 100 + number, at), at))
        queued += chance.sample(queued, 3)
        chance.shuffle(queued)

        for sent, at in queued:
            await office.classifier.classify(sent, at)

        rows = [(p, k, v) for (p, k), (v, _) in office.table.rows.items()]
        assert [] == violations(rows, settled=True)
        leads = office.table.values("lead")
        assert 12 == len(leads)
        assert {(1, 1)} == {(lead["version"], lead["touches"]) for lead in leads}
        assert 4 == sum(lead["duplicates"] for lead in leads)
        owed = Counter((one["lead"], one["destination"]) for one in office.table.values("due"))
        assert (24, {1}) == (len(owed), set(owed.values()))
        assert 16 == len(office.table.values("touch"))
