"""A team with a clock: leads that wait in a table, a CRM that knows who called, and two notices."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

from leadshare.client.counting import count_one
from leadshare.configuration.clock import Clock
from leadshare.configuration.models import Configuration
from leadshare.deliveries.asking.outcomes import Asking
from leadshare.deliveries.delivery import SCHEDULE, Accepted, Delivery, Reply
from leadshare.deliveries.house import House
from leadshare.deliveries.tick import Chore, Ticker
from leadshare.leads.waiting.asking import LaneAsker
from leadshare.leads.waiting.counting import WaitingWatch
from leadshare.leads.waiting.reminders import Reminders
from leadshare.lifecycle.outcome import Answer, Changed, Habit, Outcome, Records
from tests.builders import (
    IDENTITY,
    configuration,
)
from tests.laws.checker import violations
from tests.leads.office import HOUR, LeadOffice
from tests.memory import MemoryTable

CRM = {"name": "crm", "tells_outcomes": True}
DESK = {"name": "desk", "follows_up": False}
BOSS = {"name": "boss", "follows_up": False, "channel": "field_seller"}
"""A notice that gets no leads by itself."""
TEAM = {
    "zone": "Europe/London",
    "remind_to": ["desk"],
    "escalate_to": ["boss", "desk"],
}


def told(**clock: Any) -> Configuration[Any]:
    """A configuration of a CRM that tells outcomes, two notices, and a clock."""
    return configuration(CRM, DESK, BOSS, route=[], clock={**TEAM, **clock})


class System:
    """A destination that takes whatever comes, and tells what a test has it know."""

    def __init__(self, name: str, *, asked: bool = False) -> None:
        self.name, self.asked, self.batch_size, self.rate = name, asked, 1, None
        self.settings: Any = SimpleNamespace(
            schedule=SCHEDULE, timeout=30.0, concurrency=1, follows_up=True
        )
        self.rung: list[Delivery] = []
        self.answer = Reply((Accepted("r1"),), 200)
        self.knows: list[Outcome] = []
        self.fault = ""
        self.reads: list[dict[str, str]] = []
        self.wait: Callable[[], Awaitable[None]] = partial(asyncio.sleep, 0)
        """What passes on the way to it, and on the way back."""

    def looks_up(self, _lead: str) -> bool:
        """Nothing is read back."""
        return False

    async def deliver(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Take them down."""
        del now
        count_one()
        await self.wait()
        self.rung += deliveries
        await self.wait()
        return self.answer

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Nobody asks for it."""
        raise NotImplementedError

    carry_out = look_up
    forget = look_up

    @property
    def reminders(self) -> list[tuple[str, str]]:
        """What it was told of leads that nobody has called: of which, and how urgently."""
        return [(one.lead, one.reminder.kind.value) for one in self.rung if one.reminder]


class Asker:
    """Asks a `System`."""

    def asks(self, destination: Any) -> Habit | None:
        """As many as two records at once."""
        return Habit(timedelta(minutes=5), 2) if destination.asked else None

    async def changed(self, destination: Any, cursor: str, now: Any, within: float) -> Answer:
        """Nothing has changed: what a test has it know is read by its record alone."""
        del destination, now, within
        return Answer(Changed(cursor=cursor or "c"))

    async def current(
        self, destination: Any, records: Records, now: datetime, within: float
    ) -> Answer:
        """Tell what it knows of these."""
        del now, within
        count_one()
        await destination.wait()
        destination.reads.append(dict(records))
        if destination.fault:
            return Answer(fault=destination.fault)
        return Answer(Changed(tuple(one for one in destination.knows if one.lead in records)))


class Office(LeadOffice):
    """That team, its CRM and its notices."""

    def __init__(
        self,
        configured: Configuration[Any] | None = None,
        table: MemoryTable | None = None,
        state: MemoryTable | None = None,
    ) -> None:
        self.crm, self.desk, self.boss = System("crm", asked=True), System("desk"), System("boss")
        super().__init__(configured or told(), table, state)

    def configure(self, configured: Configuration[Any]) -> None:
        """Go on under another configuration."""
        super().configure(configured)
        asking = Asking(self.table, Asker(), self.recorder, IDENTITY.index_name)
        self.context = replace(self.context, asking=asking)
        team = configured.clock
        self.chores: list[Chore] = []
        if team:
            self.chores = [WaitingWatch(self.table, team, self.clock), self.watcher(team)]

    def watcher(self, team: Clock) -> House:
        """What reminds, as a process has it."""
        asker = LaneAsker(self.context, {"crm": self.crm})
        return House(self.context, (Reminders(self.context, team, asker),))

    async def look(self) -> None:
        """Have the chores alone done, without any visit to a lane."""
        for chore in self.chores:
            await chore.work()

    @property
    def ticker(self) -> Ticker:
        """What works all lanes off, and then reminds."""
        return Ticker(self.context, (self.crm, self.desk, self.boss), chores=self.chores)

    async def tick(self, after: timedelta = timedelta(0)) -> None:
        """Let time pass, and everything happen that is due then; what is owed by it, too."""
        self.now += after
        ticker = self.ticker
        for _ in range(2):
            await ticker.tick(timedelta(seconds=30))
            self.check()

    def outcome(self, lead: str, **told: Any) -> Outcome:
        """An outcome of now."""
        return Outcome(lead, "crm", self.now, **told)

    def lead(self, number: int = 0) -> dict[str, Any]:
        """The row of a lead, in the order of their ids."""
        return self.table.values("lead")[number]

    @property
    def alarms(self) -> list[tuple[str, str]]:
        """What is due in the house lane: the time, and the kind."""
        return [
            (key.split("|")[3], values["kind"])
            for (_, key), (values, _) in sorted(self.table.rows.items())
            if key.startswith("due|_house|")
        ]

    def check(self) -> None:
        """All rows keep the laws."""
        rows = [(part, key, values) for (part, key), (values, _) in self.table.rows.items()]
        wrong = violations(
            rows,
            settled=True,
            identity=IDENTITY,
            notices=["desk", "boss"],
            scoring=self.configured.scoring,
        )
        assert not wrong, wrong


async def of_three() -> Office:
    """An office in which three leads wait, an hour apart."""
    office = Office()
    for number in range(1, 4):
        await office.take(number, Email=f"b{number}@x.example", Phone="")
        office.now += HOUR
    return office
