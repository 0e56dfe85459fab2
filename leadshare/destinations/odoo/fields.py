"""Destinations: a lead as a record of Odoo, and the records that it points at by their names."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from leadshare.client.answers.json_values import objects
from leadshare.destinations.description import FieldFacts
from leadshare.destinations.writing.mapping import Source, Value, source
from leadshare.playbook import Stage

Ask = Callable[..., Awaitable[Any]]
"""Calls a method, its kind of answer, model, name and arguments given; returns its answer."""

FIELDS: Final = {
    "name": source("topic", default="(not given)"),  # required
    "contact_name": source("full_name"),
    "partner_name": source("company"),
    "function": source("job_title"),
    "email_from": source("email"),
    "phone": source("phone"),
    "website": source("website"),
    "country_id": source("country"),
    "description": source("summary", transform="html"),
    "campaign_id": source("campaign_name"),
    "source_id": source(
        "storefront",
        values={
            "appsource": "AppSource",
            "azure_marketplace": "Azure Marketplace",
            "unknown": "Microsoft Marketplace",
        },
    ),
    "medium_id": Source(constant="Marketplace"),
    # 0 low, 1 medium, 2 high, 3 very high, which is left to sellers.
    "priority": source(
        "stage", values={Stage.SALES_READY: "2", Stage.NURTURING: "1", Stage.NEW: "1"}
    ),
    # Odoo has no such flag on a lead, and its list of blocked addresses is for administrators.
    "tag_ids": source("category", values={"no_contact": "Do not contact"}, write="always"),
}
"""What each field is filled from (addons/crm/models/crm_lead.py)."""

LENGTHS: Final = {"name": 255, "campaign_id": 120}
"""Ours: Odoo's texts have no end, but lists show these, and an index holds 2,704 bytes of one."""

NOTES: Final = "description"

NEW: Final = {"user_id": "", "priority": "0"}
"""What a new lead has where the mapping gives nothing: no seller, who else were our user."""

SELLERS: Final = ("type", "user_id", "team_id", "stage_id")
"""Fields that are the sellers' once the lead is there: a qualified one must not become new."""

LEAD: Final = "crm.lead"

MODULE: Final = "leadshare"
"""What our external ids begin with."""

CREATE_ONLY: Final[Mapping[str, object]] = {
    "lang": "en_US",  # the language of the messages that we read, and of countries' names
    # `load` as at a module's upgrade: what has its external id already stays as it is.
    "mode": "update",
    "noupdate": True,
    "update_many2many": True,  # tags are added, never replaced
    "mail_create_nosubscribe": True,  # our user follows no lead
}
"""The context in which `load` makes what is not there and changes nothing that is."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field points at."""

    model: str
    name: str
    """The field that our text is compared with."""
    made: bool = True
    """Whether a record is made where none has this name."""


REFERENCES: Final[Mapping[str, Kind]] = {
    "country_id": Kind("res.country", "code", made=False),
    "campaign_id": Kind("utm.campaign", "title"),
    "medium_id": Kind("utm.medium", "name"),
    "source_id": Kind("utm.source", "name"),
    "tag_ids": Kind("crm.tag", "name"),
}
"""Fields of a lead that are filled by name; the last takes several, of which we add one."""


class References:
    """Ids by field and name, learnt once per process."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._ids: dict[tuple[str, str], int] = {}
        # Two batches at once would make two campaigns of one name.
        self._learning = asyncio.Lock()

    def forget(self) -> None:
        """Learn everything anew: somebody has deleted one of the records."""
        self._ids.clear()

    async def learn(self, values: Iterable[Mapping[str, Value]]) -> None:
        """Find the records that *values* name, and make those that are not there."""
        wanted = {
            (field, str(told[field])) for told in values for field in REFERENCES if field in told
        }
        async with self._learning:
            for field, kind in REFERENCES.items():
                names = sorted({name for of, name in wanted - self._ids.keys() if of == field})
                if names:
                    await self._find(field, kind, names)

    async def _find(self, field: str, kind: Kind, names: list[str]) -> None:
        rows = await self._ask(
            list,
            kind.model,
            "search_read",
            domain=[[kind.name, "in", names]],
            fields=[kind.name],
            order="id desc",  # of several with one name, the oldest
            context={"lang": "en_US", "active_test": False},
        )
        found = {str(row[kind.name]): row["id"] for row in records(rows, kind.name)}
        self._ids |= {(field, name): number for name, number in found.items()}
        for name in names:
            if kind.made and (field, name) not in self._ids:
                await self._make(field, kind, name)

    async def _make(self, field: str, kind: Kind, name: str) -> None:
        """Make a record, which may be renamed later: its external id leads to it all the same."""
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        row = [f"{MODULE}.{field}_{digest}", name]
        answer = await self._ask(
            dict, kind.model, "load", fields=["id", kind.name], data=[row], context=CREATE_ONLY
        )
        match answer.get("ids"):
            case [int(made)]:
                self._ids[field, name] = made

    def cells(self, values: Mapping[str, Value]) -> dict[str, str] | None:
        """Return *values* as columns of `load`; None where a record could not be made."""
        cells = {name: _cell(value) for name, value in values.items() if name not in REFERENCES}
        for field, kind in REFERENCES.items():
            if field not in values:
                continue
            found = self._ids.get((field, str(values[field])))
            if found is not None:
                cells[f"{field}/.id"] = str(found)
            elif kind.made:
                return None
            elif "description" in cells:
                # A country that Odoo does not know: a seller may.
                told = escape(f"{field.removesuffix('_id').capitalize()}: {values[field]}")
                cells["description"] = f"{told}<br>{cells['description']}"
        return cells

    def held(
        self, row: Mapping[str, Any], names: Iterable[str], values: Mapping[str, Value]
    ) -> dict[str, object]:
        """Return what a lead's *row* holds in *names*, in the terms of *values*: no ids."""
        return {name: self._held(name, row[column(name)], values.get(name)) for name in names}

    def _held(self, name: str, cell: object, value: Value | None) -> object:
        if cell is False and not isinstance(value, bool):
            return ""  # as Odoo says of whatever is empty
        if not isinstance(cell, list):
            return cell
        ids = [one for one in cell if type(one) is int]
        if value is not None and self._ids.get((name, str(value))) in ids:
            return value
        return ", ".join(str(one) for one in cell if type(one) is not int) or cell


def column(name: str) -> str:
    """Return the field that a column of `load` fills, such as `user_id` of `user_id/.id`."""
    return name.partition("/")[0]


def _cell(value: Value) -> str:
    """Return *value* as `load` reads it: a JSON boolean is HTTP 500."""
    return str(int(value)) if isinstance(value, bool) else str(value)


_KINDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("integer", "float", "monetary"), "number"),
    "boolean": "boolean",
}


def described(facts: Mapping[str, Any], given: bool) -> FieldFacts:  # noqa: FBT001 - a fact
    """Read one field of `fields_get`; *given* says whether it has a default."""
    kind = str(facts.get("type"))
    choices = facts.get("selection") if kind == "selection" else None
    return FieldFacts(
        kind=_KINDS.get(kind, "text"),
        length=facts.get("size"),
        # `load` takes both, the value and what people see of it.
        choices=frozenset(str(one) for pair in choices for one in pair) if choices else None,
        writable=not facts.get("readonly"),
        required=bool(facts.get("required")) and not given,
        label=str(facts.get("string") or ""),
    )


def records(rows: list[object], *names: str) -> list[dict[str, Any]]:
    """Return those of the *rows* answered that are records with an id and these fields."""
    wanted = {"id", *names}
    found = [row for row in objects(rows) if wanted <= row.keys()]
    return [row for row in found if type(row["id"]) is int]
