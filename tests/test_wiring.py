"""Wiring: what is configured is built, or refused with the name of what cannot work."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leadshare.destinations.building import build_destinations
from leadshare.errors import ConfigurationError
from tests.destinations.simulators.base import TYPES
from tests.destinations.simulators.marketo import Account as Marketo
from tests.destinations.simulators.webhook import Account as Webhook


def settings(account: Any, **changes: Any) -> Any:
    """The settings of a destination that is an account."""
    told = {**account.SETTINGS, **changes}
    return TYPES[told["type"]].model_validate(told, context=account.ENVIRONMENT)


def build(*told: Any, **changes: Any) -> list[Any]:
    """Build destinations as in Azure."""
    options: dict[str, Any] = {"local": False, "lease": timedelta(seconds=60), **changes}
    return build_destinations(told, **options)


class TestBuild:
    def test_all(self):
        """
        Each destination is built under its name.
        """
        built = build(settings(Webhook, name="one"), settings(Webhook, name="other"))

        assert ["one", "other"] == [destination.name for destination in built]

    def test_serial(self):
        """
        Two destinations at one Marketo would overlap and double persons: that is refused.
        """
        with pytest.raises(ConfigurationError, match="crm: expected no other"):
            build(settings(Marketo), settings(Marketo, name="other"))

    def test_other_instance(self):
        """
        Two instances of Marketo are two accounts.
        """
        other = settings(Marketo, name="other", url="https://999-XYZ-999.mktorest.com/rest")

        assert 2 == len(build(settings(Marketo), other))

    def test_lease(self):
        """
        A call that may outlast the lane's lease is refused.
        """
        with pytest.raises(ConfigurationError, match="crm: expected a timeout below LANE_LEASE"):
            build(settings(Webhook), lease=timedelta(seconds=20))

    def test_plain_http(self):
        """
        Plain http is for local use.
        """
        told = settings(Webhook, url="http://127.0.0.1:9/x")

        assert build(told, local=True)
        with pytest.raises(ConfigurationError, match="crm: expected https"):
            build(told)
