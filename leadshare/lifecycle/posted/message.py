"""Lifecycle: the queue's message of an outcome, both halves of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from leadshare.errors import Unread, Unreadable
from leadshare.intake.message import content_of, to_message
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.store.keys import is_lead_id
from leadshare.times import from_text, to_text

KIND = "outcome"


@dataclass(frozen=True, slots=True)
class Posted:
    """An outcome as it was taken."""

    outcome: Outcome
    received: datetime


def message_of(outcome: Outcome, received: datetime) -> bytes:
    """Return the queue message of an *outcome* that was taken at a time."""
    money, signed = outcome.money, outcome.signed_at
    content = {
        "received": to_text(received),
        "lead": outcome.lead,
        "source": outcome.source,
        "at": to_text(outcome.at),
        "state": outcome.state or "",
        "status": outcome.status,
        "reason": outcome.reason,
        "amount": f"{money.amount:f}" if money else "",
        "currency": money.currency if money else "",
        "signed_at": to_text(signed) if signed else "",
        "opted_out": outcome.opted_out,
    }
    return to_message(KIND, content)


def read_message(message: bytes) -> Posted:
    """Return what `message_of` made *message* of; `Unreadable` if it did not."""
    try:
        posted = _posted(content_of(message, KIND))
        if is_lead_id(posted.outcome.lead):
            return posted
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, InvalidOperation):
        pass  # Whoever wrote it, we did not.
    raise Unreadable(Unread.NOT_AN_ENVELOPE)


def _posted(told: dict[str, Any]) -> Posted:
    amount, signed = told["amount"], told["signed_at"]
    outcome = Outcome(
        lead=told["lead"],
        source=told["source"],
        at=from_text(told["at"]),
        state=State(told["state"]) if told["state"] else None,
        status=told["status"],
        reason=told["reason"],
        money=Money(Decimal(amount), told["currency"]) if amount else None,
        signed_at=from_text(signed) if signed else None,
        opted_out=told["opted_out"] is True,
    )
    return Posted(outcome, from_text(told["received"]))
