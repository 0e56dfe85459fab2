"""HubSpot's leads: with Sales Hub, one for each lead."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.destinations.description import Finding
from leadshare.destinations.hubspot.destination import Hubspot
from leadshare.destinations.preflight.inspect import inspect
from leadshare.reason import Reason
from tests.builders import LEAD, NOW
from tests.destinations.hubspot.builders import EMAIL, lead, made, only, person, sole, there
from tests.destinations.sellers import Customer, times
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.hubspot import Account


@pytest.fixture(name="sales")
def _sales(account: Account) -> Hubspot:
    return there(account, lead_object=True)


class TestLeads:
    async def test_created(self, account, sales):
        """A lead of its own hangs on the contact of its person."""
        outcome = await only(sales, lead())

        held = sole(account, "leads")
        assert ("Contoso Invoice Robot - Fabrikam GmbH", "HOT", LEAD) == (
            held["hs_lead_name"],
            held["hs_lead_label"],
            held["leadshare_id"],
        )
        assert Accepted("102") == outcome
        assert {"102": "101"} == account.associations

    async def test_two(self, account, sales):
        """Two leads of one person are two records on one contact."""
        reply = await sales.deliver([person(1, 1), person(1, 2)], NOW)

        assert (Accepted("102"), Accepted("103")) == reply.outcomes
        assert {"102": "101", "103": "101"} == account.associations

    async def test_updated(self, account):
        """A later version changes what is ours in the lead; name, label and stage are sellers'."""
        crm = there(account, lead_object=True, lead_fields={"interest": "score"})
        record_id = await made(crm, lead())
        sole(account, "leads")["hs_pipeline_stage"] = "connected-stage-id"
        kept = dict(sole(account, "leads"))

        later = lead(2, 1, record_id, stage="nurturing", score=40, listing_title="Other")
        assert Accepted("102") == await only(crm, later)
        assert kept | {"interest": "40"} == sole(account, "leads")
        writes = account.writes
        assert Accepted("102") == await only(crm, later)
        assert writes == account.writes

    async def test_news(self, account, sales):
        """What the customer does later is told on the contact."""
        customer = Customer(sales)
        await customer.arrives()
        assert [] == account.live("notes")

        await customer.comes_back("200 seats")

        assert 1 == times(account, customer.one, "200 seats")

    @pytest.mark.parametrize("stage", ["qualified-stage-id", "unqualified-stage-id"])
    async def test_closed(self, account, stage):
        """A lead that was qualified or disqualified is left as it is, and its contact told."""
        crm = there(account, lead_object=True, lead_fields={"interest": "score"})
        customer = Customer(crm)
        await customer.arrives()
        sole(account, "leads")["hs_pipeline_stage"] = stage
        kept = dict(sole(account, "leads"))

        assert isinstance(await customer.comes_back("200 seats", score=99), Accepted)

        assert kept == sole(account, "leads")
        assert 1 == times(account, customer.one, "200 seats")

    async def test_closed_untold(self, account):
        """Where contacts are told of nothing, a lead that is closed has no place for news."""
        crm = there(account, lead_object=True, timeline=False)
        record_id = await made(crm, lead())
        sole(account, "leads")["hs_pipeline_stage"] = "qualified-stage-id"

        assert Rejected("closed_in_crm") == await only(crm, lead(2, 1, record_id))

    async def test_deleted(self, account, sales):
        """A lead that a seller deleted is not created anew."""
        record_id = await made(sales, lead())
        account.records["leads"][record_id]["archived"] = True

        assert Rejected("deleted_in_crm") == await only(sales, lead(2, 1, record_id))
        assert [] == account.live("leads")

    async def test_configured_later(self, crm, sales):
        """A lead delivered before the leads object was configured gets its record at last."""
        record_id = await made(crm, lead())

        assert Accepted("102") == await only(sales, lead(2, 1, record_id))

    async def test_lost_answer(self, account, sales):
        """A creation whose answer was lost is looked up and never repeated."""
        account.faults = [Fault.NONE, Fault.LOST_AFTER]

        assert Deferred("connection_lost") == await only(sales, lead())
        assert Accepted("102") == await only(sales, replace(lead(), attempts=1))
        assert 1 == len(account.live("leads"))

    async def test_created_meanwhile(self, account):
        """Our unique key forbids a second lead, where the search did not see the first."""
        original = account.handle

        def handle(request: httpx.Request) -> httpx.Response:
            answer: httpx.Response = original(request)
            if request.url.path.endswith("leads/batch/read"):
                account.add("leads", leadshare_id=LEAD)
            return answer

        account.handle = handle
        crm = there(account, lead_object=True)

        assert Deferred("changed_meanwhile") == await only(crm, lead())
        assert 1 == len(account.live("leads"))

    async def test_nameless(self, account, sales):
        """A lead without any listing has a name all the same, for HubSpot asks for one."""
        assert isinstance(await only(sales, lead(listing="", listing_title="")), Accepted)
        assert "Marketplace lead - Fabrikam GmbH" == sole(account, "leads")["hs_lead_name"]

    async def test_own_fields(self, account):
        """The leads object has a mapping of its own."""
        crm = there(account, lead_object=True, lead_fields={"interest": "summary"})

        await crm.deliver([lead()], NOW)

        assert "Score: 75" in sole(account, "leads")["interest"]

    async def test_refused_contact(self, account, sales):
        """Without a contact there is no lead."""
        account.refused = {EMAIL}

        assert Rejected("hubspot_VALIDATION_RULE_FAILED") == await only(sales, lead())
        assert [] == account.live("leads")

    async def test_not_bought(self, account, sales):
        """An account without the leads object keeps its contacts and lets the leads wait."""
        account.scopes.remove("leads")

        reply = await sales.deliver([lead()], NOW)

        assert (Deferred("forbidden"),) == reply.outcomes
        assert reply.failing

    async def test_looked_up(self, account, sales):
        """The lead's own record is what is read back."""
        record_id = await made(sales, lead())
        sent = lead(1, 1, record_id)

        assert (Accepted("102"),) == (await sales.look_up([sent], NOW)).outcomes
        account.records["leads"]["102"]["archived"] = True
        assert (Rejected(Reason.NOT_FOUND_AFTER_ACCEPT),) == (
            await sales.look_up([sent], NOW)
        ).outcomes

    async def test_erased(self, account, sales):
        """A canary's lead and contact are both taken away."""
        await sales.deliver([lead()], NOW)

        await sales.erase(lead(), NOW)

        assert ([], []) == (account.live(), account.live("leads"))


class TestDescribe:
    async def test_leads_object(self, account):
        """What the leads object would refuse is told as its own, where it is written."""
        wrong = {"hs_lead_label": {"constant": "TEPID"}, "gone": "stage", "interest": "email"}

        found = await inspect(
            there(account, lead_object=True, lead_fields=wrong), [lead(), lead()], NOW
        )
        without = await inspect(there(account, lead_fields=wrong), [lead()], NOW)

        assert [
            Finding("field_missing", "leads.gone", leads=2),
            Finding("value_not_allowed", "leads.hs_lead_label", "TEPID", 2),
        ] == found
        assert [] == without
