"""App: what holds all that is kept, opened once per process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from leadshare.azure.clock import StorageClock
from leadshare.azure.queues import NudgeQueue, Queues
from leadshare.azure.table import AzureTable, open_tables, table_service
from leadshare.custody.chain import Chain
from leadshare.deliveries.lanes.nudges import Nudges
from leadshare.errors import StorageError
from leadshare.referrals.kept import ReferralStore
from leadshare.settings import Settings
from leadshare.telemetry.logs import CARRIED


@dataclass(frozen=True, slots=True)
class Stores:
    """Tables, queues, and the chain of acts."""

    table: AzureTable
    state: AzureTable
    referrals: ReferralStore
    nudges: Nudges
    queues: Queues
    chain: Chain


async def open_stores(settings: Settings, clock: StorageClock, new_id: Callable[[], str]) -> Stores:
    """Open what is there already; `StorageError` if it cannot be reached."""
    service = table_service(settings, clock.hear)
    try:
        table, state, referrals = await open_tables(service)
        chain = Chain(state, clock.now, new_id, CARRIED.carry)
        await chain.read_head()
    except StorageError:
        await service.close()  # the next try makes another
        raise
    nudges, queues = Nudges(NudgeQueue(settings)), Queues(settings)
    return Stores(table, state, ReferralStore(referrals, clock.now), nudges, queues, chain)
