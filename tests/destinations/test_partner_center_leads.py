"""Partner Center's Leads page: a person works it, or leadshare does where the API serves it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Outcome, Rejected
from leadshare.core.preflight import Description
from leadshare.core.referral import BEGIN
from leadshare.destinations.partner_center_leads import PartnerCenterLeads
from tests.builders import LEAD, NOW, delivery, record
from tests.destinations.simulators.base import destination_of
from tests.destinations.simulators.partner_center import PartnerCenter
from tests.destinations.simulators.partner_center_leads import Account, marketplace_lead

OTHER = f"{'f' * 32}-{'0' * 16}"
WORKLIST = {"type": "partner_center_leads", "name": "leads-page"}


@pytest.fixture(name="account")
def _account() -> Account:
    """An account with one row, the builder's customer's."""
    made = Account()
    made.rows.clear()
    made.add(**marketplace_lead(1))
    return made


@pytest.fixture(name="there")
def _there(account: Account) -> PartnerCenterLeads:
    made = account.destination()
    assert isinstance(made, PartnerCenterLeads)
    return made


def told(version: int = 1, **facts: Any) -> Delivery:
    """A delivery of the customer whose row is there."""
    given = {"email": "buyer1@fabrikam.example", **facts}
    return delivery(version=version, record=record(version=version, **given))


async def outcome(there: PartnerCenterLeads, one: Delivery) -> Outcome:
    """What becomes of one delivery."""
    [became] = (await there.deliver([one], NOW)).outcomes
    return became


def only(account: PartnerCenter) -> dict[str, Any]:
    """The account's one row."""
    [row] = account.rows.values()
    return row


class TestWorklist:
    @pytest.fixture(name="people")
    def _people(self, account: Account) -> PartnerCenterLeads:
        """A publisher who has told nothing: people work the page."""
        made = destination_of(WORKLIST, {}, account.handle)
        assert isinstance(made, PartnerCenterLeads)
        return made

    async def test_parked(self, account, people):
        """
        Each lead, and each newer version of it, is parked for a person, and nothing leaves.
        """
        for one in (told(), replace(told(2), sent=1)):
            reply = await people.deliver([one], NOW)
            assert ((Rejected("worklist"),), False) == (reply.outcomes, reply.failing)
        assert [] == account.requests

    async def test_described(self, account, people):
        """
        There is nothing to sign in to, and nothing to ask.
        """
        assert Description() == await people.describe(NOW)
        assert [] == account.requests

    def test_defaults(self, people):
        """
        It is the marketplace's channel.
        """
        assert ("marketplace", True, True) == (
            people.settings.channel,
            people.settings.worklist,
            people.settings.accept,
        )

    def test_user(self, account):
        """
        Without the worklist somebody must sign in.
        """
        with pytest.raises(ValueError, match="user: expected"):
            destination_of({**WORKLIST, "worklist": False}, {}, account.handle)

    async def test_user_and_worklist(self, account):
        """
        With it, a user may be told all the same, and is not signed in.
        """
        there = account.destination(worklist=True)

        assert Description() == await there.describe(NOW)
        assert 0 == account.sign_ins


class TestFirst:
    async def test_followed_up(self, account, there):
        """
        The row is accepted, marked and told about; the customer's words stay.
        """
        became = await outcome(there, told())

        row = only(account)
        assert Accepted(row["id"]) == became
        assert ("Active", "Accepted", LEAD) == (
            row["status"],
            row["substatus"],
            row["externalReferenceId"],
        )
        assert row["details"]["notes"].startswith(f"Need help with invoices\n\n{BEGIN}\n")
        assert row["consent"]["consentToContact"]

    async def test_request(self, account, there):
        """
        Rows since the day before the first touch are looked at, then the one is read and changed.
        """
        etag = only(account)["eTag"]
        await outcome(there, told())

        [_, look, get, patch] = account.requests
        assert (
            "qualification eq 'Direct' and updatedDateTime ge 2026-11-21T11:59:00Z"
            == (look.url.params["$filter"])
        )
        assert get.url == patch.url
        assert etag == patch.headers["if-match"]
        assert "fabrikam" not in "".join(str(request.url) for request in account.requests)

    async def test_not_accepted(self, account):
        """
        A publisher may leave the status to people.
        """
        assert isinstance(await outcome(account.destination(accept=False), told()), Accepted)

        assert ("New", "Pending") == (only(account)["status"], only(account)["substatus"])

    async def test_no_contact(self, account, there):
        """
        Who is not to be contacted is marked so, and not accepted.
        """
        await outcome(there, told(lane="no_contact", intent="none"))

        assert not only(account)["consent"]["consentToContact"]
        assert "New" == only(account)["status"]

    async def test_not_listed(self, account, there):
        """
        What is not there yet is looked for again, by the schedule.
        """
        account.rows.clear()

        reply = await there.deliver([told()], NOW)

        assert ((Deferred("not_listed_yet"),), False) == (reply.outcomes, reply.failing)

    @pytest.mark.parametrize(
        ("facts", "reason"),
        [
            ({"listing": "", "listing_title": ""}, "listing_missing"),
            ({"email": "", "company": ""}, "email_missing"),
        ],
    )
    async def test_unmatchable(self, account, there, facts, reason):
        """
        What can be found by nothing is not looked for.
        """
        assert Rejected(reason) == await outcome(there, told(**facts))
        assert [] == account.requests

    async def test_others(self, account, there):
        """
        Rows of other kinds, customers, listings and leads are left alone.
        """
        account.rows.clear()
        microsoft = {"invitedBy": {"organizationId": "msft"}}
        account.add(**marketplace_lead(1, qualification="SalesQualified", inviteContext=microsoft))
        account.add(**marketplace_lead(2, customerProfile={"name": "Contoso", "team": []}))
        account.add(**marketplace_lead(1, details={"notes": "Contoso Kit"}))
        account.add(**marketplace_lead(1, externalReferenceId=OTHER))

        assert Deferred("not_listed_yet") == await outcome(there, told())
        assert 0 == account.writes

    async def test_several(self, account, there):
        """
        Two rows of one customer and listing are left for a person.
        """
        account.add(**marketplace_lead(1))

        assert Rejected("several_in_crm") == await outcome(there, told())

    async def test_too_many(self, account, there):
        """
        A list without an end is no answer.
        """
        account.PAGE = 1
        for number in range(11):
            account.add(**marketplace_lead(number))

        assert Rejected("unclear") == await outcome(there, told())

    async def test_marked_by_others(self, account, there):
        """
        The mark of a CRM's connector stays; the row is found by ours in the notes.
        """
        only(account)["externalReferenceId"] = "crm-4711"

        became = await outcome(there, told())

        assert "crm-4711" == only(account)["externalReferenceId"]
        assert isinstance(became, Accepted)
        seen = await there.check([replace(told(), sent=1, receipt=became.receipt)], NOW)
        assert (became,) == seen.outcomes


class TestLater:
    async def followed_up(self, there: PartnerCenterLeads, **facts: Any) -> Delivery:
        """The second version of a lead whose first was followed up."""
        became = await outcome(there, told())
        assert isinstance(became, Accepted)
        return replace(told(2, **facts), sent=1, receipt=became.receipt)

    async def test_newer(self, account, there):
        """
        A newer version changes our notes only, even where nothing else fits any more.
        """
        one = await self.followed_up(there, job_title="CIO", listing_title="Other", listing="o.o")
        row = only(account)
        row["details"]["notes"] = f"Called.\n{row['details']['notes']}"
        row |= {"status": "Active", "customerProfile": {"name": "Renamed"}}

        assert Accepted(row["id"]) == await outcome(there, one)
        assert row["details"]["notes"].startswith("Called.\nNeed help with invoices\n\n")
        assert "CIO" in row["details"]["notes"]
        assert 1 == row["details"]["notes"].count(BEGIN)

    async def test_repeated(self, account, there):
        """
        The same again, its answer lost, is found done.
        """
        await outcome(there, told())
        writes = account.writes

        again = await outcome(there, replace(told(), attempts=1))

        assert Accepted(only(account)["id"]) == again
        assert writes == account.writes

    async def test_closed(self, account, there):
        """
        What is closed is left as it is.
        """
        one = await self.followed_up(there)
        only(account).update(status="Closed", substatus="Expired")
        writes = account.writes

        assert Rejected("closed_in_crm") == await outcome(there, one)
        assert Rejected("closed_in_crm") == await outcome(there, told())
        assert writes == account.writes

    async def test_gone(self, account, there):
        """
        A row that is gone is told.
        """
        one = await self.followed_up(there)
        account.rows.clear()

        assert Rejected("deleted_in_crm") == await outcome(there, one)
        assert (Rejected(MISSING),) == (await there.check([one], NOW)).outcomes

    async def test_notes_removed(self, account, there):
        """
        A row with neither our mark nor our notes shows nothing of our follow-up.
        """
        one = await self.followed_up(there)
        only(account).update(externalReferenceId="crm-1", details={"notes": "Other"})

        assert (Rejected(MISSING),) == (await there.check([one], NOW)).outcomes

    async def test_no_notes(self, account, there):
        """
        A row without notes gets ours.
        """
        requirements = only(account)["details"]["requirements"]
        only(account)["details"] = {"requirements": requirements}

        assert isinstance(await outcome(there, told()), Accepted)
        assert only(account)["details"]["notes"].startswith(BEGIN)

    async def test_no_details(self, account, there):
        """
        A row without any details gets them with our notes.
        """
        only(account).update(name="Contoso Invoice Robot", details=None)

        assert isinstance(await outcome(there, told()), Accepted)
        assert only(account)["details"]["notes"].startswith(BEGIN)
