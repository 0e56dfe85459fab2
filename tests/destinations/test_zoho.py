"""Zoho CRM: one record for each lead, nobody else's overwritten, every answer read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Rejected
from leadshare.core.preflight import findings
from leadshare.destinations.answers import DEFAULT_HOLD
from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.zoho import Zoho, ZohoSettings
from leadshare.destinations.zoho_token import CENTRES
from tests.builders import LEAD, NOW, delivery, record
from tests.destinations.simulators.base import Fault, destination_of
from tests.destinations.simulators.zoho import KEY, Account, fault, found, refused

OTHER = "fedcba9876543210fedcba9876543210-0123456789abcdef"
HOUR = timedelta(hours=1)
DONE = {"code": "SUCCESS", "details": {"id": "42"}, "message": "", "status": "success"}


@pytest.fixture(name="account")
def _account() -> Account:
    return Account()


@pytest.fixture(name="zoho")
def _zoho(account: Account) -> Zoho:
    return zoho_at(account.handle)


Handler = Callable[[httpx.Request], httpx.Response]


def zoho_at(handle: Handler, **changes: Any) -> Zoho:
    """Zoho whose calls *handle* answers."""
    there = destination_of({**Account.SETTINGS, **changes}, Account.ENVIRONMENT, handle)
    assert isinstance(there, Zoho)
    return there


def answering(
    account: Account, answer: httpx.Response, path: str = "/crm/v8/Leads", **changes: Any
) -> Zoho:
    """Zoho that gives *answer* to every call to *path*, and else what *account* says."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path != path:
            return account.handle(request)
        account.requests.append(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return zoho_at(handle, **changes)


def rows(*several: Any, status: int = 200) -> httpx.Response:
    """An answer with these rows."""
    return httpx.Response(status, json={"data": several})


def sent(one: Delivery, receipt: str, version: int = 2) -> Delivery:
    """The next version of a lead that was accepted."""
    told = record(lead=one.lead, version=version, job_title="CIO")
    return replace(one, version=version, sent=version - 1, receipt=receipt, record=told)


async def only(zoho: Zoho, one: Delivery) -> Any:
    """The outcome of delivering one lead."""
    [outcome] = (await zoho.deliver([one], NOW)).outcomes
    return outcome


class TestSettings:
    def test_defaults(self):
        """The key is a field of ours, and the budget is modest."""
        settings = zoho_at(Account().handle).settings

        assert "Leadshare_Id" == settings.key
        assert 4 == settings.concurrency
        assert (10, 10) == (Zoho.RATE.calls, Zoho.RATE.seconds)

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"data_centre": "com"}, id="no-data-centre"),
            pytest.param({"data_centre": "https://zoho.example"}, id="address"),
            pytest.param({"key": "Leadshare_Id) or (id"}, id="query-in-key"),
            pytest.param({"key": ""}, id="no-key"),
            pytest.param({"refresh_token": "1000.refresh.token"}, id="secret-itself"),
            pytest.param({"client_secret": "NOT_SET"}, id="secret-not-set"),
            pytest.param({"url": "https://www.zohoapis.eu"}, id="unknown"),
        ],
    )
    def test_refused(self, changes):
        """What cannot be right is refused when it loads."""
        with pytest.raises(ValidationError):
            ZohoSettings.model_validate(
                {**Account.SETTINGS, **changes}, context=Account.ENVIRONMENT
            )

    def test_data_centres(self):
        """Every data centre that can be set has its two addresses."""
        choices = ZohoSettings.model_json_schema()["properties"]["data_centre"]["enum"]

        assert sorted(CENTRES) == sorted(choices)


class TestRequests:
    async def test_first(self, account, zoho):
        """A new lead is one insert, signed, with our id in the key and no personal data around."""
        await zoho.deliver([delivery()], NOW)

        sign_in, insert = account.requests
        assert "https://accounts.zoho.eu/oauth/v2/token" == str(sign_in.url)
        assert ("POST", "https://www.zohoapis.eu/crm/v8/Leads") == (insert.method, str(insert.url))
        assert "Zoho-oauthtoken 1000.access.1" == insert.headers["authorization"]
        assert "application/json" == insert.headers["content-type"]
        body = json.loads(insert.content)
        assert ["data"] == list(body)
        [row] = body["data"]
        assert LEAD == row[KEY]
        assert "Buyer" == row["Last_Name"]
        assert "Germany" == row["Country"]
        assert "Email_Opt_Out" not in row

    async def test_repeat(self, account, zoho):
        """What may be there is looked up by the key, read, and updated by its id."""
        account.faults = [Fault.LOST_AFTER]
        await zoho.deliver([delivery()], NOW)
        account.requests.clear()

        await zoho.deliver([delivery(attempts=1)], NOW)

        query, read, update = account.requests
        [place] = account.records
        asked = json.loads(query.content)["select_query"]
        assert f"from Leads where {KEY} in ('{LEAD}') limit 200" in asked
        assert {"ids": place, "fields": f"{KEY},Converted__s", "converted": "both"} == dict(
            read.url.params
        )
        assert "PUT" == update.method
        assert place == json.loads(update.content)["data"][0]["id"]

    async def test_large_repeat(self, account, zoho):
        """A whole batch is looked up in one query, no list of which is longer than allowed."""
        many = [delivery(lead=f"{n:032x}-0123456789abcdef", attempts=1) for n in range(100)]

        reply = await zoho.deliver(many, NOW)

        assert {Accepted} == {type(outcome) for outcome in reply.outcomes}
        assert 100 == len(account.records)
        assert 1 == account.writes

    async def test_key(self, account):
        """The key may have another name."""
        renamed = answering(account, rows(DONE), key="Marketplace_Lead")

        await renamed.deliver([delivery()], NOW)

        assert LEAD == json.loads(account.requests[-1].content)["data"][0]["Marketplace_Lead"]

    async def test_no_contact(self, account, zoho):
        """Who must not be contacted is marked so, and nobody is marked otherwise."""
        await zoho.deliver([delivery(record=record(lane="no_contact"))], NOW)

        [stored] = account.records.values()
        assert stored["Email_Opt_Out"] is True

    async def test_placeholders(self, account, zoho):
        """What Zoho asks for and the customer did not tell is filled neutrally."""
        await zoho.deliver([delivery(record=record(last_name="", company=""))], NOW)

        [stored] = account.records.values()
        assert "(not given)" == stored["Last_Name"] == stored["Company"]

    async def test_redirect(self, account):
        """A redirect is not followed."""
        moved = httpx.Response(302, headers={"location": "https://elsewhere.example/"})
        there = answering(account, moved)

        reply = await there.deliver([delivery()], NOW)

        assert (Deferred("redirected"),) == reply.outcomes
        assert 2 == len(account.requests)


class TestMerging:
    async def test_two_listings(self, account, zoho):
        """Two leads of one person are two records: e-mail alone makes no duplicate."""
        both = [delivery(), delivery(lead=OTHER)]

        reply = await zoho.deliver(both, NOW)

        assert [Accepted, Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert {LEAD, OTHER} == {stored[KEY] for stored in account.records.values()}

    @pytest.mark.parametrize("field", ["Email", "Phone"])
    async def test_person_is_unique(self, account, zoho, field):
        """Where a person may be there once only, a second lead parks and the first stays as is."""
        account.unique.add(field)
        await zoho.deliver([delivery()], NOW)
        before = json.dumps(account.records)

        outcome = await only(zoho, delivery(lead=OTHER))

        assert Rejected("duplicate_in_crm") == outcome
        assert before == json.dumps(account.records)

    async def test_unnoted(self, account, zoho):
        """A record with our key that nobody noted is ours: it is updated, not doubled."""
        place = account.put(**{KEY: LEAD, "Last_Name": "Buyer"})

        outcome = await only(zoho, delivery())

        assert Accepted(place) == outcome
        assert [place] == list(account.records)
        assert "Head of IT" == account.records[place]["Designation"]

    async def test_several_faults(self, account):
        """Our record is known by its key, even if other fields collide with it, too."""
        account.unique.add("Email")
        place = account.put(**{KEY: LEAD})
        collides = {"duplicate_record": {"id": place}}
        several = [
            fault("DUPLICATE_DATA", api_name="Email", **collides),
            fault("DUPLICATE_DATA", api_name=KEY, **collides),
        ]
        real: Handler = account.handle

        def handle(request: httpx.Request) -> httpx.Response:
            if request.method == "POST" and account.is_write(request):
                return rows(fault("MULTIPLE_OR_MULTI_ERRORS", errors=several), status=400)
            return real(request)

        assert Accepted(place) == await only(zoho_at(handle), delivery())

    @pytest.mark.parametrize("hides", [False, True])
    async def test_converted(self, account, zoho, hides):
        """A converted lead stays as it is, whether queries show it or not."""
        accepted = await only(zoho, delivery())
        account.convert(delivery())
        account.hides_converted = hides
        before = json.dumps(account.records)

        outcome = await only(zoho, sent(delivery(), accepted.receipt))

        assert Rejected("closed_in_crm") == outcome
        assert before == json.dumps(account.records)
        assert 1 == account.writes  # that Zoho itself would refuse the update is not relied on

    @pytest.mark.parametrize("hides", [False, True])
    async def test_converted_unnoted(self, account, zoho, hides):
        """A lead that was converted before its acceptance was noted is not created anew."""
        await zoho.deliver([delivery()], NOW)
        account.convert(delivery())
        account.hides_converted = hides

        outcome = await only(zoho, delivery(attempts=1))

        assert Rejected("closed_in_crm") == outcome
        assert 1 == len(account.records)

    async def test_deleted(self, account, zoho):
        """A lead that a seller deleted is not created anew."""
        accepted = await only(zoho, delivery())
        account.records.clear()

        outcomes = [
            await only(zoho, sent(delivery(), receipt)) for receipt in (accepted.receipt, "")
        ]

        assert [Rejected("deleted_in_crm")] * 2 == outcomes
        assert {} == account.records

    async def test_never_arrived(self, account, zoho):
        """An attempt that never arrived is made up for."""
        account.faults = [Fault.LOST_BEFORE]
        await zoho.deliver([delivery()], NOW)

        assert isinstance(await only(zoho, delivery(attempts=1)), Accepted)
        assert 1 == len(account.records)

    async def test_other_lead(self, account, zoho):
        """A record that now holds another lead's id is not this lead's any more."""
        place = account.put(**{KEY: OTHER})

        outcome = await only(zoho, sent(delivery(), place))

        assert Rejected("deleted_in_crm") == outcome
        assert OTHER == account.records[place][KEY]

    async def test_key_cleared(self, account, zoho):
        """A record whose key a seller cleared gets it back."""
        place = account.put(Last_Name="Buyer")

        outcome = await only(zoho, sent(delivery(), place))

        assert Accepted(place) == outcome
        assert LEAD == account.records[place][KEY]

    async def test_several(self, account, zoho):
        """Several records with one key, where it is not unique, are left to a person."""
        account.put(**{KEY: LEAD})
        account.put(**{KEY: LEAD})

        assert Rejected("several_in_crm") == await only(zoho, delivery(attempts=1))
        assert (Rejected("several_in_crm"),) == (await zoho.check([delivery()], NOW)).outcomes

    async def test_mixed_batch(self, account, zoho):
        """New, known, converted and deleted leads of one batch each have their own outcome."""
        leads = [f"{n:032x}-0123456789abcdef" for n in range(4)]
        news = [delivery(lead=lead) for lead in leads]
        reply = await zoho.deliver(news[1:], NOW)
        receipts = [outcome.receipt for outcome in reply.outcomes]
        known, converted, deleted = (
            sent(one, receipt) for one, receipt in zip(news[1:], receipts, strict=True)
        )
        account.convert(converted)
        del account.records[receipts[2]]

        reply = await zoho.deliver([deleted, news[0], converted, known], NOW)

        assert Rejected("deleted_in_crm") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)
        assert Rejected("closed_in_crm") == reply.outcomes[2]
        assert Accepted(receipts[0]) == reply.outcomes[3]
        assert not reply.failing

    async def test_lost_halfway(self, account, zoho):
        """What was inserted before the line broke is accepted; the rest is unclear."""
        known = await only(zoho, delivery())
        real: Handler = account.handle

        def handle(request: httpx.Request) -> httpx.Response:
            if request.method == "PUT":
                raise httpx.ReadTimeout("slow", request=request)
            return real(request)

        both = [sent(delivery(), known.receipt), delivery(lead=OTHER)]
        reply = await zoho_at(handle).deliver(both, NOW)

        assert Deferred("timeout") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)


ROWS = [
    (fault("MANDATORY_NOT_FOUND", api_name="Last_Name"), "zoho_MANDATORY_NOT_FOUND.Last_Name"),
    (fault("INVALID_DATA", api_name="Email"), "zoho_INVALID_DATA.Email"),
    (fault("INVALID_DATA"), "zoho_INVALID_DATA"),
    (fault("DEPENDENT_FIELD_MISSING", api_name="State"), "zoho_DEPENDENT_FIELD_MISSING.State"),
    (fault("DUPLICATE_DATA", api_name="Email"), "duplicate_in_crm"),
    (fault("DUPLICATE_DATA", api_name=KEY), "duplicate_in_crm"),
    (fault("CONVERTED_RECORD"), "closed_in_crm"),
    (fault("<b>Sample</b>", api_name="a b@c"), "zoho_bSampleb.abc"),
    (
        fault("MULTIPLE_OR_MULTI_ERRORS", errors=[fault("INVALID_DATA", api_name="Phone"), 7]),
        "zoho_INVALID_DATA.Phone",
    ),
    (fault("MULTIPLE_OR_MULTI_ERRORS", errors=[]), "zoho_MULTIPLE_OR_MULTI_ERRORS"),
]


class TestRows:
    @pytest.mark.parametrize(("row", "reason"), ROWS, ids=[reason for _, reason in ROWS])
    @pytest.mark.parametrize("status", [200, 202, 207, 400])
    async def test_rejected(self, account, row, reason, status):
        """A record that Zoho refuses is rejected by its code and field, whatever the status."""
        there = answering(account, rows(row, status=status))

        reply = await there.deliver([delivery()], NOW)

        assert (Rejected(reason),) == reply.outcomes
        assert status == reply.status
        assert not reply.failing

    @pytest.mark.parametrize(
        ("code", "outcome", "hold", "failing"),
        [
            ("RECORD_LOCKED", Deferred("zoho_RECORD_LOCKED"), None, False),
            ("RECORD_IN_BLUEPRINT", Deferred("zoho_RECORD_IN_BLUEPRINT"), None, False),
            ("LIMIT_REACHED", Deferred("quota_exhausted", counts=False), HOUR, False),
            ("TOO_MANY_REQUESTS", Deferred("throttled", counts=False), DEFAULT_HOLD, False),
            ("NO_PERMISSION", Deferred("forbidden"), None, True),
            ("AUTHORIZATION_FAILED", Deferred("forbidden"), None, True),
            ("STORAGE_SPACE_EXCEEDED", Deferred("storage_full"), None, True),
            ("INTERNAL_ERROR", Deferred("zoho_INTERNAL_ERROR"), None, True),
        ],
    )
    async def test_deferred(self, account, code, outcome, hold, failing):
        """What is not the record's fault never parks it."""
        there = answering(account, rows(fault(code), status=202))

        reply = await there.deliver([delivery()], NOW)

        assert (outcome,) == reply.outcomes
        assert (hold, failing) == (reply.hold, reply.failing)

    async def test_deleted_meanwhile(self, account):
        """A record that was deleted after it was read is looked up again at the next attempt."""
        place = account.put(**{KEY: LEAD})
        real: Handler = account.handle

        def handle(request: httpx.Request) -> httpx.Response:
            if request.method == "PUT":
                account.records.clear()
            return real(request)

        outcome = await only(zoho_at(handle), sent(delivery(), place))

        assert Deferred("changed_meanwhile") == outcome

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(rows(), id="none"),
            pytest.param(rows(DONE, DONE), id="too-many"),
            pytest.param(rows("SUCCESS"), id="no-object"),
            pytest.param(rows({}), id="empty"),
            pytest.param(rows(DONE | {"details": {}}), id="no-id"),
            pytest.param(rows(DONE | {"details": {"id": "../1"}}), id="odd-id"),
            pytest.param(rows(DONE | {"details": None}), id="no-details"),
            pytest.param(rows(DONE | {"status": "unheard-of"}), id="odd-status"),
            pytest.param(rows({"status": "error", "code": 7}), id="odd-code"),
            pytest.param(httpx.Response(200, json=[DONE]), id="array"),
            pytest.param(httpx.Response(200, json={"data": DONE}), id="no-list"),
            pytest.param(httpx.Response(200, content=b"{"), id="no-json"),
            pytest.param(httpx.Response(204), id="no-content"),
        ],
    )
    async def test_unreadable(self, account, answer):
        """An answer that says nothing of the record is no acceptance, and Zoho is at fault."""
        there = answering(account, answer)

        reply = await there.deliver([delivery()], NOW)

        assert (Deferred("unreadable_answer"),) == reply.outcomes
        assert reply.failing

    async def test_took_one(self, account):
        """Zoho is not at fault as a whole while it takes others."""
        there = answering(account, rows(DONE, fault("INTERNAL_ERROR"), status=207))

        reply = await there.deliver([delivery(), delivery(lead=OTHER)], NOW)

        assert (Accepted("42"), Deferred("zoho_INTERNAL_ERROR")) == reply.outcomes
        assert not reply.failing


CALLS = [
    (refused(401, "INVALID_TOKEN"), Deferred("unauthorised"), None, True),
    (refused(401, "AUTHENTICATION_FAILURE"), Deferred("unauthorised"), None, True),
    (refused(401, "OAUTH_SCOPE_MISMATCH"), Deferred("forbidden"), None, True),
    (refused(403, "NO_PERMISSION"), Deferred("forbidden"), None, True),
    (refused(400, "AUTHORIZATION_FAILED"), Deferred("forbidden"), None, True),
    (refused(400, "INVALID_MODULE"), Deferred("module_missing"), None, True),
    (refused(400, "INVALID_DATA"), Deferred("zoho_INVALID_DATA"), None, True),
    (refused(404, "INVALID_URL_PATTERN"), Deferred("zoho_INVALID_URL_PATTERN"), None, True),
    (
        refused(429, "TOO_MANY_REQUESTS"),
        Deferred("throttled", counts=False),
        DEFAULT_HOLD,
        False,
    ),
    (refused(429, "LIMIT_REACHED"), Deferred("quota_exhausted", counts=False), HOUR, False),
    (refused(400, "LIMIT_EXCEEDED"), Deferred("quota_exhausted", counts=False), HOUR, False),
    (httpx.Response(429), Deferred("throttled", counts=False), DEFAULT_HOLD, False),
    (
        httpx.Response(429, headers={"retry-after": "7"}, json={"code": "TOO_MANY_REQUESTS"}),
        Deferred("throttled", counts=False),
        timedelta(seconds=7),
        False,
    ),
    (refused(500, "INTERNAL_ERROR"), Deferred("zoho_INTERNAL_ERROR"), None, True),
    (httpx.Response(502, text="Bad gateway"), Deferred("http_502"), None, True),
    (httpx.Response(400, text="?"), Deferred("http_400"), None, True),
]


class TestCalls:
    @pytest.mark.parametrize("path", ["/crm/v8/Leads", "/crm/v8/coql"])
    @pytest.mark.parametrize(
        "case", CALLS, ids=[f"{answer.status_code}-{told.reason}" for answer, told, _, _ in CALLS]
    )
    async def test_refused(self, account, path, case):
        """A call that is refused as a whole, to write or to look up, rejects no lead."""
        answer, outcome, hold, failing = case
        there = answering(account, answer, path)

        reply = await there.deliver([delivery(attempts=1)], NOW)

        assert (outcome,) == reply.outcomes
        assert (hold, failing) == (reply.hold, reply.failing)

    async def test_read_refused(self, account, zoho):
        """Nothing is written where the state of a record cannot be read."""
        accepted = await only(zoho, delivery())
        there = answering(account, refused(500, "INTERNAL_ERROR"))

        reply = await there.deliver([sent(delivery(), accepted.receipt)], NOW)

        assert (Deferred("zoho_INTERNAL_ERROR"),) == reply.outcomes
        assert reply.failing
        assert 1 == account.writes

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(rows({KEY: LEAD}), id="no-id"),
            pytest.param(rows({KEY: LEAD, "id": "1,2"}), id="odd-id"),
            pytest.param(httpx.Response(200, text="<p>"), id="page"),
        ],
    )
    async def test_unreadable_query(self, account, answer):
        """A look-up that cannot be read says nothing: nothing is written, nothing is missing."""
        there = answering(account, answer, "/crm/v8/coql")

        written = await there.deliver([delivery(attempts=1)], NOW)
        checked = await there.check([delivery(sent=1)], NOW)

        assert (Deferred("unreadable_answer"),) == written.outcomes == checked.outcomes
        assert 0 == account.writes

    async def test_stranger_in_query(self, account):
        """Records that were not asked for prove nothing."""
        there = answering(account, found([{"id": "1", KEY: OTHER}]), "/crm/v8/coql")

        reply = await there.check([delivery(sent=1)], NOW)

        assert (Rejected(MISSING),) == reply.outcomes


class TestSignIn:
    @pytest.mark.parametrize(
        ("status", "body", "reason"),
        [
            pytest.param(200, {"error": "invalid_code"}, "sign_in_failed", id="invalid-code"),
            pytest.param(200, {"error": "invalid_client"}, "sign_in_failed", id="invalid-client"),
            pytest.param(400, {"error": "invalid_client"}, "sign_in_failed", id="400"),
            pytest.param(200, {"access_token": 7}, "sign_in_failed", id="no-text"),
            pytest.param(200, {"access_token": "a\r\nb: c"}, "sign_in_failed", id="odd-token"),
            pytest.param(200, [], "sign_in_failed", id="no-object"),
            pytest.param(302, {"access_token": "t"}, "sign_in_failed", id="redirect"),
            pytest.param(503, {"access_token": "t"}, "sign_in_unreachable", id="down"),
        ],
    )
    async def test_refused(self, account, zoho, status, body, reason):
        """Who is not let in keeps every lead, and no attempt is counted."""
        account.token_answer = (status, body)

        reply = await zoho.deliver([delivery()], NOW)

        assert (Deferred(reason, counts=False),) == reply.outcomes
        assert reply.failing
        assert 1 == len(account.requests)

    @pytest.mark.parametrize("status", [200, 400, 429])
    async def test_throttled(self, account, zoho, status):
        """Too many tokens in ten minutes: nothing is asked for until they are over."""
        words = "You have made too many requests continuously. Please try again after some time."
        account.token_answer = (status, {"error": "Access Denied", "error_description": words})

        reply = await zoho.deliver([delivery()], NOW)

        assert (Deferred("throttled", counts=False),) == reply.outcomes
        assert timedelta(minutes=10) == reply.hold
        assert not reply.failing

    @pytest.mark.parametrize(
        "domain",
        [
            "https://www.zohoapis.eu.evil.example",
            "https://evil.example",
            "http://www.zohoapis.eu",
            "https://www.zohoapis.com",  # another data centre
            "https://www.zohoapis.eu/",
            "https://www.zohoapis.eu@evil.example",
            "",
            None,
            7,
            ["https://www.zohoapis.eu"],
        ],
    )
    async def test_api_domain(self, account, zoho, domain):
        """Neither token nor lead goes to an address that is not Zoho's."""
        account.token_answer = (200, {"access_token": "t", "api_domain": domain})

        reply = await zoho.deliver([delivery()], NOW)

        assert (Deferred("api_domain_refused", counts=False),) == reply.outcomes
        assert 1 == len(account.requests)

    @pytest.mark.parametrize(
        ("centre", "accounts", "api"),
        [
            ("us", "accounts.zoho.com", "www.zohoapis.com"),
            ("eu", "accounts.zoho.eu", "www.zohoapis.eu"),
            ("in", "accounts.zoho.in", "www.zohoapis.in"),
            ("au", "accounts.zoho.com.au", "www.zohoapis.com.au"),
            ("jp", "accounts.zoho.jp", "www.zohoapis.jp"),
            ("cn", "accounts.zoho.com.cn", "www.zohoapis.com.cn"),
            ("ca", "accounts.zohocloud.ca", "www.zohoapis.ca"),
            ("sa", "accounts.zoho.sa", "www.zohoapis.sa"),
        ],
    )
    async def test_data_centre(self, centre, accounts, api):
        """Each data centre has addresses of its own, also where the answer names none."""
        hosts = []

        def handle(request: httpx.Request) -> httpx.Response:
            hosts.append(request.url.host)
            if request.url.path == "/oauth/v2/token":
                return httpx.Response(200, json={"access_token": "t"})
            return rows(DONE)

        await zoho_at(handle, data_centre=centre).deliver([delivery()], NOW)

        assert [accounts, api] == hosts

    async def test_sandbox(self, account):
        """A sandbox has an address of its own."""
        account.token_answer = (
            200,
            {"access_token": "t", "api_domain": "https://sandbox.zohoapis.eu"},
        )
        there = answering(account, rows(DONE))

        await there.deliver([delivery()], NOW)

        assert "sandbox.zohoapis.eu" == account.requests[-1].url.host

    async def test_token_is_kept(self, account, zoho):
        """One token is good for an hour, less the minutes before its end."""
        await zoho.deliver([delivery()], NOW)
        await zoho.deliver([delivery(lead=OTHER)], NOW + timedelta(minutes=54))
        first = account.sign_ins
        await zoho.deliver([delivery(lead=LEAD[::-1])], NOW + timedelta(minutes=56))

        assert (1, 2) == (first, account.sign_ins)

    async def test_lost(self):
        """A sign-in that gets no answer is no attempt."""

        def handle(request: httpx.Request) -> httpx.Response:
            raise httpx.ReadTimeout("slow", request=request)

        reply = await zoho_at(handle).deliver([delivery()], NOW)

        assert (Deferred("sign_in_unreachable", counts=False),) == reply.outcomes


class TestDescribe:
    async def test_key_missing(self, account, zoho):
        """A key that is not there is told."""
        account.lacks.add(KEY)

        assert False is (await zoho.describe(NOW)).key_unique

    async def test_key_not_unique(self, account, zoho):
        """A key that allows duplicate values is told."""
        account.unique.clear()

        assert False is (await zoho.describe(NOW)).key_unique

    async def test_fields(self, zoho):
        """Kinds, lengths, choices, and what is read-only or a must, are read."""
        fields = (await zoho.describe(NOW)).fields

        assert fields is not None
        assert 80 == fields["Last_Name"].length
        assert fields["Last_Name"].required
        assert "boolean" == fields["Email_Opt_Out"].kind
        assert "number" == fields["Annual_Revenue"].kind
        assert fields["Lead_Source"].choices == {"-None-", "Advertisement", "Partner"}
        assert not fields["Full_Name"].writable

    async def test_choice(self, account):
        """A constant that is none of a pick list's values is found."""
        there = zoho_at(account.handle, fields={"Lead_Source": {"constant": "AppSource"}})
        description = await there.describe(NOW)

        [finding] = findings(
            description, [there.values(delivery())], there.mapping, frozenset({"Lead_Source"}), NOW
        )

        assert ("value_not_allowed", "AppSource") == (finding.problem, finding.value)

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (refused(401, "OAUTH_SCOPE_MISMATCH"), "forbidden"),
            (refused(400, "INVALID_MODULE"), "module_missing"),
            (httpx.Response(200, text="<p>"), "unreadable_answer"),
            (httpx.Response(503), "http_503"),
        ],
    )
    async def test_refused(self, account, answer, reason):
        """Why it cannot be described is a code."""
        there = answering(account, answer, "/crm/v8/settings/fields")

        with pytest.raises(SignInFailed) as failed:
            await there.describe(NOW)

        assert reason == failed.value.reason


class TestErase:
    async def test_erase(self, account, zoho):
        """A lead is deleted by what holds its key, and nothing else is."""
        await zoho.deliver([delivery(), delivery(lead=OTHER)], NOW)

        await zoho.erase(delivery(), NOW)

        assert [OTHER] == [stored[KEY] for stored in account.records.values()]

    async def test_nothing_there(self, account, zoho):
        """What is not there needs no deleting."""
        await zoho.erase(delivery(), NOW)

        assert "DELETE" not in [request.method for request in account.requests]

    @pytest.mark.parametrize("path", ["/crm/v8/Leads", "/crm/v8/coql"])
    async def test_refused(self, account, path):
        """A refusal to delete is told."""
        account.put(**{KEY: LEAD})
        there = answering(account, refused(403, "NO_PERMISSION"), path)

        with pytest.raises(SignInFailed, match="erase_refused"):
            await there.erase(delivery(), NOW)
