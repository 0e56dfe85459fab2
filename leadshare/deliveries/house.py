"""Deliveries: work off what is due and belongs to no destination; one process at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from leadshare.deliveries.delivery import USUAL
from leadshare.deliveries.worker import WorkerContext
from leadshare.errors import Conflict, LeadshareError, Unexpected
from leadshare.store.keys import HOUSE, STATE, due_by
from leadshare.store.lease import Lease, LeasedRow, acquire, release
from leadshare.store.reading import everywhere
from leadshare.store.table import Row
from leadshare.times import EPOCH, is_recent

SHARE: Final = 8
"""Rows that are worked off at once of each partition, at most."""


class Handler(Protocol):
    """What works off due rows of some kinds."""

    @property
    def kinds(self) -> Collection[str]:
        """The kinds of row that are its own, and no other's."""

    @property
    def every(self) -> timedelta:
        """How often it is looked whether any are due, at least."""

    async def work_off(self, due: Sequence[Row]) -> None:
        """Work off rows that are *due*; what fails stays due, and keeps nobody else waiting."""


@dataclass(slots=True)
class House:
    """Works off the lane of what belongs to no destination, kind by kind."""

    context: WorkerContext
    handlers: Sequence[Handler]
    looked_at: datetime = EPOCH

    @property
    def name(self) -> str:
        """What this chore of the tick is called in logs."""
        return "house"

    async def work(self) -> None:
        """Work off some of what is due, if it is time to look; the rest is left to the next."""
        now = self.context.clock()
        every = min(one.every for one in self.handlers)
        if is_recent(self.looked_at, now, every):
            return
        self.looked_at = now
        due = await everywhere(self.context.table, due_by(HOUSE, USUAL, now), limit=SHARE)
        if not due.rows:
            return
        row = LeasedRow(self.context.state, STATE, HOUSE, Lease)
        mine = acquire(await row.read(), self.context.new_id(), now, self.context.lease)
        if mine is None:
            return
        try:
            await row.write(mine)
        except Conflict:
            return  # Another process was faster.
        try:
            await self._work_off(due.rows)
        finally:
            with suppress(Conflict):  # It took longer than the lease, and another has it by now.
                await row.write(release(mine))

    async def _work_off(self, due: Sequence[Row]) -> None:
        by_kind: dict[str, list[Row]] = defaultdict(list)
        for row in due:
            by_kind[row.values["kind"]].append(row)
        faults = list[LeadshareError]()
        for handler in self.handlers:
            rows = [row for kind in handler.kinds for row in by_kind[kind]]
            try:
                await handler.work_off(rows)
            except LeadshareError as error:
                faults.append(error)  # which keeps no other kind waiting
            except Exception as error:  # noqa: BLE001 - a bug of one kind, told as ours
                faults.append(Unexpected.of(error))
        for fault in faults:
            raise fault
