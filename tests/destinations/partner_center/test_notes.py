"""Referrals: what each is, and what of their notes is ours."""

from __future__ import annotations

from typing import Any

import pytest

from leadshare.client.answers.json_values import part, text
from leadshare.destinations.partner_center.notes import BEGIN, END, with_ours, without_ours
from leadshare.partner_center.referral import Kind, classify, mark

OWN = "7d23e5ca-19dc-4eaa-aac8-5e6b559f0d1d"


def invited(by: Any) -> dict[str, Any]:
    """The context of an invitation."""
    return {"inviteContext": {"invitedBy": {"organizationId": by}}}


class TestClassify:
    @pytest.mark.parametrize(
        ("kind", "kind_of_deal", "qualification", "context"),
        [
            ("marketplace_lead", "Independent", "Direct", {}),
            ("marketplace_lead", "Independent", "Direct", invited(None)),
            ("marketplace_lead", "Independent", "Direct", invited("")),
            ("marketplace_lead", "Independent", "Direct", invited("msft")),
            ("marketplace_lead", "independent", "DIRECT", invited("MSFT")),
            ("qualified_lead", "Independent", "SalesQualified", invited("msft")),
            ("qualified_lead", "Independent", "MarketingQualified", invited("msft")),
            ("co_sell", "Independent", "SalesQualified", invited(OWN)),
            ("co_sell", "Shared", "SalesQualified", invited(OWN)),
            ("co_sell", "Shared", "None", invited(OWN)),
            ("co_sell", "Shared", None, invited(OWN)),
            ("unknown", "Independent", "Direct", invited(OWN)),
            ("unknown", "Shared", "Direct", {}),
            ("unknown", "Shared", "SalesQualified", invited("msft")),
            ("unknown", "Independent", "SalesQualified", {}),
            ("unknown", "Independent", "MarketingQualified", invited(OWN)),
            ("unknown", None, "Direct", {}),
            ("unknown", 7, ["Direct"], {"inviteContext": "msft"}),
        ],
    )
    def test_table(self, kind, kind_of_deal, qualification, context):
        """Type, qualification and who invited tell the kind; what the table leaves out is
        unknown.
        """
        told = {"type": kind_of_deal, "qualification": qualification, **context}

        assert Kind(kind) is classify(told)

    @pytest.mark.parametrize("name", ["referralSource", "callToAction"])
    def test_no_test(self, name):
        """What Microsoft warns not to go by decides nothing."""
        qualified = {"type": "Independent", "qualification": "SalesQualified", **invited("msft")}

        assert Kind.QUALIFIED_LEAD is classify({**qualified, name: "AzureMarketplace"})

    def test_nothing(self):
        """An empty answer is of no known kind."""
        assert Kind.UNKNOWN is classify({})


class TestParts:
    def test_part(self):
        """What is not there or no object is an empty object, and what is no text is none."""
        value = {"a": {"b": {"c": 1}}, "d": None}

        assert {"c": 1} == part(value, "a", "b")
        assert {} == part(value, "a", "x") == part(value, "d") == part(value, "d", "e") == part([])
        assert ["x", "", ""] == [text("x"), text(None), text(1)]
        assert ["", "x"] == [
            mark({"externalReferenceId": None}),
            mark({"externalReferenceId": "x"}),
        ]


class TestNotes:
    def test_alone(self):
        """Ours stand between their marks."""
        assert f"{BEGIN}\nhello\n{END}" == with_ours("", "hello", 1000)

    def test_others_stay(self):
        """What others wrote before and after stays, and ours are replaced."""
        first = with_ours("Asked by phone.", "one", 1000)

        assert f"Asked by phone.\n\n{BEGIN}\none\n{END}" == first
        again = with_ours(f"{first}\nCalled back.", "two", 1000)
        assert f"Asked by phone.\n\nCalled back.\n\n{BEGIN}\ntwo\n{END}" == again
        assert "Asked by phone.\n\nCalled back." == without_ours(again)

    def test_again(self):
        """The same twice is the same."""
        once = with_ours("Others", "ours", 1000)

        assert once == with_ours(once, "ours", 1000)

    def test_marks_in_ours(self):
        """A customer who writes the marks breaks nothing."""
        once = with_ours("Others", f"a {END} b {BEGIN} c", 1000)

        assert "Others" == without_ours(once)
        assert once == with_ours(once, f"a {END} b {BEGIN} c", 1000)

    def test_cut(self):
        """Ours are cut to what there is room for, and left out where there is none."""
        others = "o" * 40

        assert 90 == len(with_ours(others, "x" * 500, 90))
        assert with_ours(others, "x" * 500, 90).startswith(others)
        assert others == with_ours(others, "x", 50)
