"""Simulators: an Odoo 19 whose JSON-2 API answers as a real one was seen to.

Each behaviour is one of tests/odoo, which asks a real Odoo; pages are cited by their names in
odoo/documentation (content/developer/reference).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from html import unescape
from typing import Any, ClassVar, Final

import httpx

from leadshare.deliveries.delivery import Delivery
from tests.destinations.odoo.changes import TIMES, BadDomain, Changes
from tests.destinations.odoo.database import (
    FIELDS,
    LEAD,
    NAMES,
    NEW,
    Store,
    matches,
)
from tests.destinations.odoo.loading import Loading, Raised, error
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


class Account(Loading, Changes, Worked):
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
        for name, model, what in (
            ("crm.model_crm_lead", "ir.model", "crm.lead"),
            ("mail.mail_activity_data_todo", "mail.activity.type", "To-Do"),
        ):
            self.store.external[name] = model, self.store.add(model, {NAMES[model]: what})
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

    def is_write(self, request: httpx.Request) -> bool:
        loaded = ("crm.lead", "mail.message", "mail.activity")
        written = {f"/json/2/{model}/load" for model in loaded} | {"/json/2/crm.lead/unlink"}
        return request.url.path in written

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

    def tasks_of(self, delivery: Delivery) -> Sequence[str]:
        lead = self._lead(delivery)
        rows = self.store.tables.get("mail.activity", {}).values()
        return [f"{row['summary']}\n{row['note']}" for row in rows if row["res_id"] in lead]

    def shows(self) -> Any:
        tables = ("crm.lead", "mail.message", "mail.activity")
        return [self.store.tables.get(model, {}) for model in tables]

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
            if facts.get("relation", "res.users") != "res.users" and row.get(name):
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
        fields = self.fields if model == "crm.lead" else FIELDS.get(model, {})
        facts = fields.get(name, {})
        if facts.get("type") != "many2one" or not value:
            return value
        relation = facts["relation"]
        shown = f"User {value}"
        if relation != "res.users":
            shown = self.store.tables[relation][value][NAMES[relation]]
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
            for beside in FIELDS:  # what is beside a lead goes with it
                rows = self.store.tables.get(beside, {})
                for number in [n for n, row in rows.items() if row["res_id"] == one]:
                    del rows[number]
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


FORBIDDEN: Final = "You are not allowed to"
