"""Destinations: what a publisher is asked of referrals: who refers, what is offered, who agreed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, StrictInt, model_validator

from leadshare.destinations.settings import LookUpSettings
from leadshare.model import like
from leadshare.partner_center.api import AppUser
from leadshare.playbook import Intent

SERVICE: Final = "consulting service"
"""The kind of listing whose co-sell deals Microsoft asks more of."""

_INTENTS: Final = tuple(intent.value for intent in Intent if intent is not Intent.NONE)
_Solution = Annotated[
    str, like(r"^[A-Za-z0-9-]{1,64}$", "a co-sell solution, such as SOL-12345-ABC")
]


class PartnerCenterReferralSettings(LookUpSettings):
    """Who refers, what is offered, and what the customer has agreed to."""

    type: Literal["partner_center_referral"]
    """A referral in Partner Center."""
    channel: Literal["crm", "field_seller", "marketplace"] = "field_seller"
    """Where it follows up: the playbook sends leads to channels."""
    concurrency: StrictInt = Field(2, ge=1, le=64)
    """Calls in flight at once."""
    user: AppUser
    """Who refers."""
    consent: frozenset[Literal[_INTENTS]] = Field(min_length=1)  # type: ignore[valid-type]  # from the playbook
    """The intents by which a customer has agreed that their details are shared with Microsoft's
    sellers, such as `contact_request`: who uses Contact me agrees to share them. Others are parked
    as `no_consent`. No default: only the publisher knows what its customers agreed to."""
    deal: Literal["Shared", "Independent"] = "Shared"
    """Shared: a co-sell deal, which Microsoft has to accept. Independent: a deal that the partner
    leads and that Microsoft's sellers may see."""
    solution: _Solution
    """The co-sell solution that is offered, such as SOL-12345-ABC."""
    solutions: Mapping[str, _Solution] = Field(default_factory=dict)
    """The solution by listing, `publisher.offer`, where it is another."""
    deal_value: StrictInt | None = Field(None, ge=0)
    """What a deal is worth on average; left out if not told."""
    currency: str = like(r"^([A-Z]{3})?$", "three capital letters, such as EUR", "")
    """What that is counted in."""
    close_in_days: StrictInt | None = Field(None, ge=1, le=1000)
    """How long a deal takes; left out if not told."""

    partner_role: str = Field("", max_length=100)
    """Your role in the deal, as Partner Center names it; consulting services need it."""
    solution_area: str = Field("", max_length=100)
    """The solution area of Microsoft's taxonomy of this year; consulting services need it."""
    solution_play: str = Field("", max_length=100)
    """The solution play of that area; consulting services need it."""

    def lacks(self, listing_kind: str) -> tuple[str, ...]:
        """Return the settings that a shared deal of a service needs and that are not told.

        Microsoft, "Create a referral": required only for services co-sell referrals.
        """
        needed = ("partner_role", "solution_area", "solution_play")
        shared = self.deal == "Shared" and listing_kind == SERVICE
        return tuple(name for name in needed if shared and not getattr(self, name))

    @model_validator(mode="after")
    def _worth(self) -> PartnerCenterReferralSettings:
        if (self.deal_value is None) != (not self.currency):
            raise ValueError("deal_value and currency go together")
        return self
