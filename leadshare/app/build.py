"""App: build everything once per process, on first use."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from leadshare.app.books import books_of
from leadshare.app.configuration import WholeConfiguration, configuration_model
from leadshare.app.deployment import Configured, ConfiguredOrWrong, Deployment
from leadshare.app.erasing import build_rights
from leadshare.app.house import house
from leadshare.app.mailing import mailing
from leadshare.app.own_referrals import OwnReferrals, referring
from leadshare.app.partner import partner_of, webhook
from leadshare.app.poison import poison
from leadshare.app.stores import Stores, open_stores
from leadshare.azure.clock import StorageClock
from leadshare.azure.marketplace_table import MarketplaceRows, MarketplaceTable, marketplace_client
from leadshare.azure.queues import TOUCHES, MessageQueue
from leadshare.azure.table import AzureTable
from leadshare.client.public_url import PublicUrl
from leadshare.configuration.file import placing, read_configuration
from leadshare.configuration.retention import Retention
from leadshare.counts.keeping import Keeper
from leadshare.custody.acts import Acts
from leadshare.custody.retention.planning import Planner
from leadshare.custody.retention.running import Retainer
from leadshare.deliveries.asking.outcomes import Asking
from leadshare.deliveries.tick import Chore, Ticker
from leadshare.deliveries.worker import WorkerContext
from leadshare.destinations.asking import Asker
from leadshare.destinations.base import Destination
from leadshare.destinations.build import build_destinations, record_links, records_in
from leadshare.destinations.preflight.daily import Preflight
from leadshare.destinations.preflight.inspect import allows_canary, inspect, prove
from leadshare.destinations.settings import DestinationSettings
from leadshare.errors import ConfigurationError
from leadshare.identity import Identity
from leadshare.intake.build import read_build
from leadshare.leads.classify import Classifier
from leadshare.leads.coverage import lacking
from leadshare.leads.outcomes.recording import Recorder
from leadshare.leads.quarantine import Quarantine
from leadshare.leads.routing import Routes
from leadshare.leads.unrouted import Unrouted
from leadshare.lifecycle.posted.recording import PostedOutcomes
from leadshare.lifecycle.posted.waiting import Waiting
from leadshare.lifecycle.posted.webhook import OutcomeWebhook
from leadshare.marketplace_table.reading import Pace, TableSource
from leadshare.operators.find import Finder
from leadshare.operators.health import Health
from leadshare.operators.lists import Lists
from leadshare.operators.orders.by_hand import ByHand
from leadshare.operators.orders.replay import Replayer
from leadshare.operators.outcomes import OutcomeRequests
from leadshare.operators.persons import Privacy
from leadshare.operators.reports.requests import ReportRequests
from leadshare.operators.requests import OperatorRequests
from leadshare.operators.worklist import Worklist
from leadshare.referrals.classify import Referrals
from leadshare.settings import Settings, read_settings
from leadshare.store.identity_key import check_key
from leadshare.telemetry import recorder as telemetry
from leadshare.watch.listings import ListingWatch
from leadshare.watch.proof import LISTING
from leadshare.watch.prover import Proofs, Prover
from leadshare.watch.queues import QueueWatch

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Process:
    """What this process has built so far, which others that need it wait for."""

    deployment: Deployment | None = None
    building: asyncio.Lock = field(default_factory=asyncio.Lock)


PROCESS: Final = Process()

CLOCK: Final = StorageClock()
"""What all of the process goes by."""


async def deployment() -> Deployment:
    """Return this process's deployment, built on first use; what failed is tried again."""
    async with PROCESS.building:
        if PROCESS.deployment is None:
            PROCESS.deployment = await build(os.environ, ROOT)
        return PROCESS.deployment


async def build(environment: Mapping[str, str], root: Path) -> Deployment:
    """Build all parts from *environment* and the configuration file under *root*."""
    telemetry.install(environment)
    settings = read_settings(environment, root)
    stores = await open_stores(settings, CLOCK, _new_id)
    prover = _prover(settings, stores.state)
    try:
        parts = await _run(settings, environment, stores)
    except ConfigurationError as error:
        configured = ConfiguredOrWrong(wrong=str(error)).configured
    else:
        configured = ConfiguredOrWrong(parts).configured
    waiting = Waiting(stores.state, CLOCK.now)
    quarantine = Quarantine(stores.table, CLOCK.now)
    return Deployment(
        settings=settings,
        requests=_requests(settings, stores, prover, configured, read_build(root)),
        referral_store=stores.referrals,
        configured=configured,
        webhook=cache(partial(webhook, configured, CLOCK.now)),
        outcomes=OutcomeWebhook(lambda: configured().keys, CLOCK.now),
        poison=poison(settings, quarantine, stores.referrals, waiting),
        waiting=QueueWatch(stores.queues, CLOCK.now),
        prover=prover,
    )


def _requests(
    settings: Settings,
    stores: Stores,
    prover: Prover,
    configured: Callable[[], Configured],
    build: str,
) -> OperatorRequests:
    """Return what answers operators, whether the configuration is right or wrong."""
    table, state, now = stores.table, stores.state, CLOCK.now
    waiting, acts, privacy = Waiting(state, now), Acts(stores.chain), Privacy(settings.privacy_key)
    return OperatorRequests(
        Lists(table, state, now),
        Health(table, state, stores.queues, prover, now),
        Replayer(table, state, now, stores.nudges),
        ByHand(table, state, now, stores.nudges),
        stores.referrals,
        Worklist(table, now),
        Finder(table, state, Identity(settings.identity_key)),
        OutcomeRequests(table, waiting, acts, now, configured),
        ReportRequests(table, state, acts, privacy, now, configured),
        acts,
        privacy,
        configured,
        build,
    )


def _prover(settings: Settings, state: AzureTable) -> Prover:
    way_in = PublicUrl(f"{settings.proof_url}/{LISTING}", settings.proof_key, settings.local)
    return Prover(Proofs(state, CLOCK.now), way_in, settings.proof_off, _new_id)


async def _run(settings: Settings, environment: Mapping[str, str], stores: Stores) -> Configured:
    """Return the parts that run under the configuration; `ConfigurationError` if it is wrong."""
    table, state, nudges = stores.table, stores.state, stores.nudges
    identity = Identity(settings.identity_key)
    configuration, destinations = _read(settings, environment)
    feeds = _feeds(settings, configuration.marketplace_table, state, identity)
    await check_key(state, identity.fingerprint)
    catalogue, routes = configuration.catalogue, Routes.of(configuration)
    classifier = Classifier(
        *(table, Quarantine(table, CLOCK.now), catalogue, routes, configuration.scoring),
        *(identity, CLOCK.now, nudges, Proofs(state, CLOCK.now)),
    )
    recorder = Recorder(table, catalogue, routes, configuration.scoring, CLOCK.now, nudges)
    asking = Asking(table, Asker(), recorder, identity.index_name)
    preflight = Preflight(table, inspect, prove, allows_canary, lacking(configuration))
    context = WorkerContext(
        *(table, state, CLOCK.now, random.random, _new_id, settings.lane_lease, nudges),
        *(identity.index_name, preflight, asking, record_links(destinations)),
    )
    own = OwnReferrals(table, referring(configuration.destination), recorder)
    partner = partner_of(configuration.partner_center)
    referrals = Referrals(stores.referrals, partner, CLOCK.now, own.tell)
    posted = PostedOutcomes(recorder, Waiting(state, CLOCK.now))
    watch = ListingWatch(table, state, catalogue.ids, CLOCK.now)
    unrouted = Unrouted(table, catalogue, routes, CLOCK.now)
    retention = _retainer(settings, stores, configuration.retention, identity)
    rights = build_rights(
        *(context, identity, destinations, configuration.marketplace_table, recorder, stores.queues)
    )
    zone, campaigns = ZoneInfo(configuration.report.zone), catalogue.campaigns.ids
    chores: Sequence[Chore] = (
        *(watch, unrouted, posted, Keeper(table, state, zone, CLOCK.now, campaigns), retention),
        *house(configuration, context, destinations, rights.erasures.erasing),
        *books_of(configuration.analytics, context),
        *mailing(configuration, destinations, context),
    )
    ticker = Ticker(context, destinations, feeds, chores=chores)
    return Configured(
        *(configuration, classifier, ticker, referrals, unrouted),
        *([feed.name for feed in feeds], partial(records_in, destinations), recorder, posted),
        *(retention, rights),
    )


def _read(
    settings: Settings, environment: Mapping[str, str]
) -> tuple[WholeConfiguration[DestinationSettings], list[Destination[Any]]]:
    """Read the configuration, and build the destinations that it names."""
    path, model = settings.configuration, configuration_model()
    configuration = read_configuration(path, model, environment)
    with placing(path, model):
        return configuration, build_destinations(
            *(configuration.destination, configuration.campaigns.by_destination),
            local=settings.local,
            lease=settings.lane_lease,
        )


def _retainer(settings: Settings, stores: Stores, terms: Retention, identity: Identity) -> Retainer:
    table, state = stores.table, stores.state
    planner = Planner(table, state, terms, identity.index_name)
    return Retainer(table, state, planner, stores.chain, CLOCK.now, _new_id, settings.lane_lease)


def _new_id() -> str:
    return uuid4().hex


def _feeds(
    settings: Settings, table: MarketplaceTable | None, state: AzureTable, identity: Identity
) -> list[TableSource]:
    """Return what reads Microsoft's *table*, if one is configured."""
    if table is None:
        return []
    rows, queue = MarketplaceRows(marketplace_client(table)), MessageQueue(settings, TOUCHES)
    pace = Pace(timedelta(seconds=table.every), timedelta(seconds=table.overlap), table.since)
    lease = settings.lane_lease
    return [TableSource(rows, queue, state, identity, pace, CLOCK.now, _new_id, lease)]
