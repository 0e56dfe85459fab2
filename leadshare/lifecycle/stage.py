"""Lifecycle: where a lead stands in the pipeline, by its score and by what its sources say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from leadshare.lifecycle.history import History, now_says, since
from leadshare.lifecycle.outcome import State
from leadshare.playbook import Stage

BY_SCORE: Final = "score"
"""What moved a lead that no source has told anything of."""

_TOLD: Final = frozenset({Stage.WORKING, Stage.OPPORTUNITY, Stage.WON, Stage.LOST})

_SCORED: Final = frozenset({Stage.NEW, Stage.NURTURING, Stage.SALES_READY})

MOVES: Final[Mapping[Stage, frozenset[Stage]]] = {
    stage: _TOLD if stage in _SCORED else frozenset() for stage in Stage if stage not in _TOLD
}
"""Where sources can move a lead from where its category and its score put it.

A special lead stays what it is until a touch says otherwise: nobody who objected becomes an
opportunity because a seller says so.
"""

_RANK: Final = {state: rank for rank, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Standing:
    """A stage, and who says so."""

    stage: Stage
    by: str = BY_SCORE
    """The source that decides, or `score`."""
    at: datetime | None = None
    """Since when that source says so."""
    base: Stage | None = None
    """Where category and score alone put the lead, if it has moved from there."""
    nurtured: bool = False
    """Whether a track has ever run, and the score is still under the threshold."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What a route may ask for: whoever got a lead for its score keeps it while it moves."""
        kept = (self.base, Stage.NURTURING if self.nurtured else None, self.stage)
        return tuple(dict.fromkeys(stage for stage in kept if stage))


def standing(base: Stage, history: History) -> Standing:
    """Return where a lead stands that its category and score put at *base*.

    The furthest of what its sources say counts, so it is lost only if all that have spoken say so.
    """
    says = [(source, points, now_says(points)) for source, points in history.items()]
    told = [
        (-_RANK[now.state], since(points, now), source, Stage(now.state))
        for source, points, now in says
        if now and Stage(now.state) in MOVES[base]
    ]
    if not told:
        return Standing(base)
    # Of several that say the same, who said it first.
    _, at, source, stage = min(told)
    return Standing(stage, source, at, base)
