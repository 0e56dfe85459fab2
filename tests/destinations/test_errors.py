"""What a refused description or erasure is, and is not."""

from __future__ import annotations

import httpx
import pytest

from leadshare.client.errors import SignInFailed
from leadshare.deliveries.delivery import Deferred
from leadshare.destinations.base import Destination
from leadshare.destinations.errors import Refused
from leadshare.destinations.settings import DestinationSettings
from tests.builders import NOW, delivery


class Raising(Destination[DestinationSettings]):
    """Raises what it is given, once its request has left."""

    def __init__(self, error: Exception) -> None:
        settings = DestinationSettings.model_validate({"name": "crm"}, context={})
        super().__init__(settings, httpx.AsyncClient())
        self.error = error

    async def hand_over(self, deliveries, now):  # noqa: ARG002 - as the base has it
        raise self.error


class TestRefused:
    async def test_has_left(self):
        """Only who was not let in has surely sent nothing; a refusal uses up an attempt."""
        free = await Raising(SignInFailed("sign_in_failed")).deliver([delivery()], NOW)

        assert (Deferred("sign_in_failed", counts=False),) == free.outcomes
        with pytest.raises(Refused, match="erase_refused"):
            await Raising(Refused("erase_refused")).deliver([delivery()], NOW)
