"""Scoring: prove what leads can meet, by facts that answer conditions in each way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from leadshare.persons.title_phrases import SENIORITIES
from leadshare.playbook import Category, Intent, Stage, Storefront
from leadshare.scoring.operators import NUMBERS, SCORED, Facts
from leadshare.scoring.receipt import HIGHEST
from leadshare.scoring.rules import Condition, holds
from leadshare.scoring.settings import Scoring
from leadshare.texts import words

Way = tuple[Condition, ...]
"""Conditions, all of which a lead meets."""

STEPS: Final = 2000
"""Combinations of facts that a search may try; what people write takes a few dozen."""

OTHER: Final = "OTHER"
"""A text that no condition names: what conditions name is kept as `words`, without capitals."""

CLOSED: Final[Mapping[str, tuple[str, ...]]] = {
    "intent": tuple(intent.value for intent in Intent if intent is not Intent.NONE),
    "email_kind": ("business", "free", "disposable", ""),
    "seniority": SENIORITIES,
}
"""All values of a fact that a normal lead can have, where these are few and not always known."""


class Space(NamedTuple):
    """Leads of which something is known, and what they can be beside it."""

    known: Facts
    axes: Mapping[str, Sequence[Facts]]
    """By the field that is asked about: facts; whatever a lead has answers as one of them does."""
    nurtured: Sequence[Facts]
    """How a lead may stand besides while a track runs, as nobody can tell before it has come."""

    def points(self, field: str) -> Sequence[Facts]:
        """Return all facts that can answer what is asked about a *field*."""
        return [*self.axes[field], *(self.nurtured if field in SCORED else ())]


def space(known: Facts, asked: Sequence[Condition], scoring: Scoring) -> Space:
    """Return all leads with the facts *known*, as far as *asked* can tell them apart."""
    by_field: dict[str, list[Condition]] = {}
    for condition in asked:
        by_field.setdefault(condition.field, []).append(condition)
    storefront = Storefront(str(known["storefront"]))
    scored = [
        {"score": score, "stage": words(scoring.stage(Category.NORMAL, storefront, score))}
        for score in range(HIGHEST, -1, -1)
    ]
    axes = {
        field: _distinct([{field: value} for value in _values(field, conditions)], conditions)
        for field, conditions in by_field.items()
        if field not in SCORED
    }
    of_score = [condition for field in SCORED for condition in by_field.get(field, ())]
    under = [
        {**one, "stage": words(Stage.NURTURING)} for one in scored if one["stage"] == Stage.NEW
    ]
    nurtured = _distinct(under, of_score)
    return Space(known, axes | dict.fromkeys(SCORED, _distinct(scored, of_score)), nurtured)


def is_possible(way: Way, spaces: Sequence[Space]) -> bool:
    """Say whether there can be a lead that meets *way*."""
    return any(
        all(any(_narrowed([rest], point) for point in one.points(c.field)) for c in rest)
        for one in spaces
        for rest in _narrowed([way], one.known)
    )


def left_over(ways: Sequence[Way], spaces: Sequence[Space]) -> Facts | None:
    """Return the facts of a lead that meets none of *ways*; None if it is proven that all do.

    They are empty if the steps did not suffice to tell.
    """
    for known, axes, _ in spaces:
        steps = iter(range(STEPS))
        found = _search(_narrowed(ways, known), axes, steps)
        if found is not None:
            return {**known, **found} if next(steps, None) is not None else {}
    return None


def _search(
    ways: Sequence[Way], axes: Mapping[str, Sequence[Facts]], steps: Iterator[int]
) -> Facts | None:
    """Return facts that meet none of *ways*, if there are; any once there are no more *steps*."""
    if next(steps, None) is None or not ways:
        return {}
    if () in ways:
        return None
    for point in axes[ways[0][0].field]:
        found = _search(_narrowed(ways, point), axes, steps)
        if found is not None:
            return {**point, **found}
    return None


def _narrowed(ways: Sequence[Way], facts: Facts) -> list[Way]:
    """Return what *ways* still ask of a lead with these *facts*, without those closed to it."""
    return [
        tuple(c for c in way if c.field not in facts)
        for way in ways
        if all(holds(c, facts) for c in way if c.field in facts)
    ]


def _values(field: str, asked: Sequence[Condition]) -> Sequence[str | int]:
    """Return values of *field*; for each that a lead can have, one that answers *asked* alike.

    But for texts that contain some of what is asked for and not all: no condition asks for a
    text that does not contain another, so that they are met wherever the text without any is.
    """
    if field in CLOSED:
        return CLOSED[field]
    if field in NUMBERS:
        numbers = [condition.value for condition in asked if isinstance(condition.value, int)]
        return [1, *sorted({n + step for n in numbers for step in (-1, 0, 1) if n + step > 1})]
    texts: list[str] = []
    for value in (condition.value for condition in asked):
        texts += value if isinstance(value, tuple) else [value] if isinstance(value, str) else []
    return [OTHER, "", *texts, " ".join([*texts, OTHER])]


def _distinct(points: Sequence[Any], asked: Sequence[Condition]) -> list[Facts]:
    """Return the first of all *points* that answer *asked* alike."""
    answers: dict[tuple[bool, ...], Facts] = {}
    for point in points:
        answers.setdefault(tuple(holds(condition, point) for condition in asked), point)
    return list(answers.values())
