"""Proving: what is said of all leads holds for each, and what is left over is left indeed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.playbook import Category, Storefront
from leadshare.scoring.operators import Facts
from leadshare.scoring.proving import is_possible, left_over, space
from leadshare.scoring.rules import Condition, holds
from leadshare.scoring.settings import Scoring
from leadshare.texts import words

SCORING = Scoring.model_validate({"sales_ready": {"appsource": 40, "azure_marketplace": 60}})
STOREFRONTS = ("appsource", "azure_marketplace")
TEXTS = ("", "a", "b", "a b", "a b c", "d")
OPERATORS = {
    **dict.fromkeys(("eq", "ne", "contains"), st.sampled_from(TEXTS)),
    **dict.fromkeys(("in", "has_word"), st.lists(st.sampled_from(TEXTS), max_size=3)),
    **dict.fromkeys(("present", "missing"), st.none()),
}


def condition(field: str, op: str, value: Any = None) -> Condition:
    """A condition, whether or not the file may have it."""
    given = tuple(value) if isinstance(value, list) else value
    return Condition.model_construct(field=field, op=op, value=given)


def asks(*told: tuple[Any, ...]) -> tuple[Condition, ...]:
    """A way, by its conditions."""
    return tuple(condition(*one) for one in told)


TEXT = st.sampled_from(["notes", "company"]).flatmap(
    lambda field: st.sampled_from(list(OPERATORS)).flatmap(
        lambda op: OPERATORS[op].map(lambda value: condition(field, op, value))
    )
)
NUMBER = st.builds(
    condition,
    st.sampled_from(["score", "touches", "listings"]),
    st.sampled_from(["eq", "ne", "at_least", "at_most"]),
    st.sampled_from([0, 1, 2, 3, 39, 40, 41, 60, 100]),
)
CLOSED = st.builds(
    condition,
    st.just("stage"),
    st.sampled_from(["eq", "ne"]),
    st.sampled_from(
        [SCORING.stage(Category.NORMAL, Storefront.APPSOURCE, score) for score in (0, 100)]
    ),
) | st.builds(
    condition, st.just("storefront"), st.sampled_from(["eq", "ne"]), st.sampled_from(STOREFRONTS)
)
WAYS = st.lists(st.lists(TEXT | NUMBER | CLOSED, max_size=3).map(tuple), max_size=6)


def spaces(ways: Any) -> list[Any]:
    """All leads of two storefronts."""
    asked = [one for way in ways for one in way]
    return [space({"storefront": storefront}, asked, SCORING) for storefront in STOREFRONTS]


def lead(storefront: Any, score: int, **facts: Any) -> dict[str, Any]:
    """The facts of a lead."""
    return {
        "storefront": storefront,
        "score": score,
        "stage": words(SCORING.stage(Category.NORMAL, storefront, score)),
        **facts,
    }


LEADS = st.builds(
    lead,
    st.sampled_from(STOREFRONTS),
    st.integers(0, 100) | st.sampled_from([0, 1, 2, 3, 39, 40, 41, 59, 60, 61]),
    notes=st.sampled_from([*TEXTS, "b a", "ab", "e"]),
    company=st.sampled_from([*TEXTS, "b a", "ab", "e"]),
    touches=st.integers(1, 101),
    listings=st.integers(1, 4),
)


def meets(way: tuple[Condition, ...], facts: Facts) -> bool:
    """Whether a lead with these facts meets all of a way."""
    return all(holds(one, facts) for one in way)


class TestDrawn:
    @given(WAYS, LEADS)
    def test_each_lead(self, ways, facts):
        """Where nothing is left over, each lead meets some way; and a way that one meets is
        possible.
        """
        found = left_over(ways, spaces(ways))

        assert found is not None or any(meets(way, facts) for way in ways)
        assert all(is_possible(way, spaces(ways)) for way in ways if meets(way, facts))

    @given(WAYS)
    def test_left_over(self, ways):
        """What is left over meets no way, whatever else is said of it."""
        found = left_over(ways, spaces(ways))
        if found is not None:
            facts = lead(found["storefront"], 0, notes="", company="", touches=1, listings=1)
            assert not any(meets(way, {**facts, **found}) for way in ways)


class TestIsPossible:
    @pytest.mark.parametrize(
        "way",
        [
            pytest.param((), id="nothing-asked"),
            pytest.param(asks(("notes", "contains", "a"), ("notes", "contains", "b")), id="both"),
            pytest.param(
                asks(
                    ("notes", "contains", "a"), ("notes", "has_word", ["b"]), ("notes", "ne", "a")
                ),
                id="contains-word-and-not",
            ),
            pytest.param(
                asks(("notes", "in", ["a", "a b"]), ("notes", "has_word", ["b"])), id="in"
            ),
            pytest.param(asks(("notes", "eq", ""), ("notes", "missing")), id="empty"),
            pytest.param(
                asks(
                    ("storefront", "eq", "appsource"),
                    ("score", "eq", 50),
                    ("stage", "eq", "sales_ready"),
                ),
                id="sales-ready-at-50-in-one-storefront",
            ),
            pytest.param(asks(("touches", "at_least", 7), ("touches", "ne", 7)), id="more"),
            pytest.param(asks(("score", "at_most", 0)), id="lowest-score"),
            pytest.param(asks(("score", "at_least", 100)), id="highest-score"),
        ],
    )
    def test_is(self, way):
        """There can be a lead that meets all of it."""
        assert is_possible(way, spaces([way]))

    @pytest.mark.parametrize(
        "way",
        [
            pytest.param(asks(("notes", "eq", "a"), ("notes", "eq", "b")), id="two-texts"),
            pytest.param(asks(("notes", "present"), ("notes", "missing")), id="there-and-not"),
            pytest.param(asks(("notes", "contains", "a"), ("notes", "missing")), id="in-nothing"),
            pytest.param(
                asks(("notes", "in", ["a"]), ("notes", "has_word", ["b"])), id="other-word"
            ),
            pytest.param(asks(("score", "at_least", 60), ("score", "at_most", 59)), id="scores"),
            pytest.param(asks(("score", "at_least", 101)), id="over-the-highest"),
            pytest.param(asks(("touches", "at_most", 0)), id="no-touch"),
            pytest.param(asks(("stage", "eq", "won")), id="no-such-stage"),
            pytest.param(
                asks(
                    ("storefront", "ne", "appsource"),
                    ("score", "eq", 50),
                    ("stage", "eq", "sales_ready"),
                ),
                id="not-sales-ready-at-50-in-the-other-storefront",
            ),
        ],
    )
    def test_is_not(self, way):
        """Whatever lead comes, it does not meet all of it."""
        assert not is_possible(way, spaces([way]))
