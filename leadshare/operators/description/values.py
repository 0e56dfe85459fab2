"""Operators: what answers are made of: instants, facts that may lack, dictionaries as models."""

from __future__ import annotations

from types import GenericAlias
from typing import Annotated, Any, Final, get_type_hints

from pydantic import ConfigDict, Field, WithJsonSchema, create_model

from leadshare.deliveries.record import Person, Record
from leadshare.leads.coverage import Row, Share
from leadshare.model import Model
from leadshare.operators.models.base import LeadId

LACKING: Final[Any] = Field(default_factory=lambda: None)
"""Marks a fact that an answer may lack."""

Instant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""ISO 8601, UTC."""

Once = Annotated[
    str, WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"const": ""}]})
]
"""An instant; empty where it has not been, or is none."""

Facts = dict[str, Any]
"""What is told in whatever form it has."""

Lead = LeadId


def model_of(kind: type, **parts: type) -> Any:
    """Return the model of a dictionary that is a *kind* of `TypedDict`.

    *parts* tells what dictionaries there are in its lists. Before Python 3.12 pydantic reads no
    `TypedDict` of `typing`.
    """
    lists = {name: GenericAlias(list, (model_of(part),)) for name, part in parts.items()}
    fields: Any = {name: (hint, ...) for name, hint in (get_type_hints(kind) | lists).items()}
    strict = ConfigDict(extra="forbid")
    return create_model(kind.__name__, __config__=strict, __doc__=kind.__doc__, **fields)


class Answer(Model):
    """What is answered, every key of it."""


class Problem(Answer):
    """What is wrong (RFC 9457)."""

    title: str
    """The kind of fault."""
    status: int
    """The HTTP status."""
    detail: str
    """What is wrong, and what is expected: never a customer's data."""


RECORD: Final[Any] = model_of(Record, persons=Person)
COVERAGE: Final[Any] = model_of(Row, destinations=Share)
