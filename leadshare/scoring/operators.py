"""Scoring: what conditions can ask: the facts of a lead, and what each operator asks of one."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

TEXTS = (
    "storefront",
    "audience",
    "campaign_kind",
    "campaign",
    "listing",
    "listing_kind",
    "intent",
    "category",
    "email",
    "email_kind",
    "phone",
    "country",
    "company",
    "company_domain",
    "job_title",
    "seniority",
    "first_name",
    "last_name",
    "notes",
)
NUMBERS = ("touches", "listings")
SCORED = ("score", "stage")
"""What routes may ask about beside the facts that rules score."""
INTEREST = "interest"
"""What steps of a track may ask about besides: the score as it has faded by then."""

TEXT_OPERATORS = ("eq", "ne", "in", "contains", "has_word", "present", "missing")
NUMBER_OPERATORS = ("eq", "ne", "at_least", "at_most")
OPERATORS = tuple(dict.fromkeys(TEXT_OPERATORS + NUMBER_OPERATORS))

Facts = Mapping[str, str | int]
"""What conditions ask about: a value for each of `TEXTS` and `NUMBERS`, texts as `words`."""

WORD: Final = re.compile(r"\w+")

TESTS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "at_least": operator.ge,
    "at_most": operator.le,
    "contains": operator.contains,
    "in": lambda fact, values: fact in values,
    "has_word": lambda fact, values: any(word in values for word in WORD.findall(fact)),
    "present": lambda fact, _: bool(fact),
    "missing": lambda fact, _: not fact,
}
"""Whether a fact meets an operator and its value."""
