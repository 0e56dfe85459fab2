"""Look-ups: an accepted record is looked up until it is found, or parked as never sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import (
    LOOK_UPS,
    SCHEDULE,
    URGENT,
    USUAL,
    Accepted,
    Deferred,
    Outcome,
    Rejected,
    State,
)
from leadshare.deliveries.ledger import Attempt
from leadshare.reason import Reason
from leadshare.store.keys import delivery_key, due_key
from leadshare.store.table import Change, Row
from leadshare.times import from_key, to_text
from tests.builders import LEAD, NOW, minutes, record
from tests.memory import MemoryTable

NEVER = NOW - minutes(1)
GONE = Rejected(Reason.NOT_FOUND_AFTER_ACCEPT)
DELETED = Rejected("deleted_in_crm")


class Book:
    """One delivery's rows in a table."""

    def __init__(self) -> None:
        self.table = MemoryTable()

    async def write(self, changes: Sequence[Change]) -> None:
        """Make *changes*."""
        await self.table.write("0", changes)

    async def owe(self, version: int) -> None:
        """Owe a version, as classify does."""
        before = await self.table.get("0", delivery_key(LEAD, "crm"))
        await self.write(ledger.owe(before, LEAD, "crm", record(version=version), NOW))

    async def due(self) -> Row:
        """The one due row."""
        [row] = await self.table.read("0", "due|", "due|~")
        return row

    async def look(self, outcome: Outcome, now: datetime, not_before: datetime = NEVER) -> None:
        """Look the record up, with this outcome."""
        await self.write(ledger.finish_look_up(await self.due(), outcome, now, not_before))

    def told(self, *names: str) -> tuple[Any, ...]:
        """What the delivery's row says."""
        [row] = self.table.values("delivery")
        return tuple(row[name] for name in names)


@pytest.fixture(name="book")
async def _book() -> Book:
    """A delivery whose record was accepted, and is to be read back."""
    book = Book()
    await book.owe(1)
    row = await book.due()
    attempt = Attempt(ledger.to_delivery(row), Accepted("crm-1"), NOW, 200)
    await book.write(ledger.finish(row, attempt, SCHEDULE, NEVER, 0.0, look_up=True))
    return book


class TestLookUps:
    async def test_looked_for(self, book):
        """An accepted record is delivered, and due a look-up a minute later."""
        look = await book.due()

        assert due_key("crm", USUAL, NOW + minutes(1), LEAD) == look.key
        told = [look.values[name] for name in ("kind", "attempts", "sent", "record_id")]
        assert ["look_up", 0, 1, "crm-1"] == told
        assert (State.DELIVERED, look.key, "") == book.told("state", "index", "found_at")
        assert (to_text(NOW + minutes(1)),) == book.told("next")

    async def test_taken_twice(self, book):
        """A look-up stays due where another attempt at the same version ends late."""
        [look] = book.table.values("due")
        delivery = ledger.to_delivery(Row("0", "", look | {"sent": 0, "attempts": 0}))
        row = await book.table.get("0", delivery_key(LEAD, "crm"))
        late = Attempt(delivery, Accepted("crm-1"), NOW)

        await book.write(ledger.finish_late(late, row, Row("0", "", {})))

        assert [look] == book.table.values("due")

    async def test_found(self, book):
        """A record that is found has been found, and nothing is due any more."""
        await book.look(Accepted("crm-1"), NOW + minutes(1))

        found = to_text(NOW + minutes(1))
        assert (State.DELIVERED, found, "") == book.told("state", "found_at", "index")
        assert [] == book.table.values("due")

    async def test_looked_for_again(self, book):
        """A record that is not found at once is looked for again: some systems show it late."""
        await book.look(GONE, NOW + minutes(1))

        again = await book.due()
        assert due_key("crm", USUAL, NOW + minutes(11), LEAD) == again.key
        assert 1 == again.values["attempts"]
        assert (State.DELIVERED,) == book.told("state")

    async def test_never_found(self, book):
        """A record that is never found is parked, as if nothing of it had been sent."""
        for number in range(len(LOOK_UPS)):
            await book.look(GONE, NOW + minutes(100 * (1 + number)))

        assert (State.PARKED, Reason.NOT_FOUND_AFTER_ACCEPT, 0) == book.told(
            "state", "reason", "sent"
        )
        [parked] = book.table.values("parked")
        told = [parked[name] for name in ("kind", "sent", "attempts", "reason")]
        assert ["deliver", 0, 0, Reason.NOT_FOUND_AFTER_ACCEPT] == told

    async def test_replayed(self, book):
        """What is replayed after that is written anew, from its first attempt."""
        for number in range(len(LOOK_UPS)):
            await book.look(GONE, NOW + minutes(100 * (1 + number)))
        [parked] = await book.table.read("0", "parked|", "parked|~")

        await book.write(ledger.replay(parked, NOW + minutes(999)))

        delivery = ledger.to_delivery(await book.due())
        assert (0, 0, False) == (delivery.sent, delivery.attempts, delivery.known)

    async def test_replayed_after_unclear(self):
        """So it is where an attempt before was unclear: the look-ups would have found what it
        made.
        """
        book = Book()
        await book.owe(1)
        for outcome in (Deferred("timeout"), Accepted("crm-1")):
            row = await book.due()
            attempt = Attempt(ledger.to_delivery(row), outcome, NOW, 200)
            await book.write(ledger.finish(row, attempt, SCHEDULE, NEVER, 0.0, look_up=True))
            if outcome == Deferred("timeout"):
                await book.owe(2)
        for number in range(len(LOOK_UPS)):
            await book.look(GONE, NOW + minutes(100 * (1 + number)))
        [parked] = await book.table.read("0", "parked|", "parked|~")

        await book.write(ledger.replay(parked, NOW + minutes(999)))

        assert not ledger.to_delivery(await book.due()).known

    async def test_no_answer(self, book):
        """A look-up that gets no answer counts for nothing, however often."""
        for number in range(9):
            await book.look(Deferred("http_503"), NOW + minutes(1 + number))

        look = await book.due()
        assert 0 == look.values["attempts"]
        assert due_key("crm", USUAL, NOW + minutes(10), LEAD) == look.key

    async def test_asked_less_often(self, book):
        """The longer there is no answer, the less often it is looked for: some 90 times in a
        week.
        """
        now, looks = NOW, 0
        while book.table.values("due"):
            now = from_key((await book.due()).key.split("|")[3])
            await book.look(Deferred("http_503"), now)
            looks += 1

        assert 80 < looks < 100

    async def test_answered_after_long(self, book):
        """What is answered is looked for by the steps, however long there was no answer before."""
        await book.look(GONE, NOW + minutes(600))

        assert due_key("crm", USUAL, NOW + minutes(610), LEAD) == (await book.due()).key

    async def test_held(self, book):
        """It waits as long as the lane is held."""
        await book.look(Deferred("throttled", counts=False), NOW, NOW + minutes(30))

        assert due_key("crm", USUAL, NOW + minutes(30), LEAD) == (await book.due()).key

    async def test_newer_version(self, book):
        """A newer version that is owed takes the look-up's place."""
        await book.owe(2)

        due = await book.due()
        assert ("deliver", 2) == (due.values["kind"], due.values["version"])

    @pytest.mark.parametrize("reason", ["several_in_crm", "odoo_AccessError", "http_400"])
    async def test_refused(self, book, reason):
        """A look-up that is refused does not show that the record is not there: nothing is
        parked.
        """
        for number in range(9):
            await book.look(Rejected(reason), NOW + minutes(1 + number))

        assert (State.DELIVERED, 1) == book.told("state", "sent")
        assert 0 == (await book.due()).values["attempts"]

    async def test_delivered_late(self):
        """What was owed for days is looked for as long as what was not."""
        book, late = Book(), NOW + timedelta(days=6)
        await book.owe(1)
        row = await book.due()
        attempt = Attempt(ledger.to_delivery(row), Accepted("crm-1"), late, 200)
        await book.write(ledger.finish(row, attempt, SCHEDULE, NEVER, 0.0, look_up=True))

        assert late == ledger.owed_since(await book.due())

    async def test_never_answered(self, book):
        """After a week without an answer it is not looked for any more, and has not been found."""
        week = timedelta(days=7)
        await book.look(Deferred("http_403"), NOW + week)
        assert 1 == len(book.table.values("due"))

        await book.look(Deferred("http_403"), NOW + week + minutes(1))

        assert (State.DELIVERED, 1, "", "", "") == book.told(
            "state", "sent", "found_at", "index", "next"
        )
        assert [] == book.table.values("due")

    async def test_keeps_its_rank(self, book):
        """A sales-ready lead that was lost is replayed as one."""
        for number in range(len(LOOK_UPS)):
            await book.look(GONE, NOW + minutes(100 * (1 + number)))
        [parked] = await book.table.read("0", "parked|", "parked|~")

        await book.write(ledger.replay(parked, NOW + minutes(999)))

        assert due_key("crm", URGENT, NOW + minutes(999), LEAD) == (await book.due()).key

    async def test_clock_back(self, book):
        """A clock that jumps back to where the look-up was due before moves it a millisecond on."""
        await book.look(Deferred("http_503"), NOW)

        due = (await book.due()).key
        assert due_key("crm", USUAL, NOW + minutes(1) + timedelta(milliseconds=1), LEAD) == due


class TestLostBefore:
    """A customer comes back, and the CRM has lost what it had accepted."""

    async def answer(self, book: Book, outcome: Outcome, *, look_up: bool = True) -> None:
        """Let an attempt at what is due end so."""
        row = await book.due()
        attempt = Attempt(ledger.to_delivery(row), outcome, NOW, 404)
        await book.write(ledger.finish(row, attempt, SCHEDULE, NEVER, 0.0, look_up=look_up))

    @pytest.mark.parametrize("versions", [[2], [2, 3]])
    async def test_never_found(self, book, versions):
        """If no look-up came in between, it was never there: a replay writes it anew."""
        for version in versions:
            await book.owe(version)

        await self.answer(book, DELETED)

        assert (State.PARKED, Reason.NOT_FOUND_AFTER_ACCEPT, 0) == book.told(
            "state", "reason", "sent"
        )
        [attempt] = [row for row in book.table.values("attempt") if row["outcome"] == "rejected"]
        assert DELETED.reason == attempt["reason"]
        [parked] = await book.table.read("0", "parked|", "parked|~")
        assert ledger.is_written_anew(parked)
        await book.write(ledger.replay(parked, NOW + minutes(1)))
        assert not ledger.to_delivery(await book.due()).known

    async def test_updated(self, book):
        """An update that was accepted proves no more than the first write."""
        await book.owe(2)
        await self.answer(book, Accepted())
        await book.owe(3)

        await self.answer(book, DELETED)

        assert (Reason.NOT_FOUND_AFTER_ACCEPT,) == book.told("reason")

    async def test_found(self, book):
        """What was found once has been deleted since, whoever may have been in between."""
        await book.look(Accepted("crm-1"), NOW + minutes(1))
        for version, outcome in ((2, Accepted()), (3, DELETED)):
            await book.owe(version)
            await self.answer(book, outcome)

        assert (State.PARKED, DELETED.reason, 2) == book.told("state", "reason", "sent")

    async def test_not_looked_up(self, book):
        """Where records are not read back, it is as good as proven."""
        await book.owe(2)

        await self.answer(book, DELETED, look_up=False)

        assert (DELETED.reason, 1) == book.told("reason", "sent")

    async def test_accepted_late(self):
        """What was accepted after a newer version had become due was never looked up, either."""
        book = Book()
        await book.owe(1)
        late = Attempt(ledger.to_delivery(await book.due()), Accepted("crm-1"), NOW, 200)
        await book.owe(2)
        lead = Row("0", "", {"record": "", "story": b"[]"})
        now = await book.table.get("0", delivery_key(LEAD, "crm"))
        assert now is not None
        await book.write(ledger.finish_late(late, now, lead))

        await self.answer(book, DELETED)

        assert (Reason.NOT_FOUND_AFTER_ACCEPT, 0) == book.told("reason", "sent")

    async def test_older_row(self, book):
        """A row of before this was remembered says that it was found."""
        await book.owe(2)
        for values, _ in book.table.rows.values():
            values.pop("unproven", None)

        await self.answer(book, DELETED)

        assert (DELETED.reason,) == book.told("reason")
