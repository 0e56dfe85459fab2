"""Where a lead stands: the furthest that is told, and nothing that is not allowed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from leadshare.lifecycle.history import now_says
from leadshare.lifecycle.outcome import State
from leadshare.lifecycle.stage import MOVES, Standing, standing
from leadshare.playbook import Category, Stage
from tests.lifecycle.told import OUTCOMES, outcome, told


def stands(*outcomes, base=Stage.SALES_READY):
    """Return the stage after *outcomes*."""
    return standing(base, told(*outcomes)).stage


class TestFurthest:
    def test_nobody(self):
        assert Standing(Stage.NEW) == standing(Stage.NEW, {})

    def test_one(self):
        """A source's own newest word counts, forward or back."""
        assert Stage.WON == stands(outcome(State.WORKING), outcome(State.WON, 1))
        assert Stage.WORKING == stands(outcome(State.WON), outcome(State.WORKING, 1))

    def test_several(self):
        assert Stage.WON == stands(outcome(State.LOST, 5), outcome(State.WON, source="saas"))

    def test_lost_by_all(self):
        """A lead is lost only if all that have spoken say so."""
        lost, also = outcome(State.LOST), outcome(State.LOST, source="saas")
        working = outcome(State.WORKING, source="people")

        assert Stage.LOST == stands(lost, also)
        assert Stage.WORKING == stands(lost, also, working)

    def test_gone(self):
        """Gone is not lost: it is as if the source had never spoken."""
        assert Stage.SALES_READY == stands(outcome(State.GONE))

    def test_by_whom(self):
        """Of several that say the same, who said it first; with the time of that."""
        later, first = outcome(State.WON, 5), outcome(State.WON, 1, source="saas")

        found = standing(Stage.NEW, told(later, first))
        assert (Stage.WON, "saas", first.at) == (found.stage, found.by, found.at)


class TestAllowed:
    @given(st.sampled_from([*MOVES]), OUTCOMES)
    def test_moves(self, base, outcomes):
        """Whatever is told, a lead stays or goes where the table says."""
        history = told(*outcomes)
        found = standing(base, history).stage

        assert found == base or found in MOVES[base]
        spoken = [now_says(points) for points in history.values()]
        if any(spoken) and MOVES[base]:
            assert found in MOVES[base]

    def test_special(self):
        """Nothing leaves `no_contact`, and no other special stage, but by a touch."""
        for category in Category:
            if category is not Category.NORMAL:
                assert Stage(category) == stands(outcome(State.WON), base=Stage(category))

    def test_every_base(self):
        """Every stage that a category, a score and a track can give is in the table."""
        given_by_score = {Stage.SALES_READY, Stage.NEW, Stage.NURTURING}
        assert {*MOVES} == given_by_score | {Stage(c) for c in Category if c != Category.NORMAL}
