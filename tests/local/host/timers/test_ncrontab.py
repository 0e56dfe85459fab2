"""When schedules fire."""

from datetime import UTC, datetime, timedelta

import pytest

from leadshare.local.host.timers.ncrontab import parse_schedule

MONDAY = datetime(2026, 11, 23, 10, 7, 31, 500000, tzinfo=UTC)


def after(expression, moment=MONDAY, times=1):
    """Give the next runs as text."""
    schedule, runs = parse_schedule(expression), []
    for _ in range(times):
        moment = schedule.after(moment)
        runs.append(f"{moment:%Y-%m-%d %H:%M:%S}")
    return runs


class TestAfter:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            pytest.param("*/2 * * * * *", "2026-11-23 10:07:32", id="step"),
            pytest.param("* * * * * *", "2026-11-23 10:07:32", id="every-second"),
            pytest.param("31 7 10 * * *", "2026-11-24 10:07:31", id="not-now-again"),
            pytest.param("0 */5 * * * *", "2026-11-23 10:10:00", id="every-five-minutes"),
            pytest.param("7 * * * *", "2026-11-23 11:07:00", id="five-fields"),
            pytest.param("0 0 9-17 * * *", "2026-11-23 11:00:00", id="range"),
            pytest.param("0 0 9,12,15 * * *", "2026-11-23 12:00:00", id="list"),
            pytest.param("0 0 1-9/4 * * *", "2026-11-24 01:00:00", id="range-with-step"),
            pytest.param("0 5/20 * * * *", "2026-11-23 10:25:00", id="step-to-the-end"),
            pytest.param("0 0 0 * * sat", "2026-11-28 00:00:00", id="weekday-name"),
            pytest.param("0 0 0 * * Sunday", "2026-11-29 00:00:00", id="whole-name"),
            pytest.param("0 0 0 * * 0", "2026-11-29 00:00:00", id="sunday-is-0"),
            pytest.param("0 0 0 1 jan *", "2027-01-01 00:00:00", id="month-name"),
            pytest.param("0 0 0 31 * *", "2026-12-31 00:00:00", id="short-months-are-skipped"),
            pytest.param("0 0 0 29 2 *", "2028-02-29 00:00:00", id="leap-year"),
            pytest.param("0 0 0 13 * fri", "2027-08-13 00:00:00", id="day-and-weekday-both"),
            pytest.param("0 0 0 * * fri-mon", "2026-11-24 00:00:00", id="backwards-is-turned"),
            pytest.param("00:00:45", "2026-11-23 10:08:16", id="timespan"),
            pytest.param("1.02:00", "2026-11-24 12:07:31", id="timespan-with-days"),
        ],
    )
    def test_next_run(self, expression, expected):
        """A schedule fires at the first time that fits all its fields."""
        assert [expected] == after(expression)

    def test_runs_follow_each_other(self):
        """The next run is counted from the one before."""
        expected = ["2026-11-23 10:08:00", "2026-11-23 10:08:30", "2026-11-23 10:09:00"]

        assert expected == after("0,30 * * * * *", times=3)

    def test_never(self):
        """A date that does not exist is an error and no endless search."""
        with pytest.raises(ValueError, match="never"):
            parse_schedule("0 0 0 30 2 *").after(MONDAY)


class TestParse:
    @pytest.mark.parametrize(
        "expression",
        ["60 * * * * *", "* * * * * 7", "* * * 0 * *", "x * * * * *", "* * *", "0 0 0 * foo *", ""],
    )
    def test_refuses(self, expression):
        """What NCRONTAB does not allow is an error."""
        with pytest.raises(ValueError, match=r".+"):
            parse_schedule(expression)


class TestSubminute:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("*/10 * * * * *", True),
            ("0 * * * * *", False),
            ("*/10 0 * * * *", False),
            ("00:00:59", True),
            ("00:01:00", False),
        ],
    )
    def test_subminute(self, expression, expected):
        """A schedule is kept no status of if it fires more than once in every minute."""
        assert expected == parse_schedule(expression).subminute

    def test_interval(self):
        """A TimeSpan counts from the last run, not from the clock's face."""
        assert MONDAY + timedelta(hours=1) == parse_schedule("01:00:00").after(MONDAY)
