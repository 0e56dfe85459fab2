"""Whether a destination tells outcomes: its settings and its system say the same."""

from __future__ import annotations

import pytest

from leadshare.destinations import DESTINATIONS


@pytest.mark.parametrize("settings", DESTINATIONS, ids=lambda one: one.__name__)
def test_agree(settings):
    """By the settings it is known which leads the clock runs for, by the system who is asked."""
    told = settings.model_construct(
        **({"outcomes": True} if "outcomes" in settings.model_fields else {})
    )

    assert DESTINATIONS[settings].tells_outcomes is told.tells_outcomes
