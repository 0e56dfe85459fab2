"""Salesforce's answers: what each refusal means for its record, its call and the lane."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected, Reply
from leadshare.destinations.replies import DEFAULT_HOLD
from tests.builders import NOW, delivery, reasons, record
from tests.destinations.contract import again
from tests.destinations.salesforce.beside import row_error
from tests.destinations.salesforce.builders import (
    ID,
    SECRETS,
    answering,
    later,
    rows,
    several,
    taken,
    writing,
)
from tests.destinations.salesforce.database import KEY
from tests.destinations.sellers import Customer
from tests.destinations.simulators.base import destination_of
from tests.destinations.simulators.salesforce import Account, refused


async def updated(answer: httpx.Response) -> Reply:
    """What becomes of a gap that is filled, where that is answered so."""
    org = Account()
    crm = org.destination()
    [outcome] = (await crm.deliver([delivery(record=record(phone=""))], NOW)).outcomes
    org.played = writing(answer)
    return await crm.deliver([later(delivery(), outcome, since={"phone": 2})], NOW)


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
            ("DUPLICATES_DETECTED", Rejected("duplicate_in_crm"), False),
            ("DUPLICATE_EXTERNAL_ID", Rejected("several_in_crm"), False),
            ("ENTITY_IS_DELETED", Deferred("reference_gone"), True),
            ("REQUIRED_FIELD_MISSING", Rejected("salesforce_REQUIRED_FIELD_MISSING"), False),
            ("INVALID_FIELD", Deferred("field_missing"), True),
            ("A_CODE_OF_NEXT_YEAR", Deferred("salesforce_A_CODE_OF_NEXT_YEAR"), False),
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
            ("INVALID_CROSS_REFERENCE_KEY", Deferred("reference_gone"), True),
            ("INACTIVE_OWNER_OR_USER", Deferred("reference_gone"), True),
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
        org = Account()
        org.played = writing(rows(row_error("DUPLICATE_VALUE", message)))

        reply = await org.destination().deliver([delivery()], NOW)

        assert (outcome,) == reply.outcomes

    @pytest.mark.parametrize("code", ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"])
    @pytest.mark.parametrize(
        "message",
        [
            "Trigger: System.LimitException: Too many SOQL queries: 101",
            "Trigger: caused by UNABLE_TO_LOCK_ROW",
            "Trigger: System.NullPointerException",
        ],
        ids=["limit", "lock", "bug"],
    )
    async def test_automation(self, code, message):
        """A trigger of the publisher's that fails is not the lead's fault."""
        reply = await answering(rows(row_error(code, message))).deliver([delivery()], NOW)

        assert (Deferred(f"salesforce_{code}"),) == reply.outcomes

    async def test_deleted(self):
        """The record itself is deleted only where it was there and no field is named."""
        gone = row_error("ENTITY_IS_DELETED", "entity is deleted")

        reply = await updated(rows(gone))

        assert ["deleted_in_crm"] == reasons(reply)

    async def test_converted(self):
        """A lead that is converted between our look and our write is looked at once more."""
        reply = await updated(rows(row_error("CANNOT_UPDATE_CONVERTED_LEAD", "converted")))

        assert (Deferred("changed_meanwhile"),) == reply.outcomes

    async def test_field_of_a_known_lead(self):
        """A wrong id in a mapped field does not make a lead count as deleted: the lane waits."""
        reply = await updated(rows(row_error("INVALID_CROSS_REFERENCE_KEY", "", "OwnerId")))

        assert ["reference_gone"] == reasons(reply)
        assert reply.failing

    async def test_neighbours(self):
        """Where one record was taken, Salesforce works, whatever became of the others."""
        crm = answering(rows(taken(), row_error("INSUFFICIENT_ACCESS"), {"success": True}))

        reply = await crm.deliver(several(3), NOW)

        assert ["", "forbidden", "unreadable_answer"] == reasons(reply)
        assert not reply.failing

    async def test_gone(self):
        """A 410, as for a version of the API that has been retired, keeps the leads waiting."""
        calls: list[httpx.Request] = []

        def retired(request: httpx.Request) -> httpx.Response:
            calls.append(request)
            return httpx.Response(410, json=[{"errorCode": "GONE", "message": "retired"}])

        leads = [delivery(), *several(1, sent=1, record_id=ID)]
        reply = await answering(retired).deliver(leads, NOW)

        assert (False, True) == (reply.gone, reply.failing)
        assert (["http_410", "http_410"], 2) == (reasons(reply), len(calls))

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
            pytest.param(refused(400, "INVALID_FIELD"), "field_missing", id="field"),
            pytest.param(refused(400, "INVALID_TYPE"), "table_missing", id="no-object"),
            pytest.param(refused(400, "a@b.example"), "salesforce_400", id="odd-code"),
            pytest.param(httpx.Response(400, text="<p>"), "salesforce_400", id="page"),
            pytest.param(httpx.Response(400, json=[1]), "salesforce_400", id="no-error"),
            pytest.param(httpx.Response(413), "salesforce_413", id="too-large"),
            pytest.param(httpx.Response(204), "unreadable_answer", id="no-content"),
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

        reply = await crm.look_up([delivery(sent=1)], NOW)

        assert (Deferred("quota_exhausted", counts=False),) == reply.outcomes
        assert timedelta(hours=1) == reply.hold

    def test_budget(self, crm):
        """A lane never takes more than a third of the smallest daily allocation."""
        rate = crm.RATE

        assert rate.calls / rate.seconds * 86400 < 100_000 / 3
        assert 200 == crm.batch_size


BUSY = (
    *("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", "INVALID_READ_ONLY_USER_DML"),
    *("TOO_MANY_APEX_REQUESTS", "PROCESSING_HALTED", "INTERNAL_ERROR"),
    *("MATCH_SERVICE_UNAVAILABLE_ERROR", "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE"),
)
"""Codes of an org that takes nothing for a while (StatusCode in the partner WSDL)."""

HELD = ("ENTITY_IS_LOCKED", "RECORD_IN_USE_BY_WORKFLOW", "ALREADY_IN_PROCESS")
"""Codes of a record that an approval, a flow or another call holds."""


class TestWaits:
    @pytest.mark.parametrize("code", BUSY)
    async def test_maintenance(self, code):
        """What an org cannot take for a while waits, new leads and returns, and then arrives."""
        org = Account()
        crm: Any = org.destination()
        back = Customer(crm, 9, phone="")
        await back.arrives()
        org.busy = code

        outcome = await back.comes_back("And call me tomorrow.", phone="+4930123456")
        reply = await crm.deliver(several(3), NOW)
        org.busy = ""
        at_last = await back.arrives()
        arrived = await crm.deliver([again(one) for one in several(3)], NOW)

        waits = Deferred(f"salesforce_{code}")
        assert (waits, Reply((waits,) * 3, 200)) == (outcome, reply)
        assert {Accepted} == {type(one) for one in (at_last, *arrived.outcomes)}
        [told] = org.timeline(back.one)
        assert "And call me tomorrow." in told

    @pytest.mark.parametrize("code", HELD)
    async def test_locked(self, code):
        """A lead that somebody holds waits, keeps nobody else waiting, and is told once."""
        org = Account()
        crm: Any = org.destination()
        both = [Customer(crm, number, phone="") for number in range(2)]
        for one in both:
            await one.arrives()
            one.writes("My number is new.", phone="+4930123456")
        org.held = {both[0].one.record["email"]: code}

        held, free = (await crm.deliver([one.one for one in both], NOW)).outcomes
        before = org.timeline(both[0].one)
        org.held = {}
        both[0].became(held)

        assert Deferred(f"salesforce_{code}") == held
        assert isinstance(free, Accepted)
        assert [] == before
        assert isinstance(await both[0].arrives(), Accepted)
        assert [1, 1] == [len(org.timeline(one.one)) for one in both]
