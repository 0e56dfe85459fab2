"""Titles: what each phrase says, in any language, in any form, and what stands around it."""

from __future__ import annotations

import pytest

from leadshare.persons.title_phrases import (
    CONTAINED,
    DECIDES,
    ENDINGS,
    HAS_A_SAY,
    HELPS,
    PHRASES,
    SENIORITIES,
    UNKNOWN,
    WHOLE,
)
from leadshare.persons.titles import folded, seniority

TABLES = {"phrase": PHRASES, "whole": WHOLE, "ending": ENDINGS, "contained": CONTAINED}
ROWS = [
    pytest.param(level, row, id="|".join(row))
    for table in (PHRASES, WHOLE)
    for level, rows in table.items()
    for row in rows
]


class TestRows:
    @pytest.mark.parametrize(("level", "row"), ROWS)
    def test_phrase(self, level, row):
        """Each form of each phrase says what its row does, in small letters and capitals."""
        assert {level} == {seniority(form) for form in row}
        assert {level} == {seniority(form.upper()) for form in row}

    @pytest.mark.parametrize(
        ("level", "word"),
        [
            (level, form)
            for table, before in ((ENDINGS, "xyz"), (CONTAINED, "三"))
            for level, rows in table.items()
            for row in rows
            for form in [before + part for part in row]
        ],
    )
    def test_part(self, level, word):
        """Each end of a word, and each part of one without blanks, says what its row does."""
        assert level == seniority(word)

    @pytest.mark.parametrize("name", TABLES)
    def test_one_level(self, name):
        """No phrase stands in two rows that say different things; no table has another level."""
        table = TABLES[name]
        told = {
            (folded(form), level) for level, rows in table.items() for row in rows for form in row
        }

        assert len(told) == len({form for form, _ in told})
        assert set(SENIORITIES) == set(table)


class TestTitles:
    @pytest.mark.parametrize(
        ("level", "titles"),
        [
            (
                DECIDES,
                (
                    *("Chief Information Officer", "Head of IT", "IT Director", "C.E.O.", "c.t.o"),
                    *("Vice President, Operations", "Founder & CEO", "Co-founder", "Owner"),
                    *("Founder and Software Engineer", "Owner / Operator", "CEO/CTO"),
                    *("Director of Support", "Geschäftsführer/in", "IT-Leitung", "Vertriebsleiter"),
                    *(
                        "Leiterin der Abteilung Einkauf",
                        "Technische Direktorin",
                        "Entwicklungschef",
                    ),
                    *(
                        "Directrice générale",
                        "DIRECTEUR TECHNIQUE",
                        "Directora de TI",
                        "Toimitusjohtaja",
                    ),
                    *(
                        "Генеральный директор",
                        "代表取締役 社長",
                        "営業部長",
                        "副总经理",
                        "기술이사",
                    ),
                    *("Secretary General", "Salgsdirektør", "Myyntijohtaja", "BAŞKAN"),
                ),
            ),
            (
                HAS_A_SAY,
                (
                    *("Purchasing Manager", "Product Owner", "Solution Architect", "Team Lead"),
                    *("Assistant Director", "Projektleiterin", "Chef de projet", "Projektmanager"),
                    *(
                        "Kierownik projektu",
                        "情報システム課長",
                        "产品经理",
                        "개발팀장",
                        "Jefa de compras",
                    ),
                    *("Chief of Staff", "Company Secretary", "IT-Architekt", "Müdürü"),
                ),
            ),
            (
                HELPS,
                (
                    *("Assistant to the CEO", "Executive Assistant, Director's Office", "PA"),
                    *(
                        "Intern, Office of the CTO",
                        "Assistenz der Geschäftsführung",
                        "Head of IT's PA",
                    ),
                    *("Assistante de direction", "Asistente del director", "Vorstandssekretärin"),
                    *(
                        "代表取締役秘書",
                        "总经理助理",
                        "대표이사 비서",
                        "Geschäftsführungsassistent",
                    ),
                    *("Secretary to the Managing Director", "Sekretärin des Vorstands"),
                ),
            ),
            (
                UNKNOWN,
                (
                    *("", "Developer", "Consultant", "Headhunter", "Misleader", "Data Owner"),
                    *("Partner Account Manager", "Partnerships", "Account Executive", "Esquire"),
                    *("Amministratore di sistema", "Ingenieur Halbleiter", "Begleiterin", "経理"),
                    *("客户经理", "International Sales", "Student", "---"),
                ),
            ),
        ],
    )
    def test_said(self, level, titles):
        """The longest phrase counts, words that help outrank all, part of a word is none."""
        assert dict.fromkeys(titles, level) == {title: seniority(title) for title in titles}

    @pytest.mark.parametrize(
        "spelled",
        [
            "GESCHÄFTSFÜHRER",
            "Gescha\u0308ftsfu\u0308hrer",
            "Geschaftsfuhrer",
            "  Geschäftsführer. ",
        ],
    )
    def test_spelling(self, spelled):
        """Capitals, accents and what stands around do not matter."""
        assert DECIDES == seniority(spelled)
