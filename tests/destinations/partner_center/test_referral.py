"""Referrals for field sellers: only with consent, one for each lead, and sellers' work stays."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.deliveries.lanes.rate import Rate
from leadshare.destinations.partner_center.notes import BEGIN
from leadshare.reason import Reason
from tests.builders import LEAD, NOW, record
from tests.destinations.partner_center.builders import outcome, referred, referrer, told
from tests.destinations.simulators.partner_center import failure
from tests.destinations.simulators.partner_center_referral import Account

OTHER = f"{'f' * 32}-{'0' * 16}"


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
        """What cannot work is refused, by its name."""
        with pytest.raises(ValueError, match=name):
            account.destination(**wrong)

    @pytest.mark.parametrize("name", ["consent", "solution", "user"])
    def test_required(self, account, name):
        """Consent, solution and user must be told."""
        settings = {key: value for key, value in account.SETTINGS.items() if key != name}
        account.SETTINGS = settings

        with pytest.raises(ValueError, match=name):
            account.destination()

    def test_defaults(self, account):
        """It is for field sellers, shared with Microsoft, and at ninety calls a minute."""
        settings = {key: value for key, value in account.SETTINGS.items() if key != "deal"}
        account.SETTINGS = settings
        there = referrer(account)
        told = there.settings

        assert ("field_seller", "Shared", 2) == (told.channel, told.deal, told.concurrency)
        assert Rate(calls=90, seconds=60) == there.rate


class TestConsent:
    @pytest.mark.parametrize("intent", ["trial", "acquisition", "other", "none"])
    async def test_none(self, account, there, intent):
        """Who has agreed to nothing is not shared: nothing leaves."""
        assert Rejected("no_consent") == await outcome(there, told(intent=intent))
        assert [] == account.requests

    async def test_no_contact(self, account, there):
        """Who is not to be contacted is not shared, whatever else was asked for."""
        one = await referred(there)
        category: dict[str, Any] = {"category": "no_contact", "intent": "contact_request"}
        asked = len(account.requests)

        assert Rejected("no_consent") == await outcome(there, told(**category))
        again = replace(one, record=record(version=2, **category))
        assert Rejected("no_consent") == await outcome(there, again)
        assert asked == len(account.requests)

    async def test_shared_before(self, account, there):
        """Who agreed once, and asked for something stronger since, is told on."""
        one = await referred(there)
        later = replace(one, record=record(version=2, intent="trial", notes="And a trial"))

        assert isinstance(await outcome(there, later), Accepted)
        assert "And a trial" in only(account)["details"]["notes"]

    async def test_unreachable_customer(self, account, there):
        """Who has neither e-mail nor phone is of no use to a seller."""
        assert Rejected("email_missing") == await outcome(there, told(email="", phone=""))
        assert isinstance(await outcome(there, told(email="")), Accepted)
        [member] = only(account)["customerProfile"]["team"]
        assert "email" not in member


class TestFirst:
    async def test_request(self, account, there):
        """It is looked for by time, then created with the lead's id; its id is the record id."""
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
        """No address names a person."""
        await outcome(there, await referred(there))

        for request in account.requests:
            assert "fabrikam" not in str(request.url)

    async def test_sent_before_a_crash(self, account, there):
        """One that was sent by a process that died is found, though nobody noted the attempt."""
        await outcome(there, told())
        writes = account.writes

        assert isinstance(await outcome(there, told()), Accepted)
        assert 1 == len(account.rows)
        assert writes == account.writes

    async def test_found_on_a_later_page(self, account, there):
        """It is found behind many others."""
        await outcome(there, told())
        account.PAGE = 2
        account.clock = "2026-11-22T13:00:00Z"
        for _ in range(5):
            account.add(externalReferenceId="another")

        assert isinstance(await outcome(there, told()), Accepted)
        assert 1 == len(account.found(told()))

    async def test_too_many(self, account, there):
        """Where it cannot be told whether there is one, a person must look; none is created."""
        account.PAGE = 1
        for _ in range(11):
            account.add()

        assert Rejected("unclear") == await outcome(there, told())
        found = await there.look_up([replace(told(), sent=1)], NOW)
        assert (Deferred("unclear"),) == found.outcomes
        assert 0 == account.writes

    async def test_several(self, account, there):
        """Two of one lead are left for a person."""
        for _ in range(2):
            account.add(externalReferenceId=LEAD)

        assert Rejected("several_in_crm") == await outcome(there, told())
        found = await there.look_up([replace(told(), sent=1)], NOW)
        assert (Rejected("several_in_crm"),) == found.outcomes

    async def test_marketplace_row(self, account, there):
        """The lead's own row of the marketplace, marked by the other destination, is not taken for
        it.
        """
        account.add(externalReferenceId=LEAD, type="Independent", qualification="Direct")

        assert isinstance(await outcome(there, told()), Accepted)
        assert 2 == len(account.rows)

    async def test_microsofts(self, account, there):
        """What Microsoft's sellers sent is nobody's lead."""
        microsoft = {"invitedBy": {"organizationId": "msft"}}
        account.add(qualification="SalesQualified", type="Independent", inviteContext=microsoft)

        assert isinstance(await outcome(there, told()), Accepted)
        assert 2 == len(account.rows)

    async def test_slow(self, account):
        """All calls together take no longer than one may; what came of it is looked up later."""
        there = referrer(account, timeout=0.05)

        async def never(*_: Any, **__: Any) -> httpx.Response:
            await asyncio.sleep(5)
            raise AssertionError

        there.center._client.request = never  # type: ignore[method-assign]  # noqa: SLF001 - a slow network
        reply = await there.deliver([told()], NOW)

        assert ((Deferred("timeout"),), True) == (reply.outcomes, reply.failing)


class TestLater:
    async def test_changed(self, account, there):
        """A newer version fills gaps and changes our notes; what sellers wrote stays."""
        one = await referred(there, phone="")
        row = only(account)
        row["name"] = "Our big deal"
        row["customerProfile"] |= {"name": "Fabrikam Holding", "address": {"country": "AT"}}
        row["details"]["notes"] = "Called on Monday.\n\n" + row["details"]["notes"]
        row["details"]["dealValue"] = 5000
        since = record()["since"] | dict.fromkeys(("phone", "company", "job_title"), 2)
        told = {"phone": "+491", "company": "Fabrikam AG", "job_title": "CIO", "since": since}
        newer = record(version=2, notes="And a trial", **told)

        assert Accepted(row["id"]) == await outcome(there, replace(one, record=newer))

        assert "Our big deal" == row["name"]
        assert "Fabrikam Holding" == row["customerProfile"]["name"]
        assert {"country": "AT"} == row["customerProfile"]["address"]
        [member] = row["customerProfile"]["team"]
        assert "+491" == member["phoneNumber"]
        assert row["details"]["notes"].startswith("Called on Monday.\n\n--- leadshare ---")
        assert "Head of IT" == member["title"]
        assert 1 == row["details"]["notes"].count(BEGIN)
        assert 5000 == row["details"]["dealValue"]

    async def test_guarded(self, account, there):
        """Its id that was noted is read, and it is changed only as it was read."""
        one = await referred(there)
        before = only(account)["eTag"]
        account.requests.clear()

        await outcome(there, replace(one, record=record(version=2, notes="And a trial")))

        [get, patch] = account.requests
        assert ["GET", "PATCH"] == [get.method, patch.method]
        assert get.url == patch.url
        assert before == patch.headers["if-match"]

    async def test_same(self, account, there):
        """What is there already is not written."""
        one = await referred(there)
        writes = account.writes

        assert isinstance(await outcome(there, replace(one, record=record(version=1))), Accepted)
        assert writes == account.writes

    async def test_changed_meanwhile(self, account, there):
        """Somebody who writes between our reading and writing is not overwritten."""
        one = await referred(there)
        row = only(account)

        def race(request: httpx.Request) -> httpx.Response:
            answer = Account.handle(account, request)
            row["eTag"] = f'"after-{request.method}"'
            return answer

        account.handle = race
        there = referrer(account)
        newer = replace(one, record=record(version=2, notes="And a trial"))

        assert Deferred("changed_meanwhile") == await outcome(there, newer)
        assert "And a trial" not in row["details"]["notes"]

    async def test_closed(self, account, there):
        """What is closed is neither changed nor made anew."""
        one = await referred(there)
        only(account).update(status="Closed", substatus="Lost")
        writes = account.writes

        assert Rejected("closed_in_crm") == await outcome(there, one)
        assert Rejected("closed_in_crm") == await outcome(there, told())
        assert writes == account.writes

    async def test_deleted(self, account, there):
        """What is gone is not made anew."""
        one = await referred(there)
        account.rows.clear()

        assert Rejected("deleted_in_crm") == await outcome(there, one)
        assert Rejected("deleted_in_crm") == await outcome(there, replace(one, record_id=""))
        assert {} == account.rows

    async def test_odd_record_id(self, account, there):
        """A record id that can be no id is as good as none."""
        one = await referred(there)

        assert isinstance(await outcome(there, replace(one, record_id="../x")), Accepted)
        assert 1 == len(account.rows)

    @pytest.mark.parametrize("status", [403, 500])
    async def test_unreadable(self, account, there, status):
        """A referral that cannot be read is not taken for gone."""
        one = await referred(there)

        def broken(request: httpx.Request) -> httpx.Response:
            if request.method == "GET":
                return failure(status, "generalException")
            return Account.handle(account, request)

        account.handle = broken
        there = referrer(account)

        assert isinstance(await outcome(there, one), Deferred)
        assert isinstance((await there.look_up([one], NOW)).outcomes[0], Deferred)


class TestDescribe:
    async def test_expiry(self, account):
        """Where the day of consent is told, so is the day when the refresh token ends."""
        user = {**account.USER, "refresh_token_issued": date(2026, 11, 1)}

        told = await referrer(account, user=user).describe(NOW)

        assert datetime(2027, 1, 30, tzinfo=UTC) == told.expires
        assert NOW + timedelta(days=60) < told.expires

    async def test_no_day(self, account, there):
        """Otherwise only the sign-in is tried, however many referrals there are."""
        account.PAGE = 1
        for _ in range(12):
            account.add()

        assert (await there.describe(NOW)).expires is None
        assert 1 == account.sign_ins


class TestLookUps:
    async def test_without_record_id(self, account, there):
        """One whose id nobody noted is found by the lead's."""
        one = await referred(there)

        seen = await there.look_up([replace(one, record_id="")], NOW)

        assert (Accepted(only(account)["id"]),) == seen.outcomes

    async def test_missing(self, account, there):
        """One that is gone, or whose id is another's, is missing."""
        one = await referred(there)
        row = only(account)
        row |= {"externalReferenceId": OTHER, "details": {"notes": "of another"}}
        assert (Rejected(Reason.NOT_FOUND_AFTER_ACCEPT),) == (
            await there.look_up([one], NOW)
        ).outcomes

        account.rows.clear()
        assert (Rejected(Reason.NOT_FOUND_AFTER_ACCEPT),) == (
            await there.look_up([one], NOW)
        ).outcomes
