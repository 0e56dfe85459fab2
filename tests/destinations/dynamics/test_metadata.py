"""What Dataverse says of its table: whether the key is one, and whether there is any."""

from __future__ import annotations

import pytest

from leadshare.destinations.errors import Refused
from tests.builders import NOW
from tests.destinations.dynamics.builders import answered, dynamics_at, refused


class TestDescription:
    async def test_key(self, dataverse, tokens):
        """An alternate key must be there, be active and be that column alone."""
        keyed = dynamics_at(dataverse.handle, tokens, key="ls_leadkey")

        before = await keyed.describe(NOW)
        dataverse.key = "ls_leadkey"

        assert (False, True) == (before.key_unique, (await keyed.describe(NOW)).key_unique)

    async def test_no_table(self):
        """An environment without the lead table cannot be described."""
        missing = refused(404, "0x80060888")

        with pytest.raises(Refused, match="table_missing"):
            await dynamics_at(answered(*[missing] * 5)).describe(NOW)
