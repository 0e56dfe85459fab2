"""Operators: their requests: understand what one asks for, and answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from leadshare.configuration.clock import Clock
from leadshare.custody.acts import Acts
from leadshare.custody.rights import Rights
from leadshare.deliveries.lanes.rate import Rate
from leadshare.errors import BadRequest, ConfigurationError, Unknown
from leadshare.leads.coverage import Row
from leadshare.leads.tracks.standing import Terms
from leadshare.operators.custody import CustodyRequests, Retaining
from leadshare.operators.find import Finder, ids
from leadshare.operators.health import Health
from leadshare.operators.lists import Lists
from leadshare.operators.models import queries
from leadshare.operators.models.base import not_among
from leadshare.operators.models.orders import Done, Find, read_order
from leadshare.operators.models.queries import read_query
from leadshare.operators.models.short_ids import whole_lead
from leadshare.operators.orders.by_hand import ByHand
from leadshare.operators.orders.replay import Replayer
from leadshare.operators.orders.requests import OrderRequests, Replaying
from leadshare.operators.outcomes import OutcomeRequests
from leadshare.operators.outlook import Links
from leadshare.operators.persons import Privacy
from leadshare.operators.reports.requests import ReportRequests
from leadshare.operators.rights import RightsRequests
from leadshare.operators.tracks.requests import TrackRequests
from leadshare.operators.worklist import Csv, Worklist, to_csv
from leadshare.referrals.kept import ReferralStore

Query = Mapping[str, str]


class Configured(Retaining, Replaying, Protocol):
    """What requests need of a configuration that can run."""

    @property
    def rates(self) -> Mapping[str, Rate | None]: ...
    @property
    def links(self) -> Links: ...
    @property
    def tables(self) -> Sequence[str]: ...
    @property
    def clock(self) -> Clock | None: ...
    @property
    def books_off(self) -> str: ...
    @property
    def coverage(self) -> Sequence[Row]: ...
    @property
    def rights(self) -> Rights: ...
    @property
    def records_in(self) -> Callable[[str], Mapping[str, str]]: ...
    @property
    def steps(self) -> Terms: ...


@dataclass(frozen=True, slots=True)
class OperatorRequests:
    """Answers operators; `configured` raises while the configuration is wrong."""

    lists: Lists
    health: Health
    replayer: Replayer
    by_hand: ByHand
    referral_store: ReferralStore
    worklist: Worklist
    finder: Finder
    outcomes: OutcomeRequests
    reports: ReportRequests
    acts: Acts
    privacy: Privacy
    configured: Callable[[], Configured]
    build: str
    """Which build of the app this is."""

    async def get_health(self, query: Query) -> dict[str, Any]:
        """Return how things stand, with what is wrong with the configuration, if anything is."""
        read_query(queries.Nothing, query)
        names: Sequence[str] | None
        try:
            configured = self.configured()
            names, tables, configuration = list(configured.rates), configured.tables, "ok"
            clock, off = configured.clock, configured.books_off
        except ConfigurationError as error:
            names, tables, configuration, clock = None, (), str(error), None
            off = "the configuration is wrong"
        told = await self.health.report(names, tables, clock, off)
        return {"configuration": configuration, "build": self.build, **told}

    async def list_destinations(self, query: Query) -> dict[str, Any]:
        """Return how each destination's lane stands, and who gets which leads."""
        read_query(queries.Nothing, query)
        configured = self.configured()
        return {**await self.health.destinations(configured.rates), "coverage": configured.coverage}

    async def list_leads(self, query: Query, key: str = "") -> dict[str, object]:
        """Return a page of leads, newest first; of those that wait for somebody, oldest first.

        *key* is what opens persons, here and where else one is taken.
        """
        asked = read_query(queries.Leads, query)
        lists = self._lists(asked, key)
        where = asked.where("storefront", "listing", "stage")
        if asked.waiting:
            return await lists.waiting(where, asked.since, *asked.part)
        if asked.routing:
            return await lists.unfollowed(asked.routing, where, asked.since, *asked.part)
        return await lists.leads(where, asked.since, *asked.part)

    async def get_lead(
        self, lead: str, query: Query, key: str = "", by: str = ""
    ) -> dict[str, Any]:
        """Return one lead's whole story; *by* whom it is opened is recorded if it shows persons."""
        lists = self._lists(read_query(queries.Persons, query), key)
        named = read_query(queries.Lead, {"lead": lead}).lead
        if not lists.persons:
            return await lists.lead(named)
        who = read_query(queries.Opening, {"by": by}).by
        opened = {"lead": await whole_lead(lists.table, named)}
        return await self.acts.carry_out(
            "open", who, opened, lambda: lists.lead(opened["lead"]), lambda _: opened
        )

    async def list_deliveries(self, query: Query, key: str = "") -> dict[str, object]:
        """Return a page of the deliveries in one state."""
        asked = read_query(queries.Deliveries, query)
        await self._known(asked.destination)
        where = asked.where("reason", "destination")
        return await self._lists(asked, key).deliveries(asked.state, where, *asked.part)

    async def list_quarantine(self, query: Query) -> dict[str, object]:
        """Return a page of the touches in quarantine."""
        asked = read_query(queries.Quarantine, query)
        return await self.lists.quarantine(asked.where("reason"), *asked.part)

    async def list_referrals(self, query: Query) -> dict[str, object]:
        """Return a page of referrals, which are no leads."""
        asked = read_query(queries.Referrals, query)
        return await self.referral_store.page(asked.where("kind", "status"), *asked.part)

    async def list_work(self, query: Query, key: str = "") -> dict[str, object] | Csv:
        """Return a page of the worklist, as JSON unless CSV is asked for."""
        asked = read_query(queries.Work, query)
        await self._known(asked.destination)
        persons = self.privacy.shows(key, asked=bool(asked.persons))
        listed = await self.worklist.page(asked.destination or "", *asked.part, persons=persons)
        return to_csv(listed) if asked.format == "csv" else listed

    async def find(self, query: Query, body: bytes, key: str = "") -> dict[str, Any]:
        """Find leads by what is known: their ids, and with *key* who they are, where asked for."""
        shown = read_query(queries.Persons, query)
        asked, lists = read_order(Find, body), self._lists(shown, key)
        records = self.configured().records_in(asked.text) if asked.link else {}
        if asked.link and not records:
            raise BadRequest("link: expected a link to a record in a CRM that is configured")

        async def deed() -> dict[str, Any]:
            found = await self.finder.find(asked, records)
            return {**found, "leads": await lists.told(found["leads"])}

        told = {"kind": asked.kind, "persons": lists.persons}
        return await self.acts.carry_out("find", asked.by, told, deed, ids)

    @staticmethod
    def refuse_query(query: Query) -> None:
        """Refuse what the URL of an order says: it would be taken for a part of the order."""
        read_query(queries.Nothing, query)

    async def do_work(self, body: bytes) -> dict[str, Any]:
        """Take down what a person has done of the worklist."""
        order = read_order(Done, body)
        await self._known(order.destination)
        asked = {"destination": order.destination, "leads": order.leads}
        deed = partial(self.worklist.done, order.destination, order.leads, order.by)
        return await self.acts.carry_out("done", order.by, asked, deed)

    @property
    def tracks(self) -> TrackRequests:
        """What answers about tracks."""
        return TrackRequests(self.lists.table, self.lists.clock, self.configured)

    @property
    def custody(self) -> CustodyRequests:
        """What answers about the chain, and about what is kept no longer."""
        return CustodyRequests(self.acts.chain, self.configured)

    @property
    def rights(self) -> RightsRequests:
        """What answers orders about one person."""
        return RightsRequests(self.lists.table, self.acts, self.privacy, self.configured)

    @property
    def orders(self) -> OrderRequests:
        """What answers orders about leads, touches and destinations."""
        return OrderRequests(
            *(self.by_hand, self.replayer, self.acts, self.privacy),
            *(self._known, self.configured),
        )

    def _lists(self, asked: queries.Persons, key: str) -> Lists:
        """Return what lists things, with persons if they are *asked* for and may be shown.

        It knows what is configured if that can run.
        """
        persons = self.privacy.shows(key, asked=bool(asked.persons))
        try:
            own = self.configured()
        except ConfigurationError:
            return replace(self.lists, persons=persons)
        told = replace(self.lists, rates=own.rates, links=own.links, persons=persons)
        return replace(told, team=own.clock)

    async def _known(self, destination: str | None) -> None:
        """Raise `Unknown` if nobody has heard of a *destination*: it was mistyped."""
        if not destination:
            return
        try:
            known = {*self.configured().rates}
        except ConfigurationError:
            known = set()
        if destination not in known:
            # One that was taken out of the configuration may still have something parked.
            known |= await self.replayer.lanes()
        if destination not in known:
            raise Unknown(f"destination: {not_among(sorted(known), destination)}")
