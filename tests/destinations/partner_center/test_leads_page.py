"""Partner Center's Leads page: people work it, and leadshare calls nobody."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Delivery, Rejected
from leadshare.destinations.description import Description
from leadshare.destinations.partner_center.leads_page import PartnerCenterLeads
from tests.builders import NOW, delivery, entry, record
from tests.destinations.simulators.base import destination_of
from tests.destinations.simulators.partner_center_referral import Account

PAGE = {"type": "partner_center_leads", "name": "leads-page"}


@pytest.fixture(name="people")
def _people() -> PartnerCenterLeads:
    """A page that people work; whoever is called fails the test."""

    def call(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    made = destination_of(PAGE, {}, call)
    assert isinstance(made, PartnerCenterLeads)
    return made


def ended(stage: str) -> Delivery:
    """A newer version of a lead, at a stage, without anything that a customer did since."""
    return delivery(version=2, record=record(version=2, stage=stage))


class TestWorklist:
    @pytest.mark.parametrize(
        "one",
        [
            pytest.param(delivery(), id="first"),
            pytest.param(replace(delivery(version=2), sent=1, entries=(entry(),)), id="newer"),
            pytest.param(replace(ended("won"), sent=1), id="won"),
            pytest.param(replace(ended("lost"), sent=1), id="lost"),
            pytest.param(ended("working"), id="worked-elsewhere"),
        ],
    )
    async def test_parked(self, people, one):
        """Each lead, and what is to be set of it anew, is parked for a person; nothing leaves."""
        reply = await people.deliver([one], NOW)

        assert ((Rejected("worklist"),), False) == (reply.outcomes, reply.failing)

    @pytest.mark.parametrize("stage", ["sales_ready", "working", "opportunity"])
    async def test_nothing_to_set(self, people, stage):
        """A lead that was worked and has only moved on meanwhile asks nobody for anything."""
        reply = await people.deliver([replace(ended(stage), sent=1)], NOW)

        assert (Accepted(),) == reply.outcomes

    async def test_described(self, people):
        """There is nothing to sign in to, and nothing to ask."""
        assert Description() == await people.describe(NOW)

    def test_defaults(self, people):
        """It is the marketplace's channel, follows leads up, and needs no budget of calls."""
        assert ("marketplace", True, None) == (
            people.settings.channel,
            people.settings.follows_up,
            people.rate,
        )

    @pytest.mark.parametrize("key", ["worklist", "user", "accept", "look_ups"])
    def test_nothing_more(self, key):
        """There is no API to tell anything of."""
        with pytest.raises(ValueError, match=key):
            destination_of({**PAGE, key: True}, {}, None)


@pytest.mark.parametrize("there", [None, Account()], ids=["page", "referral"])
async def test_forget(people, there):
    """Whom Microsoft was told of, people take out there, and the certificate says so."""
    system = there.destination() if there else people

    reply = await system.forget([delivery()], NOW)

    assert (Rejected("worklist"),) == reply.outcomes
    assert frozenset() == system.erasures
