"""Local: post the samples as Partner Center would, and ask the app what became of all leads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx

from leadshare.leads.coverage_table import drawn
from leadshare.local.samples import SAMPLES, Sample
from leadshare.times import to_text

SHOWN: Final = 3
"""Leads of one's own that are shown, so that they fit on a screen."""

SOLD: Final = 60
"""How often it is looked, twice a second, whether a sale was heard of."""

NURTURED: Final = 120
"""How often it is looked, twice a second, whether a track has gone on."""

REMINDED: Final = 120
"""How often it is looked, twice a second, whether somebody was reminded."""

Story = dict[str, Any]


@dataclass(slots=True)
class Way:
    """What is known of one sample so far."""

    sample: Sample
    touch: str = ""
    taken: str = ""
    story: Story = field(default_factory=dict)

    @property
    def has_ended(self) -> bool:
        """Whether it has come to the end that it must come to."""
        if self.sample.end == "quarantined":
            return self.taken == "quarantined"
        states = {delivery["state"] for delivery in self.story.get("deliveries", [])}
        return states == {self.sample.end}


async def who_gets_what(client: httpx.AsyncClient, width: int) -> str:
    """Return the table of who gets which leads, as the app tells it."""
    response = await client.get("/api/manage/destinations")
    rows = response.raise_for_status().json()["coverage"]
    return f"Who gets which leads:\n\n{drawn(rows, width)}\n"


async def post_all(client: httpx.AsyncClient, ways: list[Way]) -> None:
    """Post the samples one after the other, slowly enough to be watched."""
    for sample in SAMPLES:
        ways.append(await _post(client, sample))
        await asyncio.sleep(0.3)


async def _post(client: httpx.AsyncClient, sample: Sample) -> Way:
    """POST *sample* as Partner Center does: once, whatever is answered."""
    path = f"/api/leads/{sample.listing}" if sample.listing else "/api/leads"
    headers = {"content-type": "application/json"}
    response = await client.post(path, content=sample.body, headers=headers)
    answer = response.raise_for_status().json()
    return Way(sample, touch=answer["touch"], taken=answer["status"])


async def sell(client: httpx.AsyncClient, inbox: str, way: Way) -> bool:
    """Win the lead of *way* as a seller does, in the CRM; say whether leadshare hears of it."""
    lead, deal = way.story["lead"]["lead"], {"state": "won", "amount": "1200.00", "currency": "EUR"}
    url = f"{inbox}/our-crm/leads/{lead}/deal"
    (await client.put(url, json=deal)).raise_for_status()
    for _ in range(SOLD):
        way.story = await _story(client, way.story["lead"])
        if way.story["lead"]["stage"] == "won" and way.has_ended:
            return True
        await asyncio.sleep(0.5)
    return False


async def remind(client: httpx.AsyncClient, inbox: str) -> str:
    """Wait until a channel hears of a lead that nobody has called; return that card's text."""
    for _ in range(REMINDED):
        cards = (await client.get(f"{inbox}/leads?newest=1")).raise_for_status().json()["cards"]
        if cards:
            return str(cards[0]["text"])
        await asyncio.sleep(0.5)
    return ""


async def nurture(client: httpx.AsyncClient, way: Way) -> str:
    """Wait until a track has given people a task for the lead of *way*; return what it says.

    Nothing if it has not.
    """
    for _ in range(NURTURED):
        told = await _track(client, way)
        if any((one["verb"], one["outcome"]) == ("task", "accepted") for one in told["been"]):
            return str(told["track"])
        await asyncio.sleep(0.5)
    return ""


async def come_again(client: httpx.AsyncClient, way: Way, again: Sample) -> str:
    """Have the customer of *way* act again; return where the lead stands, and why its track ended.

    Nothing if the track still runs.
    """
    await _post(client, again)
    for _ in range(NURTURED):
        told = await _track(client, way)
        if told["why"]:
            stage, why = (told[name].replace("_", " ") for name in ("stage", "why"))
            return f"its stage is {stage}, and the track has ended: {why}"
        await asyncio.sleep(0.5)
    return ""


async def _track(client: httpx.AsyncClient, way: Way) -> dict[str, Any]:
    response = await client.get(f"/api/manage/tracks/{way.story['lead']['lead']}")
    told: dict[str, Any] = response.raise_for_status().json()
    return told


def have_ended(ways: list[Way]) -> bool:
    """Say whether all samples were posted and have come to their end."""
    return len(ways) == len(SAMPLES) and all(way.has_ended for way in ways)


async def look(client: httpx.AsyncClient, ways: list[Way]) -> None:
    """Find each sample's lead by its touch."""
    by_touch = {way.touch: way for way in ways}
    for lead in await _leads(client):
        story = await _story(client, lead)
        for touch in story["touches"]:
            if touch["touch"] in by_touch:
                by_touch[touch["touch"]].story = story


async def own(
    client: httpx.AsyncClient, ways: list[Way], since: datetime
) -> tuple[list[Story], int]:
    """Return the newest stories of leads that are no sample's, and how many more there are.

    Only of those seen *since* then: a sample that names nobody is another lead in each run, and
    leads of earlier runs are kept.
    """
    samples = {way.story["lead"]["lead"] for way in ways if way.story}
    found = await _leads(client, since=to_text(since))
    found = [lead for lead in found if lead["lead"] not in samples]
    return [await _story(client, lead) for lead in found[:SHOWN]], len(found[SHOWN:])


async def _leads(client: httpx.AsyncClient, **narrow: str) -> list[dict[str, Any]]:
    params = {"limit": "50", "persons": "true", **narrow}
    response = await client.get("/api/manage/leads", params=params)
    leads: list[dict[str, Any]] = response.raise_for_status().json()["leads"]
    return leads


async def _story(client: httpx.AsyncClient, listed: Mapping[str, Any]) -> Story:
    """Return the story of a lead, under the title of its listing, which the list of leads tells.

    Persons are not asked for: that would be an act each time, and nothing here shows them.
    """
    response = await client.get(f"/api/manage/leads/{listed['lead']}")
    story: Story = response.raise_for_status().json()
    titled = {name: listed[name] for name in ("listing", "listing_title")}
    return story | {"lead": story["lead"] | titled}
