"""App: all that leadshare.toml may say, for all kinds of destination that are registered."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import Field, model_validator

from leadshare.azure.marketplace_table import MarketplaceTable
from leadshare.configuration.models import Configuration
from leadshare.destinations import DESTINATIONS
from leadshare.destinations.notices.email_settings import EmailSettings
from leadshare.destinations.settings import DestinationSettings
from leadshare.errors import Faults, Place
from leadshare.leads.coverage import faults
from leadshare.leads.waiting.starting import unfit
from leadshare.partner_center.analytics import AnalyticsApp
from leadshare.partner_center.api import AppUser
from leadshare.quoting import shown

D = TypeVar("D", bound=DestinationSettings)


class WholeConfiguration(Configuration[D], Generic[D]):
    """What the file may say, with what is neither about leads nor about destinations."""

    partner_center: AppUser | None = None
    """Who fetches referrals; without it none are taken."""
    analytics: AnalyticsApp | None = None
    """The app that reads Microsoft's books: visits, orders, billed revenue; without it none are."""
    marketplace_table: MarketplaceTable | None = None
    """The table that listings write leads into; without it none is read."""

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if wrong := [*faults(self), *unfit(self), *_unmailable(self)]:
            raise Faults(*wrong)
        return self


def _unmailable(configuration: Configuration[D]) -> Iterator[tuple[Place, str]]:
    """Tell of a way to mail the report that is no e-mail."""
    for one in configuration.destination:
        if one.name == configuration.report.by and not isinstance(one, EmailSettings):
            yield ("report", "by"), f"{shown(one.name)} is no destination of the type email"


@cache
def configuration_model() -> type[WholeConfiguration[DestinationSettings]]:
    """Return the model of `leadshare.toml` for all kinds of destination that are registered."""
    kinds: Any = reduce(or_, DESTINATIONS)
    model: Any = WholeConfiguration[Annotated[kinds, Field(discriminator="type")]]
    return model  # type: ignore[no-any-return]  # a union made at run time has no static type
