"""What rows show of outcomes: a lead says what its sources have told, and stands where they say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from leadshare.lifecycle.history import History, add, read
from leadshare.lifecycle.outcome import Outcome, State
from leadshare.lifecycle.stage import MOVES, standing
from leadshare.playbook import Stage
from leadshare.times import from_text

Values = Mapping[str, Any]


def of_sources(leads: Mapping[str, Values], outcomes: Iterable[Values]) -> Iterator[str]:
    """Tell of leads that say something else than their outcomes' rows, and of rows of no lead."""
    told: dict[str, History] = defaultdict(dict)
    for values in outcomes:
        if values["lead"] not in leads:
            yield f"outcome of {values['lead']}: no such lead"
        told[values["lead"]] = add(told[values["lead"]], outcome_of(values), asked=False)
    for lead, values in leads.items():
        said = read(values.get("states"))
        if _points(said) != _points(told[lead]):
            yield f"lead {lead}: another history than its outcomes"
        if (stage := Stage(values["stage"])) in MOVES[Stage.NEW]:
            if standing(Stage.NEW, said).stage != stage:
                yield f"lead {lead}: {stage}, and no source says so"
        elif MOVES[stage] and standing(stage, said).stage != stage:
            yield f"lead {lead}: {stage}, and sources say otherwise"


def stage_of(base: Stage, values: Values) -> Stage:
    """Return where a lead stands that its touches put at *base*, by what its row was told."""
    stage = standing(base, read(values.get("states"))).stage
    return Stage.NURTURING if stage is Stage.NEW and values.get("track_due") else stage


def _points(history: History) -> dict[str, list[tuple[Any, ...]]]:
    """Return what is compared: sums are kept with the outcome that told them."""
    return {
        source: [(one.at, one.state, one.corrected) for one in points]
        for source, points in history.items()
    }


def outcome_of(values: Values) -> Outcome:
    """Return the outcome that a row keeps."""
    return Outcome(
        values["lead"],
        values["source"],
        from_text(values["at"]),
        State(values["state"]),
        corrected_by=values["by"],
    )
