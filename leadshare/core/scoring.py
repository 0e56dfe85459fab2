"""Core: score a lead as a sales opportunity, with its receipt, and qualify it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from leadshare.core.configuration import Scoring
from leadshare.core.lead import Lead
from leadshare.core.playbook import Lane
from leadshare.core.rules import Condition, Facts, holds

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


def score(facts: Facts, scoring: Scoring) -> Receipt:
    """Return the receipt of what the rules say about *facts*; special leads score nothing."""
    if facts["lane"] != Lane.NORMAL:
        return Receipt((), scoring.version, "", 0)
    lines: list[Line] = []
    points, missing = 0, ""
    for rule in scoring.rule:
        unmet = [condition for condition in rule.when if not holds(condition, facts)]
        if not unmet:
            lines.append(Line(rule.name, rule.points, rule.why))
        elif rule.points > 0 and rule.points >= points and (fact := _asked(unmet, facts)):
            points, missing = max((points, missing), (rule.points, fact))
    return Receipt(tuple(lines), scoring.version, missing, points)


def stage(lead: Lead, receipt: Receipt, scoring: Scoring) -> str:
    """Qualify: sales-ready at or over the storefront's threshold; special leads stay apart."""
    if lead.lane is not Lane.NORMAL:
        return lead.lane
    ready: int = getattr(scoring.sales_ready, lead.storefront)
    return "sales_ready" if receipt.score >= ready else "nurture"


def reasons(receipt: Receipt) -> list[str]:
    """Return the receipt in words."""
    return [f"{line.points:+d} {line.why}" for line in receipt.lines]


def to_row(receipt: Receipt) -> dict[str, Any]:
    """Return *receipt* as JSON values; its score recomputes from them."""
    return {
        "score": receipt.score,
        "lines": [{"rule": ln.rule, "points": ln.points, "why": ln.why} for ln in receipt.lines],
        "rules": receipt.rules,
        "missing": receipt.missing,
        "missing_points": receipt.missing_points,
    }


def _asked(unmet: list[Condition], facts: Facts) -> str:
    """Name the one fact that *unmet* conditions miss, if there is one that could still be told."""
    asked = {_askable(condition, facts) for condition in unmet}
    return asked.pop() if len(asked) == 1 else ""


def _askable(condition: Condition, facts: Facts) -> str:
    """Name the fact that *condition* misses, if a customer could still tell it."""
    wanted = condition.op in ("present", "eq", "in", "contains", "has_word")
    value = facts[condition.field]
    unsaid = not value or (condition.field == "email_kind" and value != "business")
    return _ASKABLE.get(condition.field, "") if wanted and unsaid else ""
