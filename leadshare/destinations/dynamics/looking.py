"""Destinations: what is there of leads in Dynamics 365, and where those live on that were merged.

Vendor pages are cited by their file names in MicrosoftDocs/powerapps-docs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

import httpx

from leadshare.deliveries.delivery import Delivery
from leadshare.destinations.dynamics.answers import judge
from leadshare.destinations.dynamics.batch import API
from leadshare.destinations.dynamics.environment import Environment, parts_of
from leadshare.destinations.dynamics.places import Place, followed, place_in, selected
from leadshare.destinations.replies import Verdict, refusal, same, unreadable

MERGERS: Final = 3
"""How often a lead is followed to the one that it was merged into."""

Found = dict[str, Place | Verdict]
"""By lead: what is there of it, or what it means that nothing can be said."""


async def look(environment: Environment, known: Mapping[str, Delivery], now: datetime) -> Found:
    """Return what is there of those that are *known*; nothing of what is to be created."""
    paths = {lead: environment.path(one) for lead, one in known.items()}
    found = await _read(environment, paths, known, now)
    for _ in range(MERGERS):
        merged: dict[str, Place] = {
            lead: one for lead, one in found.items() if isinstance(one, Place) and one.master
        }
        paths = {lead: f"{API}/leads({one.master})" for lead, one in merged.items()}
        for lead, master in (await _read(environment, paths, known, now)).items():
            if isinstance(master, Place):
                found[lead] = followed(merged[lead], master)
            else:
                found[lead] = master
    return found


async def _read(
    environment: Environment,
    paths: Mapping[str, str],
    known: Mapping[str, Delivery],
    now: datetime,
) -> Found:
    """Read the leads at *paths* in one batch."""
    ours, columns = [known[lead] for lead in paths], selected(environment.compared)
    if not ours:
        return {}
    asked = [environment.found(path, columns) for path in paths.values()]
    response = await environment.post(asked, now)
    parts = parts_of(response, len(paths))
    if refused := refusal(response, now, ours):
        return {**same(ours, refused)}
    if all(part is None for part in parts):
        return {**same(ours, unreadable(response))}
    found: Found = {}
    for part, (lead, path) in zip(parts, paths.items(), strict=True):
        if part is None or part.status_code != httpx.codes.NOT_FOUND or known[lead].sent:
            verdict = replace(judge(part, known[lead], now), status=response.status_code)
            found[lead] = (part and place_in(part, path)) or verdict
    return found
