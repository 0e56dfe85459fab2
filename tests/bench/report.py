"""Bench: figures beside their references, as a table and as JSON."""

from __future__ import annotations

import json
import operator
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich.table import Table

from leadshare.local import azurite

_PACKAGES: Final = (
    *("aiohttp", "azure-core", "azure-data-tables", "azure-functions", "azure-storage-queue"),
    *("email-validator", "httpx", "phonenumbers", "pydantic"),
)
_MEETS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "at least": operator.ge,
    "at most": operator.le,
    "equal": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Target:
    """What the issue asks of a figure."""

    how: str
    """`at least`, `at most` or `equal`."""
    value: float

    def __str__(self) -> str:
        return "equal" if self.how == "equal" else f"{self.how} {self.value:,g}"

    def met_by(self, value: float) -> bool:
        """Say whether *value* is what was asked for."""
        return _MEETS[self.how](value, self.value)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement beside its reference."""

    name: str
    ours: str
    reference: str
    result: float
    """The number that the target is about: a ratio or a count."""
    target: Target
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What stands behind it: the rounds, the counts by kind."""

    @property
    def met(self) -> bool:
        """Whether it is what the issue asks for."""
        return self.target.met_by(self.result)


@dataclass(slots=True)
class Rounds:
    """Rates measured in turns, ours and the reference's, so that both meet the same noise."""

    ours: list[float] = field(default_factory=list)
    reference: list[float] = field(default_factory=list)

    def add(self, ours: float, reference: float) -> None:
        """Add a round."""
        self.ours.append(ours)
        self.reference.append(reference)

    def figure(self, name: str, units: tuple[str, str], target: Target) -> Figure:
        """Return the median of the rounds' ratios; *units* say what each side counts."""
        ratios = [o / r for o, r in zip(self.ours, self.reference, strict=True)]
        return Figure(
            name,
            f"{median(self.ours):,.4g} {units[0]}",
            f"{median(self.reference):,.4g} {units[1]}",
            median(ratios),
            target,
            {"ours": self.ours, "reference": self.reference, "ratios": ratios},
        )


def to_json(figures: Sequence[Figure], seconds: float) -> str:
    """Return everything that was measured, and on what."""
    told = {
        "machine": _machine(),
        "seconds": round(seconds),
        "figures": [_told(f) for f in figures],
    }
    return json.dumps(told, indent=2, ensure_ascii=False)


def to_table(figures: Sequence[Figure]) -> Table:
    """Return what a person wants to see."""
    table = Table("figure", "measured", "reference", "result", "target", "")
    for figure in figures:
        mark = "[green]met" if figure.met else "[red]missed"
        table.add_row(
            figure.name,
            figure.ours,
            figure.reference,
            f"{figure.result:,.3g}",
            str(figure.target),
            mark,
        )
    return table


def _told(figure: Figure) -> dict[str, Any]:
    return {
        "name": figure.name,
        "ours": figure.ours,
        "reference": figure.reference,
        "result": figure.result,
        "target": str(figure.target),
        "met": figure.met,
        **figure.facts,
    }


def _machine() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "azurite": azurite.VERSION,
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    """Return the processor's name; Python knows it on some systems only."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
