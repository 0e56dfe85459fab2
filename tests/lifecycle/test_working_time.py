"""Working time: by the team's clocks, without what is free, whole whatever it is cut into."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.lifecycle.working_time import WorkingTime

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
OFFICE = [(9 * HOUR, 12 * HOUR), (13 * HOUR, 17 * HOUR)]
TEAM = WorkingTime(BERLIN, dict.fromkeys(range(5), OFFICE))
WHOLE = ((0 * HOUR, 24 * HOUR),)
ROUND = WorkingTime(BERLIN, dict.fromkeys(range(7), WHOLE))


def at(text: str) -> datetime:
    """The instant at which clocks in Berlin show *text*."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


class TestBetween:
    @pytest.mark.parametrize(
        ("start", "end", "hours"),
        [
            ("2026-11-30 10:00", "2026-11-30 11:30", 1.5),
            ("2026-11-30 06:00", "2026-11-30 23:00", 7),
            ("2026-11-30 12:10", "2026-11-30 12:50", 0),  # at noon nobody works
            ("2026-11-30 16:00", "2026-12-01 10:00", 2),  # overnight
            ("2026-11-27 16:00", "2026-11-30 10:00", 2),  # over a weekend
            ("2026-11-28 10:00", "2026-11-29 10:00", 0),
            ("2026-11-30 11:00", "2026-11-30 10:00", 0),
            ("2026-10-23 16:00", "2026-10-26 10:00", 2),  # clocks went back in between
        ],
    )
    def test_hours(self, start, end, hours):
        assert hours * HOUR == TEAM.between(at(start), at(end))

    @pytest.mark.parametrize(
        ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)]
    )
    def test_changed_clocks(self, day, hours):
        """A day on which clocks change is as long as it is."""
        begins = at(f"{day} 00:00")

        assert hours * HOUR == ROUND.between(begins, begins + hours * HOUR)
        assert begins + hours * HOUR == at(f"{date.fromisoformat(day) + timedelta(days=1)} 00:00")

    def test_left_out(self):
        """Hours that a clock leaves out are nobody's, and those beside them are counted once."""
        night = [(1 * HOUR, 2.5 * HOUR), (2.5 * HOUR, 4 * HOUR)]
        team = WorkingTime(BERLIN, {6: night})

        assert 2 * HOUR == team.between(at("2026-03-29 00:00"), at("2026-03-29 12:00"))

    def test_holiday(self):
        team = WorkingTime(BERLIN, TEAM.week, lambda day: day == date(2026, 12, 1))

        assert 2 * HOUR == team.between(at("2026-11-30 16:00"), at("2026-12-02 10:00"))

    def test_holiday_of_the_place(self):
        """A day begins at midnight where the team is."""
        tuesday = date(2026, 12, 1)
        team = WorkingTime(ZoneInfo("Pacific/Auckland"), {1: OFFICE}, lambda day: day != tuesday)

        assert 7 * HOUR == team.between(
            datetime(2026, 11, 30, 18, tzinfo=UTC), datetime(2026, 12, 1, 8, tzinfo=UTC)
        )


class TestAfter:
    @pytest.mark.parametrize(
        ("start", "hours", "end"),
        [
            ("2026-11-30 10:00", 1.5, "2026-11-30 11:30"),
            ("2026-11-30 10:00", 2, "2026-11-30 12:00"),  # no later than it must be
            ("2026-11-30 10:00", 2.5, "2026-11-30 13:30"),
            ("2026-11-27 16:00", 8, "2026-11-30 17:00"),
            ("2026-11-28 11:11", 1, "2026-11-30 10:00"),
            ("2026-11-28 11:11", 0, "2026-11-28 11:11"),
        ],
    )
    def test_instant(self, start, hours, end):
        assert at(end) == TEAM.after(at(start), hours * HOUR)

    def test_never(self):
        """Who never works is told of, not waited for."""
        team = WorkingTime(BERLIN, TEAM.week, lambda _: True)

        with pytest.raises(ValueError, match="nobody works"):
            team.after(at("2026-11-30 10:00"), HOUR)


minutes = st.integers(0, 24 * 60).map(lambda minute: timedelta(minutes=minute))
days = st.lists(minutes, max_size=6).map(
    lambda ends: [*zip(*[iter(sorted(ends))] * 2, strict=False)]
)
zones = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Beirut"]
)
teams = st.builds(
    lambda zone, week, free: WorkingTime(
        ZoneInfo(zone), {**dict(enumerate(week)), 2: [(9 * HOUR, 17 * HOUR)]}, free.__contains__
    ),
    zones,
    st.lists(days, max_size=7),
    st.frozensets(st.dates(date(2026, 3, 1), date(2026, 4, 30)), max_size=20),
)
instants = st.sampled_from(
    [datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 10, 28, tzinfo=UTC)]
).flatmap(lambda middle: st.timedeltas(timedelta(days=-10), timedelta(days=10)).map(middle.__add__))
lengths = st.timedeltas(timedelta(0), timedelta(hours=40))


class TestAlways:
    """In weeks in which clocks change, with holidays, and hours at any time of the day."""

    @given(teams, instants, lengths)
    def test_inverse(self, team, start, much):
        assert much == team.between(start, team.after(start, much))

    @given(teams, instants, instants)
    def test_first(self, team, start, end):
        """What `after` finds is the first instant that has so much working time behind it."""
        start, end = sorted([start, end])
        found = team.after(start, team.between(start, end))

        assert start <= found <= end

    @given(teams, instants, instants, instants)
    def test_additive(self, team, one, two, three):
        one, two, three = sorted([one, two, three])

        assert team.between(one, three) == team.between(one, two) + team.between(two, three)

    @given(teams, instants, instants)
    def test_real(self, team, start, end):
        """No more time is worked than passes, and none where nothing has."""
        start, end = sorted([start, end])

        assert timedelta(0) <= team.between(start, end) <= end - start
        assert timedelta(0) == team.between(end, start)

    @given(teams, instants, lengths, lengths)
    def test_monotone(self, team, start, less, more):
        less, more = sorted([less, more])

        assert team.after(start, less) <= team.after(start, more)
