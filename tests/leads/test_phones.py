"""Normal forms: e-mail, phone, and texts that every system downstream can hold."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.emails import email
from leadshare.leads.phones import Phone, phone
from leadshare.texts import LONGEST, clean, cut, undirected, visible, words
from tests.leads import numbers

ANY_TEXT = st.text(st.characters(codec=None), max_size=LONGEST * 2)
"""Texts of any code points, halves of surrogate pairs included."""


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
        """Control characters become spaces and half pairs a mark; all else stays."""
        assert kept == clean(text)

    @given(ANY_TEXT)
    def test_holds(self, text):
        """What was cleaned can be encoded, and cleaning it again changes nothing."""
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
        """A text ends after 1,024 UTF-16 units, as JSON escapes them, and never inside a pair."""
        assert text[:length] == cut(text)

    @given(ANY_TEXT.map(clean) | st.text('ab"🙂\n', min_size=500, max_size=1100))
    def test_as_much_as_fits(self, text):
        """What is kept is the front, it fits, and one character more would not."""
        kept = cut(text)

        assert text.startswith(kept)
        assert units(kept) <= LONGEST
        assert kept == text or units(text[: len(kept) + 1]) > LONGEST


class TestVisible:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            pytest.param("\ufeffzoe\u200b@x.example\u2060", "zoe@x.example", id="no-width"),
            pytest.param("\u202a+49\u202c \u206830\u2069", "+49 30", id="directions"),
            pytest.param("so\u00adme\ufe0fone\U000e0001", "someone", id="hyphen-and-selectors"),
            pytest.param("a\u200db\u200c1", "ab1", id="joiners-of-nothing"),
            pytest.param("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e", id="spelling"),
            pytest.param(" Zo\u00eb ", "Zo\u00eb", id="letters"),
            pytest.param(" plain ", "plain", id="ascii"),
        ],
    )
    def test_texts(self, text, kept):
        """What nobody sees goes; letters, and the joiners that some scripts spell with, stay."""
        assert kept == visible(text)


class TestUndirected:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            pytest.param("\u202eSample\u202c", "Sample", id="override"),
            pytest.param("\u2067\u05d0\u05d1\u2069 \u200f", "\u05d0\u05d1", id="isolate-and-mark"),
            pytest.param("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e", id="spelling"),
            pytest.param("plain", "plain", id="ascii"),
        ],
    )
    def test_texts(self, text, kept):
        """What turns directions goes from a name; what a script spells with stays."""
        assert kept == undirected(text)


class TestWords:
    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("HEAD OF IT", id="case"),
            pytest.param(" Head\t of\n IT ", id="spaces"),
        ],
    )
    def test_same_to_the_eye(self, text):
        """Case and spaces do not matter."""
        assert "head of it" == words(text)

    def test_casefold(self):
        """Letters that only upper case tells apart compare equal."""
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
                "x@exämple.de", "x@xn--exmple-cua.de", "exämple.de", "business", id="letters"
            ),
            pytest.param(
                *("x@xn--exmple-cua.de", "x@xn--exmple-cua.de", "exämple.de", "business"),
                id="punycode",
            ),
            pytest.param(
                "jörg@xn--exmple-cua.de", "jörg@exämple.de", "exämple.de", "business", id="no-ascii"
            ),
            pytest.param(
                "Zoe <zoe@x.example>, bo@x.example",
                *("zoe@x.example", "x.example", "business"),
                id="display-name-and-another",
            ),
            pytest.param(
                '"zoe berg"@x.example', '"zoe berg"@x.example', "x.example", "business", id="quoted"
            ),
            pytest.param(
                "zoe_x.example#EXT#@contoso.onmicrosoft.com",
                *("zoe@x.example", "x.example", "business"),
                id="guest",
            ),
            pytest.param(
                "guest#EXT#@contoso.onmicrosoft.com",
                *("guest#EXT#@contoso.onmicrosoft.com", "contoso.onmicrosoft.com", "free"),
                id="guest-from-nowhere",
            ),
            pytest.param(
                *("zoe@contoso.OnMicrosoft.com", "zoe@contoso.onmicrosoft.com"),
                *("contoso.onmicrosoft.com", "free"),
                id="tenant",
            ),
            pytest.param(
                *("zoe@contoso.partner.onmschina.cn", "zoe@contoso.partner.onmschina.cn"),
                *("contoso.partner.onmschina.cn", "free"),
                id="tenant-in-china",
            ),
            pytest.param(
                *("zoe@notonmicrosoft.com", "zoe@notonmicrosoft.com"),
                *("notonmicrosoft.com", "business"),
                id="no-tenant",
            ),
            pytest.param(
                "MSFT_TEST_1@contoso.test",
                *("MSFT_TEST_1@contoso.test", "contoso.test", "business"),
                id="reserved-name",
            ),
        ],
    )
    def test_forms(self, text, address, domain, kind):
        """An address keeps its local part; its domain is lower case and of a kind."""
        found = email(text)

        assert found is not None
        assert (address, domain, kind) == (found.address, found.domain, found.kind)

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("sample", id="no-at"),
            pytest.param("sample@localhost", id="no-top-level"),
            pytest.param("sample@@fabrikam.example", id="two-ats"),
            pytest.param("sample@fabrikam..example, zoe@fabrikam.example", id="first-of-two"),
            pytest.param("i" * 400 + "@fabrikam.example", id="too-long"),
            pytest.param("sample@[127.0.0.1]", id="address-literal"),
            pytest.param("", id="empty"),
        ],
    )
    def test_none(self, text):
        """What is no address has no normal form."""
        assert email(text) is None

    @given(
        st.emails()
        | st.builds("{}@{}".format, ANY_TEXT, ANY_TEXT).map(clean)
        | st.builds("a@xn--{}.de".format, st.text("abc123-", max_size=20))
    )
    def test_anything(self, text):
        """Nothing makes it raise; a normal form is its own."""
        found = email(text)

        assert found is None or found == email(found.address)


def read(text: str, region: str) -> str | None:
    """The number that *text* is read as."""
    found = phone(text, region)
    return found.number if found else None


class TestPhone:
    @pytest.mark.parametrize(
        ("text", "region", "number"),
        [
            pytest.param("030 123456", "DE", "+4930123456", id="national"),
            pytest.param("+49 (0)30 123456", "DE", "+4930123456", id="international"),
            pytest.param("0049 30 123456", "DE", "+4930123456", id="double-zero"),
            pytest.param("(0049) 30 123456", "", "+4930123456", id="double-zero-in-brackets"),
            pytest.param("011 49 30 123456", "US", "+4930123456", id="american-for-abroad"),
            pytest.param("4930123456", "DE", "+4930123456", id="bare-prefix"),
            pytest.param("4930123456", "", "+4930123456", id="bare-prefix-no-country"),
            pytest.param("4930123456", "US", "+4930123456", id="bare-prefix-abroad"),
            pytest.param("+4930123456", "FR", "+4930123456", id="of-another-country"),
            pytest.param("(425) 555-0100", "US", "+14255550100", id="american"),
            pytest.param("1 425 555 0100", "US", "+14255550100", id="american-with-prefix"),
            pytest.param("14255550100", "", "+14255550100", id="american-prefix-no-country"),
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
            pytest.param("\u0660\u0663\u0660 123456", "DE", "+4930123456", id="digits-of-a-script"),
            pytest.param("+1\ufe0d-425-555-0100", "", "+14255550100", id="unseen"),
            pytest.param("\u202a+49 30\u200b 123456\u202c", "", "+4930123456", id="unseen-around"),
        ],
    )
    def test_by_country(self, text, region, number):
        """A number is read by its country's rules, else by a prefix of its own, else not at all."""
        assert number == read(text, region)

    @pytest.mark.parametrize(
        ("text", "region", "number"),
        [
            pytest.param("4915123456789", "DE", "+4915123456789", id="german-mobile"),
            pytest.param("49 151 23456789", "DE", "+4915123456789", id="apart"),
            pytest.param("49151/23456789", "DE", "+4915123456789", id="joined-with-its-area"),
            pytest.param("(49) 151 23456789", "DE", "+4915123456789", id="in-brackets"),
            pytest.param("Tel. 4915123456789", "DE", "+4915123456789", id="named"),
            pytest.param("\uff14\uff1915123456789", "DE", "+4915123456789", id="wide-digits"),
            pytest.param("4915123456789 x12", "DE", "+4915123456789 ext. 12", id="extension"),
            pytest.param("38343201234", "XK", "+38343201234", id="kosovo"),
            pytest.param("00555341075382", "BR", "+555341075382", id="double-zero-of-carriers"),
            pytest.param("390236168", "IT", "+390236168", id="no-trunk-prefix"),
        ],
    )
    def test_own_prefix_first(self, text, region, number):
        """What may be a national number or one with its country's prefix is the latter, and
        flagged.
        """
        assert Phone(number, ambiguous=True) == phone(text, region)

    @pytest.mark.parametrize(
        ("text", "region", "number"),
        [
            pytest.param("030 123456 Durchwahl 12", "DE", "+4930123456", id="german"),
            pytest.param("030 123456, DW: 12", "DE", "+4930123456", id="german-short"),
            pytest.param("030/123456 (App. 12)", "DE", "+4930123456", id="in-brackets"),
            pytest.param("01 42 68 53 00 poste 12", "FR", "+33142685300", id="french"),
            pytest.param("03-1234-5678 内線12", "JP", "+81312345678", id="japanese"),
            pytest.param("010-8888 8888 分机 12", "CN", "+861088888888", id="chinese"),
            pytest.param("02-312-3456 내선 12", "KR", "+8223123456", id="korean"),
            pytest.param("4915123456789 Durchwahl 12", "AT", "+4915123456789", id="abroad"),
        ],
    )
    def test_extension_in_words(self, text, region, number):
        """An extension is kept in whatever words it is written."""
        assert f"{number} ext. 12" == read(text, region)

    @pytest.mark.parametrize(
        ("text", "region"),
        [
            ("+52 1 55 1234 5678", ""),
            ("0052 1 55 1234 5678", "MX"),
            ("5215512345678", "MX"),
            ("044 55 1234 5678", "MX"),
            ("1 55 1234 5678", "MX"),
            ("+52 55 1234 5678", "US"),
        ],
    )
    def test_old_mexican(self, text, region):
        """Mobile numbers of Mexico are read in the form of before 2019, too."""
        assert "+525512345678" == read(text, region)

    def test_two_forms(self):
        """Where a 0 may be dialled before a number or be its own, the lead is flagged."""
        assert phone("04 12 34 56", "GA") == Phone("+24104123456", ambiguous=True)
        assert phone("074 12 34 56", "GA") == Phone("+24174123456")

    @pytest.mark.parametrize(
        ("text", "region"),
        [
            pytest.param("493012345678", "DE", id="prefixed-alone"),
            pytest.param("015123456789", "DE", id="national-alone"),
            pytest.param("14255550100", "US", id="the-same-either-way"),
            pytest.param("+4915123456789", "DE", id="plus"),
            pytest.param("1 425-555-0100", "US", id="the-same-in-groups"),
        ],
    )
    def test_not_ambiguous(self, text, region):
        """A number that can be read in one way only is not flagged."""
        found = phone(text, region)

        assert found is not None
        assert not found.ambiguous

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("+1 425 555 0100 ext. 4567", id="ext"),
            pytest.param("(425) 555-0100 x4567", id="x"),
            pytest.param("425-555-0100 #4567", id="hash"),
            pytest.param("4255550100,,4567", id="commas"),
            pytest.param("tel:+1-425-555-0100;ext=4567", id="uri"),
            pytest.param("14255550100 Extension 4567", id="word"),
        ],
    )
    def test_extension(self, text):
        """An extension is kept behind the number."""
        assert "+14255550100 ext. 4567" == read(text, "US")

    @pytest.mark.parametrize("form", ["({}) {}-{}", "{}-{}-{}", "{}.{}.{}", "{} {} {}", "{}{}{}"])
    def test_american_without_country(self, form):
        """A North American number whose country nobody told is no other country's, in any form."""
        chance = random.Random(form)  # noqa: S311 - no secret
        numbers = [
            form.format(area, chance.randrange(200, 1000), f"{chance.randrange(10_000):04d}")
            for area in range(200, 1000)
        ]
        american = [one for one in numbers if (read(one, "US") or "").startswith("+1")]

        assert 400 < len(american)
        assert {None} == {read(one, "") for one in american}

    @given(ANY_TEXT.map(clean) | st.text("+0123456789 ()-x;#*", max_size=40), st.just("DE"))
    def test_anything(self, text, region):
        """Nothing makes it raise; a normal form is its own."""
        number = read(text, region)

        assert number is None or number == read(number, region)


class TestPhonesOfTheWorld:
    @pytest.mark.parametrize("form", numbers.FORMS)
    def test_examples(self, form):
        """The library's example of every region and type is read, however it is written."""
        found = numbers.readings(form, numbers.examples())

        assert 1300 < sum(found.values())
        assert {"right", "right, flagged"} >= set(found)

    @pytest.mark.parametrize("form", ["national", "national digits", "bare digits", "00"])
    def test_random(self, form):
        """Of any valid numbers at most 2 in 1,000 are read wrong without a flag."""
        found = numbers.readings(form, numbers.random_numbers(10))

        assert 4500 < sum(found.values())
        assert 0.002 * sum(found.values()) >= found["wrong"]
        assert 0 == found["unread"]
