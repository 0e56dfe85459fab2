"""Conditions and rules: what each operator means, and what is told about a wrong one."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from leadshare.playbook import Stage
from leadshare.scoring.operators import NUMBERS, TEXTS
from leadshare.scoring.possible import values
from leadshare.scoring.rules import Condition, Rule, holds

RULE = {
    "name": "german",
    "points": 10,
    "why": "from Germany",
    "when": [{"field": "country", "op": "eq", "value": "DE"}],
}


def condition(field: str, op: str, value: Any = None) -> Condition:
    """A condition as the file has it."""
    told = {"field": field, "op": op} | ({} if value is None else {"value": value})
    return Condition.model_validate(told)


def wrong(model: type[Condition | Rule], told: dict[str, Any]) -> str:
    """What is said about a wrong *model*."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(told)
    return "; ".join(error["msg"] for error in caught.value.errors())


class TestOperators:
    @pytest.mark.parametrize(
        ("op", "value", "fact", "is_met"),
        [
            pytest.param("eq", "Head of IT", "head of it", True, id="eq"),
            pytest.param("eq", "Head", "head of it", False, id="eq-part"),
            pytest.param("ne", "CEO", "head of it", True, id="ne"),
            pytest.param("ne", " HEAD  of it", "head of it", False, id="ne-same"),
            pytest.param("in", ["CEO", "Head of IT"], "head of it", True, id="in"),
            pytest.param("in", ["CEO", "Head"], "head of it", False, id="in-part"),
            pytest.param("contains", "D OF", "head of it", True, id="contains"),
            pytest.param("contains", "ceo", "head of it", False, id="contains-not"),
            pytest.param("has_word", ["CEO", "Head"], "head, of it", True, id="has-word"),
            pytest.param("has_word", ["hea"], "head of it", False, id="has-part-of-a-word"),
            pytest.param("has_word", ["Geschäftsführer"], "geschäftsführer", True, id="umlaut"),
            pytest.param("present", None, "head of it", True, id="present"),
            pytest.param("present", None, "", False, id="present-empty"),
            pytest.param("missing", None, "", True, id="missing"),
            pytest.param("missing", None, "head of it", False, id="missing-not"),
        ],
    )
    def test_texts(self, op, value, fact, is_met):
        """Texts compare without regard to case and spaces; words are whole words."""
        assert is_met == holds(condition("job_title", op, value), {"job_title": fact})

    @pytest.mark.parametrize(
        ("op", "met"),
        [
            pytest.param("eq", [2], id="eq"),
            pytest.param("ne", [1, 3], id="ne"),
            pytest.param("at_least", [2, 3], id="at-least"),
            pytest.param("at_most", [1, 2], id="at-most"),
        ],
    )
    def test_numbers(self, op, met):
        """Numbers compare as numbers, their limit included."""
        asked = condition("touches", op, 2)

        assert met == [number for number in (1, 2, 3) if holds(asked, {"touches": number})]


class TestCondition:
    @pytest.mark.parametrize(
        ("told", "message"),
        [
            pytest.param(
                {"field": "touches", "op": "contains", "value": 1},
                "touches takes one of eq, ne, at_least, at_most, not contains",
                id="text-operator-on-number",
            ),
            pytest.param(
                {"field": "country", "op": "at_least", "value": 1},
                "country takes one of eq, ne, in, contains, has_word, present, missing,"
                " not at_least",
                id="number-operator-on-text",
            ),
            pytest.param(
                {"field": "country", "op": "present", "value": "DE"},
                "country present takes no value",
                id="value-too-much",
            ),
            pytest.param(
                {"field": "country", "op": "eq"}, "country eq takes a string", id="no-text"
            ),
            pytest.param(
                {"field": "country", "op": "eq", "value": 5},
                "country eq takes a string",
                id="number-for-text",
            ),
            pytest.param(
                {"field": "country", "op": "in", "value": "DE"},
                "country in takes an array of strings",
                id="text-for-list",
            ),
            pytest.param(
                {"field": "job_title", "op": "has_word", "value": "CEO"},
                "job_title has_word takes an array of strings",
                id="text-for-words",
            ),
            pytest.param(
                {"field": "score", "op": "at_least", "value": "60"},
                "score at_least takes an integer",
                id="text-for-number",
            ),
            pytest.param(
                {"field": "score", "op": "eq", "value": ["60"]},
                "score eq takes an integer",
                id="list-for-number",
            ),
        ],
    )
    def test_wrong(self, told, message):
        """What does not fit together is told with what is expected."""
        assert f"Value error, {message}" == wrong(Condition, told)

    @pytest.mark.parametrize(
        ("told", "message"),
        [
            pytest.param({"field": "shoe_size", "op": "eq"}, "Input should be 'st", id="field"),
            pytest.param({"field": "country", "op": "is"}, "Input should be 'eq', ", id="operator"),
            pytest.param({"field": "country"}, "Field required", id="no-operator"),
            pytest.param(
                {"field": "country", "op": "present", "not": True},
                "Extra inputs are not permitted",
                id="unknown-key",
            ),
        ],
    )
    def test_unknown(self, told, message):
        """What is not known is told with what is."""
        assert message in wrong(Condition, told)

    @pytest.mark.parametrize("field", [*TEXTS, *NUMBERS, "score", "stage"])
    def test_fields(self, field):
        """Every fact, the score and the stage can be asked about."""
        value = 1 if field in (*NUMBERS, "score") else (*values(field), "contoso.com")[0]

        assert field == condition(field, "eq", value).field


class TestRule:
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            pytest.param({"name": "German!"}, "String should match pattern", id="name"),
            pytest.param({"points": 101}, "less than or equal to 100", id="too-many-points"),
            pytest.param({"points": -101}, "greater than or equal to -100", id="too-few-points"),
            pytest.param({"points": 1.5}, "valid integer", id="part-of-a-point"),
            pytest.param({"why": ""}, "at least 1 character", id="no-reason"),
            pytest.param({"why": "x" * 101}, "at most", id="long-reason"),
            pytest.param({"when": []}, "at least 1 item", id="no-condition"),
            pytest.param({"when": "always"}, "valid tuple", id="words-for-conditions"),
            pytest.param({"code": "lead.score += 1"}, "Extra inputs are not", id="unknown-key"),
            pytest.param(
                {"when": [{"field": "score", "op": "at_least", "value": 1}]},
                "a scoring rule cannot ask about score",
                id="asks-the-score",
            ),
            pytest.param(
                {"when": [{"field": "stage", "op": "eq", "value": Stage.SALES_READY}]},
                "a scoring rule cannot ask about stage",
                id="asks-the-stage",
            ),
        ],
    )
    def test_wrong(self, changes, message):
        """A wrong rule is refused, with what is expected."""
        assert message in wrong(Rule, RULE | changes)

    def test_right(self):
        """A rule whose parts are right is taken as it is told."""
        rule = Rule.model_validate(RULE)

        assert ("german", 10, "from Germany") == (rule.name, rule.points, rule.why)
        assert (condition("country", "eq", "de"),) == rule.when

    def test_long_name(self):
        """A rule's name is short enough for a hundred of them to fit a lead's row."""
        assert "at most 40 characters" in wrong(Rule, RULE | {"name": "x" * 41})
