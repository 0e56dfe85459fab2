"""What a lead leaves in the log: what host.json lets through, and at most six lines."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import httpx
import pytest

from leadshare.app import build as wiring
from leadshare.local.host.host import Host
from leadshare.local.host.worker.app import imported, read_functions
from leadshare.local.inbox import site
from leadshare.times import utc_now
from tests.builders import post
from tests.documents.page_figures import ROOT, figures
from tests.infra import kusto
from tests.inside import inside
from tests.laws.opened import closing

HOST: Final = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["logging"]
LEVELS: Final = ("Trace", "Debug", "Information", "Warning", "Error", "Critical", "None")

READ: Final = {
    "Host.Results": "Information",
    "Host.Startup": "Error",
    "Microsoft.AspNetCore.Mvc.StatusCodeResult": "Information",
    "Microsoft.Azure.WebJobs.Script.WebHost.WebScriptHostExceptionHandler": "Error",
    "Worker.LanguageWorkerChannel.python.4a3e4ec8-0b1a-4f7e-9f43-2a3b8b1c0d11": "Error",
}
"""What alerts read beside the app's own lines: what host and worker were seen to write."""

OF_THE_HOST: Final = ("Executing", "Executed", "Trigger Details")
"""What the host says of an invocation, at Information, under the category `Function.<name>`."""

AT_REST: Final = {
    "chain.linked",
    "retention.done",
    "tick.done",
    "day.counted",
    "queues.watched",
    "preflight.done",
    "listing.watched",
    "unrouted.counted",
    "proof.off",
}
"""Events that come whether there are leads or not."""


TIMERS: Final = {"tick", "prove_intake"}


def passes(category: str, level: str) -> bool:
    """Whether a line gets through: the longest name in host.json that begins the category says."""
    levels = HOST["logLevel"]
    names = [name for name in levels if category.lower().startswith(name.lower())]
    least = levels[max(names, key=len, default="default")]
    return least != "None" and LEVELS.index(level) >= LEVELS.index(least)


@pytest.fixture(name="names", scope="module")
def _names() -> list[str]:
    """The app's functions; imported afresh, for an app can be asked for them only once."""
    with imported(ROOT, "function_app") as module:
        return [function.name for function in read_functions(module)]


class TestLevels:
    def test_functions(self, names):
        """host.json names each function's own lines, and no other's."""
        named = [name.split(".")[1] for name in HOST["logLevel"] if name.endswith(".User")]

        assert sorted(names) == sorted(named)

    def test_lines(self, names):
        """What a function logs gets through from Information on; what the host says of it does
        not.
        """
        assert [True] * len(names) == [passes(f"Function.{n}.User", "Information") for n in names]
        assert [False] * len(names) == [passes(f"Function.{n}", "Information") for n in names]
        assert [True] * len(names) == [passes(f"Function.{n}", "Warning") for n in names]

    @pytest.mark.parametrize("category", READ)
    def test_read(self, category):
        """What alerts read of host and worker gets through."""
        assert passes(category, READ[category])

    def test_asked(self):
        """No query reads a category that is not among those."""
        asked = {name for query in kusto.queries().values() for name in kusto.categories(query)}

        assert asked
        assert set() == {name for name in asked if not any(name in known for known in READ)}

    def test_off(self):
        """The host makes no metrics of invocations, and tells of nothing else but what goes
        wrong.
        """
        assert not passes("Host.Aggregator", "Critical")
        assert not passes("Host.General", "Information")
        assert passes("Host.General", "Warning")

    def test_sampled(self):
        """The host samples neither lines nor requests nor exceptions."""
        sampling = HOST["applicationInsights"]["samplingSettings"]

        assert {"Request", "Trace", "Exception"} == set(sampling["excludedTypes"].split(";"))


class Heard(logging.Handler):
    """Counts what reaches Application Insights: our events, and the functions that ran."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.events, self.runs = Counter[str](), Counter[str]()

    def emit(self, record: logging.LogRecord) -> None:
        """Count one record."""
        if record.msg == "function.executed":
            self.runs[record.__dict__["function"]] += 1
        elif not record.name.startswith("leadshare.local") and record.levelno >= logging.INFO:
            self.events[str(record.msg)] += 1

    def lines(self, function: str) -> int:
        """How many lines the host writes of a function that ran once: a request, and its own."""
        requests = passes("Host.Results", "Information")
        own = len(OF_THE_HOST) * passes(f"Function.{function}", "Information")
        return self.runs[function] * (requests + own)


@pytest.fixture(name="heard")
def _heard() -> Iterator[Heard]:
    logger, heard = logging.getLogger("leadshare"), Heard()
    logger.addHandler(heard)
    yield heard
    logger.removeHandler(heard)


@asynccontextmanager
async def deployed(settings: dict[str, str], monkeypatch: Any) -> AsyncIterator[str]:
    """The app in the local host; nothing that it builds outlives it."""
    wiring.PROCESS.deployment = None  # a process builds once; a test must build anew
    try:
        async with closing(monkeypatch), Host(ROOT, settings=settings, launch=inside) as host:
            yield host.url
    finally:
        wiring.PROCESS.deployment = None


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.05)


LEADS: Final = 5
CONFIGURATION: Final = """
[[destination]]
type = "inbox"
name = "crm"
url = "{url}"
"""


class TestLead:
    async def test_six(self, heard: Heard, new_account: Any, tmp_path: Path, monkeypatch: Any):
        """From the POST until it was delivered and found there, a lead leaves six lines, as the
        page on cost says; a visit to the lane is one more, which the leads that it delivers share.
        """
        ahead, now = timedelta(0), utc_now

        def clock() -> datetime:
            return now() + ahead

        told = SimpleNamespace(now=clock, hear=lambda _: None)
        monkeypatch.setattr(wiring, "CLOCK", told)
        async with site.running(tmp_path / "inbox.db", 0, "http://127.0.0.1:7071") as url:
            file = tmp_path / "leadshare.toml"
            file.write_text(CONFIGURATION.format(url=url))
            settings = {
                "LEADSHARE_STORAGE": new_account(),
                "LEADSHARE_CONFIGURATION": str(file),
                "LEADSHARE_IDENTITY_KEY": "a key that is long enough for this",
                "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
                "TICK_SCHEDULE": "* * * * * *",
            }
            for name, value in settings.items():
                monkeypatch.setenv(name, value)
            async with deployed(settings, monkeypatch) as app, httpx.AsyncClient() as client:
                for number in range(LEADS):
                    lead = post(Email=f"buyer-{number}@fabrikam.example")
                    answer = await client.post(f"{app}/api/leads", json=lead)
                    assert 202 == answer.status_code
                await until(lambda: heard.events["delivery.attempted"] >= LEADS)
                ahead = timedelta(minutes=2)  # a record is looked for after a minute
                await until(lambda: heard.events["delivery.looked_up"] >= LEADS)

        events = {event: n for event, n in heard.events.items() if event not in AT_REST}
        of_host = {name: heard.lines(name) for name in heard.runs if name not in TIMERS}
        visits = of_host.pop("work_lane", 0)
        assert {"take_touch": LEADS, "classify_touch": LEADS} == of_host
        assert dict.fromkeys(LINES, LEADS) == events
        assert figures("cost.md")["lead_lines"] == 6 == (sum(events.values()) + 2 * LEADS) / LEADS
        assert figures("cost.md")["visit_lines"] == 1
        assert visits <= LEADS


LINES: Final = ("touch.taken", "touch.classified", "delivery.attempted", "delivery.looked_up")
