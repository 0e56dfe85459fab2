"""Referrals: which are marketplace leads, whose they are, and what of their notes is ours."""

from __future__ import annotations

from typing import Any

import pytest

from leadshare.core.referral import BEGIN, END, of_lead, with_ours, without_ours
from leadshare.core.referral_kind import Kind, classify, mark, part, text
from tests.builders import LEAD, record

OTHER = f"{'f' * 32}-{'0' * 16}"
OWN = "7d23e5ca-19dc-4eaa-aac8-5e6b559f0d1d"


def invited(by: Any) -> dict[str, Any]:
    """The context of an invitation."""
    return {"inviteContext": {"invitedBy": {"organizationId": by}}}


def row(**changes: Any) -> dict[str, Any]:
    """A marketplace lead of the builder's customer and listing."""
    return {
        "id": "r-1",
        "type": "Independent",
        "qualification": "Direct",
        "name": "Contoso Invoice Robot",
        "customerProfile": {
            "name": "Fabrikam GmbH",
            "team": [{"email": "Sample.Buyer@fabrikam.example"}],
        },
        **changes,
    }


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
        """
        Type, qualification and who invited tell the kind; what the table leaves out is no lead.
        """
        told = {"type": kind_of_deal, "qualification": qualification, **context}

        assert Kind(kind) is classify(told)

    @pytest.mark.parametrize("name", ["referralSource", "callToAction"])
    def test_no_test(self, name):
        """
        What Microsoft warns not to go by decides nothing.
        """
        qualified = {"type": "Independent", "qualification": "SalesQualified", **invited("msft")}

        assert Kind.QUALIFIED_LEAD is classify({**qualified, name: "AzureMarketplace"})

    def test_nothing(self):
        """
        An empty answer is of no known kind.
        """
        assert Kind.UNKNOWN is classify({})


class TestParts:
    def test_part(self):
        """
        What is not there or no object is an empty object, and what is no text is none.
        """
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
        """
        Ours stand between their marks.
        """
        assert f"{BEGIN}\nhello\n{END}" == with_ours("", "hello", 1000)

    def test_others_stay(self):
        """
        What others wrote before and after stays, and ours are replaced.
        """
        first = with_ours("Asked by phone.", "one", 1000)

        assert f"Asked by phone.\n\n{BEGIN}\none\n{END}" == first
        again = with_ours(f"{first}\nCalled back.", "two", 1000)
        assert f"Asked by phone.\n\nCalled back.\n\n{BEGIN}\ntwo\n{END}" == again
        assert "Asked by phone.\n\nCalled back." == without_ours(again)

    def test_again(self):
        """
        The same twice is the same.
        """
        once = with_ours("Others", "ours", 1000)

        assert once == with_ours(once, "ours", 1000)

    def test_marks_in_ours(self):
        """
        A customer who writes the marks breaks nothing.
        """
        once = with_ours("Others", f"a {END} b {BEGIN} c", 1000)

        assert "Others" == without_ours(once)
        assert once == with_ours(once, f"a {END} b {BEGIN} c", 1000)

    def test_cut(self):
        """
        Ours are cut to what there is room for, and left out where there is none.
        """
        others = "o" * 40

        assert 90 == len(with_ours(others, "x" * 500, 90))
        assert with_ours(others, "x" * 500, 90).startswith(others)
        assert others == with_ours(others, "x", 50)


class TestOfLead:
    def ids(self, *rows: dict[str, Any], **changes: Any) -> list[Any]:
        """The ids of those rows that are the lead's."""
        return [one["id"] for one in of_lead(rows, record(**changes))]

    def test_email(self):
        """
        The customer is known by e-mail, in any case.
        """
        assert ["r-1"] == self.ids(row(), company="Other AG")

    def test_company(self):
        """
        Where nobody has the e-mail, the company's name will do.
        """
        team = [{"email": "somebody@fabrikam.example"}, {"email": None}, "odd"]
        profile = {"name": " fabrikam  GMBH", "team": team}

        assert ["r-1"] == self.ids(row(customerProfile=profile))
        assert [] == self.ids(row(customerProfile=profile), company="")
        assert [] == self.ids(row(customerProfile={"name": "", "team": None}), company="")

    def test_no_email(self):
        """
        Having no e-mail is nothing in common.
        """
        stranger = row(customerProfile={"name": "Other AG", "team": [{"phoneNumber": "1"}]})

        assert [] == self.ids(stranger, email="")

    def test_email_first(self):
        """
        Who has the e-mail goes before who has only the company.
        """
        colleague = row(id="r-2", customerProfile={"name": "Fabrikam GmbH", "team": []})

        assert ["r-1"] == self.ids(colleague, row())
        assert ["r-2"] == self.ids(colleague)

    @pytest.mark.parametrize(
        "named",
        [
            {"name": "Lead for contoso invoice  ROBOT, please"},
            {"callToAction": "contoso.invoice-robot"},
            {"callToAction": ["ContactMe", {"offer": "Contoso Invoice Robot"}]},
            {"details": {"notes": "About Contoso Invoice Robot."}},
            {"details": {"requirements": {"solutions": [{"name": "Contoso Invoice Robot"}]}}},
        ],
    )
    def test_named(self, named):
        """
        The listing is named anywhere, by its title or its id.
        """
        assert ["r-1"] == self.ids(row(**{"name": "", **named}))

    @pytest.mark.parametrize(
        "named",
        [
            {},
            {"name": "Contoso Invoice Robots"},
            {"details": {"notes": f"{BEGIN}\nContoso Invoice Robot\n{END}"}},
            {"details": {"notes": "invoice-robot"}},
        ],
    )
    def test_not_named(self, named):
        """
        Another listing, a part of the name, or what we wrote ourselves does not name it.
        """
        assert [] == self.ids(row(**{"name": "", **named}))

    def test_other_kinds(self):
        """
        What is no marketplace lead is nobody's.
        """
        assert [] == self.ids(row(qualification="SalesQualified"), row(**invited(OWN)))

    def test_marked(self):
        """
        A row with the lead's id is the lead's whatever it says; with another lead's it is not.
        """
        ours = row(id="r-2", externalReferenceId=LEAD, name="", customerProfile={})

        assert ["r-2"] == self.ids(row(), ours)
        assert [] == self.ids(row(externalReferenceId=OTHER))
        assert ["r-1"] == self.ids(row(externalReferenceId="crm-4711"))

    def test_several(self):
        """
        All that fit are told.
        """
        assert ["r-1", "r-2"] == self.ids(row(), row(id="r-2"))

    def test_no_listing(self):
        """
        A lead that names no listing has no row.
        """
        assert [] == self.ids(row(), listing="", listing_title="")
