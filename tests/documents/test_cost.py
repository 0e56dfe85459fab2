"""What the page on cost says must follow from the figures in it, and those from us."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from leadshare.app import build as wiring
from leadshare.azure.queues import NAMES
from leadshare.custody.chain import Chain
from leadshare.deliveries.delivery import Accepted, Reply
from leadshare.deliveries.tick import Ticker
from leadshare.deliveries.worker import WorkerContext
from leadshare.destinations.base import Destination
from leadshare.destinations.inbox import Inbox
from leadshare.leads import unrouted
from leadshare.lifecycle.outcome import Changed
from leadshare.settings import read_settings
from leadshare.store.table import Change
from leadshare.telemetry.signals import SPAN_SHARE, SPANS, STANDING
from leadshare.watch.listings import DAILY, ListingWatch
from leadshare.watch.proof import LISTING
from leadshare.watch.queues import EVERY
from tests.builders import IDENTITY, NOW, Nudged, Office, message, visit_ids
from tests.documents.page_figures import ROOT, figures, number, tables, worked_out
from tests.infra.deployment import BINDINGS, EVERYTHING, of_kind
from tests.infra.insights import rules
from tests.memory import MemoryTable

HOST = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))


def bicep(name):
    """Return the text of a Bicep file."""
    return (ROOT / "infra" / f"{name}.bicep").read_text(encoding="utf-8")


def sums():
    """Yield each sum on the page on cost: name, formula, what it is a sum for, and what is
    shown.
    """
    for head, body in tables("cost.md"):
        if head[:2] == ["figure", "formula"]:
            for name, formula, *shown in body:
                for column, text in zip(head[2:], shown, strict=True):
                    count, _, what = column.partition(" ")
                    yield name.strip("`"), formula.strip("`"), what.rstrip("s"), count, text


class TestCost:
    def test_sums(self):
        """Every sum on the page on cost is what its formula comes to, to the digits shown."""
        known = {column: figures("cost.md") for column in {(s[2], s[3]) for s in sums()}}
        wrong = []
        for name, formula, what, many, shown in sums():
            names = known[what, many]
            names[f"{what}s"] = number(many)
            names[name] = worked_out(formula, names)
            digits = len(shown.partition(".")[2])
            if f"{names[name]:,.{digits}f}" != shown:
                wrong.append((name, many, shown, names[name]))

        assert len(list(sums())) > 40
        assert [] == wrong

    def test_counted(self):
        """The requests of a lead add up to what was counted, for 1,000 of them."""
        told = figures("cost.md")
        parts = ("table_reads", "table_writes", "queue_puts", "queue_deletes", "queue_gets")
        [counted] = re.findall(r"([\d,]+) requests for 1,000 new leads", text())

        assert number(counted) / 1000 == pytest.approx(sum(told[name] for name in parts))

    def test_settings(self):
        """How often is ticked, polled and looked, and at how many queues, are as the app is set."""
        told, polling = figures("cost.md"), HOST["extensions"]["queues"]["maxPollingInterval"]
        polled = {one["queueName"] for one in BINDINGS if one["type"] == "queueTrigger"}

        assert len(polled) == told["queues"]
        assert 2 * len(NAMES) == told["look_operations"]
        assert timedelta(days=30) / EVERY == told["looks"]
        assert len([name for name in NAMES if name.endswith("-poison")]) == told["poison_gets"]
        assert "param tickSchedule string = '*/30 * * * * *'" in bicep("main")
        assert "param storageSku string = 'Standard_ZRS'" in bicep("main")
        assert "param logsStorageChanges bool = false" in bicep("main")
        assert polling == f"00:00:{told['poll_seconds']:02.0f}"
        assert timedelta(days=30) / timedelta(seconds=30) == told["ticks"]

    def test_monitored(self):
        """Alert rules and their pace, spans and private endpoints are as `infra/` and code have
        them.
        """
        told = figures("cost.md")
        series = re.findall(r"'\w+Error'|'\w+WithThrottling'", bicep("modules/alerts"))

        assert len(rules()) == told["rules"]
        assert {"PT15M"} == {rule["properties"]["evaluationFrequency"] for rule in rules()}
        assert len(series) == told["throttled_series"]
        assert (len(SPANS), SPAN_SHARE) == (told["lead_spans"], told["span_share"])
        assert bicep("modules/network").count("zone: 'privatelink.") == told["endpoints"]

    def test_outside(self):
        """A test from outside asks from as many places, and as often, as the page says; its price
        is told, in whole dollars, wherever it can be switched on.
        """
        told = figures("cost.md")
        [test] = of_kind("Microsoft.Insights/webtests", **EVERYTHING)
        price = {count: float(shown) for name, _, _, count, shown in sums() if name == "outside"}
        near = f"about {price['1']:.0f} dollars a month"
        operate = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")

        assert len(test["properties"]["Locations"]) == told["places"]
        assert 3600 / test["properties"]["Frequency"] == told["tests_hourly"]
        assert near in bicep("main")
        assert near in (ROOT / "infra" / "main.bicepparam").read_text(encoding="utf-8")
        assert near in operate.replace("[", "")

    def test_lane(self):
        """A lane takes no more of a tick's line than the page says."""
        lane = dict.fromkeys(STANDING, 86_400_000) | {"accepted": 100}
        told = json.dumps({"our-dynamics": lane}, separators=(",", ":"))

        assert figures("cost.md")["lane_kb"] * 1000 >= len(told)

    async def test_alone(self):
        """A lead that comes alone is classified, and its lane visited, with so many reads and
        writes.
        """
        office, told = Office({"name": "crm"}), figures("cost.md")
        settings = SimpleNamespace(schedule=(0,), timeout=30.0, concurrency=4, follows_up=True)
        destination: Any = SimpleNamespace(
            name="crm", settings=settings, batch_size=1, rate=None, looks_up=lambda _: False
        )
        destination.deliver = accept
        context = WorkerContext(
            *(office.table, office.state, office.clock, lambda: 0.0, visit_ids()),
            *(timedelta(seconds=60), office.nudged, IDENTITY.index_name),
        )
        ticker = Ticker(context, [destination])
        await ticker.tick(timedelta(seconds=30))  # the first makes the lane

        before = office.table.calls + office.state.calls
        await office.take(1)
        [nudge] = office.nudged.nudges
        await ticker.visit(nudge.to_message(), timedelta(seconds=5))

        # A write gives way twice: see `MemoryTable`.
        calls = office.table.calls + office.state.calls - before
        assert told["lone_reads"] + 2 * told["lone_writes"] == calls
        assert ["delivered"] == [row["state"] for row in office.table.values("delivery")]

    async def test_proof(self):
        """A proof reads, writes and logs as much as the page says, once an hour."""
        told, office, lines = figures("cost.md"), Office(), []
        handler = logging.Handler()
        handler.emit = lambda record: lines.append(record.msg)  # type: ignore[method-assign]  # the shortest handler
        office.way_in = SimpleNamespace(bodies=[])

        async def post(body: bytes) -> int:
            office.way_in.bodies.append(body)
            return 202

        office.way_in.post = post
        log, level = logging.getLogger("leadshare.watch.prover"), logging.INFO
        log.addHandler(handler)
        log.setLevel(level)
        try:
            await office.prover.prove()
            [body] = office.way_in.bodies
            await office.classifier.classify(message(body, listing=LISTING), NOW)
        finally:
            log.removeHandler(handler)
            log.setLevel(logging.NOTSET)

        [timer] = [one for one in BINDINGS if one.get("schedule", "%")[0] != "%"]
        assert "0 17 * * * *" == timer["schedule"]
        assert timedelta(days=30) / timedelta(hours=1) == told["proofs"]
        # A write gives way twice: see `MemoryTable`.
        assert told["proof_reads"] + 2 * told["proof_writes"] == office.state.calls
        assert 0 == office.table.calls
        assert ["proof.sent", "proof.arrived"] == lines
        # Beside them `touch.taken`, and a request of each function.
        assert told["proof_lines"] == len(lines) + 1 + told["proof_runs"]

    async def test_tick(self):
        """A tick with nothing due reads and writes as often as the page says."""
        told, table, state = figures("cost.md"), MemoryTable(), MemoryTable()
        settings = SimpleNamespace(schedule=(0,), timeout=30.0, concurrency=4, follows_up=True)
        destination: Any = SimpleNamespace(
            name="crm", settings=settings, batch_size=1, rate=None, requests=0
        )
        context = WorkerContext(
            *(table, state, lambda: NOW, lambda: 0.0, visit_ids(), timedelta(seconds=60)),
            *(Nudged(), IDENTITY.index_name),
        )

        await Ticker(context, [destination]).tick(timedelta(seconds=30))

        # A write gives way twice: see `MemoryTable`.
        assert told["tick_reads"] + 2 * told["tick_writes"] == table.calls + state.calls
        assert told["tick_reads"] == table.calls + 1

    @pytest.mark.parametrize("destinations", [1, 10])
    async def test_count(self, destinations):
        """Counting the leads that nobody takes reads as often as the page says, and at its pace."""
        told, table = figures("cost.md"), MemoryTable()

        await unrouted.count(table, [f"crm-{number}" for number in range(destinations)])

        assert 16 * (told["count_ranges"] + destinations) == table.calls
        assert timedelta(days=30) / unrouted.EVERY == told["counts"]

    async def test_watch(self):
        """Looking how long listings have been silent costs as much as the page says, once a day."""
        told, table, lanes, now = figures("cost.md"), MemoryTable(), MemoryTable(), [NOW]
        chore = ListingWatch(table, lanes, frozenset({"contoso.robot"}), lambda: now[0])

        for hours in range(24 * 3):
            now[0] = NOW + timedelta(hours=hours)
            await chore.work()

        assert timedelta(days=30) / DAILY == told["watches"]
        # A write gives way twice: see `MemoryTable`.
        assert 3 * (told["watch_reads"] + 2 * told["watch_writes"]) == table.calls + lanes.calls

    async def test_rest(self, monkeypatch, tmp_path):
        """Whatever the whole app does of itself at rest, the page counts what it asks of tables."""
        table, state, now = Counted(), Counted(), [NOW]
        file = tmp_path / "leadshare.toml"
        file.write_text('[[destination]]\ntype="inbox"\nname="crm"\nurl="http://127.0.0.1:7072"\n')
        monkeypatch.setattr(wiring, "CLOCK", SimpleNamespace(now=lambda: now[0]))
        monkeypatch.setattr(Inbox, "asked_every", Destination.asked_every)
        monkeypatch.setattr(Inbox, "changed", tell_nothing)
        environment = {
            "LEADSHARE_STORAGE": "UseDevelopmentStorage=true",
            "LEADSHARE_CONFIGURATION": str(file),
            "LEADSHARE_IDENTITY_KEY": "a key that is long enough for this",
            "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        }
        chain = Chain(state, lambda: now[0], visit_ids(), lambda _: None)
        stores: Any = SimpleNamespace(
            table=table, state=state, nudges=Nudged(), referrals=None, queues=None, chain=chain
        )
        settings = read_settings(environment, tmp_path)
        parts = await wiring._run(settings, environment, stores)  # noqa: SLF001 - what a process runs, over tables of ours

        async def hours(count: int) -> int:
            before = table.operations + state.operations
            for _ in range(count * 120):
                now[0] += timedelta(seconds=30)
                await parts.ticker.tick(timedelta(seconds=25))
            return table.operations + state.operations - before

        await hours(1)  # the first does what is done once a day

        names = figures("cost.md") | {"destinations": 1.0}
        [formula] = {formula for name, formula, *_ in sums() if name == "idle_tables"}
        told = worked_out(formula, names | {"watches": 0.0}) * 10000 / names["table_price"]
        assert Destination.asked_every == timedelta(days=30) / names["asks"]
        assert told == 360 * await hours(2)

    def test_short(self):
        """What the page says in short is what it works out."""
        shown = {(name, count): float(s.replace(",", "")) for name, _, _, count, s in sums()}
        million = [shown[name, "1,000,000"] for name in ("least", "most")]

        assert f"**{million[0]:.0f} to {million[1]:.0f} for a million leads**" in text()
        assert f"**{shown['idle_granted', '1']:.0f} a month**" in text()
        assert f"(**{shown['idle', '1']:.0f}** without)" in text()
        assert f"of which {shown['idle_alerts', '1']:.2f} are alerts" in text()
        assert f"of which {shown['logs', '1,000,000']:.0f} are logs" in text()
        assert f"`most + {shown['idle', '1']}`" in text()
        logged = shown["idle_logs", "10"] + shown["idle_metrics", "10"]
        gb = logged / figures("cost.md")["log_price"]
        assert f"with ten destinations, {gb:.1f} GB of logs and metrics" in text()

    def test_goals(self):
        """At rest it costs under 5 dollars a month with the free grants and every alert on, under 7
        without; a million leads that come close together cost under 20.
        """
        shown = {(name, count): float(s.replace(",", "")) for name, _, _, count, s in sums()}

        assert 5 > shown["idle_granted", "1"]
        assert 7 > shown["idle", "1"]
        assert 20 > shown["least", "1,000,000"]


class Counted(MemoryTable):
    """A table that counts requests, as they are paid for."""

    writes = 0

    @property
    def operations(self) -> int:
        """How many there were; a write gives way twice."""
        return self.calls - self.writes

    async def write(self, partition: str, changes: Sequence[Change]) -> list[str]:
        """Count one write."""
        self.writes += 1
        return await super().write(partition, changes)


def text() -> str:
    """Return the page on cost."""
    return (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")


async def tell_nothing(_inbox: Inbox, _cursor: str, _now: datetime) -> Changed:
    """Tell of no outcome."""
    return Changed()


async def accept(deliveries: Any, now: Any) -> Reply:
    """Take each delivery."""
    assert now
    return Reply(tuple(Accepted("r") for _ in deliveries), 200)
