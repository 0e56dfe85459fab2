"""Countries: codes, and names as people write them."""

from __future__ import annotations

import re

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare import countries
from leadshare.countries import CAPITALS_ONLY, country, country_name, folded
from tests.country_names import MICROSOFTS

EVERY_COUNTRY = [pytest.param(c, id=c.alpha_2) for c in pycountry.countries]

STATES = re.findall(
    r"\w+",
    """
    Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Hawaii Idaho
    Illinois Indiana Iowa Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan Minnesota
    Mississippi Missouri Montana Nebraska Nevada New_Hampshire New_Jersey New_Mexico New_York
    North_Carolina North_Dakota Ohio Oklahoma Oregon Pennsylvania Rhode_Island South_Carolina
    South_Dakota Tennessee Texas Utah Vermont Virginia Washington West_Virginia Wisconsin Wyoming
    """,
)


class TestCountry:
    @pytest.mark.parametrize("one", EVERY_COUNTRY)
    def test_all(self, one):
        """Every country is found by alpha-2, alpha-3 and English name, in any case."""
        small = {one.alpha_2.lower(), one.alpha_3.lower()} - CAPITALS_ONLY
        names = (one.alpha_2, one.alpha_3, f" {one.name.upper()} ", *small)

        assert {one.alpha_2} == {country(name) for name in names}

    @pytest.mark.parametrize(("code", "name"), MICROSOFTS)
    def test_microsofts(self, code, name):
        """Every country where the marketplace sells is found as Microsoft writes it."""
        assert code == country(name)

    @pytest.mark.parametrize(
        ("code", "names"),
        [
            pytest.param("GB", "UK|uk|U.K.|Great Britain|England|Scotland|Wales", id="parts"),
            pytest.param("GB", "Northern Ireland|Ireland (Northern)|England, UK", id="ireland"),
            pytest.param("US", "USA|U.S.A.|U.S.|United States of America|Estados Unidos", id="us"),
            pytest.param(
                "KR", "South Korea|Korea, South|Republic of Korea|대한민국|한국", id="south"
            ),
            pytest.param("KP", "North Korea|Korea (North)|DPRK", id="north"),
            pytest.param("HK", "Hong Kong S.A.R.|Hong Kong (SAR)|Hong Kong, China|香港", id="sar"),
            pytest.param("MO", "Macau|Macao SAR China|澳門", id="macao"),
            pytest.param("CD", "Congo (Kinshasa)|Congo (DRC)|Congo (Dem. Rep.)|DR Congo", id="drc"),
            pytest.param("CG", "Congo|Congo (Brazzaville)|Congo, Republic of the", id="congo"),
            pytest.param("SS", "South Sudan|Sudan (South)|Sudan, South", id="south-sudan"),
            pytest.param("GQ", "Guinea (Equatorial)|Guinea, Equatorial", id="guinea"),
            pytest.param("VI", "US Virgin Islands|Virgin Islands (U.S.)", id="virgin-islands"),
            pytest.param(
                "CI", "Ivory Coast|Cote d'Ivoire|Côte d\u2019Ivoire|COTE DIVOIRE", id="ci"
            ),
            pytest.param("TT", "Trinidad & Tobago|Trinidad and Tobago|Trinidad/Tobago", id="and"),
            pytest.param("KN", "St. Kitts & Nevis|St Kitts and Nevis|Saint Kitts", id="saint"),
            pytest.param("NL", "The Netherlands|Netherlands, The|Holland|Nederland", id="the"),
            pytest.param("TR", "Turkey|Turkiye|Türkiye|TÜRKİYE", id="turkey"),
            pytest.param("SZ", "Eswatini|Swaziland|Eswatini (Swaziland)", id="renamed"),
            pytest.param(
                "DE", "Deutschland|ALLEMAGNE|Γερμανία|ΓΕΡΜΑΝΙΑ|ドイツ|德国|Германия", id="de"
            ),
            pytest.param("DE", "DE - Germany|Germany (DE)|[DEU] Germany|Germany/Allemagne", id="2"),
            pytest.param("AT", "Österreich|Oesterreich|Osterreich", id="umlaut"),
            pytest.param("CY", "K\u0131br\u0131s|KIBRIS|Kibris", id="dotless-i"),
            pytest.param("SA", "السعودية|المملكة العربية السعودية", id="arabic"),
            pytest.param("IL", "ישראל", id="hebrew"),
            pytest.param("TH", "ไทย|ประเทศไทย", id="thai"),
            pytest.param("XK", "XK|xkx|Kosovo|Косово", id="kosovo"),
            pytest.param("AO", "AO|AGO|ago|Angola", id="capitals"),
            pytest.param(
                "DE", "Federal  Republic of Germany|\uff24\uff25|Ger\u00admany", id="forms"
            ),
        ],
    )
    def test_names(self, code, names):
        """The names that people use are found too, in any language."""
        assert {code} == {country(name) for name in names.split("|")}

    @pytest.mark.parametrize(
        "text",
        [
            *("", " ", "-", ".", "'", "()", "XX", "ZZ", "Atlantis"),
            *("EU", "European Union", "Europe", "UN", "World", "Worldwide", "EMEA", "Africa"),
            *("n/a", "N/A", "n.a.", "na", "none", "Other"),
            *("Korea", "Virgin Islands", "Kongo", "Konqo-Kinshasa, Konqo-Brazzavil"),
            *("Áo", "Ao", "Bỉ", "bi", "Nga", "nga"),
            *("Germany, France", "US-CA", "Georgia, USA", "Berlin, Germany"),
            *(state.replace("_", " ") for state in STATES),
        ],
    )
    def test_none(self, text):
        """What is no country, or may be one of two, has no code."""
        assert country(text) is None

    def test_state(self):
        """The one state with a country's name is read as the country, and told apart."""
        assert "GE" == country("Georgia")
        assert countries.may_be_a_state(" GEORGIA ")
        assert not countries.may_be_a_state("Sakartvelo")

    @given(st.text())
    def test_anything(self, text):
        """Nothing makes it raise, and it never finds what is no code."""
        assert country(text) in (None, *countries.country_codes())

    def test_loaded_late(self):
        """Codes and English names do not load the names of other languages."""
        countries.names.cache_clear()
        for text in ("DE", "Germany", "Korea, Republic of"):
            country(text)

        assert 0 == countries.names.cache_info().currsize


class TestFolded:
    @pytest.mark.parametrize(
        ("text", "same"),
        [
            pytest.param("Čād", "cad", id="latin"),
            pytest.param("Ελλάδα", "ελλαδα", id="greek"),
            pytest.param("Україна", "украіна", id="cyrillic"),
            pytest.param("أَلمانيا", "المانيا", id="arabic"),
            pytest.param("Hawai\u02bbi", "hawaii", id="apostrophe"),
            pytest.param("Łódź-Øster & Þor", "lodz oster thor", id="letters-of-their-own"),
            pytest.param("The Isle of St. Man (SAR)", "isle saint man", id="words"),
            pytest.param("\U00011f02", "\U00011f02", id="a-script-that-python-3.11-does-not-know"),
        ],
    )
    def test_forms(self, text, same):
        """Accents, dots, apostrophes and small words do not matter."""
        assert same == folded(text)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            pytest.param("टोगो", "टोंगा", id="hindi"),
            pytest.param("がーな", "かーな", id="japanese"),
            pytest.param("ဂါနာ", "ဂနာ", id="burmese"),
        ],
    )
    def test_marks_that_are_letters(self, one, other):
        """After letters of other scripts, marks tell names apart."""
        assert folded(one) != folded(other)


class TestKosovo:
    def test_names(self):
        """Kosovo, which ISO 3166 does not have, goes out by name and code as the others do."""
        assert "Kosovo" == country_name("XK")
        assert "XKX" == countries.country_alpha_3("XK")
