"""Scoring: conditions on a lead's facts and the rules made of them, all data, never code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ModelWrapValidatorHandler, StrictInt, model_validator

from leadshare.errors import Faults, Place
from leadshare.model import Model, like
from leadshare.scoring import possible
from leadshare.scoring.operators import (
    NUMBER_OPERATORS,
    NUMBERS,
    OPERATORS,
    SCORED,
    TESTS,
    TEXT_OPERATORS,
    TEXTS,
    Facts,
)
from leadshare.texts import words

_Words = Annotated[str, AfterValidator(words)]


class Condition(Model):
    """A question about one fact of a lead: `{field = "country", op = "in", value = ["DE"]}`."""

    field: Literal[TEXTS + NUMBERS + SCORED]  # type: ignore[valid-type]  # from the tuples above
    """The fact; `score` and `stage` are for routes only."""
    op: Literal[OPERATORS]  # type: ignore[valid-type]  # from the tuple above
    """What is asked of it: `touches`, `listings` and `score` are numbers, all others texts."""
    value: _Words | StrictInt | tuple[_Words, ...] | None = None
    """What it is compared with: a list for `in` and `has_word`, nothing for `present` and
    `missing`. Texts compare without regard to case and spaces."""

    @cached_property
    def wanted(self) -> Any:
        """The value as `holds` compares with it: a list may be long, so it is a set there."""
        return frozenset(self.value) if isinstance(self.value, tuple) else self.value

    @cached_property
    def test(self) -> Callable[[Any, Any], bool]:
        """What tells of a fact and of `wanted` whether it is met."""
        return TESTS[self.op]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        is_number = self.field in possible.RANGES
        allowed = NUMBER_OPERATORS if is_number else TEXT_OPERATORS
        if self.op not in allowed:
            raise ValueError(f"{self.field} takes one of {', '.join(allowed)}, not {self.op}")
        if self.op in ("present", "missing"):
            fits, wanted = self.value is None, "no value"
        elif self.op in ("in", "has_word"):
            fits, wanted = isinstance(self.value, tuple), "an array of strings"
        elif is_number:
            fits, wanted = isinstance(self.value, int), "an integer"
        else:
            fits, wanted = isinstance(self.value, str), "a string"
        if not fits:
            raise ValueError(f"{self.field} {self.op} takes {wanted}")
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _can_be_true(cls, told: object, read: ModelWrapValidatorHandler[Self]) -> Self:
        asked = read(told)
        given = told.get("value") if isinstance(told, Mapping) else asked.value
        if faults := list(possible.never(asked, given)):
            raise Faults(*faults)
        return asked


class Rule(Model):
    """Points for a lead that meets every condition, and why."""

    name: str = like(
        r"^[a-z0-9][a-z0-9-]*$", "lower-case letters, digits and hyphens", max_length=40
    )
    """What the receipt calls it."""
    points: StrictInt = Field(ge=-100, le=100)
    """What it adds to the score, or takes from it."""
    why: str = Field(min_length=1, max_length=60)
    """The reason, as a seller reads it."""
    when: tuple[Condition, ...] = Field(min_length=1)
    """The conditions, all of which a lead must meet."""

    @model_validator(mode="after")
    def _can_score(self) -> Self:
        faults: list[tuple[Place, str]] = []
        for index, asked in enumerate(self.when):
            place = ("when", index)
            if asked.field in SCORED:
                faults.append((place, f"a scoring rule cannot ask about {asked.field}"))
            else:
                never = possible.never(asked, asked.value, possible.SCORED)
                faults += [((*place, *where), f"where rules score, {why}") for where, why in never]
        if not faults and (why := possible.contradiction(self.when, possible.SCORED)):
            faults = [(("when",), why)]
        if faults:
            raise Faults(*faults)
        return self


def tells_apart(field: str, conditions: Iterable[Condition]) -> int:
    """Return up to which number of *field*, one of `NUMBERS`, *conditions* tell leads apart."""
    asked = [condition for condition in conditions if condition.field == field]
    return max((asks.wanted + (asks.op != "at_least") for asks in asked), default=0)


def holds(condition: Condition, facts: Facts) -> bool:
    """Say whether *facts* meet *condition*."""
    return condition.test(facts[condition.field], condition.wanted)
