"""Deliveries: carry out what is due, destination by destination, and leave the rest due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from leadshare.deliveries.calling import Destination
from leadshare.deliveries.lanes.hold import Turns
from leadshare.deliveries.lanes.visit import read_message
from leadshare.deliveries.worker import Worker, WorkerContext
from leadshare.errors import LeadshareError, Unexpected, Unreadable

log = logging.getLogger("leadshare.deliveries.tick")


class Feed(Protocol):
    """Another source of leads: what a tick works off beside the lanes, whenever that is due."""

    @property
    def name(self) -> str: ...
    async def work(self, end: float) -> None: ...


class Chore(Protocol):
    """What a tick does after all that, by a due time of its own, whatever the lanes do."""

    @property
    def name(self) -> str: ...
    async def work(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Ticker:
    """Works off all lanes and feeds at once; one lane, where a nudge asks for it."""

    context: WorkerContext
    destinations: Sequence[Destination]
    feeds: Sequence[Feed] = ()
    chores: Sequence[Chore] = ()

    async def tick(self, budget: timedelta) -> None:
        """Deliver what is due until nothing is, or until *budget* is spent.

        Raises the first fault once all other lanes, feeds and chores have been worked off. Nudges
        only make it sooner: without any, ticks alone deliver everything.
        """
        started = asyncio.get_running_loop().time()
        end = started + budget.total_seconds()
        turns = Turns({destination.name for destination in self.destinations})
        workers = [Worker(self.context, one, end, turns=turns) for one in self.destinations]
        lanes, sources = await asyncio.gather(
            _faults({worker.destination.name: _in_turn(worker, turns) for worker in workers}),
            _faults({feed.name: feed.work(end) for feed in self.feeds}),
        )
        took = round((asyncio.get_running_loop().time() - started) * 1000)
        statuses = {w.destination.name: w.status | dict(w.tally) for w in workers if w.status}
        log.info("tick.done", extra={"lanes": statuses, "milliseconds": took})
        for name, fault in lanes.items():
            log.error("lane.failed", extra={"destination": name, "fault": str(fault)})
        for name, fault in sources.items():
            log.error("source.failed", extra={"source": name, "fault": str(fault)})
        chores = await _faults({chore.name: chore.work() for chore in self.chores})
        for name, fault in chores.items():
            log.error("chore.failed", extra={"chore": name, "fault": str(fault)})
        for fault in (*lanes.values(), *sources.values(), *chores.values()):
            raise fault

    async def visit(self, message: bytes, budget: timedelta) -> None:
        """Work off the lane that a nudge, as the queue has it, asks for; never raises.

        What fails is told and left to the next tick: a message that came back would be no sooner.
        """
        try:
            nudge = read_message(message)
            destination = self._named[nudge.lane]
            end = asyncio.get_running_loop().time() + budget.total_seconds()
            await Worker(self.context, destination, end, nudge).work()
        except (KeyError, Unreadable):
            # Another build's, or of a destination that was taken out of the configuration.
            log.warning("nudge.unknown")
        except Exception as error:  # noqa: BLE001 - see above
            fault = str(_ours(error))
            log.error("lane.failed", extra={"destination": nudge.lane, "fault": fault})  # noqa: TRY400 - the trace may quote data

    @property
    def _named(self) -> Mapping[str, Destination]:
        return {destination.name: destination for destination in self.destinations}


async def _in_turn(worker: Worker, turns: Turns) -> None:
    try:
        await worker.work()
    finally:
        turns.end(worker.destination.name)


async def _faults(works: Mapping[str, Awaitable[None]]) -> dict[str, LeadshareError]:
    """Have all *works* done at once; return what went wrong, by the name of what failed."""
    results = await asyncio.gather(*works.values(), return_exceptions=True)
    return {
        name: _ours(result)
        for name, result in zip(works, results, strict=True)
        if isinstance(result, BaseException)
    }


def _ours(error: BaseException) -> LeadshareError:
    return error if isinstance(error, LeadshareError) else Unexpected.of(error)
