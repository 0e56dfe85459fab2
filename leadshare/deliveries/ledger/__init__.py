"""Deliveries: a delivery's rows and how they change together; nothing else moves its state."""

from leadshare.deliveries.ledger.attempt import Attempt
from leadshare.deliveries.ledger.finishing import (
    done,
    finish,
    finish_late,
    finish_look_up,
)
from leadshare.deliveries.ledger.forgetting import (
    BY_HAND,
    STAYS,
    left_to_people,
    may_have,
    note_record,
    owe_forgetting,
    remembered,
)
from leadshare.deliveries.ledger.found import Naming, leads_with, record_name, with_record
from leadshare.deliveries.ledger.owing import is_written_anew, owe, park, replay, suppress
from leadshare.deliveries.ledger.reminding import begin, is_reminder, remind
from leadshare.deliveries.ledger.values import (
    over,
    owed_since,
    parked_as,
    said_in,
    to_delivery,
)

__all__ = [
    "BY_HAND",
    "STAYS",
    "Attempt",
    "Naming",
    "begin",
    "done",
    "finish",
    "finish_late",
    "finish_look_up",
    "is_reminder",
    "is_written_anew",
    "leads_with",
    "left_to_people",
    "may_have",
    "note_record",
    "over",
    "owe",
    "owe_forgetting",
    "owed_since",
    "park",
    "parked_as",
    "record_name",
    "remembered",
    "remind",
    "replay",
    "said_in",
    "suppress",
    "to_delivery",
    "with_record",
]
