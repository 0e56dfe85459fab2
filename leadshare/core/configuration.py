"""Core: what a publisher configures, as checked models; secrets are never in it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from functools import cached_property
from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from leadshare.core.normal import words
from leadshare.core.playbook import PLAYBOOK, Storefront
from leadshare.core.rules import DEFAULT_RULES, Condition, Model, Rule

MOST_DESTINATIONS = 30
"""A lead's rows and three for each destination must fit one transaction of 100 rows."""


class SalesReady(Model):
    """The score from which a lead is sales-ready, for each storefront."""

    appsource: int = Field(60, ge=0, le=100)
    azure_marketplace: int = Field(60, ge=0, le=100)


class Scoring(Model):
    """How leads are scored; `rule` replaces the built-in rules as a whole."""

    sales_ready: SalesReady = SalesReady()  # type: ignore[call-arg]  # all fields have defaults
    rule: tuple[Rule, ...] = Field(DEFAULT_RULES, min_length=1, max_length=100)

    @cached_property
    def version(self) -> str:
        """12 hex that change with any rule."""
        text = json.dumps([rule.model_dump(mode="json") for rule in self.rule], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


_KINDS = tuple(kind for play in PLAYBOOK.values() for kind in play.listing_kinds)


class Listing(Model):
    """One listing of the publisher, as in Partner Center."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*\.[A-Za-z0-9._-]+$", max_length=200)
    """`publisher.offer`."""
    title: str = Field(max_length=200)
    kind: Literal[_KINDS]  # type: ignore[valid-type]  # from the playbook
    campaign: str = Field("", max_length=200)
    """The publisher's campaign that this listing belongs to."""

    @property
    def storefront(self) -> Storefront:
        """The storefront that carries listings of this kind."""
        return next(p.storefront for p in PLAYBOOK.values() if self.kind in p.listing_kinds)


class Route(Model):
    """Destinations that leads meeting every condition go to as well."""

    when: tuple[Condition, ...] = ()
    to: tuple[str, ...] = Field(min_length=1)


def _domain(text: str) -> str:
    """Return a domain as people write it, `@Contoso.com`, in the form that is compared."""
    return text.strip().lower().removeprefix("@")


_Domain = Annotated[str, AfterValidator(_domain)]
D = TypeVar("D")


class Configuration(Model, Generic[D]):
    """The whole of `leadshare.toml`; `D` is the union of all destinations' settings."""

    listing: tuple[Listing, ...] = ()
    destination: tuple[D, ...] = ()
    route: tuple[Route, ...] = ()
    scoring: Scoring = Scoring()  # type: ignore[call-arg]  # all fields have defaults
    internal_domains: frozenset[_Domain] = frozenset()
    """E-mail domains of the publisher's own people, who acquire previews."""

    @model_validator(mode="after")
    def _can_run(self) -> Self:
        names = [d.name for d in self.destination]  # type: ignore[attr-defined]  # every destination has one
        for kind, keys in (
            ("destination", names),
            ("listing", [listing.id.lower() for listing in self.listing]),
            ("scoring.rule", [rule.name for rule in self.scoring.rule]),
        ):
            if twice := [key for key, count in Counter(keys).items() if count > 1]:
                raise ValueError(f"{kind} {twice[0]} is there twice; expected once")
        if len(names) > MOST_DESTINATIONS:
            raise ValueError(f"{len(names)} destinations; at most {MOST_DESTINATIONS} fit")
        for index, route in enumerate(self.route):
            for name in route.to:
                if name not in names:
                    known = ", ".join(names) or "none"
                    raise ValueError(f"route[{index}].to: no destination {name}; known: {known}")
        return self

    def find_listing(self, offer: str, titles: tuple[str, ...]) -> Listing | None:
        """Return the catalogue's listing with this *offer* id, else with one of the *titles*."""
        wanted = {words(title) for title in titles if title}
        for listing in self.listing:
            if listing.id.lower() == offer:
                return listing
        if offer:
            return None
        return next((one for one in self.listing if words(one.title) in wanted), None)
