"""What a contact of HubSpot holds of a lead."""

from __future__ import annotations

from leadshare.deliveries.delivery import Accepted
from tests.builders import NOW
from tests.destinations.hubspot.builders import CONTACT, lead, only, sole, there


class TestRequests:
    async def test_texts(self, account):
        """Numbers and flags go out as the texts that HubSpot wants."""
        fields = {"their_score": "score", "their_flag": {"constant": True}}

        outcome = await only(there(account, fields=fields), lead())

        assert isinstance(outcome, Accepted)
        held = sole(account)
        assert ("75", "true") == (held["their_score"], held["their_flag"])

    async def test_nothing_empty(self, account, crm):
        """What a lead does not have is not sent, for an empty text would clear the property."""
        await crm.deliver([lead(phone="", company="", job_title="")], NOW)

        assert not {"phone", "company", "jobtitle"} & sole(account).keys()
        assert all(sole(account).values())

    async def test_nameless(self, account, crm):
        """A new contact without name and e-mail gets a placeholder, for HubSpot asks for one."""
        nobody = lead(email="", first_name="", last_name="")

        assert isinstance(await only(crm, nobody), Accepted)
        assert "(not given)" == sole(account)["lastname"]

    async def test_half_a_name(self, account, crm):
        """An e-mail or a first name is enough, and no placeholder stands beside it."""
        assert isinstance(await only(crm, lead(last_name="")), Accepted)
        assert "lastname" not in sole(account)

    async def test_placeholder_is_for_new_contacts(self, account, crm):
        """The placeholder never replaces a name that is there."""
        account.add(leadshare_contact=CONTACT, lastname="Ofseller")

        assert isinstance(await only(crm, lead(email="", first_name="", last_name="")), Accepted)
        assert "Ofseller" == sole(account)["lastname"]

    async def test_no_contact(self, account, crm):
        """Whoever asks not to be contacted does not become a lead of HubSpot's workflows."""
        await crm.deliver([lead(category="no_contact", stage="no_contact")], NOW)

        assert "lifecyclestage" not in sole(account)
        assert "no contact" in sole(account)["message"]

    async def test_legal_basis(self, account, crm):
        """Whoever asked to be contacted agreed to that; of others nothing is said."""
        await crm.deliver([lead()], NOW)
        assert "Freely given consent from contact" == sole(account)["hs_legal_basis"]

        assert "hs_legal_basis" not in crm.values(lead(intent="purchase"))

    async def test_no_such_basis(self, account, crm):
        """An option that the account does not have keeps no lead."""
        account.disliked = {"Freely given consent from contact"}

        assert Accepted("101", frozenset({"hs_legal_basis"})) == await only(crm, lead())
        assert "hs_legal_basis" not in sole(account)
        assert "Freely given consent from contact" in sole(account)["message"]
