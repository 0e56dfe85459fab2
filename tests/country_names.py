"""The table of countries' names in all languages: python -m tests.country_names makes it anew."""

from __future__ import annotations

import gzip
from collections import defaultdict
from functools import cache
from pathlib import Path

import pycountry
from babel import Locale, localedata

from leadshare.countries import KOSOVO, NAMES, country_codes, english, folded

ISO = {one.alpha_2 for one in pycountry.countries} | {KOSOVO}


UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe"})


MICROSOFTS = [
    (code, name)
    for line in (Path(__file__).parent / "marketplace_countries.txt")
    .read_text("utf-8")
    .splitlines()
    for code, name in [line.split("\t")]
]
"""Where the marketplace sells, as Microsoft writes it: azure-docs, geo-availability-currencies."""


def listed() -> list[tuple[str, str, str]]:
    """Return every name that CLDR has of a country: language, code, name."""
    return [
        (language, code, name)
        for language in sorted(localedata.locale_identifiers())
        for code, name in sorted(Locale.parse(language).territories.items())
        if code in ISO
    ]


@cache
def codes_of_names() -> dict[str, set[str]]:
    """Return the countries that each folded name is of, in any language."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    languages: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for language, code, name in listed():
        languages[code, name].add(language.partition("_")[0])
    for (code, name), told in languages.items():
        found[folded(name)].add(code)
        if "de" in told:  # as it is written without umlauts
            found[folded(name.translate(UMLAUTS))].add(code)
    return found


@cache
def taken() -> set[str]:
    """Return every code in small letters, which no name may be mistaken for."""
    return {
        *(one.casefold() for one in country_codes()),
        *(one.alpha_3.casefold() for one in pycountry.countries),
    }


def table() -> str:
    """Return the table: a line for each country, its code and all names that are its alone."""
    lines = defaultdict(list)
    for name, codes in sorted(codes_of_names().items()):
        if name and len(codes) == 1 and name not in taken() and name not in english():
            lines[min(codes)].append(name)
    return "".join("\t".join((code, *names)) + "\n" for code, names in sorted(lines.items()))


if __name__ == "__main__":
    NAMES.write_bytes(gzip.compress(table().encode(), mtime=0))
