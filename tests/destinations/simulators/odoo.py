"""Simulators: an Odoo 19 whose JSON-2 API answers as a real one was seen to.

Each behaviour is one of tests/odoo, which asks a real Odoo; pages are cited by their names in
odoo/documentation (content/developer/reference).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import unescape
from typing import Any, ClassVar, Final

import httpx

from leadshare.deliveries.delivery import Delivery
from tests.destinations.odoo.changes import CREATED, TIMES, BadDomain, Changes
from tests.destinations.odoo.database import (
    INDEXED,
    LEAD,
    MESSAGE,
    NAMES,
    NEW,
    USER,
    Store,
    matches,
)
from tests.destinations.simulators.base import Worked

KEY: Final = "0123456789abcdef0123456789abcdef01234567"
DATABASE: Final = "contoso"

ARGUMENTS: Final = {
    "load": ({"fields", "data"}, set()),
    "search_read": ({"domain", "fields"}, {"order", "limit"}),
    "fields_get": ({"attributes"}, set()),
    "default_get": ({"fields"}, set()),
    "has_access": ({"operation"}, set()),
    "unlink": (set(), set()),
    "context_get": (set(), set()),
    "get_external_id": (set(), set()),
    "formatted_read_group": ({"domain", "groupby", "aggregates"}, set()),
    "check_object_reference": ({"module", "xml_id"}, {"raise_on_access_error"}),
}
"""Named arguments of each method (external_api.rst): those that we give, and may give."""


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


class Account(Changes, Worked):
    """One Odoo with one database, and a user who is an administrator of sales."""

    SETTINGS: ClassVar[Mapping[str, Any]] = {
        "type": "odoo",
        "name": "odoo",
        "url": "https://contoso.odoo.com",
        "api_key": "ODOO_KEY",
        "database": DATABASE,
    }
    ENVIRONMENT: ClassVar[Mapping[str, str]] = {"ODOO_KEY": KEY}
    ENDS = ("archived", "won", "lost", "merged")
    FINDS = False

    def __init__(self) -> None:
        self.store = Store()
        super().__init__()
        for code in ("DE", "US", "GB"):
            self.store.add("res.country", {"code": code})
        self.store.external["mail.mt_note"] = (
            "mail.message.subtype",
            self.store.add("mail.message.subtype", {"name": "Note"}),
        )
        self.heads: dict[str, int] = {}
        """What leads were merged into, by their external ids, which went with them."""
        self.denied: set[tuple[str, str]] = {("ir.model.data", "read")}
        """Models and rights that the user lacks; this one may delete leads."""
        self.busy: set[str] = set()
        """Names of leads that another transaction writes at the same time."""
        self.broken: set[str] = set()
        """Names of leads that break the publisher's own code."""
        self.blocked: set[str] = set()
        """Names of references that the publisher's own rule refuses."""
        self.expires = "2027-02-01 10:00:00"
        self.fields = {name: dict(facts) for name, facts in LEAD.items()}

    @property
    def leads(self) -> dict[int, dict[str, Any]]:
        """The leads by id."""
        return self.store.tables.setdefault("crm.lead", {})

    def is_write(self, request: httpx.Request) -> bool:
        return request.url.path in {"/json/2/crm.lead/load", "/json/2/mail.message/load"}

    def found(self, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        told, named = delivery.record, self._lead(delivery)
        ours = {one for name, (_, one) in self.store.external.items() if ".lead_" in name}
        same = [
            number
            for number, row in self.leads.items()
            if told["email"] and row.get("email_from") == told["email"] and number not in ours
        ]
        return [self._shown(self.leads[one]) for one in {*named, *same}]

    def _lead(self, delivery: Delivery) -> list[int]:
        """Return the id of a lead, or of what it was merged into."""
        name = f"leadshare.lead_{delivery.lead.replace('-', '_')}"
        one = self.store.external.get(name, ("", self.heads.get(name, 0)))[1]
        return [one] if one in self.leads else []

    def edit(self, delivery: Delivery, fields: Mapping[str, Any]) -> None:
        [one] = self._lead(delivery)
        for name, value in fields.items():
            relation = self.fields[name].get("relation")
            given = self._named(relation, value) if relation and value else value or False
            many = self.fields[name]["type"] == "many2many"
            self.leads[one][name] = [given] if many and given else given

    def _named(self, model: str, name: str) -> int:
        """Return the record that a seller picks by its name, made if it is not there."""
        for number, row in self.store.tables.get(model, {}).items():
            if row[NAMES[model]] == name:
                return number
        return self.store.add(model, {NAMES[model]: name})

    def put_before(self, delivery: Delivery, fields: Mapping[str, Any]) -> None:
        raise NotImplementedError("every lead is a record of its own")

    def timeline(self, delivery: Delivery) -> Sequence[str]:
        lead = self._lead(delivery)
        return [
            f"{row['subject']}\n{unescape(re.sub('<[^>]*>', ' ', row['body']))}"
            for row in self.messages.values()
            if row["res_id"] in lead and row["message_type"] == "comment"
        ]

    def end(self, delivery: Delivery, how: str) -> None:
        [one] = self._lead(delivery)
        changes: dict[str, dict[str, Any]] = {
            "archived": {"active": False},
            "won": {"won_status": "won"},
            "lost": {"active": False, "won_status": "lost"},
        }
        if how in changes:
            self.leads[one] |= changes[how]
        else:
            self.merge(
                one, self.store.add("crm.lead", {**NEW, "user_id": False, "name": "Of a seller"})
            )

    def win(self, delivery: Delivery) -> None:
        self.moves(self._lead(delivery)[0], "Won")

    def merge(self, tail: int, head: int) -> None:
        """Merge a lead into another (crm_lead.py): its messages go there, and it is deleted."""
        name = self.leads[tail]["name"]
        for row in self.messages.values():
            if row["res_id"] == tail:
                subject = ": ".join(filter(None, (f"From {name}", row["subject"])))
                row |= {"res_id": head, "subject": subject}
        names = [name for name, to in self.store.external.items() if to == ("crm.lead", tail)]
        self._unlink("crm.lead", [tail], {})
        self.heads |= dict.fromkeys(names, head)

    @property
    def messages(self) -> dict[int, dict[str, Any]]:
        """The messages of all chatters by id."""
        return self.store.tables.setdefault("mail.message", {})

    def _shown(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a lead with the names of what it points at."""
        shown = dict(row)
        for name, facts in LEAD.items():
            if "relation" in facts and row.get(name):
                ids = row[name] if isinstance(row[name], list) else [row[name]]
                rows = self.store.tables[facts["relation"]]
                shown[name] = [rows[one][NAMES[facts["relation"]]] for one in ids]
        return shown

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        try:
            self._admit(request)
            _, model, method = request.url.path.removeprefix("/json").split("/")[1:]
            clock = {"Date": format_datetime(self.now, usegmt=True)}
            return httpx.Response(
                200, json=self._called(model, method, request, store), headers=clock
            )
        except BadDomain as bad:
            return error(500, "builtins.ValueError", str(bad))
        except Raised as raised:
            return raised.answer

    def expired(self) -> httpx.Response:
        return error(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")

    def _admit(self, request: httpx.Request) -> None:
        if request.method != "POST" or request.url.path.count("/") != 4:
            raise Raised(404, "werkzeug.exceptions.NotFound", "Did you mean POST /json/2/...?")
        if request.headers.get("x-odoo-database", DATABASE) != DATABASE:
            raised = Raised(404, "", "")
            raised.answer = httpx.Response(404, html="<!DOCTYPE html><title>404 Not Found</title>")
            raise raised
        if request.headers.get("content-type") != "application/json":
            raised = Raised(415, "", "")
            raised.answer = httpx.Response(415, html="<!doctype html>")
            raise raised
        if self.signed_out or request.headers.get("authorization") != f"bearer {KEY}":
            raise Raised(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")

    def _called(self, model: str, method: str, request: httpx.Request, store: bool) -> Any:  # noqa: FBT001 - the suite's
        try:
            told = json.loads(request.content)
        except ValueError:
            raise Raised(400, "werkzeug.exceptions.BadRequest", "could not parse") from None
        if model not in {*NAMES, "ir.model.data", "res.users.apikeys"}:
            raise Raised(404, "werkzeug.exceptions.NotFound", f"the model {model!r} does not exist")
        if method not in ARGUMENTS:
            raise Raised(404, "werkzeug.exceptions.NotFound", f"The method {method} does not exist")
        context, ids = told.pop("context", {}), told.pop("ids", [])
        needed, more = ARGUMENTS[method]
        if not needed <= told.keys() <= needed | more:
            raise Raised(422, "werkzeug.exceptions.UnprocessableEntity", "missing an argument")
        before = self.store.copy()
        result = getattr(self, f"_{method}")(model, ids, context, **told)
        if not store:
            self.store = before
        return result

    def _deny(self, model: str, right: str) -> None:
        if (model, right) in self.denied:
            raise Raised(403, "odoo.exceptions.AccessError", f"{FORBIDDEN} {right} {model}")

    def _search_read(
        self, model: str, _ids: Any, context: Any, *, domain: Any, fields: Any, **how: Any
    ) -> Any:
        order = how.get("order", "id")
        self._deny(model, "read")
        self.check_domain(model, {*self.fields} - self.lacks, domain)
        if model == "res.users.apikeys":
            return [{"id": 1, "expiration_date": self.expires or False}]
        known = self.fields.keys() - self.lacks if model == "crm.lead" else fields
        unknown = [name for name in fields if name not in known]
        if unknown:
            raise Raised(500, "builtins.ValueError", f"Invalid field {unknown[0]!r} on {model!r}")
        rows = self.store.tables.get(model, {})
        named = any(term[0] == "active" for term in domain if isinstance(term, list))
        found = [
            {"id": number, **{name: self._read(model, row, name) for name in fields}}
            for number, row in rows.items()
            if matches({"id": number, **row}, list(domain))
            and (row.get("active", True) or context.get("active_test") is False or named)
        ]
        if order in TIMES:  # among those of one time, in no order that anybody knows
            found.sort(key=lambda row: (rows[row["id"]][order], -row["id"]))
        return (found[::-1] if order == "id desc" else found)[: how.get("limit")]

    def _read(self, model: str, row: Mapping[str, Any], name: str) -> Any:
        """Return what is read of a field: of what it points at, id and display name."""
        value = self.told(model, row, name)
        facts = self.fields.get(name, {}) if model == "crm.lead" else MESSAGE.get(name, {})
        if facts.get("type") != "many2one" or not value:
            return value
        relation = facts["relation"]
        shown = (
            self.store.tables[relation][value][NAMES[relation]]
            if (relation, value) != ("res.users", USER)
            else "us"
        )
        return [value, f"Land {shown}" if relation == "res.country" else shown]

    def _fields_get(self, _model: str, _ids: Any, _context: Any, attributes: Any) -> Any:
        plain = {"required": False, "readonly": False}
        return {
            name: {key: fact for key, fact in (plain | facts).items() if key in attributes}
            for name, facts in self.fields.items()
            if name not in self.lacks
        }

    def _default_get(self, _model: str, _ids: Any, _context: Any, fields: Any) -> Any:
        given = {"type": "opportunity", "priority": "0", "user_id": 5}
        return {name: given[name] for name in fields if name in given}

    def _has_access(self, model: str, _ids: Any, _context: Any, operation: str) -> bool:
        return (model, operation) not in self.denied

    def _unlink(self, model: str, ids: Any, _context: Any) -> bool:
        self._deny(model, "unlink")
        for one in ids:
            if one not in self.store.tables[model]:
                raise Raised(404, "odoo.exceptions.MissingError", "Record does not exist")
            del self.store.tables[model][one]
            for number in [n for n, row in self.messages.items() if row["res_id"] == one]:
                del self.messages[number]
        left = {n: to for n, to in self.store.external.items() if to[1] not in ids}
        self.store.external = left  # Odoo takes the external id away with the record
        return True

    def _check_object_reference(
        self, _model: str, _ids: Any, context: Any, module: str, xml_id: str
    ) -> Any:
        """Anybody may ask; archived records are hidden (base/models/ir_model.py)."""
        name = f"{module}.{xml_id}"
        if name not in self.store.external:
            raise Raised(500, "builtins.ValueError", f"External ID not found in the system: {name}")
        model, one = self.store.external[name]
        row = self.store.tables[model].get(one)
        shown = row and (row.get("active", True) or context.get("active_test") is False)
        return [model, one if shown else False]

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
        if model == "mail.message":
            return {*MESSAGE}
        return {*self.fields} - self.lacks if model == "crm.lead" else {NAMES[model]}

    def _row(self, model: str, cells: dict[str, Any], context: Mapping[str, Any]) -> int:
        values = self._converted(model, cells, context)
        refused = self.entries_refused and model == "mail.message"
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
            facts = {"crm.lead": self.fields, "mail.message": MESSAGE}.get(model, {}).get(name, {})
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
            if how == ".id" and int(cell) in self.store.tables.get(facts["relation"], {}):
                return int(cell)
            raise Refused(f"No matching record found for database id '{cell}' in field", name)
        if cell not in {one for pair in facts.get("selection", [[cell]]) for one in pair}:
            raise Refused(f"Value '{cell}' not found in selection field", name)
        return self._scalar(name, str(facts.get("type")), cell)

    def _scalar(self, name: str, kind: str, cell: str) -> Any:
        if kind == "html":
            return f"<span>{cell}</span>"
        if kind == "datetime":
            return str(datetime.strptime(cell, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))[:19]
        if kind == "integer":
            if not str(cell).isdecimal():
                raise Refused(f"'{cell}' does not seem to be a number for field", name)
            return int(cell)
        return cell


FORBIDDEN: Final = "You are not allowed to"
