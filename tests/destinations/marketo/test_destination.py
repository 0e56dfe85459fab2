"""Marketo: one person for an address, whoever wrote it, and what is told and erased."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.destinations.description import findings
from leadshare.destinations.errors import Refused
from leadshare.destinations.marketo.destination import Marketo
from leadshare.reason import Reason
from tests.builders import NOW
from tests.destinations.marketo.builders import answering, calls, person, settings
from tests.destinations.marketo.envelope import done, refusal, skipped
from tests.destinations.simulators.marketo import HOST, Account

BASE = f"https://{HOST}"


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

        sign_in, _, write = account.requests
        assert f"POST {BASE}/identity/oauth/token" == f"{sign_in.method} {sign_in.url}"
        assert Account.SETTINGS["client_id"] in parse_qs(sign_in.content.decode())["client_id"]
        assert f"POST {BASE}/rest/v1/leads.json" == f"{write.method} {write.url}"
        assert "Bearer token-1:int" == write.headers["authorization"]
        assert "application/json" == write.headers["content-type"]
        body = json.loads(write.content)
        assert ("createOnly", "email") == (body["action"], body["lookupField"])
        assert ["action", "lookupField", "input"] == list(body)

    async def test_partition(self, account):
        """New persons go to the partition that is configured."""
        account.partitions = ("Default", "Europe")

        [outcome] = (
            await account.destination(partition="Europe").deliver([person(1)], NOW)
        ).outcomes

        assert isinstance(outcome, Accepted)
        assert "Europe" == json.loads(account.requests[-1].content)["partitionName"]

    async def test_many(self, account, crm):
        """A search of many is a form: no address of a person is in a URL."""
        await crm.look_up([person(number) for number in range(300)], NOW)

        by_key, by_email = account.requests[1:]
        assert f"POST {BASE}/rest/v1/leads.json?_method=GET" == f"{by_key.method} {by_key.url}"
        assert by_key.url == by_email.url
        form = parse_qs(by_key.content.decode())
        assert ["leadshareId"] == form["filterType"]
        assert 300 == len(form["filterValues"][0].split(","))
        assert ["id,email,leadshareId"] == form["fields"]

    async def test_no_contact(self, account, crm):
        """Who asked not to be contacted is unsubscribed; nobody is ever subscribed again."""
        await crm.deliver([person(1), person(2, category="no_contact")], NOW)

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
        assert 0 == account.writes

    async def test_deleted(self, account, crm):
        """A person who was deleted is not made anew by a later version of the lead."""
        again = replace(person(1, version=2), sent=1, record_id="7")

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
        found = await crm.look_up([person(9)], NOW)

        assert {Accepted} == {type(outcome) for outcome in (*reply.outcomes, *again.outcomes)}
        assert (Rejected(Reason.NOT_FOUND_AFTER_ACCEPT),) == found.outcomes
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
        """The key must be a text that a search takes; Marketo has nothing unique."""
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
        with pytest.raises(Refused, match=reason):
            await answering(answer).describe(NOW)


OURS = {"id": 7, "createdAt": "2026-11-22T12:00:00Z"}


class TestErase:
    async def test_replaced(self, account, crm):
        """A person who shows another lead by now is left alone."""
        await crm.deliver([person(1)], NOW)
        await crm.deliver([person(1, "0123456789abcdef")], NOW)

        await crm.erase(person(1), NOW)

        assert 1 == len(account.people)

    async def test_there_before(self, account, crm):
        """Who was there before us is never deleted, whatever lead it shows by now."""
        account.put_before(person(1), {"email": "buyer1@fabrikam.example"})
        await crm.deliver([person(1)], NOW)

        with pytest.raises(Refused, match="erase_refused"):
            await crm.erase(person(1), NOW)

        assert [person(1).lead] == [one["leadshareId"] for one in account.people.values()]

    @pytest.mark.parametrize(
        ("created", "first", "erased"),
        [
            ("2026-11-22T11:59:00Z", "2026-11-22T11:59:00.999Z", True),
            ("2026-11-22T11:58:59Z", "2026-11-22T11:59:00.000Z", False),
            ("2026-11-22T06:59:01-0500", "2026-11-22T11:59:00.000Z", True),
            ("yesterday", "2026-11-22T11:59:00.000Z", False),
            (None, "2026-11-22T11:59:00.000Z", False),
        ],
    )
    async def test_created(self, account, crm, created, first, erased):
        """Who was made in the second of the lead's first touch, or later, was made for it."""
        one = person(1, first_touch=first)
        await crm.deliver([one], NOW)
        account.people[1001]["createdAt"] = created

        with contextlib.nullcontext() if erased else pytest.raises(Refused, match="erase_refused"):
            await crm.erase(one, NOW)

        assert erased is (not account.people)

    @pytest.mark.parametrize(
        "answers",
        [
            pytest.param([done([OURS]), done([skipped("1004")])], id="not-deleted"),
            pytest.param([done([OURS, {"id": 8}])], id="not-ours"),
            pytest.param([refusal("603", "Access denied")], id="denied"),
        ],
    )
    async def test_refused(self, answers):
        """What was not deleted is told."""
        with pytest.raises(Refused):
            await answering(*answers).erase(person(1), NOW)
