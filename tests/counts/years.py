"""A publisher's two years in memory: leads, written as classify, ledger and recorder do."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from leadshare import intake
from leadshare.counts.folding import fold
from leadshare.counts.keeping import Keeper, read_kept, sum_days
from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import SCHEDULE, Accepted, Outcome, Rejected
from leadshare.deliveries.ledger import Attempt
from leadshare.intake.message import open_envelope
from leadshare.leads import touch as touches
from leadshare.leads.classify import Classifier
from leadshare.leads.outcomes.recording import Recorder
from leadshare.leads.quarantine import Quarantine
from leadshare.lifecycle.outcome import Money, State
from leadshare.lifecycle.outcome import Outcome as Told
from leadshare.store.keys import PARTITIONS, under
from leadshare.watch.prover import Proofs
from tests.bench import people
from tests.builders import IDENTITY, NOW, Nudged, classifying, configuration
from tests.large import LargeTable

ZONE: Final = ZoneInfo("Europe/Berlin")
YEAR: Final = 365

AGAIN: Final = 1 << 24
"""What is added to a customer's number for a second touch."""

LISTINGS: Final = [
    {"id": f"contoso.app-{n:02d}", "title": f"Contoso App {n}", "kind": ("app", "offer")[n % 2]}
    for n in range(24)
]
CAMPAIGNS: Final = [f"fair-{n}" for n in range(8)]
COUNTRIES: Final = (
    *("AT", "AU", "BE", "BR", "CA", "CH", "CL", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB"),
    *("GR", "HK", "HU", "IE", "IL", "IN", "IT", "JP", "KR", "LT", "LU", "LV", "MX", "NL", "NO"),
    *("NZ", "PE", "PL", "PT", "RO", "SA", "SE", "SG", "SI", "SK", "TH", "TR", "UA", "US", "ZA"),
)
RECORD: Final = "r-7"
"""A record that a destination has made."""

LANES: Final = ("crm", "dach", "sellers", "bell")

PUBLISHER: Final = configuration(
    {"name": "crm", "tells_outcomes": True},
    {"name": "dach", "storefronts": ["appsource"]},
    {"name": "sellers", "channel": "field_seller"},
    {"name": "bell", "follows_up": False},
    listing=LISTINGS,
    campaign=[{"id": name, "name": name, "kind": "nurture"} for name in CAMPAIGNS],
    internal_domains=["contoso.example"],
    route=[{"when": [{"field": "score", "op": "at_least", "value": 60}], "to": ["sellers"]}],
)


class Years:
    """So many days before now, two years of them unless told, with as many leads on each."""

    def __init__(self, leads: int, days: int = 2 * YEAR) -> None:
        self.table, self.state = LargeTable(), LargeTable()
        self.days, self.now = days, NOW - timedelta(days=days)
        self.random = random.Random(leads)  # noqa: S311 - variety, no secret
        self._leads, self._records = leads, 0
        self._promised: defaultdict[int, list[Told]] = defaultdict(list)
        told, table, clock, self._nudged = PUBLISHER, self.table, self.clock, Nudged()
        self._classifier = Classifier(
            *(table, Quarantine(table, clock), *classifying(told), IDENTITY, clock, self._nudged),
            Proofs(self.state, clock),
        )
        self._recorder = Recorder(table, *classifying(told), clock, self._nudged)

    def clock(self) -> datetime:
        """The time that it is."""
        return self.now

    def keeper(self) -> Keeper:
        """What folds and sums."""
        return Keeper(self.table, self.state, ZONE, self.clock)

    async def live(self) -> None:
        """Let the years go by, and have what was counted on its days folded and summed."""
        for day in range(self.days):
            self.now = NOW - timedelta(days=self.days - day)
            first, last = (self._leads * one // self.days for one in (day, day + 1))
            await self.live_a_day(day, range(first, last))
            if day % 7 == 0 or day == self.days - 1:
                await fold(self.table, ZONE)
        await sum_days(self.table, self.state)
        self.now = NOW
        kept = await read_kept(self.state)
        await kept.write(self.state, ZONE, NOW.astimezone(ZONE).date())

    async def live_a_day(self, day: int, customers: Iterable[int]) -> None:
        """Let these customers act on a *day*; deliver, and hear what became of some."""
        for number in customers:
            await self._act(number, day)
        for lane in LANES:
            await self._deliver(lane)
        await self._recorder.record(self._promised.pop(day, ()))
        self._nudged.nudges.clear()

    async def _act(self, number: int, day: int) -> None:
        """Let a customer act, and one of ten of another listing; a seller works one of five."""
        lead = await self._classify(number, _body(number))
        if self.random.random() < 0.1:
            await self._classify(AGAIN + number, _body(number, listing=number // 7))
        if self.random.random() < 0.2:
            self._promise(lead, day)

    async def _classify(self, touch: int, body: bytes) -> str:
        """Classify a touch; return its lead."""
        self.now += timedelta(seconds=1)
        message = intake.take(body, "", touch=f"{touch:032x}", now=self.now).message
        assert message is not None
        await self._classifier.classify(message, self.now)
        return touches.read(open_envelope(message), PUBLISHER.catalogue, IDENTITY).lead

    async def _deliver(self, lane: str) -> None:
        """End an attempt at all that is due: one of fifty is refused."""
        self.now += timedelta(minutes=1)
        for partition in PARTITIONS:
            for row in await self.table.read(partition, *under(f"due|{lane}")):
                refused = self.random.random() < 0.02
                self._records += 1
                accepted = Accepted(f"r-{self._records}")
                outcome: Outcome = Rejected("bad") if refused else accepted
                ended = Attempt(ledger.to_delivery(row), outcome, self.now, 200)
                changes = ledger.finish(row, ended, SCHEDULE, self.now, 0.0)
                told = ledger.with_record(changes, ended.delivery, IDENTITY.index_name)
                await self.table.write(partition, told)

    def _promise(self, lead: str, day: int) -> None:
        """Let a seller call, make one of three an opportunity, and win or lose that."""

        def told(after: int, state: State, money: Money | None = None) -> None:
            at = self.now + timedelta(days=after)
            signed = self.now + timedelta(days=1)
            outcome = Told(lead, "crm", at, state, money=money, signed_at=signed)
            self._promised[day + after].append(outcome)

        called = self.random.randint(1, 5)
        told(called, State.WORKING)
        if self.random.random() < 0.3:
            worth = Money(Decimal(self.random.randint(100, 10**6)) / 100, "EUR")
            told(called + 14, State.OPPORTUNITY, worth)
            won = self.random.random() < 0.4
            told(called + 60, State.WON if won else State.LOST, worth if won else None)


def _body(number: int, listing: int | None = None) -> bytes:
    """Return what customer *number* posts: one of fifty is the publisher's own, or a test."""
    post = json.loads(people.body(number))
    chance = random.Random(number)  # noqa: S311 - variety, no secret
    told = LISTINGS[number * 7 % 24 if listing is None else listing % 24]
    post["LeadSource"] = f"{post['LeadSource'].partition('|')[0]}|{told['id']}"
    post["OfferTitle"] = told["title"]
    post["UserDetails"]["Country"] = chance.choice(COUNTRIES)
    if number % 50 == 0:
        own = {"Email": f"own-{number}@contoso.example"}
        post["UserDetails"] |= own if number % 100 else {"Company": "MSFT_TEST_1"}
    if chance.random() < 0.4:
        post["Description"] = f"Campaigns: {chance.choice(CAMPAIGNS)}"
    return json.dumps(post).encode()
