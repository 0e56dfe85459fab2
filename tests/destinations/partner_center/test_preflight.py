"""A referral's preflight: what Partner Center refuses is a finding, and no crash."""

from __future__ import annotations

import httpx
import pytest

from leadshare.destinations.description import Finding
from leadshare.destinations.preflight.inspect import inspect
from tests.builders import NOW
from tests.destinations.simulators.base import destination_of
from tests.destinations.simulators.partner_center_referral import Account


class TestRefused:
    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (httpx.Response(429), "throttled"),
            (httpx.Response(403), "forbidden"),
            (httpx.Response(404), "http_404"),
            (httpx.Response(200, text="<p>"), "unreadable_answer"),
        ],
    )
    async def test_found(self, answer, reason):
        """A search that is refused says why nothing could be compared."""
        account = Account()
        there = destination_of(
            account.SETTINGS,
            account.ENVIRONMENT,
            lambda request: answer if request.method == "GET" else account.handle(request),
        )

        assert [Finding(reason)] == await inspect(there, [], NOW)
