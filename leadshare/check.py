"""Check: ask everything that the configuration names."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from leadshare.app.build import ROOT
from leadshare.app.configuration import configuration_model
from leadshare.azure.marketplace_table import MarketplaceRows, MarketplaceTable, marketplace_client
from leadshare.azure.table import LEADS, AzureTable, table_service
from leadshare.configuration.file import placing, read_configuration
from leadshare.destinations.build import build_destinations
from leadshare.destinations.description import Finding
from leadshare.destinations.preflight.daily import Preflight, Report
from leadshare.destinations.preflight.inspect import allows_canary, inspect, prove
from leadshare.errors import LeadshareError
from leadshare.leads.coverage import lacking
from leadshare.reason import Problem
from leadshare.settings import is_local, is_stored, read_settings
from leadshare.times import utc_now


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
    table = None
    if is_stored(environment):
        # Not made, where it is not there: a check changes nothing.
        service = table_service(read_settings(environment, ROOT))
        table = AzureTable(service.get_table_client(LEADS))
    preflight = Preflight(table, inspect, prove, allows_canary, lacking(configuration))
    reports = await asyncio.gather(*(preflight.check(d, utc_now()) for d in destinations))
    checked = [(d.name, report) for d, report in zip(destinations, reports, strict=True)]
    source = configuration.marketplace_table
    return [*checked, await _check_table(source)] if source else checked


async def _check_table(source: MarketplaceTable) -> tuple[str, Report]:
    """Ask Microsoft's table for the rows of this moment: that it answers is enough."""
    async with marketplace_client(source) as client:
        rows, found = MarketplaceRows(client), []
        try:
            await rows.page(utc_now(), "")
        except LeadshareError as error:
            found = [Finding(Problem.TABLE_UNREADABLE, value=str(error))]
        return rows.name, Report(utc_now(), tuple(found), proven=False)
