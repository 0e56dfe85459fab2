"""Operators: one method of one path below `/api/manage`, as it is described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from leadshare.errors import BadRequest, Forbidden, LeadshareError, TooLarge
from leadshare.operators.description.values import Answer
from leadshare.operators.models import orders, queries
from leadshare.operators.models.base import Asked


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path: what it takes, answers and refuses."""

    name: str
    """The function that answers it."""
    path: str
    """Below `/api/manage/`."""
    call: Callable[..., Any]
    """What it calls, which says in a sentence what it does."""
    answer: type[Answer]
    query: type[Asked] = queries.Nothing
    named: type[Asked] | None = None
    """What the path names, if anything."""
    order: type[orders.Order] | None = None
    """The body, where it is a POST."""
    refuses: tuple[type[LeadshareError], ...] = ()
    """What else it refuses than what it does not understand, and what is too large."""
    opens: bool = False
    """Whether who asks must be said where persons are shown."""
    csv: bool = False
    """Whether it can answer a table for spreadsheets."""

    @property
    def method(self) -> str:
        """Its method."""
        return "POST" if self.order else "GET"

    @property
    def persons(self) -> bool:
        """Whether it can show persons."""
        return issubclass(self.query, queries.Persons)

    @property
    def errors(self) -> set[type[LeadshareError]]:
        """All that it refuses."""
        too_large = {TooLarge} if self.order else set()
        return {BadRequest, *self.refuses, *too_large, *({Forbidden} if self.persons else set())}
