"""The LeadSource grammar: every variation that the documentation or the wire shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.leads.leadsource import (
    LeadSource,
    begins_as_test,
    is_offer_id,
    is_test,
    parse,
    refuses_contact,
)

TEST = "MSFT_TEST_636573304831318844"
GUID = "docusign.3701c77e-1cfa-4c56-91e6-3ed0b622145a"
BYOL = "checkpoint.check-point-r77-10sg-byol"
VM = "contoso.vm-suite"


class TestParse:
    @pytest.mark.parametrize(
        ("raw", "parts"),
        [
            pytest.param(f"Azure-INS|{VM}", ("Azure", "INS", VM, ""), id="full"),
            pytest.param(f"SPZA-PLT|{VM}", ("SPZA", "PLT", VM, ""), id="old-token"),
            pytest.param(
                f"AppSource (SPZA)-PLT|{VM}", ("AppSource (SPZA)", "PLT", VM, ""), id="newer-words"
            ),
            pytest.param(
                f"TestDrive-StartTestDrive|{VM}",
                ("TestDrive", "StartTestDrive", VM, ""),
                id="test-drive",
            ),
            pytest.param("AzureMarketplace", ("AzureMarketplace", "", "", ""), id="bare-source"),
            pytest.param(
                f"{TEST}-{TEST}|Contoso Test", (TEST, TEST, "", "Contoso Test"), id="test-lead"
            ),
            pytest.param(f"A-B | {VM}", ("A", "B", VM, ""), id="spaces-round-the-pipe"),
            pytest.param(f" A - B |\t{VM} ", ("A", "B", VM, ""), id="spaces-everywhere"),
            pytest.param(f"New-INS|{VM}", ("New", "INS", VM, ""), id="unknown-source"),
            pytest.param("A-B|Bills | Robots", ("A", "B", "", "Bills | Robots"), id="second-pipe"),
            pytest.param(f"AzurePortal|{VM}", ("AzurePortal", "", VM, ""), id="no-dash"),
            pytest.param(f"A-B|{BYOL}", ("A", "B", BYOL, ""), id="dashes-in-offer"),
            pytest.param("A-B|contoso.bot.v2.1", ("A", "B", "contoso.bot.v2.1", ""), id="dots"),
            pytest.param(f"A-B|{GUID}", ("A", "B", GUID, ""), id="guid-in-offer"),
            pytest.param("A-B|Contoso.Bot_2", ("A", "B", "contoso.bot_2", ""), id="offer-case"),
            pytest.param(f"A-B-C|{VM}", ("A", "B-C", VM, ""), id="second-dash"),
            pytest.param(f"-PLT|{VM}", ("", "PLT", VM, ""), id="no-source"),
            pytest.param(f"|{VM}", ("", "", VM, ""), id="only-offer"),
            pytest.param("A-B|", ("A", "B", "", ""), id="no-offer"),
            pytest.param("", ("", "", "", ""), id="empty"),
        ],
    )
    def test_variations(self, raw, parts):
        """Every variation is taken apart at its first pipe and first dash, and kept as it came."""
        assert LeadSource(raw, *parts) == parse(raw)

    @given(st.text())
    def test_anything(self, raw):
        """Nothing is an error; the raw text is kept and the second half is an offer or a title."""
        found = parse(raw)

        assert raw == found.raw
        assert not (found.offer and found.title)

    @given(
        st.from_regex(r"[A-Za-z ()]*", fullmatch=True),
        st.from_regex(r"[A-Za-z-]*", fullmatch=True),
        st.from_regex(r"[a-z0-9][a-z0-9-]*\.[a-z0-9.-]+", fullmatch=True),
    )
    def test_put_together(self, source, action, offer):
        """What is put together by the grammar comes apart into the same parts."""
        found = parse(f"{source}-{action}|{offer}")

        assert (source.strip(), action, offer) == (found.source, found.action, found.offer)


class TestOfferId:
    @pytest.mark.parametrize(
        ("text", "is_one"),
        [
            pytest.param("contoso.vm-suite", True, id="plain"),
            pytest.param("contoso-gmbh.vm.suite_2", True, id="all-characters"),
            pytest.param("contoso", False, id="no-dot"),
            pytest.param(".suite", False, id="no-publisher"),
            pytest.param("contoso.", False, id="no-offer"),
            pytest.param("Contoso Inc. Suite", False, id="title"),
            pytest.param("contoso.süite", False, id="not-ascii"),
            pytest.param("contoso.vm\n", False, id="line-end"),
            pytest.param("", False, id="empty"),
        ],
    )
    def test_form(self, text, is_one):
        """An offer id is a publisher, a dot and an offer, in ASCII without spaces."""
        assert is_one == is_offer_id(text)


DNC = [
    *("DNC", "dnc", "Dnc", " DNC ", "D.N.C.", "D N C", "d-n-c", "D_N_C", "DNC2"),
    *(
        "\uff24\uff2e\uff23",
        "DNC\u200b",
        "\ufeffDNC",
        "D\u00adNC",
        "DN\u2060C",
        "\u202eDNC",
        "\U0001d403NC",
    ),
    *("PLT+DNC", "PLT,DNC", "PLT/DNC", "SPZA_DNC", "(DNC)", "DNC-x", "7DNC"),
    *("DNC\u0301", "D\u00d1C", "D\u0336N\u0336C\u0336", "Do Not Contact", "SPZA_DO-NOT-CONTACT"),
]
"""Do-not-contact as nobody documents it."""

NO_DNC = [
    "",
    "PLT",
    "INS",
    "landncare",
    "DNCA",
    "XDNC",
    "dance",
    "D.N.A.C.",
    "\u0414NC",
    "DNCé",
    "donotcontacted",
]


class TestRefusesContact:
    @pytest.mark.parametrize("code", DNC)
    def test_anywhere(self, code):
        """Do-not-contact counts in any spelling, in the action code or before the bar."""
        assert refuses_contact("SPZA-PLT|contoso.robot", code)
        assert refuses_contact(f"SPZA-{code}|contoso.robot", "PLT")
        assert refuses_contact(f"{code}|contoso.robot", "")
        assert refuses_contact(f"SPZA-{code}", "")

    @pytest.mark.parametrize("code", NO_DNC)
    def test_other_words(self, code):
        """What merely holds the letters is another word."""
        assert not refuses_contact(f"SPZA-{code}|contoso.robot", code)

    @pytest.mark.parametrize("offer", ["contoso.dnc", "dnc.robot", "DNC", "D.N.C. Manager|DNC"])
    @pytest.mark.parametrize("bar", ["|", "\uff5c"])
    def test_never_of_an_offer(self, offer, bar):
        """A listing is not silenced for its name."""
        assert not refuses_contact(f"SPZA-PLT{bar}{offer}", "PLT")

    @pytest.mark.parametrize(
        ("code", "refused"),
        [
            pytest.param(["DNC"], True, id="list"),
            pytest.param(["PLT", {"code": "dnc"}], True, id="deep"),
            pytest.param(["D", "N", "C"], False, id="letters-apart"),
            pytest.param([None, True, 7, {}, []], False, id="no-text"),
        ],
    )
    def test_json(self, code, refused):
        """A code that is no text is looked through; a LeadSource too, before each bar."""
        assert refused == refuses_contact("", code)
        assert not refuses_contact(["SPZA-PLT|contoso.dnc"], [])
        assert refuses_contact(["SPZA-PLT|contoso.dnc", "SPZA-DNC|contoso.robot"], [])

    @given(st.text(), st.text())
    def test_any_text(self, before, after):
        """Whatever stands round the code, if no letter does, it counts; nothing is an error."""
        whole = f"{before} DNC {after}"

        assert refuses_contact("", whole)
        refuses_contact(before, after)


class TestIsTest:
    @pytest.mark.parametrize(
        "code",
        [
            TEST,
            TEST.lower(),
            f"\u200b{TEST}",
            "MSFT TEST",
            "\uff2d\uff33\uff26\uff34_\uff34\uff25\uff33\uff34",
            "SPZA+MSFT-TEST",
        ],
    )
    def test_anywhere(self, code):
        """A test lead's mark counts in any spelling, in the action code or before the bar."""
        assert is_test(f"SPZA-{code}|contoso.robot", "")
        assert is_test(f"{code}", "")
        assert is_test("", code)
        assert is_test("", [code])

    @pytest.mark.parametrize("code", ["", "TEST", "MSFT", "MSFT_TESTER", "XMSFT_TEST"])
    def test_other_words(self, code):
        """What merely looks like it is none, and an offer may have any name."""
        assert not is_test(f"SPZA-{code}|MSFT_TEST", code)

    @pytest.mark.parametrize(
        ("text", "is_one"),
        [
            pytest.param(TEST, True, id="plain"),
            pytest.param(f"\ufeff{TEST.lower()}", True, id="unseen"),
            pytest.param(f'"{TEST}"', True, id="quoted"),
            pytest.param("What is MSFT_TEST?", False, id="in-the-middle"),
            pytest.param("MSFT_Testing", False, id="longer"),
        ],
    )
    def test_fields(self, text, is_one):
        """A field of a test lead begins with the mark; a customer may write of it."""
        assert is_one == begins_as_test(text)
