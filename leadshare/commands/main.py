"""Commands: all of them as one command line."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import typer

from leadshare.commands import (
    counts,
    custody,
    destinations,
    health,
    offline,
    report,
    screen,
)
from leadshare.commands.campaigns import commands as campaigns
from leadshare.commands.deployment.manage import MISUSED, Failed
from leadshare.commands.leads import ordering, outcome, quarantine, reading, tailing, tracks
from leadshare.commands.listings import commands as listings
from leadshare.commands.persons import erasing, finding, rights
from leadshare.errors import BadRequest, ConfigurationError, LeadshareError


def _end(code: int | None, **_: object) -> None:
    raise typer.Exit(code or 0)


APP: Final = typer.Typer(
    name="leadshare",
    help="Look after marketplace leads: what came, where it went, what waits, and why.",
    epilog="Exit codes: 0 done, 1 something is wrong or failed, 2 not understood, 3 not allowed,"
    " 4 not there, 5 the deployment cannot be asked.",
    no_args_is_help=True,
    result_callback=_end,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_COMMANDS: Final[tuple[Callable[..., int | None], ...]] = (
    *(
        health.health,
        reading.leads,
        finding.find,
        reading.show,
        tailing.tail,
        reading.parked,
        reading.queue,
    ),
    *(
        ordering.replay,
        ordering.park,
        ordering.resend,
        outcome.outcome,
        reading.acts,
        report.report,
        tracks.tracks,
        custody.retention,
    ),
    *(rights.object_, rights.export),
    *(offline.check, offline.playbook, offline.schema, offline.openapi),
)
for one in _COMMANDS:
    APP.command(one.__name__.rstrip("_"))(one)
APP.add_typer(quarantine.APP, name="quarantine")
APP.add_typer(erasing.APP, name="erase")
APP.add_typer(counts.APP, name="counts")
APP.add_typer(destinations.APP, name="destinations")
APP.add_typer(campaigns.APP, name="campaigns")
APP.add_typer(custody.APP, name="custody")
APP.add_typer(tracks.APP, name="track")
APP.add_typer(listings.LISTINGS, name="listings")
APP.add_typer(listings.KEYS, name="keys")


@cache
def command() -> Any:
    """Return all of them as the one that is run; it takes a while to make."""
    return typer.main.get_command(APP)


def main(words: list[str]) -> int:
    """Do what *words* say; return the exit code."""
    try:
        command()(args=words, prog_name="leadshare")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except Failed as error:
        return _failed(error, error.code)
    except (BadRequest, ConfigurationError) as error:
        return _failed(error, MISUSED)
    except LeadshareError as error:
        return _failed(error, 1)
    return 0


def _failed(error: LeadshareError, code: int) -> int:
    screen.complain(str(error))
    return code
