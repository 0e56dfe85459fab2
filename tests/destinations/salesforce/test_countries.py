"""Countries in orgs that have picklists of them: by code, and else without, never parked."""

from __future__ import annotations

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted
from tests.builders import NOW
from tests.destinations.contract import person
from tests.destinations.salesforce.builders import several

KOREAN = {"KR": "대한민국", "US": "미국"}
"""Codes and names of an org in Korean."""


async def test_name(org, crm):
    """An org without such lists gets the name, by one call."""
    await crm.deliver([person(1, country="KR")], NOW)

    [lead] = org.leads.values()
    assert "South Korea" == lead["Country"]
    assert 1 == org.writes


async def test_code(org, crm):
    """An org whose names are others gets the code, and from then on at once."""
    org.countries = KOREAN

    first = await crm.deliver([person(1, country="KR"), person(2, country="US")], NOW)
    second = await crm.deliver([person(3, country="KR")], NOW)

    assert [Accepted] * 3 == [type(one) for one in (*first.outcomes, *second.outcomes)]
    assert ["KR", "US", "KR"] == [lead["CountryCode"] for lead in org.leads.values()]
    assert not any("Country" in lead for lead in org.leads.values())
    assert 3 == org.writes


async def test_described(org, crm):
    """Once the org has told its fields, the first call has the code already."""
    org.countries = KOREAN
    description = await crm.describe(NOW)

    await crm.deliver([person(1, country="KR")], NOW)

    assert frozenset(KOREAN) == description.fields["CountryCode"].choices
    assert 1 == org.writes


async def test_not_listed(org, crm):
    """A country that the org has not is told in the text, and the lead is there."""
    org.countries = KOREAN

    [outcome] = (await crm.deliver([person(1, country="HK")], NOW)).outcomes

    [lead] = org.leads.values()
    assert {"CountryCode"} == outcome.without
    assert lead["Description"].startswith("Country: HK\n")
    assert "problem with this country" in outcome.said


@pytest.mark.parametrize("lost", [False, True], ids=["refused", "lost"])
async def test_untold(org, crm, lost):
    """An org that does not tell its fields now has the lead all the same, without a country."""
    org.countries = KOREAN

    def played(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("Lead/describe"):
            return None
        if lost:
            raise httpx.ReadError("connection reset", request=request)
        down: httpx.Response = org.unavailable()
        return down

    org.played = played
    [first] = (await crm.deliver([person(1, country="KR")], NOW)).outcomes
    org.played = lambda _request: None
    [second] = (await crm.deliver([person(2, country="KR")], NOW)).outcomes

    assert {"Country"} == first.without
    assert not second.without
    assert ["KR"] == [row["CountryCode"] for row in org.leads.values() if "CountryCode" in row]


async def test_own_mapping(org):
    """What the publisher maps stays as it is."""
    org.countries = KOREAN
    crm = org.destination(fields={"Country": {"constant": "미국"}})

    await crm.describe(NOW)
    await crm.deliver([person(1, country="KR")], NOW)

    [lead] = org.leads.values()
    assert "미국" == lead["Country"]


async def test_neighbours(org, crm):
    """With triggers, one bad lead keeps 199 good ones from nothing but the first call."""
    org.triggers = True
    org.refused.add("bad@fabrikam.example")
    leads = [*several(199), person(500, email="bad@fabrikam.example")]

    first = await crm.deliver(leads, NOW)
    waiting = [one for one in leads if one.record["email"] != "bad@fabrikam.example"]
    second = await crm.deliver(waiting, NOW)

    assert {"salesforce_CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": 199} | {
        "salesforce_FIELD_CUSTOM_VALIDATION_EXCEPTION": 1
    } == {reason: [o.reason for o in first.outcomes].count(reason) for reason in _reasons(first)}
    assert {Accepted} == {type(outcome) for outcome in second.outcomes}
    assert not first.failing


def _reasons(reply):
    return {outcome.reason for outcome in reply.outcomes}
