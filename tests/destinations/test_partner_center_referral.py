"""Referrals for field sellers: only with consent, one for each lead, and sellers' words stay."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Outcome, Rejected
from leadshare.core.lane import Rate
from leadshare.core.referral import BEGIN
from leadshare.destinations.partner_center_deal import changes, connected, referral
from leadshare.destinations.partner_center_referral import PartnerCenterReferral
from tests.builders import LEAD, NOW, delivery, record
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.partner_center import failure
from tests.destinations.simulators.partner_center_referral import Account

OTHER = f"{'f' * 32}-{'0' * 16}"


@pytest.fixture(name="account")
def _account() -> Account:
    return Account()


@pytest.fixture(name="there")
def _there(account: Account) -> PartnerCenterReferral:
    return referrer(account)


@pytest.fixture(name="shared")
def _shared(account: Account) -> PartnerCenterReferral:
    return referrer(account, deal="Shared")


def referrer(account: Account, **changes: Any) -> PartnerCenterReferral:
    """The destination that refers to an account."""
    made = account.destination(**changes)
    assert isinstance(made, PartnerCenterReferral)
    return made


def told(version: int = 1, **facts: Any) -> Delivery:
    """The builder's delivery, with facts of its own."""
    return delivery(version=version, record=record(version=version, **facts))


async def outcome(there: PartnerCenterReferral, one: Delivery) -> Outcome:
    """What becomes of one delivery."""
    [became] = (await there.deliver([one], NOW)).outcomes
    return became


async def referred(there: PartnerCenterReferral, **facts: Any) -> Delivery:
    """A delivery whose first version was taken; the second is due."""
    became = await outcome(there, told(**facts))
    assert isinstance(became, Accepted)
    return replace(told(2, **facts), sent=1, receipt=became.receipt)


def only(account: Account) -> dict[str, Any]:
    """The account's one referral."""
    [row] = account.rows.values()
    return row


class TestSettings:
    @pytest.mark.parametrize(
        ("wrong", "name"),
        [
            ({"consent": []}, "consent"),
            ({"consent": ["none"]}, "consent"),
            ({"consent": ["anything"]}, "consent"),
            ({"deal": "Private"}, "deal"),
            ({"solution": "SOL 1"}, "solution"),
            ({"solutions": {"contoso.kit": "/"}}, "solutions"),
            ({"deal_value": 5}, "deal_value and currency"),
            ({"currency": "EUR"}, "deal_value and currency"),
            ({"deal_value": 5, "currency": "euro"}, "currency"),
            ({"close_in_days": 0}, "close_in_days"),
            ({"fields": {}}, "fields"),
        ],
    )
    def test_wrong(self, account, wrong, name):
        """
        What cannot work is refused, by its name.
        """
        with pytest.raises(ValueError, match=name):
            account.destination(**wrong)

    @pytest.mark.parametrize("name", ["consent", "solution", "user"])
    def test_required(self, account, name):
        """
        Consent, solution and user must be told.
        """
        settings = {key: value for key, value in account.SETTINGS.items() if key != name}
        account.SETTINGS = settings

        with pytest.raises(ValueError, match=name):
            account.destination()

    def test_defaults(self, account):
        """
        It is for field sellers, shared with Microsoft, and at ninety calls a minute.
        """
        settings = {key: value for key, value in account.SETTINGS.items() if key != "deal"}
        account.SETTINGS = settings
        there = referrer(account)
        told = there.settings

        assert ("field_seller", "Shared", 2) == (told.channel, told.deal, told.concurrency)
        assert Rate(calls=90, seconds=60) == there.rate


class TestConsent:
    @pytest.mark.parametrize("intent", ["trial", "acquisition", "other", "none"])
    async def test_none(self, account, there, intent):
        """
        Who has agreed to nothing is not shared: nothing leaves.
        """
        assert Rejected("no_consent") == await outcome(there, told(intent=intent))
        assert [] == account.requests

    async def test_no_contact(self, account, there):
        """
        Who is not to be contacted is not shared, whatever else was asked for.
        """
        one = await referred(there)
        lane: dict[str, Any] = {"lane": "no_contact", "intent": "contact_request"}
        asked = len(account.requests)

        assert Rejected("no_consent") == await outcome(there, told(**lane))
        again = replace(one, record=record(version=2, **lane))
        assert Rejected("no_consent") == await outcome(there, again)
        assert asked == len(account.requests)

    async def test_shared_before(self, account, there):
        """
        Who agreed once, and asked for something stronger since, is told on.
        """
        one = await referred(there)
        later = replace(one, record=record(version=2, intent="trial", job_title="CIO"))

        assert isinstance(await outcome(there, later), Accepted)
        assert "CIO" in only(account)["details"]["notes"]

    async def test_unreachable_customer(self, account, there):
        """
        Who has neither e-mail nor phone is of no use to a seller.
        """
        assert Rejected("email_missing") == await outcome(there, told(email="", phone=""))
        assert isinstance(await outcome(there, told(email="")), Accepted)
        [member] = only(account)["customerProfile"]["team"]
        assert "email" not in member


class TestFirst:
    async def test_request(self, account, there):
        """
        It is looked for by time, then created with the lead's id; its id is the receipt.
        """
        became = await outcome(there, told())

        assert Accepted(only(account)["id"]) == became
        assert LEAD == only(account)["externalReferenceId"]
        [sign_in, look, create] = account.requests
        assert "login.microsoftonline.com" == sign_in.url.host
        assert {
            "$filter": "updatedDateTime ge 2026-11-22T10:59:00Z",
            "$orderby": "createdDateTime desc",
            "$select": "id,externalReferenceId,type,qualification,inviteContext",
        } == dict(look.url.params)
        assert ("POST", "application/json") == (create.method, create.headers["content-type"])

    async def test_no_person_in_address(self, account, there):
        """
        No address names a person.
        """
        await outcome(there, await referred(there))

        for request in account.requests:
            assert "fabrikam" not in str(request.url)

    async def test_sent_before_a_crash(self, account, there):
        """
        One that was sent by a process that died is found, though nobody noted the attempt.
        """
        await outcome(there, told())
        writes = account.writes

        assert isinstance(await outcome(there, told()), Accepted)
        assert 1 == len(account.rows)
        assert writes == account.writes

    async def test_found_on_a_later_page(self, account, there):
        """
        It is found behind many others.
        """
        await outcome(there, told())
        account.PAGE = 2
        account.clock = "2026-11-22T13:00:00Z"
        for _ in range(5):
            account.add(externalReferenceId="another")

        assert isinstance(await outcome(there, told()), Accepted)
        assert 1 == len(account.found(told()))

    async def test_too_many(self, account, there):
        """
        Where it cannot be told whether there is one, a person must look; none is created.
        """
        account.PAGE = 1
        for _ in range(11):
            account.add()

        assert Rejected("unclear") == await outcome(there, told())
        found = await there.check([replace(told(), sent=1)], NOW)
        assert (Deferred("unclear"),) == found.outcomes
        assert 0 == account.writes

    async def test_several(self, account, there):
        """
        Two of one lead are left for a person.
        """
        for _ in range(2):
            account.add(externalReferenceId=LEAD)

        assert Rejected("several_in_crm") == await outcome(there, told())
        found = await there.check([replace(told(), sent=1)], NOW)
        assert (Rejected("several_in_crm"),) == found.outcomes

    async def test_marketplace_row(self, account, there):
        """
        The lead's own row of the marketplace, marked by the other destination, is not taken for it.
        """
        account.add(externalReferenceId=LEAD, type="Independent", qualification="Direct")

        assert isinstance(await outcome(there, told()), Accepted)
        assert 2 == len(account.rows)

    async def test_microsofts(self, account, there):
        """
        What Microsoft's sellers sent is nobody's lead.
        """
        microsoft = {"invitedBy": {"organizationId": "msft"}}
        account.add(qualification="SalesQualified", type="Independent", inviteContext=microsoft)

        assert isinstance(await outcome(there, told()), Accepted)
        assert 2 == len(account.rows)

    async def test_slow(self, account):
        """
        All calls together take no longer than one may; what came of it is looked up later.
        """
        there = referrer(account, timeout=0.05)

        async def never(*_: Any, **__: Any) -> httpx.Response:
            await asyncio.sleep(5)
            raise AssertionError

        there.center._client.request = never  # type: ignore[method-assign]  # noqa: SLF001 - a slow network
        reply = await there.deliver([told()], NOW)

        assert ((Deferred("timeout"),), True) == (reply.outcomes, reply.failing)

    @pytest.mark.parametrize(
        ("answer", "became", "failing"),
        [
            (httpx.Response(201, json={}), Deferred("unreadable_answer"), True),
            (httpx.Response(201, text="{"), Deferred("unreadable_answer"), True),
            (failure(400, "invalidRequest"), Rejected("partner_center_invalidRequest"), False),
            (failure(409, "generalException"), Deferred("changed_meanwhile"), False),
            (failure(507, "generalException"), Deferred("http_507"), True),
        ],
    )
    async def test_answers(self, account, there, answer, became, failing):
        """
        Whatever is answered to the creation is read.
        """
        account.faults, account.unavailable = [Fault.UNAVAILABLE], lambda: answer

        reply = await there.deliver([told()], NOW)

        assert ((became,), failing) == (reply.outcomes, reply.failing)


class TestLater:
    async def test_changed(self, account, there):
        """
        A newer version changes contact and notes; what sellers wrote stays.
        """
        one = await referred(there)
        row = only(account)
        row["name"] = "Our big deal"
        row["customerProfile"] |= {"name": "Fabrikam Holding", "address": {"country": "AT"}}
        row["details"]["notes"] = "Called on Monday.\n\n" + row["details"]["notes"]
        row["details"]["dealValue"] = 5000
        newer = record(
            version=2, phone="+491", company="Fabrikam AG", country="DE", job_title="CIO"
        )

        assert Accepted(row["id"]) == await outcome(there, replace(one, record=newer))

        assert "Our big deal" == row["name"]
        assert "Fabrikam Holding" == row["customerProfile"]["name"]
        assert {"country": "AT"} == row["customerProfile"]["address"]
        [member] = row["customerProfile"]["team"]
        assert "+491" == member["phoneNumber"]
        assert row["details"]["notes"].startswith("Called on Monday.\n\n--- leadshare ---")
        assert "CIO" in row["details"]["notes"]
        assert 1 == row["details"]["notes"].count(BEGIN)
        assert 5000 == row["details"]["dealValue"]

    async def test_guarded(self, account, there):
        """
        Its id that was noted is read, and it is changed only as it was read.
        """
        one = await referred(there)
        before = only(account)["eTag"]
        account.requests.clear()

        await outcome(there, replace(one, record=record(version=2, job_title="CIO")))

        [get, patch] = account.requests
        assert ["GET", "PATCH"] == [get.method, patch.method]
        assert get.url == patch.url
        assert before == patch.headers["if-match"]

    async def test_same(self, account, there):
        """
        What is there already is not written.
        """
        one = await referred(there)
        writes = account.writes

        assert isinstance(await outcome(there, replace(one, record=record(version=1))), Accepted)
        assert writes == account.writes

    async def test_changed_meanwhile(self, account, there):
        """
        Somebody who writes between our reading and writing is not overwritten.
        """
        one = await referred(there)
        row = only(account)

        def race(request: httpx.Request) -> httpx.Response:
            answer = Account.handle(account, request)
            row["eTag"] = f'"after-{request.method}"'
            return answer

        account.handle = race
        there = referrer(account)
        newer = replace(one, record=record(version=2, job_title="CIO"))

        assert Deferred("changed_meanwhile") == await outcome(there, newer)
        assert "CIO" not in row["details"]["notes"]

    async def test_closed(self, account, there):
        """
        What is closed is neither changed nor made anew.
        """
        one = await referred(there)
        only(account).update(status="Closed", substatus="Lost")
        writes = account.writes

        assert Rejected("closed_in_crm") == await outcome(there, one)
        assert Rejected("closed_in_crm") == await outcome(there, told())
        assert writes == account.writes

    async def test_deleted(self, account, there):
        """
        What is gone is not made anew.
        """
        one = await referred(there)
        account.rows.clear()

        assert Rejected("deleted_in_crm") == await outcome(there, one)
        assert Rejected("deleted_in_crm") == await outcome(there, replace(one, receipt=""))
        assert {} == account.rows

    async def test_odd_receipt(self, account, there):
        """
        A receipt that can be no id is as good as none.
        """
        one = await referred(there)

        assert isinstance(await outcome(there, replace(one, receipt="../x")), Accepted)
        assert 1 == len(account.rows)

    @pytest.mark.parametrize("status", [403, 500])
    async def test_unreadable(self, account, there, status):
        """
        A referral that cannot be read is not taken for gone.
        """
        one = await referred(there)

        def broken(request: httpx.Request) -> httpx.Response:
            if request.method == "GET":
                return failure(status, "generalException")
            return Account.handle(account, request)

        account.handle = broken
        there = referrer(account)

        assert isinstance(await outcome(there, one), Deferred)
        assert isinstance((await there.check([one], NOW)).outcomes[0], Deferred)


class TestShared:
    async def test_two_sides(self, account, shared):
        """
        A shared deal has the partner's side and Microsoft's, of one engagement.
        """
        assert isinstance(await outcome(shared, told()), Accepted)

        ours, theirs = account.rows.values()
        assert ours["engagementId"] == theirs["engagementId"]
        assert [{"type": "SolutionProfile", "id": "SOL-12345-ABC"}] == ours["target"]
        assert [{"type": "BusinessProfileLocation", "id": "msft"}] == theirs["target"]
        assert "Shared" == ours["type"] == theirs["type"]
        assert 1 == len(account.found(told()))

    @pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.THROTTLED])
    @pytest.mark.parametrize("before", [[], [Fault.NONE]], ids=["ours", "theirs"])
    async def test_interrupted(self, account, shared, before, fault):
        """
        Whichever of the two was interrupted, in the end there is one of each.
        """
        account.faults = [*before, fault]
        became = await outcome(shared, told())
        assert isinstance(became, Deferred)

        assert isinstance(await outcome(shared, told()), Accepted)

        assert 1 == len(account.found(told()))
        assert 2 == len(account.rows)

    async def test_later(self, account, shared):
        """
        A newer version changes the partner's side, and makes no third.
        """
        one = await referred(shared)

        newer = replace(one, record=record(version=2, job_title="CIO"))
        assert isinstance(await outcome(shared, newer), Accepted)

        assert 2 == len(account.rows)
        [ours] = account.found(told())
        assert "CIO" in ours["details"]["notes"]

    async def test_as_it_was_made(self, account, there):
        """
        A deal that was made independent stays so, whatever the configuration says since.
        """
        one = await referred(there)

        assert isinstance(await outcome(referrer(account, deal="Shared"), one), Accepted)
        assert 1 == len(account.rows)

    async def test_no_engagement(self, account, shared):
        """
        A deal that tells no engagement waits, Partner Center being at fault.
        """
        row = account.add(externalReferenceId=LEAD, type="Shared", qualification="None")
        account.rows[row] |= {"engagementId": None, "customerProfile": {"name": "x"}}

        reply = await shared.deliver([told()], NOW)

        assert ((Deferred("unreadable_answer"),), True) == (reply.outcomes, reply.failing)

    async def test_odd_targets(self, account, shared):
        """
        Targets that cannot be read are not Microsoft's.
        """
        row = account.add(externalReferenceId=LEAD, type="Shared", customerProfile={"name": "x"})
        for odd in (None, "msft", [None], [{"id": "msft-2"}]):
            engagement = account.rows[row]["engagementId"]
            account.rows[account.add()] |= {"engagementId": engagement, "target": odd}
        before = len(account.rows)

        assert isinstance(await outcome(shared, told()), Accepted)
        assert before + 1 == len(account.rows)


class TestMapping:
    def settings(self, **changes: Any) -> Any:
        """Settings of a referrer."""
        return referrer(Account(), **changes).settings

    def test_qualification(self):
        """
        What is ready for sales is SalesQualified, the rest is not judged; none claims to be direct.
        """
        for stage, said in (("sales_ready", "SalesQualified"), ("nurture", "None")):
            assert said == referral(record(stage=stage), self.settings())["qualification"]

    def test_solution(self):
        """
        Each listing may have its own solution.
        """
        settings = self.settings(deal="Shared", solutions={"contoso.kit": "SOL-2"})

        for listing, solution in (("contoso.kit", "SOL-2"), ("contoso.x", "SOL-12345-ABC")):
            made = referral(record(listing=listing), settings)
            assert solution == made["target"][0]["id"]
            assert solution == made["details"]["requirements"]["solutions"][0]["id"]

    def test_worth(self):
        """
        Worth and closing day are told if the publisher told them, and are the same every time.
        """
        told = {"deal_value": 5000, "currency": "EUR", "close_in_days": 90}
        details = referral(record(), self.settings(**told))["details"]

        assert (5000, "EUR") == (details["dealValue"], details["currency"])
        assert "2027-02-20T00:00:00Z" == details["closingDateTime"]
        bare = referral(record(), self.settings())["details"]
        assert {"notes", "requirements"} == set(bare)

    def test_consent(self):
        """
        All three consents are given: only who agreed gets here.
        """
        assert {True} == set(referral(record(), self.settings())["consent"].values())

    @pytest.mark.parametrize(
        ("facts", "name"),
        [
            ({}, "Contoso Invoice Robot - Fabrikam GmbH"),
            ({"company": ""}, "Contoso Invoice Robot - Sample Buyer"),
            ({"listing_title": ""}, "contoso.invoice-robot - Fabrikam GmbH"),
            ({"listing_title": "", "listing": ""}, "Marketplace lead - Fabrikam GmbH"),
            (
                {
                    "listing_title": "",
                    "listing": "",
                    "company": "",
                    "first_name": "",
                    "last_name": "",
                },
                "Marketplace lead",
            ),
        ],
    )
    def test_name(self, facts, name):
        """
        A deal is named by the listing and the customer, as far as they are known.
        """
        assert name == referral(record(**facts), self.settings())["name"]

    def test_connected(self):
        """
        Microsoft's side is the same but for target and ids.
        """
        settings = self.settings(deal="Shared")
        ours, theirs = referral(record(), settings), connected(record(), settings, "e-1")

        different = {name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)}
        assert {"target", "engagementId", "externalReferenceId"} == different

    def test_long_email(self):
        """
        An address that is too long is told whole in the notes.
        """
        long = f"{'x' * 300}@fabrikam.example"
        made = referral(record(email=long), self.settings())

        assert "email" not in made["customerProfile"]["team"][0]
        assert f"{BEGIN}\n{long}\n" in made["details"]["notes"]


def found(**profile: Any) -> Mapping[str, Any]:
    """A referral that is there."""
    return {"customerProfile": profile, "details": {"notes": ""}}


class TestChanges:
    CONTACT: Mapping[str, str] = {
        "firstName": "Sample",
        "lastName": "Buyer",
        "phoneNumber": "+4930123456",
        "email": "sample.buyer@fabrikam.example",
    }

    def of(self, row: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
        """What the builder's lead sets, but for its notes."""
        told = changes(row, record(**facts))
        del told["/details/notes"]
        return told

    def test_contact(self):
        """
        The contact is known by e-mail among the customer's people.
        """
        team = [{"email": "boss@fabrikam.example"}, {"email": "SAMPLE.buyer@fabrikam.example"}]
        told = self.of(found(name="x", address={"country": "AT"}, team=team))

        assert {f"/customerProfile/team/1/{n}": v for n, v in self.CONTACT.items()} == told

    def test_new_contact(self):
        """
        Who is not among them is added.
        """
        told = self.of(found(name="x", address={"country": "AT"}, team=[None, {"email": "x"}]))

        assert {"/customerProfile/team/-": self.CONTACT} == told

    def test_nobody(self):
        """
        Where there is nobody, the contact is the first; name and country are filled where missing.
        """
        assert {
            "/customerProfile/name": "Fabrikam GmbH",
            "/customerProfile/address/country": "DE",
            "/customerProfile/team": [self.CONTACT],
        } == self.of(found())
        elsewhere = self.of(found(name="(not given)", address={"city": "Graz"}, team=[]))
        assert {
            "/customerProfile/name": "Fabrikam GmbH",
            "/customerProfile/address/country": "DE",
            "/customerProfile/team/-": self.CONTACT,
        } == elsewhere

    def test_by_phone(self):
        """
        Who has no e-mail is known by phone; a name that nobody gave replaces none.
        """
        row = found(name="x", address={"country": "AT"}, team=[{"phoneNumber": "+4930123456"}])

        told = self.of(row, email="", last_name="", country="")

        assert {
            "/customerProfile/team/0/firstName": "Sample",
            "/customerProfile/team/0/phoneNumber": "+4930123456",
        } == told

    def test_by_name(self):
        """
        Whose e-mail is too long for its field is known by name, and added once.
        """
        long = {"email": f"{'x' * 300}@fabrikam.example", "phone": ""}
        first = self.of(found(name="x", address={"country": "AT"}, team=[]), **long)
        member = first["/customerProfile/team/-"]

        again = self.of(found(name="x", address={"country": "AT"}, team=[member]), **long)

        assert {f"/customerProfile/team/0/{n}": v for n, v in member.items()} == again


class TestDescribe:
    async def test_expiry(self, account):
        """
        Where the day of consent is told, so is the day when the refresh token ends.
        """
        user = {**account.USER, "refresh_token_issued": date(2026, 11, 1)}

        told = await referrer(account, user=user).describe(NOW)

        assert datetime(2027, 1, 30, tzinfo=UTC) == told.expires
        assert NOW + timedelta(days=60) < told.expires

    async def test_no_day(self, account, there):
        """
        Otherwise only the sign-in is tried, however many referrals there are.
        """
        account.PAGE = 1
        for _ in range(12):
            account.add()

        assert (await there.describe(NOW)).expires is None
        assert 1 == account.sign_ins


class TestLanding:
    async def test_without_receipt(self, account, there):
        """
        One whose id nobody noted is found by the lead's.
        """
        one = await referred(there)

        seen = await there.check([replace(one, receipt="")], NOW)

        assert (Accepted(only(account)["id"]),) == seen.outcomes

    async def test_missing(self, account, there):
        """
        One that is gone, or whose id is another's, is missing.
        """
        one = await referred(there)
        row = only(account)
        row |= {"externalReferenceId": OTHER, "details": {"notes": "of another"}}
        assert (Rejected(MISSING),) == (await there.check([one], NOW)).outcomes

        account.rows.clear()
        assert (Rejected(MISSING),) == (await there.check([one], NOW)).outcomes
