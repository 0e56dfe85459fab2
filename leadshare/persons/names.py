"""Persons: names and companies as words, and whether two of them can be one person's."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, normalize

from leadshare.texts import takes_accents

Name = tuple[str, str]
"""A first and a last name."""


@lru_cache(maxsize=4096)
def name_words(text: str) -> tuple[str, ...]:
    """Return the words of a name, for comparison: small letters, marks and digits.

    Accents are dropped where they are no letters of their own; elsewhere a mark is a vowel.
    """
    letters: list[str] = []
    base = ""
    for one in normalize("NFKD", normalize("NFKD", text).casefold()):
        kind = category(one)
        if kind[0] == "M":
            letters += [] if takes_accents(base) else [one]
        elif kind != "Cf":
            base = one if kind[0] in "LN" and not "\u02b9" <= one <= "\u02ff" else " "
            letters.append(base)
    return tuple(normalize("NFC", "".join(letters)).split())


def names_contradict(one: Name, other: Name) -> bool:
    """Say whether two names are two persons', because neither can be the other written shorter.

    First and last may be turned round, and an initial stands for any word that begins with it.
    """
    these, those = words_of(one), words_of(other)
    if not these or not those or _together(one) & _together(other):
        return False
    return not _among(these, those) and not _among(those, these)


def companies_contradict(one: str, other: str) -> bool:
    """Say whether two companies are two employers: other first words, and neither holds the other.

    "Fabrikam" and "Fabrikam Asia Ltd" are not.
    """
    these, those = name_words(one), name_words(other)
    if not these or not those or these[0] == those[0]:
        return False
    return not set(these) <= set(those) and not set(those) <= set(these)


def words_of(name: Name) -> tuple[str, ...]:
    """Return the words of a first and a last name."""
    first, last = name
    return name_words(first) + name_words(last)


def placed(name: Name) -> Name:
    """Return *name* with what was given as the only part of it in the last name.

    That is the one which CRMs cannot do without.
    """
    first, last = name
    return name if last else ("", first)


def fullness(name: Name) -> tuple[int, int]:
    """Return how much a name says: its words that are no initials, then all its words."""
    words = words_of(name)
    return sum(not _is_initial(word) for word in words), len(words)


def _together(name: Name) -> set[str]:
    """Return a name written together, in either order of first and last."""
    first, last = ("".join(name_words(part)) for part in name)
    return {first + last, last + first}


def _among(few: tuple[str, ...], many: tuple[str, ...]) -> bool:
    return all(any(_stands_for(one, other) for other in many) for one in few)


def _stands_for(one: str, other: str) -> bool:
    return (
        one == other
        or (_is_initial(one) and other.startswith(one))
        or (_is_initial(other) and one.startswith(other))
    )


def _is_initial(word: str) -> bool:
    return len(word) == 1 and word.upper() != word
