"""The ledger: every way in which a delivery's rows change together."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadshare.core import ledger
from leadshare.core.delivery import (
    SCHEDULE,
    URGENT,
    Accepted,
    Deferred,
    Delivery,
    Outcome,
    Rejected,
    State,
)
from leadshare.core.ledger import Attempt
from leadshare.core.rows import Change, Row, delivery_key, due_key, lead_key, parked_key
from leadshare.errors import Conflict
from tests.builders import LEAD, NOW, TRACE, minutes, record
from tests.memory import MemoryTable

LATER = NOW + minutes(1)
NEVER = NOW - minutes(1)
TAKEN, TIMEOUT = Accepted("crm-1"), Deferred("timeout")
REFUSED, THROTTLED = Rejected("bad_email"), Deferred("throttled", counts=False)


class Book:
    """One delivery's rows in a table; each change is checked against the laws."""

    def __init__(self) -> None:
        self.table = MemoryTable()
        self.arrived = False

    async def write(self, changes: Sequence[Change]) -> None:
        """Make *changes*, and check that the rows agree with each other afterwards."""
        await self.table.write("0", changes)
        self.check()

    async def owe(self, version: int, now: datetime = NOW) -> Row:
        """Owe a version, as classify does; return the due row."""
        before = await self.delivery_row()
        kept = record(version=version)
        held = Change("upsert", lead_key(LEAD), {"record": json.dumps(kept)})
        await self.write([held, *ledger.owe(before, LEAD, "crm", kept, now)])
        return await self.due()

    async def due(self) -> Row:
        """The delivery's due row."""
        [row] = await self.table.read("0", "due|", "due|~")
        return row

    async def parked(self) -> Row:
        """The delivery's parked row."""
        [row] = await self.table.read("0", "parked|", "parked|~")
        return row

    async def delivery_row(self) -> Row | None:
        """The delivery's own row, if it has one."""
        return await self.table.get("0", delivery_key(LEAD, "crm"))

    async def lead_row(self) -> Row:
        """The lead's row."""
        row = await self.table.get("0", lead_key(LEAD))
        assert row is not None
        return row

    async def late(self, attempt: Attempt) -> None:
        """Finish an attempt at a delivery that was changed meanwhile."""
        row = await self.delivery_row()
        assert row is not None
        await self.write(ledger.finish_late(attempt, row, await self.lead_row()))

    def forget(self, column: str) -> None:
        """Take a column out of all rows, as if written before there was one."""
        rows = self.table.rows.items()
        self.table.rows |= {
            place: ({name: value for name, value in values.items() if name != column}, etag)
            for place, (values, etag) in rows
        }

    def stands(self) -> tuple[str, int, int]:
        """State, version wanted and version sent."""
        [row] = self.table.values("delivery")
        return row["state"], row["wanted"], row["sent"]

    def check(self) -> None:
        """
        One delivery in one state; a due row if and only if due, a parked one if and only if
        parked; delivered if and only if what is wanted was sent; index rows repeat their delivery;
        what may have arrived is known.
        """
        [row] = self.table.values("delivery")
        for state in (State.DUE, State.PARKED):
            index = [key for _, key in self.table.rows if key.startswith(f"{state}|")]
            assert index == ([row["index"]] if row["state"] == state else [])
            for values in self.table.values(state):
                assert row["sent"] == values["sent"]
                assert row["receipt"] == values["receipt"]
                assert row["wanted"] == values["version"] == json.loads(values["record"])["version"]
                assert row["attempts"] == values["attempts"]
                assert row["tried"] == values["tried"]
                assert ledger.to_delivery(Row("0", "", values)).known or not self.arrived
        assert (row["state"] == State.DELIVERED) == (row["wanted"] == row["sent"])
        assert bool(row["index"]) == (row["state"] in (State.DUE, State.PARKED))
        assert bool(row["next"]) == (row["state"] == State.DUE)


@pytest.fixture(name="book")
def _book() -> Book:
    return Book()


def attempt(row: Row, outcome: Outcome, at: datetime = LATER, status: int = 200) -> Attempt:
    """An attempt at the delivery that a due row holds."""
    return Attempt(ledger.to_delivery(row), outcome, at, status, 12)


def finish(row: Row, outcome: Outcome, at: datetime = LATER, **changes: Any) -> list[Change]:
    """What follows from an attempt."""
    told: dict[str, Any] = {"schedule": SCHEDULE, "not_before": NEVER, "chance": 0.0} | changes
    return ledger.finish(row, attempt(row, outcome, at), **told)


class TestOwe:
    async def test_first(self, book):
        """
        What is owed for the first time is due now, with all that a send needs.
        """
        row = await book.owe(1)

        assert ("due", 1, 0) == book.stands()
        assert due_key("crm", URGENT, NOW, LEAD) == row.key
        assert Delivery(LEAD, "crm", 1, record(), NOW) == ledger.to_delivery(row)

    async def test_newer(self, book):
        """
        A newer version takes the place of what is due, from its first attempt, owed anew.
        """
        await book.write(finish(await book.owe(1), TIMEOUT))

        row = await book.owe(2, NOW + minutes(10))

        assert ("due", 2, 0) == book.stands()
        found = ledger.to_delivery(row)
        assert (2, 0, NOW + minutes(10)) == (found.version, found.attempts, found.owed_since)
        assert [""] == [values["reason"] for values in book.table.values("delivery")]

    async def test_newer_in_the_same_moment(self, book):
        """
        Two versions of one millisecond share a due row, which holds the newer.
        """
        await book.owe(1)

        row = await book.owe(2)

        assert 2 == ledger.to_delivery(row).version

    async def test_after_delivered(self, book):
        """
        An update of what was delivered keeps what was accepted, with the CRM's own id.
        """
        await book.write(finish(await book.owe(1), TAKEN))

        row = await book.owe(2, LATER)

        assert ("due", 2, 1) == book.stands()
        assert (1, "crm-1") == (ledger.to_delivery(row).sent, ledger.to_delivery(row).receipt)

    async def test_after_parked(self, book):
        """
        An update of what was parked is due; nothing stays parked.
        """
        await book.write(finish(await book.owe(1), REFUSED))

        await book.owe(2, LATER)

        assert ("due", 2, 0) == book.stands()

    async def test_changed_meanwhile(self, book):
        """
        What was changed since it was read is not owed on top of it.
        """
        await book.owe(1)
        before = await book.delivery_row()
        await book.owe(2, LATER)

        with pytest.raises(Conflict):
            await book.write(ledger.owe(before, LEAD, "crm", record(version=3), LATER))


class TestSuppress:
    async def test_first(self, book):
        """
        What must not go is suppressed by the name of the rule, and is neither due nor parked.
        """
        await book.write(ledger.suppress(None, LEAD, "crm", 1, "test", NOW))

        assert ("suppressed", 1, 0) == book.stands()
        assert ["test"] == [values["reason"] for values in book.table.values("delivery")]

    @pytest.mark.parametrize(
        "outcome", [pytest.param(None, id="due"), pytest.param(REFUSED, id="parked")]
    )
    async def test_what_was_owed(self, book, outcome):
        """
        What was due or parked can be suppressed.
        """
        row = await book.owe(1)
        if outcome:
            await book.write(finish(row, outcome))

        before = await book.delivery_row()
        await book.write(ledger.suppress(before, LEAD, "crm", 1, "unrouted", NOW))

        assert ("suppressed", 1, 0) == book.stands()

    async def test_then_owed(self, book):
        """
        What was suppressed can be owed again.
        """
        await book.write(ledger.suppress(None, LEAD, "crm", 1, "test", NOW))

        await book.owe(2)

        assert ("due", 2, 0) == book.stands()


class TestFinish:
    async def test_accepted(self, book):
        """
        What was accepted is delivered, with the CRM's own id, and its attempt is kept.
        """
        await book.write(finish(await book.owe(1), TAKEN))

        assert ("delivered", 1, 1) == book.stands()
        [values] = book.table.values("delivery")
        assert ("crm-1", 1, "") == (values["receipt"], values["attempts"], values["reason"])
        assert [
            {"version": 1, "outcome": "accepted", "reason": "", "status": 200, "milliseconds": 12}
        ] == book.table.values("attempt")

    async def test_accepted_without_id(self, book):
        """
        An update that is accepted without an id keeps the id that is known.
        """
        await book.write(finish(await book.owe(1), TAKEN))

        await book.write(finish(await book.owe(2, LATER), Accepted(), LATER + minutes(1)))

        assert ["crm-1"] == [values["receipt"] for values in book.table.values("delivery")]

    async def test_rejected(self, book):
        """
        What was rejected is parked under its reason, now, and is due no more.
        """
        await book.write(finish(await book.owe(1), REFUSED))

        assert ("parked", 1, 0) == book.stands()
        row = await book.parked()
        assert parked_key("crm", LATER, LEAD) == row.key
        assert ("bad_email", 1) == (row.values["reason"], row.values["attempts"])
        [told] = book.table.values("attempt")
        assert ("rejected", "bad_email") == (told["outcome"], told["reason"])

    async def test_deferred(self, book):
        """
        What was deferred is due again at the next step of the schedule.
        """
        await book.write(finish(await book.owe(1), TIMEOUT))

        row = await book.due()
        assert due_key("crm", URGENT, LATER + timedelta(seconds=30), LEAD) == row.key
        assert (1, NOW) == (row.values["attempts"], ledger.owed_since(row))
        [values] = book.table.values("delivery")
        assert ("timeout", "2026-11-22T12:01:30.000Z") == (values["reason"], values["next"])

    async def test_whole_schedule(self, book):
        """
        Each attempt takes the schedule one step on, and after the last the delivery is parked.
        """
        await book.owe(1)
        now, waits = NOW, []
        for _ in range(9):
            await book.write(finish(await book.due(), TIMEOUT, now))
            due = ledger.to_delivery(await book.due())
            [values] = book.table.values("delivery")
            at = datetime.fromisoformat(values["next"])
            waits.append((at - now).total_seconds())
            assert len(waits) == due.attempts
            now = at

        await book.write(finish(await book.due(), TIMEOUT, now))

        assert list(SCHEDULE[1:]) == waits
        row = await book.parked()
        assert (ledger.EXHAUSTED, 10) == (row.values["reason"], row.values["attempts"])

    async def test_jitter(self, book):
        """
        Chance adds its share.
        """
        await book.write(finish(await book.owe(1), TIMEOUT, chance=0.5))

        expected = due_key("crm", URGENT, LATER + timedelta(seconds=31.5), LEAD)
        assert expected == (await book.due()).key

    async def test_not_before(self, book):
        """
        A lane that is held puts off what is due, and never brings it forward.
        """
        row = await book.owe(1)

        await book.write(finish(row, TIMEOUT, not_before=LATER + minutes(30)))

        expected = due_key("crm", URGENT, LATER + minutes(30), LEAD)
        assert expected == (await book.due()).key

    async def test_does_not_count(self, book):
        """
        What does not count uses up no attempt, waits as if it did, and never exhausts.
        """
        row = await book.owe(1)
        for _ in range(3):
            await book.write(finish(row, THROTTLED))
            row = await book.due()

        assert 0 == row.values["attempts"]
        expected = due_key("crm", URGENT, LATER + timedelta(seconds=30), LEAD)
        assert expected[:20] == row.key[:20]

        last = replace(row, values=dict(row.values) | {"attempts": 9})
        changes = finish(last, THROTTLED)

        assert "parked" not in {change.values.get("state") for change in changes}

    async def test_same_moment(self, book):
        """
        A delivery that is due again at once has another due row, a millisecond later.
        """
        row = await book.owe(1, LATER)

        await book.write(finish(row, THROTTLED, schedule=(0.0,)))

        expected = due_key("crm", URGENT, LATER + timedelta(milliseconds=1), LEAD)
        assert expected == (await book.due()).key

    @pytest.mark.parametrize(
        "outcome", [TAKEN, REFUSED, TIMEOUT, THROTTLED], ids=lambda o: type(o).__name__
    )
    async def test_changed_meanwhile(self, book, outcome):
        """
        Nothing is finished on top of what somebody else has changed.
        """
        row = await book.owe(1)
        await book.owe(2)

        with pytest.raises(Conflict):
            await book.write(finish(row, outcome))

        assert ("due", 2, 0) == book.stands()

    async def test_attempt_kept_apart(self, book):
        """
        Each attempt has a row of its own.
        """
        await book.write(finish(await book.owe(1), TIMEOUT, NOW))
        await book.write(finish(await book.due(), TIMEOUT, LATER))

        assert 2 == len(book.table.values("attempt"))


class TestPark:
    async def test_park(self, book):
        """
        What is parked unsent has no further attempt, and is kept with all that it needs.
        """
        await book.write(finish(await book.owe(1), TIMEOUT))

        await book.write(ledger.park(await book.due(), "too_old", LATER))

        row = await book.parked()
        assert ("too_old", 1) == (row.values["reason"], row.values["attempts"])
        assert record() == ledger.to_delivery(row).record
        assert 1 == len(book.table.values("attempt"))

    async def test_changed_meanwhile(self, book):
        """
        What was changed since it was read is not parked.
        """
        row = await book.owe(1)
        await book.owe(2)

        with pytest.raises(Conflict):
            await book.write(ledger.park(row, "too_old", LATER))


class TestReplay:
    async def test_replay(self, book):
        """
        What was parked is due now, owed from now, from its first attempt, with what was sent.
        """
        await book.write(finish(await book.owe(1), TAKEN))
        await book.write(finish(await book.owe(2, LATER), REFUSED, LATER))
        now = LATER + minutes(60)

        await book.write(ledger.replay(await book.parked(), now))

        assert ("due", 2, 1) == book.stands()
        expected = Delivery(LEAD, "crm", 2, record(version=2), now, 0, 1, "crm-1", tried=True)
        assert expected == ledger.to_delivery(await book.due())
        [values] = book.table.values("delivery")
        assert ("", 0) == (values["reason"], values["attempts"])
        assert "reason" not in (await book.due()).values

    async def test_once(self, book):
        """
        The same parked row is replayed once.
        """
        await book.write(finish(await book.owe(1), REFUSED))
        row = await book.parked()
        await book.write(ledger.replay(row, LATER))

        with pytest.raises(Conflict):
            await book.write(ledger.replay(row, LATER))


class TestKnown:
    """
    What may have arrived once is known from then on, so that a repeat is looked up first.
    """

    @pytest.mark.parametrize(("outcome", "known"), [(TIMEOUT, True), (THROTTLED, False)])
    async def test_newer(self, book, outcome, known):
        """
        Newer versions, one after the other, repeat an unclear attempt, and none that was free.
        """
        await book.write(finish(await book.owe(1), outcome))
        await book.owe(2, LATER)

        delivery = ledger.to_delivery(await book.owe(3, LATER + minutes(1)))

        assert (known, 0, 0) == (delivery.known, delivery.sent, delivery.attempts)

    async def test_suppressed(self, book):
        """
        So does what is owed after it was suppressed.
        """
        await book.write(finish(await book.owe(1), TIMEOUT))
        before = await book.delivery_row()
        await book.write(ledger.suppress(before, LEAD, "crm", 1, "unrouted", LATER))

        assert ledger.to_delivery(await book.owe(2, LATER)).known

    async def test_replayed(self, book):
        """
        So does each replay after the schedule was used up, from its first attempt.
        """
        await book.write(finish(await book.owe(1), TIMEOUT, schedule=(0.0,)))
        await book.write(ledger.replay(await book.parked(), LATER))
        await book.write(ledger.park(await book.due(), "too_old", LATER))
        await book.write(ledger.replay(await book.parked(), LATER + minutes(1)))

        delivery = ledger.to_delivery(await book.due())
        assert (True, 0) == (delivery.known, delivery.attempts)

    async def test_replayed_untried(self, book):
        """
        What was parked without any attempt that counts is no repeat.
        """
        await book.write(finish(await book.owe(1), THROTTLED))
        await book.write(ledger.park(await book.due(), "too_old", LATER))

        await book.write(ledger.replay(await book.parked(), LATER + minutes(1)))

        assert not ledger.to_delivery(await book.due()).known

    @pytest.mark.parametrize(("outcome", "known"), [(TIMEOUT, True), (THROTTLED, False)])
    async def test_late(self, book, outcome, known):
        """
        So does what was owed while an unclear attempt was on its way.
        """
        row = await book.owe(1)
        await book.owe(2, LATER)

        await book.late(attempt(row, outcome, LATER))

        assert known == ledger.to_delivery(await book.due()).known
        assert known == ledger.to_delivery(await book.owe(3, LATER + minutes(1))).known


class TestDone:
    async def test_done(self, book):
        """
        What a person did is delivered at the version that was parked, and it is said by whom.
        """
        await book.write(finish(await book.owe(1), TAKEN))
        await book.write(finish(await book.owe(2, LATER), REFUSED, LATER))
        now = LATER + minutes(60)

        await book.write(ledger.done(await book.parked(), now, "zoe"))

        assert ("delivered", 2, 2) == book.stands()
        [values] = book.table.values("delivery")
        assert ("", "crm-1", "zoe") == (values["reason"], values["receipt"], values["done_by"])
        [*_, last] = book.table.values("attempt")
        assert ("done", "bad_email", 2) == (last["outcome"], last["reason"], last["version"])

    async def test_once(self, book):
        """
        The same parked row is done once.
        """
        await book.write(finish(await book.owe(1), REFUSED))
        row = await book.parked()
        await book.write(ledger.done(row, LATER, "zoe"))

        with pytest.raises(Conflict):
            await book.write(ledger.done(row, LATER, "zoe"))

    async def test_newer_meanwhile(self, book):
        """
        What was done of an older version leaves a newer one owed.
        """
        await book.write(finish(await book.owe(1), REFUSED))
        row = await book.parked()
        await book.owe(2, LATER + minutes(1))

        with pytest.raises(Conflict):
            await book.write(ledger.done(row, LATER + minutes(2), "zoe"))
        assert ("due", 2, 0) == book.stands()


async def stale(book: Book, version: int) -> Row:
    """The due row of a version that a slow attempt is at, about to be overtaken."""
    return await book.owe(version, NOW + minutes(version))


async def put(book: Book, state: str) -> None:
    """Bring the delivery that is due into *state*."""
    row, at = await book.due(), NOW + minutes(20)
    if state == "delivered":
        await book.write(finish(row, Accepted("crm-2"), at))
    elif state == "parked":
        await book.write(finish(row, REFUSED, at))
    elif state == "suppressed":
        before = await book.delivery_row()
        version = row.values["version"]
        await book.write(ledger.suppress(before, LEAD, "crm", version, "unrouted", at))
    elif state == "deferred":
        await book.write(finish(row, TIMEOUT, at))


class TestFinishLate:
    """
    An attempt whose delivery was changed while it was on its way.
    """

    @pytest.mark.parametrize("state", ["deferred", "parked", "suppressed", "delivered"])
    async def test_wanted_was_taken(self, book, state):
        """
        The wanted version that was accepted is delivered, whatever another made of it.
        """
        row = await stale(book, 1)
        await put(book, state)

        await book.late(attempt(row, TAKEN, NOW + minutes(30)))

        assert ("delivered", 1, 1) == book.stands()

    @pytest.mark.parametrize("state", ["due", "parked", "suppressed"])
    async def test_older_was_taken(self, book, state):
        """
        An older version that was accepted is what was sent; the newer stays as it stands.
        """
        row = await stale(book, 1)
        await stale(book, 2)
        await put(book, state)

        await book.late(attempt(row, TAKEN, NOW + minutes(30)))

        assert (state, 2, 1) == book.stands()
        assert ["crm-1"] == [values["receipt"] for values in book.table.values("delivery")]

    @pytest.mark.parametrize("outcome", [TAKEN, TIMEOUT], ids=["accepted", "unclear"])
    async def test_newer_was_delivered(self, book, outcome):
        """
        Where a newer version was delivered, an older may have overwritten it: it is owed again.
        """
        row = await stale(book, 1)
        await stale(book, 2)
        await put(book, "delivered")
        at = NOW + minutes(30)

        await book.late(attempt(row, outcome, at))

        assert ("due", 2, 1) == book.stands()
        expected = Delivery(LEAD, "crm", 2, record(version=2), at, 0, 1, "crm-2", tried=True)
        assert expected == ledger.to_delivery(await book.due())

    @pytest.mark.parametrize("state", ["due", "parked", "suppressed"])
    @pytest.mark.parametrize("outcome", [TAKEN, TIMEOUT], ids=["accepted", "unclear"])
    async def test_newer_was_delivered_and_newest_owed(self, book, state, outcome):
        """
        Where something still newer is wanted, only what counts as sent is put right.
        """
        row = await stale(book, 1)
        await stale(book, 2)
        await put(book, "delivered")
        await book.owe(3, NOW + minutes(25))
        await put(book, state)

        await book.late(attempt(row, outcome, NOW + minutes(30)))

        assert (state, 3, 1) == book.stands()

    @pytest.mark.parametrize("state", ["due", "deferred", "parked", "suppressed", "delivered"])
    @pytest.mark.parametrize("outcome", [REFUSED, THROTTLED], ids=["rejected", "not-judged"])
    async def test_nothing_arrived(self, book, state, outcome):
        """
        An attempt that cannot have changed the CRM changes nothing but the list of attempts.
        """
        row = await stale(book, 1)
        await stale(book, 2)
        await put(book, state)
        before = book.table.values("delivery")

        await book.late(attempt(row, outcome, NOW + minutes(30)))

        assert before == book.table.values("delivery")
        assert type(outcome).__name__.lower() in {
            values["outcome"] for values in book.table.values("attempt")
        }

    @pytest.mark.parametrize("state", ["due", "deferred", "parked"])
    async def test_unclear(self, book, state):
        """
        An unclear attempt at an older version leaves the newer, which goes out anyway.
        """
        row = await stale(book, 1)
        await stale(book, 2)
        await put(book, state)
        [before] = book.table.values("delivery")

        await book.late(attempt(row, TIMEOUT, NOW + minutes(30)))

        told = {"tried": state == "due"}  # the others' own attempts say so already
        assert [before | told] == book.table.values("delivery")

    async def test_changed_once_more(self, book):
        """
        What was changed since it was read for this is not put right on top of it.
        """
        row = await stale(book, 1)
        await stale(book, 2)
        before = await book.delivery_row()
        await stale(book, 3)

        changes = ledger.finish_late(attempt(row, TAKEN), before, await book.lead_row())
        with pytest.raises(Conflict):
            await book.write(changes)

    async def test_trace(self, book):
        """
        What is owed again because an older version may have come last goes on in that one's trace.
        """
        row = await stale(book, 1)
        await stale(book, 2)
        await put(book, "delivered")
        late = attempt(row, TAKEN, NOW + minutes(30))

        await book.late(replace(late, delivery=replace(late.delivery, trace=TRACE)))

        assert [TRACE] == [values["trace"] for values in book.table.values("due")]


STEPS = st.lists(
    st.sampled_from(["owe", "suppress", "start", "start", "end", "end", "park", "replay", "done"]),
    min_size=1,
    max_size=25,
)
OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(
    [TAKEN, Accepted(), REFUSED, TIMEOUT, THROTTLED]
)


class TestRowsOfBefore:
    async def test_trace(self, book):
        """
        A due row that was written before there were traces has none, and can be sent.
        """
        row = await book.owe(1)
        values = {name: value for name, value in row.values.items() if name != "trace"}

        assert not ledger.to_delivery(replace(row, values=values)).trace

    @pytest.mark.parametrize(("outcome", "known"), [(TIMEOUT, True), (THROTTLED, False)])
    async def test_tried(self, book, outcome, known):
        """
        Rows that do not say whether there were attempts before say what they count.
        """
        await book.write(finish(await book.owe(1), outcome))
        book.forget("tried")

        assert known == ledger.to_delivery(await book.due()).known
        assert known == ledger.to_delivery(await book.owe(2, LATER)).known


class TestAnyWay:
    @settings(max_examples=300)
    @given(STEPS, st.data())
    def test_laws(self, steps, data):
        """
        Whatever happens to a delivery in whatever order, its rows agree (law 1), and what may
        have arrived is known.
        """
        asyncio.run(self.walk(steps, data))

    async def walk(self, steps: list[str], data: st.DataObject) -> None:
        """Take *steps*; attempts may be many, and end late."""
        book, version, now = Book(), 1, NOW
        await book.owe(version)
        flying: list[Row] = []
        for step in steps:
            now += timedelta(seconds=data.draw(st.sampled_from([0, 1, 40])))
            [values] = book.table.values("delivery")
            row = await book.delivery_row()
            if step == "owe":
                version += 1
                await book.owe(version, now)
            elif step == "suppress" and values["state"] in (State.DUE, State.PARKED):
                wanted = values["wanted"]
                await book.write(ledger.suppress(row, LEAD, "crm", wanted, "unrouted", now))
            elif step == "start" and values["state"] == State.DUE:
                flying.append(await book.due())
            elif step == "end" and flying:
                outcome = data.draw(OUTCOMES)
                started = flying.pop(data.draw(st.integers(0, len(flying) - 1)))
                book.arrived |= isinstance(outcome, Accepted) or outcome == TIMEOUT
                try:
                    await book.write(finish(started, outcome, now, schedule=(0.0, 30.0, 60.0)))
                except Conflict:
                    await book.late(attempt(started, outcome, now))
            elif step == "park" and values["state"] == State.DUE:
                await book.write(ledger.park(await book.due(), "too_old", now))
            elif step == "replay" and values["state"] == State.PARKED:
                await book.write(ledger.replay(await book.parked(), now))
            elif step == "done" and values["state"] == State.PARKED:
                await book.write(ledger.done(await book.parked(), now, "zoe"))
