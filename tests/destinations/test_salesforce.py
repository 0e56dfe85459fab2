"""Salesforce: one lead each, whatever is answered; sellers' work stays; only Salesforce is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Rejected, Reply
from leadshare.core.preflight import findings
from leadshare.destinations.answers import DEFAULT_HOLD
from leadshare.destinations.base import Destination
from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.salesforce_session import SalesforceSettings
from tests.builders import LEAD, NOW, delivery, reasons, record
from tests.destinations.simulators.base import Fault, destination_of
from tests.destinations.simulators.salesforce import (
    API,
    CLIENT,
    KEY,
    SECRET,
    URL,
    USER,
    Account,
    keys,
    refused,
    row_error,
)

ID = "00Q000000000001AAA"
SECRETS = {"SALESFORCE_SECRET": SECRET}
Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(name="org")
def _org() -> Account:
    return Account()


@pytest.fixture(name="crm")
def _crm(org: Account) -> Destination[Any]:
    return org.destination()


def several(count: int, **changes: Any) -> list[Delivery]:
    """Deliveries of *count* leads."""
    leads = (f"{number:032x}-fedcba9876543210" for number in range(count))
    return [delivery(lead=lead, **changes) for lead in leads]


def later(one: Delivery, outcome: Any, **changes: Any) -> Delivery:
    """The next version of what was accepted."""
    told = record(version=2, **{"lead": one.lead, **changes})
    return replace(one, version=2, sent=1, receipt=outcome.receipt, record=told)


def answering(answer: httpx.Response | Handler, **changes: Any) -> Destination[Any]:
    """A destination that is signed in, and whose every other call is answered so."""
    org = Account()

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return org.handle(request)
        return answer(request) if callable(answer) else answer

    return destination_of({**Account.SETTINGS, **changes}, SECRETS, handle)


def rows(*results: Any) -> httpx.Response:
    """An answer of results."""
    return httpx.Response(200, json=results)


def taken(receipt: str = ID) -> dict[str, Any]:
    """The result of a record that was taken."""
    return {"id": receipt, "success": True, "created": True, "errors": []}


def writes(org: Account) -> list[httpx.Request]:
    """The requests that wrote."""
    return [request for request in org.requests if org.is_write(request)]


class TestSettings:
    def test_defaults(self):
        """Our id goes to LeadShare_Id__c, and leads are not handed out by Salesforce's rules."""
        told = settings()

        assert ("LeadShare_Id__c", False) == (told.key, told.assignment_rules)

    @pytest.mark.parametrize(
        ("url", "kept"),
        [
            ("https://Contoso.my.salesforce.com/", URL),
            (
                "https://contoso--dev.sandbox.my.salesforce.com",
                "https://contoso--dev.sandbox.my.salesforce.com",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ],
    )
    def test_url(self, url, kept):
        """An org is named by its My Domain; a simulator on this machine will do too."""
        assert kept == settings(url=url).url

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            pytest.param({"url": "https://login.salesforce.com"}, "url must be like", id="login"),
            pytest.param({"url": f"{URL}.evil.example"}, "url must be like", id="suffix"),
            pytest.param({"url": "http://contoso.my.salesforce.com"}, "url must be", id="http"),
            pytest.param({"url": f"{URL}/path"}, "url must be like", id="path"),
            pytest.param({"url": "http://localhost.evil.example"}, "url must be", id="loopback"),
            pytest.param({"key": "Email"}, "key", id="key-is-standard"),
            pytest.param({"key": "a' OR Id != '__c"}, "key", id="key-injects"),
            pytest.param({"client_secret": None}, "either client_secret", id="no-way-in"),
            pytest.param({"username": USER}, "either client_secret", id="user-without-key"),
            pytest.param({"private_key": "PRIVATE_KEY"}, "either client_secret", id="both"),
            pytest.param(
                {"client_secret": None, "private_key": "PRIVATE_KEY"}, "either", id="key-alone"
            ),
            pytest.param({"private_key": "SALESFORCE_SECRET"}, "PEM", id="no-pem"),
            pytest.param({"client_id": "a b"}, "client_id", id="blank-in-client-id"),
            pytest.param({"fields": {KEY: "email"}}, "set by leadshare", id="maps-key"),
            pytest.param({"fields": {"ID": "email"}}, "set by leadshare", id="maps-id"),
            pytest.param({"fields": {"attributes": "email"}}, "set by", id="maps-attributes"),
            pytest.param({"sandbox": True}, "sandbox", id="unknown"),
        ],
    )
    def test_refused(self, changes, message):
        """What could not work, or would go elsewhere, is refused when it loads."""
        with pytest.raises(ValidationError, match=message):
            settings(**changes)

    def test_hides_key(self):
        """Neither the private key nor the user's name shows when settings are printed."""
        shown = repr(settings(client_secret=None, username=USER, private_key="PRIVATE_KEY"))

        assert "BEGIN" not in shown
        assert USER not in shown


def settings(**changes: Any) -> SalesforceSettings:
    """Settings as the file gives them."""
    told = {name: value for name, value in {**Account.SETTINGS, **changes}.items() if value}
    return SalesforceSettings.model_validate(told, context={**SECRETS, "PRIVATE_KEY": keys()[0]})


class TestSignIn:
    async def test_client_credentials(self, org, crm):
        """An app's id and secret go to My Domain's token address as a form, in no address."""
        await crm.deliver([delivery()], NOW)

        request = org.requests[0]
        assert ("POST", f"{URL}/services/oauth2/token") == (request.method, str(request.url))
        assert (
            f"grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}"
            == request.content.decode()
        )

    @pytest.mark.parametrize("escape", [False, True], ids=["lines", "one-line"])
    async def test_jwt_bearer(self, org, escape):
        """An assertion signed with the key, whichever way its lines were typed, signs in too."""
        reply = await by_key(org, escape=escape).deliver([delivery()], NOW)

        assert [""] == reasons(reply)
        assert 1 == org.sign_ins

    @pytest.mark.parametrize("kind", ["sandbox", "scratch"])
    async def test_audience(self, kind):
        """A sandbox's assertion is meant for the test audience."""
        url = f"https://contoso--dev.{kind}.my.salesforce.com"
        org = Account()
        org.audience, org.instance = "https://test.salesforce.com", URL

        def handle(request: httpx.Request) -> httpx.Response:
            request.url = request.url.copy_with(host="contoso.my.salesforce.com")
            return org.handle(request)

        reply = await by_key(org, handle, url=url).deliver([delivery()], NOW)

        assert [""] == reasons(reply)

    @pytest.mark.parametrize(
        ("key", "reason"),
        [
            pytest.param("cmVhbGx5IG5v", "private_key_unreadable", id="unreadable"),
            pytest.param(
                "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
                "private_key_not_rsa",
                id="ed25519",
            ),
        ],
    )
    async def test_odd_key(self, org, key, reason):
        """A key that cannot sign is told, without a word of it, and no lead is rejected."""
        text = f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----"

        reply = await by_key(org, key=text).deliver([delivery()], NOW)

        assert Reply((Deferred(reason, counts=False),), failing=True) == reply
        assert [] == org.requests

    async def test_wrong_secret(self, org):
        """A secret that is refused leaves every lead where it is."""
        there = destination_of(Account.SETTINGS, {"SALESFORCE_SECRET": "old"}, org.handle)

        reply = await there.deliver([delivery()], NOW)

        assert Reply((Deferred("sign_in_failed", counts=False),), failing=True) == reply

    @pytest.mark.parametrize(
        "instance",
        [
            "https://evil.example",
            "https://salesforce.com.evil.example",
            "https://evil.example/.salesforce.com",
            "https://evilsalesforce.com",
            "https://me@contoso.my.salesforce.com",
            "http://contoso.my.salesforce.com",
            "http://127.0.0.1:8080",
            "https://contoso.my.salesforce.com:8443",
            "",
            None,
        ],
    )
    async def test_instance_elsewhere(self, org, crm, instance):
        """An answer that names another's host gets neither the token nor a lead."""
        org.instance = instance

        reply = await crm.deliver([delivery()], NOW)

        assert Reply((Deferred("instance_refused", counts=False),), failing=True) == reply
        assert 1 == len(org.requests)

    async def test_instance(self):
        """Leads go to the address that came with the token."""
        org = Account()
        org.instance = "https://EU6.salesforce.com/"
        asked = []

        def handle(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.host)
            request.url = request.url.copy_with(host="contoso.my.salesforce.com")
            return org.handle(request)

        await destination_of(Account.SETTINGS, SECRETS, handle).deliver([delivery()], NOW)

        assert ["contoso.my.salesforce.com", "eu6.salesforce.com"] == asked

    async def test_loopback(self):
        """A simulator on this machine may name an address on this machine."""
        asked = []

        def handle(request: httpx.Request) -> httpx.Response:
            asked.append(str(request.url))
            told = {"access_token": "t", "instance_url": "http://localhost:9"}
            return httpx.Response(200, json=told)

        told = {**Account.SETTINGS, "url": "http://127.0.0.1:8"}
        await destination_of(told, SECRETS, handle).deliver([delivery()], NOW)

        assert ["http://127.0.0.1:8", "http://localhost:9"] == [url[:18] for url in asked]

    async def test_kept(self, org, crm):
        """A token is used for two hours less five minutes, since no answer tells its end."""
        await crm.deliver([delivery()], NOW)
        await crm.deliver([delivery()], NOW + timedelta(minutes=114))
        before = org.sign_ins
        await crm.deliver([delivery()], NOW + timedelta(minutes=116))

        assert (1, 2) == (before, org.sign_ins)


def by_key(
    org: Account,
    handle: Handler | None = None,
    *,
    key: str | None = None,
    escape: bool = False,
    **changes: Any,
) -> Destination[Any]:
    """A destination that signs in with a private key."""
    text = key or keys()[0]
    text = text.replace("\n", "\\n") if escape else text
    told = {**Account.SETTINGS, "username": USER, "private_key": "PRIVATE_KEY", **changes}
    del told["client_secret"]
    return destination_of(told, {"PRIVATE_KEY": text}, handle or org.handle)


class TestFirstDelivery:
    async def test_request(self, org, crm):
        """A new lead goes out as one upsert under our external id, with the headers it needs."""
        await crm.deliver([delivery()], NOW)

        [request] = writes(org)
        assert "PATCH" == request.method
        assert f"{URL}{API}/composite/sobjects/Lead/{KEY}" == str(request.url)
        assert {
            "authorization": "Bearer 00D!token1",
            "content-type": "application/json",
            "sforce-auto-assign": "FALSE",
            "sforce-duplicate-rule-header": "allowSave=true",
        }.items() <= dict(request.headers).items()
        body = json.loads(request.content)
        assert body["allOrNone"] is False
        assert {"attributes": {"type": "Lead"}, KEY: LEAD}.items() <= body["records"][0].items()

    async def test_receipt(self, org, crm):
        """The receipt is Salesforce's own id."""
        reply = await crm.deliver([delivery()], NOW)

        [lead] = org.leads
        assert Reply((Accepted(lead),), 200) == reply

    async def test_assignment(self, org):
        """The publisher's assignment rule picks an owner only where asked, and only once."""
        crm = org.destination(assignment_rules=True)
        [outcome] = (await crm.deliver([delivery()], NOW)).outcomes
        await crm.deliver([later(delivery(), outcome)], NOW)

        headers = [request.headers["sforce-auto-assign"] for request in writes(org)]
        assert ["TRUE", "FALSE"] == headers

    async def test_placeholders(self, org, crm):
        """What Salesforce requires and the lead lacks gets a neutral placeholder."""
        told = record(last_name="", company="", email="")
        await crm.deliver([delivery(record=told)], NOW)

        [found] = org.found(delivery())
        assert ("(not given)", "(not given)") == (found["LastName"], found["Company"])
        assert "Email" not in found

    async def test_no_contact(self, org, crm):
        """Who must not be contacted is marked so; no other lead is marked at all."""
        ours, theirs = several(2)
        quiet = replace(theirs, record=record(lead=theirs.lead, lane="no_contact"))
        await crm.deliver([ours, quiet], NOW)

        [[plain], [marked]] = [org.found(one) for one in (ours, quiet)]
        flags = ("DoNotCall", "HasOptedOutOfEmail")
        assert [True, True] == [marked[flag] for flag in flags]
        assert not set(flags) & set(plain)

    async def test_too_long(self, org, crm):
        """A phone number too long for its field is told whole in the description."""
        await crm.deliver([delivery(record=record(phone="+49" + "1" * 50))], NOW)

        [found] = org.found(delivery())
        assert "Phone" not in found
        assert found["Description"].startswith("+49" + "1" * 50)

    async def test_repeat_is_no_look_up(self, org, crm):
        """After an unclear answer the upsert is repeated as it is: it is atomic."""
        org.faults = [Fault.LOST_AFTER]
        await crm.deliver([delivery()], NOW)

        reply = await crm.deliver([delivery(attempts=1)], NOW)

        assert [""] == reasons(reply)
        assert 1 == len(org.leads)
        assert ["POST", "PATCH", "PATCH"] == [request.method for request in org.requests]

    async def test_several(self, org, crm):
        """A key that several leads have, since the field is not unique, parks the lead."""
        await crm.deliver([delivery()], NOW)
        [row] = org.leads.values()
        org.leads["00Q00000000000XAAA"] = {**row, "Id": "00Q00000000000XAAA"}

        reply = await crm.deliver([delivery(attempts=1)], NOW)

        assert Reply((Rejected("several_in_crm"),), 200) == reply


class TestLaterDelivery:
    async def test_updates(self, org, crm):
        """A newer version is written to the id that Salesforce told, with no key in it."""
        [outcome] = (await crm.deliver([delivery()], NOW)).outcomes

        reply = await crm.deliver([later(delivery(), outcome, job_title="CTO")], NOW)

        [row] = org.leads.values()
        request = writes(org)[-1]
        assert Reply((outcome,), 200) == reply
        assert "CTO" == row["Title"]
        assert f"{URL}{API}/composite/sobjects" == str(request.url)
        [sent] = json.loads(request.content)["records"]
        assert outcome.receipt == sent["id"]
        assert KEY not in sent

    async def test_keeps_names(self, org, crm):
        """A placeholder never takes the place of what a seller found out."""
        one = delivery(record=record(last_name="", company=""))
        [outcome] = (await crm.deliver([one], NOW)).outcomes
        org.seller(one, LastName="Buyer", Company="Contoso")

        await crm.deliver([later(one, outcome, last_name="", company="")], NOW)

        [found] = org.found(one)
        assert ("Buyer", "Contoso") == (found["LastName"], found["Company"])

    @pytest.mark.parametrize(
        ("change", "reason"),
        [({"IsConverted": True}, "closed_in_crm"), ({"deleted": True}, "deleted_in_crm")],
        ids=["converted", "deleted"],
    )
    async def test_gone(self, org, crm, change, reason):
        """A lead that was converted or deleted is parked, left as it is, and not made anew."""
        [outcome] = (await crm.deliver([delivery()], NOW)).outcomes
        org.seller(delivery(), **change)

        reply = await crm.deliver([later(delivery(), outcome, job_title="CTO")], NOW)

        [row] = org.leads.values()
        assert Reply((Rejected(reason),), 200) == reply
        assert "Head of IT" == row["Title"]

    async def test_purged(self, org, crm):
        """A lead that is no longer even in the recycle bin is parked too."""
        [outcome] = (await crm.deliver([delivery()], NOW)).outcomes
        org.leads.clear()

        reply = await crm.deliver([later(delivery(), outcome)], NOW)

        assert Reply((Rejected("deleted_in_crm"),), 200) == reply
        assert {} == org.leads

    async def test_converted_unseen(self, org, crm):
        """A lead that was converted before its first answer arrived is parked."""
        org.faults = [Fault.LOST_AFTER]
        await crm.deliver([delivery()], NOW)
        org.seller(delivery(), IsConverted=True)

        reply = await crm.deliver([delivery(attempts=1)], NOW)

        assert ["closed_in_crm"] == reasons(reply)

    async def test_status_is_the_sellers(self, org, crm):
        """An update never changes where a seller has put the lead."""
        [outcome] = (await crm.deliver([delivery()], NOW)).outcomes
        org.seller(delivery(), Status="Closed - Not Converted", OwnerId="005")

        await crm.deliver([later(delivery(), outcome)], NOW)

        [row] = org.leads.values()
        assert ("Closed - Not Converted", "005") == (row["Status"], row["OwnerId"])

    async def test_mixed(self, org, crm):
        """New leads and known ones of one batch go out in a call each, answered in order."""
        first, known, last = several(3)
        [outcome] = (await crm.deliver([known], NOW)).outcomes

        reply = await crm.deliver([first, later(known, outcome), last], NOW)

        assert ["", "", ""] == reasons(reply)
        assert outcome == reply.outcomes[1]
        assert [1, 1, 1] == [len(org.found(one)) for one in (first, known, last)]
        assert [1, 2, 1] == [len(json.loads(w.content)["records"]) for w in writes(org)]

    @pytest.mark.parametrize("receipt", ["", "003000000000001AAA", "junk"])
    async def test_unknown_id(self, org, crm, receipt):
        """Without a lead's id, the upsert under our key finds the lead."""
        await crm.deliver([delivery()], NOW)

        reply = await crm.deliver([delivery(version=2, sent=1, receipt=receipt)], NOW)

        assert [""] == reasons(reply)
        assert 1 == len(org.leads)

    async def test_not_accepted(self, org, crm):
        """An id alone does not make a lead one that is there: it must have been accepted."""
        await crm.deliver([delivery(receipt=ID)], NOW)

        assert 1 == len(org.found(delivery()))

    async def test_other_id(self):
        """An update that is answered with another lead's id is not believed."""
        crm = answering(rows(taken("00Q000000000009AAA")))

        reply = await crm.deliver([delivery(sent=1, receipt=ID)], NOW)

        assert Reply((Deferred("unreadable_answer"),), 200, failing=True) == reply


class TestRefusedRecord:
    @pytest.mark.parametrize(
        ("code", "outcome", "failing"),
        [
            ("UNABLE_TO_LOCK_ROW", Deferred("salesforce_UNABLE_TO_LOCK_ROW"), False),
            ("SERVER_UNAVAILABLE", Deferred("salesforce_SERVER_UNAVAILABLE"), False),
            ("REQUEST_RUNNING_TOO_LONG", Deferred("salesforce_REQUEST_RUNNING_TOO_LONG"), False),
            ("QUERY_TIMEOUT", Deferred("salesforce_QUERY_TIMEOUT"), False),
            ("LIMIT_EXCEEDED", Deferred("salesforce_LIMIT_EXCEEDED"), False),
            ("UNKNOWN_EXCEPTION", Deferred("salesforce_UNKNOWN_EXCEPTION"), False),
            (
                "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                Deferred("salesforce_ALL_OR_NONE_OPERATION_ROLLED_BACK"),
                False,
            ),
            ("INSUFFICIENT_ACCESS", Deferred("forbidden"), True),
            ("INSUFFICIENT_ACCESS_OR_READONLY", Deferred("forbidden"), True),
            ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", Deferred("forbidden"), True),
            ("INVALID_FIELD_FOR_INSERT_UPDATE", Deferred("field_forbidden"), True),
            ("STORAGE_LIMIT_EXCEEDED", Deferred("storage_full"), True),
            ("CANNOT_UPDATE_CONVERTED_LEAD", Rejected("closed_in_crm"), False),
            ("DUPLICATES_DETECTED", Rejected("duplicate_in_crm"), False),
            ("DUPLICATE_EXTERNAL_ID", Rejected("several_in_crm"), False),
            ("ENTITY_IS_DELETED", Rejected("deleted_in_crm"), False),
            ("REQUIRED_FIELD_MISSING", Rejected("salesforce_REQUIRED_FIELD_MISSING"), False),
            ("INVALID_FIELD", Rejected("salesforce_INVALID_FIELD"), False),
            ("STRING_TOO_LONG", Rejected("salesforce_STRING_TOO_LONG"), False),
            ("INVALID_EMAIL_ADDRESS", Rejected("salesforce_INVALID_EMAIL_ADDRESS"), False),
            (
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                Rejected("salesforce_INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
                False,
            ),
            (
                "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                Rejected("salesforce_FIELD_CUSTOM_VALIDATION_EXCEPTION"),
                False,
            ),
            (
                "INVALID_CROSS_REFERENCE_KEY",
                Rejected("salesforce_INVALID_CROSS_REFERENCE_KEY"),
                False,
            ),
            ("sample.buyer@fabrikam.example", Deferred("unreadable_answer"), True),
            ("", Deferred("unreadable_answer"), True),
        ],
    )
    async def test_code(self, code, outcome, failing):
        """A record is parked only if sending it again cannot help."""
        reply = await answering(rows(row_error(code))).deliver([delivery()], NOW)

        assert Reply((outcome,), 200, failing=failing) == reply

    @pytest.mark.parametrize(
        ("message", "outcome"),
        [
            (f"duplicate value found: {KEY} duplicates value", Deferred("changed_meanwhile")),
            ("duplicate value found: Email__c duplicates value", Rejected("duplicate_in_crm")),
        ],
        ids=["our-key", "field-of-theirs"],
    )
    async def test_unique(self, message, outcome):
        """Our key is taken only by our own call under way; another unique field parks the lead."""
        crm = answering(rows(row_error("DUPLICATE_VALUE", message)))

        reply = await crm.deliver([delivery()], NOW)

        assert (outcome,) == reply.outcomes

    @pytest.mark.parametrize("code", ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"])
    @pytest.mark.parametrize(
        ("message", "kind"),
        [
            ("Trigger: System.LimitException: Too many SOQL queries: 101", Deferred),
            ("Trigger: caused by UNABLE_TO_LOCK_ROW", Deferred),
            ("Trigger: System.NullPointerException", Rejected),
        ],
        ids=["limit", "lock", "bug"],
    )
    async def test_automation(self, code, message, kind):
        """A trigger that had too many records at once gets another chance; a broken one not."""
        reply = await answering(rows(row_error(code, message))).deliver([delivery()], NOW)

        assert (kind(f"salesforce_{code}"),) == reply.outcomes

    async def test_field_of_a_known_lead(self):
        """A wrong id in a mapped field does not make a lead count as deleted."""
        wrong = row_error("INVALID_CROSS_REFERENCE_KEY", "", "OwnerId")

        reply = await answering(rows(wrong)).deliver([delivery(sent=1, receipt=ID)], NOW)

        assert ["salesforce_INVALID_CROSS_REFERENCE_KEY"] == reasons(reply)

    async def test_neighbours(self):
        """Where one record was taken, Salesforce works, whatever became of the others."""
        crm = answering(rows(taken(), row_error("INSUFFICIENT_ACCESS"), {"success": True}))

        reply = await crm.deliver(several(3), NOW)

        assert ["", "forbidden", "unreadable_answer"] == reasons(reply)
        assert not reply.failing

    async def test_gone(self):
        """A 410, as for a version of the API that has been retired, ends all calls."""
        calls: list[httpx.Request] = []

        def retired(request: httpx.Request) -> httpx.Response:
            calls.append(request)
            return httpx.Response(410, json=[{"errorCode": "GONE", "message": "retired"}])

        leads = [delivery(), *several(1, sent=1, receipt=ID)]
        reply = await answering(retired).deliver(leads, NOW)

        assert reply.gone
        assert (["gone", "not_sent"], 1) == (reasons(reply), len(calls))

    async def test_duplicate_rule(self):
        """The header alone keeps a rule that only alerts from parking every lead."""
        org = Account()

        def strip(request: httpx.Request) -> httpx.Response:
            request.headers.pop("sforce-duplicate-rule-header", None)
            return org.handle(request)

        stripped = destination_of(Account.SETTINGS, SECRETS, strip)

        assert ["duplicate_in_crm"] == reasons(await stripped.deliver([delivery()], NOW))
        assert [""] == reasons(await org.destination().deliver([delivery()], NOW))


class TestOddAnswers:
    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(rows(), id="empty"),
            pytest.param(rows(taken()), id="fewer"),
            pytest.param(rows(taken(), taken(), taken()), id="more"),
            pytest.param(httpx.Response(200, json={"results": []}), id="object"),
            pytest.param(httpx.Response(200, json=None), id="null"),
            pytest.param(httpx.Response(200, content=b"[" * 100_000), id="nested"),
            pytest.param(httpx.Response(200, content=b"\xff"), id="no-text"),
            pytest.param(httpx.Response(200), id="nothing"),
            pytest.param(rows("a", 1), id="no-results"),
            pytest.param(rows({}, {"success": "true", "id": ID}), id="odd-success"),
            pytest.param(rows(taken("003000000000001AAA"), taken("00Q1")), id="odd-ids"),
            pytest.param(rows({"success": True}, {"success": False, "errors": []}), id="bare"),
            pytest.param(
                rows({"success": False, "errors": ["x"]}, {"success": False, "errors": {}}),
                id="odd-errors",
            ),
        ],
    )
    async def test_unreadable(self, answer):
        """Whatever cannot be matched with the leads sent is no acceptance."""
        reply = await answering(answer).deliver(several(2), NOW)

        outcome = Deferred("unreadable_answer")
        assert Reply((outcome, outcome), 200, failing=True) == reply

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            pytest.param(
                refused(404, "NOT_FOUND", f"external ID field does not exist: {KEY}"),
                "key_missing",
                id="no-key",
            ),
            pytest.param(refused(404, "NOT_FOUND"), "salesforce_NOT_FOUND", id="no-leads"),
            pytest.param(refused(400, "INVALID_FIELD"), "salesforce_INVALID_FIELD", id="field"),
            pytest.param(refused(400, "a@b.example"), "salesforce_400", id="odd-code"),
            pytest.param(httpx.Response(400, text="<p>"), "salesforce_400", id="page"),
            pytest.param(httpx.Response(400, json=[1]), "salesforce_400", id="no-error"),
            pytest.param(httpx.Response(413), "salesforce_413", id="too-large"),
            pytest.param(httpx.Response(204), "salesforce_204", id="no-content"),
            pytest.param(refused(403, "API_DISABLED_FOR_ORG"), "forbidden", id="forbidden"),
            pytest.param(refused(500, "UNKNOWN_EXCEPTION"), "http_500", id="fault"),
            pytest.param(refused(503, "SERVER_UNAVAILABLE"), "http_503", id="down"),
            pytest.param(httpx.Response(302, headers={"location": "x"}), "redirected", id="moved"),
        ],
    )
    async def test_not_judged(self, answer, reason):
        """What is refused before records are judged is a fault of set-up: every lead waits."""
        reply = await answering(answer).deliver(several(2), NOW)

        outcome = Deferred(reason)
        assert Reply((outcome, outcome), answer.status_code, failing=True) == reply

    async def test_token_refused_twice(self, org, crm):
        """A token that is refused is replaced once; then the lead waits."""
        org.signed_out = True

        reply = await crm.deliver([delivery()], NOW)

        assert Reply((Deferred("unauthorised"),), 401, failing=True) == reply
        assert 2 == org.sign_ins


class TestCannotBeParsed:
    async def test_one(self, org):
        """A value that cannot be parsed stops all records; halving finds it, the rest is taken."""
        crm = org.destination(fields={"NumberOfEmployees": "job_title"})
        many = [plain(one) for one in several(8)]
        many[5] = replace(many[5], record=record(lead=many[5].lead))

        reply = await crm.deliver(many, NOW)

        expected = [""] * 8
        expected[5] = "salesforce_JSON_PARSER_ERROR"
        assert expected == reasons(reply)
        assert Rejected(expected[5]) == reply.outcomes[5]
        assert 7 == len(org.leads)
        assert not reply.failing

    async def test_all(self, org):
        """Where all are like that, a call or two each decide them, so many at a time."""
        crm = org.destination(fields={"NumberOfEmployees": "job_title"})

        reply = await crm.deliver(several(200), NOW)

        told = reasons(reply)
        assert 12 == len(writes(org))
        assert {"salesforce_JSON_PARSER_ERROR", "not_sent"} == set(told)
        assert Deferred("not_sent", counts=False) == reply.outcomes[-1]


def plain(one: Delivery) -> Delivery:
    """A delivery without a job title."""
    return replace(one, record=record(lead=one.lead, job_title=""))


class TestAgain:
    async def test_smaller(self, org, crm):
        """Records that were tried before go out in smaller calls, lest time run out again."""
        reply = await crm.deliver([*several(60, attempts=1), delivery()], NOW)

        assert {""} == set(reasons(reply))
        assert [25, 25, 10, 1] == [len(json.loads(w.content)["records"]) for w in writes(org)]

    async def test_keeps_what_was_told(self, org, crm):
        """When a later call gets no answer, what an earlier one was told stays so."""
        org.faults = [Fault.NONE, Fault.LOST_AFTER]

        reply = await crm.deliver(several(60, attempts=1), NOW)

        told = reasons(reply)
        assert [""] * 25 == told[:25]
        assert ["connection_lost"] * 25 == told[25:50]
        assert ["not_sent"] * 10 == told[50:]
        assert 2 == len(writes(org))

    async def test_largest(self, crm):
        """A full batch of every sort is within the calls that one hand-over makes."""
        known = several(99)
        accepted = (await crm.deliver(known, NOW)).outcomes
        told = [later(one, o) for one, o in zip(known, accepted, strict=True)]
        others = [delivery(lead=f"{n:032x}-0123456789abcdef") for n in range(101)]
        again = [replace(one, attempts=2) for one in (*told[1:], *others[1:])]

        reply = await crm.deliver([told[0], others[0], *again], NOW)

        assert [""] * 200 == reasons(reply)


class TestThrottled:
    @pytest.mark.parametrize(
        ("message", "reason", "hold"),
        [
            ("TotalRequests Limit exceeded.", "quota_exhausted", timedelta(hours=1)),
            ("", "quota_exhausted", timedelta(hours=1)),
            ("ConcurrentPerOrgLongTxn Limit exceeded.", "throttled", DEFAULT_HOLD),
            ("ConcurrentRequests (Concurrent API Requests)", "throttled", DEFAULT_HOLD),
        ],
        ids=["day", "unknown", "long-calls", "calls"],
    )
    async def test_limits(self, message, reason, hold):
        """The day's limit rests the lane by the hour, the limit of calls at once for a while."""
        crm = answering(refused(403, "REQUEST_LIMIT_EXCEEDED", message))

        reply = await crm.deliver([delivery()], NOW)

        assert Reply((Deferred(reason, counts=False),), 403, hold) == reply

    async def test_quota(self, org, crm):
        """Once the day's calls are used up, nothing more is asked, and no attempt is lost."""
        known, new = several(2)
        [outcome] = (await crm.deliver([known], NOW)).outcomes
        org.calls_left = 0

        reply = await crm.deliver([new, later(known, outcome)], NOW)

        assert ["quota_exhausted", "not_sent"] == reasons(reply)
        assert timedelta(hours=1) == reply.hold
        assert not reply.failing
        assert not any(outcome.counts for outcome in reply.outcomes)

    async def test_quota_between(self, org, crm):
        """What was taken before the limit stays taken."""
        known, new = several(2)
        [outcome] = (await crm.deliver([known], NOW)).outcomes
        org.calls_left = 1

        reply = await crm.deliver([new, later(known, outcome)], NOW)

        assert ["", "quota_exhausted"] == reasons(reply)
        assert timedelta(hours=1) == reply.hold

    async def test_check(self, org, crm):
        """Reading back honours the limit as well."""
        await crm.deliver([delivery()], NOW)
        org.calls_left = 0

        reply = await crm.check([delivery(sent=1)], NOW)

        assert (Deferred("quota_exhausted", counts=False),) == reply.outcomes
        assert timedelta(hours=1) == reply.hold

    def test_budget(self, crm):
        """A lane never takes more than a third of the smallest daily allocation."""
        rate = crm.RATE

        assert rate.calls / rate.seconds * 86400 < 100_000 / 3
        assert 200 == crm.batch_size


class TestLookUp:
    async def test_request(self, org, crm):
        """A full batch is looked up by one call, whose body holds five short queries."""
        many = several(200)
        await crm.deliver(many, NOW)

        reply = await crm.check([replace(one, sent=1) for one in many], NOW)

        request = org.requests[-1]
        asked = json.loads(request.content)["compositeRequest"]
        assert ("POST", f"{URL}{API}/composite") == (request.method, str(request.url))
        assert 5 == len(asked)
        assert 2500 > max(len(part["url"]) for part in asked)
        assert list(org.leads) == [outcome.receipt for outcome in reply.outcomes]

    async def test_some(self, org, crm):
        """Each lead is found or missing by itself; one in the recycle bin is missing."""
        first, missing, deleted, last = several(4)
        await crm.deliver([first, deleted, last], NOW)
        org.seller(deleted, deleted=True)

        reply = await crm.check([first, missing, deleted, last], NOW)

        assert ["", MISSING, MISSING, ""] == reasons(reply)

    @pytest.mark.parametrize(
        ("part", "reason"),
        [
            pytest.param({"httpStatusCode": 400, "body": [{}]}, "http_400", id="refused"),
            pytest.param({"httpStatusCode": 200, "body": []}, "unreadable_answer", id="no-body"),
            pytest.param(
                {"httpStatusCode": 200, "body": {"done": False, "records": []}},
                "unreadable_answer",
                id="not-all",
            ),
            pytest.param(
                {"httpStatusCode": 200, "body": {"done": True, "records": [1]}},
                "unreadable_answer",
                id="odd-record",
            ),
            pytest.param(
                {"httpStatusCode": 200, "body": {"done": True, "records": [{KEY: LEAD}]}},
                "unreadable_answer",
                id="no-id",
            ),
            pytest.param("part", "unreadable_answer", id="no-part"),
        ],
    )
    async def test_odd_part(self, part, reason):
        """A query that cannot be read says nothing about its leads."""
        crm = answering(httpx.Response(200, json={"compositeResponse": [part]}))

        reply = await crm.check([delivery(sent=1)], NOW)

        assert (Deferred(reason),) == reply.outcomes

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(httpx.Response(200, text="<p>"), id="page"),
            pytest.param(httpx.Response(200, json={"compositeResponse": []}), id="fewer"),
            pytest.param(refused(400, "MALFORMED"), id="refused"),
        ],
    )
    async def test_odd_answer(self, answer):
        """An answer that cannot be read says nothing about any lead."""
        reply = await answering(answer).check(several(2, sent=1), NOW)

        assert [Deferred("unreadable_answer")] * 2 == list(reply.outcomes)
        assert reply.failing

    async def test_escapes(self):
        """No lead id, whatever is in it, ends the query's text."""
        asked = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(json.loads(request.content)["compositeRequest"][0]["url"])
            return httpx.Response(500)

        await answering(answer).check([delivery(lead="a\\'b")], NOW)

        assert asked[0].endswith("IN+('a%5C%5C%5C'b')")


class TestDescribe:
    async def test_facts(self, org, crm):
        """Lengths, kinds, live choices and what may be written are told as Salesforce has them."""
        fields = (await crm.describe(NOW)).fields

        assert fields is not None
        assert 40 == fields["FirstName"].length
        assert frozenset({"Hot", "Warm", "Cold"}) == fields["Rating"].choices
        assert fields["LeadSource"].choices is None
        assert ("boolean", "number") == (
            fields["DoNotCall"].kind,
            fields["NumberOfEmployees"].kind,
        )
        assert {"LastName", "Company"} == {n for n, facts in fields.items() if facts.required}
        assert {"Id", "IsConverted"} == {n for n, facts in fields.items() if not facts.writable}
        assert 1 == sum(request.method == "GET" for request in org.requests)

    @pytest.mark.parametrize("lacks", [True, False], ids=["missing", "not-unique"])
    async def test_key(self, org, crm, lacks):
        """A key field that is missing or not unique is found before a lead is."""
        org.unique = False
        org.lacks |= {KEY} if lacks else set()

        description = await crm.describe(NOW)

        [found] = findings(description, [], crm.mapping, frozenset(), NOW)
        assert "key_not_unique" == found.problem

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            pytest.param(refused(404, "NOT_FOUND"), "salesforce_NOT_FOUND", id="no-leads"),
            pytest.param(httpx.Response(503), "salesforce_503", id="down"),
            pytest.param(httpx.Response(200, text="<p>"), "unreadable_answer", id="page"),
            pytest.param(
                httpx.Response(200, json={"fields": [{"name": "X"}]}), "unreadable_answer", id="odd"
            ),
            pytest.param(
                httpx.Response(200, json={"fields": ["X"]}), "unreadable_answer", id="texts"
            ),
        ],
    )
    async def test_refused(self, answer, reason):
        """Where there is no description, a code says why."""
        with pytest.raises(SignInFailed, match=reason):
            await answering(answer).describe(NOW)


class TestErase:
    async def test_request(self, org, crm):
        """A canary is deleted by its key; one that is gone already is no fault."""
        await crm.deliver([delivery()], NOW)

        await crm.erase(delivery(), NOW)
        await crm.erase(delivery(), NOW)

        assert [] == org.found(delivery())
        assert f"{URL}{API}/sobjects/Lead/{KEY}/{LEAD}" == str(org.requests[-1].url)

    async def test_refused(self):
        """A deletion that is refused is told."""
        with pytest.raises(SignInFailed, match="erase_refused"):
            await answering(refused(403, "INSUFFICIENT_ACCESS")).erase(delivery(), NOW)
