"""Operators: mail the report of the week, once, whatever ends a process on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Final, Protocol

from leadshare.errors import Conflict
from leadshare.operators.models.reports import Report
from leadshare.operators.reports.letter import Written, written
from leadshare.operators.reports.report import Reporter
from leadshare.store.keys import MAILED, STATE
from leadshare.store.lease import Lease, LeasedRow, acquire, release, renew
from leadshare.times import EPOCH, is_recent

log = logging.getLogger("leadshare.operators.reports.mailing")

AT: Final = time(6)
"""When it is mailed, by the clocks of the zone: all of the week before was summed by then."""

LATEST: Final = timedelta(hours=24)
"""How much later it is mailed at most: who gets it on a Wednesday looks for a mistake."""

RETRY: Final = timedelta(minutes=15)

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a letter: taken where there is no reason."""

    reason: str = ""
    hold: timedelta | None = None
    unclear: bool = False
    """Whether it may have left."""


class Post(Protocol):
    """Who takes letters."""

    async def send(self, letter: Written, name: str, now: datetime) -> Posted:
        """Hand in a letter under a *name* of its own, the same for a repeat."""


@dataclass(frozen=True, slots=True)
class Mailing(Lease):
    """How far mailing has come; weeks are told by the day on which they are mailed."""

    begun: str = ""
    """The week whose report may have left."""
    done: str = ""
    """The week that nothing more is done for."""
    look_at: datetime = EPOCH


@dataclass(slots=True)
class WeeklyMail:
    """Mails the report of the seven days before a weekday, as a chore of the tick."""

    reporter: Reporter
    post: Post
    weekday: str
    new_id: Callable[[], str]
    lease: timedelta
    done: str = ""
    """The week that is done, as this process knows it."""

    @property
    def name(self) -> str:
        """What this chore of the tick is called in logs."""
        return "report"

    async def work(self) -> None:
        """Mail it if it is due; what fails is tried again for a day."""
        now = self.reporter.now()
        week = self._week(now)
        if not week or week == self.done:
            return
        row = LeasedRow(self.reporter.state, STATE, MAILED, Mailing)
        found = await row.read()
        rests = timedelta(0) < found.look_at - now <= LATEST
        mine = None if rests else acquire(found, self.new_id(), now, self.lease)
        if found.done == week:
            self.done = week
        elif mine is not None:
            with suppress(Conflict):  # Another process was faster.
                await self._mail(row, mine, week, now)

    def _week(self, now: datetime) -> str:
        """Return the day whose report is to be mailed by now; nothing where it is none's time."""
        local = now.astimezone(self.reporter.zone)
        back = (local.weekday() - WEEKDAYS.index(self.weekday)) % 7
        day = local.date() - timedelta(days=back)
        due = datetime.combine(day, AT, self.reporter.zone)
        return day.isoformat() if is_recent(due, now, LATEST) else ""

    async def _mail(self, row: LeasedRow[Mailing], mine: Mailing, week: str, now: datetime) -> None:
        """Say that it may leave, in a write of its own, have it leave, and say how it went."""
        if mine.begun == week:
            # Whoever began it has died on the way: told twice it is noise that people overlook.
            posted = Posted("died", unclear=True)
        else:
            await row.write(mine)
            letter = written(await self.reporter.report(_of(week), open_=False))
            begun = replace(mine, begun=week)
            await row.write(renew(begun, self.reporter.now(), self.lease))
            posted = await self.post.send(letter, f"report {week}", now)
        again = bool(posted.reason) and not posted.unclear
        log.log(
            logging.WARNING if posted.reason else logging.INFO,
            "report.mailed",
            extra={"week": week, "reason": posted.reason, "may_have_left": posted.unclear},
        )
        kept = replace(
            row.value,
            begun="" if again else week,
            done=row.value.done if again else week,
            look_at=now + (posted.hold or RETRY) if again else EPOCH,
        )
        await row.write(release(kept))


def _of(week: str) -> Report:
    """Return the question for the seven days before a day, by listing."""
    day = datetime.fromisoformat(week).date()
    days = {"first": day - timedelta(days=7), "last": day - timedelta(days=1)}
    told = {name: one.isoformat() for name, one in days.items()}
    return Report.model_validate({"by": "listing", **told})
