"""Dataverse's answers: what each refusal means for its record, its batch and the lane."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected, Reply
from leadshare.destinations.replies import DEFAULT_HOLD
from tests.builders import NOW, delivery, reasons
from tests.destinations.annotations import Refused
from tests.destinations.dataverse import LIMITS, Dataverse, Fault, Row
from tests.destinations.dynamics.builders import (
    GUID,
    OTHER,
    URL,
    answered,
    dynamics_at,
    refused,
    several,
    with_record,
)


def taken(guid: str = GUID) -> bytes:
    """A part of an answer that took its record."""
    return f"HTTP/1.1 204 No Content\r\nOData-EntityId: {URL}/x/leads({guid})\r\n\r\n".encode()


class TestAlternateKey:
    @pytest.mark.parametrize("attempts", [0, 1], ids=["first", "later"])
    async def test_no_such_key(self, dataverse, attempts):
        """A column that is no key is the operator's to mend: nothing is parked."""
        crm = dynamics_at(dataverse.handle, key="ls_leadkey")

        reply = await crm.deliver([delivery(attempts=attempts)], NOW)

        assert (Deferred("key_missing"),) == reply.outcomes
        assert reply.failing

    async def test_no_such_key_as_404(self):
        """The message tells a missing key from a missing lead, whatever the status."""
        message = "The key in the request URI is not valid for resource 'x'."
        crm = dynamics_at(answered(refused(404, "0x80060888", message=message)), key="ls_leadkey")

        reply = await crm.deliver([delivery(version=2, sent=1)], NOW)

        assert (Deferred("key_missing"),) == reply.outcomes


class TestRefusedRecord:
    @pytest.mark.parametrize(
        ("part", "outcome", "failing"),
        [
            pytest.param(
                refused(400, "0x80044331"), Rejected("dataverse_0x80044331"), False, id="too-long"
            ),
            pytest.param(
                refused(400, "0x8004431A"), Rejected("dataverse_0x8004431a"), False, id="choice"
            ),
            pytest.param(refused(400, ""), Deferred("dataverse_400"), False, id="no-code"),
            pytest.param(refused(400, "0x0"), Deferred("dataverse_400"), False, id="empty-code"),
            pytest.param(
                refused(400, "sample.buyer"), Deferred("dataverse_400"), False, id="odd-code"
            ),
            pytest.param(refused(413, ""), Deferred("dataverse_413"), False, id="too-large"),
            pytest.param(
                refused(412, "0x80040333"), Rejected("duplicate_in_crm"), False, id="rule"
            ),
            pytest.param(refused(412, ""), Deferred("changed_meanwhile"), False, id="without-code"),
            pytest.param(
                refused(400, "0x80040237"), Deferred("changed_meanwhile"), False, id="key-taken"
            ),
            pytest.param(refused(401, ""), Deferred("unauthorised"), True, id="unauthorised"),
            pytest.param(refused(403, "0x80040220"), Deferred("forbidden"), True, id="forbidden"),
            pytest.param(
                refused(404, "0x8006088a"), Deferred("table_missing"), True, id="no-table"
            ),
            pytest.param(refused(500, "0x80040216"), Deferred("http_500"), True, id="fault"),
            pytest.param(refused(503, ""), Deferred("http_503"), True, id="down"),
            pytest.param(b"HTTP/1.1 202 Accepted\r\n\r\n", Deferred("unreadable_answer"), False),
            pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n<p>", Deferred("dataverse_400"), False),
        ],
    )
    async def test_outcome(self, part, outcome, failing):
        """A record is parked only if sending it again cannot help."""
        reply = await dynamics_at(answered(part)).deliver([delivery()], NOW)

        assert Reply((outcome,), 200, failing=failing) == reply

    async def test_neighbours(self, crm, dataverse):
        """One record that is refused keeps no other from being taken."""
        dataverse.plug_in = refuse_company("Fabrikam GmbH", Refused(403, "0x80040220", ""))
        ours, theirs = several(2)

        reply = await crm.deliver([ours, with_record(theirs, company="Contoso")], NOW)

        assert ["forbidden", ""] == reasons(reply)
        assert not reply.failing, "Dataverse works, one record does not"

    async def test_stops_at_first_error(self, dataverse):
        """Should the preference get lost, what came before the error counts, the rest waits."""

        def strip(request):
            del request.headers["prefer"]
            return dataverse.handle(request)

        dataverse.plug_in = refuse_company("Odd", Refused(400, "0x80040265", ""))
        first, second, third = several(3)

        reply = await dynamics_at(strip).deliver(
            [first, with_record(second, company="Odd"), third], NOW
        )

        assert ["", "dataverse_0x80040265", "no_answer"] == reasons(reply)
        assert 400 == reply.status

    @pytest.mark.parametrize(
        ("attempts", "reason"), [(0, "changed_meanwhile"), (1, "duplicate_in_crm")]
    )
    async def test_unique_column(self, attempts, reason):
        """A key of the publisher's own that is taken parks the lead once it was looked up."""
        dataverse = Dataverse(URL, unique="emailaddress1")
        crm = dynamics_at(dataverse.handle)
        await crm.deliver([delivery(lead=OTHER)], NOW)

        reply = await crm.deliver([delivery(attempts=attempts)], NOW)

        assert [reason] == reasons(reply)

    async def test_no_lead_table(self, dataverse):
        """Where there is no lead table, no lead is taken for a deleted one."""
        dataverse.has_leads = False

        reply = await dynamics_at(dataverse.handle).deliver([delivery(version=2, sent=1)], NOW)

        assert ["table_missing"] == reasons(reply)
        assert reply.failing

    @pytest.mark.parametrize("missing", ["Read", "Create"])
    async def test_privileges(self, crm, dataverse, missing):
        """A privilege that the app lacks is the operator's to grant: nothing is parked."""
        dataverse.privileges.remove(missing)

        reply = await crm.deliver([delivery(attempts=1)], NOW)

        assert (Deferred("forbidden"),) == reply.outcomes
        assert reply.failing


def refuse_company(company: str, error: Refused) -> Callable[[Row], None]:
    """A plug-in that does not like one company."""

    def plug_in(row: Row) -> None:
        if row["companyname"] == company:
            raise error

    return plug_in


class TestThrottled:
    @pytest.mark.parametrize("limit", LIMITS)
    async def test_call(self, crm, dataverse, limit):
        """Each of the three limits holds the lane as long as asked, and costs no attempt."""
        dataverse.throttle_after = 0
        dataverse.limit = limit

        reply = await crm.deliver([delivery(), delivery(lead=OTHER)], NOW)

        throttled = Deferred("throttled", counts=False)
        assert Reply((throttled, throttled), 429, timedelta(seconds=17)) == reply

    async def test_second_call(self, crm, dataverse):
        """A limit that is reached between search and write holds the lane too."""
        dataverse.throttle_after = 1

        reply = await crm.deliver([delivery(attempts=1)], NOW)

        assert Reply((Deferred("throttled", counts=False),), 429, timedelta(seconds=17)) == reply
        assert {} == dataverse.leads

    @pytest.mark.parametrize(
        ("part", "hold"),
        [
            pytest.param(
                refused(429, "0x80072322", "Retry-After: 17"), timedelta(seconds=17), id="seconds"
            ),
            pytest.param(refused(429, "", "Retry-After: 17"), timedelta(seconds=17), id="no-code"),
            pytest.param(refused(503, "0x80072321"), DEFAULT_HOLD, id="code-alone"),
            pytest.param(
                refused(429, "0x80072326", "Retry-After: Sun, 22 Nov 2026 13:00:00 GMT"),
                timedelta(hours=1),
                id="date",
            ),
        ],
    )
    async def test_part(self, part, hold):
        """A limit reached inside a batch holds the lane, and what was taken before stays so."""
        reply = await dynamics_at(answered(taken(), part)).deliver(several(2), NOW)

        assert Reply((Accepted(GUID), Deferred("throttled", counts=False)), 200, hold) == reply

    async def test_longest_hold(self):
        """Of several parts' holds the longest counts."""
        parts = [refused(429, "", f"Retry-After: {seconds}") for seconds in (5, 60, 7)]

        reply = await dynamics_at(answered(*parts)).deliver(several(3), NOW)

        assert timedelta(minutes=1) == reply.hold


class TestRefusedCall:
    @pytest.mark.parametrize(
        ("status", "reason"),
        [(400, "http_400"), (403, "forbidden"), (404, "http_404"), (503, "http_503")],
    )
    @pytest.mark.parametrize("attempts", [0, 1], ids=["write", "search"])
    async def test_reason(self, status, reason, attempts):
        """A call that is refused as a whole parks nothing: Dataverse is at fault, or we are."""
        crm = dynamics_at(lambda _request: httpx.Response(status, json={"error": {"code": "x"}}))

        reply = await crm.deliver([delivery(attempts=attempts), delivery()], NOW)

        assert Reply((Deferred(reason),) * 2, status, failing=True) == reply

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            pytest.param(Fault.LOST_BEFORE, "connection_lost", id="lost"),
            pytest.param(Fault.UNAVAILABLE, "http_503", id="unavailable"),
            pytest.param(Fault.PAGE, "unreadable_answer", id="page"),
        ],
    )
    @pytest.mark.parametrize("attempts", [0, 1], ids=["write", "search"])
    async def test_fault(self, crm, dataverse, fault, reason, attempts):
        """Whatever befalls a call, all its leads wait and the breaker counts it."""
        dataverse.faults = [fault]

        reply = await crm.deliver([delivery(attempts=attempts), delivery()], NOW)

        assert [reason] * 2 == reasons(reply)
        assert reply.failing

    @pytest.mark.parametrize("status", [200, 400])
    async def test_too_many_parts(self, status):
        """An answer with more parts than were asked for cannot be matched with leads."""
        reply = await dynamics_at(answered(taken(), taken(), status=status)).deliver(
            [delivery()], NOW
        )

        assert isinstance(reply.outcomes[0], Deferred)
        assert reply.failing

    async def test_truncated(self, crm, dataverse):
        """Of an answer that breaks off, whole parts count, and what is missing waits."""
        dataverse.faults = [Fault.TRUNCATED]

        reply = await crm.deliver(several(3), NOW)

        assert ["", "", "no_answer"] == reasons(reply)
        assert not reply.failing
