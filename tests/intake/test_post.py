"""Intake: what a POST is answered, and the message that is queued before it."""

from __future__ import annotations

import ast
import base64
import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from leadshare import errors, intake, texts, times
from leadshare.intake import LARGEST, Answer, body, key, message
from leadshare.intake import post as taking
from leadshare.intake.message import open_envelope
from leadshare.telemetry import logs
from tests.builders import NOW, post

TOUCH = "0123456789abcdef0123456789abcdef"
QUEUE_LIMIT = 64 * 1024
"""Bytes of a message's text, which the host writes in base64."""

METADATA = {
    *("id", "dequeuecount", "insertiontime", "expirationtime", "nextvisibletime", "popreceipt"),
}
"""What the host would take from the top of a message, in any case."""


def take(sent: bytes, listing: str | None = None, framed: str = intake.LENGTH) -> Answer:
    """What intake makes of a body."""
    return intake.take(sent, listing, touch=TOUCH, now=NOW, framed=framed)


class TestAccepted:
    def test_answer(self):
        """A JSON object is accepted, under the id that the touch will have."""
        answer = take(json.dumps(post()).encode())

        assert (202, "application/json") == (answer.status, answer.mimetype)
        assert {"status": "accepted", "touch": TOUCH} == json.loads(answer.text)

    def test_message(self):
        """The message is an envelope of bytes with the raw body in base64 and nothing else in
        it.
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
                "framed": "length",
                "key": "",
            },
        } == json.loads(answer.message)

    def test_no_name_of_the_host(self):
        """Nothing at the top of the message would be taken for the host's own metadata."""
        message = take(b"{}").message

        assert message is not None
        assert not METADATA & {name.lower() for name in json.loads(message)}

    def test_time_in_utc(self):
        """The time of arrival is in UTC, whatever zone the clock is in."""
        there = datetime(2026, 11, 22, 13, 0, tzinfo=timezone(timedelta(hours=1)))

        assert take(b"{}").message == intake.take(b"{}", None, touch=TOUCH, now=there).message

    @pytest.mark.parametrize("listing", [None, ""])
    def test_no_listing(self, listing):
        """A path without a listing names none."""
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
        """What is no JSON object is kept too, and the answer says so without repeating it."""
        answer = take(sent)

        assert (202, "application/json") == (answer.status, answer.mimetype)
        assert {"status": "quarantined", "touch": TOUCH, "reason": reason} == answer.body
        assert answer.message is not None
        assert sent == open_envelope(answer.message).body


class TestRefused:
    def test_empty(self):
        """An empty body is nobody's lead: 400, and nothing is queued."""
        answer = take(b"")

        assert (400, None) == (answer.status, answer.message)
        assert "application/problem+json" == answer.mimetype
        assert {
            "title": "Empty body",
            "status": 400,
            "reason": "empty",
            "detail": "Send the lead as a JSON object.",
        } == json.loads(answer.text)

    def test_chunked(self):
        """A body that came in chunks and is empty was lost on the way: 411, which says so."""
        answer = take(b"", framed="chunked")

        assert (411, None) == (answer.status, answer.message)
        assert "application/problem+json" == answer.mimetype
        assert {
            "title": "Length required",
            "status": 411,
            "reason": "chunked",
            "detail": "Send the body whole, with its length.",
        } == json.loads(answer.text)

    @pytest.mark.parametrize("framed", intake.FRAMINGS)
    def test_too_large(self, framed):
        """A body over 32 KiB is refused with 413; the answer repeats none of it."""
        answer = take(b'{"a":"canary' + b"x" * LARGEST, framed=framed)

        assert (413, None) == (answer.status, answer.message)
        assert "application/problem+json" == answer.mimetype
        assert "canary" not in answer.text
        told = json.loads(answer.text)
        assert (413, "too_large") == (told["status"], told["reason"])

    def test_just_fits(self):
        """A body of 32 KiB to the byte is taken, one of a byte more is not."""
        assert 202 == take(b"x" * LARGEST).status
        assert 413 == take(b"x" * (LARGEST + 1)).status
        assert 32 * 1024 == LARGEST


class TestFramed:
    @pytest.mark.parametrize("framed", intake.FRAMINGS)
    @pytest.mark.parametrize(("sent", "status"), [(b"{}", "accepted"), (b"no json", "quarantined")])
    def test_kept(self, sent, status, framed):
        """However a body that arrives was framed, it is taken, and its envelope tells how it
        came.
        """
        answer = take(sent, framed=framed)

        assert (202, status) == (answer.status, answer.body["status"])
        assert answer.message is not None
        envelope = open_envelope(answer.message)
        assert (sent, framed) == (envelope.body, envelope.framed)

    @pytest.mark.parametrize(
        ("headers", "expected"),
        [
            pytest.param({"content-length": "2"}, "length", id="length"),
            pytest.param({}, "length", id="no-body"),
            pytest.param({"transfer-encoding": "chunked"}, "chunked", id="chunked"),
            pytest.param({"transfer-encoding": "gzip, chunked"}, "chunked", id="packed"),
            pytest.param(
                {"content-length": "2", "transfer-encoding": "chunked"}, "chunked", id="both"
            ),
        ],
    )
    def test_headers(self, headers, expected):
        """A body is in chunks where a transfer encoding says so, whatever else is said."""
        assert expected == intake.framing(headers)


class TestListingCode:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            pytest.param("contoso.invoice-robot", "contoso.invoice-robot", id="id"),
            pytest.param("Contoso.Invoice_Robot", "contoso.invoice_robot", id="capitals"),
            pytest.param("1contoso.2", "1contoso.2", id="digits"),
            pytest.param("x" * 50 + "." + "y" * 50, "x" * 50 + "." + "y" * 50, id="longest"),
        ],
    )
    def test_told(self, path, expected):
        """The id of a listing is told, in lower case."""
        assert expected == intake.listing_code(path)

    @pytest.mark.parametrize(
        "path",
        [
            pytest.param(None, id="none"),
            pytest.param("", id="empty"),
            pytest.param("canary", id="word"),
            pytest.param("sample.buyer@fabrikam.example", id="e-mail"),
            pytest.param("49.30123456", id="phone"),
            pytest.param("x" * 51 + ".y", id="long-publisher"),
            pytest.param("x." + "y" * 51, id="long-offer"),
            pytest.param("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.x", id="token"),
            pytest.param("aV9y_kDXq-0bMzL4hRfYw2sT8uJc1NnGp5vE6oBiAzFuAbCdEw==", id="key"),
            pytest.param("contoso.robot\n", id="line"),
            pytest.param("contoso.r\u00f6bot", id="letters"),
        ],
    )
    def test_not_told(self, path):
        """What may be somebody's data or a key is not."""
        assert "" == intake.listing_code(path)


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
        """The largest body fits one message, whatever an URL of 8 KB names beside it."""
        message = take(b"x" * LARGEST, listing, "chunked").message

        assert message is not None
        assert QUEUE_LIMIT >= len(base64.b64encode(message))


OURS = {"leadshare", "body", "errors", "key", "message", "post", "texts", "times"}


class TestStandardLibrary:
    @pytest.mark.parametrize(
        "module",
        [intake, taking, body, errors, key, logs, message, texts, times],
        ids=lambda m: m.__name__.rpartition(".")[2],
    )
    def test_imports(self, module):
        """What takes a POST imports nothing but the standard library and its own kind."""
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

        assert {name.rpartition(".")[2] for name in ours} <= OURS
        assert {name.partition(".")[0] for name in found - ours} <= sys.stdlib_module_names
