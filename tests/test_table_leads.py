"""The table of leads: each row becomes one touch, whatever breaks, repeats or comes late."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadshare.core import lane as lanes
from leadshare.core.envelope import Envelope, open_envelope
from leadshare.core.rows import Change
from leadshare.core.table_place import FIRST, Place
from leadshare.errors import StorageError, Unexpected
from leadshare.table_leads import PLACES, Pace, TableLeads
from tests.builders import IDENTITY, NOW, Office, message, minutes, post
from tests.laws import violations
from tests.memory import MemoryTable
from tests.microsoft_table import NAME, MicrosoftTable, columns

EVERY, OVERLAP, LEASE = minutes(5), minutes(15), minutes(1)
LONG: Final = 3600.0
"""Seconds that a tick may take, in which it never runs out of time."""


class Killed(BaseException):
    """What ends a process: nothing of ours can catch it."""


class Queue:
    """The queue of touches; it may fail, or the process may end once it has the messages."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.error: BaseException | None = None
        self.only = 1000
        """Messages that it takes before the error."""

    async def send(self, messages: Sequence[bytes]) -> None:
        """Take messages."""
        await asyncio.sleep(0)
        error, self.error = self.error, None
        self.messages += messages if error is None else messages[: self.only]
        if error:
            raise error

    @property
    def envelopes(self) -> list[Envelope]:
        """The touches in it."""
        return [open_envelope(message) for message in self.messages]

    @property
    def rows(self) -> list[str]:
        """The keys of the rows that came."""
        return [json.loads(one.body)["Row"][1] for one in self.envelopes]


class World:
    """Microsoft's table, our queue and places, and a clock."""

    def __init__(self, size: int = 2) -> None:
        self.table, self.queue, self.lanes = MicrosoftTable(size), Queue(), MemoryTable()
        self.now = NOW
        self.ahead = timedelta(0)
        """By how much our clock is ahead of Microsoft's."""
        self.since: datetime | None = None

    def clock(self) -> datetime:
        """The time by our clock."""
        return self.now + self.ahead

    def reader(self, holder: str = "h") -> TableLeads:
        """A process's reader."""
        pace = Pace(EVERY, OVERLAP, self.since)
        return TableLeads(
            self.table, self.queue, self.lanes, IDENTITY, pace, self.clock, holder, LEASE
        )

    async def read(self, after: float = 0, holder: str = "h", seconds: float = LONG) -> None:
        """Let so many minutes pass, and a tick happen."""
        self.now += minutes(after)
        await self.reader(holder).work(asyncio.get_running_loop().time() + seconds)

    @property
    def place(self) -> Place:
        """The place as it is."""
        return lanes.read_row(Place, self.lanes.rows[PLACES, NAME][0])


@pytest.fixture(name="world")
def _world() -> World:
    return World()


class TestRead:
    async def test_all(self, world):
        """
        Every row is taken, through all pages, those included that are empty.
        """
        for number in range(5):
            world.table.write(f"a{number}", NOW - timedelta(days=9))  # too old
        for key in ("a9", "b1", "z"):
            world.table.write(key, NOW)

        await world.read()

        assert ["a9", "b1", "z"] == world.queue.rows
        assert 4 == len(world.table.asked)

    async def test_envelope(self, world):
        """
        A row is queued as its POST would be, with when the customer acted and the way it came.
        """
        world.table.write("k", NOW, **columns())

        await world.read()

        [envelope] = world.queue.envelopes
        assert ("table", NOW - minutes(2), "") == (envelope.via, envelope.received, envelope.path)
        assert post() == {n: v for n, v in json.loads(envelope.body).items() if n != "Row"}

    async def test_not_due(self, world):
        """
        Within the time that is to pass, nothing is read and nothing written.
        """
        await world.read()
        before = dict(world.lanes.rows)

        await world.read(4.9)

        assert 1 == len(world.table.asked)
        assert before == world.lanes.rows

    async def test_again(self, world):
        """
        What is met again because of the overlap is not queued again.
        """
        world.table.write("a", NOW)
        await world.read()
        world.table.write("b", NOW + minutes(1))

        await world.read(5)
        await world.read(5)

        assert ["a", "b"] == world.queue.rows
        assert [NOW - FIRST, NOW - OVERLAP, NOW + minutes(1) - OVERLAP] == world.table.asked

    @pytest.mark.parametrize("late", [0, -1, -14.9])
    async def test_late(self, world, late):
        """
        A row that is there only later, with the watermark's Timestamp or one before, is taken.
        """
        world.table.write("m", NOW)
        await world.read()
        await world.read(5)
        world.table.write("a", NOW + minutes(late))

        await world.read(5)

        assert ["m", "a"] == world.queue.rows

    async def test_behind(self, world):
        """
        A row is not lost that is written while we read, where we have been already.
        """
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
        """
        A table that is empty, or not there yet, is read in vain and without complaint.
        """
        await world.read()
        await world.read(5)

        assert (world.now, "", 0) == (world.place.done_at, world.place.fault, world.place.rows)

    async def test_since(self, world):
        """
        Rows from before `since` are left alone; an earlier one brings them in, but none twice.
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
        """
        Microsoft's rows stay as they are.
        """
        world.table.write("a", NOW)
        before = json.dumps(list(world.table.rows.items()), default=str)

        await world.read()

        assert before == json.dumps(list(world.table.rows.items()), default=str)

    async def test_cut(self, world, caplog):
        """
        A row too large for a message is taken as far as it is read, and told of by its touch.
        """
        world.table.write("k", NOW, **columns(Description="x" * 40_000))

        with caplog.at_level(logging.INFO):
            await world.read()

        [envelope] = world.queue.envelopes
        [cut] = [record for record in caplog.records if record.msg == "table.cut"]
        assert envelope.id == cut.__dict__["touch"]

    async def test_logs(self, world, caplog):
        """
        A reading tells how many rows it met, and of nobody in them.
        """
        world.table.write("canary", NOW, **columns(Email="canary@fabrikam.example"))

        with caplog.at_level(logging.DEBUG):
            await world.read()

        [told] = [record for record in caplog.records if record.msg == "table.read"]
        assert (1, 1, 1) == tuple(told.__dict__[name] for name in ("met", "new", "pages"))
        assert "canary" not in str([record.__dict__ for record in caplog.records])


class TestTables:
    async def test_two(self, world):
        """
        Each table has a place of its own; a row copied from one to the other is the same touch.
        """
        other = World()
        other.lanes, other.table.name = world.lanes, "old|marketplaceleads"
        for one in (world, other):
            one.table.write("both", NOW)
        other.table.write("old", NOW - minutes(60))

        await world.read()
        await other.read()

        assert ["both"] == world.queue.rows
        assert ["both", "old"] == other.queue.rows
        assert world.queue.envelopes[0].id == other.queue.envelopes[0].id
        assert {NAME, "old|marketplaceleads"} == {key for _, key in world.lanes.rows}


class TestBudget:
    async def test_goes_on(self, world):
        """
        A reading too long for a tick is finished by the next ones, at once, and only then counts.
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
        """
        A process that ends once the queue has a page repeats it, as the same touches.
        """
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
        """
        A queue that took a part of a page gets the whole page again.
        """
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
            (StorageError("the table of leads answered 403"), "the table of leads answered 403"),
            (KeyError("canary"), "KeyError at microsoft_table.py"),
        ],
    )
    async def test_told(self, world, caplog, error, told):
        """
        Why a reading broke off is raised, told and kept, without data; it is tried again when due.
        """
        world.table.error = error
        with pytest.raises((StorageError, Unexpected), match=told):
            await world.read()

        assert world.place.fault.startswith(told)
        [line] = [one for one in caplog.records if one.msg == "table.failed"]
        assert (world.place.fault, "ERROR") == (line.fault, line.levelname)
        assert "canary" not in world.place.fault
        await world.read(4)
        world.table.error = None
        await world.read(1)
        assert ("", world.now) == (world.place.fault, world.place.done_at)

    @pytest.mark.parametrize(
        ("error", "asked"),
        [(StorageError("busy"), ["c", "d"]), (Unexpected("refused"), ["a", "b", "c", "d"])],
    )
    async def test_goes_on(self, world, error, asked):
        """
        After a failure of storage a reading goes on; one that is refused begins anew.
        """
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
        """
        Of two processes one reads, and the other leaves it alone.
        """
        for key in "abcdef":
            world.table.write(key, NOW)

        await asyncio.gather(world.read(holder="one"), world.read(holder="other"))

        assert list("abcdef") == world.queue.rows

    async def test_held(self, world):
        """
        While a process holds the lease, no other reads, even if it is due.
        """
        world.table.write("a", NOW)
        held = Place(holder="one", leased_until=NOW + minutes(11))
        await world.lanes.write(PLACES, [Change("insert", NAME, lanes.to_row(held))])

        await world.read(10, holder="other")

        assert [] == world.queue.rows

    async def test_lost(self, world, caplog):
        """
        A process whose lease has run out leaves the reading to whoever took it.
        """
        for key in "abc":
            world.table.write(key, NOW)

        async def overtake() -> None:
            world.now += minutes(6)
            await world.read(holder="other")

        world.table.before = [overtake]
        await world.read(holder="one")

        assert Counter("abcab") == Counter(world.queue.rows)
        assert 3 == len({one.id for one in world.queue.envelopes})
        assert ["table.lost"] == [r.msg for r in caplog.records if r.levelno >= logging.WARNING]
        assert NOW == world.place.watermark


class TestMove:
    """A listing that wrote to the table is moved to POSTs, and leads come both ways."""

    @pytest.mark.parametrize("seed", range(20))
    async def test_move(self, seed):
        """
        Each lead is there once and owed once, however its row and its POST come in.
        """
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


SKEW: Final = st.sampled_from([-7, 0, 7])
"""Minutes that a clock is off by: two of them together stay within the overlap."""

KEY: Final = st.integers(0, 99)
STEP: Final = st.one_of(
    st.tuples(st.just("write"), KEY, SKEW),
    st.tuples(st.just("write"), KEY, SKEW),
    st.tuples(st.just("later"), KEY, SKEW),
    st.tuples(st.just("pass"), st.sampled_from([1, 5, 20]), st.just(0)),
    st.tuples(st.just("read"), st.sampled_from([0, 1]), st.sampled_from([0, 0, 0, 1])),
    st.tuples(st.just("crash"), st.sampled_from([0, 1]), st.integers(0, 3)),
)


class Play(World):
    """A world in which anything may happen; rows' times are off by so many minutes."""

    async def step(self, what: str, one: int, other: int) -> None:
        """Let one thing happen."""
        if what == "write":
            self._write(one, other)
        elif what == "later":
            self.table.before += [None, partial(self._arrive, one, other)]
        elif what == "pass":
            self.now += minutes(one)
        elif what == "read":
            await self.read(holder=f"h{one}", seconds=0.0 if other == 1 else LONG)
        else:
            self.queue.error, self.queue.only = Killed(), other
            with suppress(Killed):
                await self.read(holder=f"h{one}")
            self.queue.error = None

    async def _arrive(self, number: int, skew: int) -> None:
        """Write a row while a long reading is under way, and another, much later, at the end."""
        self._write(number, skew)
        self.now += minutes(20)
        self._write(100 + number, skew)

    def _write(self, number: int, skew: int) -> None:
        if ("p", f"{number:03}") not in self.table.rows:
            self.table.write(f"{number:03}", self.now + minutes(skew))


async def played(steps: Sequence[tuple[str, int, int]], ahead: int) -> World:
    """Play *steps* with our clock so many minutes ahead, then let all settle."""
    world = Play()
    world.ahead, world.since = minutes(ahead), NOW - minutes(60)
    for step in steps:
        await world.step(*step)
    while world.table.before:  # what is still to arrive during a reading
        await world.read(20)
    for _ in range(2):
        await world.read(20)
    return world


class TestLaws:
    @settings(max_examples=400)
    @given(steps=st.lists(STEP, max_size=20), ahead=SKEW)
    def test_none_lost_none_doubled(self, steps, ahead):
        """
        Whatever arrives late, repeats or crashes, with clocks that differ: each row is one touch.
        """
        world = asyncio.run(played(steps, ahead))

        rows = {key for _, key in world.table.rows}
        assert rows == set(world.queue.rows)
        assert len(rows) == len({one.id for one in world.queue.envelopes})
