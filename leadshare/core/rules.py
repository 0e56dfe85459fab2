"""Core: conditions on a lead's facts and the scoring rules made of them, all data, never code."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from leadshare.core.normal import words

TEXTS = (
    "storefront",
    "audience",
    "campaign_kind",
    "campaign",
    "listing",
    "listing_kind",
    "intent",
    "lane",
    "email",
    "email_kind",
    "phone",
    "country",
    "company",
    "company_domain",
    "job_title",
    "first_name",
    "last_name",
    "notes",
)
NUMBERS = ("touches", "listings")
SCORED = ("score", "stage")
"""What routes may ask about beside the facts that rules score."""

_TEXT_OPERATORS = ("eq", "ne", "in", "contains", "has_word", "present", "missing")
_NUMBER_OPERATORS = ("eq", "ne", "at_least", "at_most")
_OPERATORS = tuple(dict.fromkeys(_TEXT_OPERATORS + _NUMBER_OPERATORS))

Facts = Mapping[str, str | int]
"""What conditions ask about: a value for each of `TEXTS` and `NUMBERS`, texts as `words`."""

_Words = Annotated[str, AfterValidator(words)]


class Model(BaseModel):
    """What all parts of the configuration share: no unknown keys, no changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(Model):
    """A question about one fact of a lead: `{field = "country", op = "in", value = ["DE"]}`."""

    field: Literal[TEXTS + NUMBERS + SCORED]  # type: ignore[valid-type]  # from the tuples above
    op: Literal[_OPERATORS]  # type: ignore[valid-type]  # from the tuples above
    value: _Words | int | tuple[_Words, ...] | None = None
    """Texts compare without regard to case and spaces."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        is_number = self.field in (*NUMBERS, "score")
        allowed = _NUMBER_OPERATORS if is_number else _TEXT_OPERATORS
        if self.op not in allowed:
            raise ValueError(f"{self.field} takes one of {', '.join(allowed)}, not {self.op}")
        if self.op in ("present", "missing"):
            fits, wanted = self.value is None, "no value"
        elif self.op in ("in", "has_word"):
            fits, wanted = isinstance(self.value, tuple), "a list of texts"
        elif is_number:
            fits, wanted = isinstance(self.value, int), "a whole number"
        else:
            fits, wanted = isinstance(self.value, str), "a text"
        if not fits:
            raise ValueError(f"{self.field} {self.op} takes {wanted}")
        return self


class Rule(Model):
    """Points for a lead that meets every condition, and why."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=40)
    points: int = Field(ge=-100, le=100)
    why: str = Field(min_length=1, max_length=60)
    when: tuple[Condition, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _asks_facts(self) -> Self:
        for condition in self.when:
            if condition.field in SCORED:
                raise ValueError(f"a scoring rule cannot ask about {condition.field}")
        return self


def _rule(name: str, points: int, why: str, *when: tuple[Any, ...]) -> Rule:
    conditions = [dict(zip(("field", "op", "value"), c, strict=False)) for c in when]
    return Rule.model_validate({"name": name, "points": points, "why": why, "when": conditions})


_EXECUTIVE = [
    *("chief", "ceo", "cto", "cio", "cfo", "coo", "ciso", "president", "vp", "vice", "director"),
    *("head", "founder", "owner", "partner", "geschäftsführer", "leiter", "directeur"),
]
_MANAGER = ["manager", "lead", "architect", "principal", "senior", "responsable"]

DEFAULT_RULES = (
    _rule("purchase", 50, "bought or created the offer", ("intent", "eq", "purchase")),
    _rule("acquisition", 40, "acquired the offer", ("intent", "eq", "acquisition")),
    _rule("contact-request", 40, "asked to be contacted", ("intent", "eq", "contact_request")),
    _rule("trial", 30, "started a trial", ("intent", "eq", "trial")),
    _rule("other-action", 5, "took an action that is not known", ("intent", "eq", "other")),
    _rule("business-email", 15, "business e-mail", ("email_kind", "eq", "business")),
    _rule("disposable-email", -20, "throw-away e-mail", ("email_kind", "eq", "disposable")),
    _rule("name", 5, "full name", ("first_name", "present"), ("last_name", "present")),
    _rule("phone", 8, "phone number", ("phone", "present")),
    _rule("company", 7, "company name", ("company", "present")),
    _rule("country", 3, "country", ("country", "present")),
    _rule("executive", 12, "decides", ("job_title", "has_word", _EXECUTIVE)),
    _rule("manager", 6, "has a say", ("job_title", "has_word", _MANAGER)),
    _rule("came-back", 8, "came back", ("touches", "at_least", 2)),
    _rule("keeps-coming", 4, "keeps coming back", ("touches", "at_least", 4)),
    _rule("several-listings", 8, "looks at several listings", ("listings", "at_least", 2)),
)


def holds(condition: Condition, facts: Facts) -> bool:
    """Say whether *facts* meet *condition*."""
    return _TESTS[condition.op](facts[condition.field], condition.value)


_WORD: Final = re.compile(r"\w+")
_TESTS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "at_least": operator.ge,
    "at_most": operator.le,
    "contains": operator.contains,
    "in": lambda fact, values: fact in values,
    "has_word": lambda fact, values: any(word in values for word in _WORD.findall(fact)),
    "present": lambda fact, _: bool(fact),
    "missing": lambda fact, _: not fact,
}
