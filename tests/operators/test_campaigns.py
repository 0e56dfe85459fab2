"""A preview tells which leads another file would move: all of them, no other, and changes none."""

from __future__ import annotations

import asyncio
import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadshare.configuration.models import Configuration
from leadshare.operators.campaigns.requests import CampaignRequests
from tests.builders import NOW, configuration, minutes, touch
from tests.leads.contact import Contact
from tests.leads.folding.test_membership import TOUCHES, campaign, files
from tests.operators.requests import body, wrong

LISTINGS = ("contoso.robot", "contoso.kit")


def order(told: Configuration[Any], **more: Any) -> bytes:
    """The order that asks for a preview of a file."""
    campaigns = [
        one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in told.campaign
    ]
    return body(campaigns=campaigns, listings=told.campaigns.by_listing, **more)


def placed(contact: Contact) -> dict[str, str]:
    """The campaign of each lead, as its record tells it."""
    rows = contact.table.values("lead")
    return {row["lead"]: json.loads(row["record"])["campaign"] for row in rows}


async def moved(contact: Contact, told: Configuration[Any], limit: int) -> list[dict[str, str]]:
    """All moves that a preview tells, page by page."""
    found, after = [], ""
    while True:
        asked = order(told, limit=limit, after=after)
        page = await CampaignRequests(contact.table).preview(asked)
        assert page.keys() <= {"leads", "moves", "next"}
        assert page["leads"] <= limit
        found += page["moves"]
        if "next" not in page:
            return found
        after = page["next"]


class TestPreview:
    @settings(max_examples=25)
    @given(files(), files(), TOUCHES, st.integers(1, 3))
    def test_as_it_will_be(self, old, new, told, limit):
        """What it tells is what happens when all are classified again, under that file."""

        async def play() -> None:
            contact = Contact()
            taken = [
                touch(
                    *(number, NOW + minutes(at), old),
                    LeadSource=f"SPZA-{action}|{LISTINGS[number % 2]}",
                    ActionCode=action,
                    Email=f"{number % 3}@fabrikam.example",
                    Description=notes,
                    Country=country,
                    Title=title,
                )
                for number, (at, notes, country, title, action) in enumerate(told, 1)
            ]
            for one in taken:
                await contact.take(one, old)
            before, rows = placed(contact), deepcopy(contact.table.rows)

            found = await moved(contact, new, limit)

            assert rows == contact.table.rows
            for one in taken:
                again = replace(one, id=f"f{one.id[1:]}", received=one.received + minutes(1))
                await contact.take(again, new)
            after = placed(contact)
            assert {one["lead"]: (one["now"], one["then"]) for one in found} == {
                lead: (before[lead], after[lead]) for lead in before if before[lead] != after[lead]
            }
            assert len(found) == len({one["lead"] for one in found})

        asyncio.run(play())

    async def test_nobody(self):
        """Where there are no leads it says so, whatever the file."""
        assert {"leads": 0, "moves": []} == await CampaignRequests(Contact().table).preview(
            order(configuration())
        )

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ({}, "campaigns: expected the [[campaign]] tables of a file that can run"),
            ({"campaigns": "all"}, "campaigns: expected the [[campaign]] tables"),
            ({"campaigns": [campaign(1, kind="canary")]}, "campaigns: expected"),
            ({"campaigns": [campaign(1, until="2026")]}, "campaigns: expected"),
            (
                {"campaigns": [], "listings": {"contoso.robot": "canary"}},
                "listings: expected campaigns that are among `campaigns`",
            ),
            ({"campaigns": [], "listings": {"contoso.robot": 1}}, "listings: expected ids"),
            ({"campaigns": [], "limit": 201}, "limit: expected a whole number from 1 to 200"),
            ({"campaigns": [], "after": "canary"}, "after: expected the token"),
            ({"campaigns": [], "listing": {}}, "listing: no such key; did you mean"),
        ],
    )
    async def test_wrong(self, told, expected):
        """What is not understood whole is refused."""
        said = await wrong(CampaignRequests(Contact().table).preview(body(**told)))

        assert said.startswith(expected)
