"""Plays a life on a real host, kills that now and then, and writes down what everybody saw."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableServiceClient
from azure.storage.queue import QueueServiceClient
from pydantic import SecretStr

from leadshare.client.standard_webhooks import key_of, signed
from leadshare.store.keys import index_time
from leadshare.times import to_text
from tests.books.analytics import Analytics
from tests.builders import PRIVACY_KEY
from tests.e2e.process import ROOT, Host, quick
from tests.e2e.quarter.life import FAIR, Event
from tests.e2e.quarter.wiring import CLOCK_FILE, PARTNER_CENTER
from tests.e2e.quarter.world import World
from tests.e2e.sink import KEY
from tests.e2e.storage import break_lock

CONFIGURATION: Final = """
internal_domains = ["contoso.example"]

[[listing]]
id = "contoso.robot"
title = "Contoso Robot"
kind = "app"
campaign = "autumn"

[[listing]]
id = "contoso.review"
title = "Contoso Review"
kind = "consulting service"

[[listing]]
id = "contoso.lake"
title = "Contoso Lake"
kind = "offer"

[[campaign]]
id = "fair"
name = "The fair"
kind = "nurture"
from = {fair[0]}
until = {fair[1]}
targets = {{ leads = 10, sales_ready = 5 }}

[[campaign]]
id = "dach"
name = "Neighbours"
kind = "nurture"
when = [
  {{ field = "storefront", op = "eq", value = "appsource" }},
  {{ field = "country", op = "in", value = ["DE", "AT", "CH"] }},
]

[[campaign]]
id = "autumn"
name = "Autumn"
kind = "nurture"
from = 2026-09-07
targets = {{ leads = 20, won = 3, revenue = 100000, currency = "EUR" }}

[[track]]
id = "write"
kind = "nurture"
basis = "consent"

[[track.step]]
after_days = 1
do = "event"
at = "crm"
text = "Write."

[[track.step]]
after_days = 6
do = "event"
at = "crm"
text = "Write again."

[[destination]]
type = "webhook"
name = "crm"
storefronts = ["appsource"]
url = "{url}/crm"
secret = "HOOK"

[[destination]]
type = "webhook"
name = "market"
channel = "field_seller"
url = "{url}/market"
secret = "HOOK"
schedule = [0, 30, 300]

[[destination]]
type = "webhook"
name = "seller"
channel = "field_seller"
url = "{url}/seller"
secret = "HOOK"

[[route]]
when = [
  {{ field = "storefront", op = "eq", value = "azure_marketplace" }},
  {{ field = "country", op = "present" }},
]
to = ["market"]

[[route]]
when = [
  {{ field = "storefront", op = "eq", value = "azure_marketplace" }},
  {{ field = "country", op = "present" }},
  {{ field = "score", op = "at_least", value = 60 }},
]
to = ["seller"]

[[outcome_source]]
name = "shop"
secrets = ["HOOK"]

[report]
zone = "Europe/Berlin"

[analytics]
{analytics}
"""

QUEUES: Final = ("touches", "outcomes", "lanes")
QUIET: Final = 1.3
"""Seconds without a request after which nothing is under way: more than a tick is apart."""


class Play:
    """A deployment and its world."""

    def __init__(self, storage: str, folder: Path, world: World, seed: int) -> None:
        self.storage, self.folder, self.world, self.clock = storage, folder, world, world.clock
        self.chance = random.Random(seed)  # noqa: S311 - a test's plan
        file = folder / "leadshare.toml"
        analytics = "\n".join(f'{k} = "{v}"' for k, v in Analytics.SETTINGS.items())
        file.write_text(CONFIGURATION.format(url=world.url, analytics=analytics, fair=FAIR))
        shutil.copy(ROOT / "host.json", folder)
        (folder / "function_app.py").write_text("from tests.e2e.quarter.app import app\n")
        self.settings = {
            **quick(storage, file),
            **Analytics.ENVIRONMENT,
            "HOOK": KEY,
            "LEADSHARE_PRIVACY_KEY": PRIVACY_KEY,
            CLOCK_FILE: str(self.clock.file),
            PARTNER_CENTER: world.url,
        }
        self.kills = 0
        self._posted_at = 0.0
        self._stack = ExitStack()
        self._tables = self._stack.enter_context(TableServiceClient.from_connection_string(storage))
        self._queues = self._stack.enter_context(QueueServiceClient.from_connection_string(storage))
        self.leads: TableClient = self._tables.get_table_client("leads")
        self.host, self.web = self._started()

    def _started(self) -> tuple[Host, httpx.Client]:
        log = self.folder / f"{uuid4().hex}.log"
        host = Host(self.settings, log, "--message-lease", "2", folder=self.folder)
        self._stack.callback(host.kill)
        web = httpx.Client(base_url=f"{host.wait().url}/api/", timeout=60)
        return host, self._stack.enter_context(web)

    def close(self) -> None:
        """End all."""
        self.host.stop()
        self._stack.close()

    def kill(self) -> None:
        """End the host and its worker wherever they are, and start it anew when leases are over."""
        self.host.crash()
        break_lock(self.storage)
        self.kills += 1
        self.clock.pass_by(timedelta(minutes=2))
        self.host, self.web = self._started()

    def live(self, events: Sequence[Event], kills: int) -> None:
        """Let all *events* happen, moment by moment; at so many of these the host is killed."""
        moments = sorted({one.at for one in events})
        deadly = {*self.chance.sample(moments, kills)}
        for moment in moments:
            self.clock.wind(max(moment, self.clock.now()))
            for event in events:
                if event.at == moment:
                    self.happen(event)
            if moment in deadly:
                time.sleep(self.chance.uniform(0, 0.8))  # the moment is what is tested
                self.kill()
            self.settle()

    def happen(self, event: Event) -> None:
        """Let one thing happen."""
        match event.kind:
            case "touch":
                self._touch(event.values["body"])
            case "outcome":
                self._tell(event.values)
            case "order":
                self._order(event.values)
            case "world":
                self.world.write("world", **event.values)
                for name, value in event.values.items():
                    setattr(self.world, name, value)
            case dataset:
                day = event.at.date()
                self.world.analytics.add(dataset, day, **event.values)
                self.world.write("book", dataset=dataset, line=event.values)

    def _touch(self, body: Mapping[str, Any]) -> None:
        answer = self.web.post("leads", json=body)
        assert 202 == answer.status_code, answer.text
        self.world.write("touch", body=body)

    def _tell(self, values: Mapping[str, Any]) -> None:
        """Post what a seller says, who knows the lead from the CRM."""
        lead = self.world.leads.get((values["email"], values["listing"]))
        if lead is None:
            return
        now = self.clock.now()
        told = {k: v for k, v in values.items() if k in {"state", "amount", "currency"}}
        body = json.dumps({"lead": lead, "at": to_text(now), **told}).encode()
        headers = signed(f"msg-{uuid4().hex}", now, body, [key_of(SecretStr(KEY))])
        answer = self.web.post("outcomes", content=body, headers=dict(headers))
        assert 202 == answer.status_code, answer.text
        self.world.write("outcome", **values)

    def _order(self, values: Mapping[str, Any]) -> None:
        """Order something at the operators' desk: look at what it would do, then do it."""
        path, body = values["path"], {"by": "tests", **values["body"]}
        counted = self._ordered(path, body)
        done = {**body, "dry_run": False, "token": counted["token"]}
        self._ordered(path, done)
        self.world.write("order", **values)

    def _ordered(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self.web.post(f"manage/{path}", json=body)
        assert 200 == answer.status_code, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def settle(self, patience: float = 60) -> None:
        """Wait until all is done that can be done by now; what rests for a minute rests so long."""
        end = time.monotonic() + patience
        while self.queued() or self.due():
            assert time.monotonic() < end, f"still not settled: {self.due()}"
            time.sleep(0.1)
            if self.world.is_down and not self.queued():
                time.sleep(QUIET)
                return
            quiet = time.monotonic() - max(self.world.heard_at, self._posted_at)
            if quiet > QUIET and not self.queued():
                self.clock.pass_by(timedelta(minutes=1))

    def queued(self) -> int:
        """Return how many messages there are, those that are worked on included."""
        count = 0
        for name in QUEUES:
            with suppress(ResourceNotFoundError):
                found = self._queues.get_queue_client(name).get_queue_properties()
                count += found.approximate_message_count or 0
        if count:
            self._posted_at = time.monotonic()
        return count

    def due(self) -> list[str]:
        """Return what is due by now."""
        now = self.clock.now()
        return [key for key in self.keys("due|") if index_time(key) <= now]

    def keys(self, prefix: str) -> list[str]:
        """Return the keys under a *prefix*, in all partitions."""
        with suppress(ResourceNotFoundError):  # It is made on first use.
            rows = self.leads.query_entities(
                "RowKey ge @start and RowKey lt @end",
                parameters={"start": prefix, "end": f"{prefix}~"},
                select=["RowKey"],
            )
            return [row["RowKey"] for row in rows]
        return []

    def go_on(self, day: date) -> None:
        """Let days pass until *day*, and all be counted and read that there is."""
        while self.clock.now().date() < day:
            self.clock.pass_by(timedelta(hours=8))
            self.settle()
            time.sleep(QUIET)
        end = time.monotonic() + 60
        while self.keys("count|"):
            assert time.monotonic() < end, "not all is folded"
            self.clock.pass_by(timedelta(minutes=2))
            time.sleep(QUIET)

    def report(self, **asked: str) -> dict[str, Any]:
        """Return a report, as who may see persons gets it."""
        answer = self.web.get(
            "manage/report",
            params={**asked, "persons": "true"},
            headers={"x-leadshare-privacy-key": PRIVACY_KEY},
        )
        assert 200 == answer.status_code, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def ask(self, path: str, **values: Any) -> dict[str, Any]:
        """Order something that is only looked at."""
        return self._ordered(path, {"by": "tests", **values})
