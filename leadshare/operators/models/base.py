"""Operators: what their requests are made of, and how what is wrong with one is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar, get_args

from pydantic import (
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from leadshare.errors import BadRequest
from leadshare.model import Model
from leadshare.quoting import can_be_shown, did_you_mean, shown
from leadshare.times import END, EPOCH


class Expected(str):
    """What a value must be, in words: among the metadata of its field, where it is no choice."""

    __slots__ = ()


class NotGiven:
    """Lets an empty text stand for nothing: among the metadata of a field."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Take it for None."""
        return core_schema.no_info_before_validator_function(
            lambda value: None if value == "" else value, handler(source)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Say that it may be empty."""
        described = handler(schema)
        return {"anyOf": [*described.pop("anyOf", [described]), {"const": ""}]}


class Asked(Model):
    """What a request asks for, understood whole or refused."""


A = TypeVar("A", bound=Asked)


def understand(kind: type[A], values: Mapping[str, object]) -> A:
    """Return *values* as the *kind* of request that they are; `BadRequest` names what is wrong."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise BadRequest(_fault(kind, error, values)) from None


def _fault(kind: type[Asked], error: ValidationError, values: Mapping[str, object]) -> str:
    """Tell of the first thing that is wrong: of an unknown key, for it may be another mistyped."""
    found = error.errors(include_url=False, include_input=False)
    first = min(found, key=lambda one: one["type"] != "extra_forbidden")
    # Half a character in a key is told of no key.
    name = str(first["loc"][0]) if first["loc"] else ""
    if name not in kind.model_fields:
        known = list(kind.model_fields)
        told = name if can_be_shown(name) else "(a key)"
        meant = did_you_mean(name, known) or ";"
        return f"{told}: no such key{meant} known: {', '.join(known) or 'none'}"
    if "error" in first.get("ctx", {}):
        return f"{name}: expected {first['ctx']['error']}"
    field = kind.model_fields[name]
    words = [one for one in field.metadata if isinstance(one, Expected)]
    if words:
        return f"{name}: expected {words[0]}"
    return f"{name}: {not_among(_choices(field.annotation), values.get(name))}"


def not_among(known: Iterable[str], value: object) -> str:
    """Tell that *value* is not among what is *known*, but only if it can be no person's."""
    expected = f"expected one of {', '.join(known)}"
    return f"{expected}; there is {shown(value)}" if isinstance(value, str) else expected


def _choices(annotation: Any) -> list[str]:
    """Return what may stand where an *annotation* names all of it."""
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return list(annotation)
    parts = get_args(annotation)
    return [one for part in parts for one in ([part] if isinstance(part, str) else _choices(part))]


def _to_time(value: object) -> datetime:
    """Return the instant in *value*, ISO 8601, in UTC where it names no zone."""
    try:
        instant = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise ValueError("a time such as 2026-01-31T12:00:00Z") from None
    instant = instant.replace(tzinfo=instant.tzinfo or UTC)
    # What is before or after all times that a key can tell is as good as the first or last.
    return min(max(instant, EPOCH), END).astimezone(UTC)


NOT_GIVEN: Final = NotGiven()


def written(pattern: str) -> Any:
    """Say in schemas how a text is written that is given; what is not so may be refused."""
    return Field(json_schema_extra={"pattern": f"^$|{pattern}"})


Time = Annotated[datetime, BeforeValidator(_to_time)]
"""An instant."""

# What an order narrows by is logged with it, and so it must be able to name no person.
Code = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,255}$")]
"""A name or code."""

CODE: Final = Expected("a text of at most 256 letters, digits, and the signs _ . -")

Who = Annotated[
    str,
    StringConstraints(
        strict=True, strip_whitespace=True, min_length=1, max_length=200, pattern=r"\S"
    ),
]
"""Who asks."""

WHO: Final = "who asks for this, for the record, in at most 200 characters"

LeadId = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{32}-[0-9a-f]{16}$")]
"""A lead's id."""
