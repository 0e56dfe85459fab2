"""Dynamics 365's campaigns: a lead's source as it is created, and a response once for each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted
from leadshare.destinations.errors import Refused
from tests.builders import NOW, delivery, record
from tests.destinations.contract import again, person
from tests.destinations.dynamics.beside import CAMPAIGN
from tests.destinations.multipart import batch
from tests.destinations.simulators.dynamics import Account

OTHER = "00000000-0000-4000-8000-0000000000c2"


def joining(account: Account, into: str = CAMPAIGN) -> Any:
    """The destination, whose leads join a campaign."""
    there: Any = account.destination()
    there.campaigns = {"autumn-webinar": into}
    return there


def sources(account: Account) -> list[str | None]:
    """The campaigns that leads came by."""
    return [row.get("_campaignid_value") for row in account.service.leads.values()]


class TestSource:
    async def test_new(self):
        """A new lead shows its campaign, whose response names the lead and no person."""
        account = Account()

        one = delivery(record=record(campaign_name="Autumn webinar"))
        await joining(account).deliver([one], NOW)

        assert [CAMPAIGN] == sources(account)
        [response] = account.service.beside.responses.values()
        assert "Autumn webinar: Contoso Invoice Robot" == response["subject"]
        assert "Buyer" not in str(response)

    async def test_sellers(self):
        """Once it is created, the campaign that a lead shows is the sellers'."""
        account = Account()
        [outcome] = (await joining(account).deliver([person(1)], NOW)).outcomes
        account.edit(person(1), {"_campaignid_value": None})
        account.service.beside.campaigns.add(OTHER)
        later = replace(person(1, version=2), sent=1, record_id=outcome.record_id)

        [told] = (await joining(account, OTHER).deliver([later], NOW)).outcomes

        assert isinstance(told, Accepted)
        assert [None] == sources(account)
        responses = account.service.beside.responses.values()
        assert [CAMPAIGN, OTHER] == [row["campaign"] for row in responses]

    async def test_there_before(self):
        """Where a lead was there before us, a campaign that it shows stays."""
        account = Account()
        account.put_before(person(1), {"lastname": "Buyer 1", "_campaignid_value": OTHER})
        there = joining(account)

        await there.deliver([person(1)], NOW)
        [told] = (await there.deliver([again(person(1))], NOW)).outcomes

        assert isinstance(told, Accepted)
        assert [OTHER] == sources(account)
        assert 1 == account.member_of(person(1), CAMPAIGN)


class TestUnknown:
    async def test_odd(self):
        """Ids that can be no campaign's are told without a call."""
        account = Account()
        there = joining(account, "no'id(")

        assert ["autumn-webinar"] == [*await there.unknown_campaigns(NOW)]
        assert [] == account.requests

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            pytest.param(httpx.Response(503), "http_503", id="down"),
            pytest.param(batch([httpx.Response(500)], 200), "http_500", id="part"),
            pytest.param(batch([], 200), "no_answer", id="no-part"),
        ],
    )
    async def test_no_answer(self, answer, reason):
        """A service that does not answer has not said that a campaign is not there."""
        account = Account()
        account.played = lambda _request: answer

        with pytest.raises(Refused, match=reason):
            await joining(account).unknown_campaigns(NOW)
