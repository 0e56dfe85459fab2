"""Core: score a lead as a sales opportunity, with its receipt, and qualify it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from leadshare.core.configuration import Scoring
from leadshare.core.lead import Lead
from leadshare.core.playbook import Lane
from leadshare.core.rules import Condition, Facts, Rule, holds

HIGHEST: Final = 100

_ASKABLE: Final = {
    "email": "e-mail",
    "email_kind": "business e-mail",
    "company_domain": "business e-mail",
    "phone": "phone number",
    "company": "company",
    "country": "country",
    "job_title": "job title",
    "first_name": "first name",
    "last_name": "last name",
}
"""What a customer could still tell us, by the fact's name."""


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
    """The one missing fact that would add most, or nothing."""
    missing_points: int

    @property
    def score(self) -> int:
        """0..100: the sum of the lines, held within its bounds."""
        return min(max(sum(line.points for line in self.lines), 0), HIGHEST)


def score(facts: Facts, rules: tuple[Rule, ...]) -> Receipt:
    """Return the receipt of what *rules* say about *facts*; special leads score nothing."""
    if facts["lane"] != Lane.NORMAL:
        return Receipt((), version(rules), "", 0)
    met = {rule.name: [c for c in rule.when if not holds(c, facts)] for rule in rules}
    lines = tuple(Line(r.name, r.points, r.why) for r in rules if not met[r.name])
    gains: Counter[str] = Counter()
    for rule in rules:
        asked = {_askable(condition, facts) for condition in met[rule.name]}
        if rule.points > 0 and len(asked) == 1 and (fact := asked.pop()):
            # Of two rules on one fact, one alone may come true: the better one counts.
            gains[fact] = max(gains[fact], rule.points)
    missing, points = max(gains.items(), key=lambda gain: (gain[1], gain[0]), default=("", 0))
    return Receipt(lines, version(rules), missing, points)


def stage(lead: Lead, receipt: Receipt, scoring: Scoring) -> str:
    """Qualify: sales-ready at or over the storefront's threshold; special leads stay apart."""
    if lead.lane is not Lane.NORMAL:
        return lead.lane
    ready: int = getattr(scoring.sales_ready, lead.storefront)
    return "sales_ready" if receipt.score >= ready else "nurture"


def reasons(receipt: Receipt) -> list[str]:
    """Return the receipt in words."""
    return [f"{line.points:+d} {line.why}" for line in receipt.lines]


@lru_cache(maxsize=8)
def version(rules: tuple[Rule, ...]) -> str:
    """Return 12 hex that change with any rule."""
    text = json.dumps([rule.model_dump(mode="json") for rule in rules], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def to_row(receipt: Receipt) -> dict[str, Any]:
    """Return *receipt* as JSON values; its score recomputes from them."""
    return {
        "score": receipt.score,
        "lines": [{"rule": ln.rule, "points": ln.points, "why": ln.why} for ln in receipt.lines],
        "rules": receipt.rules,
        "missing": receipt.missing,
        "missing_points": receipt.missing_points,
    }


def _askable(condition: Condition, facts: Facts) -> str:
    """Name the fact that *condition* misses, if a customer could still tell it."""
    wanted = condition.op in ("present", "eq", "in", "contains", "has_word")
    value = facts[condition.field]
    unsaid = not value or (condition.field == "email_kind" and value != "business")
    return _ASKABLE.get(condition.field, "") if wanted and unsaid else ""
