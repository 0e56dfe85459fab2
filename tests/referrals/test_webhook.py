"""Events about referrals: what is signed is taken, all else is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from leadshare import intake
from leadshare.errors import ConfigurationError, Unreachable, Unsigned
from leadshare.referrals.classify import OLD, Webhook
from leadshare.referrals.kept import read_message
from tests.builders import NOW
from tests.microsoft import REFERRAL, RESOURCE, event
from tests.referrals.bureau import Bureau


@pytest.fixture(name="bureau")
def _bureau() -> Bureau:
    return Bureau()


class Signed:
    """Takes everything for signed, or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Verify nothing."""
        assert now == NOW, (headers, body)
        if self.error:
            raise self.error


def webhook(bureau: Bureau, error: Exception | None = None) -> Webhook:
    """What takes events for a bureau."""
    return Webhook(Signed(error), lambda: bureau, bureau.clock)


class TestWebhook:
    @pytest.mark.parametrize("name", ["referral-created", "referral-updated", "Referral-Created"])
    async def test_taken(self, bureau, name):
        """An event about a referral is taken: its message names the referral and when it was
        taken.
        """
        answer = await webhook(bureau).accept({}, event(EventName=name))

        assert (202, {"status": "accepted", "referral": REFERRAL}) == (answer.status, answer.body)
        assert answer.message is not None
        assert (REFERRAL, NOW) == read_message(answer.message)
        assert {"v", "referral"} == set(json.loads(answer.message))
        assert name.lower() == json.loads(answer.message)["referral"]["event"]

    @pytest.mark.parametrize(
        "uri",
        [
            RESOURCE,
            f"https://api.partner.microsoft.com/v1.0/engagements/referrals/{REFERRAL}",
            RESOURCE.replace(REFERRAL, REFERRAL.upper()),
        ],
    )
    async def test_resources(self, bureau, uri):
        """Both addresses that Partner Center has for a referral are read, in either case."""
        answer = await webhook(bureau).accept({}, event(ResourceUri=uri))

        assert REFERRAL == answer.body["referral"]

    @pytest.mark.parametrize(
        "uri",
        [
            pytest.param(None, id="none"),
            pytest.param(7, id="no-text"),
            pytest.param("", id="empty"),
            pytest.param(REFERRAL, id="id-only"),
            pytest.param(RESOURCE.replace("https", "http"), id="http"),
            pytest.param(RESOURCE.replace(".com/", ".com.evil.example/"), id="another-host"),
            pytest.param(RESOURCE.replace("api.", "evil.example/api."), id="in-the-path"),
            pytest.param(RESOURCE.replace("https://", "https://evil@"), id="user"),
            pytest.param(RESOURCE.replace(".com/", ".com:8443/"), id="port"),
            pytest.param(f"{RESOURCE}/../x", id="goes-on"),
            pytest.param(f"{RESOURCE}?a=b", id="query"),
            pytest.param(f"{RESOURCE}\n", id="newline"),
            pytest.param(RESOURCE.replace(REFERRAL, "..%2f"), id="no-id"),
            pytest.param(RESOURCE.replace(REFERRAL, "a" * 65), id="too-long"),
            pytest.param(RESOURCE.replace("referrals", "customers"), id="another-kind"),
        ],
    )
    async def test_resource_refused(self, bureau, uri):
        """An address of anything else is refused."""
        answer = await webhook(bureau).accept({}, event(ResourceUri=uri))

        assert (400, "resource_refused", None) == (
            answer.status,
            answer.body["detail"],
            answer.message,
        )

    @pytest.mark.parametrize(
        ("name", "status"),
        [
            ("test-created", "tested"),
            ("related-referral-created", "ignored"),
            ("subscription-updated", "ignored"),
            ("", "ignored"),
            (None, "ignored"),
        ],
    )
    async def test_other_events(self, bureau, name, status):
        """The test event is answered, and so is what is about no referral; nothing follows."""
        answer = await webhook(bureau).accept({}, event(EventName=name, ResourceUri="x"))

        assert (200, {"status": status}, None) == (answer.status, answer.body, answer.message)
        assert "application/json" == answer.mimetype

    @pytest.mark.parametrize(
        ("error", "status", "detail"),
        [
            pytest.param(Unsigned("signature_wrong"), 401, "signature_wrong", id="unsigned"),
            pytest.param(
                Unreachable("a certificate: 503"), 503, "a certificate: 503", id="unproven"
            ),
        ],
    )
    @pytest.mark.parametrize("body", [event(), event(EventName="test-created"), b"x", b""])
    async def test_unsigned(self, bureau, error, status, detail, body):
        """What is not proven is refused whatever it is, and kept nowhere."""
        answer = await webhook(bureau, error).accept({}, body)

        assert (status, detail, None) == (answer.status, answer.body["detail"], answer.message)
        assert "application/problem+json" == answer.mimetype

    async def test_too_large(self, bureau):
        """What is far larger than an event is refused unread."""
        answer = await webhook(bureau, AssertionError()).accept({}, b"x" * (intake.LARGEST + 1))

        assert (413, None) == (answer.status, answer.message)
        assert "Send at most 32768 bytes." == answer.body["detail"]

    @pytest.mark.parametrize(
        ("body", "reason"), [(b"x", "not_json"), (b"[]", "not_an_object"), (b"", "not_json")]
    )
    async def test_unreadable(self, bureau, body, reason):
        """What is no event is refused."""
        answer = await webhook(bureau).accept({}, body)

        assert (400, reason, None) == (answer.status, answer.body["detail"], answer.message)

    @pytest.mark.parametrize("name", ["referral-created", "test-created"])
    async def test_section_missing(self, bureau, name):
        """Where nobody can fetch a referral, the answer says what is missing, it is sent again,
        and no proof is asked for.
        """
        bureau.partner = None

        answer = await webhook(bureau, AssertionError()).accept({}, event(EventName=name))

        assert (503, "ConfigurationError", None) == (
            answer.status,
            answer.body["title"],
            answer.message,
        )
        assert answer.body["detail"].startswith("partner_center: expected")

    @pytest.mark.parametrize(
        ("ago", "status"),
        [
            pytest.param(timedelta(0), "accepted", id="new"),
            pytest.param(OLD, "accepted", id="a-week"),
            pytest.param(OLD + timedelta(seconds=1), "old", id="more"),
            pytest.param(timedelta(days=-30), "accepted", id="to-come"),
        ],
    )
    async def test_old(self, bureau, ago, status):
        """What happened more than a week ago is nobody's news: a signature has no time."""
        told = event(ResourceChangeUtcDate=(NOW - ago).isoformat())

        answer = await webhook(bureau).accept({}, told)

        assert status == answer.body["status"]
        assert (answer.message is None) == (status == "old")

    @pytest.mark.parametrize("told", [None, "soon", 7, ""])
    async def test_no_time(self, bureau, told):
        """An event that tells no time is taken."""
        assert 202 == (await webhook(bureau).accept({}, event(ResourceChangeUtcDate=told))).status

    async def test_file_wrong(self, bureau):
        """Under a file with a slip of the pen events are taken, and wait until it is mended."""

        def wrong() -> Any:
            raise ConfigurationError("wrong")

        answer = await Webhook(Signed(), wrong, bureau.clock).accept({}, event())

        assert 202 == answer.status
