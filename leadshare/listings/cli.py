"""Listings: the words of `listings` and `keys` on the command line."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from leadshare.errors import LeadshareError
from leadshare.listings import commands, key_commands
from leadshare.listings.office import complain

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    Commands = _SubParsersAction[argparse.ArgumentParser]

Run = Callable[[argparse.Namespace, Mapping[str, str]], int]


def add(parsers: Commands) -> None:
    """Add the commands to *parsers*."""
    listings = parsers.add_parser("listings", help="have leads of every listing come here")
    verbs = listings.add_subparsers(dest="verb", required=True)
    audit = _verb(verbs, "audit", commands.audit, "tell where each listing's leads go")
    audit.add_argument("--json", action="store_true", help="for programs")
    enable = _verb(verbs, "enable", commands.enable, "point listings here")
    _which(enable, required=True)
    enable.add_argument("--publish", choices=("preview", "live"), default="", help="and publish")
    enable.add_argument("--yes", action="store_true", help="do not ask")
    enable.add_argument(
        "--poll", type=float, default=60, help="seconds between looks at a job (default: 60)"
    )
    enable.add_argument(
        "--patience", type=float, default=30, help="minutes to wait for jobs (default: 30)"
    )
    verify = _verb(verbs, "verify", commands.verify, "tell whose test lead has arrived")
    _which(verify)
    verify.add_argument("--since", default="", help="count only test leads since, ISO 8601")
    verify.add_argument("--json", action="store_true", help="for programs")
    _add_keys(parsers)


def _add_keys(parsers: Commands) -> None:
    keys = parsers.add_parser("keys", help="the listings' keys: list, create, rotate, revoke")
    verbs = keys.add_subparsers(dest="verb", required=True)
    listed = _verb(verbs, "list", key_commands.show, "list keys and who uses them, no values")
    _which(listed)
    listed.add_argument("--json", action="store_true", help="for programs")
    create = _verb(verbs, "create", key_commands.create, "give listings a key that have none")
    rotate = _verb(verbs, "rotate", key_commands.rotate, "give listings another key beside theirs")
    for one in (create, rotate):
        _which(one, required=True)
        one.add_argument("--show", action="store_true", help="print the URL, key and all")
    _grace(rotate, 24)
    revoke = _verb(verbs, "revoke", key_commands.revoke, "end keys that have been replaced")
    _which(revoke, required=True)
    _grace(revoke, 0)
    revoke.add_argument("--every", action="store_true", help="end the newest key too")
    revoke.add_argument("--force", action="store_true", help="even while Partner Center uses it")
    revoke.add_argument("--yes", action="store_true", help="do not ask")


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Run the command that *options* name; return the exit code."""
    logging.basicConfig(level=logging.CRITICAL)  # what went wrong is told, once
    command: Run = options.run
    try:
        return command(options, environment)
    except LeadshareError as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        complain("Stopped; `listings audit` and `keys list` tell how far it came.")
        return 130


def _verb(verbs: Commands, name: str, command: Run, text: str) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.set_defaults(run=command)
    return parser


def _which(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    group = parser.add_mutually_exclusive_group(required=required)
    group.add_argument(
        "--listing", action="append", default=[], help="publisher.offer; more than once if need be"
    )
    group.add_argument("--all", action="store_true", help="every listing of the publisher")


def _grace(parser: argparse.ArgumentParser, hours: float) -> None:
    parser.add_argument(
        "--grace",
        type=float,
        default=hours,
        help=f"hours that a key lives on beside its successor (default: {hours:g})",
    )
