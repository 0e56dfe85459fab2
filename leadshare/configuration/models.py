"""Configuration: what a publisher configures, as checked models; secrets are never in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from leadshare.addresses import ascii_domain
from leadshare.configuration.campaigns import NO_CAMPAIGNS, Campaign, Campaigns, of_listings
from leadshare.configuration.clock import Clock
from leadshare.configuration.coherence import excluding, incoherent
from leadshare.configuration.report import Reporting
from leadshare.configuration.retention import Retention
from leadshare.errors import Faults
from leadshare.lifecycle.posted.settings import MOST_SOURCES, OutcomeSource
from leadshare.model import Model, like
from leadshare.playbook import PLAYBOOK, Storefront
from leadshare.scoring import possible
from leadshare.scoring.rules import Condition
from leadshare.scoring.settings import Scoring
from leadshare.texts import words

MOST_DESTINATIONS = 20
"""A lead's rows and three for each destination must fit one transaction of 100 rows."""


_KINDS = tuple(kind for play in PLAYBOOK.values() for kind in play.listing_kinds)


_Print = Annotated[str, like(r"^[0-9a-f]{16}$", "the print of a key: 16 hex digits")]


class Listing(Model):
    """One listing of the publisher, as in Partner Center."""

    id: str = like(
        r"^[A-Za-z0-9][A-Za-z0-9_-]*\.[A-Za-z0-9._-]+$",
        "publisher.offer, such as contoso.invoice-robot",
        max_length=200,
    )
    """`publisher.offer`, as its page in Partner Center has it."""
    title: str = Field(max_length=200)
    """Its name in the storefront; leads that name no offer are found by it."""
    kind: Literal[_KINDS]  # type: ignore[valid-type]  # from the playbook
    """What it is: apps and consulting services are AppSource's, offers and technologies Azure
    Marketplace's."""
    campaign: str = Field("", max_length=200)
    """The `id` of the campaign that its leads are in which name none and meet none's conditions."""
    keys: frozenset[_Print] = frozenset()
    """Prints of its function keys, as `keys list` shows them: a lead that comes with one of them
    and is of another listing is quarantined."""

    @property
    def storefront(self) -> Storefront:
        """The storefront that carries listings of this kind."""
        return next(p.storefront for p in PLAYBOOK.values() if self.kind in p.listing_kinds)


class Route(Model):
    """Destinations that leads meeting every condition go to as well."""

    when: tuple[Condition, ...] = ()
    """The conditions, all of which a lead must meet; none is met by every lead."""
    to: tuple[str, ...]
    """Names of destinations; none says that such leads are kept, and nobody need follow them up."""

    @model_validator(mode="after")
    def _can_be_true(self) -> Self:
        if why := possible.contradiction(self.when):
            raise Faults((("when",), why))
        return self


@dataclass(frozen=True)
class Catalogue:
    """The publisher's listings, own domains and campaigns."""

    listings: tuple[Listing, ...] = ()
    internal_domains: frozenset[str] = frozenset()
    campaigns: Campaigns = NO_CAMPAIGNS

    @property
    def ids(self) -> frozenset[str]:
        """The listings' ids in lower case, which name them in a touch."""
        return frozenset(listing.id.lower() for listing in self.listings)

    def bound_to(self, key: str) -> frozenset[str]:
        """Return the listings, in lower case, that the *key* with this print is of; none if any."""
        return frozenset(one.id.lower() for one in self.listings if key in one.keys)

    def find_listing(self, offer: str, titles: tuple[str, ...]) -> Listing | None:
        """Return the listing with this *offer* id, else with one of the *titles*."""
        wanted = {words(title) for title in titles if title}
        for listing in self.listings:
            if listing.id.lower() == offer:
                return listing
        if offer:
            return None
        return next((one for one in self.listings if words(one.title) in wanted), None)


def _domain(text: str) -> str:
    """Return a domain as people write it, `@Contoso.com`, in the form that is compared."""
    return ascii_domain(text.strip().removeprefix("@"))


_Domain = Annotated[str, AfterValidator(_domain)]
D = TypeVar("D")


class Configuration(Model, Generic[D]):
    """The whole of `leadshare.toml`; `D` is the union of all destinations' settings."""

    listing: tuple[Listing, ...] = ()
    """The catalogue of the publisher's listings."""
    destination: tuple[D, ...] = Field((), max_length=MOST_DESTINATIONS)
    """The systems that leads go to."""
    campaign: tuple[Campaign, ...] = ()
    """The publisher's campaigns; where a lead meets the conditions of several, the first counts."""
    route: tuple[Route, ...] = ()
    """Where leads go as well."""
    outcome_source: tuple[OutcomeSource, ...] = Field((), max_length=MOST_SOURCES)
    """The systems of the publisher's own that post what became of leads."""
    scoring: Scoring = Field(default_factory=lambda: Scoring.model_validate({}))
    """How leads are scored and when they are sales-ready."""
    clock: Clock | None = None
    """How soon somebody must call; without it nobody is reminded."""
    retention: Retention = Field(default_factory=lambda: Retention.model_validate({}))
    """How long what is held stays, class by class."""
    report: Reporting = Field(default_factory=lambda: Reporting.model_validate({}))
    """By whose days leads are counted and reported."""
    internal_domains: frozenset[_Domain] = frozenset()
    """E-mail domains of the publisher's own people, who acquire previews; those below count too."""

    @model_validator(mode="after")
    def _can_run(self) -> Self:
        if faults := [*incoherent(self)] or [*excluding(self)]:
            raise Faults(*faults)
        return self

    @cached_property
    def catalogue(self) -> Catalogue:
        """The part of it by which a touch is read."""
        return Catalogue(self.listing, self.internal_domains, self.campaigns)

    @cached_property
    def campaigns(self) -> Campaigns:
        """The part of it by which leads are in campaigns."""
        return Campaigns(self.campaign, of_listings(self.listing))
