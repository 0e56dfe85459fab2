"""Fixtures that many tests share: a running Azurite and tables in it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from azure.data.tables.aio import TableServiceClient
from hypothesis import settings

from leadshare.local import azurite
from leadshare.table import AzureTable

# Machines are shared and slow at times: how long an example takes says nothing. In CI the same
# examples come every time, so that what fails there fails here.
settings.register_profile("leadshare", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("leadshare")


@pytest.fixture(scope="session", name="storage")
def _storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of an Azurite that lives as long as the tests."""
    with azurite.running(tmp_path_factory.mktemp("azurite")) as connection:
        yield connection


@pytest.fixture(name="azure_table")
async def _azure_table(storage: str) -> AsyncIterator[AzureTable]:
    """An empty table in Azurite."""
    async with TableServiceClient.from_connection_string(storage) as service:
        client = await service.create_table(f"t{uuid4().hex}")
        async with client:
            yield AzureTable(client)
