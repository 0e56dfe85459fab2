"""Composition root of `leadshare check`: ask everything that the configuration names."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from leadshare.core.preflight import Finding
from leadshare.destinations.building import build_destinations
from leadshare.destinations.inspect import allows_canary, inspect, prove
from leadshare.errors import LeadshareError
from leadshare.marketplace_table import MarketplaceRows, MarketplaceTable, marketplace_client
from leadshare.preflight import Preflight, Report
from leadshare.settings import is_local, is_stored, read_configuration, read_settings
from leadshare.table import AzureTable
from leadshare.wiring import LEADS, ROOT, configuration_model, table_service, utc_now


async def check(environment: Mapping[str, str], path: Path) -> list[tuple[str, Report]]:
    """Check each destination of the configuration at *path*, by its name, and the table of leads.

    Recent leads are tried where the environment says where they are kept.
    """
    configuration = read_configuration(path, configuration_model(), environment)
    local = is_local(environment)
    lease = timedelta(seconds=60)
    destinations = build_destinations(configuration.destination, local=local, lease=lease)
    table = None
    if is_stored(environment):
        # Not made, where it is not there: a check changes nothing.
        service = table_service(read_settings(environment, ROOT))
        table = AzureTable(service.get_table_client(LEADS))
    preflight = Preflight(table, inspect, prove, allows_canary)
    reports = await asyncio.gather(*(preflight.check(d, utc_now()) for d in destinations))
    checked = [(d.name, report) for d, report in zip(destinations, reports, strict=True)]
    told = configuration.marketplace_table
    return [*checked, await _check_table(told)] if told else checked


async def _check_table(told: MarketplaceTable) -> tuple[str, Report]:
    """Ask the table of leads for the rows of this moment: that it answers is enough."""
    async with marketplace_client(told) as client:
        rows, found = MarketplaceRows(client), []
        try:
            await rows.page(utc_now(), "")
        except LeadshareError as error:
            found = [Finding("table_unreadable", value=str(error))]
        return rows.name, Report(utc_now(), tuple(found), proven=False)
