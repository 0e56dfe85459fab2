"""Bench: how much of what people type of themselves is read right: countries and phones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from leadshare.countries import country
from tests import country_names
from tests.bench.report import Figure, Target
from tests.country_names import MICROSOFTS
from tests.leads import numbers

EACH: Final = 100
"""Random numbers of each region and kind; docs/persons.md has the figures of 300."""

ENGLISH: Final = "en"
FORMS: Final = ("national", "x", "00", "bare digits")


def typed() -> Iterator[Figure]:
    """What is read right of names in all languages, and of numbers of all regions."""
    listed = country_names.listed()
    english = [(code, name) for language, code, name in listed if language == ENGLISH]
    yield _countries("CLDR's names in English", english, 0.98)
    yield _countries("CLDR's names in all languages", [told[1:] for told in listed], 0.99)
    yield _countries("Microsoft's list of countries", MICROSOFTS, 1)
    yield from _phones()


def _countries(name: str, listed: list[tuple[str, str]], least: float) -> Figure:
    found = [(code, country(text)) for code, text in listed]
    right = sum(code == read for code, read in found)
    wrong = sum(read not in (code, None) for code, read in found)
    return Figure(
        name,
        f"{right:,} of {len(found):,} read right",
        f"{wrong} wrong",
        0 if wrong else right / len(found),
        Target("at least", least),
    )


def _phones() -> Iterator[Figure]:
    """Read the library's own examples, and random numbers, of all regions."""
    for form in FORMS:
        examples = numbers.readings(form, numbers.examples())
        random = numbers.readings(form, numbers.random_numbers(EACH))
        yield Figure(
            f"phones, {form}",
            f"{_right(examples):,} of {examples.total():,} examples right",
            f"{random['wrong']} of {random.total():,} random ones wrong, unflagged",
            random["wrong"] / random.total(),
            Target("at most", 0.002),
            {"examples": dict(examples), "random": dict(random)},
        )


def _right(read: Counter[str]) -> int:
    return read["right"] + read["right, flagged"]
