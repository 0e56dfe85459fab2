"""Quoting: how errors quote what a person wrote, and ask whether something like it was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_WORDS: Final = re.compile(r"[\w .,&'()-]{1,60}")
_RUN: Final = re.compile(r"[^\W_]{16,}")
_PLAIN: Final = re.compile(r"[A-Za-z]?[a-z]{1,30}", re.ASCII)
_MOST_DIGITS: Final = 6
_BEGINNING: Final = 3
"""Characters that are enough to be the beginning of something."""


def can_be_shown(text: str) -> bool:
    """Say whether *text* is short, printable, and looks like words rather than like a secret.

    Values are asked only where no secret belongs: people paste them anywhere.
    """
    plain = all(_PLAIN.fullmatch(run) for run in _RUN.findall(text))
    few = sum(letter.isdigit() for letter in text) <= _MOST_DIGITS
    return bool(_WORDS.fullmatch(text)) and text == text.strip() and plain and few


def shown(text: str) -> str:
    """Return *text* in quotes, or what stands for it where it cannot be shown."""
    return f'"{text}"' if can_be_shown(text) else "this value"


def near(text: str, known: Iterable[str]) -> str:
    """Return the one of *known* that *text* is the beginning of, or else nearest to, if one is."""
    from difflib import get_close_matches  # noqa: PLC0415 - needed only where something is wrong

    by_look = {one.casefold(): one for one in known}
    look = text.strip().casefold()
    begun = [one for one in by_look if one.startswith(look)] if len(look) >= _BEGINNING else []
    found = begun if len(begun) == 1 else get_close_matches(look, by_look, n=1)
    return by_look[found[0]] if found else ""


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """Return the question whether one of *known* was meant, to follow a clause, or nothing."""
    found = near(text, known)
    return f'; did you mean "{found}"?' if found else ""
