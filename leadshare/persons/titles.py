"""Persons: what a job title says of who decides: one of a few levels, by tables of phrases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from leadshare.persons.names import name_words
from leadshare.persons.title_phrases import (
    CONTAINED,
    DECIDES,
    ENDINGS,
    HAS_A_SAY,
    HELPS,
    PHRASES,
    UNKNOWN,
    WHOLE,
)

Rows = Mapping[str, Sequence[Sequence[str]]]

_RANKED: Final = (HELPS, DECIDES, HAS_A_SAY)
"""Who helps who decides does not decide."""

_ABBREVIATED: Final = re.compile(r"(?<![\w.])(?:\w\.){2,}\w?(?![\w.])")
_PARTS: Final = re.compile(
    r"[,;:()\[\]{}|\u2022\u2013\u2014\n]|\s[-/+&]\s|&|/(?!in\b)|\b(?:and|und|et|y)\b"
)
_IDEOGRAPHS: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")


@lru_cache(maxsize=4096)
def seniority(title: str) -> str:
    """Return what *title* says: `decides`, `has_a_say`, `helps` or `unknown`."""
    said = {level for part in _PARTS.split(_spelt(title)) for level in _levels(part)}
    return next((level for level in _RANKED if level in said), UNKNOWN)


def _spelt(title: str) -> str:
    """Return *title* in small letters, with C.E.O. as one word."""
    return _ABBREVIATED.sub(lambda found: found[0].replace(".", ""), title.casefold())


def folded(text: str) -> tuple[str, ...]:
    """Return the words of a title, or of a phrase, for comparison."""
    return name_words(text.replace("\u0131", "i"))


def _levels(part: str) -> Iterator[str]:
    """Yield what the phrases in a *part* of a title say, the longest of those that overlap."""
    words = folded(part)
    if words in _WHOLE:
        yield _WHOLE[words]
        return
    at = 0
    while at < len(words):
        length = next((n for n in _LENGTHS if words[at : at + n] in _PHRASES), 0)
        if length:
            yield _PHRASES[words[at : at + length]]
        elif _IDEOGRAPHS.search(words[at]):
            yield from _inside(words[at])
        else:
            yield next((level for end, level in _ENDINGS if words[at].endswith(end)), UNKNOWN)
        at += max(length, 1)


def _inside(word: str) -> Iterator[str]:
    """Yield what a *word* of a language without blanks contains, the longest first."""
    if word.endswith(_HELPERS):
        yield HELPS
        return
    left = word
    for phrase, level in _CONTAINED:
        if phrase in left:
            left = left.replace(phrase, " ")
            yield level


def _table(rows: Rows) -> dict[tuple[str, ...], str]:
    return {folded(form): level for level, told in rows.items() for row in told for form in row}


def _by_length(rows: Rows, levels: Iterable[str]) -> tuple[tuple[str, str], ...]:
    table = {"".join(words): level for words, level in _table(rows).items() if level in levels}
    return tuple(sorted(table.items(), key=lambda one: -len(one[0])))


_PHRASES: Final = _table(PHRASES)
_LENGTHS: Final = sorted({len(words) for words in _PHRASES}, reverse=True)
_WHOLE: Final = _table(WHOLE)
_ENDINGS: Final = _by_length(ENDINGS, PHRASES)
_CONTAINED: Final = _by_length(CONTAINED, (DECIDES, HAS_A_SAY, UNKNOWN))
_HELPERS: Final = tuple(word for word, _ in _by_length(CONTAINED, (HELPS,)))
