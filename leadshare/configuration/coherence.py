"""Configuration: what its parts have against each other, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from leadshare.errors import Place
from leadshare.lifecycle.posted.settings import PEOPLE
from leadshare.quoting import can_be_shown, did_you_mean, shown
from leadshare.scoring import possible
from leadshare.scoring.operators import TESTS
from leadshare.texts import words

_ROUTES: Final = ("route",)
_RULES: Final = ("scoring", "rule")
_CAMPAIGNS: Final = ("campaign",)
_ASKING: Final = (_ROUTES, _RULES, _CAMPAIGNS)
"""What has conditions."""
RESERVED: Final = (PEOPLE, "score")
"""Who tells where a lead stands, beside destinations and sources."""

_NAMED: Final = (
    (("destination",), "name"),
    (("listing",), "id"),
    (_CAMPAIGNS, "id"),
    (("outcome_source",), "name"),
    (_RULES, "name"),
)
"""What has a name of its own, and the key that holds it."""


def incoherent(file: object) -> Iterator[tuple[Place, str]]:
    """Tell what cannot be together in *file*: its model, or what was written of one.

    What was written may be of any form: what cannot be read is left to others to tell.
    """
    for place, key in _NAMED:
        yield from _twice(file, place, key)
    yield from _mixed_up(file)
    yield from _called_alike(file)
    yield from _not_there(file, "destination", "name", _destinations_named(file))
    yield from _not_there(file, "campaign", "id", _campaigns_named(file))
    yield from _unlisted(file)


def _not_there(
    file: object, kind: str, key: str, named: Iterable[tuple[Place, object]]
) -> Iterator[tuple[Place, str]]:
    names = _names(file, kind, key)
    if names is None:
        return
    for place, name in named:
        if isinstance(name, str) and name not in names:
            meant = did_you_mean(name, names) or ";"
            hidden = "names that cannot be shown" if names else "none"
            known = ", ".join(filter(can_be_shown, names)) or hidden
            yield place, f"no {kind} {shown(name)}{meant} known: {known}"


def _destinations_named(file: object) -> Iterator[tuple[Place, object]]:
    """Yield what is written where a destination must be named, each with its place."""
    for index, route in enumerate(_parts(file, _ROUTES)):
        for number, name in enumerate(_sequence(_get(route, "to"))):
            yield ("route", index, "to", number), name
    for index, campaign in enumerate(_parts(file, _CAMPAIGNS)):
        ids = _get(campaign, "ids")
        for name in ids if isinstance(ids, Mapping) else ():
            yield (*_CAMPAIGNS, index, "ids", name), name
    if sender := _get(_get(file, "report"), "by"):
        yield ("report", "by"), sender
    for key in ("remind_to", "escalate_to"):
        for number, name in enumerate(_sequence(_get(_get(file, "clock"), key))):
            yield ("clock", key, number), name


def _campaigns_named(file: object) -> Iterator[tuple[Place, object]]:
    """Yield what is written where a campaign must be named, each with its place."""
    for index, listing in enumerate(_parts(file, ("listing",))):
        if name := _get(listing, "campaign"):
            yield ("listing", index, "campaign"), name


def _called_alike(file: object) -> Iterator[tuple[Place, str]]:
    """Tell of campaigns whose name means another as well: ids are looked at by `_twice`."""
    told = [(_get(one, "id"), _get(one, "name")) for one in _parts(file, _CAMPAIGNS)]
    for index, (_, name) in enumerate(told):
        ids = [other for other, _ in told[:index] + told[index + 1 :]]
        others = [*ids, *(other for _, other in told[:index])]
        if isinstance(name, str) and words(name) in {words(str(other)) for other in others}:
            text = f"{shown(name)} is what another is called; expected a name of its own"
            yield (*_CAMPAIGNS, index, "name"), text


def _mixed_up(file: object) -> Iterator[tuple[Place, str]]:
    """Tell of sources of outcomes that could be taken for one another."""
    taken = [*RESERVED, *(_get(one, "name") for one in _parts(file, ("destination",)))]
    secrets: list[object] = []
    for index, source in enumerate(_parts(file, ("outcome_source",))):
        name = _get(source, "name")
        if isinstance(name, str) and name in taken:
            text = f"{shown(name)} speaks for others; expected a name that no destination has"
            yield ("outcome_source", index, "name"), text
        for number, secret in enumerate(_sequence(_get(source, "secrets"))):
            if secret in secrets:
                yield ("outcome_source", index, "secrets", number), "is there twice; expected once"
            secrets.append(secret)
    for index, one in enumerate(_parts(file, ("destination",))):
        if _get(one, "name") in RESERVED:
            text = f"{shown(_get(one, 'name'))} speaks for others; expected another name"
            yield ("destination", index, "name"), text


def excluding(file: Any) -> Iterator[tuple[Place, str]]:
    """Tell of conditions that no lead can meet under the thresholds and catalogue of *file*, and of
    ids of campaigns where there are none.

    *file* is a configuration whose parts are right each by itself.
    """
    ready = file.scoring.sales_ready
    turns = (ready.appsource, ready.azure_marketplace)
    listed = [{"listing": one.id, "listing_kind": one.kind} for one in file.listing]
    campaigns = [{"campaign": one} for one in ("", *(one.id for one in file.campaign))]
    unnamed = [{"listing": "", "listing_kind": kind} for kind in possible.values("listing_kind")]
    yield from _without_campaigns(file)
    for place in _ASKING:
        for index, part in enumerate(_parts(file, place)):
            asked = {one.field for one in part.when}
            why = ""
            if asked & {"score", "stage"}:
                leads = possible.standings(part.when, file.scoring.stage, turns)
                why = possible.excluded(part.when, leads)
            if "campaign" in asked:
                why = why or possible.excluded(part.when, campaigns)
            if listed and "listing" in asked:
                why = why or possible.excluded(part.when, [*listed, *unnamed])
            if why:
                yield (*place, index, "when"), why


def _without_campaigns(file: Any) -> Iterator[tuple[Place, str]]:
    has = {one.name: one.has_campaigns for one in file.destination}
    for index, campaign in enumerate(file.campaign):
        for name in campaign.ids:
            if not has[name]:
                text = "has no campaigns with ids; expected a destination that has"
                yield (*_CAMPAIGNS, index, "ids", name), text


def _twice(file: object, place: tuple[str, ...], key: str) -> Iterator[tuple[Place, str]]:
    seen: set[str] = set()
    for index, part in enumerate(_parts(file, place)):
        name = _get(part, key)
        if isinstance(name, str):
            if name.lower() in seen:
                yield (*place, index, key), f"{shown(name)} is there twice; expected once"
            seen.add(name.lower())


def _unlisted(file: object) -> Iterator[tuple[Place, str]]:
    """Tell of conditions on listings that the catalogue does not have, where there is one, and on
    campaigns that are not there.
    """
    listings, campaigns = _called(file, "listing", "title"), _called(file, "campaign", "name")
    known = {"listing": listings} if listings else {}
    if campaigns is not None:
        known["campaign"] = campaigns
    for place in _ASKING:
        for index, part in enumerate(_parts(file, place)):
            for number, asked in enumerate(_sequence(_get(part, "when"))):
                field = _get(asked, "field")
                for where, why in _unmet(asked, field, known.get(str(field))):
                    yield (*place, index, "when", number, *where), why


def _called(file: object, kind: str, key: str) -> dict[str, object] | None:
    """Return what is at *key* of all tables of a *kind*, by their ids; None if not all have one."""
    names, texts = _names(file, kind, "id"), [_get(one, key) for one in _parts(file, (kind,))]
    return None if names is None else dict(zip(names, texts, strict=True))


def _unmet(
    asked: object, kind: str, known: Mapping[str, object] | None
) -> Iterator[tuple[Place, str]]:
    op, value = _get(asked, "op"), _get(asked, "value")
    if known is None or op not in ("eq", "in", "contains", "has_word"):
        return
    several = not isinstance(value, str)
    for index, text in enumerate(_sequence(value) if several else [value]):
        sought = [words(text)] if isinstance(text, str) else []
        looked_for = sought if op in ("in", "has_word") else "".join(sought)
        if not sought or any(TESTS[op](words(one), looked_for) for one in known):
            continue
        titled = {words(str(title)): identity for identity, title in known.items()}
        own = titled.get(*sought)
        meant = f"; did you mean {shown(own)}?" if own else did_you_mean(text, known)
        has = "has the id" if op in ("eq", "in") else "has an id with"
        place: Place = ("value", index) if several else ("value",)
        yield place, f"no [[{kind}]] {has} {shown(text)}{meant}"


def _names(file: object, kind: str, key: str) -> list[str] | None:
    """Return the names of all tables of a *kind*, or None where not all can be read."""
    names = [_get(part, key) for part in _parts(file, (kind,))]
    is_whole = all(isinstance(name, str) for name in names)
    return names if is_whole and (names or not _get(file, kind)) else None


def _parts(file: object, keys: tuple[str, ...]) -> Sequence[Any]:
    """Return the tables at *keys*; one that is written as the only one is the first."""
    for key in keys:
        file = _get(file, key)
    return [file] if isinstance(file, Mapping) else _sequence(file)


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else ()


def _get(part: object, key: str) -> Any:
    return part.get(key) if isinstance(part, Mapping) else getattr(part, key, None)
