"""What the refusal of a sign-in means: a wrong secret, too many requests, or a bad moment."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from leadshare.client.tokens.refused_sign_in import REST, is_dead, refused_by_words, refused_sign_in
from tests.builders import NOW

FAILED, THROTTLED, LATER = "sign_in_failed", "throttled", "sign_in_unreachable"


def told(error: str, words: str = "") -> dict[str, str]:
    """The body of a refusal."""
    return {"error": error, "error_description": words}


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, told("invalid_client"), FAILED),
        (400, told("invalid_grant", "expired authorization code"), FAILED),
        (401, told("invalid_client", "AADSTS7000222: The secret keys are expired."), FAILED),
        (400, told("invalid_grant", "AADSTS700082: The refresh token has expired."), FAILED),
        (400, told("invalid_grant", "login rate exceeded"), THROTTLED),
        (400, told("invalid_grant", "AADSTS50196: a client request loop"), THROTTLED),
        (400, told("server_error", "AADSTS90055: too many incoming requests"), THROTTLED),
        (400, told("temporarily_unavailable"), THROTTLED),
        (429, told("invalid_client"), THROTTLED),
        (429, told("invalid_request", "AADSTS900144"), THROTTLED),
        (403, told("rate_limit_exceeded"), THROTTLED),
        (503, told("throttled_request"), THROTTLED),
        (400, told("unknown_error", "retry your request"), LATER),
        (500, told("server_error"), LATER),
        (400, told("invalid_grant", "AADSTS90033: A transient error has occurred."), LATER),
        (502, "<p>Bad gateway</p>", LATER),
        (200, [], LATER),
        (200, {"access_token": 7}, FAILED),
    ],
)
def test_reason(status, body, reason):
    """Codes inside a text come first, then its words, its code, and its status last."""
    error = refused_sign_in(httpx.Response(status, json=body), NOW)

    assert reason == error.reason
    assert (reason == THROTTLED) == (error.hold is not None)


def test_wait():
    """A throttled sign-in rests as long as it says, and a while where it says nothing."""
    asked = httpx.Response(429, headers={"Retry-After": "90"})
    down = httpx.Response(503, headers={"Retry-After": "60"})

    assert timedelta(seconds=90) == refused_sign_in(asked, NOW).hold
    assert REST == refused_sign_in(httpx.Response(429), NOW).hold
    assert (LATER, timedelta(seconds=60)) == (
        refused_sign_in(down, NOW).reason,
        refused_sign_in(down, NOW).hold,
    )


def test_secret():
    """What was sent is not told, though the answer repeats it."""
    answer = httpx.Response(400, json=told("invalid_client", "no such secret: s3cret-canary"))

    assert "canary" not in refused_sign_in(answer, NOW, ["s3cret-canary"]).said


def test_by_words():
    """What a library has read is judged alike."""
    assert FAILED == refused_by_words(401, "AADSTS7000215: Invalid secret", None).reason
    assert THROTTLED == refused_by_words(429, "", None).reason
    assert REST == refused_by_words(429, "", None).hold
    assert LATER == refused_by_words(0, "AADSTS90033: transient", None).reason


@pytest.mark.parametrize(
    ("words", "dead"),
    [
        ("AADSTS700082: The refresh token has expired due to inactivity.", True),
        ("AADSTS50173: The provided grant has expired.", True),
        ("invalid_grant", True),
        ("AADSTS50196: a client request loop", False),
        ("AADSTS7000222: The provided client secret keys are expired.", False),
    ],
)
def test_is_dead(words, dead):
    """A refresh token is given up only where it is known to be dead."""
    assert dead is is_dead(words)
