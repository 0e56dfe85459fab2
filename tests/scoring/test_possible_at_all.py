"""Whatever any lead meets is taken, over every field and every operator."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.leads.lead import facts_of
from leadshare.playbook import Category, Intent, Storefront
from leadshare.scoring import possible
from leadshare.scoring.operators import NUMBER_OPERATORS, NUMBERS, TEXT_OPERATORS, TEXTS
from leadshare.scoring.rules import Condition, holds
from leadshare.texts import words
from tests.builders import configuration, lead
from tests.scoring.conditions import asked, faults

WORDS = ("contoso.com", "fabrikam", "nobody", "sales_ready", "request", "e")


def conditions(field: str, op: str) -> list[dict[str, Any]]:
    """Conditions on a field by an operator, with one value each."""
    if op in {"present", "missing"}:
        return [asked(field, op)]
    if op in {"in", "has_word"}:
        return [asked(field, op, [one]) for one in (*possible.values(field), *WORDS)]
    if op == "contains":
        return [asked(field, op, one) for one in (*possible.values(field), *WORDS) if one]
    return [asked(field, op, one) for one in (*possible.values(field), *WORDS)]


CONDITIONS = [
    *(
        asked(name, op, number)
        for name in (*NUMBERS, "score")
        for op in NUMBER_OPERATORS
        for number in range(-1, 103)
    ),
    *(told for name in (*TEXTS, "stage") for op in TEXT_OPERATORS for told in conditions(name, op)),
]


def read(told: dict[str, Any]) -> Condition:
    """A condition as it is asked, whether or not it can be true."""
    value = told.get("value")
    if isinstance(value, list):
        value = tuple(words(one) for one in value)
    elif isinstance(value, str):
        value = words(value)
    return Condition.model_construct(field=told["field"], op=told["op"], value=value)


@st.composite
def leads(draw: st.DrawFn) -> dict[str, str | int]:
    """The facts, score and stage of any lead."""
    category = draw(st.sampled_from(Category))
    asks = [intent for intent in Intent if intent is not Intent.NONE]
    intents = {Category.NO_CONTACT: [Intent.NONE], Category.TEST: [*Intent]}.get(category, asks)
    found = lead(
        category=category,
        storefront=draw(st.sampled_from(Storefront)),
        intent=draw(st.sampled_from(intents)),
        touches=draw(st.integers(1, 5)),
        listings=draw(st.integers(1, 5)),
    )
    kinds = ("country", "email_kind", "listing_kind")
    of_kinds = {name: words(draw(st.sampled_from(possible.values(name)))) for name in kinds}
    score = draw(st.integers(0, 100)) if category is Category.NORMAL else 0
    stage = configuration().scoring.stage(category, found.storefront, score)
    return {**facts_of(found), **of_kinds, "score": score, "stage": stage}


class TestEverything:
    @given(leads(), st.sets(st.sampled_from(range(len(CONDITIONS))), max_size=40))
    def test_what_a_lead_meets_is_taken(self, facts, drawn):
        """No route is refused that some lead meets."""
        met = [one for one in map(CONDITIONS.__getitem__, drawn) if holds(read(one), facts)]
        told = {"route": [{"when": met, "to": ["crm"]}]}

        assert configuration({"name": "crm"}, **told).route

    @pytest.mark.parametrize("field", sorted(possible.CLOSED))
    def test_closed_sets(self, field):
        """Of what can be one of a few only, just that is refused which none of these meets."""
        known = [{field: words(one)} for one in possible.values(field)]
        told = [one for one in CONDITIONS if one["field"] == field]
        can_be = [any(holds(read(one), facts) for facts in known) for one in told]

        assert can_be == [not faults(Condition, one) for one in told]
        assert {True, False} == {*can_be}

    @pytest.mark.parametrize("field", [*NUMBERS, "score"])
    def test_numbers(self, field):
        """Of numbers, just that is refused which none between the bounds meets."""
        low, high = possible.RANGES[field]
        known = [{field: number} for number in range(int(low), int(min(high, 200)) + 1)]
        told = [one for one in CONDITIONS if one["field"] == field]

        assert [any(holds(read(one), facts) for facts in known) for one in told] == [
            not faults(Condition, one) for one in told
        ]

    def test_fields(self):
        """Every field is a text of a few kinds, a free text or a number, and known as such."""
        assert {*possible.CLOSED} < {*TEXTS, "stage"}
        assert {*possible.RANGES} == {*NUMBERS, "score", "interest"}
