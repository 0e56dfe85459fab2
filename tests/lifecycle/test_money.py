"""Sums: read exactly, whoever writes them; what is none is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.lifecycle.money import amount_of, is_currency, shown
from leadshare.lifecycle.outcome import Money


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", "0"),
        ("1200", "1200"),
        ("1200.50", "1200.5"),
        ("0.000001", "0.000001"),
        ("1.2e3", "1200"),
        ("12E-1", "1.2"),
        ("999999999999999.999999", "999999999999999.999999"),
    ],
)
def test_read(text, amount):
    """Each is read to its last digit."""
    assert amount == f"{amount_of(text):f}"


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1 ", "-1", "+1", "1,200", "1.", ".5", "1_000", "NaN", "Infinity", "\u0661"),
        *("1e999", "1e15", "1000000000000000", "0.0000001", "1e-7", "9" * 21, "1e99", "0x10"),
    ],
)
def test_refused(text):
    """What is no sum, or none that anybody has, is refused."""
    assert amount_of(text) is None


@given(st.decimals(0, 10**14, allow_nan=False, places=6))
def test_exact(amount):
    """What is written down of a sum is that sum."""
    assert amount == amount_of(f"{amount:f}")
    assert shown(Money(Decimal(amount), "EUR")).endswith(" EUR")


@given(st.text(max_size=30))
def test_any_text(text):
    """Whatever is written is a sum of some cents, or none."""
    amount = amount_of(text)

    assert amount is None or 0 <= amount < 10**15


@pytest.mark.parametrize("text", ["", "eur", "EU", "EURO", "E1R", "\u00c9UR", "EUR\n"])
def test_currency(text):
    assert not is_currency(text)
    assert is_currency("EUR")
