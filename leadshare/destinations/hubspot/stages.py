"""Destinations: the stages of HubSpot's pipelines, of deals and of leads.

Vendor: the 2026-03 specification of pipelines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from leadshare.client.answers.json_values import as_object, objects
from leadshare.destinations.hubspot.answers import Record
from leadshare.lifecycle.outcome import State

LEAD_STAGES: Final[Mapping[str, State]] = {
    "attempting-stage-id": State.WORKING,
    "connected-stage-id": State.WORKING,
    "qualified-stage-id": State.OPPORTUNITY,
    "unqualified-stage-id": State.LOST,
}
"""What a stage of the default pipeline of leads means."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline of deals or leads."""

    label: str
    state: State | None


Stages = Mapping[str, Stage]


def stages(pipelines: Iterable[Record], *, deals: bool) -> dict[str, Stage]:
    """Return the stages of all *pipelines*, which are of deals or of leads, by id.

    A closed one of deals is won or lost by its probability (specification of pipelines).
    """
    return {
        number: Stage(str(stage.get("label")), _closed(stage) if deals else LEAD_STAGES.get(number))
        for pipeline in pipelines
        for stage in objects(pipeline.get("stages"))
        if (number := str(stage.get("id")))
    }


def _closed(stage: Record) -> State:
    metadata = as_object(stage.get("metadata"))
    closed = str(metadata.get("isClosed")).lower() == "true"
    probability = number_in(metadata.get("probability"))
    if closed and probability in (0, 1):
        return State.WON if probability else State.LOST
    return State.OPPORTUNITY


def number_in(value: object) -> Decimal | None:
    """Return the number in a property, which is a text; None where there is none."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
