"""Listings: `keys list`, `create`, `rotate` and `revoke`: two may live while one is replaced."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from leadshare.errors import LeadshareError
from leadshare.listings.audit import Standing, endpoint
from leadshare.listings.ingestion import TARGETS
from leadshare.listings.keys import Key
from leadshare.listings.office import Office, agreed, complain, opened, print_table, utc_now


class Kept(LeadshareError):
    """A key stays; the text says why."""


def show(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """List the keys, since when they live and where they are used; never their values."""
    with opened(environment) as office:
        told = [
            {
                "listing": standing.listing,
                "key": key.name,
                "made": key.made.isoformat(),
                "used_by": _users(standing, key),
            }
            for standing in office.standings(options.listing)
            for key in standing.keys
        ]
    if options.json:
        print(json.dumps({"keys": told}, indent=2))
        return 0
    rows = [
        (str(one["listing"]), str(one["key"]), str(one["made"]), ", ".join(one["used_by"]) or "-")
        for one in told
    ]
    print_table([("listing", "key", "made", "used by"), *rows])
    return 0


def create(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Give each listing a key that has none."""

    def act(office: Office, standing: Standing) -> str:
        if standing.keys:
            return f"has {standing.keys[-1].name} already"
        return _made(office, standing, options)

    return _each(options, environment, act)


def rotate(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Give each listing another key; the one before lives on until it is revoked."""

    def act(office: Office, standing: Standing) -> str:
        if not standing.keys:
            raise Kept("it has no key to replace; `keys create` makes one")
        _drop(office, standing, options.grace, standing.keys[:-1])
        return _made(office, standing, options) + (
            "; both live until `listings enable` and publishing have switched it, and"
            " `keys revoke` has ended the older"
        )

    return _each(options, environment, act)


def revoke(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """End the keys that have been replaced, or every key; shows them and asks first."""
    with opened(environment) as office:
        standings = list(office.standings(options.listing))
        ending = {
            standing.listing: list(standing.keys if options.every else standing.keys[:-1])
            for standing in standings
        }
        for name, keys in ending.items():
            print("\n".join(f"{name}: end {key.name}" for key in keys) or f"{name}: nothing to end")
        if not any(ending.values()):
            return 0
        if not agreed(yes=options.yes):
            print("Nothing was changed.")
            return 1

        def act(standing: Standing) -> str:
            keys = ending[standing.listing]
            _drop(office, standing, options.grace, keys, force=options.force)
            return f"{len(keys)} ended"

        return _try((one for one in standings if ending[one.listing]), act)


def _each(
    options: argparse.Namespace,
    environment: Mapping[str, str],
    act: Callable[[Office, Standing], str],
) -> int:
    with opened(environment) as office:
        return _try(office.standings(options.listing), lambda standing: act(office, standing))


def _try(standings: Iterable[Standing], act: Callable[[Standing], str]) -> int:
    """Do *act* for each listing, telling what came of it; 1 if any failed."""
    failed = 0
    for standing in standings:
        try:
            print(f"{standing.listing}: {act(standing)}")
        except LeadshareError as error:
            complain(f"{standing.listing}: {error}")
            failed = 1
    return failed


def _made(office: Office, standing: Standing, options: argparse.Namespace) -> str:
    key = office.keys.make(standing.listing, utc_now())
    shown = f"\n{endpoint(office.base, standing.listing, key)}" if options.show else ""
    return f"made {key.name}{shown}"


def _drop(
    office: Office, standing: Standing, grace: float, keys: Iterable[Key], *, force: bool = False
) -> None:
    """End *keys*, all of them or none: none that a listing may still be using."""
    going = list(keys)
    for key in going:
        if not force:
            _check(standing, key, timedelta(hours=grace), utc_now())
    for key in going:
        office.keys.drop(key)


def _check(standing: Standing, key: Key, grace: timedelta, now: datetime) -> None:
    """Raise `Kept` if *key* is in use, may be, or has been replaced for less than *grace*."""
    if standing.fault:
        raise Kept(f"{key.name} may be in use: {standing.fault}")
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
    newer = [other.made for other in standing.keys if other.made > key.made]
    if grace and newer and now < (ends := newer[0] + grace):
        raise Kept(f"{key.name} lives on until {ends.isoformat()}")


def _users(standing: Standing, key: Key) -> list[str]:
    return [t for t in TARGETS if standing.is_here(t) and standing.key(t) == key]
