"""An office in which a story is told, day by day, and what the report of it then says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from leadshare.counts.keeping import Keeper
from leadshare.counts.measures import DIMENSIONS
from leadshare.deliveries.delivery import Outcome, Rejected
from leadshare.lifecycle.outcome import Money, State
from leadshare.lifecycle.outcome import Outcome as Told
from leadshare.operators.models.queries import read_query
from leadshare.operators.models.reports import Report
from leadshare.operators.orders.replay import Window
from leadshare.operators.reports.figures import COUNTS, TIMES
from leadshare.operators.reports.report import Reporter
from tests.builders import PERSON, message, post
from tests.custody.erasures import Custodian
from tests.custody.keeping import retainer

ZONE: Final = ZoneInfo("Europe/Berlin")
MONDAY: Final = datetime(2026, 11, 2, tzinfo=UTC)
"""Day 0 of all stories."""

LISTINGS: Final = (
    {"id": "contoso.robot", "title": "Robot", "kind": "app", "campaign": "spring"},
    {"id": "contoso.lake", "title": "Lake", "kind": "offer"},
)
CAMPAIGNS: Final = (
    {"id": "spring", "name": "spring", "kind": "nurture"},
    {"id": "fair", "name": "Fair", "kind": "nurture", "from": "2026-11-01", "until": "2026-11-05"},
)
CRM: Final = {"name": "crm", "tells_outcomes": True}

WEAK: Final[dict[str, Any]] = {
    "LeadSource": "SPZA-INS|contoso.robot",
    "ActionCode": "INS",
    "Title": "Student",
}
"""What is no sales-ready lead by itself."""

Figures = Mapping[str, Any]


class Teller(Custodian):
    """What happens, each on a day and at an hour of UTC."""

    def __init__(self, *destinations: Mapping[str, Any]) -> None:
        super().__init__(*(destinations or (CRM,)), **self._told)
        self.touches = 0

    @property
    def _told(self) -> dict[str, Any]:
        return {
            "listing": LISTINGS,
            "campaign": CAMPAIGNS,
            "internal_domains": ["contoso.example"],
        }

    def at(self, day: float, hour: float = 9) -> datetime:
        """Let it be so late."""
        self.now = MONDAY + timedelta(days=day, hours=hour)
        return self.now

    async def touch(
        self, day: float, hour: float = 9, *, received: float | None = None, **changes: Any
    ) -> None:
        """A customer acts; it is classified at once, or was *received* on a day before."""
        now, self.touches = self.at(day, hour), self.touches + 1
        at = now if received is None else MONDAY + timedelta(days=received, hours=hour)
        told = post(**{"LeadSource": "SPZA-PLT|contoso.robot", **changes})
        await self.classifier.classify(message(told, self.touches, at), now)

    async def send(
        self, day: float, hour: float = 10, to: str = "crm", outcome: Outcome | None = None
    ) -> None:
        """All that is due at a destination is accepted, unless told."""
        self.at(day, hour)
        await self.finish(to, outcome, follows_up=to != "bell")

    async def refuse(self, day: float, hour: float = 10, to: str = "crm") -> None:
        """All that is due at a destination is refused, and parked."""
        await self.send(day, hour, to, Rejected("bad"))

    async def replay(self, day: float) -> None:
        """An operator replays what is parked."""
        self.at(day, 9)
        for lead in self.leads():
            await self.replayer.replay(Window(lead=lead), dry_run=False)

    async def tell(  # noqa: PLR0913 - what a source may tell
        self,
        day: float,
        state: State | None,
        amount: str = "",
        currency: str = "EUR",
        *,
        source: str = "crm",
        heard: float | None = None,
        **more: Any,
    ) -> None:
        """A source tells of the first lead that it has been so since a day; a CRM is asked."""
        at = self.at(day, 12)
        if heard is not None:
            self.at(heard, 12)
        money = Money(Decimal(amount), currency) if amount else None
        told = Told(self.leads()[0], source, at, state, money=money, **more)
        await self.recorder.record([told], asked=source == "crm")

    async def reroute(self, day: float, *destinations: Mapping[str, Any]) -> None:
        """The publisher configures these destinations, and has all routed again."""
        self.at(day)
        self.configure(*destinations, **self._told)
        for lead in self.leads():
            await self.unrouted.reroute(lead)

    async def age(self, day: float) -> None:
        """What is of age goes by itself: leads after a month."""
        self.at(day)
        await retainer(self, leads_months=1, bodies_days=28).work()

    async def vanish(self, day: float) -> None:
        """The customer has all erased."""
        self.at(day)
        await self.erase("email", PERSON["Email"])

    def leads(self) -> list[str]:
        """All leads there are, in the order in which they came."""
        rows = sorted(self.table.values("lead"), key=lambda row: row["first_touch"])
        return [row["lead"] for row in rows]

    async def report(self, by: str) -> dict[str, Any]:
        """What the report tells of all days since before the story."""
        parts = (self.table, self.state, ZONE, self.clock, self.configuration.campaigns)
        first = (MONDAY - timedelta(days=10)).date().isoformat()
        asked = {"by": by, "first": first} | ({} if by != DIMENSIONS[0] else {"every": "day"})
        return await Reporter(*parts).report(read_query(Report, asked), open_=True)

    async def told(self) -> dict[str, Any]:
        """All that the report says that is not nothing: by day from the story's first, and by
        value of each dimension.
        """
        self.now += timedelta(days=30)
        await Keeper(self.table, self.state, ZONE, self.clock).work()
        reports = {by: await self.report(by) for by in DIMENSIONS}
        first = reports[DIMENSIONS[0]]
        days = {
            (datetime.fromisoformat(one["first"]).date() - MONDAY.date()).days: said(one["total"])
            for one in first["periods"]
        }
        return {
            "days": {day: figures for day, figures in days.items() if figures},
            "all": said(first["total"]),
            **{
                by: {row["value"]: said(row) for row in told["rows"] if said(row)}
                for by, told in reports.items()
            },
        }


def said(cell: Figures) -> dict[str, Any]:
    """What a cell of a report says that is not nothing; of times only whether there are any."""
    told: dict[str, Any] = {name: cell[name] for name in COUNTS if cell[name]}
    told |= {name: round(cell[name]["median"] / 3600, 1) for name in TIMES if cell[name]}
    told |= {f"then {name}": number for name, number in cell["then"].items() if number}
    for stage, amounts in cell["amounts"].items():
        told |= {f"{stage} {currency}": amount for currency, amount in amounts.items()}
    return told


Step = Callable[[Teller], Awaitable[None]]


async def tell(steps: Iterable[Step], *destinations: Mapping[str, Any]) -> dict[str, Any]:
    """Let a story happen; return what the report says."""
    teller = Teller(*destinations)
    for step in steps:
        await step(teller)
    return await teller.told()
