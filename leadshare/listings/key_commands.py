"""Listings: `keys list`, `create`, `rotate` and `revoke`: two may live while one is replaced."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from leadshare.errors import LeadshareError
from leadshare.listings.audit import Standing, endpoint
from leadshare.listings.ingestion import TARGETS
from leadshare.listings.keys import TOGETHER, Key
from leadshare.listings.office import Office, agreed, complain, opened, print_table, utc_now


class Kept(LeadshareError):
    """A key stays; the text says why."""


class Young(Kept):
    """A key stays because its grace time has not passed."""


def show(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """List the keys, since and until when they live and where they are used; never their values.

    1 if one should have been ended.
    """
    with opened(environment) as office:
        standings = list(office.standings(options.listing))
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
    if options.json:
        print(json.dumps({"keys": shown}, indent=2))
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
        complain(text)
    return 1 if overdue else 0


def create(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Give each listing a key that has none."""

    def act(office: Office, standing: Standing) -> str:
        if standing.keys:
            key = standing.keys[-1]
            return f"has {key.name} already{_shown(office, standing, key, options)}"
        return _made(office, standing, options)

    return _each(options, environment, act)


def rotate(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Give each listing another key; the one before lives on until it is revoked."""

    def act(office: Office, standing: Standing) -> str:
        if not standing.keys:
            raise Kept("it has no key to replace; `keys create` makes one")
        for key in standing.keys[:-1]:
            _check(standing, key, timedelta(hours=options.grace), utc_now())
        for key in standing.keys[:-1]:
            office.keys.drop(key)
        return _made(office, standing, options) + (
            "; both live until `listings enable` and publishing have switched it, and"
            f" `keys revoke` has ended the older, within {TOGETHER.days} days"
        )

    return _each(options, environment, act)


def revoke(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """End the keys that have been replaced, or every key; shows them and asks first."""
    with opened(environment) as office:
        ending, kept = [], 0
        for standing in office.standings(options.listing):
            going, staying = _ending(standing, options)
            ending += going
            kept |= staying
        if not ending:
            return kept
        if not agreed(yes=options.yes):
            print("Nothing was changed.")
            return 1
        for standing, key in ending:
            try:
                office.keys.drop(key)
                print(f"{standing.listing}: ended {key.name}")
            except LeadshareError as error:
                complain(f"{standing.listing}: {error}")
                kept = 1
        return kept


def _ending(
    standing: Standing, options: argparse.Namespace
) -> tuple[list[tuple[Standing, Key]], int]:
    """Tell what becomes of a listing's keys; return those that end, and 1 if one should but stays.

    That a key lives on for the grace time is as it should be.
    """
    name, going, staying = standing.listing, [], 0
    keys = standing.keys if options.every else standing.keys[:-1]
    for key in keys:
        try:
            if not options.force:
                _check(standing, key, timedelta(hours=options.grace), utc_now())
        except Young as young:
            print(f"{name}: {young}")
        except Kept as kept:
            complain(f"{name}: {kept}")
            staying = 1
        else:
            print(f"{name}: end {key.name}")
            going.append((standing, key))
    if not keys:
        print(f"{name}: nothing to end")
    return going, staying


def _each(
    options: argparse.Namespace,
    environment: Mapping[str, str],
    act: Callable[[Office, Standing], str],
) -> int:
    """Do *act* for each listing, telling what came of it; 1 if any failed.

    What is withdrawn needs no key, unless it is named.
    """
    failed = 0
    with opened(environment) as office:
        for standing in office.standings(options.listing):
            if options.all and standing.product.state == "deprecated":
                continue
            try:
                print(f"{standing.listing}: {act(office, standing)}")
            except LeadshareError as error:
                complain(f"{standing.listing}: {error}")
                failed = 1
    return failed


def _made(office: Office, standing: Standing, options: argparse.Namespace) -> str:
    key = office.keys.make(standing.listing, utc_now())
    return f"made {key.name}{_shown(office, standing, key, options)}"


def _shown(office: Office, standing: Standing, key: Key, options: argparse.Namespace) -> str:
    return f"\n{endpoint(office.base, standing.listing, key)}" if options.show else ""


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
