"""Leads: who wrote the touches of a lead: persons, each with their own facts, which never mix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from leadshare.leads.touch import Touch
from leadshare.persons.names import Name, companies_contradict, fullness, names_contradict

FACTS: Final = ("first_name", "last_name", "job_title", "phone", "company", "country")
"""What belongs to a person; e-mail, its kind and its domain belong to the address."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who wrote."""

    facts: Mapping[str, str] = field(repr=False)
    """Each of `FACTS`, empty where this person did not say."""
    last: datetime
    """When they were heard last."""
    wrote: tuple[Touch, ...] = field(default=(), repr=False, compare=False)
    """The touches that are theirs, in their order."""


def persons(touches: Iterable[Touch]) -> tuple[Person, ...]:
    """Return who wrote *touches*, which count and are in their order; last heard first.

    A touch is of the person heard last whose name and company it does not contradict.
    """
    heard: list[_Heard] = []
    for touch in touches:
        whose = next((one for one in heard if not one.is_contradicted_by(touch)), None)
        if whose:
            heard.remove(whose)
        heard.insert(0, (whose or _Heard(touch.received)).hear(touch))
    return tuple(Person(one.facts, one.last, tuple(one.wrote)) for one in heard)


@dataclass(slots=True)
class _Heard:
    """A person, as far as the touches were heard."""

    last: datetime
    facts: dict[str, str] = field(default_factory=lambda: dict.fromkeys(FACTS, ""))
    wrote: list[Touch] = field(default_factory=list)

    @property
    def name(self) -> Name:
        return self.facts["first_name"], self.facts["last_name"]

    def is_contradicted_by(self, touch: Touch) -> bool:
        told = touch.facts
        return names_contradict(self.name, _name(told)) or companies_contradict(
            self.facts["company"], told["company"]
        )

    def hear(self, touch: Touch) -> _Heard:
        """Take what *touch* tells: of names the fullest, else what was told last."""
        told, before = touch.facts, self.name
        self.facts |= {name: told[name] for name in FACTS if told[name]}
        fuller = fullness(_name(told)) >= fullness(before)
        first, last = _name(told) if fuller and any(_name(told)) else before
        self.facts |= {"first_name": first, "last_name": last}
        self.last = touch.received
        self.wrote.append(touch)
        return self


def _name(facts: Mapping[str, str]) -> Name:
    return facts["first_name"], facts["last_name"]
