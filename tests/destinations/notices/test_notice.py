"""What notices share: what they show of a lead, and when they ring."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from leadshare.destinations.notices.notice import (
    SHOWABLE,
    SHOWS,
    NoticeSettings,
    facts,
    headline,
    rings,
)
from tests.builders import LEAD, delivery, record

PERSONAL = {
    *("first_name", "last_name", "email", "phone", "country"),
    *("company", "company_domain", "job_title", "notes"),
}


class TestShows:
    def test_default(self):
        """By default a notice says what happened, in words, and nothing of the person."""
        shown = facts(SHOWS, record())

        assert not PERSONAL & set(SHOWS)
        assert [
            ("Listing title", "Contoso Invoice Robot"),
            ("Storefront", "appsource"),
            ("Intent", "contact request"),
            ("Score", "75"),
            ("Stage", "sales ready"),
            ("Campaign", "autumn-webinar"),
            ("Why", "+40 asked to be contacted; +15 business e-mail; +20 complete"),
            ("Lead id", LEAD),
        ] == shown

    @pytest.mark.parametrize("name", sorted(PERSONAL))
    def test_personal_where_named(self, name):
        """What is known of the person shows where its field is named, and only there."""
        told = record(**{name: "canary"})

        assert "canary" not in str(facts(SHOWS, told))
        assert ["canary"] == [value for _, value in facts((name,), told)]

    def test_one_line(self):
        """No customer's text looks like another line of the notice."""
        [(_, value)] = facts(("notes",), record(notes="hi\r\nScore: 100\u2028Stage: x\x0by\x85z"))

        assert "hi; Score: 100; Stage: x; y; z" == value

    def test_short(self):
        """Long texts are cut, in UTF-16 units and never within a character."""
        shown = dict(facts(("company", "notes"), record(company="🚀" * 300, notes="n" * 3000)))

        assert {"Company": "🚀" * 85, "Notes": "n" * 1000} == shown

    def test_empty(self):
        """What is not known has no line."""
        assert [] == facts(("phone", "notes"), record(phone="", notes="\ud83d"))

    @pytest.mark.parametrize("shows", [(), ("summary",), ("contact",), ("Email",)])
    def test_unknown(self, shows):
        """A field that is not the lead's, or made of several, cannot be shown."""
        with pytest.raises(ValidationError, match="shows"):
            NoticeSettings.model_validate({"name": "team", "shows": shows})

    def test_order(self):
        """The fields show in the order of the settings."""
        settings = NoticeSettings.model_validate({"name": "team", "shows": ["score", "lead"]})

        assert ["Score", "Lead id"] == [label for label, _ in facts(settings.shows, record())]
        assert set(SHOWS) <= set(SHOWABLE)


class TestRings:
    @pytest.mark.parametrize(
        ("notify", "sent", "record_id", "stage", "expected"),
        [
            pytest.param("created", 0, "", "nurturing", True, id="new"),
            pytest.param("created", 1, "r-1", "sales_ready", False, id="changed"),
            pytest.param("all", 1, "r-1", "nurturing", True, id="all"),
            pytest.param("sales_ready", 0, "", "nurturing", False, id="not-ready"),
            pytest.param("sales_ready", 0, "", "sales_ready", True, id="ready-at-once"),
            pytest.param("sales_ready", 1, "", "sales_ready", True, id="ready-later"),
            pytest.param("sales_ready", 2, "r-1", "sales_ready", False, id="ready-again"),
        ],
    )
    def test_rings(self, notify, sent, record_id, stage, expected):
        """A new lead rings, a change only where it is asked for, sales-readiness once."""
        one = delivery(version=9, sent=sent, record_id=record_id, record=record(stage=stage))

        assert expected == rings(notify, one)

    @pytest.mark.parametrize("notify", ["created", "sales_ready", "all"])
    def test_objection(self, notify):
        """Whoever was told of a lead is told that its customer objected since."""
        objected = record(category="no_contact", stage="no_contact")

        assert rings(notify, delivery(version=2, sent=1, record_id="r-1", record=objected))

    def test_objection_of_a_stranger(self):
        """Where nobody was told of a lead that is to ring when sales-ready, an objection is not."""
        objected = record(category="no_contact", stage="no_contact")

        assert not rings("sales_ready", delivery(version=2, sent=1, record=objected))


@pytest.mark.parametrize(
    ("category", "record_id", "expected"),
    [
        ("normal", "", "New lead"),
        ("normal", "r-1", "Lead updated"),
        ("test", "", "Test lead"),
        ("no_contact", "r-1", "Do not contact this lead"),
    ],
)
def test_headline(category, record_id, expected):
    """The headline tells new from changed, and what is no ordinary lead from both."""
    assert expected == headline(delivery(record=record(category=category), record_id=record_id))
