"""A publisher with tracks: leads in a table, and systems that take records and steps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

from leadshare.client.counting import count_one
from leadshare.configuration.models import Configuration
from leadshare.deliveries.delivery import SCHEDULE, Accepted, Delivery, Reply
from leadshare.deliveries.house import House
from leadshare.deliveries.tick import Ticker
from leadshare.leads.nurturing.steps import Steps
from leadshare.leads.planning.moving import ended
from leadshare.leads.planning.raising import Terms as Plan
from leadshare.leads.routing import Routes
from leadshare.leads.tracks.standing import Terms
from leadshare.leads.waiting.unclocked import Unclocked
from leadshare.lifecycle.step import Step, Verb
from tests.builders import IDENTITY, configuration
from tests.laws.checker import violations
from tests.leads.office import LeadOffice
from tests.memory import MemoryTable

DAY: Final = timedelta(days=1)

VERBS: Final = {
    "crm": frozenset({Verb.TASK, Verb.NOTE, Verb.LIST, Verb.LEAVE}),
    "desk": frozenset({Verb.NOTICE}),
    "hook": frozenset({Verb.EVENT}),
}

COLD: Final = {
    "LeadSource": "SPZA-PLT|pub.one",
    "Title": "",
    "Description": "",
    "ActionCode": "PLT",
    "Country": "DE",
}
"""A customer of whom too little is known to be sales-ready."""

HOT: Final = {**COLD, "Title": "CEO", "Description": "Please call: we need a quote for 200 seats."}
"""One who is ready."""

STEPS: Final = [
    {"after_days": 1, "do": "task", "text": "Call"},
    {"after_days": 1, "do": "list", "at": "crm", "into": "11"},
    {"after_days": 1, "do": "event", "at": "hook"},
    {"after_days": 2, "do": "notice", "text": "Still there"},
    {"after_days": 1, "do": "note", "text": "Nobody"},
]


def track(*steps: Any, **changes: Any) -> dict[str, Any]:
    """A track of AppSource's leads with these steps, else with one of each kind."""
    return {
        "id": "nurture",
        "kind": "nurture",
        "basis": "consent",
        "step": [*(steps or STEPS)],
        **changes,
    }


def told(*tracks: Any, **changes: Any) -> Configuration[Any]:
    """A configuration of a CRM, a notice and a webhook, and these tracks."""
    return configuration(
        *({"name": "crm"}, {"name": "desk", "follows_up": False}, {"name": "hook"}),
        **{"track": [*(tracks or [track()])], **changes},
    )


class System:
    """A destination that takes records and steps, and answers as told."""

    def __init__(self, name: str) -> None:
        self.name, self.batch_size, self.rate, self.verbs = name, 2, None, VERBS[name]
        self.settings: Any = SimpleNamespace(
            schedule=SCHEDULE, timeout=30.0, concurrency=1, follows_up=name != "desk"
        )
        self.answer: Any = Accepted("r1")
        self.taken: list[tuple[datetime, Delivery]] = []
        """What arrived, and when: however it was answered."""
        self.lists: dict[str, set[str]] = {}
        """By list: the leads that are on it."""
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
        await self.wait()
        return Reply((Accepted("r1"),) * len(deliveries), 200)

    async def carry_out(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Carry steps out, by their ids once."""
        count_one()
        await self.wait()
        for one in deliveries:
            self._take(one, now)
        await self.wait()
        return Reply((self.answer,) * len(deliveries), 200)

    def _take(self, delivery: Delivery, now: datetime) -> None:
        step = delivery.step
        assert step is not None
        assert step.verb in self.verbs
        self.taken.append((now, delivery))
        if isinstance(self.answer, Accepted) and step.verb is Verb.LIST:
            self.lists.setdefault(step.into, set()).add(delivery.lead)
        if isinstance(self.answer, Accepted) and step.verb is Verb.LEAVE:
            self.lists.get(step.into, set()).discard(delivery.lead)

    async def look_up(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Nobody asks for it."""
        raise NotImplementedError

    forget = look_up

    @property
    def steps(self) -> list[Step]:
        """The steps that arrived."""
        return [one.step for _, one in self.taken if one.step]


class Office(LeadOffice):
    """That publisher, whose systems all of its lanes are for."""

    def __init__(
        self,
        configured: Configuration[Any] | None = None,
        table: MemoryTable | None = None,
        state: MemoryTable | None = None,
    ) -> None:
        self.systems = {name: System(name) for name in VERBS}
        super().__init__(configured or told(), table, state)

    def configure(self, configured: Configuration[Any]) -> None:
        """Go on under another configuration."""
        super().configure(configured)
        terms = Terms(configured.tracks, configured.outreach, configured.scoring, VERBS)
        routes = Routes.of(configured)
        self.steps = Steps(
            self.context,
            terms,
            lambda story, lead, over: ended(
                story, lead, over, Plan(routes, configured.scoring, self.clock())
            ),
        )
        self.house = House(self.context, (Unclocked(self.table), self.steps))

    def __getattr__(self, name: str) -> System:
        """A system, by its name."""
        return self.__dict__["systems"][name]  # type: ignore[no-any-return]  # of a plain dict

    async def touch(self, number: int = 1, **changes: Any) -> None:
        """A customer acts, of whom too little is known unless told."""
        await super().touch(number, **{**COLD, **changes})

    @property
    def ticker(self) -> Ticker:
        """What works all lanes off, and then the house lane."""
        return Ticker(self.context, [*self.systems.values()], chores=[self.house])

    async def tick(self, after: timedelta = timedelta(0)) -> None:
        """Let time pass, and everything happen that is due then; what is owed by it, too."""
        self.now += after
        ticker = self.ticker
        for _ in range(3):
            self.house.looked_at = datetime.fromtimestamp(0, self.now.tzinfo)
            await ticker.tick(timedelta(seconds=30))
            self.check()

    def lead(self, lead: str) -> dict[str, Any]:
        """The row of a lead."""
        return next(one for one in self.table.values("lead") if one["lead"] == lead)

    def attempts(self) -> list[tuple[str, str, str]]:
        """What steps came to, in their order: the verb, the outcome, and why."""
        rows = sorted(
            (key.split("|")[4], values["verb"], values["outcome"], values["reason"])
            for (_, key), (values, _) in self.table.rows.items()
            if "|attempt|" in key and values.get("kind") == "step"
        )
        return [(verb, outcome, why) for _, verb, outcome, why in rows]

    def check(self, *, settled: bool = True) -> None:
        """All rows keep the laws; *settled* says that nothing is queued any more."""
        rows = [(part, key, values) for (part, key), (values, _) in self.table.rows.items()]
        wrong = violations(
            rows,
            settled=settled,
            identity=IDENTITY,
            notices=["desk"],
            scoring=self.configured.scoring,
        )
        assert not wrong, wrong
