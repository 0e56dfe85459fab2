"""Persons: under which names somebody is found of whom a phone number or a company is known.

Rows that are there hang on what this makes of a text: it must not change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from leadshare.persons.names import name_words

PHONE: Final = "phone"
COMPANY: Final = "company"
"""Kinds of names in the index."""

MOST_WORDS: Final = 8
"""Words of one company that are in the index."""

TAIL: Final = 8
"""Digits at the end of a number that tell it: those before are not always dialled."""

_NUMBER: Final = re.compile(r"\d[\d\s()./\u2010-\u2015-]*")


def phone_tail(text: str) -> str:
    """Return what a number has in common however it is dialled, without its extension."""
    number = _NUMBER.search(text)
    digits = "".join(filter(str.isdecimal, number[0])) if number else ""
    # Of any script, and ASCII digits as they are, which nearly all are.
    plain = digits if digits.isascii() else "".join(str(int(one)) for one in digits)
    return plain.lstrip("0")[-TAIL:]


def company_words(text: str) -> list[str]:
    """Return the words of a company's name that are in the index, each once."""
    words = list(dict.fromkeys(name_words(text)))
    return ([word for word in words if len(word) > 1] or words)[:MOST_WORDS]


def found_by(
    facts: Mapping[str, str], naming: Callable[[str, str], str]
) -> tuple[tuple[str, ...], ...]:
    """Return the names under which who told *facts* is found, each group those of one text.

    *naming* names a text of a kind so that nobody without the identity key knows it.
    """
    tail = phone_tail(facts["phone"])
    groups = (
        (naming(PHONE, tail),) if tail else (),
        tuple(naming(COMPANY, word) for word in company_words(facts["company"])),
    )
    return tuple(filter(None, groups))
