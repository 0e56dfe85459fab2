"""The same with what takes leads away and nurtures them, in a zone whose clock just changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC as ZERO
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from leadshare.configuration.models import Configuration
from leadshare.deliveries.house import House
from leadshare.deliveries.tick import Chore
from leadshare.deliveries.worker import WorkerContext
from leadshare.leads.held import Held
from leadshare.leads.nurturing.steps import Steps
from leadshare.leads.planning.moving import ended
from leadshare.leads.planning.raising import Terms as Plan
from leadshare.leads.routing import Routes
from leadshare.leads.tracks.standing import Terms
from leadshare.lifecycle.step import Verb
from leadshare.operators.orders.replay import Window
from leadshare.store.table import Change
from tests.builders import NOW
from tests.counts.world import Work, World, publisher
from tests.custody.erasures import Custodian
from tests.custody.keeping import retainer

STARTS: Final = (
    ("UTC", NOW),
    ("Europe/Berlin", datetime(2026, 10, 23, 20, tzinfo=ZERO)),
    ("Europe/Berlin", datetime(2026, 3, 27, 20, tzinfo=ZERO)),
    ("America/Santiago", datetime(2026, 9, 5, 1, tzinfo=ZERO)),
    ("Asia/Kathmandu", NOW),
)
"""Zones, and when it begins there: two days before the clock goes back, or forward, at midnight in
one of them; one that is three quarters of an hour off.
"""

NURTURING: Final = {
    "id": "warm-up",
    "kind": "nurture",
    "basis": "consent",
    "step": [
        {"do": "task", "at": "crm", "text": "Call"},
        {"after_days": 1, "do": "list", "at": "crm", "into": "11"},
    ],
}
TRACKED: Final = publisher(track=[NURTURING])

WHO: Final = "abc"
"""The customers of whom more is known than a phone number."""


class HarderWorld(World):
    """Objections, erasures, retention, replays and tracks besides."""

    told: Configuration[Any] = TRACKED

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        zone, self.now = STARTS[seed % len(STARTS)]
        self.zone = ZoneInfo(zone)

    @property
    def works(self) -> list[Work]:
        """What may happen, each as often as it is in here."""
        more: list[Work] = [self.erase, self.object, self.retain, self.replay, self.let_months_pass]
        return [*super().works * 2, *more]

    def office(self, host: str) -> Custodian:
        """What a host does beside classifying and delivering."""
        office = Custodian()
        office.configuration = self.told
        office.table, office.state = self.gated(host), self.state
        office.systems = {}
        office.clock = lambda: self.now  # type: ignore[method-assign]  # all go by one clock
        return office

    def erase(self, host: str) -> None:
        """A customer has all erased."""
        who = f"{self.random.choice(WHO)}@fabrikam.example"
        self.spawn(host, self.office(host).erase("email", who))

    def object(self, host: str) -> None:
        """A customer wants to hear no more."""
        who = f"{self.random.choice(WHO)}@fabrikam.example"
        self.spawn(host, self.office(host).objections.object("email", who))

    def retain(self, host: str) -> None:
        """What is of age goes."""
        self.spawn(host, retainer(self.office(host), leads_months=1, bodies_days=28).work())

    def replay(self, host: str) -> None:
        """An operator replays what is parked of a lead."""
        if leads := [values["lead"] for values in self.table.values("lead")]:
            window = Window(lead=self.random.choice(leads))
            self.spawn(host, self.office(host).replayer.replay(window, dry_run=False))

    def let_months_pass(self, _host: str) -> None:
        """Now and then so much time goes by that all is of age."""
        if self.random.random() < 0.3:
            self.now += timedelta(days=35)

    def chores(self, host: str, context: WorkerContext) -> Sequence[Chore]:
        """What goes on with erasures, and has the steps of tracks done."""
        told = self.told
        routes, verbs = Routes.of(told), {"crm": frozenset({Verb.TASK, Verb.LIST, Verb.LEAVE})}
        terms = Terms(told.tracks, told.outreach, told.scoring, verbs)

        def ending(held: Held, lead: str, over: str) -> list[list[Change]]:
            return ended(held, lead, over, Plan(routes, told.scoring, self.now))

        steps = Steps(context, terms, ending)
        return [House(context, (self.office(host).erasures().erasing, steps))]

    async def end(self) -> None:
        """Let all that is left be done; what had begun to leave has left."""
        await super().end()
        for _ in range(8):
            self.now += timedelta(days=1)
            for work in (self.tick, self.retain, self.keep):
                work("end")
                await self.flow()
