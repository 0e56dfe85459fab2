"""How many leads wait, and how many of them for longer than they should."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadshare.leads.waiting.counting import count
from tests.leads.office import HOUR
from tests.leads.waiting.world import Office, of_three


@pytest.fixture(name="office")
async def _office():
    return await of_three()


class TestCount:
    async def test_none(self):
        office = Office()
        told = await count(office.table, office.configured.clock, office.now)

        assert {"count": 0, "oldest_seconds": 0, "over_target": 0} == told.facts

    @pytest.mark.parametrize(
        ("hours", "over"), [(0, 0), (5, 0), (21.5, 1), (22.5, 2), (23.5, 3), (200, 3)]
    )
    async def test_over(self, office, hours, over):
        """They came at 9, 10 and 11; each is over once eight working hours have passed."""
        office.now += hours * HOUR
        told = await count(office.table, office.configured.clock, office.now)

        assert (3, over) == (told.leads, told.over_target)
        assert (3 + hours) * HOUR == told.oldest

    async def test_without_clock(self, office):
        """While nobody knows the target, it is not said how many are over it."""
        told = await count(office.table, None, office.now)

        assert {"count": 3, "oldest_seconds": 3 * 3600} == told.facts

    async def test_more(self, office, monkeypatch):
        monkeypatch.setattr("leadshare.leads.waiting.counting.COUNTED", 1)

        told = await count(office.table, None, office.now)

        assert told.facts["more"] is True

    async def test_clock_behind(self, office):
        """A clock that is behind makes nobody wait for less than nothing."""
        told = await count(office.table, office.configured.clock, office.now - timedelta(days=1))

        assert {"count": 3, "oldest_seconds": 0, "over_target": 0} == told.facts
