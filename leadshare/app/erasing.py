"""App: build what carries out what persons may ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadshare.azure.marketplace_table import MarketplaceRows, MarketplaceTable, marketplace_client
from leadshare.custody.erasing.certificate import Certificates
from leadshare.custody.erasing.erasing import Erasing, Queues
from leadshare.custody.erasing.ordering import Erasures
from leadshare.custody.erasing.planning import System
from leadshare.custody.erasing.searching import Search
from leadshare.custody.erasing.subject import Subjects
from leadshare.custody.objecting import Objections
from leadshare.custody.rights import Rights
from leadshare.deliveries import ledger
from leadshare.deliveries.worker import WorkerContext
from leadshare.destinations.base import Destination
from leadshare.destinations.settings import CrmSettings, DestinationSettings, Erasure
from leadshare.identity import Identity


def build_rights(
    context: WorkerContext,
    identity: Identity,
    destinations: Sequence[Destination[Any]],
    microsoft: MarketplaceTable | None,
    queues: Queues,
) -> Rights:
    """Return what erases, objects and exports under one configuration."""
    table, state, clock = context.table, context.state, context.clock
    subjects = Subjects(table, identity)
    tables = [MarketplaceRows(marketplace_client(microsoft))] if microsoft else []
    erasing = Erasing(
        table,
        Search(table, state, identity, tables),
        Certificates(state, clock),
        subjects,
        {one.name: system_of(one.settings) for one in destinations},
        queues,
        context.nudger,
        clock,
        context.lease,
    )
    erasures = Erasures(erasing, context.new_id)
    return Rights(subjects, erasures, Objections(table, subjects, clock))


def system_of(told: DestinationSettings) -> System:
    """Return how a person is taken out of the records of a destination that is *told* so much."""
    kind = str(getattr(told, "type", ""))
    if not told.follows_up:
        return System(ledger.STAYS, kind)  # cards and letters, which nobody can call back
    does = told.erase if isinstance(told, CrmSettings) else Erasure.TASK
    return System(does.value, kind)
