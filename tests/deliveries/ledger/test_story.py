"""A story in a row: what fits, what is cut, and what is owed of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import LOOK_UPS, Delivery, Rejected
from leadshare.deliveries.ledger.story import HINT, LARGEST, NO_STORY, SHORT, above, pack, unpack
from leadshare.deliveries.record import Entry
from leadshare.reason import Reason
from leadshare.store.table import Row
from tests.builders import entry, minutes
from tests.deliveries.ledger.book import LATER, NEVER, REFUSED, TAKEN, TIMEOUT, Book, attempt


def told(*versions: int, **changes: Any) -> list[Entry]:
    """Entries of these versions, newest first."""
    return [entry(version=version, **changes) for version in sorted(versions, reverse=True)]


def versions(delivery: Delivery) -> list[int]:
    """The versions of the entries that a delivery owes."""
    return [one["version"] for one in delivery.entries]


async def due(book: Book) -> Delivery:
    """What is due."""
    return ledger.to_delivery(await book.due())


class TestPack:
    def test_whole(self):
        """What fits is kept whole, and read as it was, newest first."""
        entries = told(1, 2, 3, words='Grüße 漢🙂\n"x"')

        assert entries == unpack(pack(entries))
        assert NO_STORY == pack([])

    @pytest.mark.parametrize("letter", ["x", "漢", "🙂", '"', "\n"])
    def test_largest(self, letter):
        """The words of the largest body are kept whole where they are the newest; older ones are
        cut, with a hint, and no more is kept than a row holds.
        """
        size = len(json.dumps(letter, ensure_ascii=False).encode()) - 2
        long = letter * (32 * 1024 // size)

        newest, *older = unpack(pack(told(*range(1, 200), words=long)))

        assert (199, long) == (newest["version"], newest["words"])
        assert {long[:SHORT] + HINT} == {one["words"] for one in older}
        assert LARGEST - 2000 < len(pack(told(*range(1, 200), words=long))) <= LARGEST
        assert [one["version"] for one in older] == [*range(198, 198 - len(older), -1)]

    def test_older_than_cut(self):
        """Once words were cut, all older ones are; short ones stay as they are."""
        entries = [
            entry(version=9, words="x" * 30_000),
            entry(version=8, words="y" * 30_000),
            entry(version=7, words="z" * 300),
            entry(version=6, words="short"),
        ]

        found = [one["words"] for one in unpack(pack(entries))]

        assert ["x" * 30_000, "y" * SHORT + HINT, "z" * SHORT + HINT, "short"] == found

    def test_many(self):
        """Of many entries the newest are kept."""
        found = unpack(pack(told(*range(1, 400))))

        assert [*range(399, 399 - len(found), -1)] == [one["version"] for one in found]
        assert 100 < len(found) < 200

    def test_above(self):
        """What is owed is what later versions brought."""
        assert [3, 2] == [one["version"] for one in above(told(1, 2, 3), 1)]


class TestOwed:
    async def test_first(self):
        """At first all of the story is owed, the oldest first."""
        book = Book()
        await book.owe(2, story=told(1, 2))

        assert [1, 2] == versions(await due(book))

    async def test_above_what_was_sent(self):
        """Once a version was accepted, what later ones brought is owed."""
        book = Book()
        row = await book.owe(1, story=told(1))
        await book.write(ledger.finish(row, attempt(row, TAKEN), (0, 30), NEVER, 0.0))
        await book.owe(4, story=told(1, 3, 4))

        assert [3, 4] == versions(await due(book))

    async def test_retry(self):
        """A retry owes what the attempt did."""
        book = Book()
        row = await book.owe(2, story=told(1, 2))
        await book.write(ledger.finish(row, attempt(row, TIMEOUT), (0, 30), NEVER, 0.0))

        assert [1, 2] == versions(await due(book))

    async def test_older_row(self):
        """A row whose story tells more than is owed owes what is above the version sent."""
        book = Book()
        row = await book.owe(3, story=told(1, 2, 3))

        assert [3] == versions(ledger.to_delivery(Row("0", "", {**row.values, "sent": 2})))


class TestLate:
    async def test_older_arrived_last(self):
        """An older version that was accepted after a newer one owes what the newer brought."""
        book = Book()
        old = await book.owe(1, story=told(1))
        row = await book.owe(2, story=told(1, 2))
        await book.write(ledger.finish(row, attempt(row, TAKEN), (0, 30), NEVER, 0.0))

        await book.late(attempt(old, TAKEN))

        assert [2] == versions(await due(book))

    async def test_older_arrived_while_newer_is_owed(self):
        """An older version that was accepted meanwhile takes what it told from what is owed."""
        book = Book()
        old = await book.owe(1, story=told(1))
        await book.owe(2, story=told(1, 2))

        await book.late(attempt(old, TAKEN))

        assert [2] == versions(await due(book))
        assert told(2) == unpack((await book.due()).values["story"])

    async def test_lowered(self):
        """What counts as sent no more is owed again."""
        book = Book()
        old = await book.owe(1, story=told(1))
        row = await book.owe(2, story=told(1, 2))
        await book.write(ledger.finish(row, attempt(row, TAKEN), (0, 30), NEVER, 0.0))
        await book.owe(3, story=told(1, 2, 3))

        await book.late(attempt(old, TAKEN))

        assert [2, 3] == versions(await due(book))


class TestNotThere:
    async def test_replay(self):
        """A record that is not there though it was accepted is written anew with all of the
        story, as the lead's row has them at the replay.
        """
        book = Book()
        row = await book.owe(2, story=told(1, 2))
        await book.table.write(
            "0", ledger.finish(row, attempt(row, TAKEN), (0,), NEVER, 0.0, look_up=True)
        )
        for number in range(len(LOOK_UPS)):
            at = LATER + minutes(100 * (1 + number))
            look = ledger.finish_look_up(
                await book.due(), Rejected(Reason.NOT_FOUND_AFTER_ACCEPT), at, NEVER
            )
            await book.table.write("0", look)
        parked = await book.parked()

        assert ledger.is_written_anew(parked)
        await book.write(ledger.replay(parked, LATER, await book.lead_row()))

        assert (0, [1, 2]) == ((await due(book)).sent, versions(await due(book)))

    async def test_others(self):
        """Whatever else is parked is sent as it stands."""
        book = Book()
        row = await book.owe(2, story=told(1, 2))
        await book.write(ledger.finish(row, attempt(row, REFUSED), (0,), NEVER, 0.0))

        assert not ledger.is_written_anew(await book.parked())
        await book.write(ledger.replay(await book.parked(), LATER))
        assert [1, 2] == versions(await due(book))
