"""Identity: ids that never change, pinned for ever."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.identity import Identity

KEY = Identity(b"an identity key of 32 characters")
OTHER = Identity(b"another key that is as long as it")


class TestPinned:
    """Vectors of version 1. A change of any makes two records of every customer in every CRM."""

    @pytest.mark.parametrize(
        ("who", "contact"),
        [
            pytest.param(
                ("sample@fabrikam.example", "", ""), "a2d04b0bfe12b2c8386e8a33c29f26f1", id="email"
            ),
            pytest.param(("", "+49 30 123456", ""), "74547c763d5a7f172e18ec5210b07201", id="phone"),
            pytest.param(
                ("", "", "SPZA-PLT|contoso.robot|PLT"),
                "7019a574aa5d2cd26ba2354942dc3207",
                id="otherwise",
            ),
            pytest.param(
                ("zoë@exämple.de", "", ""), "8a809ae55db4acbbf6da52b1f43844f5", id="not-ascii"
            ),
        ],
    )
    def test_contact(self, who, contact):
        """A contact id is what it has always been."""
        assert contact == KEY.contact(*who)

    def test_lead(self):
        """A lead id is what it has always been."""
        contact = KEY.contact("sample@fabrikam.example", "", "")

        assert "a2d04b0bfe12b2c8386e8a33c29f26f1-9c227b41823f94a5" == KEY.lead(
            contact, "contoso.invoice-robot"
        )

    def test_touch_fingerprint(self):
        """A touch's fingerprint is what it has always been."""
        assert "c58e8f7e0c2849c25d2b16084d1ca5ae" == KEY.touch_fingerprint(*SAID)

    def test_key_fingerprint(self):
        """The key's own fingerprint, which guards the table, is what it has always been."""
        assert "ec3a12b394365cd4" == KEY.fingerprint


class TestContact:
    @pytest.mark.parametrize(
        "email",
        [
            pytest.param("SAMPLE@Fabrikam.Example", id="case"),
            pytest.param("  sample@fabrikam.example\r\n", id="spaces"),
            pytest.param("sample@fabrikam.example.", id="dot-at-the-end"),
            pytest.param("Sample Buyer <sample@fabrikam.example>", id="display-name"),
            pytest.param("\ufeffsample@fabrikam.example\u200b", id="unseen"),
            pytest.param("sample_fabrikam.example#EXT#@x.onmicrosoft.com", id="guest"),
        ],
    )
    def test_folding(self, email):
        """Case and spaces round an address make no other contact."""
        assert KEY.contact("sample@fabrikam.example", "", "") == KEY.contact(email, "", "")

    @pytest.mark.parametrize(
        "email",
        [
            pytest.param("sample.buyer@fabrikam.example", id="dots"),
            pytest.param("sample+robot@fabrikam.example", id="tag"),
            pytest.param("sámple@fabrikam.example", id="accent"),
            pytest.param("sample@fabrikam.example@fabrikam.example", id="two-ats"),
        ],
    )
    def test_others(self, email):
        """Whatever else differs in an address makes another contact: nobody is merged by guess."""
        assert KEY.contact("sample@fabrikam.example", "", "") != KEY.contact(email, "", "")

    @pytest.mark.parametrize(
        "email",
        [
            pytest.param("", id="empty"),
            pytest.param("sample", id="no-at"),
            pytest.param("@fabrikam.example", id="no-local-part"),
            pytest.param("sample@", id="no-domain"),
            pytest.param("call me @ home please", id="spaces-inside"),
        ],
    )
    def test_no_address(self, email):
        """What is no address is not who somebody is: the phone is, whatever else was typed."""
        assert KEY.contact("", "+49 30 123456", "") == KEY.contact(email, "+49 30 123456", "x")

    def test_email_before_phone(self):
        """Whoever gives an address is known by it, with any phone or none."""
        alone = KEY.contact("sample@fabrikam.example", "", "a")

        assert alone == KEY.contact("sample@fabrikam.example", "+49 30 123456", "b")

    @pytest.mark.parametrize(
        "phone",
        [
            pytest.param("4930123456", id="digits"),
            pytest.param("0049 (30) 12-34-56", id="double-zero-and-marks"),
        ],
    )
    def test_phone_folding(self, phone):
        """A phone number is its digits, however it is written."""
        assert KEY.contact("", "+49 30 123456", "") == KEY.contact("", phone, "")

    @pytest.mark.parametrize(
        "phone",
        [
            pytest.param("", id="empty"),
            pytest.param("12345", id="too-short"),
            pytest.param("0012345", id="too-short-after-zeros"),
            pytest.param("call me", id="words"),
        ],
    )
    def test_no_phone(self, phone):
        """Too few digits tell nobody apart: then the touch itself does."""
        assert KEY.contact("", "", "one") == KEY.contact("", phone, "one")
        assert KEY.contact("", phone, "one") != KEY.contact("", phone, "other")

    def test_six_digits(self):
        """Six digits are a phone number."""
        assert KEY.contact("", "123456", "one") == KEY.contact("", "123456", "other")

    def test_kinds_do_not_meet(self):
        """The same text as an address, a phone number or neither is three contacts."""
        text = "4930123456"
        ids = {
            KEY.contact(f"{text}@x", "", ""),
            KEY.contact("", text, ""),
            KEY.contact("", "", text),
        }

        assert 3 == len(ids)

    @given(st.text(), st.text(), st.text())
    def test_form(self, email, phone, otherwise):
        """Any texts at all, half surrogate pairs included, give 32 hex digits."""
        contact = KEY.contact(email, phone, otherwise)

        assert 32 == len(contact)
        assert set(contact) <= set("0123456789abcdef")


class TestLead:
    def test_form(self):
        """A lead id is its contact, a dash and 16 hex digits: 49 characters."""
        contact = KEY.contact("sample@fabrikam.example", "", "")

        head, _, tail = KEY.lead(contact, "contoso.robot").partition("-")

        assert (contact, 16) == (head, len(tail))

    def test_listings_differ(self):
        """Another listing is another lead."""
        assert KEY.lead("c", "contoso.robot") != KEY.lead("c", "contoso.other")


SAID: Any = ("SPZA", "PLT", "contoso.robot", "sample@x.example", ["Sample", "Buyer", ""], "Call me")


class TestFingerprint:
    @pytest.mark.parametrize(
        "parts",
        [
            pytest.param({0: "spza ", 1: " plt", 2: "Contoso.Robot\n"}, id="about"),
            pytest.param({3: "Sample@X.example."}, id="e-mail"),
        ],
    )
    def test_same(self, parts):
        """Case and white space of what it is about make no other, nor does a spelling of the
        address.
        """
        told = [parts.get(place, value) for place, value in enumerate(SAID)]

        assert KEY.touch_fingerprint(*SAID) == KEY.touch_fingerprint(*told)

    @pytest.mark.parametrize(
        "parts",
        [
            *(pytest.param({place: "x"}, id=f"value-{place}") for place in (0, 1, 2, 3, 5)),
            pytest.param({4: ["Sample", "", "Buyer"]}, id="another-place"),
            pytest.param({4: ["SampleBuyer", "", ""]}, id="border-moved"),
            pytest.param({4: ["sample", "Buyer", ""]}, id="case-of-a-name"),
            pytest.param({5: "call me"}, id="case-of-words"),
            pytest.param({5: "Call  me"}, id="blank-in-words"),
            pytest.param({3: "n/a"}, id="no-address"),
        ],
    )
    def test_others(self, parts):
        """Each part counts, in its place; what was said counts word for word."""
        told = [parts.get(place, value) for place, value in enumerate(SAID)]

        assert KEY.touch_fingerprint(*SAID) != KEY.touch_fingerprint(*told)

    def test_no_address(self):
        """A text that is no address counts as it stands."""
        one, other = ((*SAID[:3], text, *SAID[4:]) for text in ("n/a", "none"))

        assert KEY.touch_fingerprint(*one) != KEY.touch_fingerprint(*other)

    def test_row(self):
        """What names a row's touch goes by its body."""
        assert KEY.row_fingerprint(b"a") != KEY.row_fingerprint(b"b")


class TestKey:
    def test_other_key(self):
        """Another key gives other ids of every kind, and has another fingerprint."""

        def all_of(identity: Identity) -> set[str]:
            contact = identity.contact("sample@fabrikam.example", "", "")
            lead = identity.lead("c", "contoso.robot")
            return {contact, lead, identity.touch_fingerprint(*SAID), identity.fingerprint}

        assert not all_of(KEY) & all_of(OTHER)
        assert 4 == len(all_of(KEY))

    def test_not_given_away(self):
        """The key's fingerprint is 16 digits that do not hold the key."""
        assert 16 == len(KEY.fingerprint)
        assert "32 characters" not in repr(KEY)
