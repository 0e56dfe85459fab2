"""Policy: what is written in a record that is there already, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from leadshare.destinations.writing.mapping import CUSTOMER, Source, Write, fill, source
from leadshare.destinations.writing.policy import OWN, changes, erased, policies, shown
from leadshare.destinations.writing.telling import Shown, View
from tests.builders import delivery, record

DEFAULTS = {
    "First": source("first_name"),
    "Last": source("last_name", default="(not given)"),
    "Firm": source("company", default="(not given)"),
    "Phone": source("phone"),
    "Title": source("job_title"),
    "Web": source("website"),
    "Rating": source("stage"),
    "Source": Source(constant="Marketplace"),
    "Text": source("summary"),
    "OptOut": source("category", values={"no_contact": True}, write="always"),
}
OURS = {"Score": source("score"), "Campaign": source("campaign")}
MAPPING = DEFAULTS | OURS
THERE = {"First": "Sample", "Last": "Buyer", "Firm": "Fabrikam GmbH", "Score": 75}


def written(there: dict[str, Any], sent: int = 1, **told: Any) -> dict[str, Any]:
    """What version 2 of a lead changes in a record that holds *there*."""
    version = delivery(version=2, sent=sent, record=record(version=2, **told))
    values = fill(MAPPING, View(version.record))
    return changes(values, MAPPING, policies(MAPPING, DEFAULTS), there, version)


class TestPolicies:
    def test_default(self):
        """The customer's facts fill gaps, leadshare's own are always told, all else is once."""
        assert {
            **dict.fromkeys(("First", "Last", "Firm", "Phone", "Title", "Web"), Write.FILL),
            **dict.fromkeys(("Rating", "Source", "Text"), Write.ONCE),
            **dict.fromkeys(("OptOut", "Score", "Campaign"), Write.ALWAYS),
        } == policies(MAPPING, DEFAULTS)

    def test_changed(self):
        """A publisher's word is the last; a field of the system stays the sellers' else."""
        told = {
            "Rating": source("score"),
            "Phone": source("phone", write="once"),
            "Note": source("notes"),
            "Mail": source("email", write="always"),
        }

        assert {
            "Rating": Write.ONCE,
            "Phone": Write.ONCE,
            "Note": Write.ONCE,
            "Mail": Write.ALWAYS,
        } == policies(told, DEFAULTS)

    def test_names(self):
        """What tells of the customer and what is leadshare's own are two things."""
        assert not OWN & set(CUSTOMER)
        assert set(record()) >= OWN


class TestChanges:
    def test_again(self):
        """A later version tells what is leadshare's own, if it is new, and nothing else."""
        there = THERE | {"Phone": "+1", "Title": "CEO", "Web": "x", "Campaign": "autumn-webinar"}

        assert {} == written(there)
        assert {"Score": 80} == written(there, score=80)
        assert {"OptOut": True} == written(there, category="no_contact")

    def test_gap(self):
        """What is empty is filled by what the customer said since the record was written."""
        since = dict(record()["since"]) | {"phone": 2, "company_domain": 2}
        there = THERE | {"Campaign": "autumn-webinar"}

        assert {"Phone": "+4930123456", "Web": "https://fabrikam.example"} == written(
            there, since=since
        )

    def test_cleared(self):
        """What a seller cleared stays so: it was told before."""
        there = THERE | {"Phone": None, "Title": "", "Campaign": "autumn-webinar"}

        assert {} == written(there)

    def test_before_us(self):
        """Of a record that was there before, all gaps are filled from the first write on."""
        assert {"Phone", "Title", "Web", "Score", "Campaign"} == set(
            written({"First": "Sample", "Last": "Buyer", "Firm": "Fabrikam"}, sent=0)
        )

    @pytest.mark.parametrize(
        "there",
        [
            pytest.param({"First": "Bo", "Last": "Li"}, id="another-person"),
            pytest.param({"Last": "Buyer", "Firm": "Contoso Ltd"}, id="another-employer"),
        ],
    )
    def test_somebody_else(self, there):
        """A record that tells of somebody else gets nothing of this customer's."""
        assert {"Score", "Campaign"} == set(written(there, sent=0))

    def test_placeholder(self):
        """A placeholder is a gap, and none is ever written over anything."""
        since = dict(record()["since"]) | {"last_name": 2, "company": 2}
        there = {"Last": "(not given)", "Firm": "(not given)", "Score": 75}

        assert {"Last": "Buyer", "Firm": "Fabrikam GmbH", "Campaign": "autumn-webinar"} == written(
            there, since=since
        )
        assert "Firm" not in written({}, sent=0, company="")


class TestShown:
    def test_of(self):
        """A record tells of whom its fields name, however they are mapped."""
        assert Shown("Sample", "Buyer", "Fabrikam GmbH") == shown(MAPPING, THERE)
        assert Shown("", "Sample Buyer", "") == shown(
            {"Name": source("full_name"), "Firm": source("company", default="-")},
            {"Name": "Sample Buyer", "Firm": "-"},
        )
        assert Shown() == shown(MAPPING, {"First": None, "Last": False})


class TestErased:
    def test_of(self):
        """What tells of a person is overwritten, what is called by it says so, the rest stays."""
        mapping = MAPPING | {
            "Name": source("full_name", default="-"),
            "Country": source("country", transform="country_name"),
            "Notes": source("summary"),
            "Listing": source("listing"),
            "Optout": source("category", values={"no_contact": True}, write="always"),
        }

        overwritten = erased(mapping)

        assert {"Name": "(erased)", "Last": "(erased)"}.items() <= overwritten.items()
        assert {"First": None, "Phone": None, "Country": None, "Notes": None}.items() <= (
            overwritten.items()
        )
        assert not {"Score", "Campaign", "Listing", "Optout", "Source"} & {*overwritten}
