"""Commands: touches in quarantine: list, show, again, drop."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Annotated, Final

import typer

from leadshare.commands import files, screen
from leadshare.commands.deployment.connection import connected
from leadshare.commands.lists import listed
from leadshare.commands.options import (
    App,
    AsJson,
    By,
    Limit,
    Output,
    Persons,
    Reason,
    TouchId,
    Yes,
    agreed,
    who,
)
from leadshare.commands.screen import brief, plain

APP: Final = typer.Typer(invoke_without_command=True)


@APP.callback()
def quarantine(
    context: typer.Context,
    *,
    reason: Reason = "",
    limit: Limit = 50,
    output: Output = None,
    app: App = "",
    as_json: AsJson = False,
) -> int:
    """List what could not be read, oldest first.

    Example: leadshare quarantine --reason not_json
    """
    if context.invoked_subcommand:
        return 0
    with connected(app) as manage, screen.waiting("Asking ..."):
        found = list(manage.pages("quarantine", "quarantine", {"reason": reason}, limit))
    rows = [(one["touch"][:8], one["reason"], brief(one["updated"])) for one in found]
    heads = ("touch", "reason", "when")
    return listed("quarantine", found, heads, rows, output, as_json=as_json)


@APP.command()
def show(
    touch: TouchId,
    *,
    raw: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What was posted into a new file, as it came."),
    ] = None,
    persons: Persons = False,
    by: By = "",
    app: App = "",
    as_json: AsJson = False,
) -> int:
    """Tell of one touch, with --persons what was posted.

    Example: leadshare quarantine show 5b1c22aa --persons
    """
    opens = persons or raw is not None
    opened = who(by) if opens else ""
    with connected(app, persons=opens, by=opened) as manage, screen.waiting("Asking ..."):
        told = manage.tell(f"quarantine/{touch}")
    body = b64decode(told.pop("body", ""))
    if raw:
        files.write_private(raw, body)
    if as_json:
        text = {"body": body.decode("utf-8", "backslashreplace")} if persons else {}
        screen.show_json(told | text)
        return 0
    screen.show_facts(f"Touch {told.pop('touch')}", told)
    if persons:
        console = screen.out()
        for line in body.decode("utf-8", "backslashreplace").splitlines():
            console.print(plain(line), soft_wrap=True)
    return 0


@APP.command()
def again(touch: TouchId, *, by: By = "", app: App = "", as_json: AsJson = False) -> int:
    """Try to read one touch again; exit code 1 if it stays in quarantine.

    Example: leadshare quarantine again 5b1c22aa
    """
    with connected(app) as manage, screen.waiting("Reading it again ..."):
        told = manage.order("replay", by=who(by), what="quarantine", touch=touch, dry_run=False)
    if as_json:
        screen.show_json(told)
    else:
        words = "It was read." if told["replayed"] else "It still cannot be read, and stays."
        screen.out().print(words)
    return 0 if told["replayed"] else 1


@APP.command()
def drop(
    touch: TouchId, *, yes: Yes = False, by: By = "", app: App = "", as_json: AsJson = False
) -> int:
    """Delete one touch for good.

    Example: leadshare quarantine drop 5b1c22aa
    """
    if not agreed(yes=yes):
        screen.complain("Nothing was changed.")
        return 1
    with connected(app) as manage, screen.waiting("Asking ..."):
        told = manage.order("drop", by=who(by), touch=touch)
    if as_json:
        screen.show_json(told)
    else:
        screen.out().print(f"Touch {plain(told['touch'])} is deleted.")
    return 0
