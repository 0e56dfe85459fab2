"""Leads: read the LeadSource grammar, `Source-Action|publisher.offer`, in all its variations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from leadshare import texts

_OFFER_ID: Final = re.compile(r"[a-z0-9][\w-]*\.[\w.-]+", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LeadSource:
    """A LeadSource taken apart; texts are empty where a part is missing.

    The form is Microsoft's, "Get customer leads", lead source.
    """

    raw: str
    source: str
    action: str
    offer: str
    """`publisher.offer` in lower case, if the second half is one."""
    title: str
    """The second half, if it is a display name instead, as in test leads."""


def parse(raw: str) -> LeadSource:
    """Take *raw* apart; nothing is an error."""
    left, _, right = raw.partition("|")
    source, _, action = left.strip().partition("-")
    named = right.strip()
    is_id = bool(_OFFER_ID.fullmatch(named))
    return LeadSource(
        raw=raw,
        source=source.strip(),
        action=action.strip(),
        offer=named.lower() if is_id else "",
        title="" if is_id else named,
    )


def is_offer_id(text: str) -> bool:
    """Say whether *text* has the form `publisher.offer`."""
    return bool(_OFFER_ID.fullmatch(text))


def refuses_contact(source: object, code: object) -> bool:
    """Say whether a LeadSource or an action *code*, of whatever JSON type, says do-not-contact.

    In any spelling: as a word (`SPZA_DNC`, `PLT+DNC`), letter by letter (`D.N.C.`) or in full ("Do
    Not Contact"). Never in the half of the offer, for a listing of such a name would be silenced
    for good.
    """
    return any(_DNC.search(text) for text in _codes(source, code))


def is_test(source: object, code: object) -> bool:
    """Say whether a LeadSource or an action *code*, of whatever JSON type, is a test lead's."""
    return any(_TEST.search(text) for text in _codes(source, code))


def begins_as_test(text: str) -> bool:
    """Say whether *text* begins as Microsoft's test leads fill their fields: MSFT_TEST_1234."""
    return bool(_TEST_FIRST.match(_plain(text)))


def _spelt(word: str) -> str:
    """Return the pattern of *word*, whatever is between its letters, but with none beside it."""
    return _NO_LETTER.join(word) + "(?![^\\W\\d_])"


_NO_LETTER: Final = r"[\W\d_]*"
_ALONE: Final = r"(?<![^\W\d_])"
_DNC: Final = re.compile("|".join(_ALONE + _spelt(word) for word in ("dnc", "donotcontact")))
_TEST: Final = re.compile(_ALONE + _spelt("msfttest"))
_TEST_FIRST: Final = re.compile(_NO_LETTER + _spelt("msfttest"))


def _codes(source: object, code: object) -> Iterator[str]:
    """Yield what is no offer and no title of both, as it is compared."""
    yield from (_plain(text).partition("|")[0] for text in _strings(source))
    yield from (_plain(text) for text in _strings(code))


def _strings(value: object) -> Iterator[str]:
    """Yield each text in a JSON value: a code has come as a list."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def _plain(text: str) -> str:
    """Return *text* without what nobody sees, in plain letters, small ones, marks beside them."""
    if text.isascii():  # nearly all are, and this is quick
        return text.strip().lower()
    return normalize("NFKD", texts.visible(text)).casefold()
