"""Deliveries: the retry schedule, and whether a destination may know of a lead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.deliveries.delivery import SCHEDULE, TOO_OLD, next_due
from tests.builders import NOW, delivery

FIGURES = (0, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)


class TestSchedule:
    @pytest.mark.parametrize(("attempts", "seconds"), list(enumerate(FIGURES)))
    def test_figures(self, attempts, seconds):
        """The delays are 0, 30 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h."""
        assert NOW + timedelta(seconds=seconds) == next_due(NOW, attempts, SCHEDULE, 0)

    @given(st.integers(0, 9), st.floats(0, 1, exclude_max=True))
    def test_jitter(self, attempts, chance):
        """Chance adds up to a tenth of a delay and never takes from it."""
        due = next_due(NOW, attempts, SCHEDULE, chance)

        assert due is not None
        assert FIGURES[attempts] <= (due - NOW).total_seconds() <= FIGURES[attempts] * 1.1 + 1e-6

    def test_jitter_spreads(self):
        """The more chance, the later."""
        assert NOW + timedelta(seconds=31.5) == next_due(NOW, 1, SCHEDULE, 0.5)

    @pytest.mark.parametrize("attempts", [10, 11, 1000])
    def test_end(self, attempts):
        """After the last delay there is no other."""
        assert next_due(NOW, attempts, SCHEDULE, 0) is None

    def test_outlasts_a_weekend(self):
        """The whole schedule lasts from Friday noon to Monday noon at least, and ends before a
        delivery is too old.
        """
        assert timedelta(days=3) <= timedelta(seconds=sum(SCHEDULE))
        assert timedelta(seconds=sum(SCHEDULE) * 1.1) < TOO_OLD == timedelta(days=7)


class TestDelivery:
    @pytest.mark.parametrize(
        ("sent", "attempts", "known"),
        [
            pytest.param(0, 0, False, id="never-tried"),
            pytest.param(0, 1, True, id="unclear"),
            pytest.param(2, 0, True, id="sent-before"),
        ],
    )
    def test_known(self, sent, attempts, known):
        """A destination may know of a lead once a request has left for it."""
        assert known == delivery(sent=sent, attempts=attempts).known

    def test_record_is_not_shown(self):
        """A delivery that is printed shows no record."""
        assert "Buyer" not in repr(delivery())
