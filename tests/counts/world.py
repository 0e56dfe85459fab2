"""Two hosts that count leads in one table, and die at any call."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from leadshare.configuration.models import Configuration
from leadshare.counts.contribution import unpack
from leadshare.counts.keeping import Keeper
from leadshare.deliveries.tick import Chore, Ticker
from leadshare.deliveries.worker import WorkerContext
from leadshare.errors import LeadshareError
from leadshare.leads.classify import Classifier
from leadshare.leads.counting.recount import Recount, Recounted
from leadshare.leads.outcomes.recording import Recorder
from leadshare.leads.quarantine import Quarantine
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.store.keys import PARTITIONS
from leadshare.watch.prover import Proofs
from tests.builders import (
    IDENTITY,
    NOW,
    Nudged,
    classifying,
    configuration,
    message,
    post,
    visit_ids,
)
from tests.laws.checker import violations
from tests.laws.gates import LEASE, Destination, GatedTable, Gates, Sink
from tests.memory import MemoryTable

UTC: Final = ZoneInfo("UTC")


def publisher(**changes: Any) -> Configuration[Any]:
    """A publisher with a CRM and a notice, two listings and two campaigns."""
    return configuration(
        {"name": "crm", "tells_outcomes": True},
        {"name": "bell", "follows_up": False},
        listing=[
            {"id": "contoso.robot", "title": "Robot", "kind": "app", "campaign": "spring"},
            {"id": "contoso.lake", "title": "Lake", "kind": "offer"},
        ],
        campaign=[{"id": name, "name": name, "kind": "nurture"} for name in ("spring", "fair")],
        internal_domains=["contoso.example"],
        **changes,
    )


PUBLISHER: Final = publisher()

BODIES: Final = (
    {"Country": "DE"},
    {"Country": "DE"},
    {"Country": "FR", "Title": "CEO"},
    {"Country": "nowhere", "Title": "Student"},
    {"Email": "", "Phone": "", "Company": "", "FirstName": "", "LastName": ""},
    {"Email": "own@contoso.example"},
    {"Company": "MSFT_TEST_1"},
)

WORDS: Final = ("", "", "Campaigns: fair")

SOURCES: Final = (
    "SPZA-PLT|contoso.robot",
    "SPZA-INS|contoso.robot",
    "AzureMarketplace-Create|contoso.lake",
    "SPZA-DNC|contoso.robot",
)


Work = Callable[[str], None]
"""What a host may do."""


class World:
    """What happens is drawn from a seed."""

    told: Configuration[Any] = PUBLISHER
    zone: ZoneInfo = UTC

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.table, self.state = MemoryTable(), MemoryTable()
        self.gates, self.sink = Gates(), Sink()
        self.now: datetime = NOW
        self.tasks: dict[str, list[asyncio.Task[None]]] = {"h0": [], "h1": [], "end": []}
        self.ghosts: list[asyncio.Task[None]] = []
        self.queue: dict[int, bytes] = {}
        self.touches = self.kills = 0

    async def live(self, steps: int) -> None:
        """Let so many things happen, many of them cut off; then let all end well."""
        for _ in range(steps):
            await self.step()
        await self.end()

    @property
    def works(self) -> list[Work]:
        """What may happen, each as often as it is in here."""
        return [
            *[self.touch] * 3,
            *(self.receive, self.tell, self.tick, self.keep, self.keep, self.recount, self.pass_by),
            *[self.kill] * 3,
        ]

    async def step(self) -> None:
        """Let something happen, and a host get so far with it."""
        host = self.random.choice(("h0", "h1"))
        self.random.choice(self.works)(host)
        await self.settle()
        for _ in range(self.random.choice((0, 1, 2, 3, 5, 8, 100))):
            own = [i for i, (name, _) in enumerate(self.gates.waiting) if name == host]
            if not own:
                break
            await self.open(own[0])

    def touch(self, host: str) -> None:
        """A customer acts."""
        self.touches += 1
        who = self.random.choice(BODIES)
        email = {"Email": f"{self.random.choice('abc')}@fabrikam.example"} if len(who) < 3 else {}
        source, ago = self.random.choice(SOURCES), self.random.choice((0, 0, 60, 90_000))
        said = self.random.choice(WORDS)
        body = post(**{**email, **who}, LeadSource=source, ActionCode="", Description=said)
        at = self.now - timedelta(seconds=ago)
        self.queue[self.touches] = message(body, self.touches, at)
        self.spawn(host, self.classify(host, self.touches))

    def receive(self, host: str) -> None:
        """A message comes back."""
        if self.queue:
            self.spawn(host, self.classify(host, self.random.choice(sorted(self.queue))))

    def tell(self, host: str) -> None:
        """A source tells of a lead."""
        leads = [values["lead"] for values in self.table.values("lead")]
        if not leads:
            return
        self.now += timedelta(seconds=1)  # a source tells one thing of a time
        source, state = self.random.choice(("crm", "saas")), self.random.choice(list(State))
        amount = Decimal(self.random.randint(1, 10**7)) / 100
        money = Money(amount, self.random.choice(("EUR", "USD", ""))) if amount > 20 else None
        ago = timedelta(days=self.random.choice((0, 0, 0, 1, 3)), seconds=1)
        told = Outcome(
            *(self.random.choice(leads), source, self.now - ago, state),
            money=money,
            signed_at=self.random.choice((None, self.now - ago)),
            opted_out=self.random.random() < 0.1,
        )
        recorder = Recorder(self.gated(host), *classifying(self.told), lambda: self.now, Nudged())
        self.spawn(host, recorder.record([told], asked=source == "crm"))

    def tick(self, host: str) -> None:
        """A host delivers what is due; the CRM takes it, refuses it, or loses it."""
        self.sink.mood = self.random.choice(("good", "good", "rejects", "drops", "forgets"))
        self.spawn(host, self.ticker(host).tick(timedelta(hours=1)))

    def keep(self, host: str) -> None:
        """A host folds, and sums what has changed where a day has passed."""
        self.spawn(host, self.keeper(host).work())

    def recount(self, host: str) -> None:
        """An operator has all of a partition counted anew, while everything goes on."""
        partitions = sorted({partition for partition, _ in self.table.rows}) or ["0"]
        self.spawn(host, self.recounting(host, self.random.choice(partitions)))

    def pass_by(self, _host: str) -> None:
        """Time goes by."""
        self.now += timedelta(seconds=self.random.choice((1, 61, 400, 4000, 50_000, 90_000)))

    def kill(self, host: str) -> None:
        """A host dies at once, wherever it is."""
        self.kills += any(name == host for name, _ in self.gates.waiting)
        self.gates.waiting = [one for one in self.gates.waiting if one[0] != host]
        self.ghosts += self.tasks[host]
        self.tasks[host] = []

    async def end(self) -> None:
        """Let all that is left be done, by a host that does not die."""
        await self.flow()
        for number in sorted(self.queue):
            self.spawn("end", self.classify("end", number))
            await self.flow()
        self.sink.mood = "good"
        for _ in range(4):
            self.now += timedelta(days=1)
            self.tick("end")
            await self.flow()
            self.keep("end")
            await self.flow()
        self.gates.over = True  # or what a dead host would still tidy up waits for ever
        for task in self.ghosts:
            task.cancel()
        await asyncio.gather(*self.ghosts, return_exceptions=True)
        self.gates.over = False

    async def recounted(self) -> Recounted:
        """What counting all anew would change."""
        told = Recounted()
        for partition in PARTITIONS:
            told += await Recount(
                self.table, partition, self.zone, self.now, dry_run=True
            ).carry_out()
        return told

    def check(self) -> None:
        """Days and outbox come to what leads come to, and leads to what an own recount says."""
        rows = [(*place, values) for place, (values, _) in self.table.rows.items()]
        assert [] == violations(rows, notices=("bell",), zone=self.zone)
        for values in self.table.values("delivery"):
            counted = [*unpack(values["counted"])[1].on.values()]
            once = sum(cells.get("delivered", 0) for cells in counted)
            parked = sum(cells.get("parked", 0) for cells in counted)
            crm = values["destination"] == "crm"
            # What was accepted and is not there counts as delivered all the same, once.
            assert crm or not once
            assert int(bool(values["sent"])) * crm <= once <= 1
            assert parked or values["state"] != "parked"
            if values["index"]:
                row, _ = self.table.rows[values["lead"][0], values["index"]]
                assert values["counted"] == row["counted"]

    # How it happens

    def gated(self, host: str) -> GatedTable:
        """The table, as a host reaches it."""
        return GatedTable(self.table, self.gates, host)

    async def classify(self, host: str, number: int) -> None:
        """Classify a touch; its message is gone once that is done."""
        body = self.queue.get(number)
        if body is None:
            return  # Another host was faster.
        table, state = self.gated(host), GatedTable(self.state, self.gates, host)
        clock: Callable[[], datetime] = lambda: self.now  # noqa: E731 - as short as it is
        told, proofs = classifying(self.told), Proofs(state, clock)
        classifier = Classifier(
            *(table, Quarantine(table, clock), *told, IDENTITY, clock, Nudged(), proofs)
        )
        await classifier.classify(body, self.now)
        self.queue.pop(number, None)

    def ticker(self, host: str) -> Ticker:
        """What delivers."""
        destinations = [
            Destination(name, self.sink if crm else Sink(), self.gates, host, [])
            for name, crm in (("crm", True), ("bell", False))
        ]
        destinations[1].settings.follows_up = False
        context = WorkerContext(
            self.gated(host),
            GatedTable(self.state, self.gates, host),
            lambda: self.now,
            self.random.random,
            visit_ids(host),
            LEASE,
            Nudged(),
            IDENTITY.index_name,
        )
        return Ticker(context, destinations, chores=self.chores(host, context))

    def chores(self, _host: str, _context: WorkerContext) -> Sequence[Chore]:
        """What a tick does after all that."""
        return ()

    def keeper(self, host: str) -> Keeper:
        """What folds and sums."""
        state = GatedTable(self.state, self.gates, host)
        return Keeper(self.gated(host), state, self.zone, lambda: self.now)

    async def recounting(self, host: str, partition: str) -> None:
        """Count a partition anew."""
        await Recount(self.gated(host), partition, self.zone, self.now, dry_run=False).carry_out()

    def spawn(self, host: str, work: Coroutine[Any, Any, Any]) -> None:
        """Begin something; what fails is left to the next try."""

        async def quietly() -> None:
            with contextlib.suppress(LeadshareError):
                await work

        self.tasks[host].append(asyncio.get_running_loop().create_task(quietly()))

    async def flow(self) -> None:
        """Let all calls through until nothing waits."""
        await self.settle()
        while self.gates.waiting:
            await self.open(0)

    async def open(self, index: int) -> None:
        """Let one call through."""
        _, future = self.gates.waiting.pop(index)
        future.set_result(None)
        await self.settle()

    async def settle(self) -> None:
        """Let every task run until it waits at a gate or is done."""
        for _ in range(12):
            await asyncio.sleep(0)
        for task in (task for group in self.tasks.values() for task in group):
            if task.done() and task.exception():
                raise AssertionError("a fault that is not ours") from task.exception()
