"""Marketo: one person for an address, errors inside of HTTP 200, memberships and quotas."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import ValidationError

from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Rejected
from leadshare.core.preflight import findings
from leadshare.destinations.base import Destination
from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.marketo import Marketo, MarketoSettings
from leadshare.destinations.marketo_answers import until_reset
from tests.builders import NOW, delivery, record
from tests.destinations.simulators.base import destination_of
from tests.destinations.simulators.marketo import HOST, Account, done, refusal, skipped

LISTING = "fedcba9876543210"
PROGRAM = {"id": 1234, "status": "Engaged"}
BASE = f"https://{HOST}"


def person(number: int, listing: str = LISTING, version: int = 1, **changes: Any) -> Delivery:
    """What customer *number* asked of a listing."""
    lead = f"{number:032x}-{listing}"
    told = {"email": f"buyer{number}@fabrikam.example", "last_name": f"Buyer {number}", **changes}
    return delivery(version=version, lead=lead, record=record(lead=lead, version=version, **told))


def settings(**changes: Any) -> MarketoSettings:
    """Settings of the simulated instance, read as from the configuration file."""
    told = {**Account.SETTINGS, **changes}
    return MarketoSettings.model_validate(told, context=Account.ENVIRONMENT)


def answering(*answers: httpx.Response, **changes: Any) -> Destination[Any]:
    """The destination of an instance that signs in and then gives these answers."""
    left = [httpx.Response(200, json={"access_token": "token", "expires_in": 3600}), *answers]
    told = {**Account.SETTINGS, **changes}
    return destination_of(told, Account.ENVIRONMENT, lambda _request: left.pop(0))


def calls(account: Account) -> list[str]:
    """The paths called, signing in apart."""
    return [
        request.url.raw_path.decode()
        for request in account.requests
        if not request.url.path.startswith("/identity")
    ]


@pytest.fixture(name="account")
def _account() -> Account:
    return Account()


@pytest.fixture(name="crm")
def _crm(account: Account) -> Destination[Any]:
    return account.destination()


class TestSettings:
    @pytest.mark.parametrize(
        "url",
        [
            pytest.param("https://123-ABC-456.mktorest.com/rest", id="as-shown"),
            pytest.param("https://123-abc-456.mktorest.com/rest/", id="slash"),
            pytest.param("https://123-abc-456.mktorest.com", id="bare"),
        ],
    )
    def test_url(self, url):
        """The endpoint is taken as Marketo shows it."""
        assert BASE == settings(url=url).url

    @pytest.mark.parametrize(
        "url",
        [
            pytest.param("https://crm.example/rest", id="elsewhere"),
            pytest.param("http://123-abc-456.mktorest.com/rest", id="plain"),
            pytest.param("https://123-abc-456.mktorest.com/identity", id="identity"),
            pytest.param("https://123-abc-456.mktorest.com.crm.example", id="suffix"),
            pytest.param("https://me:pw@123-abc-456.mktorest.com", id="user"),
        ],
    )
    def test_not_an_instance(self, url):
        """An address that is no instance of Marketo is refused."""
        with pytest.raises(ValidationError, match="url must be like"):
            settings(url=url)

    @pytest.mark.parametrize(
        ("changes", "wrong"),
        [
            pytest.param({"concurrency": 2}, "concurrency", id="overlapping"),
            pytest.param({"lookup_field": "phone"}, "lookup_field must be", id="lookup"),
            pytest.param({"fields": {"email": ""}}, "must not leave email out", id="no-email"),
            pytest.param({"key": "no key"}, "key", id="key"),
            pytest.param({"program": {"id": 1}}, "program.status", id="no-status"),
            pytest.param({"list": 0}, "list", id="list"),
            pytest.param({"client_secret": "plain secret"}, "environment", id="secret"),
        ],
    )
    def test_refused(self, changes, wrong):
        """What cannot work is refused when it loads."""
        with pytest.raises(ValidationError, match=wrong):
            settings(**changes)

    def test_serial(self):
        """One call at a time, at 45 in 20 seconds, unless the publisher says less."""
        assert 1 == settings().concurrency
        assert (45, 20) == (Marketo.RATE.calls, Marketo.RATE.seconds)


class TestRequests:
    async def test_write(self, account, crm):
        """Signing in is a form, and so the secret is in no address; the token is in the header."""
        await crm.deliver([person(1)], NOW)

        sign_in, write = account.requests
        assert f"POST {BASE}/identity/oauth/token" == f"{sign_in.method} {sign_in.url}"
        assert Account.SETTINGS["client_id"] in parse_qs(sign_in.content.decode())["client_id"]
        assert f"POST {BASE}/rest/v1/leads.json" == f"{write.method} {write.url}"
        assert "Bearer token-1:int" == write.headers["authorization"]
        assert "application/json" == write.headers["content-type"]
        body = json.loads(write.content)
        assert ("createOrUpdate", "email") == (body["action"], body["lookupField"])
        assert ["action", "lookupField", "input"] == list(body)

    async def test_partition(self, account):
        """New persons go to the partition that is configured."""
        account.partitions = ("Default", "Europe")

        [outcome] = (
            await account.destination(partition="Europe").deliver([person(1)], NOW)
        ).outcomes

        assert isinstance(outcome, Accepted)
        assert "Europe" == json.loads(account.requests[-1].content)["partitionName"]

    async def test_look_up(self, account, crm):
        """A look-up of many is a form: no address of a person is in a URL."""
        await crm.check([person(number) for number in range(300)], NOW)

        by_key, by_email = account.requests[1:]
        assert f"POST {BASE}/rest/v1/leads.json?_method=GET" == f"{by_key.method} {by_key.url}"
        assert by_key.url == by_email.url
        form = parse_qs(by_key.content.decode())
        assert ["leadshareId"] == form["filterType"]
        assert 300 == len(form["filterValues"][0].split(","))
        assert ["id,email,leadshareId"] == form["fields"]

    async def test_no_contact(self, account, crm):
        """Who asked not to be contacted is unsubscribed; nobody is ever subscribed again."""
        await crm.deliver([person(1), person(2, lane="no_contact")], NOW)

        one, other = account.people.values()
        assert (True, True) == (other["unsubscribed"], other["doNotCall"])
        assert not {"unsubscribed", "doNotCall"} & set(one)


class TestMerge:
    async def test_known_person(self, account, crm):
        """A person whom Marketo has already is updated, whatever case the address has."""
        account.people[7] = {"id": 7, "email": "Buyer1@Fabrikam.example", "leadScore": 12}

        [outcome] = (await crm.deliver([person(1)], NOW)).outcomes

        assert Accepted("7") == outcome
        assert (12, "Buyer 1") == (account.people[7]["leadScore"], account.people[7]["lastName"])

    async def test_blank(self, account, crm):
        """What the lead does not tell stays as it was."""
        account.people[7] = {"id": 7, "email": "buyer1@fabrikam.example", "phone": "+4989"}

        await crm.deliver([person(1, phone="")], NOW)

        assert "+4989" == account.people[7]["phone"]

    @pytest.mark.parametrize("attempts", [0, 1])
    async def test_several(self, account, crm, attempts):
        """Where several persons have the address, a person must choose: the lead is parked."""
        for number in (7, 8):
            account.people[number] = {"id": number, "email": "buyer1@fabrikam.example"}

        reply = await crm.deliver([replace(person(1), attempts=attempts)], NOW)

        assert (Rejected("several_in_crm"),) == reply.outcomes
        assert not reply.failing
        assert 1 - attempts == account.writes

    async def test_deleted(self, account, crm):
        """A person who was deleted is not made anew by a later version of the lead."""
        again = replace(person(1, version=2), sent=1, receipt="7")

        reply = await crm.deliver([again], NOW)

        assert (Rejected("deleted_in_crm"),) == reply.outcomes
        assert (0, {}) == (account.writes, account.people)

    async def test_never_arrived(self, account, crm):
        """After an unclear answer it is looked up first, then written."""
        reply = await crm.deliver([replace(person(1), attempts=1)], NOW)

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert ["/rest/v1/leads.json?_method=GET", "/rest/v1/leads.json"] == calls(account)

    async def test_two_listings(self, account, crm):
        """Two leads of one person in a batch are two calls: in one they might make two persons."""
        two = [person(1), person(1, "0123456789abcdef"), person(2)]

        reply = await crm.deliver(two, NOW)

        assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
        assert [1, 1, 1] == [len(account.found(one)) for one in two]
        assert 2 == account.writes

    async def test_by_key(self, account):
        """Known by our key, every lead is a person of its own, even without an address."""
        crm = account.destination(lookup_field="leadshareId")
        two = [person(1), person(1, "0123456789abcdef"), person(2, email="")]

        reply = await crm.deliver(two, NOW)
        again = await crm.deliver([replace(one, attempts=1) for one in two], NOW)
        found = await crm.check([person(9)], NOW)

        assert {Accepted} == {type(outcome) for outcome in (*reply.outcomes, *again.outcomes)}
        assert (Rejected(MISSING),) == found.outcomes
        assert 3 == len(account.people)

    @pytest.mark.parametrize(
        ("email", "reason"),
        [
            pytest.param("", "email_missing", id="none"),
            pytest.param("k\u00e4ufer@fabrikam.example", "email_not_ascii", id="umlaut"),
            pytest.param('"a,b"@fabrikam.example', "email_with_comma", id="comma"),
        ],
    )
    async def test_no_address(self, account, crm, email, reason):
        """A lead without an address that Marketo takes is parked alone."""
        reply = await crm.deliver([person(1, email=email), person(2)], NOW)

        assert Rejected(reason) == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)
        assert 1 == len(account.people)

    async def test_company_locked(self, account, crm):
        """Where a person's company is not ours to change, all the rest is written."""
        account.people[7] = {"id": 7, "email": "buyer1@fabrikam.example", "company": "Fabrikam"}
        account.locked = True

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
        assert ("Fabrikam", "Buyer 1") == (
            account.people[7]["company"],
            account.people[7]["lastName"],
        )

    async def test_company_locked_for_good(self, account, crm):
        """Where even that does not help, it is tried again later, not for ever at once."""
        account.skips["buyer1@fabrikam.example"] = "1021"

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("marketo_1021"),) == reply.outcomes
        assert 2 == account.writes


class TestLanding:
    async def test_replaced(self, crm):
        """A lead has landed, too, whose person shows another lead of the same contact by now."""
        await crm.deliver([person(1)], NOW)
        await crm.deliver([person(1, "0123456789abcdef")], NOW)

        reply = await crm.check([person(1), person(2)], NOW)

        assert (Accepted("1001"), Rejected(MISSING)) == reply.outcomes

    async def test_somebody_else(self, account, crm):
        """A person with the address who shows no lead of the contact is no proof."""
        account.people[7] = {"id": 7, "email": "buyer1@fabrikam.example", "leadshareId": "other-1"}
        account.people[8] = {"id": 8, "email": "buyer2@fabrikam.example"}

        reply = await crm.check([person(1), person(2)], NOW)

        assert (Rejected(MISSING),) * 2 == reply.outcomes

    async def test_new_address(self, account, crm):
        """A person whose address a seller has changed is found by our key."""
        await crm.deliver([person(1)], NOW)
        account.people[1001]["email"] = "other@fabrikam.example"

        reply = await crm.check([person(1)], NOW)

        assert (Accepted("1001"),) == reply.outcomes

    async def test_pages(self, account, crm):
        """All pages are read before anybody is missing."""
        for number in range(400):
            account.people[number] = {"id": number, "email": "buyer1@fabrikam.example"}
        account.people[900] = {"id": 900, "email": "buyer2@fabrikam.example"}
        both = [replace(person(number), sent=1) for number in (1, 2)]

        reply = await crm.deliver(both, NOW)

        assert Rejected("several_in_crm") == reply.outcomes[0]
        assert Accepted("900") == reply.outcomes[1]

    async def test_too_many(self, account, crm):
        """More than a thousand persons of one address keep nobody else waiting."""
        for number in range(1001):
            account.people[number] = {"id": number, "email": "buyer1@fabrikam.example"}
        three = [replace(person(number), attempts=1) for number in (1, 2, 3)]

        reply = await crm.deliver(three, NOW)

        assert Rejected("several_in_crm") == reply.outcomes[0]
        assert [Accepted] * 2 == [type(outcome) for outcome in reply.outcomes[1:]]

    async def test_endless_pages(self):
        """Pages without end say nothing."""
        crm = answering(*(done([], nextPageToken="more") for _ in range(9)))

        reply = await crm.check([person(1)], NOW)

        assert (Deferred("unreadable_answer"),) == reply.outcomes

    async def test_refused(self, account, crm):
        """A look-up that is refused says nothing."""
        account.codes = ["611"]

        reply = await crm.check([person(1)], NOW)

        assert (Deferred("marketo_611"),) == reply.outcomes
        assert reply.failing


class TestCalls:
    @pytest.mark.parametrize("code", ["604", "608", "611", "614", "713", "502", "500"])
    async def test_down(self, account, crm, code):
        """An instance that is down is at fault itself."""
        account.codes = [code]

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Deferred(f"marketo_{code}"),) * 2 == reply.outcomes
        assert reply.failing

    @pytest.mark.parametrize("code", ["605", "609", "610", "612", "1003", "1006", "1011"])
    async def test_our_fault(self, account, crm, code):
        """Nothing is rejected wholesale, even where the call itself was wrong."""
        account.codes = [code]

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred(f"marketo_{code}"),) == reply.outcomes
        assert reply.failing

    @pytest.mark.parametrize(("code", "seconds"), [("606", 20), ("615", 5)])
    async def test_throttled(self, account, crm, code, seconds):
        """Too many calls hold the lane, and cost no attempt."""
        account.codes = [code]

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("throttled", counts=False),) == reply.outcomes
        assert seconds == (reply.hold or timedelta()).total_seconds()
        assert not reply.failing

    async def test_quota(self, account, crm):
        """The daily quota holds the lane until it may be fresh."""
        account.codes = ["607"]

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("quota_exhausted", counts=False),) == reply.outcomes
        assert timedelta(hours=17) == reply.hold
        assert not reply.failing

    @pytest.mark.parametrize(
        ("now", "hours"),
        [
            pytest.param("2026-11-22T05:00:00+00:00", 1, id="daylight-saving-over"),
            pytest.param("2026-11-22T06:00:00+00:00", 23, id="just-fresh"),
            pytest.param("2026-07-01T04:30:00+00:00", 0.5, id="summer"),
            pytest.param("2026-07-01T03:30:00-01:00", 0.5, id="another-zone"),
        ],
    )
    def test_until_reset(self, now, hours):
        """Midnight in Chicago is 05:00 or 06:00 UTC: the next of them is waited for."""
        assert timedelta(hours=hours) == until_reset(datetime.fromisoformat(now))

    async def test_denied(self, account, crm):
        """Without the permission every lead waits."""
        account.codes = ["603"]

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("forbidden"),) == reply.outcomes
        assert reply.failing

    @pytest.mark.parametrize("code", ["601", "602"])
    async def test_token_ended(self, account, crm, code):
        """An ended token is told in an HTTP 200; it is replaced once."""
        account.codes = [code]

        reply = await crm.deliver([person(1)], NOW)

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert 2 == account.sign_ins

    async def test_token_refused(self, account, crm):
        """A token refused twice is given up, and no lead is rejected."""
        account.codes = ["601", "602"]

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("unauthorised"),) == reply.outcomes
        assert reply.failing
        assert 2 == account.sign_ins

    async def test_wrong_secret(self, account):
        """A wrong secret leaves every lead waiting; nothing is sent."""
        told = {**Account.SETTINGS}
        crm = destination_of(told, {"OUR_MARKETO_SECRET": "wrong"}, account.handle)

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("sign_in_failed", counts=False),) == reply.outcomes
        assert reply.failing
        assert 0 == account.writes

    async def test_same_token(self):
        """Signing in early gives the same token, which is used until its end."""
        seconds = 0.0
        account = Account(clock=lambda: seconds)
        crm = account.destination()
        for seconds in (0, 3580, 3595, 3601):
            await crm.deliver([person(1)], NOW + timedelta(seconds=seconds))

        tokens = [r.headers["authorization"] for r in account.requests if account.is_write(r)]
        assert ["Bearer token-1:int"] * 3 + ["Bearer token-3:int"] == tokens
        assert 3 == account.sign_ins

    async def test_limit(self):
        """An instance answers 606 beyond its limit; once the window has passed, it goes on."""
        seconds = 0.0
        account = Account(clock=lambda: seconds, limit=(3, 20))
        crm = account.destination()

        replies = [await crm.deliver([person(number)], NOW) for number in range(4)]
        seconds = 20.0
        later = await crm.deliver([person(9)], NOW)

        assert [False, False, False, True] == [bool(reply.hold) for reply in replies]
        assert 1 == account.throttles
        assert isinstance(later.outcomes[0], Accepted)

    async def test_part_refused(self, account):
        """What was written before a later call was refused stays written."""
        two = [person(1), person(1, "0123456789abcdef")]

        def once(request: httpx.Request) -> httpx.Response:
            return account.handle(request) if account.writes < 1 else refusal("606", "Too many")

        crm = destination_of(Account.SETTINGS, Account.ENVIRONMENT, once)
        reply = await crm.deliver(two, NOW)

        assert isinstance(reply.outcomes[0], Accepted)
        assert Deferred("throttled", counts=False) == reply.outcomes[1]
        assert timedelta(seconds=20) == reply.hold

    async def test_slow(self):
        """All calls of a batch together take no longer than one may: the lease would run out."""

        class Slow(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                await asyncio.sleep(0.02)
                answer = Account().answer(request, store=True)
                return done([]) if request.url.path.startswith("/rest") else answer

        crm = Marketo(settings(timeout=0.05), httpx.AsyncClient(transport=Slow()))

        reply = await crm.deliver([replace(person(1), attempts=1)], NOW)

        assert (Deferred("timeout"),) == reply.outcomes
        assert reply.failing


class TestRecords:
    @pytest.mark.parametrize("code", ["1001", "1002", "1003", "1006", "1011"])
    async def test_rejected(self, account, crm, code):
        """A record that no repeat can help is parked alone."""
        account.skips["buyer1@fabrikam.example"] = code

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert Rejected(f"marketo_{code}") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)
        assert not reply.failing

    @pytest.mark.parametrize("code", ["1004", "1005", "1008", "1009", "1010", "1234"])
    async def test_deferred(self, account, crm, code):
        """A partition that is not ours, or a code that nobody knows, is tried again."""
        account.skips["buyer1@fabrikam.example"] = code

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred(f"marketo_{code}"),) == reply.outcomes
        assert not reply.failing

    async def test_too_large(self, account, crm):
        """A batch of more than a megabyte is split, and written whole."""
        long: Any = dict.fromkeys(("first_name", "job_title", "company"), "\u0416" * 255)
        many = [person(number, notes="\u0416" * 1024, **long) for number in range(300)]

        reply = await crm.deliver(many, NOW)

        assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
        assert [1] * 300 == [len(account.found(one)) for one in many]
        assert account.writes > 1

    async def test_split_in_halves(self):
        """HTTP 413 splits a batch; a record that is too large alone is parked."""
        both = (httpx.Response(413), httpx.Response(413), done([{"id": 7, "status": "created"}]))

        reply = await answering(*both).deliver([person(1), person(2)], NOW)

        assert (Rejected("marketo_413"), Accepted("7")) == reply.outcomes

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(done([]), id="no-results"),
            pytest.param(done([{"id": 7, "status": "created"}] * 3), id="more-results"),
            pytest.param(httpx.Response(200, json={"success": True}), id="result-missing"),
            pytest.param(httpx.Response(200, json={"success": False}), id="errors-missing"),
            pytest.param(
                httpx.Response(200, json={"success": False, "errors": [{"code": "<b>"}]}),
                id="odd-code",
            ),
            pytest.param(httpx.Response(200, json={"success": "true", "result": []}), id="text"),
            pytest.param(httpx.Response(200, json=[1]), id="list"),
            pytest.param(httpx.Response(200, text="{"), id="no-json"),
            pytest.param(done([None, {}]), id="odd-results"),
            pytest.param(done([{"id": "7", "status": "created"}, {"id": True}]), id="odd-ids"),
            pytest.param(done([{"status": "skipped"}, {"id": 8, "status": "?"}]), id="no-reason"),
        ],
    )
    async def test_unreadable(self, answer):
        """An answer that cannot be read is no acceptance, and Marketo is at fault."""
        reply = await answering(answer).deliver([person(1), person(2)], NOW)

        assert (Deferred("unreadable_answer"),) * 2 == reply.outcomes
        assert reply.failing

    async def test_one_unreadable(self):
        """A result that cannot be read leaves the others as they are."""
        answer = done([{"id": 7, "status": "updated"}, {"status": "skipped", "reasons": "x"}])

        reply = await answering(answer).deliver([person(1), person(2)], NOW)

        assert (Accepted("7"), Deferred("unreadable_answer")) == reply.outcomes
        assert not reply.failing

    @pytest.mark.parametrize("status", [400, 404, 405])
    async def test_http(self, status):
        """A status that Marketo does not use is no acceptance."""
        reply = await answering(httpx.Response(status)).deliver([person(1)], NOW)

        assert (Deferred(f"http_{status}"),) == reply.outcomes
        assert reply.failing

    async def test_gone(self):
        """An instance that is gone is never called again."""
        reply = await answering(httpx.Response(410)).deliver([person(1)], NOW)

        assert reply.gone


class TestMemberships:
    async def test_both(self, account):
        """Who was accepted gets the status in the program and is in the list."""
        account.skips["buyer2@fabrikam.example"] = "1003"
        crm = account.destination(program=PROGRAM, list=1021)

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert [Accepted, Rejected] == [type(outcome) for outcome in reply.outcomes]
        assert {(1234, 1001): "Engaged"} == account.members
        assert {1001} == account.lists[1021]
        assert [
            "/rest/v1/leads.json",
            "/rest/v1/programs/1234/members/status.json",
            "/rest/v1/lists/1021/leads.json",
        ] == calls(account)
        program, members = account.requests[-2:]
        assert {"statusName": "Engaged", "input": [{"leadId": 1001}]} == json.loads(program.content)
        assert {"input": [{"id": 1001}]} == json.loads(members.content)

    async def test_again(self, account):
        """A status already had, or passed, is as good; nobody is put back."""
        crm = account.destination(program=PROGRAM)
        await crm.deliver([person(1)], NOW)
        account.members[1234, 1001] = "Won"

        reply = await crm.deliver([replace(person(1, version=2), sent=1)], NOW)

        assert (Accepted("1001"),) == reply.outcomes
        assert "Won" == account.members[1234, 1001]

    async def test_none_accepted(self, account):
        """Where nobody was accepted, nobody is put anywhere."""
        account.skips["buyer1@fabrikam.example"] = "1003"

        await account.destination(program=PROGRAM, list=1021).deliver([person(1)], NOW)

        assert ["/rest/v1/leads.json"] == calls(account)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            pytest.param({"program": {"id": 9, "status": "Engaged"}}, "1013", id="no-program"),
            pytest.param({"program": {"id": 1234, "status": "?"}}, "1025", id="no-status"),
            pytest.param({"list": 9}, "1013", id="no-list"),
        ],
    )
    async def test_wrong(self, account, changes, code):
        """A program or list that is not there keeps leads waiting; their persons are written."""
        reply = await account.destination(**changes).deliver([person(1)], NOW)

        assert (Deferred(f"marketo_{code}"),) == reply.outcomes
        assert reply.failing
        assert 1 == len(account.people)

    @pytest.mark.parametrize("setting", [{"program": PROGRAM}, {"list": 1021}])
    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            pytest.param(skipped("1004"), "marketo_1004", id="not-found"),
            pytest.param({}, "unreadable_answer", id="nothing"),
        ],
    )
    async def test_one_fails(self, setting, row, reason):
        """Who could not be put in waits alone, and is then written once more."""
        people = done([{"id": 7, "status": "created"}, {"id": 8, "status": "created"}])

        crm = answering(people, done([row, {"status": "skipped"}]), **setting)
        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Deferred(reason), Accepted("8")) == reply.outcomes
        assert not reply.failing

    async def test_throttled(self, account):
        """Where the second call is one too many, the lead is written once more, not twice."""
        crm = account.destination(list=1021)
        account.limit = (1, 20)

        reply = await crm.deliver([person(1)], NOW)
        account.limit = None
        again = await crm.deliver([person(1)], NOW)

        assert (Deferred("throttled", counts=False),) == reply.outcomes
        assert (Accepted("1001"),) == again.outcomes
        assert 1 == len(account.people)


class TestDescribe:
    @pytest.mark.parametrize(
        ("changes", "unique"),
        [
            pytest.param({}, True, id="string"),
            pytest.param({"key": "leadshareScore"}, False, id="number"),
            pytest.param({"key": "leadshareSummary"}, False, id="not-searchable"),
            pytest.param({"key": "noSuchField"}, False, id="missing"),
            pytest.param({"key": "id"}, False, id="read-only"),
        ],
    )
    async def test_key(self, account, changes, unique):
        """The key must be a text that a look-up takes; Marketo has nothing unique."""
        description = await account.destination(**changes).describe(NOW)

        assert unique is description.key_unique

    async def test_address_required(self, crm):
        """Leads without an address are told before they are parked."""
        description = await crm.describe(NOW)
        values = [crm.values(person(1)), crm.values(person(2, email=""))]

        [finding] = findings(description, values, crm.mapping, frozenset(), NOW)

        assert ("field_required", "email", 1) == (finding.problem, finding.field, finding.leads)

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            pytest.param(done([]), "unreadable_answer", id="nothing"),
            pytest.param(done([{"fields": [{}]}]), "unreadable_answer", id="odd"),
            pytest.param(refusal("603", "Access denied"), "forbidden", id="denied"),
        ],
    )
    async def test_failed(self, answer, reason):
        """What cannot be described says why."""
        with pytest.raises(SignInFailed, match=reason):
            await answering(answer).describe(NOW)


class TestErase:
    async def test_replaced(self, account, crm):
        """A person who shows another lead by now is left alone."""
        await crm.deliver([person(1)], NOW)
        await crm.deliver([person(1, "0123456789abcdef")], NOW)

        await crm.erase(person(1), NOW)

        assert 1 == len(account.people)

    @pytest.mark.parametrize(
        "answers",
        [
            pytest.param([done([{"id": 7}]), done([skipped("1004")])], id="not-deleted"),
            pytest.param([refusal("603", "Access denied")], id="denied"),
        ],
    )
    async def test_refused(self, answers):
        """What was not deleted is told."""
        with pytest.raises(SignInFailed):
            await answering(*answers).erase(person(1), NOW)
