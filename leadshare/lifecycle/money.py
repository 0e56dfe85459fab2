"""Lifecycle: read a sum of money exactly, as people and other systems write it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from leadshare.lifecycle.outcome import Money

MOST: Final = Decimal(10) ** 15
_PLACES: Final = Decimal("0.000001")

# As JSON has numbers, so that what is sent as one is read to its last digit.
_AMOUNT: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)

AMOUNT: Final = "a sum such as 1200 or 1200.50, with at most six decimals"
CURRENCY: Final = "three capital letters by ISO 4217, such as EUR"
"""What each must be, in words."""


def amount_of(text: str) -> Decimal | None:
    """Return the sum in *text*, exactly; None where it is none, or below 0."""
    amount = Decimal(text) if _AMOUNT.fullmatch(text) else MOST
    if amount >= MOST or amount != amount.quantize(_PLACES):
        return None
    return Decimal(f"{amount.normalize():f}")


def is_currency(text: str) -> bool:
    """Say whether *text* can be a currency's code."""
    return _CURRENCY.fullmatch(text) is not None


def shown(money: Money) -> str:
    """Return *money* for people."""
    return f"{money.amount:f} {money.currency}".strip()
