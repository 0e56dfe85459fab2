"""A world in which destinations are asked what became of leads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from leadshare.client.counting import count_one
from leadshare.deliveries.asking.outcomes import Asking
from leadshare.destinations.asking import Asker
from leadshare.destinations.settings import OutcomeSettings
from leadshare.lifecycle.outcome import Changed, Outcome, Records, State
from tests.builders import IDENTITY
from tests.deliveries.world import FakeDestination, World, a_lead

EVERY = timedelta(minutes=5)


class Crm(FakeDestination):
    """A destination that tells what became of leads, as a test says."""

    sweep_size, asked_every = 2, EVERY

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        told = OutcomeSettings.model_construct(outcomes=True)
        for name, value in vars(self.settings).items():
            object.__setattr__(told, name, value)
        self.settings = told
        self.asked: list[str] = []
        self.swept: list[Records] = []
        self.pages: list[Changed | Exception] = []
        self.gone: set[str] = set()
        self.faults: list[Exception] = []

    async def changed(self, cursor: str, now: Any) -> Changed:
        """Tell the next page, or what has changed since: nothing."""
        del now
        count_one()
        self.asked.append(cursor)
        page = self.pages.pop(0) if self.pages else Changed((), cursor)
        if isinstance(page, Exception):
            raise page
        return page

    async def current(self, records: Records, now: Any) -> Sequence[Outcome]:
        """Tell of each record whether it is gone."""
        count_one()
        self.swept.append(records)
        if self.faults:
            raise self.faults.pop(0)
        return [Outcome(one, self.name, now, State.GONE) for one in records if one in self.gone]


class Book:
    """What outcomes were written down, or why they were not."""

    def __init__(self) -> None:
        self.told: list[Outcome] = []
        self.fault: Exception | None = None

    async def record(self, outcomes: Sequence[Outcome], *, asked: bool) -> None:
        """Write them down."""
        assert asked
        if self.fault:
            raise self.fault
        self.told += outcomes


class AskingWorld(World):
    """A world in which destinations are asked."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book()

    def ticker(self, *destinations: FakeDestination, holder: str = "h") -> Any:
        """A ticker that asks, too."""
        ticker = super().ticker(*destinations, holder=holder)
        asking = Asking(self.table, Asker(), self.book, IDENTITY.index_name)
        object.__setattr__(ticker.context, "asking", asking)
        return ticker

    async def later(self, crm: Crm, time: timedelta = EVERY) -> None:
        """A tick, so much later."""
        self.now += time
        await self.tick(crm)


def outcome(world: World, state: State = State.WON, number: int = 1) -> Outcome:
    """What became of a lead."""
    return Outcome(a_lead(number), "crm", world.now, state)
