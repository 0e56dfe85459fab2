"""Normal forms: e-mail, phone, country, and texts that every system downstream can hold."""

from __future__ import annotations

import json

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.core.normal import LONGEST, clean, country, cut, email, phone, words

ANY_TEXT = st.text(st.characters(codec=None), max_size=LONGEST * 2)
"""Texts of any code points, halves of surrogate pairs included."""

EVERY_COUNTRY = [pytest.param(c, id=c.alpha_2) for c in pycountry.countries]


def units(text: str) -> int:
    """UTF-16 units of *text* between the quotes of JSON."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-16-le", "surrogatepass")) // 2 - 2


class TestClean:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            pytest.param("  Sample \n", "Sample", id="spaces-around"),
            pytest.param("Sample\tBuyer\nBerlin", "Sample\tBuyer\nBerlin", id="tab-and-line"),
            pytest.param("a\x00b\x1fc\x7fd\re", "a b c d e", id="control-characters"),
            pytest.param("a\ufffeb\uffffc", "a b c", id="no-characters"),
            pytest.param("a\ud800b\udfff", "a\ufffdb\ufffd", id="half-pairs"),
            pytest.param("Zoë 🙂", "Zoë 🙂", id="any-script"),
            pytest.param("\x00\x01", "", id="nothing-left"),
        ],
    )
    def test_texts(self, text, kept):
        """
        Control characters become spaces and half pairs a mark; all else stays.
        """
        assert kept == clean(text)

    @given(ANY_TEXT)
    def test_holds(self, text):
        """
        What was cleaned can be encoded, and cleaning it again changes nothing.
        """
        cleaned = clean(text)

        assert cleaned == clean(cleaned) == cleaned.encode().decode()


class TestCut:
    @pytest.mark.parametrize(
        ("text", "length"),
        [
            pytest.param("a" * 1024, 1024, id="just-fits"),
            pytest.param("a" * 1025, 1024, id="one-too-many"),
            pytest.param("ü" * 1025, 1024, id="not-ascii"),
            pytest.param("🙂" * 600, 512, id="pairs"),
            pytest.param("a" + "🙂" * 600, 512, id="pairs-after-one"),
            pytest.param('"' * 600, 512, id="quotes-are-escaped"),
            pytest.param("\n" * 600, 512, id="lines-are-escaped"),
            pytest.param("", 0, id="empty"),
        ],
    )
    def test_lengths(self, text, length):
        """
        A text ends after 1,024 UTF-16 units, as JSON escapes them, and never inside a pair.
        """
        assert text[:length] == cut(text)

    @given(ANY_TEXT.map(clean) | st.text('ab"🙂\n', min_size=500, max_size=1100))
    def test_as_much_as_fits(self, text):
        """
        What is kept is the front, it fits, and one character more would not.
        """
        kept = cut(text)

        assert text.startswith(kept)
        assert units(kept) <= LONGEST
        assert kept == text or units(text[: len(kept) + 1]) > LONGEST


class TestWords:
    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("HEAD OF IT", id="case"),
            pytest.param(" Head\t of\n IT ", id="spaces"),
        ],
    )
    def test_same_to_the_eye(self, text):
        """
        Case and spaces do not matter.
        """
        assert "head of it" == words(text)

    def test_casefold(self):
        """
        Letters that only upper case tells apart compare equal.
        """
        assert words("STRASSE") == words("Straße")


class TestEmail:
    @pytest.mark.parametrize(
        ("text", "address", "domain", "kind"),
        [
            pytest.param(
                "Sample.Buyer@Fabrikam.Example",
                *("Sample.Buyer@fabrikam.example", "fabrikam.example", "business"),
                id="business",
            ),
            pytest.param("sample@GMail.com", "sample@gmail.com", "gmail.com", "free", id="free"),
            pytest.param(
                "x@mailinator.com", "x@mailinator.com", "mailinator.com", "disposable", id="throw"
            ),
            pytest.param(
                "x@xn--exmple-cua.de", "x@exämple.de", "exämple.de", "business", id="punycode"
            ),
            pytest.param(
                "MSFT_TEST_1@contoso.test",
                *("MSFT_TEST_1@contoso.test", "contoso.test", "business"),
                id="reserved-name",
            ),
        ],
    )
    def test_forms(self, text, address, domain, kind):
        """
        An address keeps its local part; its domain is lower case and of a kind.
        """
        found = email(text)

        assert found is not None
        assert (address, domain, kind) == (found.address, found.domain, found.kind)

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("sample", id="no-at"),
            pytest.param("sample@localhost", id="no-top-level"),
            pytest.param("sample@@fabrikam.example", id="two-ats"),
            pytest.param("Sample <sample@fabrikam.example>", id="display-name"),
            pytest.param("sample@fabrikam.example, zoe@fabrikam.example", id="two"),
            pytest.param("i" * 400 + "@fabrikam.example", id="too-long"),
            pytest.param("sample@[127.0.0.1]", id="address-literal"),
            pytest.param("", id="empty"),
        ],
    )
    def test_none(self, text):
        """
        What is no address has no normal form.
        """
        assert email(text) is None

    @given(
        st.emails()
        | st.builds("{}@{}".format, ANY_TEXT, ANY_TEXT).map(clean)
        | st.builds("a@xn--{}.de".format, st.text("abc123-", max_size=20))
    )
    def test_anything(self, text):
        """
        Nothing makes it raise; a normal form is its own.
        """
        found = email(text)

        assert found is None or found == email(found.address)


class TestPhone:
    @pytest.mark.parametrize(
        ("text", "region", "number"),
        [
            pytest.param("030 123456", "DE", "+4930123456", id="national"),
            pytest.param("+49 (0)30 123456", "DE", "+4930123456", id="international"),
            pytest.param("0049 30 123456", "DE", "+4930123456", id="double-zero"),
            pytest.param("4930123456", "DE", "+4930123456", id="bare-prefix"),
            pytest.param("4930123456", "", "+4930123456", id="bare-prefix-no-country"),
            pytest.param("+4930123456", "FR", "+4930123456", id="of-another-country"),
            pytest.param("(425) 555-0100", "US", "+14255550100", id="american"),
            pytest.param("1 425 555 0100", "US", "+14255550100", id="american-with-prefix"),
            pytest.param("01 42 68 53 00", "FR", "+33142685300", id="french"),
            pytest.param("425 555 0100", "FR", None, id="not-of-this-country"),
            pytest.param("1234567890", "US", None, id="test-lead"),
            pytest.param("030 123456", "", None, id="national-no-country"),
            pytest.param("01512 3406780", "", None, id="no-american-though-it-begins-so"),
            pytest.param("01512 3406780", "FR", None, id="of-neither-country"),
            pytest.param("01512 3406780", "DE", "+4915123406780", id="german-mobile"),
            pytest.param("call me", "DE", None, id="words"),
            pytest.param("9" * 1024, "DE", None, id="too-long"),
            pytest.param("+", "DE", None, id="nothing"),
            pytest.param("030 123456", "XX", None, id="no-such-country"),
        ],
    )
    def test_by_country(self, text, region, number):
        """
        A number is read by its country's rules, else by a prefix of its own, else not at all.
        """
        assert number == phone(text, region)

    @given(ANY_TEXT.map(clean) | st.text("+0123456789 ()-x;#*", max_size=40), st.just("DE"))
    def test_anything(self, text, region):
        """
        Nothing makes it raise; a normal form is its own.
        """
        number = phone(text, region)

        assert number is None or number == phone(number, region)


class TestCountry:
    @pytest.mark.parametrize("one", EVERY_COUNTRY)
    def test_all(self, one):
        """
        Every country is found by alpha-2, alpha-3 and English name, in any case.
        """
        names = (one.alpha_2, one.alpha_3.lower(), f" {one.name.upper()} ")

        assert {one.alpha_2} == {country(name) for name in names}

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            pytest.param("UK", "GB", id="uk"),
            pytest.param("uk", "GB", id="uk-small"),
            pytest.param("USA", "US", id="alpha-3"),
            pytest.param("United States of America", "US", id="official"),
            pytest.param("South Korea", "KR", id="common"),
            pytest.param("Federal  Republic of Germany", "DE", id="official-with-spaces"),
            pytest.param("Russia", "RU", id="russia"),
            pytest.param("Turkey", "TR", id="turkey"),
            pytest.param("Great Britain", "GB", id="great-britain"),
            pytest.param("The Netherlands", "NL", id="with-its-article"),
            pytest.param("Ivory Coast", "CI", id="ivory-coast"),
        ],
    )
    def test_names(self, text, code):
        """
        The names that people use are found too.
        """
        assert code == country(text)

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("", id="empty"),
            pytest.param("XX", id="no-such-code"),
            pytest.param("Atlantis", id="no-such-name"),
            pytest.param("Deutschland", id="not-english"),
        ],
    )
    def test_none(self, text):
        """
        What is no country has no code.
        """
        assert country(text) is None
