"""The triggers of outcomes: what is taken, answered, queued and told."""

from __future__ import annotations

import json
import logging
from types import SimpleNamespace

import azure.functions as func
import pytest

from leadshare.app import build as wiring
from leadshare.app.triggers import outcomes
from leadshare.client.standard_webhooks import signed
from leadshare.lifecycle.posted.recording import PostedOutcomes
from leadshare.lifecycle.posted.webhook import OutcomeWebhook
from leadshare.times import to_text
from tests.app.triggers import FAILURES, Out, deploy, failing, queued, request
from tests.builders import LEAD, NOW, Office

KEY = b"k" * 32
BODY = json.dumps({"lead": LEAD, "at": to_text(NOW), "state": "won", "reason": "canary"}).encode()


@pytest.fixture(name="office")
def _office() -> Office:
    return Office()


@pytest.fixture(name="deployed")
def _deployed(office: Office, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    parts = deploy(office, monkeypatch)
    configured = parts.configured()
    configured.recorder, configured.sources = office.recorder, ["shop"]
    configured.posted = PostedOutcomes(office.recorder, office.outcomes)
    parts.outcomes = OutcomeWebhook(lambda: {"shop": [KEY]}, office.clock)
    return parts


def post(body: bytes = BODY, key: bytes = KEY) -> func.HttpRequest:
    """A signed POST."""
    return request(body, headers=dict(signed("a", NOW, body, [key])))


class TestTake:
    @pytest.mark.parametrize(
        ("told", "status", "mimetype"),
        [
            pytest.param(post(), 202, "application/json", id="taken"),
            pytest.param(post(b"{}"), 400, "application/problem+json", id="wrong"),
            pytest.param(post(key=b"z" * 32), 401, "application/problem+json", id="unsigned"),
            pytest.param(request(BODY), 401, "application/problem+json", id="bare"),
        ],
    )
    async def test_take(self, deployed, told, status, mimetype):
        """A message is set if and only if it is taken."""
        out = Out()
        answer = await outcomes.take_outcome(told, out)

        assert deployed
        assert (status, mimetype) == (answer.status_code, answer.mimetype)
        assert (out.value is not None) == (status == 202)

    async def test_told(self, deployed, caplog):
        """One line tells status and reason, and nothing that was posted."""
        caplog.set_level(logging.DEBUG)
        await outcomes.take_outcome(post(), Out())
        await outcomes.take_outcome(post(key=b"z" * 32), Out())

        assert deployed
        assert [(202, ""), (401, "signer_unknown")] == [
            (line.status, line.reason)
            for line in caplog.records
            if line.getMessage() == "outcome.taken"
        ]
        assert "canary" not in str([line.__dict__ for line in caplog.records])

    @pytest.mark.parametrize(
        ("error", "status"),
        FAILURES,
    )
    async def test_errors(self, monkeypatch, error, status):
        """What fails on our side is answered so that it is posted again, and tells nothing."""
        monkeypatch.setattr(wiring, "deployment", failing(error))
        out = Out()
        answer = await outcomes.take_outcome(post(), out)

        assert (status, None) == (answer.status_code, out.value)
        assert {"status": status} == json.loads(answer.get_body())


class TestRecord:
    async def test_way(self, deployed, office):
        """What is posted for a lead that nobody has waits, and is listed."""
        out = Out()
        await outcomes.take_outcome(post(), out)
        assert out.value is not None
        await outcomes.record_outcome(queued(out.value))
        answer = await outcomes.list_outcomes(request(params={"waiting": "true"}))

        assert deployed
        [waiting] = json.loads(answer.get_body())["outcomes"]
        assert (LEAD, "shop", "unknown_lead") == tuple(
            waiting[name] for name in ("lead", "source", "reason")
        )
        assert [] == office.table.values("lead")

    async def test_person(self, deployed, office):
        """What a person says moves the lead."""
        await office.take()
        [lead] = office.table.values("lead")
        body = json.dumps({"by": "zoe", "lead": lead["lead"], "state": "lost"}).encode()
        answer = await outcomes.tell_outcome(request(body))

        assert deployed
        assert 200 == answer.status_code
        assert ["lost"] == [one["stage"] for one in office.table.values("lead")]
