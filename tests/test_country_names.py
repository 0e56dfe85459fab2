"""The table of names: it is what CLDR has today, and no name in it is a wrong one."""

from __future__ import annotations

import gzip

import pytest

from leadshare.countries import CAPITALS_ONLY, NAMES, country, names
from tests import country_names


@pytest.fixture(scope="module", name="listed")
def _listed():
    """Every name that CLDR has: language, code, name."""
    return country_names.listed()


class TestTable:
    def test_generated(self):
        """The table is what `python -m tests.country_names` makes, on every Python."""
        assert gzip.decompress(NAMES.read_bytes()).decode() == country_names.table()

    def test_no_wrong_code(self, listed):
        """No name in any language is read as another country; nearly all are read."""
        read = {(code, name): country(name) for _, code, name in listed}
        unread = [pair for pair, found in read.items() if found is None]

        assert [] == [pair for pair, found in read.items() if found not in (None, pair[0])]
        assert 0.003 * len(read) > len(unread)

    @pytest.mark.parametrize("language", ["en", "en_AU", "en_CA", "en_GB"])
    def test_english(self, listed, language):
        """Every English name is read, Kosovo's too."""
        found = {code: country(name) for told, code, name in listed if told == language}

        assert found == {code: code for code in country_names.ISO}

    def test_left_out(self):
        """What is of two countries, another's code, or nothing once it is folded is not in it."""
        codes = country_names.codes_of_names()
        several = {name for name, found in codes.items() if len(found) > 1}

        assert {"kongo", "конго", "toga"} <= several
        assert not {"", *several, *country_names.taken()} & names().keys()

    def test_codes_that_are_names(self):
        """Codes that are names of another country in some language are read in capitals only."""
        clashes = {
            name
            for name, codes in country_names.codes_of_names().items()
            if name in country_names.taken() and {country(name.upper())} != codes
        }

        assert {"na", *clashes} == CAPITALS_ONLY
