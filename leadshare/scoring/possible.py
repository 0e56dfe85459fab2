"""Scoring: which conditions can be true: the values that facts can have, as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from math import inf
from typing import Any, Final, Protocol

from leadshare import countries, emails, texts
from leadshare.errors import Place
from leadshare.lifecycle.stage import MOVES
from leadshare.persons.title_phrases import SENIORITIES
from leadshare.playbook import PLAYBOOK, Category, Intent, Stage
from leadshare.quoting import did_you_mean, near, shown
from leadshare.scoring.operators import INTEREST, NUMBERS, TESTS, WORD
from leadshare.texts import words


class Question(Protocol):
    """What is looked at of a condition, its texts as `words`."""

    @property
    def field(self) -> str: ...
    @property
    def op(self) -> str: ...
    @property
    def value(self) -> Any: ...


RANGES: Final[Mapping[str, tuple[float, float]]] = {
    **dict.fromkeys(("score", INTEREST), (0, 100)),
    # Of special leads, which may be followed up on no listing, `category` is the question.
    **dict.fromkeys(NUMBERS, (1, inf)),
}
"""The smallest and the largest number that a fact can be."""

_PLAYS: Final = [
    {"storefront": p.storefront, "audience": p.audience, "campaign_kind": p.campaign_kind}
    for p in PLAYBOOK.values()
]
_ASKED: Final = tuple(intent for intent in Intent if intent is not Intent.NONE)
_INTENTS: Final[Mapping[Category, Sequence[Intent]]] = {
    Category.NORMAL: _ASKED,
    Category.INTERNAL: _ASKED,
    Category.BLANK: _ASKED,
    Category.NO_CONTACT: (Intent.NONE,),
    Category.TEST: tuple(Intent),
}
"""What leads of each category can have asked for."""

ANY: Final = tuple(Category)
"""The leads that routes ask about."""

SCORED: Final = (Category.NORMAL,)
"""The leads that scoring rules ask about: special leads score nothing."""

_PIPELINE: Final = tuple(stage for stage in Stage if stage not in {*Category})
"""The stages of normal leads; a special lead's is its category."""

CLOSED: Final[Mapping[str, Callable[[Sequence[Category]], Iterable[str]]]] = {
    "storefront": lambda _: (play["storefront"] for play in _PLAYS),
    "audience": lambda _: (play["audience"] for play in _PLAYS),
    "campaign_kind": lambda _: (play["campaign_kind"] for play in _PLAYS),
    "listing_kind": lambda _: (*(kind for p in PLAYBOOK.values() for kind in p.listing_kinds), ""),
    "category": lambda categories: categories,
    "intent": lambda categories: dict.fromkeys(one["intent"] for one in _standings(categories)),
    "stage": lambda categories: (
        *_PIPELINE,
        *(category for category in categories if category is not Category.NORMAL),
    ),
    "email_kind": lambda _: (*emails.EMAIL_KINDS, ""),
    "seniority": lambda _: SENIORITIES,
    "country": lambda _: (*countries.country_codes(), ""),
}
"""The texts that can be only one of a few, and these, in leads of some categories."""


@cache
def values(field: str, categories: Sequence[Category] = ANY) -> tuple[str, ...]:
    """Return all that a text can be in leads of these *categories*; nothing if it can be any."""
    return tuple(CLOSED[field](categories)) if field in CLOSED else ()


def never(
    asked: Question, given: Any, categories: Sequence[Category] = ANY
) -> Iterator[tuple[Place, str]]:
    """Tell why *asked*, as *given*, can never be true of leads of these *categories*, if so."""
    if asked.field in RANGES:
        yield from _never_number(asked)
    elif asked.op == "missing":
        if asked.field in CLOSED and "" not in values(asked.field, categories):
            yield ("op",), f"{asked.field} is never missing"
    elif isinstance(asked.value, tuple):
        if not asked.value:
            yield ("value",), f"expected at least one value: {asked.op} nothing is never true"
        for index, (one, text) in enumerate(zip(asked.value, given, strict=True)):
            if why := _never_text(asked.field, asked.op, one, text, categories):
                yield ("value", index), why
    elif asked.op not in ("ne", "present"):
        why = _never_text(asked.field, asked.op, asked.value, given, categories)
        yield from [(("value",), why)] if why else []


def _never_number(asked: Question) -> Iterator[tuple[Place, str]]:
    if not any(TESTS[asked.op](number, asked.value) for number in _numbers(asked.field, [asked])):
        low, high = RANGES[asked.field]
        bounds = f"{low} to {high}" if high < inf else f"{low} or more"
        yield ("value",), f"{asked.field} is {bounds}: {asked.op} {asked.value} is never true"


def _never_text(field: str, op: str, value: str, given: str, categories: Sequence[Category]) -> str:
    """Return why no *field* can have this *value* in the sense of *op*, or nothing if one can."""
    if op in ("contains", "has_word") and not value:
        return "expected a text to look for; blanks are none"
    if op == "has_word" and not WORD.fullmatch(value):
        return "expected one word, of letters and digits; for more than that there is contains"
    known = values(field, categories)
    if not known:
        return _never_free(field, op, value)
    folded = [words(one) for one in known]
    test, sought = TESTS[op], (value,) if op in ("in", "has_word") else value
    if any(test(one, sought) for one in folded):
        return ""
    verb = {"contains": "never contains", "has_word": "never has the word"}.get(op, "is never")
    return f"{field} {verb} {shown(given)}{_mend(field, op, given, known)}"


def _never_free(field: str, op: str, value: str) -> str:
    """Return why a text that can be nearly anything is never *value*, or nothing if it can be."""
    if field != "notes" and len(value) > texts.LONGEST:  # notes are those of all touches
        return f"{field} never has more than {texts.LONGEST:,} characters"
    if field == "company_domain" and op in ("eq", "in") and value:
        address = emails.email(f"someone@{value}")
        if not address:
            return "expected a domain, such as contoso.com"
        if address.kind != emails.BUSINESS:
            return f"company_domain is never one of {address.kind} e-mail: ask for email_kind"
    return ""


def _mend(field: str, op: str, given: str, known: Sequence[str]) -> str:
    """Return what to write instead, to follow what is wrong."""
    if field == "country":
        whole = near(given, countries.country_spellings()) if op in ("eq", "in") else ""
        code = countries.country(given) or countries.country(whole)
        meant = f'; for {countries.country_name(code)} write "{code}"' if code else ""
        return meant or "; expected a two-letter code of ISO 3166, such as DE"
    said = ", ".join(dict.fromkeys(one for one in known if one))
    return f"{did_you_mean(given, known) or ';'} expected one of {said}"


def contradiction(when: Sequence[Question], categories: Sequence[Category] = ANY) -> str:
    """Return what *when* asks of leads of these *categories* that none can meet at once, if any."""
    together = [_PLAYS, _standings(categories)]
    alone = dict.fromkeys(one.field for one in when if not any(one.field in g[0] for g in together))
    each = [[{name: fact} for fact in _candidates(name, when)] for name in alone]
    return next(filter(None, (excluded(when, leads) for leads in together + each)), "")


def excluded(when: Iterable[Question], leads: Sequence[Mapping[str, str | int]]) -> str:
    """Return what *when* asks about fields of *leads* that none of these meets, or nothing."""
    asked = [one for one in when if one.field in leads[0]]
    if any(all(_met(one, lead[one.field]) for one in asked) for lead in leads):
        return ""
    fields = " and ".join(dict.fromkeys(one.field for one in asked))
    return f"no lead can meet all that is asked about {fields}"


def standings(
    when: Sequence[Question], stage: Callable[[Category, str, int], str], turns: Sequence[int]
) -> list[dict[str, str | int]]:
    """Return how leads can stand, at scores that *when* or, at its *turns*, *stage* tells apart.

    Special leads score nothing.
    """
    scores = {*_numbers("score", when), *turns, *(max(turn - 1, 0) for turn in turns)}
    leads: list[dict[str, str | int]] = []
    for play, standing in product(_PLAYS, _standings(ANY)):
        for score in scores if standing["category"] is Category.NORMAL else {0}:
            base = Stage(stage(standing["category"], play["storefront"], score))
            nurtured = (Stage.NURTURING,) if base is Stage.NEW else ()
            stages = (base, *nurtured, *MOVES[base])
            leads += [{**play, **standing, "score": score, "stage": one} for one in stages]
    return leads


def _standings(categories: Sequence[Category]) -> list[dict[str, Any]]:
    return [
        {"category": category, "intent": intent}
        for category in categories
        for intent in _INTENTS[category]
    ]


def _met(asked: Question, fact: str | int) -> bool:
    return TESTS[asked.op](words(fact) if isinstance(fact, str) else fact, asked.value)


def _candidates(field: str, when: Sequence[Question]) -> Sequence[str | int]:
    """Return facts of which one meets what *when* asks about *field*, if any fact at all does."""
    if field in RANGES:
        return _numbers(field, when)
    asked = [one for one in when if one.field == field]
    named = [one.value for one in asked if one.op == "eq"]
    named += [text for one in asked if one.op == "in" for text in one.value]
    sought = [one.value for one in asked if one.op == "contains"]
    sought += [one.value[0] for one in asked if one.op == "has_word"]
    # A text with all that is looked for; what no customer's text has keeps it from being refused.
    return values(field) or named or ["", " ".join([*sought, "\0"])]


def _numbers(field: str, when: Sequence[Question]) -> list[int]:
    """Return numbers of which one meets what *when* asks about *field*, if any does."""
    low, high = RANGES[field]
    asked = [one.value for one in when if one.field == field]
    near = {low, *(one + by for one in asked for by in (-1, 0, 1))} | ({high} - {inf})
    return sorted(int(number) for number in near if low <= number <= high)
