"""Reminders as notices tell them: which lead, since when, how late; always, each kind once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadshare.deliveries.delivery import Delivery, Kind, Reminder
from leadshare.destinations.notices.letters import operation_id, subject, text
from leadshare.destinations.notices.notice import headline, lines, rings
from leadshare.destinations.notices.teams import message
from tests.builders import LEAD, delivery, record
from tests.destinations.notices.builders import settings

SINCE = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
REMINDER = Reminder(Kind.REMIND, SINCE, "Europe/Berlin", timedelta(hours=9.5), 8)


def reminding(reminder: Reminder = REMINDER, **changes: Any) -> Delivery:
    """What a notice is owed 45.5 hours after a lead became sales-ready."""
    return delivery(reminder=reminder, destination="desk", **changes)


class TestLines:
    def test_waiting(self):
        """They tell since when it waits, by the clocks of the team, the target, and the lead."""
        assert [
            ("Sales-ready since", "2026-11-20 15:30 (Europe/Berlin)"),
            ("Working hours since", "9.5, the target is 8"),
            ("Hours since", "45.5, Microsoft advises 24"),
            ("Score", "75"),
            ("Lead id", LEAD),
        ] == lines(reminding(), ("score",))

    def test_shown_once(self):
        """The lead's id is there, and where the settings have it."""
        told = lines(reminding(), ("lead", "score"))

        assert [("Lead id", LEAD), ("Score", "75")] == told[3:]

    def test_others(self):
        """Who was reminded before is told, and which systems could not be asked."""
        again = Reminder(
            Kind.ESCALATE, SINCE, "UTC", timedelta(hours=16), 8, ("desk", "mail"), ("crm",)
        )

        assert {
            "Working hours since": "16, the target is 8",
            "Reminded before": "desk, mail",
            "Could not be asked": "crm",
        }.items() <= dict(lines(reminding(again), ("score",))).items()

    def test_no_reminder(self):
        assert [("Score", "75")] == lines(delivery(), ("score",))


class TestRings:
    @pytest.mark.parametrize("notify", ["created", "sales_ready", "all"])
    def test_always(self, notify):
        """Whatever is told of leads, and was told of this one, a reminder rings."""
        told = reminding(sent=1, record_id="r-1", record=record(stage="nurturing"))

        assert rings(notify, told)

    def test_headline(self):
        again = Reminder(Kind.ESCALATE, SINCE, "UTC", timedelta(hours=16), 8)

        assert "Nobody has called this lead yet" == headline(reminding())
        assert "Still nobody has called this lead" == headline(reminding(again))


class TestMessages:
    def test_card(self):
        """The card says it in its first lines, and opens the lead's record."""
        links = {"our-crm": "https://crm.example/r1"}
        [attached] = message(reminding(links=links), ("score",))["attachments"]
        said = ["".join(run["text"] for run in b["inlines"]) for b in attached["content"]["body"]]

        assert "Nobody has called this lead yet" == said[0]
        assert "Sales-ready since: 2026-11-20 15:30 (Europe/Berlin)" == said[1]
        assert "https://crm.example/r1" == attached["content"]["actions"][0]["url"]

    def test_letter(self):
        told = reminding(links={"our-crm": "https://crm.example/r1"})

        assert "Nobody has called this lead yet: Contoso Invoice Robot" == subject(
            told, ("listing_title",)
        )
        assert text(told, ("score",)).endswith(
            f"Score: 75\nLead id: {LEAD}\nRecord in our-crm: https://crm.example/r1\n"
        )

    def test_operation_id(self):
        """A reminder is one message whatever the version, and not the one that told of the lead."""
        again = Reminder(Kind.ESCALATE, SINCE, "UTC", timedelta(hours=16), 8)
        ids = [
            operation_id(one, settings())
            for one in (delivery(), delivery(version=2), reminding(), reminding(again))
        ]

        assert 4 == len({*ids})
        assert ids[2] == operation_id(reminding(version=3), settings())
