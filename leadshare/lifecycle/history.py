"""Lifecycle: what each source has told of a lead, in any order, and what each says now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import takewhile
from typing import Final

from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.store.table import to_json
from leadshare.times import from_text, to_text

MOST: Final = 16
"""What is kept of one source, the last of it and what it has come to first; each is a row of its
own besides."""

_REACHED: Final = frozenset({State.OPPORTUNITY, State.WON})

_RANK: Final = {state: rank for rank, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Point:
    """What a source said at one time: `gone`, or where the lead stood."""

    at: datetime
    state: State
    corrected: bool = False
    """Whether a person said it in the source's stead."""
    money: Money | None = None

    @property
    def says(self) -> tuple[State, Money | None]:
        """What it says, whenever that was."""
        return self.state, self.money

    @property
    def order(self) -> tuple[datetime, int, bool, str]:
        """Where it stands among the others of its source, the same for all who look."""
        return self.at, _RANK[self.state], self.corrected, str(self.money)


History = Mapping[str, tuple[Point, ...]]
"""What each source has told, the oldest first, by its name."""


def point_of(outcome: Outcome) -> Point | None:
    """Return what *outcome* says of where the lead stands, if it says anything of that."""
    if outcome.state is None:
        return None
    return Point(outcome.at, outcome.state, bool(outcome.corrected_by), outcome.money)


def add(history: History, outcome: Outcome, *, asked: bool) -> History:
    """Return *history* with *outcome*; the same one where that says nothing new.

    One who is *asked* tells what is as it was again and again; that is not news.
    """
    point, points = point_of(outcome), history.get(outcome.source, ())
    if point is None or point in points:
        return history
    own = [one for one in points if not one.corrected]
    if asked and own and own[-1].at <= point.at and own[-1].says == point.says:
        return history
    told = sorted((*points, point), key=lambda one: one.order)
    return {**history, outcome.source: (*first_reached(told[:-MOST]), *told[-MOST:])}


def first_reached(points: Iterable[Point]) -> tuple[Point, ...]:
    """Return the first of *points* by which the lead has been an opportunity, if any is."""
    return next(((point,) for point in points if point.state in _REACHED), ())


def since(points: Iterable[Point], now: Point) -> datetime:
    """Return since when one who has told *points*, the oldest first, says what it says *now*.

    Another sum of money is no other state, and neither is that the record is gone.
    """
    told = [point for point in points if point.state is not State.GONE]
    before = reversed(told[: told.index(now)])
    same = takewhile(lambda point: point.state is now.state, before)
    return min((point.at for point in same), default=now.at)


def now_says(points: Iterable[Point]) -> Point | None:
    """Return where the lead stands by what one source has told, None if it has not said.

    That a record is gone takes nothing back. What a person said in the source's stead stands until
    the source says something else than it had said by then.
    """
    told = [point for point in points if point.state is not State.GONE]
    own = [point for point in told if not point.corrected]
    corrections = [point for point in told if point.corrected]
    if not corrections:
        return own[-1] if own else None
    correction = corrections[-1]
    before = [point.state for point in own if point.at <= correction.at][-1:]
    changed = any(point.at > correction.at and [point.state] != before for point in own)
    return own[-1] if changed else correction


def read(column: str | None) -> History:
    """Return what a row's *column* holds; rows of before there was one have none."""
    return {
        source: tuple(_point(*parts) for parts in points)
        for source, points in json.loads(column or "{}").items()
    }


def to_column(history: History) -> str:
    """Return *history* as a column of a row."""
    return to_json({source: [*map(_parts, history[source])] for source in sorted(history)})


def _parts(point: Point) -> list[str | int]:
    money = point.money
    told = [str(money.amount), money.currency] if money else ["", ""]
    return [to_text(point.at), point.state.value, int(point.corrected), *told]


def _point(at: str, state: str, corrected: int, amount: str, currency: str) -> Point:
    money = Money(Decimal(amount), currency) if amount else None
    return Point(from_text(at), State(state), bool(corrected), money)
