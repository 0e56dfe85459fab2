"""Keys: ranges of keys that a use case reads hold what they are to hold, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadshare.deliveries.delivery import RANKS
from leadshare.store.keys import (
    attempt_in,
    attempt_key,
    delivery_key,
    due_elsewhere,
    due_in,
    due_key,
    index_kind,
    index_time,
    kind_in,
    lead_in,
    lead_key,
    parked_key,
    quarantine_key,
    unfollowed_key,
)
from leadshare.store.table import move
from tests.builders import LEAD, NOW

NAMES = st.text("ab-0z", min_size=1, max_size=4)


class TestWhatKeysSay:
    @given(name=NAMES, rank=st.sampled_from(RANKS))
    def test_index(self, name, rank):
        """The key of an index row says what the row is, and since when."""
        keys = [
            due_key(name, rank, NOW, LEAD),
            parked_key(name, NOW, LEAD),
            unfollowed_key("unrouted", NOW, LEAD),
            quarantine_key(NOW, "t"),
        ]

        assert [
            ("due", NOW),
            ("parked", NOW),
            ("unrouted", NOW),
            ("quarantine", NOW),
        ] == [(index_kind(key), index_time(key)) for key in keys]
        assert [(name, NOW), None, None, None] == [due_in(key) for key in keys]

    @given(name=NAMES)
    def test_contact(self, name):
        """The key of a contact's row says what the row is, and of which lead."""
        keys = [lead_key(LEAD), delivery_key(LEAD, name), attempt_key(LEAD, name, NOW)]

        assert [("lead", LEAD), ("delivery", LEAD), ("attempt", LEAD)] == [
            (kind_in(key), lead_in(key)) for key in keys
        ]
        assert (name, NOW) == attempt_in(keys[-1])


class TestDueElsewhere:
    @given(configured=st.sets(NAMES, max_size=6), name=NAMES, rank=st.sampled_from(RANKS))
    def test_ranges(self, configured, name, rank):
        """What is due lies in one range if its destination is not configured, else in none."""
        key = due_key(name, rank, NOW, LEAD)

        found = [start for start, end in due_elsewhere(configured) if start <= key < end]

        assert (name not in configured) == len(found)

    def test_nothing_else(self):
        """No other index lies in any of the ranges."""
        others = ("parked|crm|1|l", "seen|1|l", "unrouted|1|l", "notice_only|1|l", "quarantine|1|t")

        spans = due_elsewhere([])

        assert not [key for key in others if any(start <= key < end for start, end in spans)]


class TestMove:
    def test_ways(self):
        """An index row comes, stays where it is, moves, goes, or was never there."""
        told = [
            [(change.kind, change.key) for change in move(old, new, {})]
            for old, new in (("", "b"), ("a", "a"), ("a", "b"), ("a", ""), ("", ""))
        ]

        assert [
            [("insert", "b")],
            [("replace", "a")],
            [("delete", "a"), ("insert", "b")],
            [("delete", "a")],
            [],
        ] == told
