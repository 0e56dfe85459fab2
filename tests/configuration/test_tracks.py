"""Tracks in the file: what is refused of them and of their steps, each with its place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from leadshare.configuration.tracks import Asked, Track, TrackStep
from leadshare.errors import Faults, Place
from leadshare.leads.tracks.fitting import unable
from leadshare.lifecycle.basis import Basis
from leadshare.lifecycle.step import Verb
from leadshare.scoring import possible

TASK = {"do": "task", "text": "Call"}
END = {"do": "end"}


def asked(op: str, value: str) -> dict[str, Any]:
    """A condition on the country."""
    return {"field": "country", "op": op, "value": value}


def listed(number: int) -> dict[str, Any]:
    """A step that puts a customer on a list of that number."""
    return {"do": "list", "at": "crm", "into": str(number)}


def refused(model: Any, told: dict[str, Any]) -> list[tuple[Place, str]]:
    """What is said of that, each with its place."""
    with pytest.raises(ValidationError) as caught:
        model.model_validate(told)
    [error] = caught.value.errors()
    own = error["ctx"]["error"]
    assert isinstance(own, Faults)
    return [((*error["loc"], *place), text) for place, text in own.faults]


@pytest.mark.parametrize(
    ("step", "place", "said"),
    [
        ({"do": "task"}, ("text",), "task needs text here: expected what people are to read"),
        ({**END, "text": "Call"}, ("text",), "says nothing of end; expected none"),
        ({**END, "at": "crm"}, ("at",), "says nothing of end; expected none"),
        (
            {**TASK, "when": [{"field": "stage", "op": "eq", "value": "new"}]},
            ("when", 0),
            "a step cannot ask about stage: it is nurturing",
        ),
        (
            {**TASK, "when": [asked("eq", "DE"), asked("eq", "FR")]},
            ("when",),
            possible.contradiction([Asked(**asked("eq", "DE")), Asked(**asked("eq", "FR"))]),
        ),
    ],
)
def test_step(step, place, said):
    """A step has what its verb needs, nothing else, and asks what may be so."""
    assert (place, said) in refused(TrackStep, step)


@pytest.mark.parametrize(
    ("track", "place", "said"),
    [
        ({}, (), "expected campaign or kind, one of the two"),
        (
            {"campaign": "fair", "kind": "nurture"},
            ("kind",),
            "expected campaign or kind, one of the two",
        ),
        (
            {"kind": "nurture", "step": [END, TASK]},
            ("step", 1),
            "is never come to: the step before ends the track",
        ),
        (
            {"kind": "nurture", "step": [TASK, listed(1)]},
            ("step", 1, "do"),
            "list may reach the customer: the track needs basis, one of "
            + ", ".join(f'"{basis}"' for basis in Basis),
        ),
        (
            {"kind": "nurture", "basis": "consent", "step": [listed(n) for n in range(5)]},
            ("step",),
            "puts customers on more than 4 lists",
        ),
    ],
)
def test_track(track, place, said):
    """A track is for one campaign or one kind, and can be gone through to its last step."""
    assert [(place, said)] == refused(Track, {"id": "one", "step": [TASK], **track})


def test_unable():
    """What a destination cannot do is told with what it can; one that is not named is chosen."""
    steps = [TASK, {**TASK, "at": "crm"}, {**TASK, "at": "hook"}, {**TASK, "at": "bell"}]
    track = Track.model_validate({"id": "one", "kind": "nurture", "step": steps})
    verbs = {"crm": {Verb.TASK}, "hook": {Verb.EVENT}, "bell": set[Verb]()}

    assert [
        (("track", 0, "step", 2, "do"), '"hook" cannot task; it can do: event'),
        (("track", 0, "step", 3, "do"), '"bell" cannot task; it can do: nothing of a track'),
    ] == [*unable([track], verbs)]
