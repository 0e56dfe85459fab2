"""What a row of Dataverse holds of a lead, and how long each text may be."""

from __future__ import annotations

import httpx
import pytest

from leadshare.deliveries.delivery import Accepted
from leadshare.destinations.dynamics.fields import LENGTHS, NO_CONTACT
from leadshare.destinations.writing.mapping import cut
from tests import builders
from tests.builders import LEAD, NOW, delivery, record
from tests.destinations.dataverse import TEXTS
from tests.destinations.dynamics.builders import GUID, dynamics_at, to_lead


class TestToLead:
    def test_blanks(self):
        """What is not known is left out, so that it blanks nothing that a seller knows."""
        blank = record(**dict.fromkeys(builders.TEXTS, ""))

        assert {"description", "subject"} == to_lead(blank).keys()
        assert "Touches: 1" in str(to_lead(blank)["description"])

    @pytest.mark.parametrize("text", ["x" * 5000, "\N{GRINNING FACE}" * 5000], ids=["x", "emoji"])
    async def test_lengths(self, crm, text):
        """A text that is too long for its column is cut to what Dataverse takes."""
        everywhere = dict.fromkeys(builders.TEXTS, text) | {"lead": LEAD}

        reply = await crm.deliver([delivery(record=record(**everywhere))], NOW)

        assert (Accepted(GUID),) == reply.outcomes

    def test_lengths_are_used(self):
        """Texts are cut no shorter than they must be."""
        columns = to_lead(record(job_title="x" * 101, notes="n" * 5000, email="e" * 100))

        assert ("x" * 100, "e" * 100) == (columns["jobtitle"], columns["emailaddress1"])
        assert 2000 == len(str(columns["description"]))
        assert TEXTS == LENGTHS

    @pytest.mark.parametrize(
        ("text", "length", "expected"),
        [
            pytest.param("ab\N{GRINNING FACE}", 4, "ab\N{GRINNING FACE}", id="fits"),
            pytest.param("ab\N{GRINNING FACE}", 3, "ab", id="half-a-pair"),
            pytest.param("\N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET}", 4, "\N{WOMAN}", id="joiner"),
            pytest.param("ab cd", 3, "ab", id="blank"),
        ],
    )
    def test_cut(self, text, length, expected):
        """A cut falls between characters, counted in UTF-16 units, and leaves no loose end."""
        assert expected == cut(text, length)

    def test_too_long_to_cut(self):
        """An e-mail, phone or domain that would be wrong once cut is in the description instead."""
        long = {"email": f"{'e' * 95}@a.example", "phone": "1" * 51, "company_domain": "d" * 193}

        columns = to_lead(record(**long))

        assert not {"emailaddress1", "telephone1", "websiteurl"} & columns.keys()
        for text in long.values():
            assert text in str(columns["description"])

    def test_untyped_characters(self):
        """Characters that Dataverse refuses are left out, lines and tabs are kept."""
        columns = to_lead(record(first_name=" S\x00am\ud83dp\ufffele ", notes="a\r\n\tb\x0b"))

        assert "Sample" == columns["firstname"]
        assert str(columns["description"]).startswith("a\r\n\tb\n")

    @pytest.mark.parametrize(
        ("stage", "rating"),
        [("sales_ready", 1), ("nurturing", 2), ("blank", 3), ("no_contact", 3), ("internal", None)],
    )
    def test_rating(self, stage, rating):
        """The stage is the seller's rating: hot, warm, cold, or none for leads of our own."""
        assert rating == to_lead(record(stage=stage)).get("leadqualitycode")

    async def test_lead_source(self, dataverse):
        """The configured lead source is written with every lead."""
        lead_source = {"leadsourcecode": {"constant": 8}}
        await dynamics_at(dataverse.handle, fields=lead_source).deliver([delivery()], NOW)

        assert 8 == dataverse.leads[GUID]["leadsourcecode"]

    def test_description(self):
        """Sellers see why the lead scored, and the notes even where no campaign is known."""
        unknown = dict.fromkeys(("campaign", "campaign_name", "campaign_kind"), "")
        columns = to_lead(record(**unknown, listing="", listing_kind=""))

        text = str(columns["description"])
        assert "Listing: Contoso Invoice Robot\n" in text
        assert "Campaign:" not in text
        assert "Score: 75 of 100, sales ready\n" in text
        assert text.startswith("Campaigns: autumn-webinar\n\n")
        assert text.endswith("\n+20 complete")

    def test_listing_without_title(self):
        """A listing without a title is shown by its id."""
        columns = to_lead(record(listing_title=""))

        assert "contoso.invoice-robot - Fabrikam GmbH" == columns["subject"]
        assert "Listing: (contoso.invoice-robot, app)\n" in str(columns["description"])


class TestConsent:
    def test_no_contact(self):
        """A lead that nobody may contact says so in every column that there is for it."""
        columns = to_lead(record(category="no_contact"))

        assert dict.fromkeys(NO_CONTACT, True).items() <= columns.items()

    @pytest.mark.parametrize("category", ["normal", "internal", "blank", "test"])
    def test_never_taken_back(self, category):
        """No lead ever says that contact is allowed: that would undo what a seller noted."""
        assert not set(NO_CONTACT) & to_lead(record(category=category)).keys()

    async def test_objection_survives(self, crm, dataverse):
        """An objection noted by a seller survives an update."""
        await crm.deliver([delivery()], NOW)
        dataverse.change(GUID, donotphone=True)

        reply = await crm.deliver([delivery(version=2, sent=1)], NOW)

        assert (Accepted(GUID),) == reply.outcomes
        assert dataverse.leads[GUID]["donotphone"]


def test_no_place_for_what_is_too_long():
    """A description that the publisher left out does not come back with what is too long."""
    there = dynamics_at(lambda _: httpx.Response(500), fields={"description": ""})

    values = there.values(delivery(record=record(email=f"{'e' * 99}@fabrikam.example")))

    assert not {"description", "emailaddress1"} & values.keys()
