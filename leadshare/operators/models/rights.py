"""Operators: what they order in a person's stead: models of the bodies that they post."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from leadshare.custody.erasing.ordering import TOKEN
from leadshare.operators.models import rules
from leadshare.operators.models.base import NOT_GIVEN, Expected
from leadshare.operators.models.orders import OfSomebody
from leadshare.operators.models.short_ids import LeadRef

_ANY: Final = ("email", "phone", "lead")


def _whole(value: object) -> object:
    """Return a whole number as that: orders are read without losing a digit."""
    return int(value) if isinstance(value, Decimal) and value == value.to_integral() else value


class OfPerson(OfSomebody):
    """An order about one person, who is known by one thing."""

    model_config = ConfigDict(json_schema_extra={"oneOf": list(rules.PERSON)})

    lead: Annotated[LeadRef | None, NOT_GIVEN, Field(validate_default=True)] = None
    """The id of a lead, or the beginning of it."""

    @field_validator("lead")
    @classmethod
    def _one(cls, lead: str | None, info: ValidationInfo) -> str | None:
        if len([*filter(None, (info.data.get("email"), info.data.get("phone"), lead))]) != 1:
            raise ValueError("one of email, phone and lead, and no more")
        return lead

    @property
    def kind(self) -> str:
        """What is known."""
        return next(name for name in _ANY if getattr(self, name))


class Object(OfPerson):
    """Take down that somebody wants to hear no more."""


class Export(OfPerson):
    """Tell what is held about somebody."""

    person: Annotated[
        Annotated[StrictInt, Field(ge=1, le=1000)] | None,
        BeforeValidator(_whole),
        Expected("the number of a person, from 1 on"),
    ] = None
    """Which of the persons at that address, by the number that the answer without it tells."""


class Erase(OfPerson):
    """Erase somebody; counted only, unless told."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": list(rules.PERSON), "allOf": list(rules.ERASE)}
    )

    dry_run: Annotated[StrictBool, Expected("true or false")] = True
    """Count only."""
    token: Annotated[
        str | None,
        StringConstraints(strict=True, max_length=500, pattern=TOKEN),
        NOT_GIVEN,
        Expected("the token that a dry run gave, for an order, and none for a dry run"),
        Field(validate_default=True),
    ] = None
    """The token that a dry run gave: exactly what that has counted is erased, or nothing."""

    @field_validator("token")
    @classmethod
    def _of_an_order(cls, token: str | None, info: ValidationInfo) -> str | None:
        if bool(token) == bool(info.data.get("dry_run", True)):
            raise ValueError("the token that a dry run gave, for an order, and none for a dry run")
        return token
