"""Operators: what they say became of a lead, and what they ask of outcomes that wait."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic import field_validator as checked
from pydantic.config import JsonDict

from leadshare.lifecycle import money
from leadshare.lifecycle.outcome import Money, State
from leadshare.lifecycle.posted.body import STATES
from leadshare.operators.models import rules
from leadshare.operators.models.base import CODE, NOT_GIVEN, Code, Expected
from leadshare.operators.models.orders import Order
from leadshare.operators.models.queries import Page
from leadshare.operators.models.short_ids import LeadRef

_LONGEST_REASON: Final = 1000


_SUM: Final[JsonDict] = {
    "anyOf": [
        {"type": "string", "pattern": r"^[0-9]{1,15}(\.[0-9]{1,6})?$"},
        {"type": "number", "minimum": 0, "exclusiveMaximum": 10**15},
    ]
}


def _to_amount(value: object) -> Decimal:
    amount = money.amount_of(str(value)) if isinstance(value, str | Decimal) else None
    if amount is None:
        raise ValueError(money.AMOUNT)
    return amount


def _to_currency(value: object) -> str:
    if not isinstance(value, str) or not money.is_currency(value):
        raise ValueError(money.CURRENCY)
    return value


class TellOutcome(Order):
    """What a person says became of a lead: for themselves, or in the stead of a source."""

    model_config = ConfigDict(json_schema_extra={"allOf": list(rules.OUTCOME)})

    lead: LeadRef
    """Its id, or the beginning of it."""
    state: Annotated[
        Literal[tuple(str(state) for state in STATES)] | None,  # type: ignore[valid-type]  # from the states
        NOT_GIVEN,
    ] = None
    """Where it stands."""
    reason: Annotated[
        str,
        StringConstraints(strict=True, strip_whitespace=True, max_length=_LONGEST_REASON),
        Expected(f"a text of at most {_LONGEST_REASON} characters"),
    ] = ""
    """Why, of no person."""
    amount: Annotated[Decimal | None, BeforeValidator(_to_amount), WithJsonSchema(_SUM)] = None
    """What it is worth: a sum of at most six decimals, as a text or a number."""
    currency: Annotated[
        str,
        BeforeValidator(_to_currency),
        WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"}),
        Field(validate_default=False),
    ] = ""
    """Of what currency that is (ISO 4217)."""
    source: Annotated[Code | None, NOT_GIVEN, CODE] = None
    """In whose stead: the destination or source that is wrong."""
    opted_out: Annotated[StrictBool, Expected("true"), Field(validate_default=True)] = False
    """Whether the customer wants to hear no more."""

    @checked("amount")
    @classmethod
    def _of_a_state(cls, amount: Decimal | None, info: ValidationInfo) -> Decimal | None:
        if amount is not None and not info.data.get("state"):
            raise ValueError("nothing, unless state is given")
        return amount

    @checked("opted_out")
    @classmethod
    def _whole(cls, value: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - a field
        if (info.data.get("amount") is None) != (not info.data.get("currency")):
            raise ValueError("amount and currency together")
        if not value and not info.data.get("state"):
            raise ValueError("true, for no state is given")
        if value and info.data.get("source"):
            raise ValueError("nothing, for an opt-out is of no source")
        return value

    @property
    def says(self) -> State | None:
        """Where the lead stands, if that is told."""
        return State(self.state) if self.state else None

    @property
    def money(self) -> Money | None:
        """What it is worth, if that is told."""
        return None if self.amount is None else Money(self.amount, self.currency)


class WaitingOutcomes(Page):
    """Outcomes that wait."""

    waiting: Annotated[Literal["true"], Expected("true")]
    """Those that wait, for there is no lead that they are of."""
