"""What the page on cost says must follow from the figures in it, and those from us."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final

import pytest

from leadshare.queues import NAMES
from leadshare.tick import Ticker
from leadshare.worker import Means
from tests.builders import NOW
from tests.memory import MemoryTable
from tests.page_figures import ROOT, figures, number, tables, worked_out

HOST = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
SLOW: Final = {"PT15M", "PT30M", "PT1H", "PT6H"}
"""Paces of alert rules that are paid for as the pace of 15 minutes is."""


def bicep(name):
    """
    Return the text of a Bicep file.
    """
    return (ROOT / "infra" / f"{name}.bicep").read_text(encoding="utf-8")


def sums():
    """
    Yield each sum on the page on cost: name, formula, what it is a sum for, and what is shown.
    """
    for head, body in tables("cost.md"):
        if head[:2] == ["figure", "formula"]:
            for name, formula, *shown in body:
                for column, text in zip(head[2:], shown, strict=True):
                    count, _, what = column.partition(" ")
                    yield name.strip("`"), formula.strip("`"), what.rstrip("s"), count, text


class TestCost:
    def test_sums(self):
        """
        Every sum on the page on cost is what its formula comes to, to the digits shown.
        """
        known = {column: figures("cost.md") for column in {(s[2], s[3]) for s in sums()}}
        wrong = []
        for name, formula, what, count, shown in sums():
            names = known[what, count]
            names[f"{what}s"] = number(count)
            names[name] = worked_out(formula, names)
            digits = len(shown.partition(".")[2])
            if f"{names[name]:,.{digits}f}" != shown:
                wrong.append((name, count, shown, names[name]))

        assert len(list(sums())) > 40
        assert [] == wrong

    def test_counted(self):
        """
        The requests of a lead add up to what was counted, 4.27.
        """
        told = figures("cost.md")
        parts = ("table_reads", "table_writes", "queue_puts", "queue_deletes", "queue_gets")

        assert 4.27 == pytest.approx(sum(told[name] for name in parts))

    def test_settings(self):
        """
        How often is ticked and polled, and how many queues, are as the app is set.
        """
        told, polling = figures("cost.md"), HOST["extensions"]["queues"]["maxPollingInterval"]

        assert len(NAMES) == told["queues"]
        assert "param tickSchedule string = '*/30 * * * * *'" in bicep("main")
        assert "param storageSku string = 'Standard_ZRS'" in bicep("main")
        assert polling == f"00:00:{told['poll_seconds']:02.0f}"
        assert timedelta(days=30) / timedelta(seconds=30) == told["ticks"]

    def test_monitored(self):
        """
        Alert rules by their pace and split, and private endpoints, are as `infra/` has them.
        """
        told = figures("cost.md")
        rules = json.loads((ROOT / "infra" / "alerts.json").read_text(encoding="utf-8"))
        fast = [bool(rule["by"]) for rule in rules if rule["frequency"] == "PT5M"]
        slow = [bool(rule["by"]) for rule in rules if rule["frequency"] in SLOW]
        series = re.findall(r"'\w+Error'|'\w+WithThrottling'", bicep("modules/alerts"))

        assert len(rules) == len(fast) + len(slow)
        assert [len(fast), len(slow)] == [told["fast_rules"], told["slow_rules"]]
        assert [sum(fast), sum(slow)] == [told["fast_split"], told["slow_split"]]
        assert len(series) == told["throttled_series"]
        assert bicep("modules/network").count("zone: 'privatelink.") == told["endpoints"]

    async def test_tick(self):
        """
        A tick with nothing due reads and writes as often as the page says.
        """
        told, table, lanes = figures("cost.md"), MemoryTable(), MemoryTable()
        settings = SimpleNamespace(schedule=(0,), timeout=30.0, concurrency=4)
        destination: Any = SimpleNamespace(
            name="crm", settings=settings, batch_size=1, rate=None, requests=0
        )
        means = Means(table, lanes, lambda: NOW, lambda: 0.0, "h", timedelta(seconds=60))

        await Ticker(means, [destination]).tick(timedelta(seconds=30))

        # A write gives way twice: see `MemoryTable`.
        assert told["tick_reads"] + 2 * told["tick_writes"] == table.calls + lanes.calls
        assert told["tick_reads"] == table.calls + 1

    def test_short(self):
        """
        What the page says in short is what it works out.
        """
        text = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
        shown = {(name, count): float(s.replace(",", "")) for name, _, _, count, s in sums()}
        million = [shown[name, "1,000,000"] for name in ("least", "most")]

        assert f"**{million[0]:.0f} to {million[1]:.0f} for a million leads**" in text
        assert f"**{shown['idle_granted', '1']:.0f} a month**" in text
        assert f"(**{shown['idle', '1']:.0f}** without)" in text
        assert f"of which {shown['idle_alerts', '1']:.0f} are alerts" in text
        assert f"of which {shown['logs', '1,000,000']:.0f} are logs" in text
        assert f"`most + {shown['idle', '1']}`" in text
