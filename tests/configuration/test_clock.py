"""The clock's settings: working hours as people write them, and what cannot be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from leadshare.configuration.clock import Clock
from leadshare.errors import Faults

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)


def clock(**told: Any) -> Clock:
    """A clock of a team in London that reminds the desk."""
    return Clock.model_validate({"zone": "Europe/London", "remind_to": ["desk"], **told})


def wrong(**told: Any) -> str:
    """What is said of a clock that cannot be."""
    with pytest.raises(ValidationError) as caught:
        clock(**told)
    [error] = caught.value.errors()
    own = error.get("ctx", {}).get("error")
    faults = own.faults if isinstance(own, Faults) else [((), error["msg"])]
    return "; ".join(f"{(*error['loc'], *place)} {text}" for place, text in faults)


class TestTimes:
    def test_default(self):
        """Eight working hours, and twice as many; from nine to five from Monday to Friday."""
        told = clock()

        assert (8 * HOUR, 16 * HOUR) == (told.reminds_after, told.escalates_after)
        assert 40 * HOUR == told.working_time.between(MONDAY, MONDAY + timedelta(days=7))

    def test_target(self):
        """The reminder leaves when the target is missed, unless something else is told."""
        told = clock(target=4)

        assert (4 * HOUR, 8 * HOUR) == (told.reminds_after, told.escalates_after)
        told = clock(target=4, remind=2, escalate=6.5, escalate_to=["boss"])
        assert (2 * HOUR, 6.5 * HOUR) == (told.reminds_after, told.escalates_after)

    def test_hours(self):
        """Days that are not named are free; a day may have a break."""
        told = clock(hours={"mon": "09:00-12:00, 13:00-17:30", "sun": "22:00-24:00"})

        assert 7.5 * HOUR == told.working_time.between(MONDAY, MONDAY + timedelta(days=6))
        assert 9.5 * HOUR == told.working_time.between(MONDAY, MONDAY + timedelta(days=7))

    def test_holidays(self):
        """The 25th is free, and the 28th instead of the 26th, which is a Saturday."""
        friday = datetime(2026, 12, 25, tzinfo=UTC)
        told = clock(holidays="GB-ENG")

        assert datetime(2026, 12, 29, 10, tzinfo=UTC) == told.working_time.after(friday, HOUR)
        assert datetime(2026, 12, 25, 10, tzinfo=UTC) == told.without_holidays.after(friday, HOUR)


class TestWrong:
    @pytest.mark.parametrize(
        ("told", "place", "text"),
        [
            ({"zone": "Europe/Berlim"}, "('zone',)", 'did you mean "Europe/Berlin"'),
            ({"hours": {"mon": "9-17"}}, "('hours', 'mon')", 'hours such as "09:00-17:00"'),
            ({"hours": {"mon": "09:00-24:01"}}, "('hours', 'mon')", "hours such as"),
            ({"hours": {"mon": "09:00-17:00,"}}, "('hours', 'mon')", "hours such as"),
            ({"hours": {"mon": "22:00-06:00"}}, "('hours', 'mon')", "goes past midnight"),
            ({"hours": {"mon": "09:00-09:00"}}, "('hours', 'mon')", "ends before it begins"),
            ({"hours": {"mon": "13:00-17:00, 09:00-12:00"}}, "('hours', 'mon')", "their order"),
            ({"hours": {"mon": "09:00-13:00, 12:00-17:00"}}, "('hours', 'mon')", "none of them"),
            ({"hours": {}}, "('hours',)", "one day at least"),
            ({"hours": {"mon": ""}}, "('hours',)", "one day at least"),
            ({"holidays": "DE-XX"}, "('holidays',)", "no such place"),
            ({"holidays": "de-by"}, "('holidays',)", 'did you mean "DE-BY"'),
            ({"target": 0}, "('target',)", "greater than 0"),
            ({"target": 201}, "('target',)", "less than or equal to 200"),
            ({"remind_to": []}, "('remind_to',)", "at least 1"),
            ({"remind_to": ["desk", "desk"]}, "('remind_to',)", '"desk" is there twice'),
            ({"escalate": 9}, "('escalate',)", "expected escalate_to"),
            ({"remind": 16, "escalate_to": ["boss"]}, "('escalate',)", "more hours"),
            ({"remind": 9, "escalate": 9, "escalate_to": ["boss"]}, "('escalate',)", "more hours"),
        ],
    )
    def test_told(self, told, place, text):
        said = wrong(**told)

        assert said.startswith(place)
        assert text in said
