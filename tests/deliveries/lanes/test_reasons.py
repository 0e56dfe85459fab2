"""How often each reason came up: counted by the hour, bounded, and forgotten after a day."""

from __future__ import annotations

from datetime import timedelta

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.deliveries.lanes import reasons
from tests.builders import NOW

NONE = "{}"
HOUR = timedelta(hours=1)


class TestCount:
    def test_counted(self):
        """Each reason is counted by record, what was accepted is not."""
        outcomes = (Deferred("http_503"), Accepted(), Rejected("bad"), Deferred("http_503"))
        kept = reasons.count(reasons.count(NONE, outcomes, NOW), outcomes, NOW + 2 * HOUR)

        assert {"http_503": 4, "bad": 2} == reasons.total(kept, NOW + 2 * HOUR)

    def test_nothing(self):
        """Where all was accepted, the row's text stays as it is."""
        assert "anything" == reasons.count("anything", [Accepted()], NOW)

    def test_bounded(self):
        """Whatever a destination calls its reasons, a day of them fits in the row; none is lost."""
        kept = NONE
        for hour in range(48):
            for number in range(100):
                outcome = Rejected(f"{hour} {number} " + "\N{SNOWMAN}" * 900)
                kept = reasons.count(kept, [outcome], NOW + hour * HOUR)

        counted = reasons.total(kept, NOW + 47 * HOUR)
        assert len(kept) < 2**15
        assert 24 * 100 == sum(counted.values())
        assert 24 * 88 == counted["others"]

    def test_strange(self):
        """What would be longer in the row than in the code is counted as a question mark."""
        kept = reasons.count(NONE, [Rejected('a"b\\c\N{SNOWMAN}\n')], NOW)

        assert {"a?b?c??": 1} == reasons.total(kept, NOW)


class TestTotal:
    def test_most_frequent_first(self):
        """The most frequent come first, whenever they came."""
        kept = reasons.count(NONE, [Rejected("rare"), Rejected("often")], NOW)
        kept = reasons.count(kept, [Rejected("often")], NOW + HOUR)

        assert ["often", "rare"] == [*reasons.total(kept, NOW + HOUR)]

    def test_forgotten(self):
        """After a day they are forgotten, in what is told and in the row."""
        old = reasons.count(NONE, [Rejected("old")], NOW)
        later = NOW + 24 * HOUR

        assert {} == reasons.total(old, later)
        assert "old" not in reasons.count(old, [Rejected("new")], later)
