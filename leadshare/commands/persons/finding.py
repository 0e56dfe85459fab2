"""Commands: find a customer's leads; what is known is asked for, for command lines are logged."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from leadshare.commands import screen
from leadshare.commands.deployment.connection import connected
from leadshare.commands.deployment.manage import ABSENT
from leadshare.commands.options import App, AsJson, By, Persons, who
from leadshare.commands.persons.known import asked_for
from leadshare.commands.screen import Entry

Kind = Annotated[
    Literal["email", "phone", "company", "record", "link"],
    typer.Argument(help="What is known: of the customer, or a record's id or link in a CRM."),
]


def find(
    kind: Kind, *, persons: Persons = False, by: By = "", app: App = "", as_json: AsJson = False
) -> int:
    """Find leads by what a person knows, which is asked for, or read from the standard input.

    Example: leadshare find email
    """
    text = asked_for(kind)
    query = {"persons": "true"} if persons else {}
    with connected(app, persons=persons) as manage, screen.waiting("Looking ..."):
        told = manage.order("find", query, by=who(by), **{kind: text})
    if as_json:
        screen.show_json(told)
    else:
        heads = ("lead", *(("person", "company", "listing") if persons else ("id",)))
        screen.show_table(heads, [_row(one) for one in told["leads"]], "No lead.")
        if told.get("more"):
            screen.complain("There are more, or may be.")
    return 0 if told["leads"] else ABSENT


def _row(lead: Entry) -> tuple[object, ...]:
    short, record = screen.short(lead["lead"]), lead.get("record")
    if record is None:
        return (short, lead["lead"])
    name = f"{record['first_name']} {record['last_name']}".strip()
    return (short, name, record["company"], lead["listing_title"] or lead["listing"])
