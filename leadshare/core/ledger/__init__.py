"""Core: a delivery's rows and how they change together; the one place that moves its state."""

from leadshare.core.ledger.finishing import (
    EXHAUSTED,
    Attempt,
    done,
    finish,
    finish_check,
    finish_late,
)
from leadshare.core.ledger.owing import owe, park, replay, suppress
from leadshare.core.ledger.values import owed_since, parked_as, to_delivery

__all__ = [
    "EXHAUSTED",
    "Attempt",
    "done",
    "finish",
    "finish_check",
    "finish_late",
    "owe",
    "owed_since",
    "park",
    "parked_as",
    "replay",
    "suppress",
    "to_delivery",
]
