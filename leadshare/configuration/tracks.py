"""Configuration: tracks: the steps by which leads of a campaign, or of a kind, are nurtured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, Self

from pydantic import Field, StrictFloat, model_validator

from leadshare.errors import Faults, Place
from leadshare.lifecycle.basis import Basis
from leadshare.lifecycle.step import REACHES, Verb
from leadshare.model import Model, like
from leadshare.playbook import PLAYBOOK
from leadshare.scoring import possible
from leadshare.scoring.operators import INTEREST, NUMBERS, SCORED, TEXTS
from leadshare.scoring.rules import Condition

MOST_TRACKS: Final = 200
"""Tracks of a configuration."""
MOST_STEPS: Final = 20
"""Steps of a track."""
MOST_LISTS: Final = 4
"""Lists that one track may put a customer on: each is a row when the track is left."""

_KINDS = tuple(dict.fromkeys(play.campaign_kind for play in PLAYBOOK.values()))

READ: Final = frozenset({Verb.TASK, Verb.NOTE, Verb.NOTICE})
"""What people read."""
LISTED: Final = frozenset({Verb.LIST, Verb.LEAVE})
"""What is about a list of a system's own."""

NEEDS: Final = (
    ("text", READ, "what people are to read"),
    ("into", LISTED, "the id that the list has there"),
    ("at", REACHES | LISTED, "the destination that does it"),
)
"""Keys that steps with some verbs need, and what they say."""

TAKES: Final = (
    ("text", frozenset(Verb) - {Verb.END, Verb.LEAVE, Verb.LIST}),
    ("into", LISTED),
    ("at", frozenset(Verb) - {Verb.END}),
)
"""Keys that steps with other verbs than these cannot have."""


class Asked(Condition):
    """A question about a lead at the time of a step."""

    field: Literal[(*TEXTS, *NUMBERS, *SCORED, INTEREST)]  # type: ignore[valid-type]  # from the tuples
    """The fact; `interest` is what is left of the score since the last touch, from 0 to 100."""


class TrackStep(Model):
    """One step: what is done, after how long, and for which leads."""

    after_days: StrictFloat = Field(0, ge=0, le=365)
    """Days since the step before, or since the track began; parts of a day count, too."""
    when: tuple[Asked, ...] = ()
    """The conditions, all of which the lead must meet then; else the step is left out."""
    do: Verb
    """What is done."""
    at: str = ""
    """The destination that does it; if not told, the first of the lead's own that can."""
    text: str = Field("", max_length=1000)
    """What people read of it; of the customer it knows nothing."""
    into: str = Field("", max_length=200)
    """The list or membership, by the id that it has at the destination."""

    @property
    def after(self) -> timedelta:
        """The time since the step before."""
        return timedelta(days=self.after_days)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if faults := [*self._wrong()]:
            raise Faults(*faults)
        return self

    def _wrong(self) -> Iterator[tuple[Place, str]]:
        for key, verbs, said in NEEDS:
            if self.do in verbs and not getattr(self, key):
                yield (key,), f"{self.do} needs {key} here: expected {said}"
        for key, verbs in TAKES:
            if self.do not in verbs and getattr(self, key):
                yield (key,), f"says nothing of {self.do}; expected none"
        for index, asked in enumerate(self.when):
            if asked.field == "stage":
                yield ("when", index), "a step cannot ask about stage: it is nurturing"
        if why := possible.contradiction(self.when):
            yield ("when",), why


class Track(Model):
    """The steps by which the leads of a campaign, or of a kind, become sales-ready."""

    id: str = like(
        r"^[a-z0-9][a-z0-9-]{0,39}$", "lower-case letters, digits and hyphens, at most 40"
    )
    """A slug; a lead that is under way knows its track by it."""
    campaign: str = Field("", max_length=120)
    """The id of the campaign whose leads it is for."""
    kind: Literal[("", *_KINDS)] = ""  # type: ignore[valid-type]  # from the playbook
    """Or the kind of campaign, for leads whose own campaign has no track."""
    basis: Basis | None = None
    """The legal basis on which it may reach customers; a track that makes work for your own people
    only needs none."""
    step: tuple[TrackStep, ...] = Field((), max_length=MOST_STEPS)
    """Its steps, in their order; none says that such leads are left alone."""

    @property
    def lists(self) -> frozenset[tuple[str, str]]:
        """What it puts customers on: destinations, and ids there."""
        return frozenset((one.at, one.into) for one in self.step if one.do is Verb.LIST)

    @model_validator(mode="after")
    def _can_run(self) -> Self:
        if faults := [*self._wrong()]:
            raise Faults(*faults)
        return self

    def _wrong(self) -> Iterator[tuple[Place, str]]:
        if bool(self.campaign) == bool(self.kind):
            yield (("kind",) if self.kind else ()), "expected campaign or kind, one of the two"
        if len(self.lists) > MOST_LISTS:
            yield ("step",), f"puts customers on more than {MOST_LISTS} lists"
        for index, one in enumerate(self.step):
            if one.do in REACHES and self.basis is None:
                bases = ", ".join(f'"{basis}"' for basis in Basis)
                text = f"{one.do} may reach the customer: the track needs basis, one of {bases}"
                yield ("step", index, "do"), text
            if one.do is Verb.END and not one.when and index + 1 < len(self.step):
                yield ("step", index + 1), "is never come to: the step before ends the track"


@dataclass(frozen=True)
class Tracks:
    """The tracks that run."""

    told: Sequence[Track] = ()

    def of(self, campaign: str, kind: str) -> Track | None:
        """Return the track of leads of a *campaign*, else of its *kind*; None if none runs."""
        own = (one for one in self.told if campaign and one.campaign == campaign)
        alike = (one for one in self.told if one.kind == kind)
        found = next(own, None) or next(alike, None)
        return found if found and found.step else None

    def named(self, track: str) -> Track | None:
        """Return the track with this id."""
        return next((one for one in self.told if one.id == track), None)

    @property
    def shortest(self) -> timedelta:
        """The shortest time between two steps, but for none."""
        waits = [step.after for one in self.told for step in one.step if step.after]
        return min(waits, default=timedelta(days=1))
