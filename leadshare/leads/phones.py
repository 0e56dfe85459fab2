"""Leads: bring phone numbers into E.164, by a maintained library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat

from leadshare.texts import visible


@dataclass(frozen=True, slots=True)
class Phone:
    """A number in its normal form, and whether it may be another one of its country."""

    number: str
    """E.164, and its extension if it has one: `+14255550100 ext. 12`."""
    ambiguous: bool = False
    """It was read with its country's prefix, and is a valid number without one, too."""


def phone(text: str, country: str) -> Phone | None:
    """Return *text* as a number by the rules of *country* (alpha-2 or empty), or None.

    A number may have its country's prefix without a plus, as in Microsoft's samples. That of
    *country* itself is read first, for "4915123456789" has the form of a number in Germany too;
    another country's is read of digits alone only.
    """
    typed = _EXTENSION.sub(r" ext. \1", _digits(visible(text)))
    found = _read(typed, country)
    return found or _read(_OLD_MEXICAN[country == "MX"].sub("+52", typed), country)


def _read(typed: str, country: str) -> Phone | None:
    national = _valid(typed, country or None)
    said = f"+{_NO_DIGIT.sub('', typed)}"
    if national != said and (prefixed := _with_own_prefix(typed, country)):
        return Phone(prefixed, ambiguous=national not in (None, prefixed))
    number = national or _abroad(typed)
    return Phone(number, ambiguous=_has_two_forms(typed, country)) if number else None


_BEFORE: Final = re.compile(r"^[^\d+\uff0b]*")
"""What stands before a number: `Tel:`, a bracket."""

_EXTENSION: Final = re.compile(
    r"[\s,;/(-]*(?:\b(?:durchwahl|dw|apparat|app|nebenstelle|nst|klappe|kl|poste|interno|ramal|toestel"
    r"|tst|anknytning|ankn|linjenr|lokal|lok|wewn?|wewnętrzny|linka|klapka|dahili|mellék|int)\b"
    r"|内線|内线|分机|分機|내선|교환)[.:\s]*(\d{1,7})\W*$",
    re.IGNORECASE,
)
"""An extension, in words that the library does not read."""

_OLD_MEXICAN: Final = (
    re.compile(r"^(?:\+|00)?52[\s.()-]*1(?=[\s.()-]*\d)"),
    re.compile(r"^(?:(?:\+|00)?52[\s.()-]*1|04[45]|01|1)(?=[\s.()-]*\d)"),
)
"""What mobile numbers were dialled with until 2019, and have on cards still: abroad, and there."""

_DIGIT: Final = re.compile(r"\d")
_NO_DIGIT: Final = re.compile("[^0-9]+")

_ALONE: Final = re.compile(r"\d+(?=\s*(?:$|[a-z#,;]))", re.IGNORECASE)
"""Digits alone: nothing but an extension comes after them."""

_NORTH_AMERICAN: Final = 10


def _digits(text: str) -> str:
    """Return *text* from its number on, with ASCII digits for those of any script."""
    number = _BEFORE.sub("", text)
    return number if number.isascii() else _DIGIT.sub(lambda digit: str(int(digit[0])), number)


def _with_own_prefix(typed: str, country: str) -> str | None:
    """Return the number that *typed* is if it begins with the calling code of *country*.

    After 00 it is one everywhere, whatever is dialled for abroad there.
    """
    code = phonenumbers.country_code_for_region(country)
    if not code:
        return None
    if typed.startswith((str(code), f"00{code}")):
        return _valid(f"+{typed.removeprefix('00')}", None)
    return None


def _has_two_forms(typed: str, country: str) -> bool:
    """Say whether the 0 that *typed* begins with may be dialled before a number, or be its own.

    So it is with mobile numbers of Gabon, where the one was before 2019 and the other is since.
    """
    if not typed.startswith("0") or typed.startswith("00") or not country:
        return False
    read = phonenumbers.parse(typed, country)
    other = PhoneNumber(
        read.country_code,
        read.national_number,
        italian_leading_zero=None if read.italian_leading_zero else True,
    )
    return phonenumbers.is_valid_number_for_region(other, country)


def _abroad(typed: str) -> str | None:
    """Return the number that *typed* is with the prefix of whatever country, or None.

    After a single 0 comes an area code; and what may as well be a North American number, whose
    writers leave out the prefix, is nobody's.
    """
    if typed.startswith("00"):
        return _valid(f"+{typed[2:]}", None)
    alone = _ALONE.match(typed)
    if not alone or (len(alone[0]) == _NORTH_AMERICAN and _valid(alone[0], "US")):
        return None
    return _valid(f"+{typed}", None)


def _valid(text: str, region: str | None) -> str | None:
    """Return *text* in its normal form if it is a valid number, as dialled in *region*."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return _written(number) if phonenumbers.is_valid_number(number) else None


def _written(number: PhoneNumber) -> str:
    plain = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    extension = f" ext. {number.extension}" if number.extension else ""
    return f"{plain}{extension}"


def spellings(text: str) -> set[str]:
    """Return *text*, a number as it was given or in its normal form, as else it may be typed."""
    found = {text}
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return found
    forms = (PhoneNumberFormat.E164, PhoneNumberFormat.NATIONAL)
    found |= {phonenumbers.format_number(number, form) for form in forms}
    number.extension = None
    return found | {phonenumbers.format_number(number, form) for form in forms}
