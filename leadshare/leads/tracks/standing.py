"""Leads: a track whose next step is due, its lead as it stands, and what steps hang on."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadshare import emails
from leadshare.configuration.outreach import Outreach
from leadshare.configuration.tracks import Tracks, TrackStep
from leadshare.leads.tracks import rows
from leadshare.lifecycle.step import Verb
from leadshare.scoring.operators import INTEREST, NUMBERS, TEXTS, Facts
from leadshare.scoring.settings import Scoring
from leadshare.store.table import Change, Row
from leadshare.texts import words
from leadshare.times import from_text


@dataclass(frozen=True, slots=True)
class Terms:
    """What steps hang on beside the rows."""

    tracks: Tracks
    outreach: Outreach
    scoring: Scoring
    verbs: Mapping[str, Collection[Verb]]
    """What each destination can do, by its name."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A track whose next step is due, and its lead as it stands."""

    due: Row
    lead: Row
    contact: Row
    deliveries: Mapping[str, Row]
    """Where the lead has gone, by destination."""

    @property
    def columns(self) -> dict[str, Any]:
        """What the lead's row tells of its track."""
        return rows.of(self.lead.values)

    @property
    def step_id(self) -> str:
        """The id of its next step."""
        columns = self.columns
        return rows.step_id(self.lead.values["lead"], columns, columns["track_step"])

    @property
    def record(self) -> Any:
        """The lead as it goes out."""
        return json.loads(self.lead.values["record"])


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next."""

    changes: list[Change]
    event: str = ""
    """What is logged of it, and its facts."""
    facts: Mapping[str, object] | None = None
    ends: str = ""
    """Why the track ends instead."""


def facts_of(values: Mapping[str, Any], record: Any, scoring: Scoring, now: datetime) -> Facts:
    """Return what conditions ask about, of a lead by its row's *values* and its *record*."""
    address = emails.email(record["email"])
    texts = {name: words(str(record.get(name, ""))) for name in TEXTS}
    last = from_text(record["last_touch"])
    return {
        **texts,
        "email_kind": address.kind if address else "",
        **{name: int(values[name]) for name in NUMBERS},
        "score": int(values["score"]),
        INTEREST: scoring.interest(int(values["score"]), last, now),
    }


def destination_of(
    values: Mapping[str, Any], step: TrackStep, verbs: Mapping[str, Collection[Verb]]
) -> str:
    """Return where a *step* is done for a lead whose row has these *values*; "" for nowhere."""
    own: list[str] = [step.at] if step.at else json.loads(values["route"])
    return next((name for name in own if step.do in verbs.get(name, ())), "")
