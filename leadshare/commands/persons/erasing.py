"""Commands: erase a person: counted first, asked about, then done; and what was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

from leadshare.commands import screen
from leadshare.commands.deployment.connection import connected
from leadshare.commands.options import App, AsJson, By, DryRun, Persons, Yes, agreed, who
from leadshare.commands.persons.known import asked_for
from leadshare.commands.screen import Entry

APP: Final = typer.Typer(help="Erase a person, and tell what was done.", no_args_is_help=True)


def _erasing(kind: str) -> Callable[..., int]:
    """Return the command that erases the person whom something of a *kind* is known of."""

    def erase(
        *,
        persons: Persons = False,
        dry_run: DryRun = False,
        yes: Yes = False,
        by: By = "",
        app: App = "",
        as_json: AsJson = False,
    ) -> int:
        order: dict[str, Any] = {"by": who(by), kind: asked_for(kind)}
        query = {"persons": "true"} if persons else {}
        with connected(app, persons=persons) as manage:
            with screen.waiting("Counting ..."):
                told = manage.order("erase", query, **order, dry_run=True)
            if not as_json:
                _show_counted(told)
            if not dry_run and agreed(yes=yes):
                with screen.waiting("Erasing ..."):
                    # That which was counted, or nothing.
                    told = manage.order("erase", **order, dry_run=False, token=told["token"])
                if not as_json:
                    goes_on = f"leadshare erase show {told['order']}"
                    screen.say(f"Erased. What is done meanwhile: {goes_on}")
        if as_json:
            screen.show_json(told)
        return 0 if dry_run or not told["dry_run"] else 1

    return erase


_KINDS: Final = {
    "email": ("who writes from an e-mail address, which is", ""),
    "phone": ("who has a phone number, which is", " --dry-run"),
    "lead": ("whose lead it is, with all leads; the id is", ""),
}
"""By what a person is known, who that is, and what an example of the command says more."""

for _kind, (_who, _more) in _KINDS.items():
    _help = f"Erase {_who} asked for or read from standard input."
    _example = f"Example: leadshare erase {_kind}{_more}"
    APP.command(_kind, help=f"{_help}\n\n{_example}")(_erasing(_kind))


@APP.command()
def show(
    order: Annotated[str, typer.Argument(metavar="ORDER", help="An order's id, whole.")],
    *,
    app: App = "",
    as_json: AsJson = False,
) -> int:
    """Show what was done of an order; exit code 1 until it is complete.

    Example: leadshare erase show 3f0c8a1e5d7b4c2f9a6e0d1b2c3a4f58
    """
    with connected(app) as manage, screen.waiting("Asking ..."):
        told = manage.get(f"erasures/{order}")
    if as_json:
        screen.show_json(told)
    else:
        _show(told)
    return 0 if told["complete"] else 1


@APP.command("list")
def list_all(*, app: App = "", as_json: AsJson = False) -> int:
    """List all orders whose certificates are kept, newest first.

    Example: leadshare erase list
    """
    with connected(app) as manage, screen.waiting("Asking ..."):
        told = manage.get("erasures")
    if as_json:
        screen.show_json(told)
        return 0
    rows = [
        (one["order"], screen.brief(one["at"]), _stands(one), len(one["by_hand"]))
        for one in told["erasures"]
    ]
    screen.show_table(("order", "when", "stands", "by hand"), rows, "No erasure.")
    return 0


def _show_counted(told: Entry) -> None:
    others = max(told["persons"] - 1, 0)
    facts = {
        "rows": _counts(told["rows"]) or "none",
        "leads": ", ".join(map(screen.short, told["leads"])),
        "contacts": told["contacts"],
        "persons": ", ".join(told["who"]),
        "others": f"{others} more write from there, whose data goes as well" if others else "",
        "shared": f"{shared} phone numbers are others' too: what came from those alone is left"
        if (shared := told["shared_phones"])
        else "",
    }
    screen.show_facts("What would go", facts)
    rows = [(one["destination"], one["records"], one["does"]) for one in told["destinations"]]
    screen.show_table(("destination", "records", "what is done there"), rows, "No destination.")
    _show_stays(told["stays"])


def _show(told: Entry) -> None:
    facts = {
        "ordered": screen.when(told["at"]),
        "stands": _stands(told),
        "rows": _counts(told["rows"]),
        "searched": screen.when(told["searched_at"]),
        "shared phones": told["shared_phones"] or "",
        "continued by": told["continued_by"],
    }
    screen.show_facts(f"Erasure {told['order']}", facts)
    rows = [(name, _counts(count)) for name, count in told["records"].items()]
    screen.show_table(("destination", "records"), rows, "No record.")
    hand = [
        (one["destination"], screen.short(one["lead"]), one["record_id"], one["reason"])
        for one in told["by_hand"]
    ]
    if hand:
        screen.show_table(("destination", "lead", "record by hand", "why"), hand, "")
    _show_stays(told["stays"])


def _show_stays(stays: list[Entry]) -> None:
    rows = [(one["what"], one["where"], one["until"]) for one in stays]
    screen.show_table(("what stays", "where", "until"), rows, "Nothing stays.")


def _stands(told: Entry) -> str:
    if told["complete"]:
        return f"complete since {screen.brief(told['complete_at'])}"
    waits = ", ".join(told["waits_for"])
    return "goes on in another order" if told["continued_by"] else f"waits for {waits}"


def _counts(counts: Entry) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
