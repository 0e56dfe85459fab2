"""Commands: `keys list`, `create`, `rotate` and `revoke`: two may live while one is replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from leadshare.commands import screen
from leadshare.commands.listings.telling import Telling, print_table
from leadshare.commands.options import agreed
from leadshare.errors import LeadshareError
from leadshare.listings.audit import Standing, endpoint
from leadshare.listings.ingestion import TARGETS
from leadshare.listings.keys import TOGETHER, Key
from leadshare.listings.office import Office, opened, utc_now


@dataclass(frozen=True, slots=True)
class Revoking:
    """Which keys are to end, and when not."""

    listings: Sequence[str]
    """The ids of the listings; none for all."""
    grace: timedelta
    """How long a key lives on beside its successor."""
    newest: bool
    """Whether the newest key ends, too."""
    force: bool
    """Whether a key ends even while it is used."""
    yes: bool
    """Whether nobody is to be asked."""


class Kept(LeadshareError):
    """A key stays; the text says why."""


class Young(Kept):
    """A key stays because its grace time has not passed."""


def show(environment: Mapping[str, str], listings: Sequence[str], *, as_json: bool) -> int:
    """List the keys, since and until when they live and where they are used; never their values.

    1 if one should have been ended.
    """
    with opened(environment) as office:
        standings = list(office.standings(listings))
        shown: list[dict[str, Any]] = [
            {
                "listing": standing.listing,
                "key": key.name,
                "print": key.print,
                "made": key.made.isoformat(),
                "ends": ends.isoformat() if (ends := standing.ends(key)) else "",
                "used_by": _users(standing, key),
            }
            for standing in standings
            for key in standing.keys
        ]
    if as_json:
        screen.show_json({"keys": shown})
    else:
        names = ("listing", "key", "print", "made", "ends", "used_by")
        rows = [
            tuple(", ".join(one[name]) if name == "used_by" else one[name] for name in names)
            for one in shown
        ]
        heads = tuple(name.replace("_", " ") for name in names)
        print_table([heads, *(tuple(cell or "-" for cell in row) for row in rows)])
    overdue = [f"{one.listing}: {text}" for one in standings for text in one.overdue(utc_now())]
    for text in overdue:
        screen.complain(text)
    return 1 if overdue else 0


def create(
    environment: Mapping[str, str], listings: Sequence[str], *, shows: bool, as_json: bool
) -> int:
    """Give each listing a key that has none; *shows* tells the URL of each."""
    telling = Telling(as_json)

    def act(office: Office, standing: Standing) -> None:
        if standing.keys:
            key = standing.keys[-1]
            telling.say(standing.listing, f"has {key.name} already", key=key.name)
        else:
            key = office.keys.make(standing.listing, utc_now())
            telling.say(standing.listing, f"made {key.name}", key=key.name, made=True)
        _show(office, standing, key, telling, shows=shows)

    return _each(environment, listings, act, telling)


def rotate(
    environment: Mapping[str, str],
    listings: Sequence[str],
    grace: timedelta,
    *,
    shows: bool,
    as_json: bool,
) -> int:
    """Give each listing another key; the one before lives on until it is revoked."""
    telling = Telling(as_json)

    def act(office: Office, standing: Standing) -> None:
        if not standing.keys:
            raise Kept("it has no key to replace; `keys create` makes one")
        for key in standing.keys[:-1]:
            _check(standing, key, grace, utc_now())
        for key in standing.keys[:-1]:
            office.keys.drop(key)
        made = office.keys.make(standing.listing, utc_now())
        telling.say(standing.listing, f"made {made.name}", key=made.name, made=True)
        _show(office, standing, made, telling, shows=shows)
        telling.say(
            standing.listing,
            "both live until `listings enable` and publishing have switched it, and"
            f" `keys revoke` has ended the older, within {TOGETHER.days} days",
        )

    return _each(environment, listings, act, telling)


def revoke(environment: Mapping[str, str], wanted: Revoking, *, as_json: bool) -> int:
    """End the keys that have been replaced, or every key; shows them and asks first."""
    telling = Telling(as_json)
    with opened(environment) as office:
        ending, kept = [], False
        for standing in office.standings(wanted.listings):
            going, staying = _ending(standing, wanted, telling)
            ending += going
            kept |= staying
        if not ending:
            return telling.end(failed=kept)
        if not agreed(yes=wanted.yes):
            telling.note("Nothing was changed.")
            return telling.end(failed=True)
        for standing, key in ending:
            try:
                office.keys.drop(key)
                telling.ended(standing.listing, key.name)
            except LeadshareError as error:
                telling.complain(standing.listing, str(error))
                kept = True
        return telling.end(failed=kept)


def _ending(
    standing: Standing, wanted: Revoking, telling: Telling
) -> tuple[list[tuple[Standing, Key]], bool]:
    """Tell what becomes of a listing's keys; return those that end, and if one should but stays.

    That a key lives on for the grace time is as it should be.
    """
    name, going, staying = standing.listing, [], False
    keys = standing.keys if wanted.newest else standing.keys[:-1]
    for key in keys:
        try:
            if not wanted.force:
                _check(standing, key, wanted.grace, utc_now())
        except Young as young:
            telling.say(name, str(young))
        except Kept as kept:
            telling.complain(name, str(kept))
            staying = True
        else:
            telling.say(name, f"end {key.name}")
            going.append((standing, key))
    if not keys:
        telling.say(name, "nothing to end")
    return going, staying


def _each(
    environment: Mapping[str, str],
    listings: Sequence[str],
    act: Callable[[Office, Standing], None],
    telling: Telling,
) -> int:
    """Do *act* for each listing; 1 if any failed.

    What is withdrawn needs no key, unless it is named.
    """
    failed = False
    with opened(environment) as office:
        for standing in office.standings(listings):
            if not listings and standing.product.state == "deprecated":
                continue
            try:
                act(office, standing)
            except LeadshareError as error:
                telling.complain(standing.listing, str(error))
                failed = True
    return telling.end(failed=failed)


def _show(office: Office, standing: Standing, key: Key, telling: Telling, *, shows: bool) -> None:
    """Tell the URL that a listing posts to under *key*, if it is to be shown."""
    if shows:
        telling.show(standing.listing, endpoint(office.base, standing.listing, key))


def _check(standing: Standing, key: Key, grace: timedelta, now: datetime) -> None:
    """Raise `Kept` if *key* is in use, may be, or has been replaced for less than *grace*."""
    newer = [other.made for other in standing.keys if other.made > key.made]
    if grace and newer and now < (ends := newer[0] + grace):
        raise Young(f"{key.name} lives on until {ends.isoformat()}")
    if standing.fault:
        raise Kept(
            f"{key.name} may be in use: {standing.fault}; if it is not, `keys revoke --force`"
        )
    if users := _users(standing, key):
        raise Kept(
            f"{key.name} is in use in {', '.join(users)}; switch it with `listings enable`"
            " and publish first"
        )
    unclear = [t for t in TARGETS if standing.is_here(t) and standing.key(t) is None]
    if unclear:
        raise Kept(
            f"{key.name} may be in use: which key {', '.join(unclear)} uses cannot be told;"
            " switch it with `listings enable` and publish first"
        )


def _users(standing: Standing, key: Key) -> list[str]:
    """Return where *key* is used, by whichever of the deployment's addresses."""
    return [target for target in TARGETS if standing.key(target) == key]
