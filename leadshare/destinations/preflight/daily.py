"""Destinations: check once a day that one would take our leads, and that some get there."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from leadshare.deliveries.delivery import Delivery
from leadshare.deliveries.record import read_record
from leadshare.destinations.description import Finding
from leadshare.errors import Conflict, StorageError, Unexpected
from leadshare.reason import Problem
from leadshare.store.keys import PARTITIONS, all_seen, lead_key
from leadshare.store.reading import everywhere
from leadshare.store.table import Row, Table
from leadshare.times import EPOCH, is_recent

_ROOM: Final = 30_000
"""Characters of findings that are kept; a string of a row takes 32,768 UTF-16 units."""

log = logging.getLogger("leadshare.destinations.preflight.daily")

RECENT: Final = 64
"""Leads that are tried against what a destination says of its fields."""


TOGETHER: Final = timedelta(minutes=1)
"""How far apart destinations may be checked that the same reading of recent leads is for."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a preflight found."""

    at: datetime
    findings: tuple[Finding, ...]
    proven: bool
    """Whether a canary was written, read back and taken away."""

    def to_text(self) -> str:
        """Return the findings as JSON, the worst that fit in a string of a row."""
        texts, room = [json.dumps(asdict(finding)) for finding in self.findings], _ROOM
        for count, text in enumerate(texts):
            room -= len(text) + 2
            if room < 0:
                left = Finding(Problem.MORE_FINDINGS, value=str(len(texts) - count))
                texts[count:] = [json.dumps(asdict(left))]
                break
        return f"[{', '.join(texts)}]"


@dataclass(slots=True)
class _Newest:
    """The rows of the newest leads, read once for all destinations that are checked together.

    Their days begin together, too, and each reading is of all partitions.
    """

    rows: list[Row] = field(default_factory=list)
    read_at: datetime = EPOCH
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, table: Table, now: datetime) -> list[Row]:
        """Return them as they are in *table* about *now*."""
        async with self._reading:
            if not is_recent(self.read_at, now, TOGETHER):
                self.rows, self.read_at = await _newest(table), now
            return self.rows


async def _newest(table: Table) -> list[Row]:
    share = RECENT // len(PARTITIONS)
    try:
        seen = await everywhere(table, all_seen(), limit=share, columns=("lead",))
    except Conflict:
        return []  # there is no table yet
    gets = (table.get(row.partition, lead_key(row.values["lead"])) for row in seen.rows)
    return [row for row in await asyncio.gather(*gets) if row is not None]


@dataclass(frozen=True, slots=True)
class Preflight:
    """Checks destinations against the recent leads in a table."""

    table: Table | None
    """None where there is none to read, as on a desk where a configuration is written."""
    inspect: Callable[[Any, Sequence[Delivery], datetime], Awaitable[list[Finding]]]
    prove: Callable[[Any, datetime], Awaitable[list[Finding]]]
    allows_canary: Callable[[Any], bool]
    lacking: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By destination, the settings that leads need there and that are not told."""
    newest: _Newest = field(default_factory=_Newest)

    async def check(self, destination: Any, now: datetime, within: float | None = None) -> Report:
        """Check one destination, *within* so many seconds; whatever breaks is a finding, too."""
        try:
            async with asyncio.timeout(within):
                report = await self._check(destination, now)
        except TimeoutError:
            report = Report(now, (Finding(Problem.PREFLIGHT_TIMED_OUT),), proven=False)
        except Exception as error:  # noqa: BLE001 - a bug of one destination, told
            fault = str(error if isinstance(error, StorageError) else Unexpected.of(error))
            facts = {"destination": destination.name, "fault": fault}
            log.error("preflight.crashed", extra=facts)  # noqa: TRY400 - the trace may quote data
            report = Report(now, (Finding(Problem.PREFLIGHT_CRASHED),), proven=False)
        problems = [finding.problem for finding in report.findings]
        log.log(
            logging.ERROR if problems else logging.INFO,
            "preflight.done",
            extra={
                "destination": destination.name,
                "problems": problems,
                "leads": sum(finding.leads for finding in report.findings),
                "proven": report.proven,
            },
        )
        return report

    async def _check(self, destination: Any, now: datetime) -> Report:
        lacking = self.lacking.get(destination.name, ())
        found = [Finding(Problem.SETTING_REQUIRED, name) for name in lacking]
        found += await self.inspect(destination, await self._recent(destination.name, now), now)
        canary = not found and self.allows_canary(destination)
        failed = await self.prove(destination, now) if canary else []
        return Report(now, (*found, *failed), proven=canary and not failed)

    async def _recent(self, destination: str, now: datetime) -> list[Delivery]:
        """Return the newest leads whose route leads to *destination*, as they would go out."""
        if self.table is None:
            return []
        return [
            Delivery(
                row.values["lead"],
                destination,
                row.values["version"],
                read_record(row.values["record"]),
                now,
            )
            for row in await self.newest.of(self.table, now)
            if destination in json.loads(row.values["route"])
        ]
