"""Wording: what routes ask is told as people say it."""

from __future__ import annotations

import pytest

from leadshare.scoring.proving import OTHER
from leadshare.scoring.rules import Condition
from leadshare.scoring.wording import fact, spoken


class TestSpoken:
    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            pytest.param(("score", "at_least", 60), "score at least 60", id="at-least"),
            pytest.param(("score", "at_most", 0), "score at most 0", id="at-most"),
            pytest.param(("touches", "eq", 1), "touches is 1", id="number"),
            pytest.param(("stage", "ne", "sales_ready"), "stage is not sales_ready", id="text"),
            pytest.param(("country", "in", ["DE", "at"]), "country is one of DE, AT", id="one-of"),
            pytest.param(("country", "in", ["de"]), "country is DE", id="one-of-one"),
            pytest.param(
                ("job_title", "has_word", ["CEO", "CTO"]),
                "job title has one of the words ceo, cto",
                id="words",
            ),
            pytest.param(
                ("job_title", "has_word", ["CEO"]), "job title has the word ceo", id="word"
            ),
            pytest.param(
                ("campaign", "contains", "Spring fair"), "campaign contains spring fair", id="part"
            ),
            pytest.param(("phone", "present"), "phone is given", id="given"),
            pytest.param(("company_domain", "missing"), "company domain is missing", id="missing"),
            pytest.param(
                ("storefront", "eq", "azure_marketplace"),
                "storefront is Azure Marketplace",
                id="storefront",
            ),
        ],
    )
    def test_one(self, asked, words):
        """A condition is told in words, its values as people write them."""
        assert words == spoken([condition(*asked)])

    def test_all(self):
        """Conditions that must all be met are told together."""
        told = spoken([condition("score", "at_least", 60), condition("country", "eq", "DE")])

        assert "score at least 60 and country is DE" == told


class TestFact:
    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            pytest.param("score", 0, "score 0", id="number"),
            pytest.param("country", "de", "country DE", id="country"),
            pytest.param("job_title", "", "no job title", id="not-given"),
            pytest.param("job_title", OTHER, "another job title", id="another"),
            pytest.param("storefront", "appsource", "storefront AppSource", id="storefront"),
        ],
    )
    def test_fact(self, field, value, words):
        """A fact is told in words."""
        assert words == fact(field, value)


def condition(field, op, value=None):
    """Return a condition as the file has it."""
    return Condition.model_validate({"field": field, "op": op, "value": value})
