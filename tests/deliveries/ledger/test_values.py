"""What the rows of a delivery hold, read and written by themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadshare.deliveries.delivery import Kind
from leadshare.deliveries.ledger import values
from leadshare.deliveries.ledger.story import pack
from leadshare.store.keys import delivery_key, due_key
from leadshare.store.table import Change, Row
from tests.builders import LEAD, NOW, delivery, entry, minutes
from tests.deliveries.ledger.book import LATER

MILLISECOND = minutes(1 / 60_000)


def due_row(**changes: object) -> Row:
    """The due row of a delivery."""
    held = values.index_values(delivery(), Kind.DELIVER, "0") | changes
    return Row("0", due_key("crm", "0", NOW, LEAD), held, "e")


class TestDelivery:
    def test_round_trip(self):
        """A delivery that a due row was made of is read out of it as it was, attempts anew."""
        one = delivery(sent=1, record_id="crm-1", attempts=3, trace="t")

        held = values.index_values(one, Kind.LOOK_UP, "0")

        assert replace(one, attempts=0) == values.to_delivery(Row("0", "due|", held))

    def test_older_row(self):
        """A row of before there were traces has none, and nothing was tried by it."""
        held = dict(due_row().values)
        del held["trace"], held["tried"]

        read = values.to_delivery(Row("0", "due|", held))

        assert ("", False) == (read.trace, read.tried)


class TestWasTried:
    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            pytest.param(None, False, id="none"),
            pytest.param({"attempts": 0}, False, id="older"),
            pytest.param({"attempts": 0, "tried": None}, False, id="empty"),
            pytest.param({"attempts": 0, "tried": True}, True, id="before"),
            pytest.param({"attempts": 1, "tried": False}, True, id="attempted"),
        ],
    )
    def test_case(self, row, expected):
        """What was attempted, now or before attempts began anew, was tried."""
        assert expected == values.was_tried(None if row is None else Row("0", "k", row))


class TestNewVersion:
    def test_kept(self):
        """What was accepted is kept, all else begins anew."""
        before = Row("0", "k", {"sent": 2, "record_id": "r", "attempts": 4, "index": "i"})

        now = values.delivery_values(before, LEAD, "crm", 3, NOW)

        assert (3, 2, "r", 0, True, "") == tuple(
            now[name] for name in ("wanted", "sent", "record_id", "attempts", "tried", "index")
        )
        assert ("i", "") == (values.index_of(before), values.index_of(None))


class TestMovedKey:
    def test_moves(self):
        """A due row moves to its new time."""
        key = due_key("crm", "0", LATER, LEAD)

        assert (key, LATER) == values.moved_key(due_row(), LATER)

    def test_same_time(self):
        """What is due at the very time at which it was is due a millisecond later."""
        later = NOW + MILLISECOND

        assert (due_key("crm", "0", later, LEAD), later) == values.moved_key(due_row(), NOW)


class TestParking:
    def test_rows(self):
        """What is parked has a parked row with the reason, and the delivery's row its key."""
        parked, merged = values.parking(due_row(), 3, "too_old", NOW)

        assert (3, "too_old") == (parked.values["attempts"], parked.values["reason"])
        assert (delivery_key(LEAD, "crm"), parked.key) == (merged.key, merged.values["index"])
        assert "too_old" == values.parked_as([parked, merged])
        assert "" == values.parked_as([parked])


class TestCorrect:
    @pytest.mark.parametrize(("index", "keys"), [("due|x", ["k", "due|x"]), ("", ["k"])])
    def test_rows(self, index, keys):
        """The index row is corrected with the delivery's own, where there is one."""
        lead = Row("0", "lead", {"story": pack([entry(version=n) for n in (3, 2, 1)])})

        changes = values.correct(Row("0", "k", {"index": index, "sent": 3}, "e"), {"sent": 2}, lead)

        assert keys == [change.key for change in changes]
        assert Change("merge", "k", {"sent": 2}, "e") == changes[0]
        owed = {"sent": 2, "story": pack([entry(version=3)])}
        assert {"due|x": owed}.get(index) == (changes[1].values if index else None)
