"""Operators: what is asked about campaigns: the model of the body."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StrictStr, ValidationInfo, field_validator

from leadshare.configuration.campaigns import Campaign, Campaigns
from leadshare.operators.models.base import Expected
from leadshare.operators.models.orders import Order
from leadshare.operators.models.queries import LARGEST_PAGE, PAGE


def _whole(value: Any) -> Any:
    """Return *value* with integers for whole numbers, which are read as decimals."""
    match value:
        case Decimal() if value == value.to_integral_value() and abs(value) < _MOST:
            return int(value)
        case list():
            return [_whole(one) for one in value]
        case dict():
            return {name: _whole(one) for name, one in value.items()}
    return value


_MOST: Final = 10**9
_WHOLE: Final = BeforeValidator(_whole)


class Preview(Order):
    """Tell which leads would be in another campaign; nothing changes."""

    campaigns: Annotated[
        tuple[Campaign, ...], _WHOLE, Expected("the [[campaign]] tables of a file that can run")
    ]
    """The campaigns that there would be, as the file has them, in its order."""
    listings: Annotated[
        dict[str, StrictStr], Expected("ids of campaigns by ids of listings in lower case")
    ] = Field(default_factory=dict)
    """The campaign of each listing that would have one, by the listing's id in lower case."""
    limit: Annotated[
        int,
        Field(strict=True, ge=1, le=LARGEST_PAGE),
        _WHOLE,
        Expected(f"a whole number from 1 to {LARGEST_PAGE}"),
    ] = PAGE
    """How many leads are looked at."""
    after: Annotated[StrictStr, Expected("the token that a page gave as `next`")] = ""
    """Those behind a page: what that gave as `next`."""

    @field_validator("listings")
    @classmethod
    def _there(cls, listings: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        ids = {one.id for one in info.data.get("campaigns", ())}
        if not {*listings.values()} <= ids:
            raise ValueError("campaigns that are among `campaigns`")
        return listings

    @property
    def would_be(self) -> Campaigns:
        """The campaigns that there would be."""
        return Campaigns(self.campaigns, self.listings)
