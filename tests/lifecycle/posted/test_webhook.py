"""The webhook of outcomes: only what a source has signed is read; the rest is refused unread."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare import intake
from leadshare.client.standard_webhooks import signed
from leadshare.errors import ConfigurationError
from leadshare.lifecycle.posted.message import read_message
from leadshare.lifecycle.posted.webhook import OutcomeWebhook
from leadshare.times import to_text
from tests.builders import LEAD, NOW

KEYS = {"shop": [b"a" * 32, b"b" * 24], "bank": [b"c" * 64]}
BODY = json.dumps({"lead": LEAD, "at": to_text(NOW), "state": "won"}).encode()
WEBHOOK = OutcomeWebhook(lambda: KEYS, lambda: NOW)


async def post(
    body: bytes = BODY, key: bytes = KEYS["shop"][0], headers: Mapping[str, str] | None = None
) -> intake.Answer:
    """Post a body that is signed with a key, or with other headers."""
    return await WEBHOOK.accept({**signed("a", NOW, body, [key]), **(headers or {})}, body)


class TestAccept:
    @pytest.mark.parametrize(("name", "number"), [("shop", 0), ("shop", 1), ("bank", 0)])
    async def test_taken(self, name, number):
        """What is signed is queued as its source's, and answered 202 whoever the lead is."""
        answer = await post(key=KEYS[name][number])

        assert (202, {"status": "accepted"}) == (answer.status, answer.body)
        assert answer.message is not None
        posted = read_message(answer.message)
        assert (name, LEAD, NOW) == (posted.outcome.source, posted.outcome.lead, posted.received)

    async def test_claimed_source(self):
        """Nobody speaks as another by saying so."""
        answer = await post(json.dumps(json.loads(BODY) | {"source": "bank"}).encode())

        assert (400, "not_understood", None) == (
            answer.status,
            answer.body["reason"],
            answer.message,
        )
        assert answer.body["detail"].startswith("source: no such key")

    async def test_unsigned(self):
        """What is not signed is not read: it is told the same, be it right or wrong."""
        answers = [await post(body, b"z" * 32) for body in (BODY, b"{", b'{"sate": 1}')]

        assert 1 == len({answer.text for answer in answers})
        assert (401, "signer_unknown", None) == (
            answers[0].status,
            answers[0].body["reason"],
            answers[0].message,
        )
        assert "shop" not in answers[0].text

    async def test_too_large(self):
        """Size is weighed first, by the bytes that are there."""
        large = await post(b" " * (intake.LARGEST + 1 - len(BODY)) + BODY)
        most = await post(b" " * (intake.LARGEST - len(BODY)) + BODY)

        assert (413, "too_large") == (large.status, large.body["reason"])
        assert 202 == most.status

    async def test_chunked(self):
        """A body that the platform drops is not taken for one that was never sent."""
        answer = await post(b"", headers={"transfer-encoding": "chunked"})

        assert (411, "chunked") == (answer.status, answer.body["reason"])

    async def test_misconfigured(self):
        """While nobody knows the secrets, nothing is judged: whoever posts comes again."""

        def wrong() -> dict[str, list[bytes]]:
            raise ConfigurationError("destination: x")

        with pytest.raises(ConfigurationError):
            await OutcomeWebhook(wrong, lambda: NOW).accept({}, BODY)

    @given(
        st.binary(max_size=300),
        st.sampled_from([b"a" * 32, b"c" * 64, b"z" * 32]),
        st.dictionaries(
            st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]),
            st.text(max_size=30),
            max_size=1,
        ),
    )
    async def test_anything(self, body, key, headers):
        """Whatever is sent is answered, and only what is taken is queued."""
        answer = await post(body, key, headers)

        assert answer.status in {400, 401}
        assert answer.message is None
