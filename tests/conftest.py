"""Fixtures that many tests share: a running Azurite, its accounts and tables in it."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from azure.data.tables.aio import TableServiceClient
from hypothesis import settings

from leadshare.azure.table import AzureTable
from leadshare.local import azurite
from leadshare.store import retrying
from leadshare.telemetry.logs import facts_of
from leadshare.telemetry.signals import EVENTS
from tests import fuzzing

TESTS = Path(__file__).parent
ACCOUNTS = 100

UNMEASURED = frozenset(
    (
        *("documents", "e2e", "infra", "listings", "local", "workflows"),
        "commands/test_host.py",
        "commands/test_offline.py::test_json",
        "configuration/test_wrong_settings.py::test_other_type",
        "configuration/test_wrong_settings.py::test_outside",
        "counts/test_kills.py",
        "custody/test_retention.py::test_large",
        "custody/test_storage.py",
        "deliveries/asking/test_outcomes.py::test_flat",
        "deliveries/lanes/test_budget.py::test_never_starves",
        "deliveries/lanes/test_visits.py",
        "destinations/dynamics/test_changes.py::test_calls",
        "destinations/dynamics/test_changes.py::test_each_once_at_least",
        "destinations/hubspot/test_outcomes.py::test_all_told",
        "destinations/odoo/test_outcomes.py::test_all_told",
        "destinations/salesforce/test_changes.py::test_each_once_at_least",
        "destinations/test_sellers.py",
        "destinations/zoho/test_outcomes.py::test_all_told",
        "laws/test_crashes.py",
        "laws/test_finding.py",
        "laws/test_fuzz.py::test_json",
        "laws/test_fuzz_messages.py",
        "laws/test_fuzz_requests.py",
        "laws/test_laws.py",
        "laws/test_reminders.py",
        "laws/test_tracks.py",
        "leads/outcomes/test_recording.py::test_any",
        "leads/outcomes/test_recording.py::test_flat",
        "leads/test_coverage.py::test_too_many_conditions",
        "leads/test_coverage_of_any.py",
        "leads/test_held.py::test_of_many_leads",
        "leads/test_phones.py",
        "leads/test_planning_fits.py",
        "marketplace_table/test_any_order.py",
        "operators/orders/test_tokens.py::test_any",
        "scoring/test_mix.py",
        "scoring/test_possible_at_all.py",
        "scoring/test_receipt.py",
        "telemetry/test_recorder.py::test_events",
        "test_country_names.py",
        "test_package.py",
        "test_requirements.py",
    )
)
"""Folders, files and tests that play so much that measuring what they cover, which others cover as
well, takes longer than they do."""

settings.load_profile(fuzzing.PROFILE)


def pytest_configure(config: pytest.Config) -> None:
    """Have each worker measure once, and begin to collect elsewhere.

    pytest-cov has begun to measure when it was loaded, and begins anew for a worker: the first
    would go on where the second pauses. And what one worker has compiled, others need not.
    """
    worker = getattr(config, "workerinput", None)
    measuring = getattr(config.pluginmanager.get_plugin("_cov"), "cov_controller", None)
    if worker and measuring:
        measuring.pause()
    if worker and config.args == config.getini("testpaths"):
        left_out = {config.rootpath / one for one in config.getoption("ignore")}
        files = (path for path in TESTS.rglob("test_*.py") if left_out.isdisjoint(path.parents))
        parts = sorted(map(str, files))
        begin = len(parts) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
        config.args = parts[begin:] + parts[:begin]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among what is collected, which stays to the end."""
    gc.disable()
    collected = yield
    gc.freeze()
    gc.enable()
    return collected


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Measure no coverage where that costs more than it tells; what takes long comes first."""
    long = set()
    for item in items:
        file = item.path.relative_to(TESTS)
        test = f"{file.as_posix()}::{item.name.partition('[')[0]}"
        if not UNMEASURED.isdisjoint({test, *(one.as_posix() for one in (file, *file.parents))}):
            item.add_marker(pytest.mark.no_cover)
            long.add(item.path)
    items.sort(key=lambda item: (item.path not in long, item.path))


class Told(logging.Handler):
    """Compares all that the app logs with what `EVENTS` says that it logs."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note a line that is not as it is said to be."""
        if record.name.startswith(("leadshare.local", "leadshare.test")):
            return
        facts, said = {*facts_of(record)}, EVENTS.get(record.msg)
        if said is None or facts != {*said}:
            self.wrong.append(f"{record.msg}: {sorted(facts)}")


@pytest.fixture(autouse=True, name="events_as_listed")
def _events_as_listed() -> Iterator[None]:
    """Whatever a test makes the app log is in `EVENTS`, with exactly its facts."""
    logger, told = logging.getLogger("leadshare"), Told()
    level = logger.level
    logger.addHandler(told)
    logger.setLevel(logging.DEBUG)
    yield
    logger.removeHandler(told)
    logger.setLevel(level)
    assert [] == told.wrong


@pytest.fixture(autouse=True, name="formatters")
def _formatters() -> Iterator[None]:
    """The app formats the handlers that it finds on import; pytest's are to stay as they were."""
    before = [(handler, handler.formatter) for handler in logging.getLogger().handlers]
    yield
    for handler, formatter in before:
        handler.setFormatter(formatter)


@pytest.fixture(scope="session", name="emulator")
def _emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of an Azurite with many accounts, which lives as long as the tests."""
    names = (azurite.ACCOUNT, *(f"account{number}" for number in range(ACCOUNTS)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AZURITE_ACCOUNTS", ";".join(f"{name}:{azurite.KEY}" for name in names))
        with azurite.running(tmp_path_factory.mktemp("azurite")) as connection:
            yield connection


@pytest.fixture(scope="session", name="storage")
def _storage(emulator: str) -> str:
    """The connection string of the storage account that tests share."""
    return emulator


@pytest.fixture(scope="session", name="new_account")
def _new_account(emulator: str) -> Callable[[], str]:
    """Gives the connection string of a storage account that nobody else uses."""
    numbers = count()
    return lambda: emulator.replace(azurite.ACCOUNT, f"account{next(numbers)}")


@pytest.fixture(name="azure_table")
async def _azure_table(storage: str) -> AsyncIterator[AzureTable]:
    """An empty table in Azurite."""
    async with TableServiceClient.from_connection_string(storage) as service:
        client = await service.create_table(f"t{uuid4().hex}")
        async with client:
            yield AzureTable(client)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits after a conflict: what tests play is not in real time."""

    async def give_way(_: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(retrying, "pause", give_way)
