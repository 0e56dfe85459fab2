"""What sources may tell of a lead, for tests of any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from leadshare.lifecycle.history import History, add
from leadshare.lifecycle.outcome import Money, Outcome, State

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LEAD = "0123456789abcdef0123456789abcdef-fedcba9876543210"


def outcome(state, minutes=0, source="crm", **more):
    """One outcome, so many minutes after the lead came."""
    return Outcome(LEAD, source, NOW + timedelta(minutes=minutes), state, **more)


def told(*outcomes, asked=False):
    """What is known after *outcomes*."""
    history: History = {}
    for one in outcomes:
        history = add(history, one, asked=asked)
    return history


OUTCOMES = st.lists(
    st.builds(
        outcome,
        st.sampled_from(State),
        st.integers(0, 6),
        st.sampled_from(["crm", "saas", "people"]),
        money=st.sampled_from([None, Money(Decimal("1200.50"), "EUR"), Money(Decimal(3), "USD")]),
        corrected_by=st.sampled_from(["", "", "somebody"]),
    ),
    max_size=8,
)
