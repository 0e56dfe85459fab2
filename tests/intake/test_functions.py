"""Intake's trigger: what it takes, answers and hands to the queue."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from leadshare.app import build as wiring
from leadshare.errors import ConfigurationError
from leadshare.intake import functions
from leadshare.intake.key import print_of
from leadshare.intake.message import open_envelope
from leadshare.telemetry import logs
from tests.app.triggers import Out, failing, request
from tests.builders import CONTEXT, TRACE

IN_CHUNKS = {"transfer-encoding": "chunked"}
"""What the host tells of such a body, which itself it does not hand over."""


class TestTakeTouch:
    @pytest.mark.parametrize(
        ("body", "status", "mimetype"),
        [
            pytest.param(b"{}", 202, "application/json", id="accepted"),
            pytest.param(b"no json", 202, "application/json", id="quarantined"),
            pytest.param(b"", 400, "application/problem+json", id="empty"),
            pytest.param(b"x" * 32_769, 413, "application/problem+json", id="too-large"),
        ],
    )
    async def test_answer(self, body, status, mimetype):
        """Each kind of body has its answer; a message is set if and only if the touch is taken."""
        out = Out()

        answer = await functions.take_touch(request(body), out, CONTEXT)

        assert (status, mimetype) == (answer.status_code, answer.mimetype)
        assert (status == 202) == (out.value is not None)

    async def test_message(self):
        """The message is bytes, an envelope of the body under the id and listing that were told."""
        out = Out()
        before = datetime.now(UTC).replace(microsecond=0)

        answer = await functions.take_touch(
            request(b"\xffraw", listing="contoso.robot"), out, CONTEXT
        )

        assert isinstance(out.value, bytes)
        envelope = open_envelope(out.value)
        told = json.loads(answer.get_body())
        assert {"status": "quarantined", "touch": envelope.id, "reason": "not_json"} == told
        assert (b"\xffraw", "contoso.robot") == (envelope.body, envelope.path)
        assert before <= envelope.received <= datetime.now(UTC)

    @pytest.mark.parametrize(
        ("context", "expected"),
        [
            pytest.param(CONTEXT, TRACE, id="traced"),
            pytest.param(SimpleNamespace(), "", id="untraced"),
            pytest.param(SimpleNamespace(trace_context=None), "", id="no-context"),
            pytest.param(
                SimpleNamespace(trace_context=SimpleNamespace(trace_parent=None)), "", id="none"
            ),
            pytest.param(
                SimpleNamespace(trace_context=SimpleNamespace(trace_parent="canary")), "", id="odd"
            ),
        ],
    )
    async def test_trace(self, context, expected, caplog):
        """The trace that the host gave the POST goes on in the message and the line, if it is
        one.
        """
        caplog.set_level(logging.DEBUG)
        out = Out()

        await functions.take_touch(request(b"{}"), out, context)

        assert out.value is not None
        assert expected == open_envelope(out.value).trace
        assert expected == getattr(caplog.records[0], "trace", "")

    async def test_key(self, caplog):
        """The print of the key goes on in the message; the key is in neither message nor line."""
        caplog.set_level(logging.DEBUG)
        out = Out()

        await functions.take_touch(request(b"{}", {"code": "canary"}), out, CONTEXT)

        assert out.value is not None
        assert print_of("canary") == open_envelope(out.value).key
        assert b"canary" not in out.value
        assert "canary" not in str(vars(caplog.records[0]))

    async def test_ids(self):
        """Each POST is a touch of its own."""
        answers = [await functions.take_touch(request(b"{}"), Out(), CONTEXT) for _ in range(3)]

        assert 3 == len({json.loads(answer.get_body())["touch"] for answer in answers})

    async def test_needs_nothing_built(self, monkeypatch):
        """A POST is taken while nothing else works."""
        monkeypatch.setattr(wiring, "deployment", failing(ConfigurationError("all is wrong")))

        answer = await functions.take_touch(request(b"{}"), Out(), CONTEXT)

        assert 202 == answer.status_code

    @pytest.mark.parametrize(
        ("headers", "framed"),
        [({"content-length": "2"}, "length"), ({"Transfer-Encoding": "chunked"}, "chunked")],
    )
    async def test_framed(self, headers, framed, caplog):
        """A body that arrives is taken however it was framed; message and line tell how."""
        caplog.set_level(logging.DEBUG)
        out = Out()

        answer = await functions.take_touch(request(b"{}", headers=headers), out, CONTEXT)

        assert out.value is not None
        envelope = open_envelope(out.value)
        [line] = caplog.records
        assert (202, b"{}", framed) == (answer.status_code, envelope.body, envelope.framed)
        assert ("touch.taken", framed) == (line.getMessage(), line.framed)

    async def test_chunked(self, caplog):
        """A body in chunks, which the host drops, is refused and told apart, with its listing."""
        caplog.set_level(logging.DEBUG)
        out, asked = Out(), request(headers=IN_CHUNKS, listing="Contoso.Robot")

        answer = await functions.take_touch(asked, out, CONTEXT)

        assert (411, None) == (answer.status_code, out.value)
        assert "chunked" == json.loads(answer.get_body())["reason"]
        [line] = caplog.records
        assert {
            "listing": "contoso.robot",
            "status": 411,
            "bytes": 0,
            "framed": "chunked",
            "reason": "chunked",
            "trace": TRACE,
        } == logs.facts_of(line)
        assert ("touch.refused", logging.WARNING) == (line.getMessage(), line.levelno)

    @pytest.mark.parametrize(
        ("body", "reason"),
        [pytest.param(b"", "empty", id="empty"), pytest.param(b"x" * 32_769, "too_large", id="l")],
    )
    async def test_refused(self, body, reason, caplog):
        """What else is refused is told with its reason, and is no loss by chunks."""
        caplog.set_level(logging.DEBUG)

        await functions.take_touch(request(body, listing="canary"), Out(), CONTEXT)

        [line] = caplog.records
        assert ("touch.refused", reason, "length") == (line.getMessage(), line.reason, line.framed)
        assert "canary" not in str(line.__dict__)

    async def test_told(self, caplog):
        """One wide line tells id, status, size and reason of every touch, and nothing of the
        body.
        """
        caplog.set_level(logging.DEBUG)

        answer = await functions.take_touch(request(b"canary", listing="canary.x"), Out(), CONTEXT)

        [line] = caplog.records
        assert "touch.taken" == line.getMessage()
        assert json.loads(answer.get_body())["touch"] == line.touch
        assert (202, 6, "not_json") == (line.status, line.bytes, line.reason)
        assert "canary" not in str(line.__dict__)
