"""HubSpot's batches: each record has its own outcome, whatever is answered."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected, Reply
from leadshare.destinations.hubspot.batch import CALLS
from leadshare.destinations.hubspot.destination import Hubspot
from leadshare.destinations.replies import DEFAULT_HOLD
from tests.builders import NOW
from tests.destinations.hubspot.builders import (
    EMAIL,
    HOUR,
    at,
    lead,
    limited,
    only,
    person,
    result,
    there,
)
from tests.destinations.simulators.base import Fault


def answering(*answers: httpx.Response, **changes: Any) -> Hubspot:
    """HubSpot that finds nobody and then answers writes like this, the last one for ever."""
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/read"):
            names = [one["id"] for one in json.loads(request.content)["inputs"]]
            lost = {"category": "OBJECT_NOT_FOUND", "context": {"ids": names}}
            return httpx.Response(207, json={"results": [], "errors": [lost]})
        return left.pop(0) if len(left) > 1 else left[0]

    return at(handle, **changes)


class TestRefusedBatch:
    async def test_bad_ones(self, account, crm):
        """Where one bad record refuses the batch, it is found by halves and rejected alone."""
        account.multi_status = False
        account.refused = {"buyer17@fabrikam.example"}

        reply = await crm.deliver([person(number) for number in range(100)], NOW)

        assert Rejected("hubspot_VALIDATION_RULE_FAILED") == reply.outcomes[17]
        assert 99 == sum(isinstance(outcome, Accepted) for outcome in reply.outcomes)
        assert account.writes <= CALLS

    async def test_bounded(self, account, crm):
        """Where many are bad, calls are bounded, and what is left costs no attempt."""
        account.multi_status = False
        account.refused = {f"buyer{number}@fabrikam.example" for number in range(100)}

        reply = await crm.deliver([person(number) for number in range(100)], NOW)

        assert CALLS == account.writes
        kinds = set(reply.outcomes)
        assert {
            Rejected("hubspot_VALIDATION_RULE_FAILED"),
            Deferred("batch_refused", counts=False),
        } == kinds

    async def test_throttled_midway(self, account, crm):
        """What was judged before a throttled call stays judged."""
        account.multi_status = False
        account.refused = {"buyer3@fabrikam.example"}
        account.faults = [Fault.NONE, Fault.NONE, Fault.THROTTLED]

        reply = await crm.deliver([person(number) for number in range(4)], NOW)

        throttled = Deferred("throttled", counts=False)
        assert [Accepted, Accepted] == [type(outcome) for outcome in reply.outcomes[:2]]
        assert (throttled, throttled) == reply.outcomes[2:]
        assert timedelta(seconds=10) == reply.hold
        assert not reply.failing

    async def test_unnamed_error(self):
        """An error that names nobody is found by asking again for those without a result."""
        error = {"category": "VALIDATION_ERROR", "message": "x", "context": {}}
        both = {"results": [result(1)], "errors": [error]}
        crm = answering(
            httpx.Response(207, json=both), httpx.Response(207, json={**both, "results": []})
        )

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Accepted("1"), Rejected("hubspot_VALIDATION_ERROR")) == reply.outcomes


class TestOddAnswers:
    @pytest.mark.parametrize("status", [200, 207])
    async def test_silent(self, status):
        """Empty lists mean that nothing was written, however well they were answered."""
        crm = answering(httpx.Response(status, json={"results": [], "errors": []}))

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("silently_empty"),) == reply.outcomes
        assert reply.failing

    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(200, text="<p>"),
            httpx.Response(200, json=[]),
            httpx.Response(200, json={"results": {}}),
            httpx.Response(204),
        ],
        ids=["page", "list", "no-list", "empty"],
    )
    async def test_unreadable(self, answer):
        """What cannot be read is no acceptance."""
        reply = await answering(answer).deliver([person(1)], NOW)

        assert (Deferred("unreadable_answer"),) == reply.outcomes
        assert reply.failing

    @pytest.mark.parametrize(
        "results",
        [
            [result(9)],
            [result(1, id="1 or 2")],
            [result(1, id=None)],
            [result(1, properties={"leadshare_contact": "f" * 32})],
            [result(1, objectWriteTraceId={"not": "a text"})],
            [result(1, objectWriteTraceId=None, properties=None)],
            ["no object"],
        ],
    )
    async def test_somebody_elses(self, results):
        """A result that does not say whose it is, or contradicts itself, is nobody's."""
        crm = answering(httpx.Response(200, json={"results": results}))

        assert not isinstance(await only(crm, person(1)), Accepted)

    async def test_contradiction(self):
        """A result that names two of the records is neither's."""
        both = result(1, properties=result(2)["properties"])
        crm = answering(httpx.Response(200, json={"results": [both]}))

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Deferred("no_answer"),) * 2 == reply.outcomes

    async def test_fewer(self):
        """A record that the answer leaves out is asked again by the next attempt."""
        crm = answering(httpx.Response(200, json={"results": [result(2)]}))

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Deferred("no_answer"), Accepted("2")) == reply.outcomes
        assert not reply.failing

    async def test_more(self):
        """Results that were not asked for change nothing, whatever their order."""
        results = [result(3), result(2), result(1)]
        crm = answering(httpx.Response(200, json={"results": results}))

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Accepted("1"), Accepted("2")) == reply.outcomes

    @pytest.mark.parametrize("without", ["objectWriteTraceId", "properties"])
    async def test_either_name(self, without):
        """Either the trace id or our property is enough to tell whose a result is."""
        told = result(1)
        del told[without]

        outcome = await only(answering(httpx.Response(200, json={"results": [told]})), person(1))

        assert Accepted("1") == outcome

    @pytest.mark.parametrize(
        ("error", "expected"),
        [
            ({"category": "CONFLICT"}, Rejected("duplicate_in_crm")),
            ({"category": "RATE_LIMITS"}, Deferred("throttled", counts=False)),
            ({"category": "OBJECT_NOT_FOUND"}, Deferred("changed_meanwhile")),
            ({"category": "MISSING_SCOPES"}, Deferred("forbidden")),
            ({"category": "VALIDATION_ERROR"}, Rejected("hubspot_VALIDATION_ERROR")),
            (
                {"category": "VALIDATION_ERROR", "errors": [{"code": "INVALID_OPTION"}]},
                Rejected("hubspot_INVALID_OPTION"),
            ),
            (
                {"category": "VALIDATION_ERROR", "errors": [{"code": "sample@x.example"}, 1]},
                Rejected("hubspot_VALIDATION_ERROR"),
            ),
            ({"category": "no code", "errors": 1}, Deferred("hubspot_207")),
            ({}, Deferred("hubspot_207")),
        ],
    )
    async def test_errors(self, error, expected):
        """The error of a record says what becomes of it, in codes and never in HubSpot's words."""
        named = {"context": {"objectWriteTraceId": [f"{1:032x}"]}, "message": EMAIL, **error}
        crm = answering(httpx.Response(207, json={"results": [result(2)], "errors": [named]}))

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (expected, Accepted("2")) == reply.outcomes
        assert not reply.failing


Case = tuple[httpx.Response, Deferred, timedelta | None, bool]


CASES: Iterable[Case] = (
    (limited("TEN_SECONDLY_ROLLING"), Deferred("throttled", counts=False), HOUR / 360, False),
    (limited("DAILY"), Deferred("quota_exhausted", counts=False), HOUR, False),
    (limited("SECONDLY"), Deferred("throttled", counts=False), DEFAULT_HOLD, False),
    (
        limited("TEN_SECONDLY_ROLLING", **{"Retry-After": "4"}),
        Deferred("throttled", counts=False),
        timedelta(seconds=4),
        False,
    ),
    (httpx.Response(429), Deferred("throttled", counts=False), DEFAULT_HOLD, False),
    (httpx.Response(423), Deferred("locked", counts=False), timedelta(seconds=2), False),
    (httpx.Response(477), Deferred("migrating", counts=False), HOUR, False),
    (
        httpx.Response(477, headers={"Retry-After": "86400"}),
        Deferred("migrating", counts=False),
        24 * HOUR,
        False,
    ),
    (httpx.Response(401), Deferred("unauthorised"), None, True),
    (httpx.Response(403), Deferred("forbidden"), None, True),
    (httpx.Response(404), Deferred("http_404"), None, True),
    (httpx.Response(415), Deferred("http_415"), None, True),
    (httpx.Response(301), Deferred("redirected"), None, True),
    *(
        (httpx.Response(status), Deferred(f"http_{status}"), None, True)
        for status in (500, 502, 503, 504, 521, 522, 523, 524)
    ),
)


class TestStatuses:
    @pytest.mark.parametrize(("answer", "outcome", "hold", "failing"), CASES)
    @pytest.mark.parametrize("read", [True, False], ids=["search", "write"])
    async def test_whole(self, answer, outcome, hold, failing, read):
        """Each status that judges no record has its outcome, whichever call it answers."""
        crm = at(lambda _: answer) if read else answering(answer)

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert Reply((outcome, outcome), answer.status_code, hold, failing) == reply

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            (400, Deferred("hubspot_400")),
            (409, Rejected("duplicate_in_crm")),
            (413, Rejected("hubspot_413")),
            (414, Rejected("hubspot_414")),
        ],
    )
    async def test_record(self, status, outcome):
        """What refuses a batch of one is that one's, if it is known to be; else it waits."""
        assert outcome == await only(answering(httpx.Response(status)), lead(email=""))

    async def test_no_such_key(self, account):
        """A key that is not there, or not unique, is HubSpot's set-up at fault and no lead."""
        reply = await there(account, key="company").deliver([person(1), person(2)], NOW)

        assert (Deferred("key_missing"),) * 2 == reply.outcomes
        assert reply.failing
        assert 1 == len(account.requests)

    async def test_search_refused(self):
        """A search that is refused for another reason rejects nobody."""
        reply = await at(lambda _: httpx.Response(400)).deliver([person(1)], NOW)

        assert (Deferred("http_400"),) == reply.outcomes
        assert reply.failing
