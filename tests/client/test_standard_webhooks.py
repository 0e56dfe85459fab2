"""Standard Webhooks: what another library signs is proven, and nothing else is."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from leadshare.client.standard_webhooks import TOLERANCE, signed, signer
from leadshare.errors import Unsigned
from tests.builders import NOW

KEYS = {"shop": [b"a" * 32, b"b" * 24], "bank": [b"c" * 64]}
BODY = b'{"lead": "x"}'
ONE = timedelta(seconds=1)


def headers(key: bytes = KEYS["shop"][0], body: bytes = BODY, **changes: str) -> dict[str, str]:
    """What the library of the specification sends with a body."""
    secret = Webhook(base64.b64encode(key).decode())
    told = {"webhook-id": "msg_1", "webhook-timestamp": str(int(NOW.timestamp()))}
    told["webhook-signature"] = secret.sign("msg_1", NOW, body.decode())
    return told | {name.replace("_", "-"): value for name, value in changes.items()}


def doubt(told: dict[str, str], body: bytes = BODY) -> str:
    """Why something is not proven."""
    with pytest.raises(Unsigned) as caught:
        signer(told, body, NOW, KEYS)
    return caught.value.reason


class TestSigner:
    @pytest.mark.parametrize(
        ("name", "key"), [(name, key) for name, keys in KEYS.items() for key in keys]
    )
    def test_whose(self, name, key):
        """Each key tells whose it is, the older of two as well."""
        assert name == signer(headers(key), BODY, NOW, KEYS)

    def test_ours(self):
        """What we sign ourselves, with both keys of a rotation, is proven by either."""
        told = signed("a-1", NOW, BODY, KEYS["shop"])

        assert 2 == len(told["webhook-signature"].split())
        for key in KEYS["shop"]:
            assert "one" == signer(told, BODY, NOW, {"one": [key]})

    def test_among_others(self):
        """Signatures of other versions and by other keys beside ours do no harm."""
        theirs = headers(b"z" * 32)["webhook-signature"]
        many = f"v1a,AAAA {theirs} {headers()['webhook-signature']}"

        assert "shop" == signer(headers(webhook_signature=many), BODY, NOW, KEYS)

    @pytest.mark.parametrize("off", [TOLERANCE, -TOLERANCE])
    def test_tolerance(self, off):
        """Five minutes either way are taken, and not a second more."""
        told = signed("a", NOW + off, BODY, KEYS["bank"])
        later = signed("a", NOW + off + ONE * (1 if off > timedelta(0) else -1), BODY, KEYS["bank"])

        assert "bank" == signer(told, BODY, NOW, KEYS)
        assert "timestamp_off" == doubt(dict(later))

    @pytest.mark.parametrize(
        ("told", "reason"),
        [
            ({}, "id_missing"),
            (headers(webhook_id=""), "id_missing"),
            (headers(webhook_id="a.b"), "id_missing"),
            (headers(webhook_id="a b"), "id_missing"),
            (headers(webhook_id="x" * 129), "id_missing"),
            (headers(webhook_id="\u00e9"), "id_missing"),
            (headers(webhook_timestamp=""), "timestamp_missing"),
            (headers(webhook_timestamp="2026-11-22"), "timestamp_missing"),
            (headers(webhook_timestamp="\u0661" * 10), "timestamp_missing"),
            (headers(webhook_timestamp="-1"), "timestamp_missing"),
            (headers(webhook_timestamp="9" * 13), "timestamp_missing"),
            (headers(webhook_timestamp="9" * 12), "timestamp_off"),
            (headers(webhook_signature=""), "unsigned"),
            (headers(webhook_signature="v1a,AAAA"), "unsigned"),
            (headers(webhook_signature="AAAA"), "unsigned"),
            (headers(webhook_signature="v1,"), "signer_unknown"),
            (headers(webhook_signature="v1,\u00e9"), "signer_unknown"),
            (headers(webhook_id="msg_2"), "signer_unknown"),
            (headers(b"z" * 32), "signer_unknown"),
        ],
    )
    def test_refused(self, told, reason):
        """What is missing or wrong is told, by its first fault."""
        assert reason == doubt(told)

    def test_other_body(self):
        """A signature is of these bytes."""
        assert "signer_unknown" == doubt(headers(), BODY + b" ")

    def test_no_keys(self):
        """Where no source is configured, everything is nobody's."""
        with pytest.raises(Unsigned, match="signer_unknown"):
            signer(headers(), BODY, NOW, {})

    @given(st.dictionaries(st.sampled_from([*headers()]), st.text(max_size=60)), st.binary())
    def test_anything(self, told, body):
        """Whatever is sent is refused with a reason."""
        with pytest.raises(Unsigned):
            signer(told, body, NOW, KEYS)
