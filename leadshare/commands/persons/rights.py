"""Commands: what a person asks for beside being erased: to hear no more, and what is held."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import typer

from leadshare.commands import files, screen
from leadshare.commands.deployment.connection import connected
from leadshare.commands.deployment.manage import ABSENT
from leadshare.commands.options import App, AsJson, By, Output, who
from leadshare.commands.persons.known import asked_for

Kind = Annotated[
    Literal["email", "phone", "lead"], typer.Argument(help="What is known of the person.")
]
Person = Annotated[
    int | None,
    typer.Option(min=1, metavar="NUMBER", help="Which of several at that address."),
]


def object_(kind: Kind, *, by: By = "", app: App = "", as_json: AsJson = False) -> int:
    """Take down that somebody wants to hear no more: no steps, no reminders, no lists.

    Example: leadshare object email
    """
    text = asked_for(kind)
    with connected(app) as manage, screen.waiting("Telling ..."):
        told = manage.order("object", by=who(by), **dict[str, Any]({kind: text}))
    if as_json:
        screen.show_json(told)
    else:
        screen.say(f"Taken down, for {told['leads']} leads and whatever comes.")
        if told["shared_phones"]:
            screen.complain("Phone numbers that others have as well are left alone.")
    return 0


def export(
    kind: Kind,
    *,
    person: Person = None,
    output: Output = None,
    by: By = "",
    app: App = "",
    as_json: AsJson = False,
) -> int:
    """Tell what is held about one person, as JSON; needs LEADSHARE_PRIVACY_KEY.

    With --json who else writes from there is told in the same answer.

    Example: leadshare export email --output copy.json
    """
    text = asked_for(kind)
    with connected(app, persons=True) as manage, screen.waiting("Asking ..."):
        told = manage.order("export", by=who(by), person=person, **dict[str, Any]({kind: text}))
    if as_json:
        screen.show_json(told)
        return 0 if told["export"] else ABSENT
    if told["others"]:
        # Apart from what is for the person, who may not see them.
        screen.complain("Others write from there, and are left out:")
        for one in told["others"]:
            facts = {name: value for name, value in one.items() if name != "number"}
            screen.complain(f"  {one['number']}: {', '.join(map(str, facts.values()))}")
    if not told["export"]:
        screen.complain("Say whose data is asked for: --person NUMBER")
        return ABSENT
    if output:
        files.write_private(output, f"{json.dumps(told['export'], indent=2)}\n".encode())
    else:
        screen.show_json(told["export"])
    return 0
