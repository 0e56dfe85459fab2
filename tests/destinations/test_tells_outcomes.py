"""Whether a destination tells outcomes: where its settings say so, its system can be asked."""

from __future__ import annotations

import pytest

from leadshare.destinations import DESTINATIONS
from leadshare.destinations.base import Destination


@pytest.mark.parametrize("settings", DESTINATIONS, ids=lambda one: one.__name__)
def test_agree(settings):
    """By the settings it is known which leads the clock runs for, and who is asked."""
    told = settings.model_construct(
        **({"outcomes": True} if "outcomes" in settings.model_fields else {})
    )
    system = DESTINATIONS[settings]
    answers = [system.changed is not Destination.changed, system.current is not Destination.current]

    assert [told.tells_outcomes] * 2 == answers
    assert told.tells_outcomes is (system.sweep_size > 0)
