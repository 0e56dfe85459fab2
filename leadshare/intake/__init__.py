"""Intake: taking a POST from the marketplace, and the queue's message; standard library only."""

from leadshare.intake.key import key_print
from leadshare.intake.message import CHUNKED, FRAMINGS, LARGEST, LENGTH, TRACE, envelope, traced
from leadshare.intake.post import Answer, framing, listing_code, take

__all__ = [
    "CHUNKED",
    "FRAMINGS",
    "LARGEST",
    "LENGTH",
    "TRACE",
    "Answer",
    "envelope",
    "framing",
    "key_print",
    "listing_code",
    "take",
    "traced",
]
