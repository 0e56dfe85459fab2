"""Salesforce's campaigns: as what a lead becomes a member, and in which status."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted
from leadshare.destinations.errors import Refused
from tests.builders import NOW, delivery
from tests.destinations.contract import again, person
from tests.destinations.salesforce.beside import CAMPAIGN, CONFERENCE
from tests.destinations.simulators.salesforce import Account


def joining(org: Account, into: str = CAMPAIGN) -> Any:
    """The destination, whose leads join a campaign."""
    there: Any = org.destination()
    there.campaigns = {"autumn-webinar": into}
    return there


def asked(org: Account, word: str) -> int:
    """How many calls named it."""
    return sum(word in str(request.url) for request in org.requests)


class TestStatus:
    @pytest.mark.parametrize(
        ("into", "status"), [(CAMPAIGN, "Responded"), (CONFERENCE, "Eingeladen")]
    )
    async def test_own(self, org, into, status):
        """Who came by a campaign has responded, if it has that status; else it is its default."""
        there = joining(org, into)

        await there.deliver([person(1)], NOW)
        await there.deliver([person(2)], NOW)

        assert [status] * 2 == [row["Status"] for row in org.beside.members]
        assert 1 == asked(org, "CampaignMemberStatus")

    async def test_unknown(self, org):
        """Where statuses cannot be read, it is the default one, and asked for again."""
        org.history.hidden = {"CampaignMemberStatus"}
        there = joining(org)

        await there.deliver([person(1)], NOW)
        org.history.hidden = set()
        await there.deliver([person(2)], NOW)

        assert ["Sent", "Responded"] == [row["Status"] for row in org.beside.members]

    async def test_sellers(self, org):
        """A status that a person gave stays."""
        there = joining(org)
        [outcome] = (await there.deliver([person(1)], NOW)).outcomes
        org.beside.members[0]["Status"] = "Sent"

        again_ = replace(person(1, version=2), sent=1, record_id=outcome.record_id)
        assert isinstance((await there.deliver([again_], NOW)).outcomes[0], Accepted)

        assert ["Sent"] == [row["Status"] for row in org.beside.members]

    async def test_lost(self, org):
        """Where the line breaks at the question for statuses, it is the default one."""
        there = joining(org)

        def breaks(request: httpx.Request) -> httpx.Response | None:
            if "CampaignMemberStatus" in str(request.url):
                raise httpx.ReadError("connection reset", request=request)
            return None

        org.played = breaks
        [outcome] = (await there.deliver([person(1)], NOW)).outcomes

        assert isinstance(outcome, Accepted)
        assert ["Sent"] == [row["Status"] for row in org.beside.members]


class TestConverted:
    async def test_contact(self, org):
        """A lead that was converted joins as the contact that it became."""
        [outcome] = (await org.destination().deliver([delivery()], NOW)).outcomes
        assert isinstance(outcome, Accepted)
        org.end(delivery(), "converted")
        one = replace(delivery(version=2), sent=1, record_id=outcome.record_id)

        [told] = (await joining(org).deliver([one], NOW)).outcomes

        assert isinstance(told, Accepted)
        [member] = org.beside.members
        assert "003A" == member["ContactId"]
        assert "LeadId" not in member

    async def test_meanwhile(self, org):
        """One that is converted before the call is looked for anew."""
        there, one = joining(org), person(1)

        def converted(request: httpx.Request) -> httpx.Response | None:
            if b"CampaignMember" in request.content and not org.beside.members:
                org.end(one, "converted")
            return None

        org.played = converted
        [first] = (await there.deliver([one], NOW)).outcomes
        org.played = lambda _request: None
        [second] = (await there.deliver([again(one)], NOW)).outcomes

        assert "changed_meanwhile" == getattr(first, "reason", "")
        assert isinstance(second, Accepted)
        assert ["003A"] == [row["ContactId"] for row in org.beside.members]


class TestUnknown:
    @pytest.mark.parametrize(
        "refuse",
        [
            pytest.param(lambda org: setattr(org, "campaigns_refused", True), id="members"),
            pytest.param(lambda org: org.history.hidden.add("Campaign"), id="campaigns"),
        ],
    )
    async def test_no_right(self, org, refuse):
        """Where our user may make no members, or sees no campaign, leads could join none."""
        refuse(org)

        assert ["autumn-webinar"] == [*await joining(org).unknown_campaigns(NOW)]

    @pytest.mark.parametrize("path", ["CampaignMember/describe", "/composite"])
    async def test_down(self, org, path):
        """An org that is down has not said that a campaign is not there."""
        org.played = lambda request: org.unavailable() if request.url.path.endswith(path) else None

        with pytest.raises(Refused, match="http_503"):
            await joining(org).unknown_campaigns(NOW)
