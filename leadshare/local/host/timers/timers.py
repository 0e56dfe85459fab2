"""Local host: run the functions that have timer triggers."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from leadshare.local.host.timers.ncrontab import Cron, Schedule
from leadshare.local.host.waiting import is_set_within
from leadshare.local.host.worker.invocation import InvocationFailed, Runner

NEVER = datetime(1, 1, 1, tzinfo=UTC)
NAP = 0.25  # seconds: how soon a jump of the clock, such as a laptop's waking, is seen

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Status:
    """When a timer ran last and is to run next."""

    last: datetime
    next: datetime
    updated: datetime

    def write(self) -> dict[str, str]:
        """Write it as the host does."""
        moments = {"Last": self.last, "Next": self.next, "LastUpdated": self.updated}
        return {name: moment.isoformat() for name, moment in moments.items()}

    @classmethod
    def read(cls, tree: dict[str, str]) -> "Status":
        """Read what `write` wrote."""
        names = ("Last", "Next", "LastUpdated")
        return cls(*(datetime.fromisoformat(tree[name]) for name in names))


def first_status(schedule: Schedule, now: datetime) -> Status:
    """Make the status of a timer that never ran."""
    return Status(NEVER, schedule.after(now), now)


def resume(status: Status, schedule: Schedule, now: datetime) -> Status:
    """Take up a kept status; a schedule that was changed meanwhile cannot be past due."""
    base = status.updated if status.last == NEVER else status.last
    expected = schedule.after(base)
    if status.next == expected:
        return status
    if now > expected:
        return first_status(schedule, now)
    return Status(NEVER, expected, base)


class Timer:
    """Runs one function on its schedule, one run at a time."""

    def __init__(
        self,
        runner: Runner,
        schedule: Schedule,
        clock: Clock,
        state: Path | None,
    ) -> None:
        trigger = runner.function.trigger
        self._runner = runner
        self._schedule = schedule
        self._clock = clock
        self._on_startup = bool(trigger.get("runOnStartup"))
        self._monitored = trigger.get("useMonitor", True) and not schedule.subminute
        self._file = state / f"{runner.function.name}.json" if state and self._monitored else None
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Run the function whenever it is due, until told to stop."""
        status = self._load()
        past_due = self._monitored and self._clock() > status.next
        if past_due or self._on_startup:
            status = await self._fire(status, past_due=past_due)
        while await self._wait_until(status.next):
            status = await self._fire(status, past_due=False)

    def stop(self) -> None:
        """Start no further run."""
        self._stopping.set()

    async def _wait_until(self, moment: datetime) -> bool:
        """Wait; tell whether to go on."""
        while not self._stopping.is_set():
            seconds = (moment - self._clock()).total_seconds()
            if seconds <= 0:
                return True
            await is_set_within(min(seconds, NAP), self._stopping)
        return False

    async def _fire(self, status: Status, *, past_due: bool) -> Status:
        """Run the function once; what follows does not depend on how it went."""
        now = self._clock()
        task = asyncio.create_task(self._runner.run(lambda: self._timer_info(status, past_due)))
        with suppress(InvocationFailed):  # it is in the log, and the timer goes on
            await task
        status = Status(now, self._schedule.after(now), now)
        self._save(status)
        return status

    def _timer_info(self, status: Status, past_due: bool) -> str:  # noqa: FBT001  # a fact
        """Write what the worker is sent."""
        return json.dumps(
            {
                "Schedule": {"AdjustForDST": isinstance(self._schedule, Cron)},
                "ScheduleStatus": status.write() if self._monitored else None,
                "IsPastDue": past_due,
            }
        )

    def _load(self) -> Status:
        now = self._clock()
        if self._file is None or not self._file.exists():
            status = first_status(self._schedule, now)
        else:
            status = resume(Status.read(json.loads(self._file.read_text())), self._schedule, now)
        self._save(status)
        return status

    def _save(self, status: Status) -> None:
        """Keep the status; replaced whole, so that a kill leaves the old one or the new one."""
        if self._file is None:
            return
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(status.write()))
        draft.replace(self._file)
