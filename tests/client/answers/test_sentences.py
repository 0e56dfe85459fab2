"""What an answer says in words."""

from __future__ import annotations

import httpx
import pytest

from leadshare.client.answers.sentences import LONGEST, said, said_in, without


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(400, json={"error": {"code": "0x1", "message": "No"}}), "No; 0x1"),
        (httpx.Response(400, json=[{"message": "No", "errorCode": "X"}]), "No; X"),
        (httpx.Response(400, json={"error": "e", "error_description": "d"}), "d; e"),
        (httpx.Response(400, json={"errors": [{"Message": "a"}, {"message": "a"}]}), "a"),
        (httpx.Response(400, json={"data": 7}), ""),
        (httpx.Response(400, text="Slow down"), "Slow down"),
        (httpx.Response(400, html="<p>Sign in</p>"), ""),
        (httpx.Response(400, text="<p>Sign in</p>"), ""),
        (httpx.Response(400), ""),
    ],
)
def test_said(answer, words):
    """Sentences come before codes, each once; a page says nothing."""
    assert words == said(answer)


def test_bounded():
    """What is kept is short, however much is said and however deep."""
    deep: object = {"message": "x"}
    for _ in range(50):
        deep = {"error": deep}

    assert LONGEST == len(said_in({"message": "a" * 5000}))
    assert "" == said_in(deep)


def test_without():
    """What is ours is taken out, the longest first; what is very short stays."""
    text = without("no rate limit for buyer@fabrikam.example, ok", ["rate limit", "buyer", "no"])

    assert "rate limit" not in text
    assert "buyer" not in text
    assert text.startswith("no ")
