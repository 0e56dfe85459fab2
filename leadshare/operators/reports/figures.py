"""Operators: what a report tells of one cell: numbers, sums of money, times, rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from leadshare.counts.measures import (
    ACCEPTED_IN,
    CALLED_IN,
    Cells,
    Measure,
    Number,
    is_sum,
    quantile,
)
from leadshare.playbook import Stage

FEW: Final = 5
"""Of fewer than these, nothing is told that could lead to a person: nobody knows who it was."""

FEWER: Final = "few"
"""The value under which all those are told together that are too small each."""

COUNTS: Final = tuple(one.value for one in Measure if not one.startswith("then_"))
"""What is counted on its own day, in the order in which it is told."""

RATES: Final[Mapping[str, tuple[str, str]]] = {
    "sales_ready": (Measure.THEN_SALES_READY, Measure.LEADS),
    "called": (Measure.THEN_CALLED, Measure.THEN_SALES_READY),
    "opportunity": (Measure.THEN_OPPORTUNITY, Measure.LEADS),
    "won": (Measure.THEN_WON, Measure.LEADS),
    "lost": (Measure.THEN_LOST, Measure.LEADS),
}
"""Of the leads whose first touch was in the period: how many came so far until now, of how many."""

TIMES: Final = (CALLED_IN, ACCEPTED_IN)

_WORTH: Final = (Stage.WON, Stage.OPPORTUNITY)


def figures(cells: Cells, *, narrow: bool, open_: bool) -> dict[str, Any]:
    """Return what is told of *cells*.

    Who may see persons has it *open_*. To others no sum of money is told of fewer than `FEW`, and
    where the cell is a *narrow* one, of a country or a destination, no number of so few either: it
    is None, as what follows from it is.
    """
    shown = _Shown(cells, narrow=narrow and not open_)
    return {
        **{name: shown.number(name) for name in COUNTS},
        **{name: shown.times(name) for name in TIMES},
        "amounts": {stage.value: worth(cells, stage, open_=open_) for stage in _WORTH},
        "then": {name: shown.number(of) for name, (of, _) in RATES.items()},
        "rates": {name: shown.rate(*both) for name, both in RATES.items()},
    }


def untold() -> dict[str, Any]:
    """Return what is told of what may be nothing or few: that it is not more."""
    return {
        **dict.fromkeys((*COUNTS, *TIMES)),
        "amounts": {stage.value: {} for stage in _WORTH},
        "then": dict.fromkeys(RATES),
        "rates": dict.fromkeys(RATES),
    }


def is_few(cells: Cells) -> bool:
    """Say whether there is nothing in *cells* of which there are `FEW` or more."""
    return all(_is_few(number) for name, number in cells.items() if name in COUNTS)


def _is_few(number: Number) -> bool:
    return -FEW < number < FEW


class _Shown:
    """What may be told of cells."""

    def __init__(self, cells: Cells, *, narrow: bool) -> None:
        self._cells, self._narrow = cells, narrow

    def number(self, name: str) -> int | None:
        """Return a number, None where it is too small to be told."""
        found = int(self._cells.get(name, 0))
        return None if self._narrow and found and _is_few(found) else found

    def rate(self, part: str, whole: str) -> float | None:
        """Return a rate, None where there is none, or either of both is not told."""
        of, all_ = self.number(part), self.number(whole)
        return None if of is None or not all_ else round(of / all_, 4)

    def times(self, histogram: str) -> dict[str, float] | None:
        """Return the seconds within which half of all were, and nine of ten; None of none."""
        found = (n for name, n in self._cells.items() if name.startswith(f"{histogram}:"))
        count = sum(map(int, found))
        if count <= 0 or (self._narrow and _is_few(count)):
            return None
        shares = {"median": 0.5, "p90": 0.9}
        return {
            name: round(quantile(self._cells, histogram, share) or 0, 1)
            for name, share in shares.items()
        }


def worth(cells: Cells, stage: Stage, *, open_: bool) -> dict[str, str | None]:
    """Return the sum in each currency, exactly; None where it is of too few."""
    told: dict[str, str | None] = {}
    for name, amount in sorted(cells.items()):
        if is_sum(name) and name.startswith(f"{stage.value} "):
            currency = name.partition(" ")[2]
            few = _is_few(cells.get(f"{stage.value}/{currency}", 0))
            told[currency] = None if few and not open_ else f"{amount:f}"
    return told
