"""Odoo's `load`, as a real one was seen to answer: which rows it takes, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.destinations.odoo.changes import CREATED, SELLER
from tests.destinations.odoo.database import FIELDS, INDEXED, NAMES, NEW, USER, Store


class Raised(Exception):
    """What a method raised, with the status that the API gives it."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(status, name)
        self.answer = error(status, name, message)


def error(status: int, name: str, message: str) -> httpx.Response:
    """Errors have this form; `debug` is a traceback, with values in it (external_api.rst)."""
    body = {"name": name, "message": message, "arguments": [message], "context": {}}
    return httpx.Response(status, json=body | {"debug": f"Traceback ... {message}"})


@dataclass
class Refused(Exception):
    """A row that `load` refuses while it reads (`early`) or while it writes."""

    message: str
    field: str = ""
    early: bool = False
    user: bool = False
    """Whether it is a UserError: those are told of the batch's first row, too."""


class Loading:
    """The part of an account that loads rows."""

    store: Store
    fields: dict[str, dict[str, Any]]
    lacks: set[str]
    refused: set[str]
    denied: set[tuple[str, str]]
    busy: set[str]
    broken: set[str]
    blocked: set[str]
    entries_refused: bool
    stamp: Any
    fresh: Any

    @property
    def leads(self) -> dict[int, dict[str, Any]]:
        """The leads by id."""
        return self.store.tables.setdefault("crm.lead", {})

    def _load(self, model: str, _ids: Any, context: Any, fields: Any, data: Any) -> Any:
        """Load all rows or none (odoo/orm/models.py)."""
        for column in fields:
            name = column.partition("/")[0]
            known = self._columns(model)
            if name not in {"id", ".id"} | known:
                raise Raised(500, "builtins.ValueError", f"Invalid field name {column!r}")
        before, ids = self.store.copy(), []
        messages: list[dict[str, Any]] = []
        first: list[dict[str, Any]] = []
        for number, line in enumerate(data):
            try:
                cells = dict(zip(fields, line, strict=False))
                ids.append(self._row(model, cells, context))
            except Refused as refused:
                message = {
                    "type": "error",
                    "record": number,
                    "rows": {"from": number, "to": number},
                    "message": refused.message,
                }
                messages.append(message | ({"field": refused.field} if refused.field else {}))
                blamed = {**message, "record": 0, "rows": {"from": 0, "to": 0}}
                if refused.user and number and not first:
                    first.append(blamed)
        if messages:
            self.store = before
        return {"ids": False if messages else ids, "messages": first + messages, "nextrow": 0}

    def _columns(self, model: str) -> set[str]:
        if model in FIELDS:
            return {*FIELDS[model]}
        return {*self.fields} - self.lacks if model == "crm.lead" else {NAMES[model]}

    def _row(self, model: str, cells: dict[str, Any], context: Mapping[str, Any]) -> int:
        values = self._converted(model, cells, context)
        refused = self.entries_refused and model in FIELDS
        if refused or (model, "create") in self.denied:
            raise Refused(f"You are not allowed to create {model} records.")
        if ".id" in cells:
            return self._written(int(cells[".id"]), values)
        name = cells["id"]
        if " " in name:
            raise Refused('violates check constraint "ir_model_data_name_nospaces"')
        of_model, one = self.store.external.get(name, (model, 0))
        if of_model != model:
            raise Refused(f"For external id {name} found record of different model {of_model}")
        if one in self.store.tables.setdefault(model, {}):
            keeps = context.get("mode") == "update" and context.get("noupdate")
            return one if keeps else self._written(one, values, model)
        values = self._unique(model, values)
        self._check(model, values)
        made = self._made(model, values)
        self.store.external[name] = (model, made)
        return made

    def _made(self, model: str, values: Mapping[str, Any]) -> int:
        """Store a new record; each message is named after the lead that it is made for."""
        if model == "mail.message":
            of = f"{self.store.last}.{self.store.last}-openerp-{values['res_id']}-crm.lead@vm"
            by = {**self.stamp(new=True), "create_uid.share": False, "mail_activity_type_id": False}
            return self.store.add(model, {**by, **values, "message_id": f"<{of}>"})
        if model != "crm.lead":
            return self.store.add(model, values)
        made = self.store.add(model, {**NEW, **self.fresh(), **values})
        created = {"model": model, "res_id": made, "subject": False, "message_type": "notification"}
        created["subtype_id.res_model"] = "crm.lead" if CREATED[1] else False
        self._made("mail.message", {**created, "body": "<p>Created.</p>"})
        return made

    def _unique(self, model: str, values: dict[str, Any]) -> dict[str, Any]:
        """Number the second record of a name, or refuse it (addons/utm/models/utm_mixin.py)."""
        if model in FIELDS:
            return values
        name = NAMES[model]
        taken = [row[name] for row in self.store.tables[model].values()]
        if model == "crm.lead" or values.get(name) not in taken:
            return values
        if model == "crm.tag":
            raise Refused("Tag name already exists!", "name")
        return values | {name: f"{values[name]} [2]"}

    def _written(self, one: int, values: Mapping[str, Any], model: str = "crm.lead") -> int:
        row = self.store.tables[model].get(one)
        if row is None or not row.get("active", True):
            raise Refused(f"Unknown database identifier '{one}'", ".id")
        tags = [*row.get("tag_ids", []), *values.get("tag_ids", [])]
        row |= dict(values) | ({"tag_ids": tags} if tags else {}) | self.stamp()
        self._check(model, row)
        return one

    def _check(self, model: str, values: Mapping[str, Any]) -> None:
        """Refuse what the database or the publisher's own rules refuse."""
        if model == "mail.activity":
            told = {**values, "model": "crm.lead" if values.get("res_model_id") else ""}
            if not values.get("date_deadline"):
                raise Refused("Missing required value for the field 'Due Date'", "date_deadline")
            self._check_message(told)
            return
        if model == "mail.message":
            self._check_message(values)
            return
        name = values.get(NAMES[model])
        if not name:
            raise Refused("Missing required value for the field 'Opportunity' (name).", "name")
        name = name.partition(" - ")[0]  # whose lead it is tells nothing here
        if name in self.blocked or values.get("email_from") in self.refused:
            raise Refused(f"We do not want {values.get('email_from')}.", user=True)
        if name in self.busy:
            raise Refused("could not serialize access due to concurrent update\n")
        if name in self.broken:
            raise Refused(f"Unknown error during import: <class 'TypeError'>: {name}")
        if any("\x00" in value for value in values.values() if isinstance(value, str)):
            raise Refused("Unknown error during import: <class 'ValueError'>: A string literal ...")
        if model.startswith("utm.") and len(name.encode()) > INDEXED:
            raise Refused("The name must be unique", "name")  # so it says

    def _check_message(self, values: Mapping[str, Any]) -> None:
        if values["model"] != "crm.lead" or values["res_id"] not in self.leads:
            where = f"(Record: {values['model']}({values['res_id']},), User: {USER})"
            raise Refused(f"Record does not exist or has been deleted.\n{where}")
        if ("crm.lead", "write") in self.denied:
            raise Refused("The requested operation cannot be completed due to security ...")

    def _converted(
        self, model: str, cells: Mapping[str, Any], context: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Read texts as each field's type wants it (base/models/ir_fields.py)."""
        values: dict[str, Any] = {}
        for column, cell in cells.items():
            name, _, how = column.partition("/")
            if name in {"id", ".id"}:
                continue
            if isinstance(cell, bool):
                raise Raised(
                    500, "builtins.AttributeError", "'bool' object has no attribute 'lower'"
                )
            facts = {"crm.lead": self.fields, **FIELDS}.get(model, {}).get(name, {})
            values[name] = self._value(name, facts, cell, how) if cell else False
            if facts.get("type") == "many2many":
                if not context.get("update_many2many"):
                    raise Refused("this would replace a seller's tags")
                values[name] = [values[name]] if cell else []
        return values

    def _value(self, name: str, facts: Mapping[str, Any], cell: str, how: str) -> Any:
        if how == "id" and facts.get("type") == "many2one":
            if cell in self.store.external:
                return self.store.external[cell][1]
            raise Refused(f"No matching record found for external id '{cell}' in field", name)
        if "relation" in facts:
            known = {*self.store.tables.get(facts["relation"], {})}
            if how == ".id" and int(cell) in (known or {USER, SELLER}):
                return int(cell)
            raise Refused(f"No matching record found for database id '{cell}' in field", name)
        if cell not in {one for pair in facts.get("selection", [[cell]]) for one in pair}:
            raise Refused(f"Value '{cell}' not found in selection field", name)
        return self._scalar(name, str(facts.get("type")), cell)

    def _scalar(self, name: str, kind: str, cell: str) -> Any:
        if kind == "html":
            return f"<span>{cell}</span>"
        if kind == "date":
            return str(datetime.strptime(cell, "%Y-%m-%d").replace(tzinfo=UTC).date())
        if kind == "datetime":
            return str(datetime.strptime(cell, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))[:19]
        if kind == "integer":
            if not str(cell).isdecimal():
                raise Refused(f"'{cell}' does not seem to be a number for field", name)
            return int(cell)
        return cell
