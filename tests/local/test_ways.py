"""Which leads `make run` takes for one's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx

from leadshare.local.samples import SAMPLES
from leadshare.local.ways import Way, own

BEGAN = datetime(2026, 9, 1, 12, tzinfo=UTC)
SEEN = {
    "mine": "2026-09-01T12:01:00.000Z",
    "sample": "2026-09-01T12:00:30.000Z",
    "of-an-earlier-run": "2026-09-01T11:00:00.000Z",
}


def answer(request: httpx.Request) -> httpx.Response:
    """Answer as the app does: its leads, those seen since some time if that is asked; a story."""
    *_, last = request.url.path.split("/")
    if last != "leads":
        return httpx.Response(200, json={"lead": {"lead": last}})
    since = request.url.params.get("since", "")
    listed: list[dict[str, Any]] = [
        {"lead": lead, "listing": "", "listing_title": ""}
        for lead, seen in SEEN.items()
        if seen >= since
    ]
    return httpx.Response(200, json={"leads": listed})


async def test_own():
    """One's own are those of this run that no sample posted: what it kept of others is not."""
    ways = [Way(SAMPLES[0], story={"lead": {"lead": "sample"}})]
    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(base_url="http://app", transport=transport) as client:
        stories, more = await own(client, ways, BEGAN)

    assert (["mine"], 0) == ([one["lead"]["lead"] for one in stories], more)
