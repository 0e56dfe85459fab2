"""Odoo's database, as its simulator has it: the fields that matter, rows, and domains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as of
from typing import Any, Final

LEAD: Final[dict[str, dict[str, Any]]] = {
    **{
        name: {"type": "char"}
        for name in ("contact_name", "partner_name", "function", "email_from", "phone", "website")
    },
    "name": {"type": "char", "required": True},
    "description": {"type": "html"},
    "type": {
        "type": "selection",
        "required": True,
        "selection": [["lead", "Lead"], ["opportunity", "Opportunity"]],
    },
    "priority": {
        "type": "selection",
        "selection": [["0", "Low"], ["1", "Medium"], ["2", "High"], ["3", "Very High"]],
    },
    "active": {"type": "boolean"},
    "color": {"type": "integer"},
    "won_status": {"type": "selection", "readonly": True},
    "user_id": {"type": "many2one", "relation": "res.users"},
    "create_uid": {"type": "many2one", "relation": "res.users", "readonly": True},
    "partner_id": {"type": "many2one", "relation": "res.partner"},
    "country_id": {"type": "many2one", "relation": "res.country"},
    "campaign_id": {"type": "many2one", "relation": "utm.campaign"},
    "medium_id": {"type": "many2one", "relation": "utm.medium"},
    "source_id": {"type": "many2one", "relation": "utm.source"},
    "tag_ids": {"type": "many2many", "relation": "crm.tag"},
    "stage_id": {"type": "many2one", "relation": "crm.stage"},
    "lost_reason_id": {"type": "many2one", "relation": "crm.lost.reason"},
    "expected_revenue": {"type": "monetary"},
    "company_currency": {"type": "many2one", "relation": "res.currency", "readonly": True},
    "is_blacklisted": {"type": "boolean", "readonly": True},
    **{
        name: {"type": "datetime", "readonly": True}
        for name in (
            *("create_date", "write_date", "date_last_stage_update", "date_conversion"),
            "date_closed",
        )
    },
}
"""Fields of a lead that matter here (addons/crm/models/crm_lead.py)."""

MESSAGE: Final[dict[str, dict[str, Any]]] = {
    **{name: {"type": "char"} for name in ("model", "subject", "message_id")},
    "res_id": {"type": "integer"},
    "body": {"type": "html"},
    "message_type": {"type": "selection", "selection": [["comment", "Comment"]]},
    "subtype_id": {"type": "many2one", "relation": "mail.message.subtype"},
    "date": {"type": "datetime"},
    "create_date": {"type": "datetime"},
}
"""Those of a message in its chatter (addons/mail/models/mail_message.py)."""

ACTIVITY: Final[dict[str, dict[str, Any]]] = {
    "res_model_id": {"type": "many2one", "relation": "ir.model"},
    "res_id": {"type": "integer"},
    "activity_type_id": {"type": "many2one", "relation": "mail.activity.type"},
    "summary": {"type": "char"},
    "note": {"type": "html"},
    "date_deadline": {"type": "date"},
    "user_id": {"type": "many2one", "relation": "res.users"},
}
"""Those of an activity (addons/mail/models/mail_activity.py)."""

FIELDS: Final = {"mail.message": MESSAGE, "mail.activity": ACTIVITY}
"""The fields of what is beside a lead."""

NAMES: Final = {
    "crm.lead": "name",
    "mail.activity": "summary",
    "mail.activity.type": "name",
    "ir.model": "model",
    "crm.tag": "name",
    "utm.campaign": "title",
    "utm.medium": "name",
    "utm.source": "name",
    "res.country": "code",
    "res.users": "name",
    "res.partner": "name",
    "mail.message": "message_id",
    "mail.message.subtype": "name",
    "crm.stage": "name",
    "crm.lost.reason": "name",
    "res.currency": "name",
}
"""What each model's records are found by."""


INDEXED: Final = 2704
"""Bytes of a text that PostgreSQL's index holds, if it does not get smaller by compression."""

USER: Final = 5
"""Our user."""

NEW: Final = {
    "type": "opportunity",
    "priority": "0",
    "user_id": USER,
    "active": True,
    "won_status": "pending",
}
"""What a lead has by default; the user is the one who makes it."""


@dataclass
class Store:
    """The database."""

    tables: dict[str, dict[int, dict[str, Any]]] = of(default_factory=dict)
    external: dict[str, tuple[str, int]] = of(default_factory=dict)
    last: int = 0

    def add(self, model: str, values: Mapping[str, Any]) -> int:
        """Store a record; return its id."""
        rows = self.tables.setdefault(model, {})
        if model.startswith(("mail.", "ir.", "crm.stage", "crm.lost.", "res.currency")):
            number = 1 + max(rows, default=0)
        else:
            self.last += 1
            number = self.last
        rows[number] = dict(values)
        return number

    def copy(self) -> Store:
        """Return what a transaction works on."""
        tables = {m: {n: dict(row) for n, row in rows.items()} for m, rows in self.tables.items()}
        return Store(tables, dict(self.external), self.last)


OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda value, wanted: value == wanted,
    "!=": lambda value, wanted: value != wanted,
    "in": lambda value, wanted: value in wanted,
    "not in": lambda value, wanted: value not in wanted,
    "like": lambda value, wanted: str(wanted) in str(value),
    ">": lambda value, wanted: value > wanted,
    ">=": lambda value, wanted: value >= wanted,
    "<": lambda value, wanted: value < wanted,
}


def matches(row: Mapping[str, Any], domain: list[Any]) -> bool:
    """Say whether *row* is in a domain: leaves that must all be true, `|` before two others.

    Times are texts that sort by time.
    """

    def one() -> bool:
        term = domain.pop(0)
        if term == "|":
            pair = one(), one()
            return any(pair)
        name, operator, wanted = term
        value = row.get(name, False)
        return bool(OPERATORS[operator](value, wanted))

    found = []
    while domain:
        found.append(one())
    return all(found)
