"""Silence: a listing is late only by its own measure."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from leadshare.watch.silence import silence
from tests.builders import NOW


def days(*ago: float) -> list[datetime]:
    """Times so many days ago."""
    return [NOW - timedelta(days=number) for number in ago]


class TestSilence:
    @pytest.mark.parametrize(
        ("ago", "late"),
        [
            pytest.param((10, 9, 8, 7, 6), True, id="daily-then-six-days"),
            pytest.param((30, 24, 18, 12, 6), False, id="weekly-then-six-days"),
            pytest.param((49, 43, 37, 31, 13), False, id="longest-gap-counts"),
            pytest.param((10, 9, 8, 7), False, id="too-few-to-tell"),
            pytest.param((0.9, 0.8, 0.7, 0.6, 0.55), False, id="shorter-than-a-day"),
            pytest.param((6, 10, 8, 9, 7), True, id="in-any-order"),
        ],
    )
    def test_late(self, ago, late):
        """Late is what is silent for twice its longest gap, and a day at least, if there is
        enough.
        """
        assert late == silence(days(*ago), NOW).late

    def test_told(self):
        """It tells how many leads, how long it is silent, and how long it was at most."""
        told = silence(days(9, 8, 5, 4, 3), NOW)

        assert (5, timedelta(days=3), timedelta(days=3)) == (told.leads, told.now, told.usual)
