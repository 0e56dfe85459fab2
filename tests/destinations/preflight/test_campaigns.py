"""A preflight asks for the campaigns that a CRM is to have, and tells those that it has not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import httpx
import pytest

from leadshare.destinations.base import Destination
from leadshare.destinations.description import Finding
from leadshare.destinations.preflight.inspect import inspect
from leadshare.destinations.settings import DestinationSettings
from leadshare.reason import Problem, Reason
from tests.builders import NOW


class _Crm(Destination[DestinationSettings]):
    """A CRM that has the campaigns whose ids are its own."""

    def __init__(self, campaigns: dict[str, str], own: Collection[str]) -> None:
        told = DestinationSettings.model_validate({"name": "crm"})
        super().__init__(told, httpx.AsyncClient())
        self.campaigns, self.own = campaigns, own

    async def unknown_campaigns(self, now: datetime) -> Collection[str]:  # noqa: ARG002 - asked so
        """Those whose ids are not its own; that it is asked without any is a fault."""
        assert self.campaigns
        if "broken" in self.own:
            raise httpx.ConnectError("no answer")
        return {one for one, theirs in self.campaigns.items() if theirs not in self.own}


@pytest.mark.parametrize(
    ("campaigns", "own", "expected"),
    [
        ({}, [], []),
        ({"autumn": "701"}, ["701"], []),
        (
            {"spring": "703", "autumn": "701", "winter": "702"},
            ["702"],
            [
                Finding(Problem.CAMPAIGN_UNKNOWN, "autumn", "701"),
                Finding(Problem.CAMPAIGN_UNKNOWN, "spring", "703"),
            ],
        ),
        ({"autumn": "701"}, ["broken"], [Finding(Reason.UNREACHABLE)]),
    ],
    ids=["none", "there", "not-there", "no-answer"],
)
async def test_campaigns(campaigns: dict[str, str], own: list[str], expected: list[Any]) -> None:
    """Each that is not there is told by our id and by the one that was sought."""
    assert expected == await inspect(_Crm(campaigns, own), [], NOW)
