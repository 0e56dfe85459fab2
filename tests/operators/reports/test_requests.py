"""What is asked of reports: who is told few, and whose order counts all anew."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from leadshare.configuration.campaigns import Campaigns
from leadshare.counts import tally as tallies
from leadshare.counts.tally import Tally
from leadshare.errors import BadRequest, ConfigurationError, Forbidden
from leadshare.operators.reports.requests import ReportRequests
from leadshare.store.keys import DAY, PARTITIONS, counted_key
from leadshare.store.table import Change
from tests.builders import PRIVACY_KEY, Office
from tests.counts.world import UTC
from tests.operators.requests import body

SUMMED = timedelta(days=3)
"""So long ago days are read as they were summed, no more from what is counted."""
OF = {
    "listing": ("contoso.robot",),
    "kind": ("app",),
    "campaign": ("",),
    "storefront": ("appsource",),
    "destination": ("crm",),
    "country": ("LI",),
}

NONE = Campaigns()


@dataclass
class Configured:
    """What reports need of a configuration."""

    zone: Any = UTC
    campaigns: Campaigns = NONE
    sold: None = None


@pytest.fixture(name="office")
async def _office() -> Office:
    """An office with one lead today, and one of another country that is counted already."""
    office = Office()
    await office.take(1)
    tally = Tally()
    tally.add(OF, {"leads": 1})
    values = tallies.columns(tally, largest=1 << 20)
    await office.state.write(
        DAY, [Change("insert", counted_key(office.now.date() - SUMMED), values)]
    )
    return office


@pytest.fixture(name="reports")
def _reports(office: Office) -> ReportRequests:
    return office.requests(Configured).reports


async def acts(office: Office) -> list[dict[str, Any]]:
    """What was recorded, newest first."""
    told: Any = (await office.acts.chain.acts(200, ""))["acts"]
    return list(told)


def wrong() -> Any:
    """A configuration that cannot run."""
    raise ConfigurationError("leadshare.toml:3: expected a name")


class TestReport:
    @pytest.mark.parametrize(
        ("query", "key", "shown"),
        [
            ({}, "", "few"),
            ({}, PRIVACY_KEY, "few"),
            ({"persons": "true"}, PRIVACY_KEY, "LI"),
        ],
    )
    async def test_few(self, reports, query, key, shown):
        """A country with few is told by its name to who asks for persons with their key alone."""
        told = await reports.get_report({"by": "country", **query}, key)

        assert [shown] == [row["value"] for row in told["rows"]]

    @pytest.mark.parametrize("key", ["", PRIVACY_KEY[:-1]])
    async def test_forbidden(self, reports, key):
        """Who asks for persons without their key is told nothing."""
        with pytest.raises(Forbidden):
            await reports.get_report({"by": "country", "persons": "true"}, key)

    async def test_wrong_configuration(self, office):
        """A wrong configuration is told instead of figures by wrong days."""
        reports = office.requests(wrong).reports

        with pytest.raises(ConfigurationError, match="expected a name"):
            await reports.get_report({})


class TestRebuild:
    async def test_dry_run(self, office, reports):
        """What is only compared changes and records nothing, unless told otherwise."""
        before = dict(office.table.rows), dict(office.state.rows)

        told = await reports.rebuild(body())

        assert told["dry_run"]
        assert before == (office.table.rows, office.state.rows)

    async def test_ordered(self, office, reports):
        """All is counted anew, behind what was before, and it is recorded who ordered that."""
        told = await reports.rebuild(body(dry_run=False, after=PARTITIONS[0]))

        ended, begun = await acts(office)
        assert ("recount", "zoe", {"after": "0"}) == (begun["what"], begun["by"], begun["asked"])
        assert ("done", told) == (ended["ended"], ended["came_to"])
        assert not told["dry_run"]

    @pytest.mark.parametrize("order", [{"after": "f"}, {"by": ""}, {"dry_run": "no"}])
    async def test_refused(self, office, reports, order):
        """A wrong order is refused before anything is recorded."""
        with pytest.raises(BadRequest):
            await reports.rebuild(json.dumps({"by": "zoe", "dry_run": False} | order).encode())

        assert [] == await acts(office)
