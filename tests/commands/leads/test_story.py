"""For how long a lead waits, as people read it."""

from __future__ import annotations

import pytest

from leadshare.commands.leads.story import called, working

CLOCK = {
    "ready_at": "2026-11-30T09:00:00.000Z",
    "signed_at": "",
    "signed_by": "",
    "reminded_at": "",
    "escalated_at": "",
    "seconds": 30600,
    "over_24_hours": False,
}
TEAM = {"working_seconds": 28800, "target_seconds": 28800, "over_target": False}
AT = "2026-11-30T17:00:00.000Z"


@pytest.mark.parametrize(
    ("clock", "said"),
    [
        ({}, ""),
        (CLOCK, "by nobody for 8.5 h"),
        (CLOCK | TEAM, "by nobody for 8.5 h, 8.0 of 8 working hours"),
        (
            CLOCK | TEAM | {"over_target": True, "reminded_at": AT},
            "by nobody for 8.5 h, 8.0 of 8 working hours; reminded 2026-11-30 17:00",
        ),
        (
            CLOCK | {"signed_at": AT, "signed_by": "crm"},
            "2026-11-30 17:00:00, by crm, after 8.5 h",
        ),
    ],
)
def test_called(clock, said):
    assert said in called(clock)


@pytest.mark.parametrize(
    ("clock", "said"),
    [
        (CLOCK, ""),
        (CLOCK | TEAM, "8.0 of 8"),
    ],
)
def test_working(clock, said):
    assert said == working(clock)
