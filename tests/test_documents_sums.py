"""What the pages on cost and scale say must follow from the figures in them, and those from us."""

from __future__ import annotations

import ast
import json
import operator
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, get_args

import pytest

from leadshare.core import ledger
from leadshare.core.delivery import Accepted
from leadshare.core.rows import PARTITIONS, Change, Row
from leadshare.core.story import Story, plan
from leadshare.destinations import DESTINATIONS
from leadshare.destinations.settings import DestinationSettings, LandingSettings
from leadshare.queues import NAMES
from leadshare.tick import Ticker
from leadshare.worker import Means
from tests.builders import NOW, configuration, post, touch
from tests.memory import MemoryTable

ROOT = Path(__file__).parents[1]
HOST = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
TYPES: dict[str, tuple[Any, Any]] = {
    get_args(settings.model_fields["type"].annotation)[0]: (settings, destination)
    for settings, destination in DESTINATIONS.items()
}
OPERATORS: Final[dict[type[ast.AST], Callable[[float, float], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.LtE: operator.le,
}


def tables(page):
    """
    Return all tables of a page: the heads, and the cells of each row.
    """
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = re.findall(r"^(\|.*)\n\|[ :|-]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [(cells(head), [cells(line) for line in body.splitlines()]) for head, body in found]


def cells(line):
    """
    Return the cells of a row.
    """
    return [cell.strip() for cell in line.strip("|").split("|")]


def number(text):
    """
    Return a number as the pages write it.
    """
    return float(text.replace(",", ""))


def figures(page):
    """
    Return the figures of a page by their names; a row may give several.
    """
    return {
        name: number(value)
        for head, body in tables(page)
        if head[:2] == ["figure", "value"]
        for row in body
        for name, value in zip(re.findall("`([^`]+)`", row[0]), row[1].split(", "), strict=True)
    }


def worked_out(text: str, names: Mapping[str, float]) -> Any:
    """Return what a formula comes to."""
    return _value(ast.parse(text, mode="eval").body, names)


def _value(node: ast.expr, names: Mapping[str, float]) -> Any:
    def value(part: ast.expr) -> Any:
        return _value(part, names)

    match node:
        case ast.Constant(value=int(told) | float(told)):
            return told
        case ast.Name(id=name):
            return names[name]
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](value(left), value(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return OPERATORS[type(op)](value(left), value(right))
        case ast.IfExp(test=test, body=body, orelse=other):
            return value(body) if value(test) else value(other)
        case ast.Call(func=ast.Name(id="max"), args=parts):
            return max(map(value, parts))
    raise ValueError(ast.unparse(node))


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
        assert polling == f"00:00:{told['poll_seconds']:02.0f}"
        assert timedelta(days=30) / timedelta(seconds=30) == told["ticks"]

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


def planned() -> tuple[list[Change], list[Change], list[Change]]:
    """What is written for a new lead: by classifying, by delivering, by reading back."""
    under = configuration({"name": "crm"})
    [classified] = plan(Story(), touch(under=under), json.dumps(post()).encode(), under, NOW)
    due = as_row(classified)
    attempt = ledger.Attempt(ledger.to_delivery(due), Accepted("r"), NOW)
    finished = ledger.finish(due, attempt, (0,), NOW, 0.0, check=True)
    return classified, finished, ledger.finish_check(as_row(finished), Accepted("r"), NOW, NOW)


def as_row(changes: list[Change]) -> Row:
    """The due row that *changes* insert."""
    [due] = [c for c in changes if c.key.startswith("due|") and c.kind == "insert"]
    return Row("0", due.key, due.values, "e")


class TestScale:
    def test_ceilings(self):
        """
        Every ceiling on the page on scale is what its formula comes to.
        """
        told = figures("scale.md")
        [ceilings] = [
            body
            for head, body in tables("scale.md")
            if head[0] == "what" and head[1:2] == ["formula, for a minute"]
        ]

        assert [] == [
            (what, worked_out(formula.strip("`"), told))
            for what, formula, shown in ceilings
            if f"{worked_out(formula.strip('`'), told):,.0f}" != shown
        ]

    def test_counted(self):
        """
        Partitions, rows and calls in flight are as the code has them.
        """
        told = figures("scale.md")
        classified, finished, looked = planned()

        assert len(PARTITIONS) == told["partitions"]
        # One of the rows of a delivery is there only for its record to be read back.
        assert len(classified) + len(finished) - 1 == told["rows_written"]
        assert 1 + len(looked) + told["rows_read"] == told["landing_rows"]
        assert DestinationSettings.model_fields["concurrency"].default == told["concurrency"]

    def test_destinations(self):
        """
        What a destination's preset rate lets through is worked out from rate and batch.
        """
        [body] = [body for head, body in tables("scale.md") if head[0] == "type"]
        wrong = []
        for name, calls, landing, plain in body:
            settings, destination = TYPES[name.strip("`")]
            rate = destination.RATE
            batches = 60 * (rate.calls - rate.bucket) / rate.seconds
            leads = [
                int(batches * destination.batch_size / (int(calls) + looks)) for looks in (1, 0)
            ]
            reads_back = issubclass(settings, LandingSettings)
            shown = [f"{leads[0]:,}" if reads_back else "-", f"{leads[1]:,}"]
            if [landing, plain] != shown:
                wrong.append((name, shown))

        assert {"`dynamics`", "`email`"} <= {row[0] for row in body}
        assert [] == wrong
