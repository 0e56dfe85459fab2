"""Operators: cells of a CSV that no spreadsheet carries out, whatever it takes for a separator."""

from __future__ import annotations

from typing import Final
from unicodedata import category, normalize

from leadshare.texts import visible

_FORMULA: Final = frozenset("=+-@\N{MINUS SIGN}")
"""What a formula begins with (OWASP, "CSV Injection"), in its plain form."""

_BEFORE: Final = frozenset("\"'")
"""What may stand before a formula's beginning, beside blanks and what nobody sees."""


def cell(value: object) -> str:
    """Return *value* as the text of a cell, in which no formula begins.

    Not at its front, and not behind anything that some program takes for the end of a cell: Excel
    takes `;` where the decimal sign is a comma. Such a beginning gets an apostrophe before it.
    """
    safe, may_begin = "", True
    for letter in str(value):
        kind, begins = category(letter), normalize("NFKC", letter)[:1] in _FORMULA
        if begins and may_begin:
            safe += "'"
        safe += letter
        if begins or (kind[0] in "LN" and visible(letter)):
            may_begin = False
        elif kind[0] not in "LM" and kind not in ("Zs", "Cf") and letter not in _BEFORE:
            may_begin = True
    return safe
