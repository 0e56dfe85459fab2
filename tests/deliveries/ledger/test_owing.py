"""The ledger: what a delivery owes, what it owes no more, and what is parked and replayed."""

from __future__ import annotations

import pytest

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import URGENT, Delivery
from leadshare.errors import Conflict
from leadshare.store.keys import due_key
from tests.builders import LEAD, NOW, minutes, record
from tests.deliveries.ledger.book import (
    LATER,
    REFUSED,
    TAKEN,
    THROTTLED,
    TIMEOUT,
    attempt,
    finish,
)


class TestOwe:
    async def test_first(self, book):
        """What is owed for the first time is due now, with all that a send needs."""
        row = await book.owe(1)

        assert ("due", 1, 0) == book.stands()
        assert due_key("crm", URGENT, NOW, LEAD) == row.key
        assert Delivery(LEAD, "crm", 1, record(), NOW) == ledger.to_delivery(row)

    async def test_newer(self, book):
        """A newer version takes the place of what is due, from its first attempt, owed anew."""
        await book.write(finish(await book.owe(1), TIMEOUT))

        row = await book.owe(2, NOW + minutes(10))

        assert ("due", 2, 0) == book.stands()
        found = ledger.to_delivery(row)
        assert (2, 0, NOW + minutes(10)) == (found.version, found.attempts, found.owed_since)
        assert [""] == [values["reason"] for values in book.table.values("delivery")]

    async def test_newer_in_the_same_moment(self, book):
        """Two versions of one millisecond share a due row, which holds the newer."""
        await book.owe(1)

        row = await book.owe(2)

        assert 2 == ledger.to_delivery(row).version

    async def test_after_delivered(self, book):
        """An update of what was delivered keeps what was accepted, with the CRM's own id."""
        await book.write(finish(await book.owe(1), TAKEN))

        row = await book.owe(2, LATER)

        assert ("due", 2, 1) == book.stands()
        assert (1, "crm-1") == (ledger.to_delivery(row).sent, ledger.to_delivery(row).record_id)

    async def test_after_parked(self, book):
        """An update of what was parked is due; nothing stays parked."""
        await book.write(finish(await book.owe(1), REFUSED))

        await book.owe(2, LATER)

        assert ("due", 2, 0) == book.stands()

    async def test_changed_meanwhile(self, book):
        """What was changed since it was read is not owed on top of it."""
        await book.owe(1)
        before = await book.delivery_row()
        await book.owe(2, LATER)

        with pytest.raises(Conflict):
            await book.write(ledger.owe(before, LEAD, "crm", record(version=3), LATER))


class TestSuppress:
    async def test_first(self, book):
        """What must not go is suppressed by the name of the rule, and is neither due nor parked."""
        await book.write(ledger.suppress(None, LEAD, "crm", 1, "test", NOW))

        assert ("suppressed", 1, 0) == book.stands()
        assert ["test"] == [values["reason"] for values in book.table.values("delivery")]

    @pytest.mark.parametrize(
        "outcome", [pytest.param(None, id="due"), pytest.param(REFUSED, id="parked")]
    )
    async def test_what_was_owed(self, book, outcome):
        """What was due or parked can be suppressed."""
        row = await book.owe(1)
        if outcome:
            await book.write(finish(row, outcome))

        before = await book.delivery_row()
        await book.write(ledger.suppress(before, LEAD, "crm", 1, "left_route", NOW))

        assert ("suppressed", 1, 0) == book.stands()

    async def test_then_owed(self, book):
        """What was suppressed can be owed again."""
        await book.write(ledger.suppress(None, LEAD, "crm", 1, "test", NOW))

        await book.owe(2)

        assert ("due", 2, 0) == book.stands()


class TestPark:
    async def test_park(self, book):
        """What is parked unsent has no further attempt, and is kept with all that it needs."""
        await book.write(finish(await book.owe(1), TIMEOUT))

        await book.write(ledger.park(await book.due(), "too_old", LATER))

        row = await book.parked()
        assert ("too_old", 1) == (row.values["reason"], row.values["attempts"])
        assert record() == ledger.to_delivery(row).record
        assert 1 == len(book.table.values("attempt"))

    async def test_changed_meanwhile(self, book):
        """What was changed since it was read is not parked."""
        row = await book.owe(1)
        await book.owe(2)

        with pytest.raises(Conflict):
            await book.write(ledger.park(row, "too_old", LATER))


class TestReplay:
    async def test_replay(self, book):
        """What was parked is due now, owed from now, from its first attempt, with what was sent."""
        await book.write(finish(await book.owe(1), TAKEN))
        await book.write(finish(await book.owe(2, LATER), REFUSED, LATER))
        now = LATER + minutes(60)

        await book.write(ledger.replay(await book.parked(), now))

        assert ("due", 2, 1) == book.stands()
        expected = Delivery(
            LEAD, "crm", 2, record(version=2), now, 0, 1, "crm-1", tried=True, unproven=True
        )
        assert expected == ledger.to_delivery(await book.due())
        [values] = book.table.values("delivery")
        assert ("", 0) == (values["reason"], values["attempts"])
        assert "reason" not in (await book.due()).values

    async def test_once(self, book):
        """The same parked row is replayed once."""
        await book.write(finish(await book.owe(1), REFUSED))
        row = await book.parked()
        await book.write(ledger.replay(row, LATER))

        with pytest.raises(Conflict):
            await book.write(ledger.replay(row, LATER))


class TestKnown:
    """What may have arrived once is known from then on, so that a repeat is looked up first."""

    @pytest.mark.parametrize(("outcome", "known"), [(TIMEOUT, True), (THROTTLED, False)])
    async def test_newer(self, book, outcome, known):
        """Newer versions, one after the other, repeat an unclear attempt, and none that was
        free.
        """
        await book.write(finish(await book.owe(1), outcome))
        await book.owe(2, LATER)

        delivery = ledger.to_delivery(await book.owe(3, LATER + minutes(1)))

        assert (known, 0, 0) == (delivery.known, delivery.sent, delivery.attempts)

    async def test_suppressed(self, book):
        """So does what is owed after it was suppressed."""
        await book.write(finish(await book.owe(1), TIMEOUT))
        before = await book.delivery_row()
        await book.write(ledger.suppress(before, LEAD, "crm", 1, "left_route", LATER))

        assert ledger.to_delivery(await book.owe(2, LATER)).known

    async def test_replayed(self, book):
        """So does each replay after the schedule was used up, from its first attempt."""
        await book.write(finish(await book.owe(1), TIMEOUT, schedule=(0.0,)))
        await book.write(ledger.replay(await book.parked(), LATER))
        await book.write(ledger.park(await book.due(), "too_old", LATER))
        await book.write(ledger.replay(await book.parked(), LATER + minutes(1)))

        delivery = ledger.to_delivery(await book.due())
        assert (True, 0) == (delivery.known, delivery.attempts)

    async def test_replayed_untried(self, book):
        """What was parked without any attempt that counts is no repeat."""
        await book.write(finish(await book.owe(1), THROTTLED))
        await book.write(ledger.park(await book.due(), "too_old", LATER))

        await book.write(ledger.replay(await book.parked(), LATER + minutes(1)))

        assert not ledger.to_delivery(await book.due()).known

    @pytest.mark.parametrize(("outcome", "known"), [(TIMEOUT, True), (THROTTLED, False)])
    async def test_late(self, book, outcome, known):
        """So does what was owed while an unclear attempt was on its way."""
        row = await book.owe(1)
        await book.owe(2, LATER)

        await book.late(attempt(row, outcome, LATER))

        assert known == ledger.to_delivery(await book.due()).known
        assert known == ledger.to_delivery(await book.owe(3, LATER + minutes(1))).known
