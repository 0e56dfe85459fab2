"""What statuses mean: as the publisher says, else by default, else nothing."""

from __future__ import annotations

import pytest

from leadshare.lifecycle.outcome import State
from leadshare.lifecycle.statuses import names, state_of

DEFAULTS = {"Closed - Converted": State.OPPORTUNITY, "Working": State.WORKING}


@pytest.mark.parametrize(
    ("status", "told", "state"),
    [
        ("Working", {}, State.WORKING),
        (" closed - CONVERTED ", {}, State.OPPORTUNITY),
        ("Working", {"working": State.LOST}, State.LOST),
        ("Working", {"Working": "new"}, None),
        ("Parked by Ann", {}, None),
        ("Straße", {"STRASSE": State.WON}, State.WON),
    ],
)
def test_state(status, told, state):
    assert state == state_of(status, told, DEFAULTS)


@pytest.mark.parametrize(
    ("status", "named"),
    [("Working", True), (" wORKING ", True), ("Work", False), ("", False)],
)
def test_names(status, named):
    """A table is asked by a name as it is looked up in it."""
    assert named is names(DEFAULTS, status)
