"""Scores: the receipt, its version, the missing fact, and what makes a lead sales-ready."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadshare.leads.lead import facts_of
from leadshare.playbook import Category, Intent, Stage, Storefront
from leadshare.scoring import receipt as scoring
from leadshare.scoring.default_rules import DEFAULT_RULES
from leadshare.scoring.operators import NUMBERS, TEXTS
from leadshare.scoring.receipt import Line, Receipt
from leadshare.scoring.rules import Rule
from leadshare.scoring.settings import Scoring
from tests.builders import lead

FACTS: dict[str, str | int] = {
    **dict.fromkeys(TEXTS, ""),
    **dict.fromkeys(NUMBERS, 1),
    "category": "normal",
}


DEFAULT = Scoring.model_validate({})


def rule(name: str, points: int, *when: tuple[Any, ...]) -> Rule:
    """A rule; a condition is field, operator and value."""
    conditions = [dict(zip(("field", "op", "value"), asked, strict=False)) for asked in when]
    return Rule.model_validate({"name": name, "points": points, "why": name, "when": conditions})


def ruled(rules: tuple[Rule, ...]) -> Scoring:
    """Scoring by these rules, which may share a name."""
    return Scoring.model_validate({"rule": rules})


def receipt(*points: int) -> Receipt:
    """A receipt of lines with these points."""
    return Receipt(tuple(Line(f"r{n}", p, "why") for n, p in enumerate(points)), "v", "", 0)


RULES = st.lists(
    st.builds(
        rule,
        st.just("r"),
        st.integers(-100, 100),
        st.sampled_from(
            [
                ("country", "present"),
                ("country", "missing"),
                ("country", "in", ("de", "fr")),
                ("job_title", "has_word", ("ceo",)),
                ("email_kind", "eq", "business"),
                ("touches", "at_least", 2),
            ]
        ),
    ),
    min_size=1,
    max_size=8,
).map(lambda rules: tuple(r.model_copy(update={"name": f"r{n}"}) for n, r in enumerate(rules)))

SOME_FACTS = st.fixed_dictionaries(
    {
        "country": st.sampled_from(["", "de", "us"]),
        "job_title": st.sampled_from(["", "ceo of it", "student"]),
        "email_kind": st.sampled_from(["", "business", "free", "disposable"]),
        "phone": st.sampled_from(["", "+4930123456"]),
        "intent": st.sampled_from(list(Intent)).map(str),
        "category": st.sampled_from(["normal", "normal", "test"]),
        "touches": st.integers(1, 5),
        "listings": st.integers(0, 3),
    }
).map(lambda some: FACTS | some)


class TestReceipt:
    @settings(max_examples=500)
    @given(SOME_FACTS, RULES | st.just(DEFAULT_RULES))
    def test_recomputes(self, facts, rules):
        """A receipt's lines add up to its score, also as they were written down, always."""
        found = scoring.score(facts, ruled(rules))

        row = json.loads(json.dumps(scoring.to_row(found)))
        total = sum(line["points"] for line in row["lines"])
        assert found.score == row["score"] == max(0, min(100, total))

    @settings(max_examples=300)
    @given(SOME_FACTS, RULES | st.just(DEFAULT_RULES))
    def test_missing_fact_adds(self, facts, rules):
        """There is a missing fact only where a rule would give points for it."""
        found = scoring.score(facts, ruled(rules))

        assert bool(found.missing) == (found.missing_points > 0)
        met = {line.rule for line in found.lines}
        assert found.missing_points <= sum(
            r.points for r in rules if r.points > 0 and r.name not in met
        )

    @pytest.mark.parametrize(
        ("points", "score"),
        [
            pytest.param((40, 15), 55, id="sum"),
            pytest.param((60, 50), 100, id="never-over-100"),
            pytest.param((5, -20), 0, id="never-under-0"),
            pytest.param((), 0, id="nothing"),
            pytest.param((60, 50, -20), 90, id="held-once-at-the-end"),
            pytest.param((100,), 100, id="just-100"),
        ],
    )
    def test_bounds(self, points, score):
        """A score is the sum of its lines, held within 0 and 100."""
        assert score == receipt(*points).score

    def test_lines(self):
        """A receipt has the rules that were met, in their order, with points and why."""
        rules = (
            rule("b", 5, ("country", "present")),
            rule("no", 7, ("country", "missing")),
            rule("a", -3, ("touches", "at_least", 1), ("country", "eq", "DE")),
        )

        found = scoring.score(FACTS | {"country": "de"}, ruled(rules))

        assert (Line("b", 5, "b"), Line("a", -3, "a")) == found.lines

    def test_every_condition(self):
        """A rule is met by all of its conditions, not by some."""
        both = (rule("name", 5, ("first_name", "present"), ("last_name", "present")),)

        assert () == scoring.score(FACTS | {"first_name": "ines"}, ruled(both)).lines

    def test_words(self):
        """The reasons are the lines in words."""
        found = Receipt((Line("a", 40, "asked"), Line("b", -20, "throw-away")), "v", "", 0)

        assert ["+40 asked", "-20 throw-away"] == scoring.reasons(found)

    def test_row(self):
        """The row holds what a person needs to follow the score."""
        found = Receipt((Line("a", 40, "asked"),), "0123456789ab", "phone number", 8)

        assert {
            "score": 40,
            "lines": [{"rule": "a", "points": 40, "why": "asked"}],
            "rules": "0123456789ab",
            "missing": "phone number",
            "missing_points": 8,
            "persons": 1,
        } == scoring.to_row(found)

    @pytest.mark.parametrize(
        "category", [category for category in Category if category is not Category.NORMAL]
    )
    def test_special(self, category):
        """A special lead scores nothing and misses nothing."""
        found = scoring.score(facts_of(lead(category=category)), DEFAULT)

        assert (0, (), "", 0) == (found.score, found.lines, found.missing, found.missing_points)
        assert DEFAULT.version == found.rules

    def test_sample(self):
        """The built-in rules give the sample lead its points: a campaign is no word of the
        customer.
        """
        found = scoring.score(facts_of(lead()), DEFAULT)

        assert 64 == found.score
        assert [
            "+25 asked to be contacted",
            "+20 decides",
            "+15 business e-mail",
            "+1 full name",
            "+1 phone number",
            "+1 company name",
            "+1 country",
        ] == scoring.reasons(found)
        assert ("what is needed", 25) == (found.missing, found.missing_points)


class TestMissing:
    @pytest.mark.parametrize(
        ("rules", "facts", "missing"),
        [
            pytest.param(
                [rule("a", 8, ("phone", "present")), rule("b", 7, ("company", "present"))],
                {},
                ("phone number", 8),
                id="the-best",
            ),
            pytest.param(
                [rule("a", 8, ("phone", "present")), rule("b", 7, ("company", "present"))],
                {"phone": "+49"},
                ("company", 7),
                id="the-next-best",
            ),
            pytest.param(
                [rule("a", 12, ("job_title", "has_word", ("ceo",)))],
                {},
                ("job title", 12),
                id="a-title",
            ),
            pytest.param(
                [rule("a", 12, ("job_title", "has_word", ("ceo",)))],
                {"job_title": "student"},
                ("", 0),
                id="given-but-other",
            ),
            pytest.param(
                [rule("a", 15, ("email_kind", "eq", "business"))],
                {"email_kind": "free"},
                ("business e-mail", 15),
                id="a-better-email",
            ),
            pytest.param(
                [rule("a", 50, ("intent", "eq", "purchase")), rule("b", 8, ("touches", "eq", 9))],
                {},
                ("", 0),
                id="nobody-can-tell-it",
            ),
            pytest.param(
                [rule("a", 5, ("first_name", "present"), ("last_name", "present"))],
                {},
                ("", 0),
                id="one-fact-is-not-enough",
            ),
            pytest.param(
                [rule("a", 5, ("first_name", "present"), ("last_name", "present"))],
                {"first_name": "ines"},
                ("last name", 5),
                id="the-other-half",
            ),
            pytest.param(
                [rule("a", -5, ("phone", "present"))], {}, ("", 0), id="would-take-points"
            ),
            pytest.param(
                [rule("a", 9, ("phone", "present"), ("touches", "eq", 9))],
                {},
                ("", 0),
                id="not-by-a-fact-alone",
            ),
            pytest.param(
                [rule("a", 5, ("phone", "missing"))], {"phone": "+49"}, ("", 0), id="too-much"
            ),
            pytest.param(
                [
                    rule("a", 12, ("job_title", "has_word", ("ceo",))),
                    rule("b", 6, ("job_title", "has_word", ("lead",))),
                    rule("c", 13, ("company", "present")),
                ],
                {},
                ("company", 13),
                id="two-rules-on-one-fact-do-not-add-up",
            ),
            pytest.param(
                [
                    rule("a", 5, ("notes", "present")),
                    rule("b", 9, ("notes", "has_word", ("demo",))),
                    rule("c", 7, ("notes", "has_word", ("price",))),
                    rule("d", 13, ("company", "present")),
                ],
                {},
                ("what is needed", 14),
                id="the-best-and-that-it-is-told-do",
            ),
            pytest.param(
                [rule("a", 5, ("notes", "present")), rule("b", 6, ("notes", "present"))],
                {},
                ("what is needed", 11),
                id="told-twice",
            ),
            pytest.param(
                [rule("a", 9, ("notes", "has_word", ("demo",)))],
                {"notes": "hello"},
                ("", 0),
                id="said-something-else",
            ),
        ],
    )
    def test_best(self, rules, facts, missing):
        """The missing fact is the one that a customer could still tell and that would add most."""
        found = scoring.score(FACTS | facts, ruled(tuple(rules)))

        assert missing == (found.missing, found.missing_points)


class TestVersion:
    @pytest.mark.parametrize(
        "rules",
        [
            pytest.param([rule("b", 5, ("country", "present"))], id="name"),
            pytest.param([rule("a", 6, ("country", "present"))], id="points"),
            pytest.param([rule("a", 5, ("company", "present"))], id="field"),
            pytest.param([rule("a", 5, ("country", "missing"))], id="operator"),
            pytest.param([rule("a", 5, ("country", "eq", "de"))], id="value"),
            pytest.param([rule("a", 5, ("country", "present"))] * 2, id="one-more"),
        ],
    )
    def test_changes(self, rules):
        """Any change of any rule is another version."""
        old = (rule("a", 5, ("country", "present")),)

        assert ruled(old).version != ruled(tuple(rules)).version

    def test_why_counts(self):
        """Another wording of a reason is another version, too."""
        old = rule("a", 5, ("country", "present"))
        new = old.model_copy(update={"why": "other words"})

        assert ruled((old,)).version != ruled((new,)).version

    def test_stays(self):
        """The same rules have the same version in every process: 12 hex digits, on the receipt."""
        rules = (rule("a", 5, ("country", "present")),)

        assert "1d25becfeff3" == ruled(rules).version
        assert "1d25becfeff3" == scoring.score(FACTS, ruled(rules)).rules


class TestStage:
    @pytest.mark.parametrize(
        ("storefront", "score", "stage"),
        [
            pytest.param(Storefront.APPSOURCE, 70, "sales_ready", id="appsource-at"),
            pytest.param(Storefront.APPSOURCE, 69, "new", id="appsource-below"),
            pytest.param(Storefront.AZURE_MARKETPLACE, 40, "sales_ready", id="azure-at"),
            pytest.param(Storefront.AZURE_MARKETPLACE, 39, "new", id="azure-below"),
            pytest.param(Storefront.UNKNOWN, 40, "sales_ready", id="unknown-at-the-lower"),
            pytest.param(Storefront.UNKNOWN, 39, "new", id="unknown-below"),
        ],
    )
    def test_threshold(self, storefront, score, stage):
        """A lead is sales-ready at its storefront's threshold or over it, and new below."""
        told = Scoring.model_validate({"sales_ready": {"appsource": 70, "azure_marketplace": 40}})

        assert stage == told.stage(Category.NORMAL, storefront, score)

    @pytest.mark.parametrize(
        "category", [category for category in Category if category is not Category.NORMAL]
    )
    def test_special(self, category):
        """A special lead is never sales-ready, whatever its score: its category is its stage."""
        assert Stage(category) is DEFAULT.stage(category, Storefront.APPSOURCE, 100)

    def test_default(self):
        """Unless told otherwise, 60 is enough, for both storefronts."""
        for storefront in Storefront:
            found = [DEFAULT.stage(Category.NORMAL, storefront, score) for score in (59, 60)]
            assert ["new", "sales_ready"] == found
