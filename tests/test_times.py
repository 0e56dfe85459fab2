"""Times: keys that sort, texts that people read, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.times import from_key, from_text, to_key, to_reverse_key, to_text
from tests.builders import NOW

TIMES = st.datetimes(
    datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis wants its bounds without a zone
    datetime(2286, 11, 20, 3),  # noqa: DTZ001 - as above
    timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours))),
).map(lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000))
"""Instants of whole milliseconds, as rows keep them, while 13 digits last."""


class TestKeys:
    def test_pinned(self):
        """A key is the time in UTC milliseconds; the reverse key is what is left of 13 nines."""
        assert "1795348800000" == to_key(NOW)
        assert "8204651199999" == to_reverse_key(NOW)
        assert "0000000000000" == to_key(datetime(1970, 1, 1, tzinfo=UTC))

    @given(TIMES, TIMES)
    def test_sort(self, one, other):
        """Keys sort as times do, reverse keys the other way, and all have 13 digits."""
        assert (one < other) == (to_key(one) < to_key(other))
        assert (one < other) == (to_reverse_key(one) > to_reverse_key(other))
        assert {13} == {len(to_key(one)), len(to_reverse_key(one))}

    @given(TIMES)
    def test_back(self, time):
        """A key reads back as the same instant."""
        assert time == from_key(to_key(time))

    @pytest.mark.parametrize(
        ("time", "text"),
        [
            pytest.param(datetime(1, 1, 1, tzinfo=UTC), "0000000000000", id="before-all"),
            pytest.param(datetime(9999, 12, 31, tzinfo=UTC), "9999999999999", id="after-all"),
        ],
    )
    def test_no_such_digits(self, time, text):
        """What 13 digits cannot tell is as the first or the last of what they can."""
        assert text == to_key(time)
        assert 9_999_999_999_999 - int(text) == int(to_reverse_key(time))
        assert 13 == len(to_reverse_key(time))

    def test_parts_of_a_millisecond(self):
        """Parts of a millisecond are dropped, never rounded up into the future."""
        assert to_key(NOW) == to_key(NOW + timedelta(microseconds=999))


class TestTexts:
    @pytest.mark.parametrize(
        ("time", "text"),
        [
            pytest.param(NOW, "2026-11-22T12:00:00.000Z", id="utc"),
            pytest.param(
                datetime(2026, 11, 22, 13, 0, 0, 5999, tzinfo=timezone(timedelta(hours=1))),
                "2026-11-22T12:00:00.005Z",
                id="elsewhere",
            ),
        ],
    )
    def test_text(self, time, text):
        """A text is ISO 8601 in UTC, with milliseconds and a Z."""
        assert text == to_text(time)

    @given(TIMES)
    def test_back(self, time):
        """A text reads back as the same instant."""
        assert time == from_text(to_text(time))
