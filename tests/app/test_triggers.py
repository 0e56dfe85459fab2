"""The triggers of queues, referrals and ticks, and the errors that may leave them."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

import azure.functions as func
import pytest

import function_app
from leadshare.app import build as wiring
from leadshare.errors import ConfigurationError, LeadshareError, StorageError
from tests.app.triggers import FAILURES, Out, failing, queued
from tests.builders import NOW, message, post


class TestQueues:
    async def test_classify(self, deployed, office):
        """A queued touch is classified."""
        await function_app.classify_touch(queued(message(post())))

        assert deployed
        assert 1 == len(office.table.values("lead"))

    @pytest.mark.parametrize(
        "at",
        [
            pytest.param(NOW, id="aware"),
            pytest.param(NOW.replace(tzinfo=None), id="without-a-zone-is-utc"),
        ],
    )
    async def test_time(self, deployed, office, at):
        """What is no envelope is kept under the time at which it was queued."""
        await function_app.classify_touch(queued(b"\xff", at))

        assert deployed
        [(_, key)] = office.table.rows
        assert key.startswith("quarantine|1795348800000|")
        kept = office.table.values("quarantine")
        assert ["not_an_envelope"] == [values["reason"] for values in kept]

    async def test_no_time(self, deployed, office):
        """Where the host tells no time, it is now."""
        before = datetime.now(UTC)

        await function_app.classify_touch(queued(b"\xff", None))

        assert deployed
        [(_, key)] = office.table.rows
        assert int(before.timestamp() * 1000) <= int(key.split("|")[1])

    async def test_wrong_configuration(self, deployed):
        """While the configuration is wrong, a touch waits in the queue."""

        def wrong() -> Any:
            raise ConfigurationError("wrong")

        deployed.configured = wrong

        with pytest.raises(ConfigurationError):
            await function_app.classify_touch(queued(message(post())))


def signed(body: bytes) -> func.HttpRequest:
    """An event as the worker hands it on."""
    headers = {"X-MS-Signature": "x"}
    return func.HttpRequest(method="POST", url="http://x/api", headers=headers, body=body)


class TestProver:
    async def test_wrong_configuration(self, deployed, office, caplog):
        """The prover needs no configuration: under a wrong one it posts, and nothing arrives."""
        caplog.set_level(logging.INFO)

        def wrong() -> Any:
            raise ConfigurationError("wrong")

        deployed.configured = wrong
        await function_app.prove_intake(queued(b""))

        assert ["proof.off"] == [line.msg for line in caplog.records]
        assert {} == office.state.rows


class TestReferrals:
    @pytest.mark.parametrize(
        ("body", "status", "mimetype", "message"),
        [
            pytest.param(b"{}", 202, "application/json", b"message", id="taken"),
            pytest.param(b"x", 401, "application/problem+json", None, id="refused"),
        ],
    )
    async def test_take(self, deployed, body, status, mimetype, message):
        """An event's message is set if and only if it is taken."""
        out = Out()

        answer = await function_app.take_referral(signed(body), out)

        assert deployed
        assert (status, mimetype) == (answer.status_code, answer.mimetype)
        assert message == out.value

    async def test_told(self, deployed, caplog):
        """One line tells status and reason of every event."""
        caplog.set_level(logging.DEBUG)

        await function_app.take_referral(signed(b"canary"), Out())

        assert deployed
        [line] = caplog.records
        assert ("event.taken", 401, "signature_wrong") == (
            line.getMessage(),
            line.status,
            line.reason,
        )
        assert "canary" not in str(line.__dict__)

    @pytest.mark.parametrize(
        ("error", "status"),
        FAILURES,
    )
    async def test_errors(self, monkeypatch, error, status):
        """What fails on our side is answered so that it is sent again, and tells anybody
        nothing.
        """
        monkeypatch.setattr(wiring, "deployment", failing(error))
        out = Out()

        answer = await function_app.take_referral(signed(b"{}"), out)

        assert (status, None) == (answer.status_code, out.value)
        assert {"status": status} == json.loads(answer.get_body())

    async def test_classify(self, deployed):
        """What a message names is fetched and kept."""
        await function_app.classify_referral(queued(b"event"))

        assert [b"event"] == deployed.fetched


class TestTick:
    async def test_tick(self, deployed):
        """The timer's function carries out what is due."""
        await function_app.tick(func.timer.TimerRequest())

        assert 1 == deployed.ticks


class TestNudges:
    async def test_visit(self, deployed):
        """A nudge is handed on as the queue has it."""
        await function_app.work_lane(queued(b"nudge"))

        assert [b"nudge"] == deployed.visits

    @pytest.mark.parametrize(
        "error",
        [ConfigurationError("wrong"), StorageError("out"), ValueError("x"), asyncio.CancelledError],
    )
    async def test_never_raises(self, monkeypatch, caplog, error):
        """Whatever is wrong is told, and the nudge is gone: a tick does what it asked for."""
        monkeypatch.setattr(wiring, "deployment", failing(error))

        await function_app.work_lane(queued(b"nudge"))

        assert ["nudge.failed"] == [record.msg for record in caplog.records]


class TestErrorsThatLeave:
    @pytest.mark.parametrize(
        "error",
        [
            pytest.param(ValueError("canary"), id="value"),
            pytest.param(KeyError("canary"), id="key"),
            pytest.param(asyncio.CancelledError("canary"), id="cancelled"),
            pytest.param(ExceptionGroup("canary", [ValueError("canary")]), id="group"),
            pytest.param(TimeoutError("canary"), id="timeout"),
            pytest.param(MemoryError("canary"), id="memory"),
        ],
    )
    @pytest.mark.parametrize(
        "function", ["classify_touch", "tick", "prove_intake", "classify_referral"]
    )
    async def test_ours(self, monkeypatch, function, error):
        """What leaves a function is ours, and printed with all its causes it shows no data."""
        monkeypatch.setattr(wiring, "deployment", failing(error))

        with pytest.raises(LeadshareError) as caught:
            await getattr(function_app, function)(queued(b"{}"))

        assert type(error).__name__ in str(caught.value)
        assert "canary" not in "".join(traceback.format_exception(caught.value))

    @pytest.mark.parametrize("error", [StorageError("s"), ConfigurationError("c")], ids=repr)
    async def test_as_they_are(self, monkeypatch, error):
        """An error that is ours already leaves as it is."""
        monkeypatch.setattr(wiring, "deployment", failing(error))

        with pytest.raises(type(error)) as caught:
            await function_app.classify_touch(queued(b"{}"))

        assert error is caught.value
