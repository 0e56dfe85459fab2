"""`leadshare check` asks Microsoft's analytics, and tells titles that are no listing's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from leadshare.check import BOOKS, check
from leadshare.destinations.preflight.daily import Report
from tests.books.world import HOUR, World
from tests.configuration.wrong_files import FILE, SECRET

ANALYTICS = """
[analytics]
tenant_id = "contoso.example"
client_id = "app"
client_secret = "ANALYTICS_SECRET"
"""
ENVIRONMENT = {"DESK_SECRET": SECRET, "ANALYTICS_SECRET": "x"}
STORAGE = {
    "LEADSHARE_STORAGE": "UseDevelopmentStorage=true",
    "LEADSHARE_IDENTITY_KEY": "0" * 32,
}


@pytest.fixture(name="world")
def _world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr("leadshare.check.analytics_of", lambda _: world.reader.analytics)
    monkeypatch.setattr("leadshare.check.utc_now", lambda: world.now)
    return world


async def found(tmp_path: Path, **environment: str) -> list[tuple[str, str]]:
    """What the check finds of the books: problems and values."""
    path = tmp_path / "leadshare.toml"
    path.write_text(FILE + ANALYTICS, "utf-8")
    reports: dict[str, Report] = dict(await check({**ENVIRONMENT, **environment}, path))
    return [(one.problem, one.value) for one in reports[BOOKS].findings]


async def test_well(world, tmp_path):
    """Without storage it asks what is shown."""
    assert not await found(tmp_path)
    assert world.analytics.requests


async def test_no_right(world, tmp_path):
    """A right that is missing is told."""
    world.analytics.has_right = False
    assert [("forbidden", "")] == await found(tmp_path)


async def test_titles(world, tmp_path, monkeypatch):
    """Where it is told where books are kept, titles that no listing has are told."""
    world.visit(world.now.date(), "Contoso Robot (old)")
    world.visit(world.now.date(), "contoso robot")
    await world.run(6 * HOUR)

    def table(client: Any) -> Any:
        return world.state if client == "state" else None

    class Service:
        get_table_client = staticmethod(lambda name: name)

    monkeypatch.setattr("leadshare.check.table_service", lambda _: Service())
    monkeypatch.setattr("leadshare.check.AzureTable", table)
    assert [("title_unknown", "Contoso Robot (old)")] == await found(tmp_path, **STORAGE)
