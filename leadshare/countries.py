"""Countries: codes, by a maintained library, and names, in all languages of Unicode's CLDR."""

from __future__ import annotations

import gzip
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Final
from unicodedata import ucd_3_2_0 as frozen

import pycountry

from leadshare.texts import takes_accents, visible, words

NAMES: Final = Path(__file__).with_name("countries.gz")
"""Names in all languages, of `python -m tests.country_names`: a code and a name a line."""

KOSOVO, _KOSOVO_3 = "XK", "XKX"
"""In use beside ISO 3166, which leaves it to its users."""


@lru_cache(maxsize=1024)
def country(text: str) -> str | None:
    """Return the alpha-2 code for an ISO 3166-1 code, or for a name in any language, or None.

    A name may be turned round, as in "Korea (South)", or told twice, as in "DE - Germany".
    """
    plain = frozen.normalize("NFKC", visible(text))
    return _country(plain) or _turned(plain) or _told_twice(plain)


def may_be_a_state(text: str) -> bool:
    """Return whether *text* is a country's name and a state's of another country as well."""
    return words(text) == "georgia"


def country_codes() -> tuple[str, ...]:
    """Return every alpha-2 code that a country can be read as."""
    return tuple(sorted({*_codes().values()}))


def country_spellings() -> tuple[str, ...]:
    """Return every code and English name that `country` knows."""
    return (*_codes(), *english())


def country_name(text: str) -> str:
    """Return the common English name for an alpha-2 code; other texts stay as they are."""
    if text == KOSOVO:
        return "Kosovo"
    found = pycountry.countries.get(alpha_2=text) if len(text) == _ALPHA_2 else None
    return str(getattr(found, "common_name", found.name)) if found else text


def country_alpha_3(text: str) -> str:
    """Return the alpha-3 for an alpha-2 code; other texts stay as they are."""
    if text == KOSOVO:
        return _KOSOVO_3
    found = pycountry.countries.get(alpha_2=text) if len(text) == _ALPHA_2 else None
    return str(found.alpha_3) if found else text


def folded(name: str) -> str:
    """Return *name* for comparison: small letters, without dots, apostrophes and small words.

    Accents are dropped where they are no letters of their own: after Latin, Greek, Cyrillic, Arabic
    and Hebrew ones. The same in every Python, whatever it knows of newer scripts.
    """
    letters: list[str] = []
    base = ""
    for one in frozen.normalize("NFKD", frozen.normalize("NFKD", name).casefold()):
        kind = frozen.category(one)
        if kind in ("Mn", "Me"):
            letters += [] if takes_accents(base) else [one]
        elif one not in _SILENT and kind != "Cf":
            base = _LETTERS.get(one, " " if kind[0] in "PSZC" and kind != "Cn" else one)
            letters.append(base)
    said = [_SHORT.get(word, word) for word in "".join(letters).split() if word not in _SMALL]
    return frozen.normalize("NFC", _SAR.sub("", " ".join(said)))


_ALPHA_2: Final = 2
_SILENT: Final = frozenset(".\u2024'\u2018\u2019\u02b9\u02bb\u02bc\u02bd\u0060\u00b4\u05f3\u05f4")
_SMALL: Final = frozenset(("the", "of", "and"))
_SHORT: Final = {"st": "saint"}
_SAR: Final = re.compile(r"(?<=.) sar(?: china)?$")
_LETTERS: Final = {
    "\u0131": "i",
    "\u00f8": "o",
    "\u0111": "d",
    "\u00f0": "d",
    "\u0142": "l",
    "\u00e6": "ae",
    "\u0153": "oe",
    "\u00fe": "th",
}
"""Letters that keyboards of other languages lack."""

CAPITALS_ONLY: Final = frozenset(("ao", "bi", "na", "nga"))
"""Codes that are other words in small letters: Vietnamese for Austria, Belgium, Russia; "n/a"."""

_SPOKEN: Final = {
    "AE": ("UAE", "Emirates"),
    "AG": ("Antigua",),
    "BA": ("Bosnia",),
    "CD": (
        *("DRC", "DR Congo", "Congo DRC", "Dem. Rep. Congo"),
        "Congo Democratic Republic",
    ),
    "CG": ("Republic of Congo", "Congo Republic"),
    "CI": ("Ivory Coast",),
    "CN": ("PRC", "PR China", "Mainland China"),
    "CV": ("Cape Verde",),
    "CZ": ("Czech Republic",),
    "DE": ("BRD", "Bundesrepublik Deutschland"),
    "FK": ("Falklands",),
    "FO": ("Faeroe Islands",),
    "GB": (
        *("UK", "Britain", "Great Britain", "United Kingdom of Great Britain"),
        *("England", "Scotland", "Wales", "Northern Ireland", "England and Wales", "Cymru"),
        *("Schottland", "Nordirland", "Großbritannien", "Groot-Brittannië", "Engeland"),
        *("Angleterre", "Écosse", "Irlande du Nord", "Grande-Bretagne", "Gran Bretaña"),
        *("Inglaterra", "Escocia", "Escócia", "Grã-Bretanha", "Inghilterra", "Scozia"),
        *("Gran Bretagna", "Storbritannia", "Skottland", "Anglia", "Англия"),
    ),
    "HK": ("Hongkong", "Hong Kong China", "香港"),
    "IE": ("Republic of Ireland", "Eire"),
    "KG": ("Kyrgyz Republic",),
    "KN": ("St. Kitts",),
    "KP": ("DPRK",),
    "KR": ("ROK", "한국", "韓国"),
    "LA": ("Lao PDR",),
    "MK": ("Macedonia", "Republic of Macedonia", "FYROM"),
    "MM": ("Burma",),
    "MO": ("Macau", "Macau China", "Macao China", "澳門", "澳门"),
    "NL": ("Holland",),
    "PG": ("PNG",),
    "PS": ("Palestine", "Palestinian Authority", "Palestinian Territory", "West Bank and Gaza"),
    "RU": ("Russia", "Российская Федерация"),
    "SA": ("KSA", "السعودية"),
    "SK": ("Slovak Republic",),
    "SZ": ("Swaziland",),
    "TH": ("ประเทศไทย",),
    "TL": ("East Timor",),
    "TR": ("Turkey",),
    "TT": ("Trinidad",),
    "TW": ("Taiwan China", "Chinese Taipei"),
    "US": (
        *("US", "USA", "US of A", "United States of America", "EE.UU.", "EEUU"),
        *("Vereinigte Staaten von Amerika", "États-Unis d\u2019Amérique"),
        *("Estados Unidos de América", "Estados Unidos da América", "アメリカ"),
        *("Stati Uniti d\u2019America", "Verenigde Staten van Amerika", "США"),
    ),
    "VA": ("Vatican", "Vatican City", "Holy See"),
    "VC": ("St. Vincent",),
    KOSOVO: ("Kosovo", "Republic of Kosovo"),
}
"""Names in use that ISO 3166 does not list in English, and the parts of the United Kingdom."""


def _country(text: str) -> str | None:
    """Return the code for a code or a name as it stands."""
    code = words(text)
    if code in _codes() and (code not in CAPITALS_ONLY or text.isupper()):
        return _codes()[code]
    name = folded(text)
    return english().get(name) or names().get(name)


def _turned(text: str) -> str | None:
    """Return the code for a name turned round: "Congo, Republic", "Korea (South)"."""
    turned = _TURNED.fullmatch(text)
    return _country(f"{turned[2]} {turned[1]}") if turned else None


def _told_twice(text: str) -> str | None:
    """Return the code for a text of several parts if all of them tell the same country."""
    codes = {_country(part) for part in _PARTS.split(text) if part.strip()}
    return codes.pop() if len(codes) == 1 else None


_TURNED: Final = re.compile(r"([^(,]+)[(,]([^(),]+)\)?")
_PARTS: Final = re.compile(r"[(),;:/|\[\]\u2013\u2014-]")


@cache
def _codes() -> dict[str, str]:
    """Every code in small letters; pycountry's own search scans all of them."""
    found = [(one.alpha_2, one.alpha_3) for one in pycountry.countries]
    pairs = {code.casefold(): two for two, three in found for code in (two, three)}
    return pairs | {KOSOVO.casefold(): KOSOVO, _KOSOVO_3.casefold(): KOSOVO}


def _either_way(name: str) -> tuple[list[str], list[str]]:
    """Return "Korea, Republic of" so and turned round."""
    parts = name.split(",")
    return parts, parts[::-1]


@cache
def english() -> dict[str, str]:
    """Every English name, folded, with its code."""
    listed = {
        folded(" ".join(parts)): one.alpha_2
        for one in pycountry.countries
        for field in ("name", "official_name", "common_name")
        for parts in _either_way(getattr(one, field, one.name))
    }
    return listed | {folded(name): code for code, said in _SPOKEN.items() for name in said}


@cache
def names() -> dict[str, str]:
    """Every other name in any language, folded, with its code: loaded once it is needed."""
    lines = gzip.decompress(NAMES.read_bytes()).decode().splitlines()
    return {name: line[:_ALPHA_2] for line in lines for name in line[_ALPHA_2:].strip().split("\t")}
