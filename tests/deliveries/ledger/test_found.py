"""The index row of a record id follows its delivery."""

from __future__ import annotations

import pytest

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import Accepted
from leadshare.store.table import Change
from tests.builders import LEAD
from tests.deliveries.ledger.book import LATER, TAKEN, TIMEOUT, Book, attempt, finish


def naming(kind: str, text: str) -> str:
    """A name that tells everything."""
    return f"{kind}:{text}"


def keys(book: Book) -> list[str]:
    """The index rows."""
    return [key for _, key in book.table.rows if key.startswith("find|")]


async def ended(book: Book, record_id: str, version: int) -> list[Change]:
    """Have a version accepted under a record id."""
    row = await book.owe(version)
    changes = finish(row, Accepted(record_id))
    found = ledger.with_record(changes, attempt(row, TAKEN).delivery, naming)
    await book.write(found)
    return found


class TestWithRecord:
    async def test_accepted(self, book):
        """What is accepted under an id is found by it, in the transaction that says so."""
        await ended(book, "00Q1", 1)

        assert [f"find|record:00q1|{LEAD}|crm"] == keys(book)

    async def test_again(self, book):
        """Accepted again, by the same id or by one that is typed alike, nothing is written."""
        await ended(book, "00Q1", 1)

        for version, record_id in ((2, "00Q1"), (3, ""), (4, "00q1")):
            changes = await ended(book, record_id, version)
            assert [] == [one for one in changes if one.key.startswith("find|")]

    async def test_moved(self, book):
        """Under another id it moves there."""
        await ended(book, "00Q1", 1)
        await ended(book, "00Q2", 2)

        assert [f"find|record:00q2|{LEAD}|crm"] == keys(book)

    async def test_nothing_told(self, book):
        """What tells no id has no row: an acceptance without one, or no acceptance."""
        await ended(book, "", 1)
        row = await book.owe(2)
        delivery = attempt(row, TIMEOUT).delivery
        await book.write(ledger.with_record(finish(row, TIMEOUT, LATER), delivery, naming))

        assert [] == keys(book)


@pytest.mark.parametrize(
    ("one", "other"), [("00Q1", " 00q1 "), ("{5E0B-11}", "5e0b-11"), ("42", "42")]
)
def test_name(one: str, other: str) -> None:
    """An id may be typed with another case, or in brackets."""
    assert ledger.record_name(one, naming) == ledger.record_name(other, naming) != ""
