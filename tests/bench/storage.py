"""Bench: Azurite with accounts to spare, its requests counted, its tables filled."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from azure.data.tables.aio import TableServiceClient

from leadshare.azure.table import AzureTable
from leadshare.local import azurite
from leadshare.store.keys import partition_of
from leadshare.store.table import TRANSACTION, Change

ACCOUNTS: Final = 40
WRITERS: Final = 4


@dataclass(slots=True)
class Azurite:
    """A running emulator."""

    connection: str
    folder: Path
    """Where files of this benchmark may lie."""
    log: Path
    _accounts: Iterator[int] = field(default_factory=count)

    def account(self) -> str:
        """Return the connection string of an account that nobody has used."""
        return self.connection.replace(azurite.ACCOUNT, f"account{next(self._accounts)}")


def requests(log: Path) -> Counter[str]:
    """Return how many requests of each kind an access log tells of."""
    time.sleep(0.3)  # a line is written once its answer has gone out
    return Counter(_kind(*found) for found in _LINE.findall(log.read_text()))


@contextmanager
def running() -> Iterator[Azurite]:
    """Run an emulator in a temporary folder until the end of the block."""
    accounts = ";".join(f"account{number}:{azurite.KEY}" for number in range(ACCOUNTS))
    with TemporaryDirectory(prefix="leadshare-bench-") as name, pytest.MonkeyPatch.context() as env:
        env.setenv("AZURITE_ACCOUNTS", accounts)
        folder = Path(name)
        log = folder / "azurite.log"
        with azurite.running(folder / "azurite", log) as connection:
            yield Azurite(connection, folder, log)


@asynccontextmanager
async def table(storage: str, name: str) -> AsyncIterator[AzureTable]:
    """Open a table, made if it is not there yet."""
    async with TableServiceClient.from_connection_string(storage) as service:
        yield AzureTable(await service.create_table_if_not_exists(name))


async def fill(table: AzureTable, units: Iterable[tuple[str, list[Change]]]) -> None:
    """Write *units*, the changes of one lead each, in transactions as large as they may be."""
    queue = iter(_transactions(units))

    async def write() -> None:
        for partition, changes in queue:
            await table.write(partition, changes)

    await asyncio.gather(*(write() for _ in range(WRITERS)))


def _transactions(
    units: Iterable[tuple[str, list[Change]]],
) -> Iterator[tuple[str, list[Change]]]:
    waiting: dict[str, list[Change]] = defaultdict(list)
    for lead, changes in units:
        partition = partition_of(lead)
        if len(waiting[partition]) + len(changes) > TRANSACTION:
            yield partition, waiting.pop(partition)
        waiting[partition] += changes
    yield from waiting.items()


_LINE: Final = re.compile(r'"([A-Z]+) /[a-z0-9]+/(\S+) HTTP/1\.1" \d+')


def _kind(method: str, path: str) -> str:
    """Name a request of the access log by what was asked of what."""
    place = path.partition("?")[0]
    queue, found, _ = place.partition("/messages")
    if found:
        return f"queue {queue}: {_MESSAGES[method]}"
    if place == "$batch":
        return "tables: transaction"
    name, _, key = place.partition("(")
    if key:
        return f"table {name}: {'query' if key == ')' else 'get'}"
    return f"other: {method} {place}"


_MESSAGES: Final = {"POST": "put", "GET": "get", "DELETE": "delete", "PUT": "update"}
