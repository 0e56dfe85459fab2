"""Check: ask everything that the configuration names."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from leadshare.app.books import analytics_of, check_books
from leadshare.app.build import ROOT
from leadshare.app.configuration import configuration_model
from leadshare.azure.marketplace_table import MarketplaceRows, MarketplaceTable, marketplace_client
from leadshare.azure.table import LEADS, STATE, AzureTable, table_service
from leadshare.books.telling import unmatched
from leadshare.configuration.file import placing, read_configuration
from leadshare.configuration.models import Listing
from leadshare.destinations.build import build_destinations
from leadshare.destinations.description import Finding
from leadshare.destinations.preflight.daily import Preflight, Report
from leadshare.destinations.preflight.inspect import allows_canary, inspect, prove
from leadshare.errors import LeadshareError
from leadshare.leads.coverage import lacking
from leadshare.partner_center.analytics import AnalyticsApp
from leadshare.reason import Problem
from leadshare.settings import is_local, is_stored, read_settings
from leadshare.store.table import Table
from leadshare.times import utc_now

BOOKS: Final = "Microsoft's books"
"""What they are called where all that was asked is told."""


async def check(environment: Mapping[str, str], path: Path) -> list[tuple[str, Report]]:
    """Check each destination of the configuration at *path*, by its name, and Microsoft's table.

    Recent leads are tried where the environment says where they are kept.
    """
    model = configuration_model()
    configuration = read_configuration(path, model, environment)
    lease = timedelta(seconds=60)
    with placing(path, model):
        destinations = build_destinations(
            configuration.destination,
            configuration.campaigns.by_destination,
            local=is_local(environment),
            lease=lease,
        )
    table = state = None
    if is_stored(environment):
        # Not made, where it is not there: a check changes nothing.
        service = table_service(read_settings(environment, ROOT))
        table, state = (AzureTable(service.get_table_client(name)) for name in (LEADS, STATE))
    preflight = Preflight(table, inspect, prove, allows_canary, lacking(configuration))
    reports = await asyncio.gather(*(preflight.check(d, utc_now()) for d in destinations))
    checked = [(d.name, report) for d, report in zip(destinations, reports, strict=True)]
    if source := configuration.marketplace_table:
        checked.append(await _check_table(source))
    if app := configuration.analytics:
        checked.append(await _check_books(app, state, configuration.listing))
    return checked


async def _check_books(
    app: AnalyticsApp, state: Table | None, listings: Sequence[Listing]
) -> tuple[str, Report]:
    """Ask Microsoft's analytics, and what was read of it, for titles that are no listing's."""
    now = utc_now()
    found = await check_books(analytics_of(app), now)
    if state is not None:
        titles = await unmatched(state, listings, now.date())
        found += [Finding(Problem.TITLE_UNKNOWN, value=title) for title in titles]
    return BOOKS, Report(now, tuple(found), proven=False)


async def _check_table(source: MarketplaceTable) -> tuple[str, Report]:
    """Ask Microsoft's table for the rows of this moment: that it answers is enough."""
    async with marketplace_client(source) as client:
        rows, found = MarketplaceRows(client), []
        try:
            await rows.page(utc_now(), "")
        except LeadshareError as error:
            found = [Finding(Problem.TABLE_UNREADABLE, value=str(error))]
        return rows.name, Report(utc_now(), tuple(found), proven=False)
