"""Addresses: one person's address, in all the ways in which it is typed."""

from __future__ import annotations

from unicodedata import ucd_3_2_0 as frozen

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.addresses import ascii_domain, one_spelling, typed
from leadshare.emails import email
from leadshare.identity import Identity

NORA = "nora.berg@fabrikam.example"
BO = "bo@fabrikam.example"

SPELLINGS = [
    f"{NORA},",
    f"{NORA}.",
    f"{NORA} ;",
    f"{NORA}!",
    f"Nora Berg <{NORA}>",
    f"O'Neill-Berg, Nora <{NORA}>;",
    f'"Berg, Nora" <{NORA}>',
    f'"Nora \\"Nono\\" Berg" <{NORA}>',
    f'"nora@home" <{NORA}>',
    f"Nora Berg (sales) <{NORA}>",
    f"Nora Berg ({NORA})",
    f"Nora Berg [{NORA}]",
    f"<{NORA}>",
    f"({NORA})",
    f"{NORA} (Nora)",
    f"'{NORA}'",
    f'"{NORA}"',
    f"\N{DOUBLE LOW-9 QUOTATION MARK}{NORA}\N{LEFT DOUBLE QUOTATION MARK}",
    f"'{NORA}' <{NORA}>",
    f"mailto:{NORA}",
    f"MailTo: {NORA}",
    f"mailto:{NORA}?subject=Hello%20you",
    "mailto:nora%2Eberg@fabrikam.example",
    f"<mailto:{NORA}>",
    f"{NORA}<mailto:{NORA}>",
    f"[{NORA}](mailto:{NORA})",
    f"E-Mail: {NORA}",
    f"smtp:{NORA}",
    f"{NORA}; {BO}",
    f"{NORA}, {BO}",
    f"{NORA},{BO}",
    f"{NORA} {BO}",
    f"{NORA}\n{BO}",
    f"{NORA}/{BO}",
    f"{NORA} | {BO}",
    f"{NORA} or {BO}",
    f"{NORA}\N{IDEOGRAPHIC COMMA}{BO}",
    f"Nora <{NORA}>, Bo <{BO}>",
    '"nora.berg"@fabrikam.example',
    '"nora\\.berg"@fabrikam.example',
    NORA.replace("@", "\N{FULLWIDTH COMMERCIAL AT}"),
    NORA.replace("fabrikam.", "fabrikam\N{IDEOGRAPHIC FULL STOP}"),
    "".join(chr(0xFEE0 + ord(one)) for one in NORA),
    f"\ufeff{NORA}",
    f"{NORA}\u200b",
    f"\u202a{NORA}\u202c",
    NORA.replace("berg", "be\u00adrg"),
    NORA.replace("@", "\u2060@"),
    "nora.berg_fabrikam.example#EXT#@contoso.onmicrosoft.com",
    "nora.berg_fabrikam.example#ext#@contoso.onmicrosoft.us",
]

GUESSES = [
    "nora berg@fabrikam.example",
    "Nora Berg nora@fabrikam.example",
    "nora,berg@fabrikam.example",
    "nora:berg@fabrikam.example",
    "nora@fabrikam.co,uk",
    "nora@fabrikam.co,uk; bo@fabrikam.example",
    "nora@fabrikam.co m",
    "nora@fabrikam .example",
    "nora @fabrikam.example",
    "nora@fabrikam,example",
    "nora@@fabrikam.example",
    "nora@berg@fabrikam.example",
    "nora@fabrikam..example",
    "(nora@fabrikam.example",
    "nora@[127.0.0.1]",
    "nora(at)fabrikam.example",
    "n/a",
    "-",
]

DOMAINS = [
    pytest.param("m\u00fcller.de", "xn--mller-kva.de", id="letters"),
    pytest.param("M\u00dcLLER.DE", "xn--mller-kva.de", id="capitals"),
    pytest.param("XN--MLLER-kva.de", "xn--mller-kva.de", id="ascii"),
    pytest.param("mu\u0308ller.de", "xn--mller-kva.de", id="two-codes-for-a-letter"),
    pytest.param("stra\u00dfe.de", "xn--strae-oqa.de", id="sharp-s-is-its-own"),
    pytest.param("\N{GREEK CAPITAL LETTER SIGMA}.gr", "xn--4xa.gr", id="capital-sigma"),
    pytest.param("\u4f8b\u3048\u3002\u30c6\u30b9\u30c8", "xn--r8jz45g.xn--zckzah", id="japanese"),
]


class TestTyped:
    @pytest.mark.parametrize("text", SPELLINGS)
    def test_read(self, text):
        """The first address is read, whatever stands around it."""
        found = email(text)

        assert found is not None
        assert NORA == found.address

    @pytest.mark.parametrize("text", GUESSES)
    def test_not_guessed(self, text):
        """What would have to be guessed is no address."""
        assert email(text) is None

    @pytest.mark.parametrize(
        ("text", "address"),
        [
            pytest.param("o'neill@x.example", "o'neill@x.example", id="apostrophe"),
            pytest.param("'o'neill@x.example'", "o'neill@x.example", id="in-quotes"),
            pytest.param('"nora berg"@x.example', '"nora berg"@x.example', id="quotes-needed"),
            pytest.param('"a\\b\\"c d"@x.example', '"ab\\"c d"@x.example', id="backslashes"),
            pytest.param("a_b_x.example#EXT#@y.example", "a_b@x.example", id="guest-with-a-line"),
            pytest.param("call me", "call me", id="none"),
        ],
    )
    def test_form(self, text, address):
        """An address loses what stands around it, and nothing of its own."""
        assert address == typed(text)


def _known(text: str) -> str:
    """*text* without letters that are newer than the frozen table, of which no case is known."""
    return "".join(one for one in text if frozen.category(one) != "Cn")


class TestOneSpelling:
    @pytest.mark.parametrize("text", [NORA.upper(), *SPELLINGS])
    def test_same(self, text):
        """All spellings of an address are one."""
        assert NORA == one_spelling(text)

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("info@m\u00fcller.de", id="letters"),
            pytest.param("INFO@M\u00dcLLER.DE", id="capitals"),
            pytest.param("info@mu\u0308ller.de", id="two-codes-for-a-letter"),
            pytest.param("Info <info@xn--mller-kva.de>", id="ascii"),
        ],
    )
    def test_same_domain(self, text):
        """A domain in letters and the same in ASCII are one."""
        assert "info@xn--mller-kva.de" == one_spelling(text)

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("J\u00d6RG@x.example", id="capitals"),
            pytest.param("jo\u0308rg@x.example", id="two-codes-for-a-letter"),
        ],
    )
    def test_same_local_part(self, text):
        """Case and codes of letters that are not ASCII do not matter either."""
        assert "j\u00f6rg@x.example" == one_spelling(text)

    @pytest.mark.parametrize(
        "text", [*GUESSES[:2], "nora@", "@fabrikam.example", "n/a", "call me @ home", ""]
    )
    def test_none(self, text):
        """What is no address has no spelling, and nobody is known by it."""
        assert one_spelling(text) == ""

    @given(
        st.emails().map(lambda text: f"Nora <{text}>")
        | st.builds("{}@{}.de".format, st.text(max_size=8), st.text(max_size=8)).map(_known)
    )
    def test_as_the_library(self, text):
        """The address that CRMs are told is of the same contact as the text that it was read
        from.
        """
        found = email(text)

        assert not found or one_spelling(text) == one_spelling(found.address)

    @given(st.text() | st.text("nora@berg.de<>()[],;:\"'\\ _#EXT", max_size=60))
    def test_anything(self, text):
        """Nothing makes it raise; a spelling of what is an address is its own."""
        spelling = one_spelling(text)

        assert not email(text) or spelling == one_spelling(spelling)


class TestAsciiDomain:
    @pytest.mark.parametrize(("domain", "ascii_form"), DOMAINS)
    def test_forms(self, domain, ascii_form):
        """A domain is what DNS has."""
        assert ascii_form == ascii_domain(domain)


class TestPinned:
    def test_contacts(self):
        """Ids of addresses as people type them are what they have always been."""
        identity = Identity(b"an identity key of 32 characters")
        assert {"a2d04b0bfe12b2c8386e8a33c29f26f1"} == {
            identity.contact(text, "", "")
            for text in ("sample@fabrikam.example", "Sample <SAMPLE@fabrikam.example>,")
        }
