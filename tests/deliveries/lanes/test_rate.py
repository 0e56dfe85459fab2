"""A rate budget as it is configured: what may leave at once, and which day a call counts for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from leadshare.deliveries.lanes.rate import Rate


class TestRate:
    @pytest.mark.parametrize(
        ("calls", "bucket", "reserve"), [(1, 1, 0), (3, 1, 0), (4, 2, 1), (100, 10, 2)]
    )
    def test_at_once(self, calls, bucket, reserve):
        """A tenth may leave at once, two where there are four; a fifth of it is for what is urgent,
        one at least where there are two.
        """
        rate = Rate(calls=calls, seconds=60)

        assert (bucket, reserve) == (rate.bucket, rate.reserve)

    @pytest.mark.parametrize(
        ("resets", "day"), [("UTC", "2026-11-28"), ("America/Chicago", "2026-11-27")]
    )
    def test_day(self, resets, day):
        """A day begins at midnight of its time zone."""
        rate = Rate(calls=1, seconds=1, daily=9, resets=resets)

        assert day == rate.day(datetime(2026, 11, 28, 5, 59, tzinfo=UTC))

    @pytest.mark.parametrize(
        "values",
        [
            pytest.param({"calls": 0, "seconds": 60}, id="no-calls"),
            pytest.param({"calls": 5, "seconds": 0}, id="no-time"),
            pytest.param({"calls": 5, "seconds": 60, "burst": 5}, id="unknown-key"),
            pytest.param({"calls": 5, "seconds": 60, "resets": "Mars/Olympus"}, id="no-zone"),
            pytest.param({"calls": 5, "seconds": 60, "daily": 0}, id="no-day"),
        ],
    )
    def test_wrong(self, values):
        """A budget that allows nothing, or says more than is known, is refused."""
        with pytest.raises(ValidationError):
            Rate.model_validate(values)
