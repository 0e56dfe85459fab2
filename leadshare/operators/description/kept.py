"""Operators: the form of what is told of acts, of the chain and of what is kept no longer."""

from __future__ import annotations

from typing import Literal

from leadshare.operators.description.values import LACKING, Answer, Facts, Instant, Lead, Page


class Act(Answer):
    """The beginning of an act, or its end, which names it."""

    act: str
    at: Instant
    what: str
    by: str = LACKING
    """Of a beginning: who asked; it goes one day, as `asked` and `came_to` do."""
    asked: Facts = LACKING
    """Of a beginning: for what."""
    of: str = LACKING
    """Of an end: the `act` that has ended."""
    ended: Literal["done", "failed"] = LACKING
    came_to: Facts = LACKING
    """Of an end: what it came to."""
    numbers: dict[str, int] = LACKING
    """Of an end: how many of what, where that stays."""


class Acts(Page):
    """What was ordered, searched and opened, newest first."""

    acts: list[Act]


class Class(Answer):
    """One class of what is held."""

    of: Literal["leads", "tests", "bodies", "quarantined", "acts", "suppressions"]
    stays: str
    """For how long, such as `36 months`."""
    goes: int
    """How many go with the next run."""


class Retention(Answer):
    """What goes with the next run because it is of age, were it now."""

    at: Instant
    classes: list[Class]
    leads: list[Lead]
    """The leads that go, tests among them."""
    more: bool
    """Whether there is more than one run takes; those after go on."""


class Link(Answer):
    """A link of the chain, each column the text that it is kept as."""

    key: str
    number: str
    before: str
    """The hash of the link before."""
    hash: str
    act: str
    at: Instant
    what: str
    sealed: str = LACKING
    """The hash of `by`, `asked` and `came_to`, with `salt`."""
    by: str = LACKING
    asked: str = LACKING
    of: str = LACKING
    ended: str = LACKING
    came_to: str = LACKING
    numbers: str = LACKING
    salt: str = LACKING


class Links(Page):
    """The chain, newest first."""

    links: list[Link]
