"""Lifecycle: read the outcome that a system of the publisher's posts, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from leadshare import texts, times
from leadshare.errors import BadRequest, Unreadable
from leadshare.intake.body import read_object
from leadshare.lifecycle import money
from leadshare.lifecycle.outcome import Money, Outcome, State
from leadshare.quoting import can_be_shown, did_you_mean
from leadshare.store.keys import is_lead_id

STATES: Final = (State.WORKING, State.OPPORTUNITY, State.WON, State.LOST)
"""What can be posted; that a record is gone, nobody has to tell."""

_STATES: Final = f"one of {', '.join(STATES)}"
_TIME: Final = "a time such as 2026-01-31T12:00:00Z"


def read(body: bytes, source: str, now: datetime) -> Outcome:
    """Return what *source* says in *body*, at times of its own but none after *now*.

    Raises `BadRequest`, which names the first key that is wrong and what is expected.
    """
    try:
        told = read_object(body)
    except Unreadable:
        raise BadRequest("body: expected a JSON object") from None
    values = {name: _value(name, value) for name, value in told.items() if value is not None}
    for name in ("lead", "at"):
        if name not in values:
            raise BadRequest(f"{name}: {KEYS[name][0]}")
    if not {"state", "opted_out", "signed_at"} & {*values}:
        raise BadRequest(f"state: expected {_STATES}; or give opted_out or signed_at")
    signed = values.get("signed_at")
    return Outcome(
        lead=values["lead"],
        source=source,
        at=min(values["at"], now),
        state=values.get("state"),
        status=values.get("status", ""),
        reason=values.get("reason", ""),
        money=_money(values),
        signed_at=min(signed, now) if signed else None,
        opted_out="opted_out" in values,
    )


def _money(values: Mapping[str, Any]) -> Money | None:
    """Return the sum, which needs its currency and a state that it is of."""
    if ("amount" in values) != ("currency" in values):
        raise BadRequest("currency: expected together with amount")
    if "amount" not in values:
        return None
    if "state" not in values:
        raise BadRequest("amount: expected together with state")
    return Money(values["amount"], values["currency"])


def _value(name: str, value: object) -> Any:
    """Return what *value* says under a *name*; `BadRequest` if it says nothing there."""
    if name not in KEYS:
        told = name if can_be_shown(name) else "(a key)"
        meant = did_you_mean(name, KEYS) or ";"
        raise BadRequest(f"{told}: no such key{meant} known: {', '.join(KEYS)}")
    expected, reading = KEYS[name]
    found = reading(value)
    if found is None:
        raise BadRequest(f"{name}: {expected}")
    return found


def _of_text(reading: Callable[[str], object]) -> Callable[[object], object]:
    """Return what reads a text, or a number as the text that was sent."""
    return lambda value: reading(value) if isinstance(value, str) else None


def _kept(text: str) -> str:
    return texts.cut(texts.clean(text))


KEYS: Final[Mapping[str, tuple[str, Callable[[object], object]]]] = {
    "lead": (
        "expected the id of a lead, 49 characters, as its record and its webhook tell it",
        _of_text(lambda text: text if is_lead_id(text) else None),
    ),
    "at": (f"expected {_TIME}", _of_text(times.read)),
    "state": (
        f"expected {_STATES}",
        _of_text(lambda text: State(text) if text in STATES else None),
    ),
    "status": ("expected a text", _of_text(_kept)),
    "reason": ("expected a text", _of_text(_kept)),
    "amount": (f"expected {money.AMOUNT}", _of_text(money.amount_of)),
    "currency": (
        f"expected {money.CURRENCY}",
        _of_text(lambda text: text if money.is_currency(text) else None),
    ),
    "opted_out": (
        "expected true, or nothing: an opt-out is not taken back",
        lambda value: True if value is True else None,
    ),
    "signed_at": (f"expected {_TIME}", _of_text(times.read)),
}
"""What each key must be, in words, and what reads it; None is what it must not be."""
