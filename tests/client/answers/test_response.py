"""What is read of plain answers: Retry-After, JSON, and the code of an error."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from leadshare.client.answers.response import (
    LONGEST_HOLD,
    answered_at,
    error_code,
    exact_json_in,
    json_in,
    object_in,
    retry_after,
)
from tests.builders import NOW


def hold(text: str) -> timedelta | None:
    """How long a Retry-After of *text* holds."""
    return retry_after(httpx.Response(429, headers={"retry-after": text}), NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", timedelta(0)),
        (" 30 ", timedelta(seconds=30)),
        ("86400", LONGEST_HOLD),
        ("86401", LONGEST_HOLD),
        ("9" * 30, LONGEST_HOLD),
        ("Sun, 22 Nov 2026 12:00:45 GMT", timedelta(seconds=45)),
        ("Sunday, 22-Nov-26 12:00:45 GMT", timedelta(seconds=45)),
        ("Sun, 22 Nov 2026 13:00:45 +0100", timedelta(seconds=45)),
        ("Sun, 22 Nov 2026 12:00:45 -0000", timedelta(seconds=45)),
        ("Sun, 22 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("Tue, 24 Nov 2026 12:00:00 GMT", LONGEST_HOLD),
        ("1.5", timedelta(seconds=1.5)),
        ("2026-11-22T12:00:45Z", timedelta(seconds=45)),
    ],
)
def test_retry_after(text: str, expected: timedelta) -> None:
    """All forms of Retry-After are read, up to the cap; a time gone by is no wait."""
    assert expected == hold(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "-5", "1e3", "0x10", "+5", "5 s", "Sun, 99 Nov 2026 12:00:00 GMT"),
        *("Sun, 22 Nov 2026 12:00:00 +9999", "\u0663", "\u00b2", "22 Nov"),
    ],
)
def test_retry_after_garbage(text: str) -> None:
    """What is no Retry-After is none, whatever it is."""
    response = httpx.Response(429, headers=[(b"retry-after", text.encode())])

    assert retry_after(response, NOW) is None


@pytest.mark.parametrize(
    "text",
    ["Sun, 22 Nov 99999999999 12:00:00 GMT", "Sun, 22 Nov 2026 12:00:00 +99999999999999999999"],
)
def test_retry_after_overflow(text: str) -> None:
    """A time too far for a calendar is no Retry-After."""
    assert hold(text) is None


@pytest.mark.parametrize("content", [b"", b"<p>", b"\xff", b"[" * 100_000], ids=len)
def test_no_json(content: bytes) -> None:
    """What is no JSON is nothing."""
    response = httpx.Response(200, content=content)

    assert (None, {}) == (json_in(response), object_in(response))


@pytest.mark.parametrize("content", [b"null", b"[{}]", b"7", b'"a"'])
def test_no_object(content: bytes) -> None:
    """JSON that is no object is as good as an empty one."""
    assert {} == object_in(httpx.Response(200, content=content))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error": {"code": "InvalidSender", "message": "canary"}}, "InvalidSender"),
        ({"error": {"code": "canary@contoso.com"}}, ""),
        ({"error": {"code": "A" * 61}}, ""),
        ({"error": {"code": None}}, ""),
        ({"error": {"code": ["A"]}}, ""),
        ({"error": {}}, ""),
        ({"error": "canary"}, ""),
        ([{"error": {"code": "A"}}], ""),
    ],
    ids=repr,
)
def test_error_code(answer: object, code: str) -> None:
    """The code of an error is told if it can be nothing but a code."""
    assert code == error_code(httpx.Response(400, json=answer))


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b"[0.1, 1200.10, 7]", [Decimal("0.1"), Decimal("1200.10"), 7]),
        (b"{", None),
        (b"\xff", None),
        (b"[" * 100_000, None),
    ],
    ids=["numbers", "broken", "no text", "deep"],
)
def test_exact(content: bytes, read: object) -> None:
    """Numbers are as they were written."""
    assert read == exact_json_in(httpx.Response(200, content=content))


@pytest.mark.parametrize(
    ("date", "at"),
    [
        ("Sun, 22 Nov 2026 12:00:00 GMT", NOW),
        ("Sun, 22 Nov 2026 12:00:00 -0000", NOW),
        ("soon", None),
        (None, None),
    ],
)
def test_answered_at(date: str | None, at: object) -> None:
    """A server tells by its clock when it answered, or does not."""
    response = httpx.Response(200, headers={"Date": date} if date else {})

    assert at == answered_at(response)
