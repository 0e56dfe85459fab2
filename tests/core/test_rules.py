"""Conditions and rules: what each operator means, and what is told about a wrong one."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from leadshare.core.lead import facts_of
from leadshare.core.playbook import Intent
from leadshare.core.rules import DEFAULT_RULES, NUMBERS, TEXTS, Condition, Rule, holds
from tests.builders import lead

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
            pytest.param("in", [], "head of it", False, id="in-nothing"),
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
        """
        Texts compare without regard to case and spaces; words are whole words.
        """
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
        """
        Numbers compare as numbers, their limit included.
        """
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
            pytest.param({"field": "country", "op": "eq"}, "country eq takes a text", id="no-text"),
            pytest.param(
                {"field": "country", "op": "eq", "value": 5},
                "country eq takes a text",
                id="number-for-text",
            ),
            pytest.param(
                {"field": "country", "op": "in", "value": "DE"},
                "country in takes a list of texts",
                id="text-for-list",
            ),
            pytest.param(
                {"field": "job_title", "op": "has_word", "value": "CEO"},
                "job_title has_word takes a list of texts",
                id="text-for-words",
            ),
            pytest.param(
                {"field": "score", "op": "at_least", "value": "60"},
                "score at_least takes a whole number",
                id="text-for-number",
            ),
            pytest.param(
                {"field": "score", "op": "eq", "value": ["60"]},
                "score eq takes a whole number",
                id="list-for-number",
            ),
        ],
    )
    def test_wrong(self, told, message):
        """
        What does not fit together is told with what is expected.
        """
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
        """
        What is not known is told with what is.
        """
        assert message in wrong(Condition, told)

    @pytest.mark.parametrize("field", [*TEXTS, *NUMBERS, "score", "stage"])
    def test_fields(self, field):
        """
        Every fact, the score and the stage can be asked about.
        """
        value = 1 if field in (*NUMBERS, "score") else "x"

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
                {"when": [{"field": "stage", "op": "eq", "value": "nurture"}]},
                "a scoring rule cannot ask about stage",
                id="asks-the-stage",
            ),
        ],
    )
    def test_wrong(self, changes, message):
        """
        A wrong rule is refused, with what is expected.
        """
        assert message in wrong(Rule, RULE | changes)

    def test_right(self):
        """
        A rule whose parts are right is taken as it is told.
        """
        rule = Rule.model_validate(RULE)

        assert ("german", 10, "from Germany") == (rule.name, rule.points, rule.why)
        assert (condition("country", "eq", "de"),) == rule.when

    def test_long_name(self):
        """
        A rule's name is short enough for a hundred of them to fit a lead's row.
        """
        assert "at most 40 characters" in wrong(Rule, RULE | {"name": "x" * 41})


FACTS = {
    "first_name": "",
    "last_name": "",
    "email": "",
    "email_kind": "",
    "company_domain": "",
    "phone": "",
    "company": "",
    "country": "",
    "job_title": "",
    "notes": "",
}
BLANK = lead(intent=Intent.NONE, facts=FACTS)


CASES = [
    pytest.param("purchase", 50, {"intent": Intent.PURCHASE}, {}, id="purchase"),
    pytest.param("acquisition", 40, {"intent": Intent.ACQUISITION}, {}, id="acquisition"),
    pytest.param("contact-request", 40, {"intent": Intent.CONTACT_REQUEST}, {}, id="contact"),
    pytest.param("trial", 30, {"intent": Intent.TRIAL}, {}, id="trial"),
    pytest.param("other-action", 5, {"intent": Intent.OTHER}, {}, id="other-action"),
    pytest.param("business-email", 15, {}, {"email_kind": "business"}, id="business-email"),
    pytest.param("disposable-email", -20, {}, {"email_kind": "disposable"}, id="throw-away"),
    pytest.param("name", 5, {}, {"first_name": "I", "last_name": "O"}, id="name"),
    pytest.param("phone", 8, {}, {"phone": "call me"}, id="phone"),
    pytest.param("company", 7, {}, {"company": "Fabrikam"}, id="company"),
    pytest.param("country", 3, {}, {"country": "DE"}, id="country"),
    pytest.param("executive", 12, {}, {"job_title": "Vice President, Sales"}, id="executive"),
    pytest.param("manager", 6, {}, {"job_title": "Senior Architect"}, id="manager"),
    pytest.param("came-back", 8, {"touches": 2}, {}, id="came-back"),
    pytest.param("several-listings", 8, {"listings": 2}, {}, id="several-listings"),
]


class TestDefaultRules:
    @pytest.mark.parametrize(("name", "points", "changes", "facts"), CASES)
    def test_alone(self, name, points, changes, facts):
        """
        Each built-in rule is met by its own case, and by it alone.
        """
        met = met_by(lead(**{"intent": Intent.NONE, "facts": FACTS | facts, **changes}))

        assert [(name, points)] == met

    def test_keeps_coming(self):
        """
        Who keeps coming back has come back, too.
        """
        found = met_by(lead(intent=Intent.NONE, facts=FACTS, touches=4))

        assert [("came-back", 8), ("keeps-coming", 4)] == found

    def test_each_has_a_case(self):
        """
        Every built-in rule is in one of the cases above.
        """
        cases = {str(case.values[0]) for case in CASES} | {"keeps-coming"}

        assert {rule.name for rule in DEFAULT_RULES} == cases

    @pytest.mark.parametrize(
        ("changes", "facts"),
        [
            pytest.param({}, {}, id="blank"),
            pytest.param({}, {"email_kind": "free"}, id="free-email"),
            pytest.param({}, {"first_name": "Sample"}, id="half-a-name"),
            pytest.param({}, {"job_title": "Headhunter and misleader"}, id="parts-of-words"),
            pytest.param({"touches": 1, "listings": 1}, {}, id="once"),
        ],
    )
    def test_none(self, changes, facts):
        """
        What shows neither interest nor a person meets none.
        """
        assert [] == met_by(lead(**{"intent": Intent.NONE, "facts": FACTS | facts, **changes}))


def met_by(found: Any) -> list[tuple[str, int]]:
    """The built-in rules that a lead meets, with their points."""
    facts = facts_of(found)
    return [
        (rule.name, rule.points)
        for rule in DEFAULT_RULES
        if all(holds(asked, facts) for asked in rule.when)
    ]
