"""Dynamics 365: every lead is written once, nothing of a seller's is lost, every answer is read."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity.aio import ClientSecretCredential, ManagedIdentityCredential
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from leadshare.core.delivery import MISSING, Accepted, Deferred, Delivery, Rejected, Reply
from leadshare.core.mapping import cut
from leadshare.core.record import Record
from leadshare.destinations import dynamics
from leadshare.destinations.answers import DEFAULT_HOLD
from leadshare.destinations.dynamics import Dynamics, DynamicsSettings, credential
from leadshare.destinations.dynamics_batch import Operation, decode, encode
from leadshare.destinations.dynamics_lead import LENGTHS, NO_CONTACT
from leadshare.destinations.errors import SignInFailed
from tests.builders import LEAD, NOW, delivery, reasons, record
from tests.destinations.dataverse import LIMITS, TEXTS, Dataverse, Fault, Refused, Row

URL = "https://contoso.crm4.dynamics.com"
GUID = "3c2f3614-71e9-5806-b045-54ee0d7a9269"
"""What `LEAD` becomes, now and for ever."""
OTHER = "fedcba9876543210fedcba9876543210-0123456789abcdef"


BODY = (
    '{"subject":"Contoso Invoice Robot","firstname":"Sample","lastname":"Buyer",'
    '"companyname":"Fabrikam GmbH","jobtitle":"Head of IT",'
    '"emailaddress1":"sample.buyer@fabrikam.example","telephone1":"+4930123456",'
    '"websiteurl":"https://fabrikam.example","address1_country":"DE",'
    '"description":"Asked for: contact request\\n'
    "Listing: Contoso Invoice Robot (contoso.invoice-robot, app)\\n"
    "Storefront: appsource\\nCampaign: autumn-webinar, nurture\\n"
    "Score: 75 of 100, sales ready\\n"
    "Touches: 1, the last at 2026-11-22T11:59:00.000Z\\n"
    "+40 asked to be contacted\\n+15 business e-mail\\n+20 complete\\n\\n"
    'Campaigns: autumn-webinar","leadqualitycode":1}'
)
"""The builder's lead as Dataverse gets it."""


class Tokens:
    """A credential that counts what it hands out: token-1, token-2 and so on."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.count = 0
        self.closed = False
        self.scopes: set[str] = set()
        self.lifetime = timedelta(hours=1)

    async def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        if self.failures:
            raise self.failures.pop(0)
        self.count += 1
        self.scopes |= set(scopes)
        await asyncio.sleep(0)
        return AccessToken(f"token-{self.count}", int((NOW + self.lifetime).timestamp()))

    async def close(self) -> None:
        self.closed = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        await self.close()


def to_lead(told: Record) -> dict[str, Any]:
    """What Dynamics writes of a record."""
    return dynamics_at(lambda _: httpx.Response(500)).values(delivery(record=told))


Handler = Callable[[httpx.Request], httpx.Response]


def dynamics_at(handler: Handler, tokens: Tokens | None = None, **changes: Any) -> Dynamics:
    """Dynamics whose calls *handler* answers."""
    fields = {"type": "dynamics", "name": "crm", "url": URL} | changes
    client = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    return Dynamics(DynamicsSettings.model_validate(fields), client, tokens or Tokens())


@pytest.fixture(name="dataverse")
def _dataverse() -> Dataverse:
    return Dataverse(URL)


@pytest.fixture(name="tokens")
def _tokens() -> Tokens:
    return Tokens()


@pytest.fixture(name="crm")
def _crm(dataverse: Dataverse, tokens: Tokens) -> Dynamics:
    return dynamics_at(dataverse.handle, tokens)


def answered(*parts: bytes, status: int = 200, end: bytes = b"--b--\r\n") -> Handler:
    """A service that answers every batch with *parts*."""
    head = b"--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    content = b"".join(head + part + b"\r\n" for part in parts) + end
    kind = {"content-type": "multipart/mixed; boundary=b"}
    return lambda _request: httpx.Response(status, headers=kind, content=content)


def refused(status: int, code: str, *headers: str, message: str = "") -> bytes:
    """A part of an answer that refuses its record."""
    body = f'{{"error":{{"code":"{code}","message":"{message}"}}}}'
    lines = [f"HTTP/1.1 {status} Refused", "Content-Type: application/json", *headers, "", body]
    return "\r\n".join(lines).encode()


def taken(guid: str = GUID) -> bytes:
    """A part of an answer that took its record."""
    return f"HTTP/1.1 204 No Content\r\nOData-EntityId: {URL}/x/leads({guid})\r\n\r\n".encode()


def several(count: int, **changes: Any) -> list[Delivery]:
    """Deliveries of *count* leads."""
    return [delivery(lead=f"{n:032x}-fedcba9876543210", **changes) for n in range(count)]


class TestFirstDelivery:
    async def test_creates(self, crm, dataverse):
        """A lead becomes one open row, whose primary key is made from the lead id."""
        reply = await crm.deliver([delivery()], NOW)

        assert Reply((Accepted(GUID),), 200) == reply
        assert [GUID] == list(dataverse.leads)
        assert to_lead(record()).items() <= dataverse.leads[GUID].items()

    async def test_request(self, crm, dataverse):
        """The builder's lead goes out as exactly this request."""
        await crm.deliver([delivery()], NOW)

        [request] = dataverse.requests
        boundary = re.search(r'boundary="(batch_[0-9a-f-]{36})"', request.headers["content-type"])
        assert boundary is not None
        assert f"{URL}/api/data/v9.2/$batch" == str(request.url)
        assert {
            "accept": "application/json",
            "odata-maxversion": "4.0",
            "odata-version": "4.0",
            "if-none-match": "null",
            "prefer": "odata.continue-on-error",
            "authorization": "Bearer token-1",
        }.items() <= dict(request.headers).items()
        assert [
            "--BOUNDARY",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary",
            "",
            f"PATCH /api/data/v9.2/leads({GUID}) HTTP/1.1",
            "Accept: application/json",
            "OData-MaxVersion: 4.0",
            "OData-Version: 4.0",
            "If-None-Match: *",
            "Content-Type: application/json",
            "",
            BODY,
            "--BOUNDARY--",
            "",
        ] == request.content.decode("ascii").replace(boundary[1], "BOUNDARY").split("\r\n")

    async def test_one_call(self, crm, dataverse):
        """Leads that Dataverse cannot hold yet are written in one call, without a look-up."""
        await crm.deliver(several(10), NOW)

        assert 10 == crm.batch_size
        assert 1 == dataverse.calls
        assert {"PATCH": 10} == dataverse.operations

    async def test_leaves_what_is_there(self, crm, dataverse):
        """A first write never changes a row unseen: it is put off, and looked up the next time."""
        await crm.deliver([delivery()], NOW)
        dataverse.change(GUID, statecode=1, jobtitle="Chief")

        reply = await crm.deliver([delivery()], NOW)
        again = await crm.deliver([delivery(attempts=1)], NOW)

        assert (Deferred("changed_meanwhile"),) == reply.outcomes
        assert (Rejected("closed_in_crm"),) == again.outcomes
        assert "Chief" == dataverse.leads[GUID]["jobtitle"]

    async def test_other_leads(self, crm):
        """Each lead has its own key, and the answers are matched with the leads in order."""
        first, second = await asyncio.gather(
            crm.deliver([delivery(lead=OTHER), delivery()], NOW),
            crm.deliver([delivery(lead=OTHER, attempts=1), delivery(attempts=1)], NOW),
        )

        other, ours = first.outcomes
        assert Accepted(GUID) == ours
        assert ours != other
        assert first.outcomes == second.outcomes


class TestLaterDelivery:
    async def test_updates(self, crm, dataverse):
        """A newer version updates the same row, under the etag of a look-up just before."""
        await crm.deliver([delivery()], NOW)

        newer = delivery(version=2, sent=1, record=record(version=2, job_title="CTO"))
        reply = await crm.deliver([newer], NOW)

        assert (Accepted(GUID),) == reply.outcomes
        assert "CTO" == dataverse.leads[GUID]["jobtitle"]
        assert (1, 1) == (dataverse.created, dataverse.updated)
        _, look_up, write = dataverse.requests
        assert f"GET /api/data/v9.2/leads({GUID})?$select=statecode " in look_up.content.decode()
        assert b'\r\nIf-Match: W/"1"\r\n' in write.content
        assert b"If-None-Match" not in write.content

    @pytest.mark.parametrize("state", [1, 2], ids=["qualified", "disqualified"])
    async def test_closed(self, crm, dataverse, state):
        """A lead that sellers have closed is parked and left as it is."""
        await crm.deliver([delivery()], NOW)
        dataverse.change(GUID, statecode=state)
        before = dict(dataverse.leads[GUID])

        reply = await crm.deliver([delivery(version=2, sent=1)], NOW)

        assert Reply((Rejected("closed_in_crm"),), 200) == reply
        assert before == dataverse.leads[GUID]

    async def test_deleted(self, crm, dataverse):
        """A lead that is no longer in the CRM is parked, and not created a second time."""
        await crm.deliver([delivery()], NOW)
        dataverse.leads.clear()

        reply = await crm.deliver([delivery(version=2, sent=1)], NOW)

        assert (Rejected("deleted_in_crm"),) == reply.outcomes
        assert {} == dataverse.leads

    async def test_never_arrived(self, crm, dataverse):
        """A lead of which no attempt arrived is created after the look-up."""
        reply = await crm.deliver([delivery(attempts=3)], NOW)

        assert (Accepted(GUID),) == reply.outcomes
        assert 1 == dataverse.created

    async def test_seller_is_faster(self, crm, dataverse):
        """What a seller changes between look-up and write is kept, and the write repeated later."""
        await crm.deliver([delivery()], NOW)
        dataverse.seller = lambda: dataverse.change(GUID, jobtitle="Chief")

        reply = await crm.deliver([delivery(version=2, sent=1)], NOW)

        assert Reply((Deferred("changed_meanwhile"),), 200) == reply
        assert "Chief" == dataverse.leads[GUID]["jobtitle"]

    @pytest.mark.parametrize(
        ("sent", "outcome"),
        [
            pytest.param(1, Rejected("deleted_in_crm"), id="accepted-before"),
            pytest.param(0, Deferred("changed_meanwhile"), id="never-accepted"),
        ],
    )
    async def test_seller_deletes(self, crm, dataverse, sent, outcome):
        """What a seller deletes between look-up and write is not created again."""
        await crm.deliver([delivery()], NOW)
        dataverse.seller = dataverse.leads.clear

        reply = await crm.deliver([delivery(version=2, sent=sent, attempts=1)], NOW)

        assert (outcome,) == reply.outcomes
        assert {} == dataverse.leads

    async def test_mixed(self, crm, dataverse):
        """In one batch each lead has its own outcome: new, open, closed, deleted, new again."""
        first, opened, closed, deleted, last = several(5)
        await crm.deliver([opened, closed, deleted], NOW)
        guids = list(dataverse.leads)
        dataverse.change(guids[1], statecode=1)
        del dataverse.leads[guids[2]]

        later = [replace(one, version=2, sent=1) for one in (opened, closed, deleted)]
        reply = await crm.deliver([first, *later, last], NOW)

        new, updated, *parked, newer = reply.outcomes
        assert [Rejected("closed_in_crm"), Rejected("deleted_in_crm")] == parked
        assert Accepted(guids[0]) == updated
        assert {guids[0], guids[1], new.receipt, newer.receipt} == set(dataverse.leads)
        assert not reply.failing

    @pytest.mark.parametrize(
        "found",
        [
            pytest.param(b'{"statecode":0}', id="no-etag"),
            pytest.param(b'{"statecode":0,"@odata.etag":"W/\\"1\\"\\r\\nX: y"}', id="odd-etag"),
            pytest.param(b'{"@odata.etag":"W/\\"1\\""}', id="no-state"),
            pytest.param(b'{"statecode":"0","@odata.etag":"W/\\"1\\""}', id="odd-state"),
            pytest.param(b"[" * 100_000, id="nested"),
            pytest.param(b"\xff", id="no-text"),
            pytest.param(b"[]", id="no-object"),
        ],
    )
    async def test_odd_look_up(self, found):
        """Nothing is written on the strength of a look-up that cannot be read."""
        answer = answered(b"HTTP/1.1 200 OK\r\n\r\n" + found)

        def look_up(request: httpx.Request) -> httpx.Response:
            assert b"PATCH" not in request.content
            return answer(request)

        reply = await dynamics_at(look_up).deliver([delivery(version=2, sent=1)], NOW)

        assert isinstance(reply.outcomes[0], Deferred)

    async def test_look_up_fails_once(self, dataverse):
        """A lead whose look-up alone went wrong waits, and its neighbours are written."""
        crm = dynamics_at(dataverse.handle)
        ours, theirs = several(2)
        await crm.deliver([ours, theirs], NOW)
        dataverse.faults = [Fault.TRUNCATED]

        reply = await crm.deliver([replace(d, version=2, sent=1) for d in (ours, theirs)], NOW)

        assert ["", "changed_meanwhile"] == reasons(reply)


class TestAlternateKey:
    async def test_creates_and_updates(self):
        """With an alternate key the lead id identifies the row, and Dataverse makes the GUID."""
        dataverse = Dataverse(URL, key="ls_leadkey")
        crm = dynamics_at(dataverse.handle, key="ls_leadkey")

        replies = [
            await crm.deliver([delivery()], NOW),
            await crm.deliver([delivery(version=2, sent=1)], NOW),
        ]

        [row] = dataverse.leads.values()
        assert LEAD == row["ls_leadkey"]
        assert GUID != row["leadid"]
        assert 1 == dataverse.updated
        assert [(Accepted(),)] * 2 == [reply.outcomes for reply in replies]

    async def test_not_in_body(self):
        """The key is in the address alone, since the body's would win over it."""
        dataverse = Dataverse(URL, key="ls_leadkey")

        await dynamics_at(dataverse.handle, key="ls_leadkey").deliver([delivery()], NOW)

        [request] = dataverse.requests
        assert 1 == request.content.count(b"ls_leadkey")

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
            pytest.param(refused(400, ""), Rejected("dataverse_400"), False, id="no-code"),
            pytest.param(refused(400, "0x0"), Rejected("dataverse_400"), False, id="empty-code"),
            pytest.param(
                refused(400, "sample.buyer"), Rejected("dataverse_400"), False, id="odd-code"
            ),
            pytest.param(refused(413, ""), Rejected("dataverse_413"), False, id="too-large"),
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
            pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n<p>", Rejected("dataverse_400"), False),
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


def with_record(one: Delivery, **changes: Any) -> Delivery:
    """*one* with a changed record."""
    return replace(one, record=record(**dict(one.record) | changes))


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
        """A limit that is reached between look-up and write holds the lane too."""
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
                DEFAULT_HOLD,
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
    @pytest.mark.parametrize("attempts", [0, 1], ids=["write", "look-up"])
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
    @pytest.mark.parametrize("attempts", [0, 1], ids=["write", "look-up"])
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


class TestSignIn:
    async def test_scope(self, crm, tokens):
        """A token is asked for this environment, once for many calls."""
        for one in several(3):
            await crm.deliver([one], NOW)

        assert {f"{URL}/.default"} == tokens.scopes
        assert 1 == tokens.count

    async def test_near_its_end(self, crm, tokens):
        """A token is replaced five minutes before its end."""
        await crm.deliver([delivery()], NOW)

        await crm.deliver([delivery()], NOW + tokens.lifetime - timedelta(minutes=5))
        before = tokens.count
        await crm.deliver([delivery()], NOW + tokens.lifetime - timedelta(seconds=299))

        assert (1, 2) == (before, tokens.count)

    @pytest.mark.parametrize("attempts", [0, 1], ids=["write", "look-up"])
    async def test_refused_once(self, crm, dataverse, tokens, attempts):
        """A token that is refused is replaced, and the call repeated."""
        dataverse.tokens = {"token-2"}

        reply = await crm.deliver([delivery(attempts=attempts)], NOW)

        assert (Accepted(GUID),) == reply.outcomes
        assert 2 == tokens.count

    async def test_refused_twice(self, crm, dataverse):
        """Where the new token is refused too, nobody insists."""
        dataverse.tokens = set()

        reply = await crm.deliver([delivery()], NOW)

        assert Reply((Deferred("unauthorised"),), 401, failing=True) == reply
        assert 2 == dataverse.calls

    async def test_refused_to_many(self, crm, dataverse, tokens):
        """Calls in flight whose token is refused replace it once together."""
        dataverse.tokens = {"token-2"}

        replies = await asyncio.gather(*(crm.deliver([one], NOW) for one in several(4)))

        assert [""] * 4 == [reason for reply in replies for reason in reasons(reply)]
        assert 2 == tokens.count

    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            pytest.param(
                ClientAuthenticationError("AADSTS7000222"), "sign_in_failed", id="refused"
            ),
            pytest.param(ServiceRequestError("no route"), "unreachable", id="unreachable"),
        ],
    )
    async def test_fails(self, dataverse, error, reason):
        """Without a token no request leaves, no attempt counts and the breaker does."""
        crm = dynamics_at(dataverse.handle, Tokens(error))

        reply = await crm.deliver([delivery(), delivery(lead=OTHER)], NOW)
        again = await crm.deliver([delivery()], NOW)

        waiting = Deferred(reason, counts=False)
        assert Reply((waiting, waiting), failing=True) == reply
        assert (Accepted(GUID),) == again.outcomes

    async def test_hangs(self, dataverse):
        """A sign-in takes no longer than a call may."""

        class Hanging(Tokens):
            async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
                return await asyncio.Event().wait()  # type: ignore[return-value]  # never returns

        crm = dynamics_at(dataverse.handle, Hanging(), timeout=0.01)

        replies = await asyncio.gather(*(crm.deliver([delivery()], NOW) for _ in range(4)))

        assert [["timeout"]] * 4 == [reasons(reply) for reply in replies]

    async def test_own_credential(self, monkeypatch, dataverse, tokens):
        """The credential that the settings describe is made for one token and closed again."""
        monkeypatch.setattr(dynamics, "credential", lambda _settings: tokens)
        crm = dynamics_at(dataverse.handle)
        ours = Dynamics(crm.settings, crm.client)

        reply = await ours.deliver([delivery()], NOW)

        assert (Accepted(GUID),) == reply.outcomes
        assert tokens.closed

    async def test_secret(self):
        """With a secret an app signs in."""
        assert isinstance(credential(configured(**APP)), ClientSecretCredential)

    @pytest.mark.parametrize("client_id", ["", "8c0d1a2b"], ids=["system", "user-assigned"])
    async def test_managed_identity(self, client_id):
        """Without a secret the managed identity signs in."""
        assert isinstance(credential(configured(client_id=client_id)), ManagedIdentityCredential)

    def test_import(self):
        """Who does not sign in does not load azure-identity, which takes half a second."""
        code = "import sys, leadshare.destinations.dynamics; print('azure.identity' in sys.modules)"
        run = subprocess.run(  # noqa: S603 - our own interpreter and text
            [sys.executable, "-c", code], capture_output=True, check=True, text=True
        )

        assert "False\n" == run.stdout


APP = {"tenant_id": "contoso.com", "client_id": "8c0d1a2b", "client_secret": "DYNAMICS_SECRET"}


def configured(**changes: Any) -> DynamicsSettings:
    """Settings as they are read from the file."""
    fields = {"type": "dynamics", "name": "crm", "url": URL} | changes
    return DynamicsSettings.model_validate(fields, context={"DYNAMICS_SECRET": "s3cret"})


class TestSettings:
    @pytest.mark.parametrize(
        "url",
        [
            "https://contoso.crm4.dynamics.com/main.aspx?appid=1",
            "https://contoso.crm4.dynamics.com.example",
            "https://user@contoso.crm4.dynamics.com",
            "https://contoso.crm4.dynamics.com:8443",
            "http://contoso.crm4.dynamics.com",
            "contoso.crm4.dynamics.com",
            "https://contoso.crm4.dynamics.com\n",
        ],
    )
    def test_bad_address(self, url):
        """An address that is no environment's is an error that shows one."""
        with pytest.raises(ValidationError, match=r"url must be like https://contoso\.crm4"):
            configured(url=url)

    @pytest.mark.parametrize(
        ("url", "read"),
        [
            ("https://Contoso.crm.dynamics.com/", "https://contoso.crm.dynamics.com"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ],
    )
    def test_good_address(self, url, read):
        """Case and a last slash do not matter, and a simulator on loopback will do."""
        assert read == configured(url=url).url

    @pytest.mark.parametrize("missing", APP)
    def test_half_a_sign_in(self, missing):
        """Half of what an app signs in with is an error that names the whole."""
        half = {name: text for name, text in APP.items() if name != missing}

        with pytest.raises(ValidationError, match="go together"):
            configured(**half)

    @pytest.mark.parametrize("key", ["ls_leadkey='x'", "LeadKey", "a b", "ls_leadkey\n"])
    def test_bad_key(self, key):
        """A key that is no column's logical name is an error."""
        with pytest.raises(ValidationError, match="key"):
            configured(key=key)

    def test_secret_is_hidden(self):
        """Settings show no secret."""
        assert "s3cret" not in repr(configured(**APP))


class TestToLead:
    def test_blanks(self):
        """What is not known is left out, so that it blanks nothing that a seller knows."""
        blank = record(**dict.fromkeys((k for k, v in record().items() if isinstance(v, str)), ""))

        assert {"description"} == to_lead(blank).keys()
        assert "Touches: 1" in str(to_lead(blank)["description"])

    @pytest.mark.parametrize("text", ["x" * 5000, "\N{GRINNING FACE}" * 5000], ids=["x", "emoji"])
    async def test_lengths(self, crm, text):
        """A text that is too long for its column is cut to what Dataverse takes."""
        everywhere = {k: text for k, v in record().items() if isinstance(v, str) and k != "lead"}

        reply = await crm.deliver([delivery(record=record(**everywhere))], NOW)

        assert (Accepted(GUID),) == reply.outcomes

    def test_lengths_are_used(self):
        """Texts are cut no shorter than they must be."""
        columns = to_lead(record(job_title="x" * 101, notes="n" * 5000, email="e" * 100))

        assert ("x" * 100, "e" * 100) == (columns["jobtitle"], columns["emailaddress1"])
        assert 2000 == len(str(columns["description"]))
        assert TEXTS == LENGTHS

    @pytest.mark.parametrize(
        ("text", "length", "expected"),
        [
            pytest.param("ab\N{GRINNING FACE}", 4, "ab\N{GRINNING FACE}", id="fits"),
            pytest.param("ab\N{GRINNING FACE}", 3, "ab", id="half-a-pair"),
            pytest.param("\N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET}", 4, "\N{WOMAN}", id="joiner"),
            pytest.param("ab cd", 3, "ab", id="blank"),
        ],
    )
    def test_cut(self, text, length, expected):
        """A cut falls between characters, counted in UTF-16 units, and leaves no loose end."""
        assert expected == cut(text, length)

    def test_too_long_to_cut(self):
        """An e-mail, phone or domain that would be wrong once cut is in the description instead."""
        long = {"email": f"{'e' * 95}@a.example", "phone": "1" * 51, "company_domain": "d" * 193}

        columns = to_lead(record(**long))

        assert not {"emailaddress1", "telephone1", "websiteurl"} & columns.keys()
        for text in long.values():
            assert text in str(columns["description"])

    def test_untyped_characters(self):
        """Characters that Dataverse refuses are left out, lines and tabs are kept."""
        columns = to_lead(record(first_name=" S\x00am\ud83dp\ufffele ", notes="a\r\n\tb\x0b"))

        assert "Sample" == columns["firstname"]
        assert str(columns["description"]).endswith("a\r\n\tb")

    @pytest.mark.parametrize(
        ("stage", "rating"),
        [("sales_ready", 1), ("nurture", 2), ("blank", 3), ("no_contact", 3), ("internal", None)],
    )
    def test_rating(self, stage, rating):
        """The stage is the seller's rating: hot, warm, cold, or none for leads of our own."""
        assert rating == to_lead(record(stage=stage)).get("leadqualitycode")

    async def test_lead_source(self, dataverse):
        """The configured lead source is written with every lead."""
        lead_source = {"leadsourcecode": {"constant": 8}}
        await dynamics_at(dataverse.handle, fields=lead_source).deliver([delivery()], NOW)

        assert 8 == dataverse.leads[GUID]["leadsourcecode"]

    def test_description(self):
        """Sellers see why the lead scored, and the notes even where no campaign is known."""
        columns = to_lead(record(campaign="", campaign_kind="", listing="", listing_kind=""))

        text = str(columns["description"])
        assert "Listing: Contoso Invoice Robot\n" in text
        assert "Campaign:" not in text
        assert "Score: 75 of 100, sales ready\n" in text
        assert text.endswith("\n+20 complete\n\nCampaigns: autumn-webinar")

    def test_listing_without_title(self):
        """A listing without a title is shown by its id."""
        columns = to_lead(record(listing_title=""))

        assert "contoso.invoice-robot" == columns["subject"]
        assert "Listing: (contoso.invoice-robot, app)\n" in str(columns["description"])


class TestConsent:
    def test_no_contact(self):
        """A lead that nobody may contact says so in every column that there is for it."""
        columns = to_lead(record(lane="no_contact"))

        assert dict.fromkeys(NO_CONTACT, True).items() <= columns.items()

    @pytest.mark.parametrize("lane", ["normal", "internal", "blank", "test"])
    def test_never_taken_back(self, lane):
        """No lead ever says that contact is allowed: that would undo what a seller noted."""
        assert not set(NO_CONTACT) & to_lead(record(lane=lane)).keys()

    async def test_objection_survives(self, crm, dataverse):
        """An objection noted by a seller survives an update."""
        await crm.deliver([delivery()], NOW)
        dataverse.change(GUID, donotphone=True)

        reply = await crm.deliver([delivery(version=2, sent=1)], NOW)

        assert (Accepted(GUID),) == reply.outcomes
        assert dataverse.leads[GUID]["donotphone"]


TEXT = st.text(st.characters(codec=None), max_size=120)
"""Any text, half surrogate pairs included: JSON can carry them."""


class TestWhateverHappens:
    @settings(max_examples=40, deadline=None)
    @given(st.fixed_dictionaries({k: TEXT for k, v in record().items() if isinstance(v, str)}))
    def test_any_text(self, texts: dict[str, str]):
        """Whatever customers write, Dataverse takes it as one lead."""
        dataverse = Dataverse(URL)
        odd = record(**texts | {"lead": LEAD})

        reply = asyncio.run(dynamics_at(dataverse.handle).deliver([delivery(record=odd)], NOW))

        assert (Accepted(GUID),) == reply.outcomes

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.sampled_from(Fault), max_size=12))
    def test_one_record(self, faults: list[Fault]):
        """Whatever befalls the calls, each lead ends as one row with its newest version."""
        dataverse = Dataverse(URL, faults=[*faults])

        outcomes = asyncio.run(deliver_all(dynamics_at(dataverse.handle)))

        assert {Accepted(guid) for guid in dataverse.leads} == set(outcomes)
        assert 2 == dataverse.created
        assert {"v2"} == {row["jobtitle"] for row in dataverse.leads.values()}

    async def test_write_then_silence(self, crm, dataverse):
        """A write whose answer is lost is found by the next attempt, not repeated as a new row."""
        dataverse.faults = [Fault.LOST_AFTER]

        lost = await crm.deliver([delivery()], NOW)
        found = await crm.deliver([delivery(attempts=1)], NOW)

        assert Reply((Deferred("connection_lost"),), failing=True) == lost
        assert (Accepted(GUID),) == found.outcomes
        assert [GUID] == list(dataverse.leads)

    @pytest.mark.parametrize("status", [400, 403, 404, 412, 429, 500])
    async def test_no_data_in_reasons(self, status):
        """Neither a reason nor a reply ever holds what Dataverse wrote or the customer is."""
        echo = " ".join(str(value) for value in record().values()).replace('"', "'")
        part = refused(status, record()["email"], message=echo)

        for one in (delivery(), delivery(version=2, sent=1)):
            reply = await dynamics_at(answered(part)).deliver([one], NOW)

            assert not [text for text in words(record()) if text in repr(reply)]

    async def test_over_sockets(self, dataverse):
        """Over real sockets the same happens: one row, though the first answer is lost."""
        dataverse.faults = [Fault.LOST_AFTER]
        async with dataverse.serve() as url, httpx.AsyncClient() as client:
            crm = Dynamics(configured(url=url), client, Tokens())

            lost = await crm.deliver([delivery()], NOW)
            found = await crm.deliver([delivery(attempts=1)], NOW)

        assert ["connection_lost"] == reasons(lost)
        assert (Accepted(GUID),) == found.outcomes
        assert [GUID] == list(dataverse.leads)


async def deliver_all(crm: Dynamics) -> Iterable[object]:
    """Deliver two leads and then a newer version of each, as often as it takes."""
    waiting = [with_record(one, job_title="v1") for one in several(2)]
    outcomes: dict[str, object] = {}
    while waiting:
        reply = await crm.deliver(waiting, NOW)
        left = []
        for one, outcome in zip(waiting, reply.outcomes, strict=True):
            outcomes[one.lead] = outcome
            if isinstance(outcome, Deferred):
                left.append(replace(one, attempts=one.attempts + outcome.counts))
            elif one.version == 1:
                newer = with_record(one, job_title="v2")
                left.append(replace(newer, version=2, sent=1, attempts=0))
        waiting = left
    return outcomes.values()


def words(lead: Record) -> list[str]:
    """What identifies the customer in *lead*."""
    names = ("first_name", "last_name", "email", "phone", "company", "notes", "job_title")
    return [str(lead[name]) for name in names]  # type: ignore[literal-required]  # names above


class TestBatch:
    def test_text(self):
        """A batch is ASCII, and no text in it can look like a boundary."""
        body = {"notes": "\r\n--b--\r\n\N{GRINNING FACE}"}

        text = encode([Operation("PATCH", "/x", {"A": "b"}, body)], "b").decode("ascii")

        assert 'PATCH /x HTTP/1.1\r\nA: b\r\nContent-Type: application/json\r\n\r\n{"' in text
        assert 2 == text.count("--b\r\n") + text.count("\r\n--b--\r\n")

    @pytest.mark.parametrize(
        ("kind", "content", "statuses"),
        [
            pytest.param("text/html", b"<p>", [], id="page"),
            pytest.param("", b"--b\r\n\r\nHTTP/1.1 204 OK\r\n\r\n--b--", [], id="no-type"),
            pytest.param("multipart/mixed", b"--b\r\n\r\n--b--", [], id="no-boundary"),
            pytest.param("multipart/mixed; boundary=b", b"", [], id="empty"),
            pytest.param("multipart/mixed; boundary=\xfc", b"--b--", [], id="odd-boundary"),
            pytest.param("message/rfc822; boundary=b", b"A: b\r\n\r\n", [], id="message"),
            pytest.param(
                "multipart/mixed; boundary=b",
                b"hello\r\n--b\r\n\r\nHTTP/1.1 204 OK\r\n\r\n--b--\r\nbye",
                [204],
                id="preamble",
            ),
            pytest.param(
                "multipart/mixed; boundary=b",
                b"--b\n\nHTTP/1.1 204 OK\n\n--b\n\nHTTP/1.1 400 No\n\n{}\n--b--\n",
                [204, 400],
                id="bare-newlines",
            ),
            pytest.param(
                "multipart/mixed; boundary=b",
                b"--b\r\n\r\nHTTP/1.1 2\r\n--b\r\n\r\nHTTP/1.1 204\r\n\r\n--b--",
                [None, 204],
                id="no-status",
            ),
            pytest.param(
                "multipart/mixed; boundary=b",
                b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
                b"--c\r\n\r\nHTTP/1.1 204 OK\r\n\r\n--c--\r\n--b--",
                [None],
                id="change-set",
            ),
            pytest.param(
                "multipart/mixed; boundary=b",
                b"--b\r\n\r\nHTTP/1.1 204 OK\r\n\r\n--b\r\n\r\nHTTP/1.1 204 OK\r\n\r\n",
                [204],
                id="truncated",
            ),
            pytest.param(
                "multipart/mixed; boundary=b",
                b"--b\r\n\r\nHTTP/1.1 400 No\r\nContent-Encoding: gzip\r\n\r\n{}\r\n--b--",
                [400],
                id="odd-header",
            ),
        ],
    )
    def test_decode(self, kind, content, statuses):
        """An answer is read as far as it makes sense, and nothing in it raises."""
        headers = [(b"content-type", kind.encode("latin-1"))]
        response = httpx.Response(200, headers=headers, content=content)

        assert statuses == [part and part.status_code for part in decode(response)]


class TestSimulator:
    """The simulator is as strict as what it stands for."""

    async def test_single_requests(self, dataverse):
        """A row is created, updated and read by single requests too."""
        async with client_of(dataverse) as client:
            path = f"/api/data/v9.2/leads({GUID})"
            statuses = [
                (await client.patch(path, json={"lastname": "Buyer"})).status_code,
                (await client.patch(path, json={"lastname": "Oka"})).status_code,
                (await client.patch(path, json={}, headers={"If-None-Match": "*"})).status_code,
                (await client.patch(path, json={}, headers={"If-Match": 'W/"1"'})).status_code,
                (await client.get(f"{path}?$select=statecode")).status_code,
                (await client.delete(path)).status_code,
            ]

        assert [204, 204, 412, 412, 200, 405] == statuses
        assert "Oka" == dataverse.leads[GUID]["lastname"]

    @pytest.mark.parametrize(
        ("columns", "code"),
        [
            ({"subject": "x" * 301}, "0x80044331"),
            ({"subject": 1}, "0x80048d19"),
            ({"ls_leadkey": "x"}, "0x80048d19"),
            ({"leadqualitycode": 4}, "0x8004431a"),
            ({"lastname": "\x00"}, "0x80040278"),
            ({"donotphone": "yes"}, "0x80048d19"),
        ],
    )
    async def test_columns(self, dataverse, columns, code):
        """What a column cannot hold is refused with the service's code."""
        async with client_of(dataverse) as client:
            answer = await client.patch(f"/api/data/v9.2/leads({GUID})", json=columns)

        assert (400, code) == (answer.status_code, answer.json()["error"]["code"])

    async def test_line_endings(self, dataverse):
        """A batch whose lines do not end in CRLF is refused."""
        content = encode([Operation("GET", f"/api/data/v9.2/leads({GUID})", {"A": "b"})], "b")
        headers = {"content-type": "multipart/mixed; boundary=b"}
        async with client_of(dataverse) as client:
            good, bad = [
                await client.post("/api/data/v9.2/$batch", content=text, headers=headers)
                for text in (content, content.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\n"))
            ]

        assert (404, 400) == (good.status_code, bad.status_code)

    async def test_token(self, dataverse):
        """Who brings no good token is told where to get one."""
        dataverse.tokens = set()
        async with client_of(dataverse) as client:
            answer = await client.get("/api/data/v9.2/leads")

        assert 401 == answer.status_code
        assert answer.headers["www-authenticate"].startswith("Bearer authorization_uri=")


def client_of(dataverse: Dataverse) -> httpx.AsyncClient:
    """A plain client of *dataverse*."""
    return httpx.AsyncClient(
        transport=httpx.MockTransport(dataverse.handle),
        base_url=URL,
        headers={"authorization": "Bearer token"},
    )


class TestLanding:
    async def test_found(self, dataverse, crm):
        """A lead that is there is found under its id, a closed one too."""
        await crm.deliver([delivery()], NOW)
        dataverse.change(GUID, statecode=1)

        reply = await crm.check([delivery(sent=1)], NOW)

        assert (Accepted(GUID),) == reply.outcomes

    async def test_missing(self, crm):
        """A lead that is not there is told so, the others in the batch not."""
        await crm.deliver([delivery()], NOW)

        reply = await crm.check([delivery(sent=1), delivery(lead=OTHER, sent=1)], NOW)

        assert (Accepted(GUID), Rejected(MISSING)) == reply.outcomes
        assert not reply.failing

    async def test_no_table(self, dataverse, crm):
        """Where the whole table is gone, nothing is said of any lead."""
        dataverse.has_leads = False

        reply = await crm.check([delivery(sent=1)], NOW)

        assert ["table_missing"] == reasons(reply)
        assert reply.failing

    async def test_throttled(self):
        """A throttled look holds the lane and says nothing of the lead."""
        part = refused(429, "0x80072322", "Retry-After: 17")

        reply = await dynamics_at(answered(part)).check([delivery(sent=1)], NOW)

        assert (["throttled"], timedelta(seconds=17)) == (reasons(reply), reply.hold)


class TestDescription:
    async def test_key(self, dataverse, tokens):
        """An alternate key must be there, be active and be that column alone."""
        keyed = dynamics_at(dataverse.handle, tokens, key="ls_leadkey")

        before = await keyed.describe(NOW)
        dataverse.key = "ls_leadkey"

        assert (False, True) == (before.key_unique, (await keyed.describe(NOW)).key_unique)

    async def test_no_table(self):
        """An environment without the lead table cannot be described."""
        missing = refused(404, "0x80060888")

        with pytest.raises(SignInFailed, match="table_missing"):
            await dynamics_at(answered(*[missing] * 5)).describe(NOW)


def test_no_place_for_what_is_too_long():
    """A description that the publisher left out does not come back with what is too long."""
    there = dynamics_at(lambda _: httpx.Response(500), fields={"description": ""})

    values = there.values(delivery(record=record(email=f"{'e' * 99}@fabrikam.example")))

    assert not {"description", "emailaddress1"} & values.keys()
