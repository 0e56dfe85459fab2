"""Custody: what a person can ask for of what is held: erasure, objection, a copy."""

from __future__ import annotations

from dataclasses import dataclass

from leadshare.custody.erasing.ordering import Erasures
from leadshare.custody.erasing.subject import Subjects
from leadshare.custody.objecting import Objections


@dataclass(frozen=True, slots=True)
class Rights:
    """What carries out what persons may ask for, under one configuration."""

    subjects: Subjects
    erasures: Erasures
    objections: Objections
