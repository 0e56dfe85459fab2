"""Phone numbers of the whole world, and how many are read right: python -m tests.leads.numbers."""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import islice
from typing import Any, Final

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat, re_util

from leadshare.leads.phones import phone

parser: Any = import_module("re._parser")  # patterns, taken apart
# Python keeps 512 patterns; the whole world has more, and each would be compiled again and again.
re_util.enable_pattern_cache()

TYPES: Final = range(11)
"""Fixed, mobile, toll-free ... as `PhoneNumberType` has them."""

Number = tuple[str, PhoneNumber]
"""A number and its region."""


def _national(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)


def _international(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


FORMS: Final[Mapping[str, Callable[[PhoneNumber], str]]] = {
    "national": _national,
    "national digits": lambda n: re.sub(r"\D", "", _national(n)),
    "dots": lambda n: re.sub("[ -]", ".", _national(n)),
    "slash": lambda n: _national(n).replace(" ", "/", 1),
    "no-break spaces": lambda n: _national(n).replace(" ", "\N{NO-BREAK SPACE}"),
    "en dashes": lambda n: re.sub("[ -]", "\N{EN DASH}", _national(n)),
    "named": lambda n: f"Tel: {_national(n)}",
    "extension": lambda n: f"{_national(n)} ext. 12",
    "x": lambda n: f"{_national(n)} x12",
    "RFC 3966": lambda n: phonenumbers.format_number(n, PhoneNumberFormat.RFC3966),
    "international": _international,
    "E.164": _e164,
    "00": lambda n: f"00{_e164(n)[1:]}",
    "bare digits": lambda n: _e164(n)[1:],
    "bare digits, named": lambda n: f"Phone {_e164(n)[1:]}",
    "bare digits, extension": lambda n: f"{_e164(n)[1:]} ext. 12",
    "international without plus": lambda n: _international(n)[1:],
}
"""How people write a number."""


def examples() -> list[Number]:
    """Return the library's own example of each type in each region."""
    found = (
        (region, phonenumbers.example_number_for_type(region, kind))
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in TYPES
    )
    return [(region, n) for region, n in found if n and phonenumbers.is_valid_number(n)]


@cache
def random_numbers(each: int) -> list[Number]:
    """Return *each* valid numbers, fixed and mobile, of every region, the same each time."""
    chance = random.Random(1)  # noqa: S311 - no secret
    return [
        (region, number)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in ("fixed_line", "mobile")
        for number in islice(_some(region, kind, chance, each * 5), each)
    ]


def _some(region: str, kind: str, chance: random.Random, tries: int) -> Iterator[PhoneNumber]:
    described = getattr(PhoneMetadata.metadata_for_region(region), kind)
    if not described or not described.national_number_pattern:
        return
    pattern = parser.parse(described.national_number_pattern)
    code = phonenumbers.country_code_for_region(region)
    for digits in dict.fromkeys(_match(pattern, chance) for _ in range(tries)):
        zeros = len(digits) - len(digits.lstrip("0"))
        number = PhoneNumber(
            country_code=code,
            national_number=int(digits),
            italian_leading_zero=bool(zeros) or None,
            number_of_leading_zeros=zeros if zeros > 1 else None,
        )
        if phonenumbers.is_valid_number_for_region(number, region):
            yield number


def _match(pattern: Any, chance: random.Random) -> str:
    """Return a text that *pattern* matches, of what patterns of numbers are made of."""
    return "".join(_part(str(kind), told, chance) for kind, told in pattern)


def _part(kind: str, told: Any, chance: random.Random) -> str:
    if kind == "LITERAL":
        return chr(told)
    if kind == "IN":
        return chance.choice([digit for what, one in told for digit in _one_of(str(what), one)])
    if kind == "BRANCH":
        return _match(chance.choice(told[1]), chance)
    if kind == "SUBPATTERN":
        return _match(told[3], chance)
    if kind == "MAX_REPEAT":
        least, most, repeated = told
        return "".join(_match(repeated, chance) for _ in range(chance.randint(least, most)))
    raise ValueError(f"no pattern of a number has {kind}")


def _one_of(kind: str, told: Any) -> str:
    if kind == "CATEGORY":
        return "0123456789"
    first, last = told if kind == "RANGE" else (told, told)
    return "".join(chr(one) for one in range(first, last + 1))


def readings(form: str, numbers: list[Number]) -> Counter[str]:
    """Return how many *numbers*, written in this *form*, are read how."""
    return Counter(_reading(FORMS[form](number), region, number) for region, number in numbers)


def _reading(text: str, region: str, number: PhoneNumber) -> str:
    found = phone(text, region)
    if not found:
        return "unread"
    extension = " ext. 12" if re.search("(ext[.] |x)12$", text) else ""
    right = found.number == f"{_e164(number)}{extension}"
    return ("right" if right else "wrong") + (", flagged" if found.ambiguous else "")


def main(each: int) -> None:
    """Print all figures."""
    for name, chosen in (("examples", examples()), ("random", random_numbers(each))):
        for form in FORMS:
            told = ", ".join(f"{count:,} {how}" for how, count in readings(form, chosen).items())
            sys.stdout.write(f"{name}, {form}: {told}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
