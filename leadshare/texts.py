"""Texts: bring texts into a form that every system holds; the standard library only."""

from __future__ import annotations

import json
import re
from typing import Final

LONGEST: Final = 1024
"""UTF-16 units, escaped as JSON, of a text that are kept beside its raw form.

A string in Table Storage ends at 32,768 of them; this many fields of this length fit.
"""


_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Return *text* without what no system downstream can hold, and trimmed.

    Lone surrogates cannot be encoded as UTF-8, and control characters are refused by CRMs.
    """
    if text.isprintable():  # nearly all are, and this is quick
        return text.strip()
    return _SURROGATE.sub("\ufffd", _UNPRINTABLE.sub(" ", text)).strip()


_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
    # Joiners are spelling in some scripts, and nothing anywhere else.
    "|(?<![\u0600-\u1fff])[\u200c\u200d]"
)


def visible(text: str) -> str:
    """Return *text* without the characters that nobody sees, which copying brings along.

    For addresses and numbers, not for names. The identity hangs on it: it must not change.
    """
    return text.strip() if text.isascii() else _UNSEEN.sub("", text).strip()


_DIRECTIONS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def undirected(text: str) -> str:
    """Return *text* without the characters that turn the direction of what stands around it.

    For names: the joiners that some scripts spell with stay.
    """
    return text if text.isascii() else _DIRECTIONS.sub("", text).strip()


def cut(text: str) -> str:
    """Return as much of the front of *text* as `LONGEST` allows."""
    if len(text) * 2 <= LONGEST:
        return text
    kept = text[:LONGEST]
    while (over := _units(kept) - LONGEST) > 0:
        kept = kept[: -max(over // 2, 1)]
    return kept


def _units(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode("utf-16-le")) // 2 - 2


_ACCENTED: Final = re.compile("[A-Za-z\u00c0-\u052f\u0590-\u06ff\u0750-\u077f\u1e00-\u1fff]")


def takes_accents(letter: str) -> bool:
    """Say whether marks after *letter* may be dropped: Latin, Greek, Cyrillic, Hebrew, Arabic.

    In other scripts a mark is a vowel, or makes another letter.
    """
    return bool(_ACCENTED.match(letter))


def words(text: str) -> str:
    """Return *text* for comparison by people's eyes: case, spaces and ends do not matter."""
    return " ".join(text.split()).casefold()
