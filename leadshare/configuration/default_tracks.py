"""Configuration: the tracks of each kind of campaign unless the file has some, as data.

They reach people of the publisher only: what reaches customers needs a legal basis, which nobody
but the publisher knows.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from leadshare.configuration.tracks import Track, Tracks

STILL: Final = {"field": "interest", "op": "at_least", "value": 15}
"""Most of a lead's interest is gone after two half-lives."""

TOLD: Final[tuple[dict[str, Any], ...]] = (
    {
        "id": "default-nurture",
        "kind": "nurture",
        "step": [
            {
                "after_days": 1,
                "do": "task",
                "text": "Write in person: answer what was asked, and ask what the score lacks.",
            },
            {
                "after_days": 6,
                "when": [STILL],
                "do": "notice",
                "text": "Not sales-ready after a week: whoever knows this customer, please help.",
            },
            {
                "after_days": 14,
                "when": [STILL],
                "do": "task",
                "text": "Try once more: offer a date for a demo. Close it if nobody answers.",
            },
            {
                "after_days": 21,
                "do": "note",
                "text": "Nobody has answered: nurturing ends, and begins again with a new touch.",
            },
        ],
    },
    {
        "id": "default-in-demand",
        "kind": "in-demand generation",
        "step": [
            {
                "after_days": 2,
                "do": "task",
                "text": "Ask how the first days with the product were, and offer help to set up.",
            },
            {
                "after_days": 12,
                "when": [STILL],
                "do": "task",
                "text": "Ask what is in the way of using it for real, and who else decides.",
            },
            {
                "after_days": 21,
                "do": "note",
                "text": "Nobody has answered: nurturing ends, and begins again with a new touch.",
            },
        ],
    },
)


def all_tracks(told: tuple[Track, ...]) -> Tracks:
    """Return the tracks that run: those *told*, and the default ones of kinds that have none."""
    kinds = {one.kind for one in told}
    return Tracks((*told, *(one for one in _defaults() if one.kind not in kinds)))


@cache
def _defaults() -> tuple[Track, ...]:
    return tuple(Track.model_validate(one) for one in TOLD)
