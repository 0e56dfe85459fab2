"""The LeadSource grammar: every variation that the documentation or the wire shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.core.leadsource import LeadSource, is_offer_id, parse

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
        """
        Every variation is taken apart at its first pipe and first dash, and kept as it came.
        """
        assert LeadSource(raw, *parts) == parse(raw)

    @given(st.text())
    def test_anything(self, raw):
        """
        Nothing is an error; the raw text is kept and the second half is an offer or a title.
        """
        found = parse(raw)

        assert raw == found.raw
        assert not (found.offer and found.title)

    @given(
        st.from_regex(r"[A-Za-z ()]*", fullmatch=True),
        st.from_regex(r"[A-Za-z-]*", fullmatch=True),
        st.from_regex(r"[a-z0-9][a-z0-9-]*\.[a-z0-9.-]+", fullmatch=True),
    )
    def test_put_together(self, source, action, offer):
        """
        What is put together by the grammar comes apart into the same parts.
        """
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
        """
        An offer id is a publisher, a dot and an offer, in ASCII without spaces.
        """
        assert is_one == is_offer_id(text)
