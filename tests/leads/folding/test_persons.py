"""Persons: who wrote from an address, whatever the order; none has a fact that another gave."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.leads.folding.persons import Person
from leadshare.leads.lead import SEVERAL, Lead, facts_of, fold
from leadshare.leads.touch import Touch
from leadshare.persons.names import companies_contradict, names_contradict
from leadshare.scoring import receipt as scoring
from leadshare.scoring.settings import Scoring
from tests.builders import NOW, minutes, touch

PHONE, OTHER_PHONE = "+49301234567", "+14255550100"
ANNA = {"name": "Anna|Berg", "title": "CFO", "company": "Fabrikam GmbH"}
ANNA |= {"phone": PHONE, "country": "DE"}
BO = {"name": "Bo|Li", "company": "Fabrikam Asia Ltd"}
AT_CONTOSO = {"name": "Anna|Berg", "company": "Contoso Ltd"}
ROBERT = {"name": "Robert|Miller", "title": "CEO", "phone": OTHER_PHONE}

EXAMPLES: dict[str, tuple[list[tuple[float, dict[str, str]]], list[dict[str, str]]]] = {
    "1: says less": ([(0, ANNA), (30, {"name": "Anna|Berg"})], [ANNA]),
    "2: another person": ([(0, ANNA), (30, BO)], [BO, ANNA]),
    "3: the first again": ([(0, ANNA), (30, BO), (60, {"name": "Anna|Berg"})], [ANNA, BO]),
    "4: a colleague an hour later": (
        [(0, ANNA), (1, {**ANNA, "name": "Bo|Li", "title": ""})],
        [{**ANNA, "name": "Bo|Li", "title": ""}, ANNA],
    ),
    "5: a repeat after another": ([(0, ANNA), (1, BO), (2, ANNA)], [BO, ANNA]),
    "6: turned round": (
        [(0, {"name": "Bo|Li", "title": "CEO"}), (30, {"name": "Li|Bo"})],
        [{"name": "Li|Bo", "title": "CEO"}],
    ),
    "7: one word": (
        [
            (0, {"name": "Suharto|", "title": "CIO"}),
            (30, {"name": "Suharto|Wibowo"}),
            (60, {"name": "|Wibowo"}),
        ],
        [{"name": "Suharto|Wibowo", "title": "CIO"}],
    ),
    "8: an initial": (
        [(0, {"name": "J.|Müller", "title": "CTO"}), (30, {"name": "Jörg Peter|Muller"})],
        [{"name": "Jörg Peter|Muller", "title": "CTO"}],
    ),
    "9: a nickname": (
        [(0, ROBERT), (30, {"name": "Bob|Miller"})],
        [{"name": "Bob|Miller"}, ROBERT],
    ),
    "10: married, and another": (
        [
            (0, {"name": "Anna|Berg", "title": "CFO"}),
            (30, {"name": "Anna|Berg-Kowalski"}),
            (60, {"name": "Anna|Nowak"}),
        ],
        [{"name": "Anna|Nowak"}, {"name": "Anna|Berg-Kowalski", "title": "CFO"}],
    ),
    "11: no name": (
        [
            (0, {"phone": PHONE, "country": "DE"}),
            (30, {"name": "Anna|Berg"}),
            (60, {"title": "CFO"}),
        ],
        [{"name": "Anna|Berg", "title": "CFO", "phone": PHONE, "country": "DE"}],
    ),
    "12: another employer": ([(0, ANNA), (30, AT_CONTOSO)], [AT_CONTOSO, ANNA]),
    "13: another script": (
        [
            (0, {"name": "太郎|田中", "title": "CEO"}),
            (30, {"name": "|田中太郎"}),
            (60, {"name": "Taro|Tanaka"}),
        ],
        [{"name": "Taro|Tanaka"}, {"name": "太郎|田中", "title": "CEO"}],
    ),
    "14: no bridge": (
        [
            (0, {"name": "Bo|Li", "title": "CEO"}),
            (30, {"name": "|Li"}),
            (60, {"name": "Ann|Li"}),
        ],
        [{"name": "Ann|Li"}, {"name": "Bo|Li", "title": "CEO"}],
    ),
}
"""Touches, by the hours after the first, and who wrote them, last heard first."""


def said(number: int, hours: float, who: dict[str, str], **changes: Any) -> Touch:
    """A touch of somebody who says so much of themselves."""
    first, _, last = who.get("name", "").partition("|")
    facts = {name: who.get(name.lower(), "") for name in ("Title", "Phone", "Company", "Country")}
    told: dict[str, Any] = {
        "Email": "info@fabrikam.example",
        "FirstName": first,
        "LastName": last,
        **facts,
    }
    return touch(number, NOW + minutes(60 * hours), **told, **changes)


def lead_of(touches: list[Touch]) -> Lead:
    """The lead of *touches*."""
    [found] = fold(touches).values()
    return found


def shown(person: Person) -> dict[str, str]:
    """What is known of a person, as the examples say it."""
    facts = person.facts
    told = {"name": f"{facts['first_name']}|{facts['last_name']}", "title": facts["job_title"]}
    told |= {name: facts[name] for name in ("phone", "company", "country")}
    return {name: text for name, text in told.items() if text.strip("|")}


class TestExamples:
    @pytest.mark.parametrize("name", EXAMPLES)
    def test_persons(self, name):
        """Who wrote is told by names and employers, each with their own facts."""
        told, expected = EXAMPLES[name]
        found = lead_of([said(n, hours, who) for n, (hours, who) in enumerate(told)])

        kept = [{key: text for key, text in who.items() if text} for who in expected]
        assert kept == [shown(person) for person in found.persons]
        assert (len(expected) > 1) == (SEVERAL in found.flags)

    @pytest.mark.parametrize(
        ("name", "touches", "repeats"),
        [
            ("4: a colleague an hour later", 2, 0),
            ("5: a repeat after another", 2, 1),
            ("7: one word", 3, 0),
        ],
    )
    def test_counts(self, name, touches, repeats):
        """A colleague is no repeat; what was said word for word before is one."""
        told, _ = EXAMPLES[name]
        found = lead_of([said(n, hours, who) for n, (hours, who) in enumerate(told)])

        assert (touches, repeats) == (found.touches, found.duplicates)


class TestScore:
    def test_best(self):
        """A lead scores as the best of its persons does, and says so; a second lowers nothing."""
        rules = Scoring.model_validate({})
        anna, bo = said(1, 0, ANNA), said(2, 30, BO)
        both = lead_of([anna, bo])
        each = [facts_of(both, person) for person in both.persons]

        found = scoring.best(each, rules)

        alone, better = (scoring.score(facts, rules).score for facts in each)
        assert alone < better == found.score
        assert scoring.best([facts_of(lead_of([anna]))], rules).score <= found.score
        assert ["best of 2 persons"] == scoring.reasons(found)[-1:]
        assert 2 == scoring.to_row(found)["persons"]

    def test_no_mix(self):
        """No rule sees the facts of two persons at once; routes see the person shown."""
        both = lead_of([said(1, 0, ANNA), said(2, 30, BO)])

        assert ("bo", "", "") == tuple(
            facts_of(both)[name] for name in ("first_name", "job_title", "phone")
        )


PIECES = st.fixed_dictionaries(
    {
        "name": st.sampled_from(
            [
                "",
                "Anna|Berg",
                "Berg|Anna",
                "A.|Berg",
                "|Berg",
                "Bo|Li",
                "|Li",
                "Li|",
                "Ann|Li",
                "?|",
            ]
        ),
        "title": st.sampled_from(["", "CFO", "CEO"]),
        "phone": st.sampled_from(["", PHONE, OTHER_PHONE]),
        "company": st.sampled_from(["", "Fabrikam GmbH", "Fabrikam Asia Ltd", "Contoso Ltd"]),
        "country": st.sampled_from(["", "DE", "US"]),
    }
)
STORIES = st.lists(
    st.tuples(PIECES, st.sampled_from([0, 1, 23, 30, 60]), st.sampled_from(["", "Call me"])),
    min_size=1,
    max_size=7,
).map(
    lambda told: [
        said(number, hours, who, Description=words)
        for number, (who, hours, words) in enumerate(told)
    ]
)


def repeat(one: Touch, number: int, hours: float) -> Touch:
    """A touch once more, so many hours after."""
    return replace(one, id=f"{number:032x}", received=one.received + minutes(60 * hours))


def contradicts(one: Touch, person: Person) -> bool:
    """Whether a touch cannot be a person's."""
    told, facts = one.facts, person.facts
    names = [(told["first_name"], told["last_name"]), (facts["first_name"], facts["last_name"])]
    return names_contradict(*names) or companies_contradict(told["company"], facts["company"])


class TestAny:
    @given(STORIES, st.randoms(use_true_random=False))
    def test_order(self, touches, random):
        """Any order gives the same persons, score and facts (law 8)."""
        shuffled = random.sample(touches, len(touches))

        assert lead_of(touches) == lead_of(shuffled)

    @given(STORIES, st.lists(st.tuples(st.integers(0, 6), st.floats(0, 23.9)), max_size=5))
    def test_repeats(self, touches, again):
        """Repeats change nothing but how many they were and when the lead was seen (law 12)."""
        before = lead_of(touches)
        counted = [one for one in touches if one.id in before.counted]
        repeats = [
            repeat(counted[place % len(counted)], 100 + number, hours)
            for number, (place, hours) in enumerate(again)
        ]

        found = lead_of([*repeats, *touches])

        for name in (
            "persons",
            "address",
            "words",
            "campaign",
            "touches",
            "first",
            "last",
            "flags",
        ):
            assert getattr(before, name) == getattr(found, name)
        assert before.duplicates + len(repeats) == found.duplicates

    @given(STORIES)
    def test_own_facts(self, touches):
        """No person has a fact that none of the touches gave beside a name or a company that does
        not contradict theirs.
        """
        found = lead_of(touches)

        for person in found.persons:
            for name, text in person.facts.items():
                assert not text or any(
                    one.facts[name] == text and not contradicts(one, person) for one in touches
                )

    @given(STORIES)
    def test_names_together(self, touches):
        """First and last name come from one touch."""
        given_names = {(t.facts["first_name"], t.facts["last_name"]) for t in touches} | {("", "")}

        for person in lead_of(touches).persons:
            assert (person.facts["first_name"], person.facts["last_name"]) in given_names
