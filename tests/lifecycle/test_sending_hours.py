"""Hours in which customers may be reached: those that hold in all zones of their country."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.lifecycle.basis import CARRIES, carried
from leadshare.lifecycle.sending_hours import window
from leadshare.lifecycle.zones import zones_of
from leadshare.playbook import Intent

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
NINE_TO_FIVE = {day: [(timedelta(hours=9), timedelta(hours=17))] for day in range(5)}


@given(
    st.integers(0, 366 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes)),
    st.sampled_from(["DE", "US", "AU", "BR", "ES", "JP", "NP"]),
)
def test_in_all(start, country):
    """All of a window is in the hours of each zone, and it is the next there is."""
    zones = zones_of(country)
    found = window(zones, NINE_TO_FIVE, start)
    assert found is not None
    begins, ends = found

    assert start <= begins < ends
    for at in (begins, begins + (ends - begins) / 2, ends - timedelta(seconds=1)):
        for zone in zones:
            local = at.astimezone(zone)
            assert local.weekday() < 5
            assert 9 <= local.hour < 17
    if begins > start:
        before = begins - timedelta(seconds=1)
        assert not all(
            one.astimezone(zone).weekday() < 5 and 9 <= one.astimezone(zone).hour < 17
            for one in [before]
            for zone in zones
        )


@pytest.mark.parametrize(("country", "zones"), [("DE", 2), ("AT", 1), ("", 0), ("somewhere", 0)])
def test_zones(country, zones):
    assert zones == len(zones_of(country))


def test_none():
    """Where a country is too wide, no hour holds in all of it."""
    assert window(zones_of("RU"), NINE_TO_FIVE, NEW_YEAR) is None


def test_basis():
    """Nothing that an unknown action or do-not-contact shows carries any basis; nor does none."""
    for basis in CARRIES:
        assert not any(carried(basis, intent) for intent in (Intent.NONE, Intent.OTHER))
        assert carried(basis, Intent.CONTACT_REQUEST)
    assert not any(carried(None, intent) for intent in Intent)
