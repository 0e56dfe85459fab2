"""Marketo's answers on records: each has its own outcome."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from tests.builders import NOW
from tests.destinations.marketo.builders import person, writing
from tests.destinations.marketo.envelope import done


class TestRecords:
    @pytest.mark.parametrize("code", ["1001", "1002", "1003"])
    async def test_rejected(self, account, crm, code):
        """A record that no repeat can help is parked alone."""
        account.skips["buyer1@fabrikam.example"] = code

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert Rejected(f"marketo_{code}") == reply.outcomes[0]
        assert isinstance(reply.outcomes[1], Accepted)
        assert not reply.failing

    @pytest.mark.parametrize("code", ["1006", "1011"])
    @pytest.mark.parametrize("of_call", [True, False])
    async def test_field_missing(self, account, crm, code, of_call):
        """A field that is gone stops the lane until it is mended, whichever way it is told."""
        if of_call:
            account.codes = [code] * 9
        else:
            account.skips = {f"buyer{number}@fabrikam.example": code for number in (1, 2)}

        reply = await crm.deliver([person(1), person(2)], NOW)

        assert (Deferred("field_missing"),) * 2 == reply.outcomes
        assert reply.failing
        assert (0 if of_call else 1) == account.writes

    @pytest.mark.parametrize(
        ("code", "message", "outcome"),
        [
            ("1003", "Too many concurrent requests", Deferred("throttled", counts=False)),
            ("1003", "Lock wait timed out", Deferred("marketo_1003")),
            ("1234", "Field 'phone' not found", Deferred("field_missing")),
        ],
    )
    async def test_said(self, code, message, outcome):
        """What is said of a record is read before its code."""
        reasons = [{"code": code, "message": message}]
        answer = done([{"status": "skipped", "reasons": reasons}])

        assert (outcome,) == (await writing(answer).deliver([person(1)], NOW)).outcomes

    async def test_left_out(self, account, crm):
        """A value that is refused keeps no person from Marketo: it is in the notes."""
        account.disliked = {"+4930123456"}
        one = person(1, phone="+4930123456")

        outcomes = (await crm.deliver([one], NOW)).outcomes

        assert (Accepted("1001", without=frozenset({"phone"})),) == outcomes
        [held] = account.found(one)
        assert held["leadshareSummary"].startswith("Phone: +4930123456\n")
        assert "phone" not in held

    async def test_address_refused(self, account, crm):
        """An address is what a person is known by: refused, it parks the lead under its code."""
        account.disliked = {"buyer1@fabrikam.example"}

        assert (Rejected("marketo_1003"),) == (await crm.deliver([person(1)], NOW)).outcomes

    async def test_one_of_many(self, account, crm):
        """A call that one record spoils is split, and only that one waits."""
        account.spoiling = {"buyer2@fabrikam.example"}

        reply = await crm.deliver([person(number) for number in range(4)], NOW)

        assert Deferred("marketo_1003") == reply.outcomes[2]
        assert 3 == sum(isinstance(outcome, Accepted) for outcome in reply.outcomes)
        assert not reply.failing

    @pytest.mark.parametrize("code", ["1008", "1009", "1010", "1234"])
    async def test_deferred(self, account, crm, code):
        """A partition that is not ours, or a code that nobody knows, is tried again."""
        account.skips["buyer1@fabrikam.example"] = code

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred(f"marketo_{code}"),) == reply.outcomes
        assert not reply.failing

    @pytest.mark.parametrize("code", ["1004", "1005"])
    async def test_changed_meanwhile(self, account, crm, code):
        """Who has come or gone since it was looked up is looked up anew."""
        account.skips["buyer1@fabrikam.example"] = code

        reply = await crm.deliver([person(1)], NOW)

        assert (Deferred("changed_meanwhile"),) == reply.outcomes

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

        reply = await writing(*both).deliver([person(1), person(2)], NOW)

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
        reply = await writing(answer).deliver([person(1), person(2)], NOW)

        assert (Deferred("unreadable_answer"),) * 2 == reply.outcomes
        assert reply.failing

    async def test_one_unreadable(self):
        """A result that cannot be read leaves the others as they are."""
        answer = done([{"id": 7, "status": "updated"}, {"status": "skipped", "reasons": "x"}])

        reply = await writing(answer).deliver([person(1), person(2)], NOW)

        assert (Accepted("7"), Deferred("unreadable_answer")) == reply.outcomes
        assert not reply.failing

    @pytest.mark.parametrize("status", [400, 404, 405])
    async def test_http(self, status):
        """A status that Marketo does not use is no acceptance."""
        reply = await writing(httpx.Response(status)).deliver([person(1)], NOW)

        assert (Deferred(f"http_{status}"),) == reply.outcomes
        assert reply.failing

    async def test_gone(self):
        """A 410 ends no lane: the leads wait."""
        reply = await writing(httpx.Response(410)).deliver([person(1)], NOW)

        assert (Deferred("http_410"),) == reply.outcomes
        assert (True, False) == (reply.failing, reply.gone)
