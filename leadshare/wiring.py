"""Composition root: build everything once per process, lazily, on first use."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial, reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import uuid4

from azure.core.exceptions import AzureError
from azure.data.tables.aio import TableServiceClient
from pydantic import Field

from leadshare import telemetry
from leadshare.classify import Classifier
from leadshare.core.configuration import Configuration
from leadshare.core.identity import Identity
from leadshare.core.lane import Rate
from leadshare.core.rows import Change
from leadshare.desk import Desk
from leadshare.destinations import DESTINATIONS
from leadshare.destinations.building import build_destinations
from leadshare.destinations.guard import guarded_client
from leadshare.destinations.inspect import allows_canary, inspect, prove
from leadshare.destinations.partner_center import AppUser, PartnerCenter
from leadshare.errors import ConfigurationError, Conflict, StorageError
from leadshare.health import Health
from leadshare.management import Management
from leadshare.marketplace_table import MarketplaceRows, MarketplaceTable, marketplace_client
from leadshare.partner import Partner
from leadshare.preflight import Preflight
from leadshare.quarantine import Quarantine
from leadshare.queues import Queues, TouchQueue, credential
from leadshare.referrals import Referrals, Webhook
from leadshare.replay import Replayer
from leadshare.settings import STORAGE, Settings, read_build, read_configuration, read_settings
from leadshare.shelf import Shelf
from leadshare.table import AzureTable
from leadshare.table_leads import Pace, TableLeads
from leadshare.tick import Ticker
from leadshare.watch import Watch
from leadshare.worker import Means
from leadshare.worklist import Worklist

ROOT: Final = Path(__file__).resolve().parents[1]
LEADS: Final = "leads"
LANES: Final = "lanes"
REFERRALS: Final = "referrals"

PATIENCE: Final = 10.0
"""Seconds that one call for a referral or a certificate may take."""

D = TypeVar("D")


class WholeConfiguration(Configuration[D], Generic[D]):
    """What the file may say, with what is neither about leads nor about destinations."""

    partner_center: AppUser | None = None
    """Who fetches referrals; without it none are taken."""
    marketplace_table: MarketplaceTable | None = None
    """The table that listings write leads into; without it none is read."""


def configuration_model() -> type[WholeConfiguration[Any]]:
    """Return the model of `leadshare.toml` for all kinds of destination that are registered."""
    kinds: Any = reduce(or_, DESTINATIONS)
    model: Any = WholeConfiguration[Annotated[kinds, Field(discriminator="type")]]
    return model  # type: ignore[no-any-return]  # a union made at run time has no static type


def utc_now() -> datetime:
    """Return the time, in whole milliseconds as rows keep it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@dataclass(frozen=True, slots=True)
class Running:
    """What needs the configuration."""

    classifier: Classifier
    ticker: Ticker
    referrals: Referrals

    @property
    def rates(self) -> dict[str, Rate | None]:
        """The configured destinations' rate budgets, by name."""
        return {destination.name: destination.rate for destination in self.ticker.destinations}

    @property
    def tables(self) -> list[str]:
        """The configured tables of leads, by name."""
        return [feed.name for feed in self.ticker.feeds]


@dataclass(frozen=True, slots=True)
class Deployment:
    """What one process works with; the configuration may be wrong while the rest is right."""

    settings: Settings
    desk: Desk
    quarantine: Quarantine
    shelf: Shelf
    running: Callable[[], Running]
    """What needs the configuration; raises what is wrong with it."""
    webhook: Callable[[], Webhook]
    """What takes events of Partner Center; made on first use, for cryptography is slow to load."""


async def deployment() -> Deployment:
    """Return this process's deployment, built on first use; what failed is tried again."""
    async with _building:
        if not _built:
            _built.append(await build(os.environ, ROOT))
    return _built[0]


_building: Final = asyncio.Lock()
_built: Final[list[Deployment]] = []


async def build(environment: Mapping[str, str], root: Path) -> Deployment:
    """Build all parts from *environment* and the configuration file under *root*."""
    telemetry.install(environment)
    settings = read_settings(environment, root)
    service = table_service(settings)
    table, lanes, referrals = await _tables(service)
    shelf = Shelf(referrals, utc_now)
    running = await _run(settings, environment, table, lanes, shelf)
    return Deployment(
        settings=settings,
        desk=Desk(
            Management(table),
            Health(table, lanes, Queues(settings), utc_now),
            Replayer(table, lanes, utc_now),
            shelf,
            Worklist(table, lanes, utc_now),
            running,
            read_build(root),
        ),
        quarantine=Quarantine(table, utc_now),
        shelf=shelf,
        running=running,
        webhook=cache(partial(_webhook, running)),
    )


async def _run(
    settings: Settings,
    environment: Mapping[str, str],
    table: AzureTable,
    lanes: AzureTable,
    shelf: Shelf,
) -> Callable[[], Running]:
    """Return what gives the running parts, or raises what is wrong with the configuration."""
    identity = Identity(settings.identity_key)
    try:
        configuration = read_configuration(
            settings.configuration, configuration_model(), environment
        )
        destinations = build_destinations(
            configuration.destination, local=settings.local, lease=settings.lane_lease
        )
        told = configuration.marketplace_table
        rows = MarketplaceRows(marketplace_client(told)) if told else None
        await _check_key(lanes, identity.fingerprint)
    except ConfigurationError as error:
        return partial(_raise, str(error))
    classifier = Classifier(table, Quarantine(table, utc_now), configuration, identity, utc_now)
    preflight = Preflight(table, inspect, prove, allows_canary)
    holder, lease = uuid4().hex, settings.lane_lease
    means = Means(table, lanes, utc_now, random.random, holder, lease, preflight)
    feeds = []
    if told and rows:
        queue, pace = TouchQueue(settings), _pace(told)
        feeds = [TableLeads(rows, queue, lanes, identity, pace, utc_now, holder, lease)]
    partner = _partner(configuration.partner_center)
    referrals = Referrals(shelf, partner, configuration, identity, utc_now)
    watch = Watch(table, frozenset(one.id.lower() for one in configuration.listing))
    running = Running(classifier, Ticker(means, destinations, feeds, watch), referrals)
    return lambda: running


def _raise(wrong: str) -> Running:
    raise ConfigurationError(wrong)


def _pace(told: MarketplaceTable) -> Pace:
    return Pace(timedelta(seconds=told.every), timedelta(seconds=told.overlap), told.since)


def _partner(user: AppUser | None) -> Partner | None:
    if user is None:
        return None
    client = guarded_client(timeout=PATIENCE, connections=4)
    return Partner(PartnerCenter(user, client, PATIENCE))


def _webhook(running: Callable[[], Running]) -> Webhook:
    from leadshare.signature import Signatures, microsoft_roots  # noqa: PLC0415 - 0.1 s

    client = guarded_client(timeout=PATIENCE, connections=4)
    return Webhook(Signatures(client, microsoft_roots()), running, utc_now)


def table_service(settings: Settings) -> TableServiceClient:
    """Return a client of the storage account's tables."""
    # Looking for a proxy in the environment would cost a thread for every request.
    options: dict[str, Any] = {"use_env_settings": False}
    if not settings.storage:
        return TableServiceClient(settings.table_uri, credential=credential(settings), **options)
    try:
        return TableServiceClient.from_connection_string(settings.storage, **options)
    except ValueError:
        raise ConfigurationError(f"{STORAGE}: expected a storage connection string") from None


async def _tables(service: TableServiceClient) -> list[AzureTable]:
    """Return the tables of leads, lanes and referrals, made if they are not there yet."""
    names = (LEADS, LANES, REFERRALS)
    try:
        clients = [await service.create_table_if_not_exists(name) for name in names]
    except AzureError as error:
        raise StorageError(f"the tables are out of reach: {type(error).__name__}") from None
    return [AzureTable(client) for client in clients]


async def _check_key(lanes: AzureTable, fingerprint: str) -> None:
    """Refuse to go on under another key than the one that all ids were made with."""
    try:
        await lanes.write("identity", [Change("insert", "key", {"fingerprint": fingerprint})])
    except Conflict:
        row = await lanes.get("identity", "key")
        if row is None or row.values["fingerprint"] != fingerprint:
            raise ConfigurationError(
                "LEADSHARE_IDENTITY_KEY: expected the key that this table was begun with"
            ) from None
