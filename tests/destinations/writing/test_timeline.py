"""Timelines: what a refused entry means for its lead, and for no other."""

from __future__ import annotations

import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.destinations.replies import UNTOLD, Verdict
from leadshare.destinations.writing.telling import CUT, Note
from leadshare.destinations.writing.timeline import Owed, of_entry, settled, within
from tests.builders import LEAD, NOW, delivery

OTHER = "f" * 32 + "-" + "0" * 16
DOWN = Verdict(Deferred("http_503"), 503, failing=True)
WRITTEN = Verdict(Accepted("r-1"), 200)


def owed(touch: str, lead: str = LEAD) -> Owed:
    """An entry of a lead."""
    return Owed(delivery(lead=lead), "r-1", Note(touch, NOW, "subject", "text"))


class TestOfEntry:
    @pytest.mark.parametrize(
        "verdict",
        [
            Verdict(Rejected("crm_BAD", said="bad"), 400),
            Verdict(Deferred("forbidden", said="bad"), 403, failing=True),
            Verdict(Deferred("field_missing", said="bad"), 400, failing=True),
            Verdict(Deferred("key_missing", said="bad"), 400, failing=True),
        ],
    )
    def test_refused(self, verdict):
        """An entry that is refused waits, told by a reason of its own, and the breaker is not."""
        refused = of_entry(verdict)

        assert UNTOLD == refused
        assert "bad" == refused.outcome.said

    def test_waits(self):
        """A system that is down, or busy, is so for entries as for records."""
        assert DOWN == of_entry(DOWN)


class TestSettled:
    def test_all(self):
        """A lead is delivered once its record and all of its entries are in."""
        records = {LEAD: WRITTEN, OTHER: WRITTEN}
        told = {"a": WRITTEN, "b": DOWN, "c": WRITTEN}

        assert {LEAD: DOWN, OTHER: WRITTEN} == settled(
            records, [owed("a"), owed("b"), owed("c", OTHER)], told
        )

    def test_first(self):
        """Of several entries that are not in, the oldest is told of."""
        told = {"a": DOWN, "b": Verdict(Rejected("crm_BAD"))}

        assert {LEAD: DOWN} == settled({LEAD: WRITTEN}, [owed("a"), owed("b")], told)


class TestWithin:
    def test_cut(self):
        """A text that a field cannot hold says that it was cut."""
        assert "short" == within("short", 60)
        assert within("n" * 100, 60).endswith(CUT)
        assert 60 >= len(within("n" * 100, 60))
