"""Intake: what a POST is answered, and the message that is queued before it."""

from __future__ import annotations

import ast
import base64
import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from leadshare import body, errors, intake, logs
from leadshare.core.envelope import open_envelope
from leadshare.intake import LARGEST, Answer
from tests.builders import NOW, post

TOUCH = "0123456789abcdef0123456789abcdef"
QUEUE_LIMIT = 64 * 1024
"""Bytes of a message's text, which the host writes in base64."""

METADATA = {
    *("id", "dequeuecount", "insertiontime", "expirationtime", "nextvisibletime", "popreceipt"),
}
"""What the host would take from the top of a message, in any case."""


def take(sent: bytes, listing: str | None = None) -> Answer:
    """What intake makes of a body."""
    return intake.take(sent, listing, touch=TOUCH, now=NOW)


class TestAccepted:
    def test_answer(self):
        """
        A JSON object is accepted, under the id that the touch will have.
        """
        answer = take(json.dumps(post()).encode())

        assert (202, "application/json") == (answer.status, answer.mimetype)
        assert {"status": "accepted", "touch": TOUCH} == json.loads(answer.text)

    def test_message(self):
        """
        The message is an envelope of bytes with the raw body in base64 and nothing else in it.
        """
        answer = take(b'\xef\xbb\xbf{"a": 1}', "contoso.robot")

        assert isinstance(answer.message, bytes)
        assert {
            "v": 1,
            "touch": {
                "id": TOUCH,
                "received": "2026-11-22T12:00:00.000Z",
                "listing": "contoso.robot",
                "body": base64.b64encode(b'\xef\xbb\xbf{"a": 1}').decode(),
            },
        } == json.loads(answer.message)

    def test_no_name_of_the_host(self):
        """
        Nothing at the top of the message would be taken for the host's own metadata.
        """
        message = take(b"{}").message

        assert message is not None
        assert not METADATA & {name.lower() for name in json.loads(message)}

    def test_time_in_utc(self):
        """
        The time of receipt is in UTC, whatever zone the clock is in.
        """
        there = datetime(2026, 11, 22, 13, 0, tzinfo=timezone(timedelta(hours=1)))

        assert take(b"{}").message == intake.take(b"{}", None, touch=TOUCH, now=there).message

    @pytest.mark.parametrize("listing", [None, ""])
    def test_no_listing(self, listing):
        """
        A path without a listing names none.
        """
        message = take(b"{}", listing).message

        assert message is not None
        assert "" == open_envelope(message).path


class TestQuarantined:
    @pytest.mark.parametrize(
        ("sent", "reason"),
        [
            pytest.param(b"canary", "not_json", id="words"),
            pytest.param(b'["canary"]', "not_an_object", id="list"),
            pytest.param(b'["canary",' + b"[" * 30_000, "too_deep", id="brackets"),
            pytest.param(b"\x00", "not_json", id="nul"),
        ],
    )
    def test_answer(self, sent, reason):
        """
        What is no JSON object is kept too, and the answer says so without repeating it.
        """
        answer = take(sent)

        assert (202, "application/json") == (answer.status, answer.mimetype)
        assert {"status": "quarantined", "touch": TOUCH, "reason": reason} == answer.body
        assert answer.message is not None
        assert sent == open_envelope(answer.message).body


class TestRefused:
    def test_empty(self):
        """
        An empty body is nobody's lead: 400, and nothing is queued.
        """
        answer = take(b"")

        assert (400, None) == (answer.status, answer.message)
        assert "application/problem+json" == answer.mimetype
        assert {
            "title": "Empty body",
            "status": 400,
            "detail": "Send the lead as a JSON object.",
        } == json.loads(answer.text)

    def test_too_large(self):
        """
        A body over 32 KiB is refused with 413; the answer repeats none of it.
        """
        answer = take(b'{"a":"canary' + b"x" * LARGEST)

        assert (413, None) == (answer.status, answer.message)
        assert "application/problem+json" == answer.mimetype
        assert "canary" not in answer.text
        assert 413 == json.loads(answer.text)["status"]

    def test_just_fits(self):
        """
        A body of 32 KiB to the byte is taken, one of a byte more is not.
        """
        assert 202 == take(b"x" * LARGEST).status
        assert 413 == take(b"x" * (LARGEST + 1)).status
        assert 32 * 1024 == LARGEST


class TestFitsTheQueue:
    @pytest.mark.parametrize(
        "listing",
        [
            pytest.param("contoso.robot", id="plain"),
            pytest.param("x" * 8000, id="long"),
            pytest.param('"' * 8000, id="quotes"),
            pytest.param("\x00" * 2700, id="controls"),
            pytest.param("🙂" * 700, id="pairs"),
        ],
    )
    def test_largest(self, listing):
        """
        The largest body fits one message, whatever an URL of 8 KB names beside it.
        """
        message = take(b"x" * LARGEST, listing).message

        assert message is not None
        assert QUEUE_LIMIT >= len(base64.b64encode(message))


class TestStandardLibrary:
    @pytest.mark.parametrize(
        "module", [intake, body, errors, logs], ids=lambda m: m.__name__.rpartition(".")[2]
    )
    def test_imports(self, module):
        """
        What takes a POST imports nothing but the standard library and its own kind.
        """
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        found = {
            name
            for node in ast.walk(tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        ours = {name for name in found if name.partition(".")[0] == "leadshare"}

        assert ours <= {"leadshare.body", "leadshare.errors"}
        assert {name.partition(".")[0] for name in found - ours} <= sys.stdlib_module_names
