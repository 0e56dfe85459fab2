"""Leads: who gets which leads by channels and routes, worked out before any lead has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypedDict

from leadshare.configuration.models import Configuration
from leadshare.leads.routing import CHANNELS, A, Routing, brings
from leadshare.playbook import PLAYBOOK, Category, Storefront
from leadshare.scoring.operators import Facts
from leadshare.scoring.proving import Space, Way, is_possible, left_over, space
from leadshare.scoring.rules import Condition, holds
from leadshare.scoring.wording import fact, spoken
from leadshare.texts import words

NOBODY: Final = (
    "no destination gets any lead; expected a [[destination]],"
    " or [[route]] to = [] if all leads are to be kept for nobody, on purpose"
)


class Share(TypedDict):
    """What a destination gets of the leads of a row."""

    destination: str
    follows_up: bool
    only_if: list[str]
    """Conditions in words, each of which is enough; none if it gets all of them."""


class Place(TypedDict):
    """Where leads come from: a storefront's listings of one kind, or one listing."""

    storefront: str
    """Empty for a listing: whatever its kind, its leads may come from any storefront."""
    listing_kind: str
    listing: str


class Taken(TypedDict):
    """Who takes normal leads, and what is left of them."""

    destinations: list[Share]
    routing: Routing
    """Of all leads, or else of those that no destination follows up: of the worst of them."""
    example: list[str]
    """Facts in words of a lead that is left where others are not, if one was found."""


class Row(Place, Taken):
    """Who takes the normal leads of a place."""


def coverage(configuration: Configuration[A]) -> list[Row]:
    """Return who gets what: by storefront and kind of listing, then by listing.

    What it says is proven for every normal lead that there can be; where too many conditions play
    into each other for that, some leads are said to be left.
    """
    ways = _ways(configuration)
    asked = [condition for _, way in ways for condition in way]
    found: dict[object, Taken] = {}
    rows: list[Row] = []
    for place, cases in _places(configuration):
        # Few listings are asked about by a route; for all others what is found is the same.
        alike = tuple((c["storefront"], *(_is_met(one, c) for one in asked)) for c in cases)
        if alike not in found:
            found[alike] = _taken(configuration, ways, cases)
        rows.append({**place, **found[alike]})
    return rows


def faults(configuration: Configuration[A]) -> list[tuple[tuple[str | int, ...], str]]:
    """Tell by which parts of *configuration* no lead gets anywhere, each with its place there."""
    told: list[tuple[tuple[str | int, ...], str]] = []
    used = {name for route in configuration.route for name in route.to}
    used |= configuration.clock.notices if configuration.clock else set()
    for index, one in enumerate(configuration.destination):
        brought, nothing = CHANNELS[one.channel], f'channel {one.channel} brings "{one.name}" none'
        if one.storefronts and not one.storefronts & brought:
            wanted = "expected no storefronts, and a [[route]] that says what goes there"
            told.append(
                (("destination", index, "storefronts"), f"{nothing} of their leads; {wanted}")
            )
        elif not brought and one.name not in used:
            wanted = f'expected a [[route]] with to = ["{one.name}"]'
            told.append(
                (("destination", index), f"{nothing} of the leads without a route; {wanted}")
            )
    if told or any(brings(one, s) for one in configuration.destination for s in Storefront):
        return told
    rows = coverage(configuration)
    if any(row["destinations"] for row in rows) or all(r["routing"] == Routing.KEPT for r in rows):
        return []
    return [((), NOBODY)]


def lacking(configuration: Configuration[A]) -> dict[str, list[str]]:
    """Return, by destination, the settings that leads need there which can get there."""
    by_name = {one.name: one for one in configuration.destination}
    kinds = {kind for play in PLAYBOOK.values() for kind in play.listing_kinds}
    if not any(one.lacks(kind) for one in by_name.values() for kind in kinds):
        return {}
    found: dict[str, list[str]] = {}
    for row in coverage(configuration):
        for share in row["destinations"]:
            for name in by_name[share["destination"]].lacks(row["listing_kind"]):
                if name not in found.setdefault(share["destination"], []):
                    found[share["destination"]].append(name)
    return found


def _places(configuration: Configuration[A]) -> Iterator[tuple[Place, list[Facts]]]:
    """Return each place with what is known of its leads, one of which is so."""
    for play in PLAYBOOK.values():
        for kind in play.listing_kinds or ("",):
            place = Place(storefront=play.storefront.value, listing_kind=kind, listing="")
            yield place, [_known(play.storefront, kind)]
    for one in configuration.listing:
        place = Place(storefront="", listing_kind=one.kind, listing=one.id)
        # Where the lead does not tell its storefront, the listing does: none is unknown.
        told = [s for s in Storefront if s is not Storefront.UNKNOWN]
        yield place, [_known(storefront, one.kind, one.id) for storefront in told]


def _known(storefront: Storefront, kind: str, listing: str = "") -> Facts:
    """Return what is known of a normal lead before it has come."""
    play = PLAYBOOK[storefront]
    known = {
        "storefront": storefront.value,
        "audience": play.audience,
        "campaign_kind": play.campaign_kind,
        "listing_kind": kind,
        "category": Category.NORMAL.value,
    } | ({"listing": listing} if listing else {})
    return {name: words(value) for name, value in known.items()}


def _ways(configuration: Configuration[A]) -> list[tuple[str, Way]]:
    """Return each way to a destination, with its name; with none where leads are to be kept."""
    ways: list[tuple[str, Way]] = []
    for one in configuration.destination:
        brought = [storefront for storefront in Storefront if brings(one, storefront)]
        if len(brought) == len(Storefront):
            ways.append((one.name, ()))
        else:
            own = [Condition(field="storefront", op="eq", value=s) for s in brought]
            ways += [(one.name, (condition,)) for condition in own]
    for route in configuration.route:
        ways += [(name, route.when) for name in route.to or ("",)]
    return ways


def _taken(
    configuration: Configuration[A], ways: Sequence[tuple[str, Way]], cases: Sequence[Facts]
) -> Taken:
    """Work out who takes the leads of *cases*."""
    asked = [condition for _, way in ways for condition in way]
    spaces = [space(case, asked, configuration.scoring) for case in cases]
    possible = [(name, way) for name, way in ways if is_possible(way, spaces)]
    shares: list[Share] = []
    for one in configuration.destination:
        own = [way for name, way in possible if name == one.name]
        if own:
            told = [] if left_over(own, spaces) is None else [_open(way, cases) for way in own]
            only_if = [spoken(way) for way in dict.fromkeys(told)]
            share = Share(destination=one.name, follows_up=one.follows_up, only_if=only_if)
            shares.append(share)
    routing, left = _routing(configuration, possible, spaces)
    known = {name for name, value in cases[0].items() if all(c[name] == value for c in cases)}
    telling = {condition.field for condition in asked} - known if possible else set()
    example = [fact(name, value) for name, value in left.items() if name in telling]
    return {"destinations": shares, "routing": routing, "example": example}


def _is_met(condition: Condition, known: Facts) -> bool:
    return condition.field in known and holds(condition, known)


def _open(way: Way, cases: Sequence[Facts]) -> Way:
    """Return what of *way* is not met in all *cases*."""
    return tuple(c for c in way if not all(_is_met(c, case) for case in cases))


def _routing(
    configuration: Configuration[A], ways: Sequence[tuple[str, Way]], spaces: Sequence[Space]
) -> tuple[Routing, Facts]:
    """Return what becomes of leads that nobody follows up, and the facts of one of them."""
    taken = {
        one.name: Routing.ROUTED if one.follows_up else Routing.NOTICE_ONLY
        for one in configuration.destination
    } | {"": Routing.KEPT}
    taking: list[Way] = []
    left: Facts = {}
    for routing in (Routing.ROUTED, Routing.KEPT, Routing.NOTICE_ONLY):
        taking += [way for name, way in ways if taken[name] is routing]
        found = left_over(taking, spaces)
        if found is None:
            return routing, left
        left = found
    return Routing.UNROUTED, left
