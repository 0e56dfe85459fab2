"""Operators: the form of what is told of campaigns."""

from __future__ import annotations

from leadshare.operators.description.values import Answer, Lead, Page


class Move(Answer):
    """A lead that would be in another campaign."""

    lead: Lead
    now: str
    """The id of the campaign that it is in; empty where only the playbook's kind says more."""
    then: str
    """The id of the one that it would be in with its next touch, likewise."""


class Moves(Page):
    """Which leads of a page would move, newest first."""

    leads: int
    """How many were looked at."""
    moves: list[Move]
