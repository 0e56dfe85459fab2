"""What each source has told: any order and any repeat comes to the same."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadshare.lifecycle.history import MOST, add, now_says, read, to_column
from leadshare.lifecycle.outcome import Money, State
from tests.lifecycle.told import OUTCOMES, outcome, told


def says(*outcomes):
    """What the CRM says after *outcomes*."""
    point = now_says(told(*outcomes)["crm"])
    return point and point.state


class TestOrder:
    @given(OUTCOMES, st.randoms())
    def test_any(self, outcomes, random):
        """Whatever is told, in whatever order and however often, is the same in the end."""
        again = outcomes * 2
        random.shuffle(again)

        assert told(*again) == told(*outcomes)

    @given(OUTCOMES)
    def test_column(self, outcomes):
        """A row's column holds all of it."""
        history = told(*outcomes)

        assert history == read(to_column(history))

    def test_before(self):
        """Rows of before there was such a column tell nothing."""
        assert {} == read(None) == read("")

    def test_bound(self):
        """Of a source that never ends the last is kept, in any order."""
        many = [outcome(State.WORKING, n, status=str(n)) for n in range(MOST + 5)]

        assert MOST == len(told(*many)["crm"])
        assert told(*many) == told(*reversed(many))


class TestNews:
    @pytest.mark.parametrize("asked", [True, False])
    def test_repeat(self, asked):
        history = told(outcome(State.WORKING))

        assert history is add(history, outcome(State.WORKING), asked=asked)
        assert history is add(history, outcome(None, 5), asked=asked)

    def test_asked(self):
        """Who is asked says the same with each change of something else: no news."""
        history = told(outcome(State.WORKING))

        assert history is add(history, outcome(State.WORKING, 5), asked=True)
        assert history is not add(history, outcome(State.WORKING, 5), asked=False)
        assert history is not add(history, outcome(State.WON, 5), asked=True)

    def test_amount(self):
        """Another sum is news."""
        history = told(outcome(State.WON, money=Money(Decimal(1), "EUR")))
        more = outcome(State.WON, 5, money=Money(Decimal(2), "EUR"))

        assert history is not add(history, more, asked=True)

    def test_late(self):
        """What was told in between is no repeat: it was so, and then was not."""
        early, late, between = outcome(State.LOST, 1), outcome(State.LOST, 5), outcome(State.WON, 3)

        assert State.LOST == says(early, late, between) == says(between, late, early)


class TestGone:
    def test_never_lost(self):
        """A record that is gone takes nothing back."""
        assert State.WON == says(outcome(State.WON), outcome(State.GONE, 1))

    def test_alone(self):
        assert says(outcome(State.GONE)) is None


class TestCorrection:
    def corrected(self, state, minutes):
        return outcome(state, minutes, corrected_by="somebody")

    def test_outranks(self):
        """A person's word stands, however often the source says again what it said."""
        wrong, right = outcome(State.LOST, 1), self.corrected(State.WON, 2)

        assert State.WON == says(wrong, right)
        assert State.WON == says(right, wrong, outcome(State.LOST, 3))

    def test_until_it_changes(self):
        """Once the source says something else than when it was corrected, it counts again."""
        wrong, right = outcome(State.LOST, 1), self.corrected(State.WON, 2)

        assert State.OPPORTUNITY == says(wrong, right, outcome(State.OPPORTUNITY, 3))
        back = outcome(State.LOST, 4)
        assert State.LOST == says(wrong, right, outcome(State.OPPORTUNITY, 3), back)

    def test_first_word(self):
        """Of a source that had said nothing, anything is a change."""
        assert State.WORKING == says(self.corrected(State.WON, 2), outcome(State.WORKING, 3))

    def test_last_counts(self):
        assert State.LOST == says(self.corrected(State.WON, 2), self.corrected(State.LOST, 3))
