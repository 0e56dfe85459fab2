"""What destinations say that they can do, and what they do: asked for more, they must not shrug."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from leadshare.destinations import DESTINATIONS
from leadshare.destinations.base import Destination
from leadshare.destinations.settings import DestinationSettings, LookUpSettings
from tests.builders import NOW, delivery

KINDS = pytest.mark.parametrize("settings", DESTINATIONS, ids=lambda one: one.__name__)


def has(system: Any, name: str) -> bool:
    """Whether a system has its own way to do so."""
    return getattr(system, name) is not getattr(Destination, name)


@KINDS
def test_outcomes(settings):
    """By the settings it is known which leads the clock runs for, and who is asked."""
    told = settings.model_construct(
        **({"outcomes": True} if "outcomes" in settings.model_fields else {})
    )
    system = DESTINATIONS[settings]

    assert [told.tells_outcomes] * 2 == [has(system, "changed"), has(system, "current")]
    assert told.tells_outcomes is (system.sweep_size > 0)


@KINDS
def test_others(settings):
    """Steps, campaigns, reading back and canaries are there where it is said that they are."""
    system: Any = DESTINATIONS[settings]

    assert bool(system.verbs) is has(system, "take_steps")
    assert system.erases is has(system, "erase")
    assert settings.has_campaigns is has(system, "unknown_campaigns")
    assert issubclass(settings, LookUpSettings) is has(system, "find_records")


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        *((name, ([delivery()], NOW)) for name in ("deliver", "look_up", "carry_out", "forget")),
        ("unknown_campaigns", (NOW,)),
        ("erase", (delivery(), NOW)),
        ("changed", ("", NOW)),
        ("current", ({}, NOW)),
        ("read", (httpx.Response(200), [delivery()])),
    ],
)
async def test_not_there(what, asked):
    """What a system has no way to do is never told as done, nor as a fault that passes."""
    told = DestinationSettings.model_validate({"name": "bare"})

    async with httpx.AsyncClient() as client:
        with pytest.raises(NotImplementedError):
            await getattr(Destination(told, client), what)(*asked)
