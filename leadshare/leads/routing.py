"""Leads: which destinations a lead goes to: by their channels, then by the configured routes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from leadshare.configuration.campaigns import NO_CAMPAIGNS, Campaigns
from leadshare.configuration.clock import Clock
from leadshare.configuration.models import Configuration, Route
from leadshare.playbook import Category, Storefront
from leadshare.scoring.operators import Facts
from leadshare.scoring.rules import holds
from leadshare.texts import words

CHANNELS: Final = {
    "crm": frozenset(Storefront),
    "marketplace": frozenset({Storefront.AZURE_MARKETPLACE, Storefront.UNKNOWN}),
    "field_seller": frozenset[Storefront](),
}
"""The storefronts whose leads a channel brings by itself; a route can bring any lead anywhere.

An unknown one could be any, so it is brought wherever one of them is. A referral to a field seller
has a person at Microsoft at its other end: by a route only.
"""


class Routing(StrEnum):
    """Whether anybody follows up a normal lead; of a special lead it says nothing."""

    ROUTED = "routed"
    NOTICE_ONLY = "notice_only"
    """People are told of it, and nothing else."""
    KEPT = "kept"
    """On purpose: it meets a route to nobody."""
    UNROUTED = "unrouted"


UNFOLLOWED: Final = (Routing.UNROUTED, Routing.NOTICE_ONLY)
"""What has an index row, by which it is listed and planned again."""


class Addressee(Protocol):
    """What must be known of a destination to say which leads it gets."""

    @property
    def name(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def storefronts(self) -> AbstractSet[Storefront]: ...
    @property
    def accepts(self) -> Collection[str]: ...
    @property
    def follows_up(self) -> bool: ...
    @property
    def tells_outcomes(self) -> bool: ...
    def lacks(self, listing_kind: str) -> Collection[str]: ...


A = TypeVar("A", bound=Addressee)


@dataclass(frozen=True, slots=True)
class Routes:
    """Who can get leads, the routes that bring some more by what campaign they are in, and how soon
    leads must be called."""

    destinations: Sequence[Addressee] = ()
    extra: Sequence[Route] = ()
    clock: Clock | None = None
    """How soon somebody must call."""
    campaigns: Campaigns = NO_CAMPAIGNS
    """The campaigns that leads are in, which routes ask for."""
    posted: bool = False
    """Whether a system of the publisher's own posts what became of leads, wherever they go."""

    @staticmethod
    def of(configuration: Configuration[A]) -> Routes:
        """Return the part of a *configuration* by which leads are routed."""
        return Routes(
            configuration.destination,
            configuration.route,
            configuration.clock,
            configuration.campaigns,
            bool(configuration.outcome_source),
        )

    @property
    def names(self) -> frozenset[str]:
        """The names of all destinations."""
        return frozenset(destination.name for destination in self.destinations)

    @property
    def digest(self) -> str:
        """What is another for all others by which a lead could be routed otherwise."""
        told = [
            (one.name, one.channel, sorted(one.storefronts), sorted(one.accepts), one.follows_up)
            for one in self.destinations
        ]
        extra = [one.model_dump(mode="json") for one in self.extra]
        whole = [told, extra, self.campaigns.digest()]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()


def clock_of(destinations: Collection[str], routes: Routes) -> Clock | None:
    """Return the clock of leads that go to these *destinations*.

    None where nobody tells a sign of a person: every such lead would be reminded of.
    """
    told = routes.posted or any(
        d.tells_outcomes for d in routes.destinations if d.name in destinations
    )
    return routes.clock if told else None


def brings(destination: Addressee, storefront: Storefront) -> bool:
    """Say whether leads of *storefront* reach *destination* without a route.

    An unknown storefront passes whatever the destination says of storefronts.
    """
    wanted = destination.storefronts
    passes = not wanted or storefront in wanted or storefront is Storefront.UNKNOWN
    return passes and storefront in CHANNELS[destination.channel]


def route(facts: Facts, score: int, stages: Sequence[str], routes: Routes) -> list[str]:
    """Return the names of the destinations for a lead with these *facts*, each once.

    Of its *stages*, where its score puts it and where sources have moved it, each counts.
    """
    storefront = Storefront(str(facts["storefront"]))
    chosen = [d.name for d in routes.destinations if brings(d, storefront)]
    for extra in _met(facts, score, stages, routes):
        chosen += extra.to
    return list(dict.fromkeys(chosen))


def routing(
    facts: Facts,
    score: int,
    stages: Sequence[str],
    routes: Routes,
    destinations: Collection[str],
) -> str:
    """Return whether anybody follows up a lead whose *destinations* these are."""
    if facts["category"] != Category.NORMAL:
        return ""
    if any(d.follows_up for d in routes.destinations if d.name in destinations):
        return Routing.ROUTED
    if not all(extra.to for extra in _met(facts, score, stages, routes)):
        return Routing.KEPT
    return Routing.NOTICE_ONLY if destinations else Routing.UNROUTED


def _met(facts: Facts, score: int, stages: Sequence[str], routes: Routes) -> list[Route]:
    """Return the routes whose every condition is met, by one of the *stages*."""
    asked = [{**facts, "score": score, "stage": words(stage)} for stage in stages]
    return [
        extra
        for extra in routes.extra
        if any(all(holds(condition, one) for condition in extra.when) for one in asked)
    ]
