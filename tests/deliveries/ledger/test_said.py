"""The ledger: what a system said last stands with its delivery, until something new is owed."""

from __future__ import annotations

import pytest

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import Accepted, Deferred, Outcome, Rejected
from leadshare.reason import Reason
from leadshare.store.table import Change, Row
from tests.builders import LEAD, minutes
from tests.deliveries.ledger.book import LATER, Book, attempt, finish

WORDS = "No such country: Atlantis"

TAKEN, REFUSED = Accepted("crm-1", said=WORDS), Rejected("bad_country", said=WORDS)

TIMEOUT, SILENT = Deferred("http_500", said=WORDS), Deferred("timeout")


def said(book: Book) -> str:
    """What the delivery's row says that the system said; `check` compares its index row."""
    [values] = book.table.values("delivery")
    return str(values["said"])


class TestSaid:
    @pytest.mark.parametrize("outcome", [TAKEN, REFUSED, TIMEOUT])
    async def test_kept(self, book, outcome):
        """Whatever became of an attempt, its delivery tells what was said, as its row does."""
        await book.write(finish(await book.owe(1), outcome))

        assert WORDS == said(book)
        assert [WORDS] == [values["said"] for values in book.table.values("attempt")]

    @pytest.mark.parametrize("outcome", [Accepted(), Rejected("bad_email"), SILENT])
    async def test_silent(self, book, outcome):
        """Who says nothing takes the place of who said something."""
        await book.write(finish(await book.owe(1), TIMEOUT))

        await book.write(finish(await book.due(), outcome, LATER + minutes(1)))

        assert not said(book)

    async def test_exhausted(self, book):
        """What is parked at the end of its schedule tells what was said at the last attempt."""
        await book.write(finish(await book.owe(1), TIMEOUT, schedule=(0.0,)))

        assert ("parked", 1, 0) == book.stands()
        assert WORDS == said(book)

    async def test_parked_without_a_request(self, book):
        """What is parked without another request keeps what was said at the last."""
        await book.write(finish(await book.owe(1), TIMEOUT))

        await book.write(ledger.park(await book.due(), "too_old", LATER + minutes(1)))

        assert WORDS == said(book)

    @pytest.mark.parametrize("outcome", [TAKEN, REFUSED, TIMEOUT])
    async def test_owed_again(self, book, outcome):
        """Of a newer version nothing was said so far."""
        await book.write(finish(await book.owe(1), outcome))

        await book.owe(2, LATER + minutes(1))

        assert not said(book)

    async def test_replayed(self, book):
        """Nor of what is replayed: it has no reason either."""
        await book.write(finish(await book.owe(1), REFUSED))

        await book.write(ledger.replay(await book.parked(), LATER))

        assert not said(book)
        assert not ledger.said_in(await book.due())

    async def test_suppressed(self, book):
        """Nor of what must not go any more."""
        await book.write(finish(await book.owe(1), REFUSED))

        row = await book.delivery_row()
        await book.write(ledger.suppress(row, LEAD, "crm", 1, "left_route", LATER))

        assert not said(book)

    async def test_done(self, book):
        """Nor of what a person has done."""
        await book.write(finish(await book.owe(1), REFUSED))

        await book.write(ledger.done(await book.parked(), LATER, "zoe"))

        assert not said(book)

    async def test_late(self, book):
        """What was parked and is accepted late after all tells what was said then."""
        row = await book.owe(1)
        await book.write(ledger.park(row, "too_old", LATER))

        await book.late(attempt(row, TAKEN, LATER))

        assert ("delivered", 1, 1) == book.stands()
        assert WORDS == said(book)

    @pytest.mark.parametrize("outcome", [TAKEN, TIMEOUT])
    async def test_late_of_another(self, book, outcome):
        """What was said late of an older version is not told of the newer."""
        row = await book.owe(1)
        await book.owe(2, LATER)

        await book.late(attempt(row, outcome, LATER))

        assert not said(book)

    @pytest.mark.parametrize("words", ["", "Gone: Atlantis"])
    async def test_never_found(self, book, words):
        """A record that was accepted and is not there tells what the last look-up was told."""
        await book.table.write("0", finish(await book.owe(1), TAKEN, look_up=True))

        await book.table.write(
            "0", await self.lost(book, Rejected(Reason.NOT_FOUND_AFTER_ACCEPT, said=words))
        )

        assert words == said(book)
        assert words == ledger.said_in(await book.parked())

    @staticmethod
    async def lost(book: Book, outcome: Outcome) -> list[Change]:
        """What follows from the last look-up."""
        row = await book.due()
        last = Row(row.partition, row.key, {**row.values, "attempts": 2}, row.etag)
        return ledger.finish_look_up(last, outcome, LATER, LATER)

    async def test_found(self, book):
        """A record that is found leaves what was said when it was accepted."""
        await book.table.write("0", finish(await book.owe(1), TAKEN, look_up=True))

        changes = ledger.finish_look_up(await book.due(), Accepted("crm-1"), LATER, LATER)
        await book.table.write("0", changes)

        assert WORDS == said(book)

    async def test_no_such_column(self, book):
        """Rows of before there was such a column say nothing, and are parked even so."""
        await book.write(finish(await book.owe(1), TIMEOUT))
        book.forget("said")

        assert not ledger.said_in(await book.due())
        await book.write(ledger.park(await book.due(), "too_old", LATER))

        assert not said(book)

    async def test_null(self):
        """A row of which storage tells that it has no such value says nothing."""
        assert not ledger.said_in(Row("0", "", {"said": None}))
