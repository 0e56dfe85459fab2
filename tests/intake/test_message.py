"""Opening an envelope: what intake queued comes out again, and all else is none."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from leadshare.errors import Unreadable
from leadshare.intake import FRAMINGS
from leadshare.intake.message import open_envelope
from tests.builders import NOW, TRACE, message, post


class TestOpenEnvelope:
    def test_opens(self):
        """An envelope gives back what intake put into it."""
        envelope = open_envelope(message(b"\x00\xff raw", 7, NOW, "contoso.robot"))

        assert f"{7:032x}" == envelope.id
        assert NOW == envelope.received
        assert "contoso.robot" == envelope.path
        assert b"\x00\xff raw" == envelope.body

    @pytest.mark.parametrize("odd", ["canary", "A" * 16, "a" * 17, "a" * 16 + "\n", 7, None, ["a"]])
    def test_key(self, odd):
        """The print of a key comes out again; what is none, is as if there had been no key."""
        inner = json.loads(message(b"{}", key="a" * 16))["touch"]
        broken = json.dumps({"v": 1, "touch": inner | {"key": odd}}).encode()

        assert "a" * 16 == open_envelope(message(b"{}", key="a" * 16)).key
        assert "" == open_envelope(broken).key == open_envelope(message(b"{}")).key

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"\xff\xfe\xff", id="no-text"),
            pytest.param(b"[]", id="list"),
            pytest.param(b"{}", id="no-version"),
            pytest.param(b'{"v":1}', id="no-touch"),
            pytest.param(b'{"v":1,"touch":null}', id="null-touch"),
            pytest.param(b'{"v":1,"touch":"x"}', id="text-touch"),
            pytest.param(b'{"v":1,"touch":[]}', id="list-touch"),
            pytest.param(b"[" * 20_000, id="brackets"),
        ],
    )
    def test_no_envelope(self, text):
        """What is no envelope is told as such, whatever else it is."""
        with pytest.raises(Unreadable) as caught:
            open_envelope(text)

        assert "not_an_envelope" == caught.value.reason

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            pytest.param("id", None, id="no-id"),
            pytest.param("id", 5, id="number-id"),
            pytest.param("id", "F" * 32, id="upper-case-id"),
            pytest.param("id", "f" * 31, id="short-id"),
            pytest.param("id", "f" * 32 + "\n", id="id-and-line"),
            pytest.param("id", "../../" + "f" * 26, id="path-id"),
            pytest.param("received", None, id="no-time"),
            pytest.param("received", 1795348800, id="number-time"),
            pytest.param("received", "yesterday", id="words-time"),
            pytest.param("received", "0001-01-01T00:00:00+14:00", id="time-before-all-times"),
            pytest.param("received", "9999-12-31T23:59:59-14:00", id="time-after-all-times"),
            pytest.param("listing", None, id="no-listing"),
            pytest.param("listing", ["contoso.robot"], id="list-listing"),
            pytest.param("body", None, id="no-body"),
            pytest.param("body", "a", id="not-base64"),
            pytest.param("body", "e30=\n", id="base64-and-line"),
            pytest.param("body", "é30=", id="not-ascii"),
            pytest.param("body", {}, id="object-body"),
        ],
    )
    def test_broken(self, name, value):
        """An envelope with one part that is wrong or not there is none."""
        inner = json.loads(message(b"{}"))["touch"]
        changed = {**inner, name: value} if value is not None else inner
        if value is None:
            del changed[name]

        with pytest.raises(Unreadable) as caught:
            open_envelope(json.dumps({"v": 1, "touch": changed}).encode())

        assert "not_an_envelope" == caught.value.reason

    @pytest.mark.parametrize(
        "version",
        [
            pytest.param("2", id="newer"),
            pytest.param("1.0", id="fraction"),
            pytest.param("true", id="true"),
            pytest.param("[1]", id="list"),
            pytest.param("null", id="null"),
        ],
    )
    def test_other_version(self, version):
        """An envelope of another version is not guessed at."""
        inner = json.dumps(json.loads(message(b"{}"))["touch"])

        with pytest.raises(Unreadable) as caught:
            open_envelope(f'{{"v":{version},"touch":{inner}}}'.encode())

        assert "not_an_envelope" == caught.value.reason

    def test_body_is_not_shown(self):
        """An envelope that is printed shows no body."""
        assert "Buyer" not in repr(open_envelope(message(post())))


def envelope_of(**inner: Any) -> bytes:
    """An envelope made by hand."""
    whole = {"id": "0" * 32, "received": "2026-11-22T12:00:00Z", "listing": "", "body": "e30="}
    return json.dumps({"v": 1, "touch": whole | inner}).encode()


class TestEnvelopeByHand:
    def test_path_is_cleaned(self):
        """A path is cleaned and cut like any text."""
        envelope = open_envelope(envelope_of(listing=" a\x00\ud800" + "x" * 2000))

        assert ("a \ufffd" + "x" * 2000)[:1024] == envelope.path

    def test_time_elsewhere(self):
        """A time of another zone is the same instant."""
        assert NOW == open_envelope(envelope_of(received="2026-11-22T13:00:00+01:00")).received

    def test_body(self):
        """The body is what base64 held."""
        assert b"\xff" == open_envelope(envelope_of(body=b64encode(b"\xff").decode())).body


class TestVia:
    @pytest.mark.parametrize("via", ["x", None, 1, [], {}])
    def test_unknown(self, via):
        """An envelope of another way is none of ours."""
        outer = json.loads(message(post()))
        outer["touch"]["via"] = via

        with pytest.raises(Unreadable):
            open_envelope(json.dumps(outer).encode())


class TestTrace:
    @pytest.mark.parametrize(
        "trace", ["x", "", None, 1, [], TRACE.upper(), TRACE.replace("0af7", "CANA"), f"{TRACE}\n"]
    )
    def test_odd(self, trace):
        """What is no traceparent is none, and the touch is taken all the same."""
        outer = json.loads(message(post()))
        outer["touch"]["trace"] = trace

        assert not open_envelope(json.dumps(outer).encode()).trace


class TestFramed:
    @pytest.mark.parametrize("framed", FRAMINGS)
    def test_told(self, framed):
        """How a POST was framed comes out again."""
        assert framed == open_envelope(message(post(), framed=framed)).framed

    def test_older(self):
        """Envelopes of before that was told are read, and say nothing of it."""
        envelope = open_envelope(envelope_of())

        assert (b"{}", "") == (envelope.body, envelope.framed)

    @pytest.mark.parametrize("framed", ["x", "", None, 1, [], {}, "CHUNKED"])
    def test_odd(self, framed):
        """What is no framing is none, and the touch is taken all the same."""
        assert "" == open_envelope(envelope_of(framed=framed)).framed
