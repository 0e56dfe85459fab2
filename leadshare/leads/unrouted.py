"""Leads: leads that nobody takes: tell of each, tell how many there are, plan them again."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from leadshare.configuration.models import Catalogue
from leadshare.deliveries.delivery import Kind
from leadshare.leads.follow_up import REROUTED, newly_unrouted, reroute
from leadshare.leads.held import read_held
from leadshare.leads.routing import Routes, Routing
from leadshare.store.keys import (
    all_unfollowed,
    due_elsewhere,
    index_time,
    lead_key,
    partition_of,
)
from leadshare.store.reading import Found, everywhere
from leadshare.store.retrying import until_written
from leadshare.store.table import Change, Row, Table
from leadshare.telemetry.signals import among
from leadshare.times import EPOCH, from_text, is_recent

log = logging.getLogger("leadshare.leads.unrouted")

COUNTED: Final = 1000
"""Rows of a range that are counted at most."""

EVERY: Final = timedelta(minutes=15)
"""How often it is told how many there are: as often as the alert looks."""

Span = tuple[tuple[str, str], dict[str, str]]
"""A range of keys, and what its columns must equal."""


def log_unrouted(changes: Sequence[Change], catalogue: Catalogue) -> None:
    """Log a line for each lead that *changes*, which were made, leave unrouted."""
    for told in newly_unrouted(changes):
        log.warning(
            "unrouted.found",
            extra={
                **{name: told[name] for name in ("lead", "storefront", "intent", "stage")},
                "listing": among(told["listing"], catalogue.ids),
            },
        )


def spans(routing: str, destinations: Collection[str] | None) -> Iterator[Span]:
    """Yield where leads are that nobody takes: such by their *routing*, in the index first.

    What is due at none of the *destinations*, all that are configured, counts as unrouted.
    """
    yield all_unfollowed(routing), {}
    if routing == Routing.UNROUTED and destinations is not None:
        yield from ((span, {"kind": Kind.DELIVER.value}) for span in due_elsewhere(destinations))


def since_of(row: Row) -> datetime:
    """Return since when nobody takes what an index row or a due row is about."""
    owed = row.values.get("owed_since")
    return from_text(owed) if owed else index_time(row.key)


@dataclass(slots=True)
class UnroutedCount:
    """How many there are, as far as they were counted."""

    leads: int = 0
    deliveries: Counter[str] = field(default_factory=Counter)
    """What is due at a destination that is no longer configured, by its name."""
    oldest: datetime | None = None
    more: bool = False

    def add(self, found: Found) -> None:
        """Count what was *found* in one range."""
        for row in found.rows:
            destination = row.values.get("destination")
            if destination:
                self.deliveries[destination] += 1
            else:
                self.leads += 1
            self.oldest = min(self.oldest or since_of(row), since_of(row))
        self.more |= found.full


async def count(table: Table, destinations: Collection[str] | None) -> UnroutedCount:
    """Count the unrouted; without *destinations*, while nobody knows them, by the index alone."""
    counted = UnroutedCount()
    columns = ("destination", "owed_since")
    reads = (
        everywhere(table, span, limit=COUNTED, columns=columns, where=where)
        for span, where in spans(Routing.UNROUTED, destinations)
    )
    for found in await asyncio.gather(*reads):
        counted.add(found)
    return counted


@dataclass(slots=True)
class Unrouted:
    """Tells how many leads nobody takes under a configuration, and plans them again."""

    table: Table
    catalogue: Catalogue
    routes: Routes
    clock: Callable[[], datetime]
    told_at: datetime = EPOCH

    @property
    def name(self) -> str:
        """What this chore of the tick is called in logs."""
        return "unrouted"

    @property
    def destinations(self) -> frozenset[str]:
        """The names of all that are configured."""
        return self.routes.names

    @property
    def digest(self) -> str:
        """What is another where leads would be planned otherwise."""
        return self.routes.digest

    async def work(self) -> None:
        """Log, every quarter of an hour, how many there still are."""
        now = self.clock()
        if is_recent(self.told_at, now, EVERY):
            return
        counted = await count(self.table, self.destinations)
        self.told_at = now
        deliveries = counted.deliveries.total()
        oldest = max(now - counted.oldest, timedelta(0)) if counted.oldest else timedelta(0)
        log.log(
            logging.WARNING if counted.leads or deliveries else logging.INFO,
            "unrouted.counted",
            extra={
                "leads": counted.leads,
                "deliveries": deliveries,
                "oldest_ms": round(oldest.total_seconds() * 1000),
            },
        )

    async def reroute(self, lead: str) -> bool:
        """Route a *lead* as is told today; say whether that took it from those nobody takes."""
        partition = partition_of(lead)

        async def write() -> list[Change]:
            held = await read_held(self.table, lead, REROUTED)
            if lead not in held.leads:
                return []
            transactions = reroute(held, lead, self.routes, self.clock())
            for changes in transactions:
                await self.table.write(partition, changes)
                log_unrouted(changes, self.catalogue)
            return [change for changes in transactions for change in changes]

        changes = await until_written("a contact", write)
        return any(not one.values["index"] for one in changes if one.key == lead_key(lead))
