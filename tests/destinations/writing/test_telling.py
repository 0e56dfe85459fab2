"""Telling: a lead in words, as the text of a new record and as entries of its timeline."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leadshare.deliveries.record import Entry
from leadshare.destinations.writing.telling import MOST, Note, Shown, View, notes, summary
from tests import builders
from tests.builders import record

ANNA = {"first_name": "Anna", "last_name": "Berg", "company": "Fabrikam GmbH"}
BO = {"first_name": "Bo", "last_name": "Li", "company": "Fabrikam Asia Ltd"}
SHOWN = Shown("Anna", "Berg", "Fabrikam GmbH")


NOBODY = dict.fromkeys(("first_name", "last_name", "job_title", "phone", "company", "country"), "")


def entry(**changes: str) -> Entry:
    """What somebody did who said only *changes*."""
    return builders.entry(**NOBODY | {"words": "", "campaign": ""} | changes)


def subject(**changes: str) -> str:
    """The subject of an entry in the timeline of Anna Berg's record."""
    [note] = notes(View(record(), (entry(**changes),)), SHOWN)
    return note.subject


class TestSummary:
    def test_order(self):
        """A seller reads the customer's words, then what they did, then why it scores."""
        told = summary(View(record(), (entry(words="Please call\nabout 200 seats"),)))

        assert [
            "Please call",
            "about 200 seats",
            "",
            "Asked for: contact request",
            "Listing: Contoso Invoice Robot (contoso.invoice-robot, app)",
            "Storefront: appsource",
            "Campaign: autumn-webinar, nurture",
            "Consent: agreed to be contacted, by Contact me (PLT) on 2026-11-22",
            "Touches: 1, the last on 22 Nov 2026, 11:59 UTC",
            "",
            "Score: 75 of 100, sales ready",
            *record()["reasons"],
        ] == told.split("\n")

    def test_zone(self):
        """Times are those of the people who read them, in summer as in winter."""
        july = record(last_touch="2026-07-01T22:30:00.000Z")

        assert "2 Jul 2026, 00:30 CEST" in summary(View(july, zone="Europe/Berlin"))
        assert "22 Nov 2026, 12:59 CET" in summary(View(record(), zone="Europe/Berlin"))

    def test_several(self):
        """What was said before the record could be made stands in it, newest first."""
        told = summary(
            View(
                record(),
                (
                    entry(**ANNA, words="Call me", received="2026-11-20T08:00:00.000Z"),
                    entry(**BO, words="", intent="trial", received="2026-11-21T08:00:00.000Z"),
                ),
            )
        )

        assert told.startswith(
            "21 Nov 2026, 08:00 UTC, started a trial: Bo Li, Fabrikam Asia Ltd\n\n"
            "20 Nov 2026, 08:00 UTC, asked to be contacted: Anna Berg, Fabrikam GmbH\nCall me\n\n"
        )

    def test_persons(self):
        """Who else wrote from the address is told with their facts."""
        bo = {**BO, "job_title": "CTO", "phone": "", "country": "SG", "last_heard": ""}

        assert "Also wrote from this address: Bo Li, CTO, Fabrikam Asia Ltd, SG\n" in summary(
            View(record(persons=[bo]))
        )

    @pytest.mark.parametrize(
        ("changes", "line"),
        [
            pytest.param(
                {"listing_title": ""}, "Listing: (contoso.invoice-robot, app)", id="title"
            ),
            pytest.param({"listing": ""}, "Listing: Contoso Invoice Robot (app)", id="id"),
            pytest.param({"campaign_name": ""}, "Campaign: nurture", id="campaign"),
            pytest.param({"notes": "Hello"}, "Hello", id="no-entries"),
        ],
    )
    def test_less(self, changes, line):
        """What is not known leaves no empty brackets and no stray commas."""
        assert line in summary(View(record(**changes))).split("\n")

    def test_little(self):
        """Lines with nothing to tell are left out."""
        empty = {"listing": "", "listing_title": "", "listing_kind": "", "notes": "", "reasons": []}
        told = record(**empty, campaign_name="", campaign_kind="", consent="")

        assert ["Asked for", "Storefront", "Touches", "", "Score"] == [
            line.partition(":")[0] for line in summary(View(told)).split("\n")
        ]


class TestNotes:
    def test_whole(self):
        """An entry tells who did what, with their words and what they said of themselves."""
        said = entry(**ANNA, phone="+4930123456", words="200 seats", campaign="spring")

        assert [
            Note(
                said["touch"],
                datetime(2026, 11, 22, 11, 59, tzinfo=UTC),
                "Anna Berg asked to be contacted: Contoso Invoice Robot (score 75, sales ready)",
                "200 seats\n\nAnna Berg, Fabrikam GmbH, +4930123456\nCampaign: spring\n"
                "22 Nov 2026, 12:59 CET",
            )
        ] == notes(View(record(), (said,), "Europe/Berlin"), SHOWN)

    def test_campaign(self):
        """The campaign that the lead is in is told by its name; of another the id is known."""
        lead = record(campaign="spring", campaign_name="Spring fair")
        both = [entry(campaign="spring"), entry(campaign="autumn")]

        told = [note.text.split("\n")[-2] for note in notes(View(lead, both), SHOWN)]

        assert ["Campaign: Spring fair", "Campaign: autumn"] == told

    def test_unprintable(self):
        """What no system can hold is in no entry."""
        [note] = notes(View(record(), (entry(last_name="B\ud83derg", words="a\x00b"),)), SHOWN)

        assert note.subject.startswith("Berg, not Anna Berg")
        assert note.text.startswith("ab")

    @pytest.mark.parametrize(
        ("who", "begins"),
        [
            pytest.param(ANNA, "Anna Berg asked", id="the-same"),
            pytest.param({"first_name": "A."}, "A. asked", id="initial"),
            pytest.param(BO, "Bo Li, not Anna Berg, asked", id="another"),
            pytest.param(
                {**ANNA, "company": "Contoso Ltd"},
                "Anna Berg, now of Contoso Ltd, asked",
                id="another-employer",
            ),
            pytest.param(
                {"company": "Contoso Ltd"},
                "Another person at this address, of Contoso Ltd, not Anna Berg, asked",
                id="nameless",
            ),
            pytest.param({"company": "Fabrikam"}, "Fabrikam asked", id="company-alone"),
            pytest.param({}, "The customer asked", id="nobody"),
        ],
    )
    def test_who(self, who, begins):
        """The subject says who wrote, and that it is not whom the record tells of."""
        assert subject(**who).startswith(f"{begins} to be contacted: ")

    @pytest.mark.parametrize(
        ("intent", "deed"),
        [
            ("none", "asked not to be contacted"),
            ("other", "came by the marketplace"),
            ("trial", "started a trial"),
            ("acquisition", "acquired the product"),
            ("purchase", "bought the offer"),
        ],
    )
    def test_deed(self, intent, deed):
        """And what they did."""
        assert subject(**ANNA, intent=intent).startswith(f"Anna Berg {deed}: ")

    def test_order(self):
        """Of more entries than a hand-over takes the newest are told, and how many there were."""
        many = [entry(touch=f"{number:032x}", words="") for number in range(MOST + 3)]
        told = notes(View(record(), tuple(many)), SHOWN)

        assert [one["touch"] for one in many[3:]] == [note.touch for note in told]
        assert ["and 3 earlier" in note.text for note in told] == [True] + [False] * (MOST - 1)
        assert notes(View(record(), tuple(many[:MOST])), SHOWN)[0].text.endswith("UTC")
        assert [] == notes(View(record()), SHOWN)
