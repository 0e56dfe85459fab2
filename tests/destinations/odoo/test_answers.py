"""Odoo's answers: every status and every shape is read as what it means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected
from tests.builders import NOW
from tests.destinations.odoo.builders import answering, person, sent
from tests.destinations.odoo.loading import error

ONE, TWO = [person(1)], [person(1), person(2)]


class TestAnswers:
    @pytest.mark.parametrize(
        ("answer", "outcome", "failing"),
        [
            pytest.param(
                error(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey"),
                Deferred("unauthorised"),
                True,
                id="wrong-key",
            ),
            pytest.param(
                error(403, "odoo.exceptions.AccessError", "You are not allowed"),
                Deferred("forbidden"),
                True,
                id="no-right",
            ),
            pytest.param(
                error(404, "werkzeug.exceptions.NotFound", "the model does not exist"),
                Deferred("crm_missing"),
                True,
                id="no-model",
            ),
            pytest.param(
                httpx.Response(404, html="<h1>Not Found</h1>"),
                Deferred("crm_missing"),
                True,
                id="no-database",
            ),
            pytest.param(
                error(400, "werkzeug.exceptions.BadRequest", "could not parse"),
                Deferred("odoo_BadRequest"),
                True,
                id="bad-request",
            ),
            pytest.param(
                error(422, "odoo.exceptions.ValidationError", "sample.buyer@fabrikam.example"),
                Rejected("odoo_ValidationError"),
                False,
                id="validation",
            ),
            pytest.param(
                error(500, "builtins.ValueError", "Invalid field name 'x_score'"),
                Deferred("field_missing"),
                True,
                id="unknown-field",
            ),
            pytest.param(
                error(500, "builtins.TypeError", "sample.buyer@fabrikam.example"),
                Deferred("odoo_TypeError"),
                True,
                id="wrong-type",
            ),
            pytest.param(
                error(500, "a b <c>", "odd"), Deferred("http_500"), True, id="no-class-name"
            ),
            pytest.param(
                httpx.Response(502, html="Bad Gateway"), Deferred("http_502"), True, id="proxy"
            ),
            pytest.param(httpx.Response(413), Rejected("odoo_413"), False, id="too-large"),
            pytest.param(
                httpx.Response(303, headers={"location": "/web/login"}),
                Deferred("redirected"),
                True,
                id="redirect",
            ),
            pytest.param(httpx.Response(204), Deferred("unreadable_answer"), True, id="empty"),
        ],
    )
    @pytest.mark.parametrize("deliveries", [ONE, TWO], ids=["one", "two"])
    async def test_status(self, account, answer, outcome, failing, deliveries):
        """Each status has its meaning, for a lead alone and for a batch."""

        def refuse(request: httpx.Request) -> httpx.Response | None:
            return answer if account.is_write(request) else None

        reply = await answering(account, refuse).deliver(deliveries, NOW)

        assert (outcome,) * len(deliveries) == reply.outcomes
        assert failing == reply.failing
        assert answer.status_code == reply.status

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param({"ids": [1, 2, 3], "messages": []}, id="too-many"),
            pytest.param({"ids": [], "messages": []}, id="too-few"),
            pytest.param({"ids": ["1"], "messages": []}, id="texts"),
            pytest.param({"ids": [0], "messages": []}, id="no-id"),
            pytest.param({"ids": True, "messages": []}, id="true"),
            pytest.param({"ids": False}, id="no-messages"),
            pytest.param({"ids": False, "messages": []}, id="no-error"),
            pytest.param({"ids": False, "messages": [{"type": "warning"}, "x"]}, id="warnings"),
            pytest.param({"messages": []}, id="no-ids"),
            pytest.param([], id="list"),
            pytest.param(None, id="null"),
        ],
    )
    async def test_odd(self, account, answer):
        """HTTP 200 that cannot be read is no acceptance and no refusal."""

        def odd(request: httpx.Request) -> httpx.Response | None:
            return httpx.Response(200, json=answer) if account.is_write(request) else None

        reply = await answering(account, odd).deliver(ONE, NOW)

        assert (Deferred("unreadable_answer"),) == reply.outcomes
        assert reply.failing

    @pytest.mark.parametrize("record", [7, -1, "0", None, 1.5])
    async def test_odd_record(self, account, record):
        """A refusal that names no row of ours is narrowed down all the same."""
        message = {"type": "error", "record": record, "message": "no", "field": "No Name"}

        def odd(request: httpx.Request) -> httpx.Response | None:
            answer = {"ids": False, "messages": [message]}
            return httpx.Response(200, json=answer) if account.is_write(request) else None

        reply = await answering(account, odd).deliver(TWO, NOW)

        assert (Rejected("odoo_refused"),) * 2 == reply.outcomes

    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(httpx.Response(200, html="<p>Sign in to the network</p>"), id="page"),
            pytest.param(httpx.Response(200, json={}), id="object"),
            pytest.param(httpx.Response(200, content=b"[" * 100_000), id="deep"),
        ],
    )
    @pytest.mark.parametrize("path", ["res.country/search_read", "crm.lead/search_read"])
    async def test_odd_search(self, account, path, answer):
        """A search that cannot be read says nothing of any lead."""

        def odd(request: httpx.Request) -> httpx.Response | None:
            return answer if request.url.path.endswith(path) else None

        reply = await answering(account, odd).deliver(
            [replace(person(), sent=1, record_id="7")], NOW
        )

        assert (Deferred("unreadable_answer"),) == reply.outcomes
        assert reply.failing


class TestPrivacy:
    async def test_reasons(self, account):
        """No reason quotes what Odoo says, which quotes the customer."""
        message = {"type": "error", "record": 0, "message": "buyer1@fabrikam.example is bad"}
        answers = [
            httpx.Response(200, json={"ids": False, "messages": [message]}),
            error(422, "odoo.exceptions.UserError", "buyer1@fabrikam.example is bad"),
            error(500, "buyer1@fabrikam.example", "buyer1@fabrikam.example is bad"),
        ]
        for answer in answers:

            def refuse(request: httpx.Request, answer: httpx.Response = answer) -> Any:
                return answer if account.is_write(request) else None

            reply = await answering(account, refuse).deliver(ONE, NOW)

            assert "buyer1" not in repr(reply)


class TestJunk:
    @pytest.mark.parametrize("junk", [[None], [1], [[]], [{}], [{"id": 1}]])
    async def test_states(self, account, odoo, junk):
        """A look at leads that answers nonsense never shows one as found."""
        one = await sent(odoo, person())

        def answer(request: httpx.Request) -> httpx.Response | None:
            asked = request.url.path.endswith("crm.lead/search_read")
            return httpx.Response(200, json=junk) if asked else None

        reply = await answering(account, answer).look_up([one], NOW)

        assert not isinstance(reply.outcomes[0], Accepted)
