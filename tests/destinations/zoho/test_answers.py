"""Zoho's answers: what each refusal means for its record, its call and the lane."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from leadshare.destinations.replies import DEFAULT_HOLD
from leadshare.reason import Reason
from tests.builders import LEAD, NOW, delivery, record
from tests.destinations.contract import again
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.zoho import THROTTLES, Account, fault, found, refused
from tests.destinations.zoho.builders import (
    DONE,
    OTHER,
    Handler,
    answering,
    only,
    rows,
    sent,
    zoho_at,
)
from tests.destinations.zoho.metadata import KEY

HOUR = timedelta(hours=1)


ROWS = [
    (fault("MANDATORY_NOT_FOUND", api_name="Last_Name"), "zoho_MANDATORY_NOT_FOUND.Last_Name"),
    (fault("INVALID_DATA", api_name="Email"), "zoho_INVALID_DATA.Email"),
    (fault("INVALID_DATA"), "zoho_INVALID_DATA"),
    (fault("DEPENDENT_FIELD_MISSING", api_name="State"), "zoho_DEPENDENT_FIELD_MISSING.State"),
    (fault("DUPLICATE_DATA", api_name="Email"), "duplicate_in_crm"),
    (fault("DUPLICATE_DATA", api_name=KEY), "duplicate_in_crm"),
    (fault("CONVERTED_RECORD"), "closed_in_crm"),
    (fault("INVALID_DATA", api_name="a b@c"), "zoho_INVALID_DATA.abc"),
    (fault("INVALID_DATA", json_path="$.data[0].Street_2"), "zoho_INVALID_DATA.Street_2"),
    (
        fault("MULTIPLE_OR_MULTI_ERRORS", errors=[fault("INVALID_DATA", api_name="Phone"), 7]),
        "zoho_INVALID_DATA.Phone",
    ),
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
            ("<b>Sample</b>", Deferred("zoho_bSampleb"), None, False),
            ("MULTIPLE_OR_MULTI_ERRORS", Deferred("zoho_MULTIPLE_OR_MULTI_ERRORS"), None, False),
            ("NOT_APPROVED", Deferred("zoho_NOT_APPROVED"), None, False),
            ("INVALID_MODULE", Deferred("module_missing"), None, True),
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
    (refused(403, "LIMIT_EXCEEDED"), Deferred("quota_exhausted", counts=False), HOUR, False),
    (refused(400, "LIMIT_EXCEEDED"), Deferred("zoho_LIMIT_EXCEEDED"), None, True),
    (refused(400, "INVALID_QUERY"), Deferred("key_missing"), None, True),
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

        reply = await there.deliver([sent(delivery(), accepted.record_id)], NOW)

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
        """A search that cannot be read says nothing: nothing is written, nothing is missing."""
        there = answering(account, answer, "/crm/v8/coql")

        written = await there.deliver([delivery(attempts=1)], NOW)
        checked = await there.look_up([delivery(sent=1)], NOW)

        assert (Deferred("unreadable_answer"),) == written.outcomes == checked.outcomes
        assert 0 == account.writes

    async def test_stranger_in_query(self, account):
        """Records that were not asked for prove nothing."""
        there = answering(account, found([{"id": "1", KEY: OTHER}]), "/crm/v8/coql")

        reply = await there.look_up([delivery(sent=1)], NOW)

        assert (Rejected(Reason.NOT_FOUND_AFTER_ACCEPT),) == reply.outcomes


async def test_poisoned(account):
    """One record for which a whole call is refused keeps no other from being written."""
    many = [delivery(lead=f"{number:032x}-fedcba9876543210") for number in range(12)]
    real: Handler = account.handle

    def handle(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and many[5].lead.encode() in request.content:
            return refused(400, "INVALID_DATA")
        return real(request)

    reply = await zoho_at(handle).deliver(many, NOW)

    assert [5] == [at for at, one in enumerate(reply.outcomes) if not isinstance(one, Accepted)]
    assert Deferred("zoho_INVALID_DATA") == reply.outcomes[5]
    assert not reply.failing


def no_tokens(account: Account) -> None:
    """The ten tokens of ten minutes are given."""
    account.tokens_left = 0


def no_credits(account: Account) -> None:
    """The day's credits are used up."""
    account.credits = 0


def too_fast(account: Account) -> None:
    """Somebody else's calls are under way."""
    account.faults = [Fault.THROTTLED]


def at_ease(account: Account) -> None:
    """Nothing is used up any more."""
    account.tokens_left, account.credits, account.faults = 10, 5000, []


class TestThrottles:
    @pytest.mark.parametrize("language", THROTTLES)
    @pytest.mark.parametrize(
        ("begin", "rest"),
        [
            pytest.param(no_tokens, ("throttled", timedelta(minutes=10)), id="tokens"),
            pytest.param(too_fast, ("throttled", DEFAULT_HOLD), id="calls"),
            pytest.param(no_credits, ("quota_exhausted", HOUR), id="credits"),
        ],
    )
    async def test_language(self, account, zoho, language, begin, rest):
        """Whatever language it is said in, the lane rests, nothing is counted, and all arrives."""
        account.language = language
        begin(account)
        both = [delivery(), delivery(lead=OTHER)]

        reply = await zoho.deliver(both, NOW)
        at_ease(account)
        arrived = await zoho.deliver([again(one) for one in both], NOW)

        reason, hold = rest
        assert (Deferred(reason, counts=False),) * 2 == reply.outcomes
        assert (hold, False) == (reply.hold, reply.failing)
        assert {Accepted} == {type(one) for one in arrived.outcomes}
        assert 2 == len(account.records)

    async def test_many(self, account):
        """24 of anything else, such as of a customer's, is no day."""
        words = "24 requests at once"
        told = fault("TOO_MANY_REQUESTS") | {"message": f"about {words}"}
        there = answering(account, httpx.Response(429, json=told))

        reply = await there.deliver([delivery(record=record(notes=words))], NOW)

        assert (Deferred("throttled", counts=False),) == reply.outcomes
