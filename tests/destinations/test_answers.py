"""What plain answers mean: records judged or not, Retry-After, several replies made one."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from leadshare.core.delivery import Accepted, Deferred, Rejected, Reply
from leadshare.destinations.answers import (
    LONGEST_HOLD,
    error_code,
    json_in,
    object_in,
    refusal,
    retry_after,
    singly,
    together,
)
from tests.builders import NOW, delivery

TWO = [delivery(), delivery(lead="f" * 32 + "-" + "0" * 16)]
DOWN = Reply((Deferred("http_503"),), 503, timedelta(minutes=1), failing=True)
BUSY = Reply((Deferred("throttled", counts=False),), 429, timedelta(minutes=2))
WRONG = Reply((Rejected("crm_BAD"),), 400)
TAKEN = Reply((Accepted("r-1"),), 200)


def hold(text: str) -> timedelta | None:
    """How long a Retry-After of *text* holds."""
    return retry_after(httpx.Response(429, headers={"retry-after": text}), NOW)


@pytest.mark.parametrize("status", [200, 201, 204, 207, 400, 404, 409, 412, 422, 451])
def test_no_refusal(status: int) -> None:
    """An answer about records is left to the destination."""
    assert refusal(httpx.Response(status), TWO, NOW) is None


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
    ],
)
def test_retry_after(text: str, expected: timedelta) -> None:
    """Both forms of Retry-After are read, up to the cap; a time gone by is no wait."""
    assert expected == hold(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "-5", "1.5", "1e3", "0x10", "+5", "5 s", "Sun, 99 Nov 2026 12:00:00 GMT"),
        *("Sun, 22 Nov 2026 12:00:00 +9999", "\u0663", "\u00b2", "22 Nov", "2026-11-22T12:00:00Z"),
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


def test_together() -> None:
    """Several replies keep their order, the worst status, and the longest hold."""
    outcomes = WRONG.outcomes + DOWN.outcomes + BUSY.outcomes

    expected = Reply(outcomes, 503, timedelta(minutes=2), failing=True)
    assert expected == together([WRONG, DOWN, BUSY])


@pytest.mark.parametrize("others", [[TAKEN, DOWN], [DOWN, WRONG, TAKEN]], ids=len)
def test_together_with_one_taken(others: list[Reply]) -> None:
    """Where one record was taken, the system is not at fault, but may still ask for a rest."""
    reply = together(others)

    assert (timedelta(minutes=1), False) == (reply.hold, reply.failing)


def test_together_at_fault() -> None:
    """Records that are refused for what they hold are no fault of the system."""
    assert not together([WRONG, BUSY]).failing


def test_together_gone() -> None:
    """One reply that asks never to be called again is enough."""
    gone = Reply((Deferred("gone", counts=False),), 410, gone=True)

    assert together([TAKEN, gone]).gone
    assert not together([TAKEN, DOWN]).gone


def test_singly() -> None:
    """A reply for several leads is one for each of them, which together are the same again."""
    reply = Reply((Deferred("locked"), Rejected("crm_BAD")), 423, timedelta(seconds=5), gone=True)

    parts = singly(reply, TWO)

    assert [TWO[0].lead, TWO[1].lead] == list(parts)
    assert Reply((Rejected("crm_BAD"),), 423, timedelta(seconds=5), gone=True) == parts[TWO[1].lead]
    assert reply == together(list(parts.values()))


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
