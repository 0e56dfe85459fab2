"""Shared deals of consulting services: what Microsoft requires besides, or the lead parks."""

from __future__ import annotations

from typing import Any

import pytest

from leadshare.app.configuration import configuration_model
from leadshare.deliveries.delivery import Accepted, Rejected
from leadshare.leads.coverage import lacking
from tests.destinations.partner_center.builders import outcome, referrer, told
from tests.destinations.simulators.partner_center_referral import Account

SERVICE = {
    "partner_role": "Services Partner",
    "solution_area": "Cloud & AI Platforms",
    "solution_play": "Migrate and Modernize",
}
WRITTEN = {
    "partnerRole": "Services Partner",
    "solutionArea": "Cloud & AI Platforms",
    "solutionPlay": "Migrate and Modernize",
}


@pytest.fixture(name="sold")
def _sold(account: Account) -> Account:
    """A partner whose solution is a service."""
    account.services.add(Account.SETTINGS["solution"])
    return account


async def test_written(sold):
    """Both sides of a service's deal say what Microsoft requires."""
    there = referrer(sold, deal="Shared", **SERVICE)

    became = await outcome(there, told(listing_kind="consulting service"))

    assert isinstance(became, Accepted)
    assert 2 == len(sold.rows)
    assert all(WRITTEN.items() <= row.items() for row in sold.rows.values())


async def test_others(account):
    """A deal of anything else does not say it."""
    await outcome(referrer(account, deal="Shared", **SERVICE), told(listing_kind="app"))

    assert not any(WRITTEN.keys() & row.keys() for row in account.rows.values())


@pytest.mark.parametrize("name", SERVICE)
async def test_missing(sold, name):
    """Without one of them the lead parks under its name, and nothing is asked."""
    settings = {other: value for other, value in SERVICE.items() if other != name}
    there = referrer(sold, deal="Shared", **settings)

    became = await outcome(there, told(listing_kind="consulting service"))

    assert Rejected(f"partner_center_missing.{name}") == became
    assert name in became.said
    assert [] == sold.requests


async def test_independent(account):
    """A deal that the partner leads needs none of them."""
    there = referrer(account, deal="Independent")

    assert isinstance(await outcome(there, told(listing_kind="consulting service")), Accepted)


async def test_optional_field(account):
    """What Partner Center refuses of the customer goes to the notes, once more without it."""
    import httpx  # noqa: PLC0415 - for this alone

    refusals = [{"code": "invalidRequest", "message": "phoneNumber is not valid"}]
    account.played = lambda request: (
        httpx.Response(400, json={"error": refusals.pop()})
        if refusals and request.method == "POST" and "referrals" in request.url.path
        else None
    )
    became = await outcome(referrer(account), told())

    assert isinstance(became, Accepted)
    assert {"phoneNumber"} == became.without
    [row] = account.rows.values()
    assert "phoneNumber" not in row["customerProfile"]["team"][0]
    assert "Phone: +4930123456\n" in row["details"]["notes"]


def configured(when: Any, **changes: Any) -> Any:
    """A configuration that routes leads to field sellers."""
    there = {**Account.SETTINGS, "deal": "Shared", **changes}
    file = {"destination": [there], "route": [{"to": ["sellers"], "when": when}]}
    return configuration_model().model_validate(file, context=Account.ENVIRONMENT)


@pytest.mark.parametrize(
    ("when", "names"),
    [
        ([], [*SERVICE]),
        ([{"field": "listing_kind", "op": "eq", "value": "consulting service"}], [*SERVICE]),
        ([{"field": "listing_kind", "op": "eq", "value": "app"}], None),
    ],
    ids=["all", "services", "apps"],
)
def test_lacking(when, names):
    """The check asks for them only where leads of consulting services can get there."""
    assert names == lacking(configured(when)).get("sellers")
    assert {} == lacking(configured(when, **SERVICE))
