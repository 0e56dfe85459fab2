"""Campaigns in the file: what is read of them, and what is refused, each with its place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from leadshare.configuration.campaigns import Campaign
from leadshare.errors import Faults, Place
from tests.builders import configuration

AUTUMN = {"id": "autumn", "name": "Autumn webinar", "kind": "nurture"}
SPRING = {"id": "spring", "name": "Spring fair", "kind": "in-demand generation"}
ROBOT = {"id": "contoso.robot", "title": "Contoso Robot", "kind": "app"}


def asked(field: str, op: str, value: Any = None) -> dict[str, Any]:
    """A condition as the file has it."""
    return {"field": field, "op": op, **({} if value is None else {"value": value})}


def refused(*destinations: dict[str, Any], **told: Any) -> list[tuple[Place, str]]:
    """What is said of a file, each with its place; nothing if it loads."""
    try:
        configuration(*destinations, **told)
    except ValidationError as caught:
        found: list[tuple[Place, str]] = []
        for error in caught.errors():
            own = error.get("ctx", {}).get("error")
            faults = own.faults if isinstance(own, Faults) else [((), error["msg"])]
            found += [((*error["loc"], *place), text) for place, text in faults]
        return found
    return []


def at(day: str) -> datetime:
    """A moment of that day."""
    return datetime.fromisoformat(f"{day}T23:59:59.999+00:00")


class TestWindow:
    @pytest.mark.parametrize(
        ("window", "days"),
        [
            ({}, [True, True, True, True]),
            ({"from": "2026-09-01"}, [False, True, True, True]),
            ({"until": "2026-12-15"}, [True, True, True, False]),
            ({"from": "2026-09-01", "until": "2026-12-15"}, [False, True, True, False]),
            ({"from": "2026-12-15", "until": "2026-12-15"}, [False, False, True, False]),
        ],
    )
    def test_days(self, window, days):
        """It runs from its first day to its last, both whole, by the calendar of UTC."""
        told = Campaign.model_validate({**AUTUMN, **window})
        asked = ["2026-08-31", "2026-09-01", "2026-12-15", "2026-12-16"]

        assert days == [told.runs_at(at(day)) for day in asked]


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "place", "text"),
        [
            ({"id": "autumn webinar"}, ("id",), "match pattern"),
            ({"id": "a" * 17}, ("id",), "match pattern"),
            ({"id": ""}, ("id",), "match pattern"),
            ({"name": ""}, ("name",), "at least 1"),
            ({"kind": "newsletter"}, ("kind",), "'nurture' or 'in-demand generation'"),
            ({"from": 20260901}, ("from",), "expected a date"),
            ({"from": "2026-12-01", "until": "2026-11-30"}, ("until",), "is before it begins"),
            (
                {"when": [asked("campaign", "eq", "autumn")]},
                ("when", 0),
                "a campaign cannot ask about campaign",
            ),
            ({"when": [asked("score", "at_least", 60)]}, ("when", 0), "cannot ask about score"),
            ({"when": [asked("stage", "eq", "won")]}, ("when", 0), "cannot ask about stage"),
            (
                {"when": [asked("listings", "at_least", 2)]},
                ("when", 0),
                "cannot ask about listings",
            ),
            (
                {"when": [asked("campaign_kind", "eq", "nurture")]},
                ("when", 0),
                "ask for the storefront",
            ),
            (
                {"when": [asked("country", "eq", "DE"), asked("country", "eq", "AT")]},
                ("when",),
                "no lead can meet all that is asked about country",
            ),
            (
                {"when": [asked("intent", "eq", "bought")]},
                ("when", 0, "value"),
                "intent is never",
            ),
            ({"targets": {"leads": 0}}, ("targets", "leads"), "greater than or equal to 1"),
            ({"targets": {"leads": True}}, ("targets", "leads"), "integer"),
            ({"targets": {"revenue": 10}}, ("targets", "revenue"), "has no currency"),
            ({"targets": {"currency": "EUR"}}, ("targets", "currency"), "is of no revenue"),
            (
                {"targets": {"revenue": 10, "currency": "Euro"}},
                ("targets", "currency"),
                "expected three capital letters",
            ),
            ({"targets": {"visits": 10}}, ("targets", "visits"), "not permitted"),
            ({"ids": {"crm": ""}}, ("ids", "crm"), "at least 1"),
            ({"window": 1}, ("window",), "not permitted"),
        ],
    )
    def test_alone(self, changes, place, text):
        """What cannot be of a campaign is told with its place."""
        [found] = refused(campaign=[AUTUMN, SPRING | changes])

        assert ("campaign", 1, *place) == found[0]
        assert text in found[1]

    @pytest.mark.parametrize(
        ("told", "place", "text"),
        [
            (
                {"campaign": [AUTUMN, SPRING | {"id": "Autumn"}]},
                ("campaign", 1, "id"),
                '"Autumn" is there twice; expected once',
            ),
            (
                {"campaign": [AUTUMN, SPRING | {"name": "autumn  Webinar"}]},
                ("campaign", 1, "name"),
                '"autumn  Webinar" is what another is called; expected a name of its own',
            ),
            (
                {"campaign": [AUTUMN | {"name": "Spring"}, SPRING]},
                ("campaign", 0, "name"),
                '"Spring" is what another is called; expected a name of its own',
            ),
            (
                {"campaign": [AUTUMN], "listing": [ROBOT | {"campaign": "autum"}]},
                ("listing", 0, "campaign"),
                'no campaign "autum"; did you mean "autumn"? known: autumn',
            ),
            (
                {"campaign": [], "listing": [ROBOT | {"campaign": "autumn"}]},
                ("listing", 0, "campaign"),
                'no campaign "autumn"; known: none',
            ),
            (
                {"campaign": [AUTUMN | {"ids": {"crn": "701"}}]},
                ("campaign", 0, "ids", "crn"),
                'no destination "crn"; did you mean "crm"? known: crm, desk',
            ),
            (
                {"campaign": [AUTUMN | {"ids": {"desk": "701"}}]},
                ("campaign", 0, "ids", "desk"),
                "has no campaigns with ids; expected a destination that has",
            ),
            (
                {"route": [{"when": [asked("campaign", "eq", "spring")], "to": ["crm"]}]},
                ("route", 0, "when", 0, "value"),
                'no [[campaign]] has the id "spring"',
            ),
            (
                {
                    "campaign": [AUTUMN, SPRING],
                    "route": [
                        {
                            "when": [asked("campaign", "in", ["spring", "Autumn webinar"])],
                            "to": ["crm"],
                        }
                    ],
                },
                ("route", 0, "when", 0, "value", 1),
                'no [[campaign]] has the id "autumn webinar"; did you mean "autumn"?',
            ),
            (
                {"route": [{"when": [asked("campaign", "present")], "to": ["crm"]}]},
                ("route", 0, "when"),
                "no lead can meet all that is asked about campaign",
            ),
            (
                {
                    "listing": [ROBOT],
                    "campaign": [AUTUMN | {"when": [asked("listing", "eq", "contoso.vm")]}],
                },
                ("campaign", 0, "when", 0, "value"),
                'no [[listing]] has the id "contoso.vm"; did you mean "contoso.robot"?',
            ),
        ],
    )
    def test_together(self, told, place, text):
        """What campaigns, listings, destinations and conditions have against each other is told."""
        crm, desk = {"name": "crm", "has_campaigns": True}, {"name": "desk"}

        assert [(place, text)] == refused(crm, desk, **told)


class TestCampaigns:
    def test_fine(self):
        """What is there is found: by a listing, a destination and a condition."""
        told = configuration(
            {"name": "crm", "has_campaigns": True},
            listing=[ROBOT | {"campaign": "autumn"}],
            campaign=[
                AUTUMN | {"ids": {"crm": "701"}},
                SPRING | {"when": [asked("country", "in", ["DE", "AT"])]},
            ],
            route=[
                {"when": [asked("campaign", "eq", "SPRING")], "to": ["crm"]},
                {"when": [asked("campaign", "missing")], "to": ["crm"]},
            ],
        )

        assert {"crm": {"autumn": "701"}} == told.campaigns.by_destination
        assert {"contoso.robot": "autumn"} == told.campaigns.by_listing
        assert [told.campaign[1]] == [*told.campaigns.asking]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [("Autumn", "autumn"), (" autumn  WEBINAR", "autumn"), ("summer", ""), ("", "")],
    )
    def test_named(self, text, expected):
        """A campaign is found by its id and by its name, in any spelling of case and spaces."""
        found = configuration(campaign=[AUTUMN, SPRING]).campaigns.named(text)

        assert expected == (found.id if found else "")
