"""Scoring: the rules that score leads unless the publisher has some, as data: intent first.

Whoever asks for most and decides most comes first; that a field is filled says next to nothing.
Points but for filled fields are multiples of five, and all filled fields together give less than
five, so that no filled field ever moves a lead over a threshold such as 60.
"""

from __future__ import annotations

from typing import Final

from leadshare.persons.title_phrases import DECIDES, HAS_A_SAY
from leadshare.scoring.rules import Rule


def _rule(name: str, points: int, why: str, *when: tuple[object, ...]) -> Rule:
    conditions = [dict(zip(("field", "op", "value"), c, strict=False)) for c in when]
    return Rule.model_validate({"name": name, "points": points, "why": why, "when": conditions})


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(text.split()))  # a word may be of several languages


# One line or more for each language: English, German, French, Spanish, Portuguese, Italian,
# Dutch, Nordic, Polish and Czech, Turkish, Russian, Japanese, Chinese, Korean. Women and men.
_STUDIES: Final = _words("""
    student students studentin étudiant étudiante estudiante estudante studente studentessa öğrenci
    pupil schüler schülerin 学生 학생
""")

_ASKS: Final = _words("""
    demo demos demonstration price prices pricing quote quotes quotation proposal offer discount
    cost costs buy buying purchase purchasing license licenses licence licences licensing
    subscription seats users trial poc pilot evaluate evaluating evaluation rfp rfq rfi tender
    call callback meeting appointment need needs require requirement requirements project
    implement implementing implementation rollout migrate migration
    vorführung preis preise preisliste angebot kosten lizenz lizenzen kaufen bestellen testen
    testzugang termin rückruf anrufen brauchen benötigen suchen projekt einführung
    démo démonstration prix tarif tarifs devis coût coûts acheter commande licence licences essai
    rendez appel besoin projet
    demostración precio precios cotización presupuesto coste costo comprar licencia licencias
    prueba reunión llamada necesitamos necesito proyecto
    demonstração preço preços orçamento cotação custo comprar licença licenças teste reunião
    precisamos preciso projeto
    dimostrazione prezzo prezzi preventivo costo costi acquistare offerta licenza licenze prova
    riunione progetto
    prijs prijzen offerte kosten kopen licentie licenties afspraak nodig
    pris priser tilbud offert köpa købe møte möte demonstrasjon
    cena cenę ceny cennik oferta ofertę wycena wycenę zakup licencja nabídka cenu
    fiyat teklif lisans
    цена цены стоимость купить лицензия демонстрация
""")

_URGENT: Final = _words("""
    budget budgets budgeted funding approved timeline deadline urgent urgently asap immediately
    today tomorrow week quarter q1 q2 q3 q4 fiscal decision shortlist
    frist dringend sofort zeitnah quartal woche heute morgen genehmigt entscheidung
    délai urgente trimestre semaine demain décision échéance
    plazo semana mañana decisión prazo decisão scadenza settimana decisione
    spoed kwartaal beslissing pilne
""")

_NO_BUYER: Final = _words("""
    backlink backlinks internship thesis dissertation homework
    praktikumsplatz bachelorarbeit masterarbeit hausarbeit
""")

DEFAULT_RULES: Final = (
    _rule("purchase", 50, "bought or created the offer", ("intent", "eq", "purchase")),
    _rule("acquisition", 30, "acquired the offer", ("intent", "eq", "acquisition")),
    _rule("trial", 25, "started a trial", ("intent", "eq", "trial")),
    _rule("contact-request", 25, "asked to be contacted", ("intent", "eq", "contact_request")),
    _rule("other-action", 5, "took an action that is not known", ("intent", "eq", "other")),
    _rule("wrote", 10, "wrote a note", ("notes", "present")),
    _rule("asks", 15, "says what is needed", ("notes", "has_word", _ASKS)),
    _rule("budget-or-date", 10, "speaks of a budget or a date", ("notes", "has_word", _URGENT)),
    _rule("no-buyer", -30, "seems to sell, apply or study", ("notes", "has_word", _NO_BUYER)),
    _rule("decides", 20, "decides", ("seniority", "eq", DECIDES)),
    _rule("has-a-say", 10, "has a say", ("seniority", "eq", HAS_A_SAY)),
    _rule("student", -20, "studies", ("job_title", "has_word", _STUDIES)),
    _rule("business-email", 15, "business e-mail", ("email_kind", "eq", "business")),
    _rule("disposable-email", -30, "throw-away e-mail", ("email_kind", "eq", "disposable")),
    _rule("came-back", 15, "came back", ("touches", "at_least", 2)),
    _rule("keeps-coming", 5, "keeps coming back", ("touches", "at_least", 4)),
    _rule("several-listings", 10, "looks at several listings", ("listings", "at_least", 2)),
    _rule("name", 1, "full name", ("first_name", "present"), ("last_name", "present")),
    _rule("phone", 1, "phone number", ("phone", "present")),
    _rule("company", 1, "company name", ("company", "present")),
    _rule("country", 1, "country", ("country", "present")),
)
