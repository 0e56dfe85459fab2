"""What becomes of a reminder: begun before it leaves, it is over after one try that may have."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import (
    LATE,
    SCHEDULE,
    Accepted,
    Deferred,
    Kind,
    Outcome,
    Rejected,
    Reminder,
)
from leadshare.deliveries.ledger import Attempt
from leadshare.store.keys import attempt_in, due_in
from leadshare.store.table import Change, Row
from tests.builders import LEAD, NOW, minutes, record

REMINDER = Reminder(
    Kind.ESCALATE, NOW, "Europe/Berlin", timedelta(hours=9, minutes=5), 8.5, ("desk",), ("crm",)
)
LATER = NOW + minutes(1)


def owed(**changes: object) -> Row:
    """The due row of a reminder."""
    change = ledger.remind(LEAD, "boss", record(), REMINDER, NOW)
    return Row(LEAD[0], change.key, {**change.values, **changes}, "e1")


def finish(outcome: Outcome, row: Row | None = None) -> list[Change]:
    """What follows from an attempt a minute later."""
    row = row or owed()
    attempt = Attempt(ledger.to_delivery(row), outcome, LATER, 200)
    return ledger.finish(row, attempt, SCHEDULE, NOW, 0.0, look_up=True)


class TestRow:
    def test_round_trip(self):
        """It is read as it was owed, with what a notice shows of the lead."""
        told = ledger.to_delivery(owed())

        assert REMINDER == told.reminder
        assert (LEAD, "boss", record(), NOW, 0, ()) == (
            *(told.lead, told.destination, told.record, told.owed_since),
            *(told.attempts, told.entries),
        )

    def test_key(self):
        """It is due at once, beside whatever else is due of the lead at the same time."""
        assert ("boss", NOW) == due_in(owed().key)
        assert owed().key.endswith(f"|{LEAD}|escalate")

    def test_delivery(self):
        """A delivery reminds of nothing."""
        row = Row("0", "k", {**owed().values, "reminder": None})

        assert ledger.to_delivery(row).reminder is None


class TestFinish:
    @pytest.mark.parametrize("outcome", [Accepted("r"), Rejected("unclear")])
    def test_over(self, outcome):
        """It is over whether it was told, or must not be told again; its attempt is kept."""
        gone, attempt = finish(outcome)

        assert Change("delete", owed().key, etag="e1") == gone
        assert ("boss", LATER) == attempt_in(attempt.key)
        assert "escalate" == attempt.values["kind"]

    def test_deferred(self):
        """What has not left leaves later, as if it had not been begun."""
        gone, attempt, again = finish(Deferred("http_503"), owed(begun=True))

        assert ("delete", "insert") == (gone.kind, again.kind)
        assert "http_503" == attempt.values["reason"]
        assert ("boss", LATER + minutes(0.5)) == due_in(again.key)
        assert (1, False) == (again.values["attempts"], again.values["begun"])
        assert REMINDER == ledger.to_delivery(Row("0", again.key, again.values)).reminder

    def test_throttled(self):
        """What was never judged does not use the schedule up."""
        *_, again = finish(Deferred("throttled", counts=False))

        assert 0 == again.values["attempts"]
        assert due_in(again.key) == ("boss", LATER + minutes(0.5))

    def test_exhausted(self):
        assert 2 == len(finish(Deferred("http_503"), owed(attempts=len(SCHEDULE) - 1)))

    def test_no_delivery(self):
        """Nothing is said of a delivery, which the destination may not have."""
        for outcome in (Accepted("r"), Rejected("bad"), Deferred("late")):
            assert not [one for one in finish(outcome) if "|delivery|" in one.key]


class TestOver:
    @pytest.mark.parametrize(
        ("changes", "age", "why"),
        [
            ({}, LATE, ""),
            ({}, LATE + minutes(1), "too_old"),
            ({"begun": True}, minutes(0), "unclear"),
        ],
    )
    def test_why(self, changes, age, why):
        """One that was begun and never finished may have left; one that is late helps nobody."""
        assert why == ledger.over(owed(**changes), NOW + age)

    def test_dropped(self):
        """Where a delivery is parked a reminder is dropped, and its attempt says why."""
        gone, attempt = ledger.park(owed(), "too_old", LATER)

        assert Change("delete", owed().key, etag="e1") == gone
        assert ("rejected", "too_old", "escalate") == tuple(
            attempt.values[name] for name in ("outcome", "reason", "kind")
        )

    def test_begin(self):
        """That it leaves is noted only while it is as it was read."""
        assert Change("merge", owed().key, {"begun": True}, "e1") == ledger.begin(owed())
