"""Commands: `listings` and `keys`, which set up lead sharing in Partner Center."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal

import typer

from leadshare.commands import screen
from leadshare.commands.listings import enabling, keys
from leadshare.commands.options import AsJson, Yes

LISTINGS: Final = typer.Typer(help="Have leads of every listing come here.", no_args_is_help=True)
KEYS: Final = typer.Typer(help="The listings' keys.", no_args_is_help=True)

Listings = Annotated[
    list[str] | None,
    typer.Option("--listing", metavar="ID", help="publisher.offer; more than once if need be."),
]
All = Annotated[bool, typer.Option("--all", help="Every listing of the publisher.")]
Show = Annotated[bool, typer.Option("--show", help="Print the URL, key and all.")]
Grace = Annotated[float, typer.Option(help="Hours that a key lives on beside its successor.")]

Run = Callable[[Mapping[str, str]], int]


@LISTINGS.command()
def audit(*, as_json: AsJson = False) -> int:
    """Tell where each listing's leads go; exit code 1 if anything is missing.

    Example: leadshare listings audit
    """
    return _run(lambda environment: enabling.audit(environment, as_json=as_json))


@LISTINGS.command()
def enable(
    *,
    listing: Listings = None,
    every: All = False,
    publish: Annotated[Literal["preview", "live"] | None, typer.Option(help="And publish.")] = None,
    yes: Yes = False,
    poll: Annotated[float, typer.Option(help="Seconds between looks at a job.")] = 60,
    patience: Annotated[float, typer.Option(help="Minutes to wait for jobs.")] = 30,
    as_json: AsJson = False,
) -> int:
    """Point listings here.

    Example: leadshare listings enable --all --publish preview
    """
    which = _which(listing, every=every)
    wanted = enabling.Enabling(which, publish or "", yes, poll, patience)
    return _run(lambda environment: enabling.enable(environment, wanted, as_json=as_json))


@LISTINGS.command()
def verify(
    *,
    listing: Listings = None,
    every: All = False,
    since: Annotated[str, typer.Option(help="Count only test leads since, ISO 8601.")] = "",
    as_json: AsJson = False,
) -> int:
    """Tell whose test lead has arrived; exit code 1 if any has not.

    Example: leadshare listings verify --all
    """
    which = _which(listing, every=every, needed=False)
    return _run(lambda environment: enabling.verify(environment, which, since, as_json=as_json))


@KEYS.command("list")
def listed(*, listing: Listings = None, every: All = False, as_json: AsJson = False) -> int:
    """List keys and who uses them, without their values.

    Example: leadshare keys list
    """
    which = _which(listing, every=every, needed=False)
    return _run(lambda environment: keys.show(environment, which, as_json=as_json))


@KEYS.command()
def create(
    *, listing: Listings = None, every: All = False, show: Show = False, as_json: AsJson = False
) -> int:
    """Give listings a key that have none.

    Example: leadshare keys create --listing contoso.invoice-robot --show
    """
    which = _which(listing, every=every)
    return _run(lambda environment: keys.create(environment, which, shows=show, as_json=as_json))


@KEYS.command()
def rotate(
    *,
    listing: Listings = None,
    every: All = False,
    show: Show = False,
    grace: Grace = 24,
    as_json: AsJson = False,
) -> int:
    """Give listings another key beside theirs.

    Example: leadshare keys rotate --all
    """
    which, lives = _which(listing, every=every), timedelta(hours=grace)
    return _run(
        lambda environment: keys.rotate(environment, which, lives, shows=show, as_json=as_json)
    )


@KEYS.command()
def revoke(
    *,
    listing: Listings = None,
    every: All = False,
    grace: Grace = 0,
    newest: Annotated[bool, typer.Option("--every", help="End the newest key too.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even while Partner Center uses it.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> int:
    """End keys that have been replaced.

    Example: leadshare keys revoke --all
    """
    which = _which(listing, every=every)
    wanted = keys.Revoking(which, timedelta(hours=grace), newest, force, yes)
    return _run(lambda environment: keys.revoke(environment, wanted, as_json=as_json))


def _which(listing: list[str] | None, *, every: bool, needed: bool = True) -> list[str]:
    """Return the ids of the listings that are meant; none for all."""
    if every and listing:
        raise typer.BadParameter("--listing and --all cannot both be given")
    if needed and not (every or listing):
        raise typer.BadParameter("--listing or --all is needed")
    return listing or []


def _run(command: Run) -> int:
    """Run a *command* with the environment; return its exit code."""
    logging.basicConfig(level=logging.CRITICAL)  # what went wrong is told, once
    try:
        return command(os.environ)
    except KeyboardInterrupt:
        screen.complain("Stopped; `listings audit` and `keys list` tell how far it came.")
        return 130
