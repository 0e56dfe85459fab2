"""Scoring: score a lead as a sales opportunity, with its receipt, and qualify it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from leadshare.playbook import Category
from leadshare.scoring.operators import Facts
from leadshare.scoring.rules import Condition
from leadshare.scoring.settings import Scoring

HIGHEST: Final = 100

_ASKABLE: Final = {
    "email": "e-mail",
    "email_kind": "business e-mail",
    "company_domain": "business e-mail",
    "phone": "phone number",
    "company": "company",
    "country": "country",
    "job_title": "job title",
    "seniority": "job title",
    "first_name": "first name",
    "last_name": "last name",
    "notes": "what is needed",
}
"""What a customer could still tell us, by the fact's name."""


_WANTING: Final = frozenset(("present", "eq", "in", "contains", "has_word"))
"""What asks for a fact, rather than for what it is not."""


@dataclass(frozen=True, slots=True)
class Line:
    """One rule's points and why."""

    rule: str
    points: int
    why: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a score came to be."""

    lines: tuple[Line, ...]
    rules: str
    """The version of the rules."""
    missing: str
    """The one missing fact that would add most, or nothing.

    Of rules that ask for certain values of it one counts, the best; to say it is enough for others.
    """
    missing_points: int
    persons: int = 1
    """Of how many persons it is the best."""

    @property
    def score(self) -> int:
        """0..100: the sum of the lines, held within its bounds."""
        return min(max(sum(line.points for line in self.lines), 0), HIGHEST)


def score(facts: Facts, scoring: Scoring) -> Receipt:
    """Return the receipt of what the rules say about *facts*; special leads score nothing."""
    if facts["category"] != Category.NORMAL:
        return Receipt((), scoring.version, "", 0)
    lines: list[Line] = []
    said: dict[str, int] = {}
    best: dict[str, int] = {}
    for rule in scoring.rule:
        unmet = [asked for asked in rule.when if not asked.test(facts[asked.field], asked.wanted)]
        if not unmet:
            lines.append(Line(rule.name, rule.points, rule.why))
        elif rule.points > 0 and (fact := _asked(unmet, facts)):
            if all(condition.op == "present" for condition in unmet):
                said[fact] = said.get(fact, 0) + rule.points
            else:
                best[fact] = max(best.get(fact, 0), rule.points)
    adds = [(said.get(fact, 0) + best.get(fact, 0), fact) for fact in said | best]
    points, missing = max(adds, default=(0, ""))
    return Receipt(tuple(lines), scoring.version, missing, points)


def best(persons: Sequence[Facts], scoring: Scoring) -> Receipt:
    """Return the receipt of the best of a lead's *persons*, of the first of those that are."""
    receipts = [score(facts, scoring) for facts in persons]
    if len(receipts) == 1:
        return receipts[0]
    return replace(max(receipts, key=lambda one: one.score), persons=len(receipts))


def reasons(receipt: Receipt) -> list[str]:
    """Return the receipt in words."""
    lines = [f"{line.points:+d} {line.why}" for line in receipt.lines]
    return [*lines, f"best of {receipt.persons} persons"] if receipt.persons > 1 else lines


def to_row(receipt: Receipt) -> dict[str, object]:
    """Return *receipt* as JSON values; its score recomputes from them."""
    return {
        "score": receipt.score,
        "lines": [{"rule": ln.rule, "points": ln.points, "why": ln.why} for ln in receipt.lines],
        "rules": receipt.rules,
        "missing": receipt.missing,
        "missing_points": receipt.missing_points,
        "persons": receipt.persons,
    }


def _asked(unmet: list[Condition], facts: Facts) -> str:
    """Name the one fact that *unmet* conditions miss, if there is one that could still be told."""
    if len(unmet) == 1:  # nearly always, and this is quick
        return _askable(unmet[0], facts)
    asked = {_askable(condition, facts) for condition in unmet}
    return asked.pop() if len(asked) == 1 else ""


def _askable(condition: Condition, facts: Facts) -> str:
    """Name the fact that *condition* misses, if a customer could still tell it."""
    told = _ASKABLE.get(condition.field, "") if condition.op in _WANTING else ""
    # What a job title says is not told by itself.
    value = facts["job_title" if condition.field == "seniority" else condition.field]
    return told if not value or (condition.field == "email_kind" and value != "business") else ""
