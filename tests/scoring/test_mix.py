"""On a plausible mix of leads sales-ready means something: not all that have an e-mail, not few."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import pytest

from leadshare.leads.lead import Lead, facts_of
from leadshare.playbook import Category, Intent, Stage, Storefront
from leadshare.scoring import receipt as scoring
from leadshare.scoring.operators import Facts
from leadshare.scoring.settings import Scoring
from tests.documents.page_figures import tables
from tests.scoring import mix
from tests.scoring.test_default_rules import NOBODY

DEFAULT: Final = Scoring.model_validate({})
PAGE: Final = {tuple(head): body for head, body in tables("scoring.md")}
UNASKED: Final[Facts] = {
    "intent": "other",
    "job_title": "",
    "notes": "",
    "touches": 1,
    "listings": 1,
}
"""The facts of somebody who shows no intent and no decision."""


@dataclass(frozen=True)
class Judged:
    """A lead of the mix, what is known of it, and what became of it."""

    lead: Lead
    facts: Facts
    ready: bool


def ready(lead: Lead, facts: Facts) -> bool:
    """Whether a lead with these facts is sales-ready."""
    score = scoring.score(facts, DEFAULT).score
    return DEFAULT.stage(lead.category, lead.storefront, score) is Stage.SALES_READY


@pytest.fixture(name="judged", scope="module")
def _judged() -> list[Judged]:
    """The mix: 10,000 leads that came by the real path."""
    return [
        Judged(lead, facts, ready(lead, facts))
        for lead in mix.leads(10_000)
        for facts in [facts_of(lead)]
    ]


def share(judged: Iterable[Judged]) -> float:
    """How many of a hundred are sales-ready."""
    found = [one.ready for one in judged]
    return 100 * sum(found) / len(found)


def shares(judged: list[Judged], of: Callable[[Judged], str]) -> dict[str, float]:
    """How many of a hundred are sales-ready, by something of theirs."""
    names = sorted({of(one) for one in judged})
    return {name: share(one for one in judged if of(one) == name) for name in names}


class TestMix:
    def test_overall(self, judged):
        """20 to 40 of a hundred leads are sales-ready, and so of those that may be followed up."""
        assert 10_000 == len(judged)
        assert 20 <= share(judged) <= 40
        assert 20 <= share(one for one in judged if one.lead.category is Category.NORMAL) <= 40

    def test_by_intent(self, judged):
        """The stronger the wish, the more are sales-ready; a contact request comes with words."""
        found = shares(judged, lambda one: one.lead.intent)

        assert found["purchase"] >= 60
        assert found["purchase"] > found["acquisition"] > found["trial"] > found["other"]
        assert found["purchase"] > found["contact_request"] > found["acquisition"]
        assert 20 <= found["contact_request"] <= 60
        assert 0 == found["none"]
        assert set(found) == set(Intent)

    def test_by_storefront(self, judged):
        """Each storefront has leads of both kinds, in like shares."""
        found = shares(judged, lambda one: one.lead.storefront)

        assert set(found) == set(Storefront) - {Storefront.UNKNOWN}
        assert all(15 <= part <= 45 for part in found.values())

    def test_by_email(self, judged):
        """An e-mail address makes nobody sales-ready: most with a business one are not."""
        found = shares(judged, lambda one: str(one.facts["email_kind"]))

        assert 0 < found["free"] < found["business"] < 50
        assert 0 == found["disposable"]

    def test_by_language(self, judged):
        """No language that the rules read is at a disadvantage."""
        found = shares(judged, lambda one: mix.LANGUAGE.get(str(one.facts["country"]).upper(), ""))

        assert max(found.values()) < 1.5 * min(found.values())

    def test_filled_fields(self, judged):
        """Name, phone, company and country decide about nobody: without them all stages are the
        same.
        """
        names = ("first_name", "last_name", "phone", "company", "country")
        blank = dict.fromkeys(names, "")

        assert [one.ready for one in judged] == [
            ready(one.lead, {**one.facts, **blank}) for one in judged
        ]

    def test_complete_only(self, judged):
        """With all fields filled, but nothing asked for and nobody who decides, none is
        sales-ready.
        """
        full = {**dict.fromkeys(NOBODY, "x"), "email_kind": "business", **UNASKED}

        assert not any(ready(one.lead, {**one.facts, **full}) for one in judged)

    @pytest.mark.parametrize("seed", [2, 3])
    def test_other_people(self, seed):
        """Other people of the same mix come to the same."""
        found = [Judged(one, {}, ready(one, facts_of(one))) for one in mix.leads(2_000, seed)]

        assert 20 <= share(found) <= 40


class TestPage:
    def test_ways(self):
        """The page on scoring tells where leads come from as the mix has it."""
        shown = PAGE[
            "way", "of 100", "business", "free", "throw-away", "none", "title", "phone", "why"
        ]

        assert [
            [name, *map(str, (way.share, *way.email.values(), way.titled, way.phone))]
            for name, way in mix.WAYS.items()
        ] == [row[:8] for row in shown]

    @pytest.mark.parametrize(
        ("head", "told"),
        [
            pytest.param("title, with a business address", mix.TITLES["business"], id="business"),
            pytest.param("title, with another", mix.TITLES["another"], id="another"),
            pytest.param("note, in Contact me", mix.NOTES["Contact me"], id="contact-me"),
            pytest.param("note, elsewhere", mix.NOTES["elsewhere"], id="elsewhere"),
            pytest.param("company", mix.COMPANY, id="company"),
            pytest.param("acts on a listing", mix.AGAIN, id="again"),
            pytest.param("country", mix.COUNTRIES, id="countries"),
            pytest.param(
                "else",
                {
                    "full name": mix.NAMED,
                    "country given": mix.COUNTRY,
                    "second listing": mix.SECOND_LISTING,
                },
                id="else",
            ),
        ],
    )
    def test_shares(self, head, told):
        """The page on scoring tells who people are and what they write as the mix has it."""
        [shown] = [row[1] for row in PAGE["what", "of 100", "why"] if row[0] == head]

        assert ", ".join(f"{name} {of_100}" for name, of_100 in told.items()) == shown

    def test_whole(self):
        """Shares of one thing add up to a hundred."""
        wholes = [
            {name: way.share for name, way in mix.WAYS.items()},
            *(way.email for way in mix.WAYS.values()),
            mix.COUNTRIES,
            mix.AGAIN,
            *mix.TITLES.values(),
            *mix.NOTES.values(),
        ]

        assert {100} == {sum(one.values()) for one in wholes}

    def test_measured(self, judged):
        """The page on scoring shows what the mix comes to."""
        normal = [one for one in judged if one.lead.category is Category.NORMAL]
        found = {
            "all": share(judged),
            "all but do not contact": share(normal),
            **shares(normal, lambda one: one.lead.storefront.replace("_", " ")),
            **shares(normal, lambda one: one.lead.intent.replace("_", " ")),
            **shares(normal, lambda one: f"e-mail: {one.facts['email_kind'] or 'none'}"),
        }

        assert {name: f"{part:.0f}" for name, part in found.items()} == {
            row[0]: row[1] for row in PAGE["leads", "sales-ready, of 100"]
        }
