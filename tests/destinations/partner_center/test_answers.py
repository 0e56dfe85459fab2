"""Partner Center's answers to a creation."""

from __future__ import annotations

import httpx
import pytest

from leadshare.deliveries.delivery import Deferred, Rejected
from tests.builders import NOW
from tests.destinations.partner_center.builders import told
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.partner_center import failure


class TestFirst:
    @pytest.mark.parametrize(
        ("answer", "became", "failing"),
        [
            (httpx.Response(201, json={}), Deferred("unreadable_answer"), True),
            (httpx.Response(201, text="{"), Deferred("unreadable_answer"), True),
            (failure(400, "invalidRequest"), Rejected("partner_center_invalidRequest"), False),
            (failure(409, "generalException"), Deferred("changed_meanwhile"), False),
            (failure(507, "generalException"), Deferred("http_507"), True),
        ],
    )
    async def test_answers(self, account, there, answer, became, failing):
        """Whatever is answered to the creation is read."""
        account.faults, account.unavailable = [Fault.UNAVAILABLE], lambda: answer

        reply = await there.deliver([told()], NOW)

        assert ((became,), failing) == (reply.outcomes, reply.failing)
