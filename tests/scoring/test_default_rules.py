"""The built-in rules: what each asks for, and whom they rank before whom."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.leads.lead import Lead, facts_of, fold
from leadshare.playbook import Intent, Stage
from leadshare.scoring import receipt as scoring
from leadshare.scoring.default_rules import DEFAULT_RULES
from leadshare.scoring.receipt import Receipt
from leadshare.scoring.settings import Scoring
from tests.builders import later, lead, touch
from tests.documents.page_figures import tables

DEFAULT = Scoring.model_validate({})
NOBODY = {
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
FILLED = ("name", "phone", "company", "country")
"""Rules that only ask whether a field is filled."""

BUYS = {"LeadSource": "AzurePortal-Create|contoso.vm-suite", "ActionCode": "Create"}
GETS = {"LeadSource": "SPZA-INS|contoso.invoice-robot", "ActionCode": "INS"}
TRIES = {"LeadSource": "TestDrive-StartTestDrive|contoso.vm-suite", "ActionCode": "StartTestDrive"}
AT_GMAIL = {"Email": "sample.buyer@gmail.com"}
NAMELESS = {"FirstName": "", "LastName": "", "Company": "", "Phone": "", "Title": ""}
SILENT = {"Description": ""}
DEMO = {"Description": "Could you show us a demo?"}
READY, NEW = Stage.SALES_READY, Stage.NEW

CASES = [
    pytest.param({"purchase": 50}, {"intent": Intent.PURCHASE}, {}, id="purchase"),
    pytest.param({"acquisition": 30}, {"intent": Intent.ACQUISITION}, {}, id="acquisition"),
    pytest.param({"trial": 25}, {"intent": Intent.TRIAL}, {}, id="trial"),
    pytest.param({"contact-request": 25}, {"intent": Intent.CONTACT_REQUEST}, {}, id="contact"),
    pytest.param({"other-action": 5}, {"intent": Intent.OTHER}, {}, id="other-action"),
    pytest.param({"wrote": 10}, {}, {"notes": "Hello!"}, id="wrote"),
    pytest.param({"wrote": 10, "asks": 15}, {}, {"notes": "A demo, please"}, id="asks"),
    pytest.param(
        {"wrote": 10, "budget-or-date": 10}, {}, {"notes": "It is urgent."}, id="budget-or-date"
    ),
    pytest.param({"wrote": 10, "no-buyer": -30}, {}, {"notes": "For my thesis"}, id="no-buyer"),
    pytest.param({"decides": 20}, {}, {"job_title": "Vice President, Sales"}, id="decides"),
    pytest.param({"decides": 20}, {}, {"job_title": "Owner"}, id="owns"),
    pytest.param({"has-a-say": 10}, {}, {"job_title": "Purchasing Manager"}, id="has-a-say"),
    pytest.param({}, {}, {"job_title": "Assistant to the CEO"}, id="helps"),
    pytest.param({"student": -20}, {}, {"job_title": "PhD Student"}, id="student"),
    pytest.param({"business-email": 15}, {}, {"email_kind": "business"}, id="business-email"),
    pytest.param({"disposable-email": -30}, {}, {"email_kind": "disposable"}, id="throw-away"),
    pytest.param({"came-back": 15}, {"touches": 2}, {}, id="came-back"),
    pytest.param({"came-back": 15, "keeps-coming": 5}, {"touches": 4}, {}, id="keeps-coming"),
    pytest.param({"several-listings": 10}, {"listings": 2}, {}, id="several-listings"),
    pytest.param({"name": 1}, {}, {"first_name": "Sample", "last_name": "Buyer"}, id="name"),
    pytest.param({"phone": 1}, {}, {"phone": "call me"}, id="phone"),
    pytest.param({"company": 1}, {}, {"company": "Fabrikam"}, id="company"),
    pytest.param({"country": 1}, {}, {"country": "DE"}, id="country"),
    pytest.param({}, {}, {}, id="blank"),
    pytest.param({}, {}, {"email_kind": "free"}, id="free-email"),
    pytest.param({}, {}, {"first_name": "Sample"}, id="half-a-name"),
    pytest.param({}, {}, {"job_title": "Headhunter and misleader"}, id="parts-of-words"),
]


def known(intent: Intent = Intent.NONE, /, *, facts: Mapping[str, str], **changes: Any) -> Lead:
    """A lead with this intent, of whom only these facts are known."""
    told = NOBODY | dict(facts)
    return lead(intent=intent, facts=told, words=told["notes"], **changes)


def receipt(found: Lead) -> Receipt:
    """What the built-in rules say about a lead."""
    return scoring.score(facts_of(found), DEFAULT)


def points(**facts: str) -> int:
    """The points of a lead without intent, of whom only these facts are known."""
    found = receipt(known(facts=facts))
    return sum(line.points for line in found.lines)


def judged(**changes: Any) -> tuple[Stage, int]:
    """Stage and score of the lead of `post(**changes)`."""
    [found] = fold([touch(**changes)]).values()
    said = receipt(found)
    return DEFAULT.stage(found.category, found.storefront, said.score), said.score


class TestEach:
    @pytest.mark.parametrize(("points", "changes", "facts"), CASES)
    def test_alone(self, points, changes, facts):
        """Each built-in rule is met by its own case, and only with those that it implies."""
        found = receipt(known(changes.pop("intent", Intent.NONE), facts=facts, **changes))

        assert points == {line.rule: line.points for line in found.lines}

    def test_each_has_a_case(self):
        """Every built-in rule is in one of the cases above."""
        cases = {name for case in CASES for name in case.values[0]}  # type: ignore[union-attr]  # a dict

        assert {rule.name for rule in DEFAULT_RULES} == cases

    def test_words_can_be_met(self):
        """What is looked for as a word is one word, for no text is found to hold two of them as
        one.
        """
        asked = [one for rule in DEFAULT_RULES for one in rule.when if one.op == "has_word"]

        assert asked
        assert not [word for one in asked for word in one.wanted if not re.fullmatch(r"\w+", word)]

    def test_published(self):
        """The page on scoring has a row for each built-in rule, as it is."""
        [shown] = [body for head, body in tables("scoring.md") if head[0] == "rule"]

        assert [[f"`{r.name}`", f"{r.points:+d}", r.why] for r in DEFAULT_RULES] == [
            row[:3] for row in shown
        ]


class TestTitles:
    @pytest.mark.parametrize(
        "title",
        [
            *("CEO", "Chief Information Officer", "Head of IT", "IT Director", "SVP Sales"),
            *("Vice President, Operations", "Chairman", "Founder & CEO", "Co-founder", "Owner"),
            *("Managing Partner", "General Manager", "C.E.O.", "Managing Director Europe"),
            *("Head of Product", "Director of Data", "Head of Support", "Chief Product Owner"),
            *("Geschäftsführer", "Geschäftsführerin", "Geschäftsführer/in", "Leiterin IT"),
            *("Leiter Einkauf", "Inhaber", "Inhaberin", "Gründerin", "Prokurist", "IT-Leitung"),
            *("PDG", "DSI", "Directrice générale", "Directeur technique", "Gérante", "Présidente"),
            *("Director de TI", "Directora", "Presidente", "Propietaria", "Diretor financeiro"),
            *("Direttrice IT", "Titolare", "Amministratore delegato", "Eigenaar", "Hoofd ICT"),
            *("Adm. direktør", "VD", "Toimitusjohtaja", "Dyrektorka", "Właściciel", "Genel Müdür"),
            *("代表取締役", "社長", "总经理", "대표이사", "Генеральный директор"),
        ],
    )
    def test_decides(self, title):
        """Who decides is known by the title, in many languages, women as men."""
        assert points(job_title=title) >= 20

    @pytest.mark.parametrize(
        "title",
        [
            *("Developer", "Consultant", "Product Owner", "Data Owner", "Esquire", "Engineer"),
            *("Assistant to the CEO", "Executive Assistant to CFO", "Partner Account Manager"),
            *("Intern, Office of the CTO", "Assistenz der Geschäftsführung", "Product Manager"),
            *("Assistante de direction", "Asistente del director", "Head of IT's PA", "Student"),
            *("Amministratore di sistema", "Chef de projet", "Account Executive", "Partnerships"),
        ],
    )
    def test_does_not(self, title):
        """Who works for somebody who decides, or owns a product only, does not decide."""
        assert points(job_title=title) <= 10

    @pytest.mark.parametrize(
        ("man", "woman"),
        [
            *(("Geschäftsführer", "Geschäftsführerin"), ("Leiter", "Leiterin")),
            *(("Gründer", "Gründerin"), ("Inhaber", "Inhaberin"), ("Prokurist", "Prokuristin")),
            *(("Projektleiter", "Projektleiterin"), ("Einkäufer", "Einkäuferin")),
            *(("Directeur", "Directrice"), ("Président", "Présidente"), ("Gérant", "Gérante")),
            *(("Acheteur", "Acheteuse"), ("Fondateur", "Fondatrice"), ("Jefe", "Jefa")),
            *(("Director", "Directora"), ("Diretor", "Diretora"), ("Direttore", "Direttrice")),
            *(("Sócio", "Sócia"), ("Dyrektor", "Dyrektorka"), ("Kierownik", "Kierowniczka")),
            *(("Ředitel", "Ředitelka"), ("Student", "Studentin"), ("Chairman", "Chairwoman")),
        ],
    )
    def test_women_as_men(self, man, woman):
        """The same title gives a woman what it gives a man."""
        assert points(job_title=man) == points(job_title=woman) != 0


class TestNotes:
    @pytest.mark.parametrize(
        "note",
        [
            *("Could you show us a demo?", "What does it cost for 200 seats?", "Send a quote."),
            *("We need SSO.", "Please call about the assessment.", "We plan a pilot"),
            *("Bitte senden Sie uns ein Angebot.", "Können wir eine Vorführung bekommen?"),
            *("Merci de nous envoyer un devis.", "¿Cuál es el precio?", "Preciso de um orçamento."),
            *("Vorrei un preventivo.", "Graag een offerte.", "Send venligst et tilbud."),
        ],
    )
    def test_asks(self, note):
        """Who asks for something that leads to a purchase is heard, in many languages."""
        assert points(notes=note) >= 25

    @pytest.mark.parametrize(
        "note",
        [
            *("Please contact me.", "I am interested in learning more.", "in order to see"),
            *("Bitte um Kontaktaufnahme.", "x", "デモを希望します。"),
        ],
    )
    def test_says_little(self, note):
        """Who writes something without asking counts for less; the rules cannot read every
        language.
        """
        assert 10 == points(notes=note)


class TestOrder:
    def test_intent(self):
        """What the customer asked for counts more the stronger it is, as the fold ranks it."""
        found = [receipt(known(one, facts={})).score for one in Intent]

        assert sorted(found) == found
        assert Intent.PURCHASE is max(Intent, key=lambda one: found[one.strength])

    @given(
        st.sampled_from(list(pairwise(Intent))),
        st.integers(1, 5),
        st.integers(1, 5),
        st.fixed_dictionaries(
            {
                "email_kind": st.sampled_from(["", "free", "disposable", "business"]),
                "job_title": st.sampled_from(["", "CEO", "Student", "IT Manager"]),
                "notes": st.sampled_from(["", "A demo next week, please.", "My thesis"]),
            }
        ),
    )
    def test_interest_never_lowers(self, intents, touches, listings, facts):
        """A stronger wish, another touch, another listing: none of them lowers a score."""
        weaker, stronger = intents

        def of(intent: Intent, more: int) -> int:
            told = {"touches": touches + more, "listings": listings + more}
            return receipt(known(intent, facts=facts, **told)).score

        assert of(weaker, 0) <= of(stronger, 0) <= of(stronger, 1)

    @pytest.mark.parametrize(
        "second",
        [
            pytest.param({**GETS, "Description": "Campaigns: "}, id="campaign"),
            pytest.param({**GETS, "Description": ""}, id="nothing"),
            pytest.param({"Description": "Please copy my colleague."}, id="another-note"),
        ],
    )
    def test_words_stay_said(self, second):
        """A later touch never takes away what an earlier one has asked for."""
        first = later(1, **DEMO, Title="")

        before, after = (
            next(iter(fold(told).values()))
            for told in ([first], [first, later(2, **second, Title="")])
        )

        assert receipt(after).score >= receipt(before).score + 15
        assert {"wrote", "asks"} <= {line.rule for line in receipt(after).lines}

    def test_filled_fields(self):
        """All filled fields give less than five points, all else goes by fives: no filled field
        moves a lead over a threshold such as 60.
        """
        assert 5 > sum(rule.points for rule in DEFAULT_RULES if rule.name in FILLED)
        assert not [r.name for r in DEFAULT_RULES if r.points % 5 and r.name not in FILLED]


NAMED: dict[str, tuple[dict[str, str], Stage, int]] = {
    "who decides buys": (BUYS, READY, 89),
    "a company buys, no job title": ({**BUYS, "Title": ""}, READY, 69),
    "who decides buys, from gmail": ({**BUYS, **AT_GMAIL}, READY, 74),
    "somebody at gmail buys, nothing else known": (
        {**BUYS, **AT_GMAIL, **NAMELESS},
        *(NEW, 51),
    ),
    "who decides buys, throw-away address": ({**BUYS, "Email": "x@mailinator.com"}, NEW, 44),
    'Contact me, "could you show us a demo?"': ({**DEMO, "Title": ""}, READY, 69),
    "the same from gmail": ({**DEMO, **AT_GMAIL, "Title": ""}, NEW, 54),
    "the same from gmail, by who decides": ({**DEMO, **AT_GMAIL}, READY, 74),
    "the same by a student": ({**DEMO, "Title": "Student"}, NEW, 49),
    "Contact me by a head of IT, nothing said": (SILENT, READY, 64),
    "Contact me by an IT manager, any words": (
        {"Description": "Does it work with SAP?", "Title": "IT Manager"},
        *(READY, 64),
    ),
    "Contact me by a consultant, any words": (
        {"Description": "Does it work with SAP?", "Title": "Consultant"},
        *(NEW, 54),
    ),
    "Contact me by a consultant, every field filled, nothing said": (
        {**SILENT, "Title": "Consultant"},
        *(NEW, 44),
    ),
    "who decides acquires the app": ({**GETS, **SILENT}, READY, 69),
    "a developer acquires the app": ({**GETS, **SILENT, "Title": "Developer"}, NEW, 49),
    "somebody without a name at gmail acquires the app": (
        {**GETS, **SILENT, **AT_GMAIL, **NAMELESS},
        *(NEW, 31),
    ),
    "who decides starts a test drive": ({**TRIES, **SILENT}, READY, 64),
    "a bare test drive from gmail": ({**TRIES, **SILENT, **AT_GMAIL, **NAMELESS}, NEW, 26),
}
"""Leads complete and of a company unless they are said to be otherwise, and what they come to."""


class TestNamed:
    @pytest.mark.parametrize(("changes", "stage", "score"), NAMED.values(), ids=NAMED)
    def test_judged(self, changes, stage, score):
        """Intent and decision make a lead sales-ready; what is merely filled in does not."""
        assert (stage, score) == judged(**changes)

    def test_published(self):
        """The page on scoring shows these leads and what they come to."""
        [shown] = [body for head, body in tables("scoring.md") if head[0] == "lead"]

        assert [row[:3] for row in shown] == [
            [name, str(score), stage.replace("_", "-")] for name, (_, stage, score) in NAMED.items()
        ]

    def test_storefronts(self):
        """The same person doing the same is judged the same on both storefronts."""
        there = {**GETS, "LeadSource": "AzureMarketplace-INS|contoso.invoice-robot"}

        assert judged(**GETS) == judged(**there)
