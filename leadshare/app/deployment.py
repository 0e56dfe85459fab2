"""App: what one process works with, whether its configuration is right or wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from leadshare.app.configuration import WholeConfiguration
from leadshare.configuration.campaigns import Campaigns
from leadshare.configuration.clock import Clock
from leadshare.configuration.models import Listing
from leadshare.custody.retention.running import Retainer
from leadshare.custody.rights import Rights
from leadshare.deliveries.lanes.rate import Rate
from leadshare.deliveries.tick import Ticker
from leadshare.destinations import DESTINATIONS
from leadshare.destinations.crm import Crm
from leadshare.destinations.settings import DestinationSettings
from leadshare.errors import ConfigurationError
from leadshare.leads.classify import Classifier
from leadshare.leads.coverage import Row, coverage
from leadshare.leads.tracks.standing import Terms
from leadshare.leads.unrouted import Unrouted
from leadshare.lifecycle.posted.recording import PostedOutcomes, Recorder
from leadshare.lifecycle.posted.webhook import OutcomeWebhook
from leadshare.operators.requests import OperatorRequests
from leadshare.referrals.classify import Referrals, Webhook
from leadshare.referrals.kept import ReferralStore
from leadshare.settings import Settings
from leadshare.watch.poison import Poison
from leadshare.watch.prover import Prover
from leadshare.watch.queues import QueueWatch

VISIT: Final = timedelta(seconds=5)
"""How long a visit that a nudge asked for works before it lets others have a turn.

An instance works off so many messages at once: a lane with a backlog nudges for its next visit.
"""


@dataclass(frozen=True, slots=True)
class Configured:
    """What needs the configuration."""

    configuration: WholeConfiguration[DestinationSettings]
    classifier: Classifier
    ticker: Ticker
    referrals: Referrals
    unrouted: Unrouted
    tables: Sequence[str]
    """Microsoft's tables that are configured, by name."""
    records_in: Callable[[str], Mapping[str, str]]
    """What reads the link of a record: its id, by each destination that may have it."""
    recorder: Recorder
    """What writes down what became of leads."""
    posted: PostedOutcomes
    """What has posted outcomes recorded."""
    retainer: Retainer
    """What takes away what is of age."""
    rights: Rights
    """What carries out what persons may ask for."""

    @property
    def rates(self) -> dict[str, Rate | None]:
        """The configured destinations' rate budgets, by name."""
        return {destination.name: destination.rate for destination in self.ticker.destinations}

    @property
    def sources(self) -> list[str]:
        """Who may tell what became of a lead, by name."""
        return [*self.rates, *self.keys]

    @property
    def keys(self) -> dict[str, Sequence[bytes]]:
        """The keys of those who post outcomes, by name."""
        return {source.name: source.keys for source in self.configuration.outcome_source}

    @property
    def links(self) -> dict[str, Callable[[str], str]]:
        """What tells where people see a record of each CRM."""
        return {one.name: one.link for one in self.ticker.destinations if isinstance(one, Crm)}

    @property
    def campaigns(self) -> Campaigns:
        """The publisher's campaigns."""
        return self.configuration.campaigns

    @property
    def sold(self) -> Sequence[Listing] | None:
        """The catalogue, by whose titles Microsoft's books are told; None if nobody reads them."""
        return self.configuration.listing if self.configuration.analytics else None

    @property
    def books_off(self) -> str:
        """Why nobody reads Microsoft's books; nothing where somebody does."""
        return "" if self.configuration.analytics else "[analytics] is not configured"

    @property
    def zone(self) -> ZoneInfo:
        """By whose days it is counted."""
        return ZoneInfo(self.configuration.report.zone)

    @property
    def clock(self) -> Clock | None:
        """How soon somebody must call, if that is told."""
        return self.configuration.clock

    @property
    def steps(self) -> Terms:
        """What steps of tracks hang on."""
        told = self.configuration
        verbs = {one.name: DESTINATIONS[type(one)].verbs for one in told.destination}
        return Terms(told.tracks, told.outreach, told.scoring, verbs)

    @property
    def coverage(self) -> list[Row]:
        """Who gets which leads."""
        return coverage(self.configuration)


@dataclass(frozen=True, slots=True)
class ConfiguredOrWrong:
    """What runs under the configuration, or what is wrong with it."""

    parts: Configured | None = None
    wrong: str = ""

    def configured(self) -> Configured:
        """Return what runs, or raise what is wrong, each time anew."""
        if self.parts is None:
            raise ConfigurationError(self.wrong)
        return self.parts


@dataclass(frozen=True, slots=True)
class Deployment:
    """What one process works with; the configuration may be wrong while the rest is right."""

    settings: Settings
    requests: OperatorRequests
    referral_store: ReferralStore
    configured: Callable[[], Configured]
    """What needs the configuration; raises what is wrong with it."""
    webhook: Callable[[], Webhook]
    """What takes events of Partner Center; made on first use, for cryptography is slow to load."""
    outcomes: OutcomeWebhook
    """What takes the outcomes that are posted."""
    poison: Sequence[Poison[Any]]
    """What was given up on, emptied by each tick whether the configuration is right or wrong."""
    waiting: QueueWatch
    """What tells how the queues stand, likewise: a wrong configuration is why messages wait."""
    prover: Prover
    """What proves that a POST arrives, likewise: under a wrong configuration none does."""

    async def tick(self) -> None:
        """Carry out what is due, within the budget of a tick."""
        # Before what is given up on is taken, and hidden with that.
        await self.waiting.report()
        end = asyncio.get_running_loop().time() + self.settings.tick_budget.total_seconds()
        await asyncio.gather(*(poison.empty(end) for poison in self.poison))
        await self.configured().ticker.tick(self.settings.tick_budget)

    async def visit(self, nudge: bytes) -> None:
        """Work off the lane that a *nudge* asks for."""
        await self.configured().ticker.visit(nudge, VISIT)
