"""The ledger: what follows from an attempt, and from one that ended late."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import SCHEDULE, URGENT, Accepted, Delivery
from leadshare.errors import Conflict
from leadshare.store.keys import due_key, parked_key
from leadshare.store.table import Row
from tests.builders import LEAD, NOW, TRACE, minutes, record
from tests.deliveries.ledger.book import (
    LATER,
    REFUSED,
    TAKEN,
    THROTTLED,
    TIMEOUT,
    Book,
    attempt,
    finish,
)


class TestFinish:
    async def test_accepted(self, book):
        """What was accepted is delivered, with the CRM's own id, and its attempt is kept."""
        await book.write(finish(await book.owe(1), TAKEN))

        assert ("delivered", 1, 1) == book.stands()
        [values] = book.table.values("delivery")
        assert ("crm-1", 1, "") == (values["record_id"], values["attempts"], values["reason"])
        expected = {"version": 1, "outcome": "accepted", "reason": "", "status": 200}
        told = {"milliseconds": 12, "said": "", "without": ""}
        assert [expected | told] == book.table.values("attempt")

    async def test_said(self, book):
        """What the CRM said, and what the record went without, is kept beside the attempt."""
        taken = Accepted("crm-1", frozenset({"Phone", "Country"}), "No such country: Atlantis")
        await book.write(finish(await book.owe(1), taken))
        [kept] = book.table.values("attempt")

        assert ("No such country: Atlantis", "Country, Phone") == (kept["said"], kept["without"])
        assert "Atlantis" not in repr(taken)

    async def test_accepted_without_id(self, book):
        """An update that is accepted without an id keeps the id that is known."""
        await book.write(finish(await book.owe(1), TAKEN))

        await book.write(finish(await book.owe(2, LATER), Accepted(), LATER + minutes(1)))

        assert ["crm-1"] == [values["record_id"] for values in book.table.values("delivery")]

    async def test_rejected(self, book):
        """What was rejected is parked under its reason, now, and is due no more."""
        await book.write(finish(await book.owe(1), REFUSED))

        assert ("parked", 1, 0) == book.stands()
        row = await book.parked()
        assert parked_key("crm", LATER, LEAD) == row.key
        assert ("bad_email", 1) == (row.values["reason"], row.values["attempts"])
        [told] = book.table.values("attempt")
        assert ("rejected", "bad_email") == (told["outcome"], told["reason"])

    async def test_deferred(self, book):
        """What was deferred is due again at the next step of the schedule."""
        await book.write(finish(await book.owe(1), TIMEOUT))

        row = await book.due()
        assert due_key("crm", URGENT, LATER + timedelta(seconds=30), LEAD) == row.key
        assert (1, NOW) == (row.values["attempts"], ledger.owed_since(row))
        [values] = book.table.values("delivery")
        assert ("timeout", "2026-11-22T12:01:30.000Z") == (values["reason"], values["next"])

    async def test_whole_schedule(self, book):
        """Each attempt takes the schedule one step on, and after the last the delivery is
        parked.
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
        assert ("schedule_exhausted", 10) == (row.values["reason"], row.values["attempts"])

    async def test_jitter(self, book):
        """Chance adds its share."""
        await book.write(finish(await book.owe(1), TIMEOUT, chance=0.5))

        expected = due_key("crm", URGENT, LATER + timedelta(seconds=31.5), LEAD)
        assert expected == (await book.due()).key

    async def test_not_before(self, book):
        """A lane that is held puts off what is due, and never brings it forward."""
        row = await book.owe(1)

        await book.write(finish(row, TIMEOUT, not_before=LATER + minutes(30)))

        expected = due_key("crm", URGENT, LATER + minutes(30), LEAD)
        assert expected == (await book.due()).key

    async def test_does_not_count(self, book):
        """What does not count uses up no attempt, waits as if it did, and never exhausts."""
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
        """A delivery that is due again at once has another due row, a millisecond later."""
        row = await book.owe(1, LATER)

        await book.write(finish(row, THROTTLED, schedule=(0.0,)))

        expected = due_key("crm", URGENT, LATER + timedelta(milliseconds=1), LEAD)
        assert expected == (await book.due()).key

    @pytest.mark.parametrize(
        "outcome", [TAKEN, REFUSED, TIMEOUT, THROTTLED], ids=lambda o: type(o).__name__
    )
    async def test_changed_meanwhile(self, book, outcome):
        """Nothing is finished on top of what somebody else has changed."""
        row = await book.owe(1)
        await book.owe(2)

        with pytest.raises(Conflict):
            await book.write(finish(row, outcome))

        assert ("due", 2, 0) == book.stands()

    async def test_attempt_kept_apart(self, book):
        """Each attempt has a row of its own."""
        await book.write(finish(await book.owe(1), TIMEOUT, NOW))
        await book.write(finish(await book.due(), TIMEOUT, LATER))

        assert 2 == len(book.table.values("attempt"))


class TestDone:
    async def test_done(self, book):
        """What a person did is delivered at the version that was parked, and it is said by whom."""
        await book.write(finish(await book.owe(1), TAKEN))
        await book.write(finish(await book.owe(2, LATER), REFUSED, LATER))
        now = LATER + minutes(60)

        await book.write(ledger.done(await book.parked(), now, "zoe"))

        assert ("delivered", 2, 2) == book.stands()
        [values] = book.table.values("delivery")
        assert ("", "crm-1", "zoe") == (values["reason"], values["record_id"], values["done_by"])
        [*_, last] = book.table.values("attempt")
        assert ("done", "bad_email", 2) == (last["outcome"], last["reason"], last["version"])

    async def test_once(self, book):
        """The same parked row is done once."""
        await book.write(finish(await book.owe(1), REFUSED))
        row = await book.parked()
        await book.write(ledger.done(row, LATER, "zoe"))

        with pytest.raises(Conflict):
            await book.write(ledger.done(row, LATER, "zoe"))

    async def test_newer_meanwhile(self, book):
        """What was done of an older version leaves a newer one owed."""
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
        await book.write(ledger.suppress(before, LEAD, "crm", version, "left_route", at))
    elif state == "deferred":
        await book.write(finish(row, TIMEOUT, at))


class TestFinishLate:
    """An attempt whose delivery was changed while it was on its way."""

    @pytest.mark.parametrize("state", ["deferred", "parked", "suppressed", "delivered"])
    async def test_wanted_was_taken(self, book, state):
        """The wanted version that was accepted is delivered, whatever another made of it."""
        row = await stale(book, 1)
        await put(book, state)

        await book.late(attempt(row, TAKEN, NOW + minutes(30)))

        assert ("delivered", 1, 1) == book.stands()

    @pytest.mark.parametrize("state", ["due", "parked", "suppressed"])
    async def test_older_was_taken(self, book, state):
        """An older version that was accepted is what was sent; the newer stays as it stands."""
        row = await stale(book, 1)
        await stale(book, 2)
        await put(book, state)

        await book.late(attempt(row, TAKEN, NOW + minutes(30)))

        assert (state, 2, 1) == book.stands()
        assert ["crm-1"] == [values["record_id"] for values in book.table.values("delivery")]

    @pytest.mark.parametrize("outcome", [TAKEN, TIMEOUT], ids=["accepted", "unclear"])
    async def test_newer_was_delivered(self, book, outcome):
        """Where a newer version was delivered, an older may have overwritten it: it is owed
        again.
        """
        row = await stale(book, 1)
        await stale(book, 2)
        await put(book, "delivered")
        at = NOW + minutes(30)

        await book.late(attempt(row, outcome, at))

        assert ("due", 2, 1) == book.stands()
        expected = Delivery(
            LEAD, "crm", 2, record(version=2), at, 0, 1, "crm-2", tried=True, unproven=True
        )
        assert expected == ledger.to_delivery(await book.due())

    @pytest.mark.parametrize("state", ["due", "parked", "suppressed"])
    @pytest.mark.parametrize("outcome", [TAKEN, TIMEOUT], ids=["accepted", "unclear"])
    async def test_newer_was_delivered_and_newest_owed(self, book, state, outcome):
        """Where something still newer is wanted, only what counts as sent is put right."""
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
        """An attempt that cannot have changed the CRM changes nothing but the list of attempts."""
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
        """An unclear attempt at an older version leaves the newer, which goes out anyway."""
        row = await stale(book, 1)
        await stale(book, 2)
        await put(book, state)
        [before] = book.table.values("delivery")

        await book.late(attempt(row, TIMEOUT, NOW + minutes(30)))

        told = {"tried": state == "due"}  # the others' own attempts say so already
        assert [before | told] == book.table.values("delivery")

    async def test_changed_once_more(self, book):
        """What was changed since it was read for this is not put right on top of it."""
        row = await stale(book, 1)
        await stale(book, 2)
        before = await book.delivery_row()
        await stale(book, 3)

        changes = ledger.finish_late(attempt(row, TAKEN), before, await book.lead_row())
        with pytest.raises(Conflict):
            await book.write(changes)

    async def test_trace(self, book):
        """What is owed again because an older version may have come last goes on in that one's
        trace.
        """
        row = await stale(book, 1)
        await stale(book, 2)
        await put(book, "delivered")
        late = attempt(row, TAKEN, NOW + minutes(30))

        await book.late(replace(late, delivery=replace(late.delivery, trace=TRACE)))

        assert [TRACE] == [values["trace"] for values in book.table.values("due")]


class TestRowsOfBefore:
    async def test_trace(self, book):
        """A due row that was written before there were traces has none, and can be sent."""
        row = await book.owe(1)
        values = {name: value for name, value in row.values.items() if name != "trace"}

        assert not ledger.to_delivery(replace(row, values=values)).trace

    @pytest.mark.parametrize(("outcome", "known"), [(TIMEOUT, True), (THROTTLED, False)])
    async def test_tried(self, book, outcome, known):
        """Rows that do not say whether there were attempts before say what they count."""
        await book.write(finish(await book.owe(1), outcome))
        book.forget("tried")

        assert known == ledger.to_delivery(await book.due()).known
        assert known == ledger.to_delivery(await book.owe(2, LATER)).known
