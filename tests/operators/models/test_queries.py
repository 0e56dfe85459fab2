"""Queries: what is too long, or not understood whole, is refused before anything is made of it."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

import pytest

from leadshare.errors import BadRequest, TooLarge, Unknown
from leadshare.operators.models.orders import LARGEST
from leadshare.operators.models.queries import LONGEST
from leadshare.operators.requests import OperatorRequests
from leadshare.playbook import Stage
from tests.builders import LEAD, Office
from tests.operators.requests import Configured, body, wrong

LISTS = (
    *("list_leads", "list_deliveries", "list_quarantine", "list_referrals", "list_work"),
    *("custody.list_acts", "custody.list_links"),
)


@pytest.fixture(name="requests")
def _requests() -> Iterator[OperatorRequests]:
    """Requests to an office whose tables are never asked."""
    office = Office()
    configured = Configured(office.classifier, {"crm": None}, office.unrouted)
    yield office.requests(lambda: configured)
    tables = (office.table, office.state, office.referrals_table)
    assert [0, 0, 0] == [table.calls for table in tables]


class TestSizes:
    @pytest.mark.parametrize("name", LISTS)
    @pytest.mark.parametrize("value", ["x" * (LONGEST + 1), "é" * LONGEST, "x" * 8000])
    async def test_values(self, requests, name, value):
        """A value that is too long is refused with the limit; storage is not asked."""
        said = await wrong(attrgetter(name)(requests)({"after": value}))

        assert "after: expected at most 1024 bytes" == said

    async def test_names(self, requests):
        """A name that is none is not repeated."""
        assert "(a key): expected at most 1024 bytes" == await wrong(
            requests.list_leads({"canary@x.example": "x" * 8000})
        )

    @pytest.mark.parametrize("name", ["orders.replay", "orders.enable", "do_work"])
    async def test_orders(self, requests, name):
        """An order that is too large is not parsed."""
        order = body(destination="crm", more="x" * LARGEST)

        with pytest.raises(TooLarge, match="body: expected at most 32768 bytes"):
            await attrgetter(name)(requests)(order)

    @pytest.mark.parametrize(
        "lead", ["due-x", "d", "x" * 1000, "", f"{LEAD}\n", LEAD.upper(), "../due"], ids=len
    )
    async def test_leads(self, requests, lead):
        """What is no lead's id is looked for nowhere."""
        with pytest.raises(BadRequest, match="lead: expected the id of a lead"):
            await requests.get_lead(lead, {})


class TestNames:
    @pytest.mark.parametrize("name", LISTS)
    async def test_unknown(self, requests, name):
        """A name that a list does not have is told, with those that it has."""
        said = await wrong(attrgetter(name)(requests)({"afterr": "x"}))

        assert said.startswith('afterr: no such key; did you mean "after"? known: ')
        assert "limit, after" in said

    @pytest.mark.parametrize("name", ["get_health", "list_destinations"])
    async def test_none(self, requests, name):
        """What has no query refuses any."""
        assert "limit: no such key; known: none" == await wrong(
            getattr(requests, name)({"limit": "1"})
        )

    async def test_of_a_lead(self, requests):
        """So does a lead's story."""
        assert "x: no such key; known: persons" == await wrong(requests.get_lead(LEAD, {"x": "1"}))


STORES = "appsource, azure_marketplace, unknown"
STAGES = ", ".join(Stage)
KINDS = "marketplace_lead, qualified_lead, co_sell, unknown"
CODE = "a text of at most 256 letters, digits, and the signs _ . -"
WRONG = [
    ("leads", {"storefront": "azure"}, f'storefront: expected one of {STORES}; there is "azure"'),
    ("leads", {"stage": "nurture"}, f'stage: expected one of {STAGES}; there is "nurture"'),
    ("leads", {"listing": "x" * 201}, "listing: expected at most 200 characters"),
    ("referrals", {"status": "new"}, 'status: expected one of New, Active, Closed; there is "new"'),
    ("referrals", {"kind": "4930123456"}, f"kind: expected one of {KINDS}; there is this value"),
    ("deliveries", {"reason": "a b"}, f"reason: expected {CODE}"),
]


class TestValues:
    @pytest.mark.parametrize(("name", "query", "said"), WRONG)
    async def test_wrong(self, requests, name, query, said):
        """A value outside its set is told, with the set; a person's is not repeated."""
        assert said == await wrong(attrgetter(f"list_{name}")(requests)(query))


class TestDestinations:
    @pytest.mark.parametrize("name", ["list_deliveries", "list_work"])
    async def test_unknown(self, name):
        """A destination that nobody has heard of is told, with those that are known."""
        office = Office()
        configured = Configured(office.classifier, {"crm": None, "sellers": None}, office.unrouted)
        requests = office.requests(lambda: configured)

        with pytest.raises(Unknown) as caught:
            await getattr(requests, name)({"destination": "crn"})

        assert 'destination: expected one of crm, sellers; there is "crn"' == str(caught.value)
        assert await getattr(requests, name)({"destination": "crm"})
