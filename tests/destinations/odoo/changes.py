"""Odoo as it tells changes: times, who wrote, stages, and what sellers leave in chatters.

Each behaviour is one of tests/odoo, which asks a real Odoo.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tests.builders import NOW
from tests.destinations.odoo.database import USER, Store

STAGES: Final = {"New": False, "Qualified": False, "Proposition": False, "Won": True}
SELLER: Final = 6
"""A user of Odoo who sells."""

PORTAL: Final = 7
"""A customer with a login."""

SYSTEM: Final = 1
"""OdooBot, as whom automation runs."""

TIMES: Final = {"create_date", "write_date"}

READABLE: Final = {
    "crm.lead": {"create_uid"},
    "mail.message": {
        *("create_uid", "create_date", "mail_activity_type_id", "message_type", "model"),
        *("create_uid.share", "subtype_id.res_model", "res_id", "message_id", "subtype_id"),
    },
}
"""What a domain may name, beside the fields of a lead."""

CREATED: Final = ("Opportunity Created", True)
MOVED: Final = ("Stage Changed", True)
NOTE: Final = ("Note", False)
DONE: Final = ("Activities", False)
"""Subtypes of messages, and whether they are a lead's own."""


class BadDomain(Exception):
    """A domain that Odoo cannot read: HTTP 500, with this message."""


class Changes:
    """The part of an account that tells what changed."""

    store: Store

    def __init__(self) -> None:
        self.now: datetime = NOW
        super().__init__()
        self.stages = {name: self.store.add("crm.stage", {"name": name}) for name in STAGES}
        self.currency = self.store.add("res.currency", {"name": "EUR"})
        self.blacklist: set[str] = set()
        self.user = USER

    def later(self, seconds: float = 60) -> datetime:
        """Let time pass; return what the clock says then."""
        self.now += timedelta(seconds=seconds)
        return self.now

    def stamp(self, *, user: int = USER, new: bool = False) -> dict[str, Any]:
        """Return what Odoo keeps of a write: finer than it tells."""
        at = f"{self.now:%Y-%m-%d %H:%M:%S.%f}"
        written = {"write_date": at, "write_uid": user}
        return written | ({"create_date": at, "create_uid": user} if new else {})

    def fresh(self) -> dict[str, Any]:
        """Return what a new lead has by itself."""
        now = self.stamp(new=True)
        return {
            **now,
            "stage_id": self.stages["New"],
            "date_last_stage_update": now["create_date"],
            "company_currency": self.currency,
            "expected_revenue": 0.0,
            **dict.fromkeys(("date_conversion", "lost_reason_id", "date_closed"), False),
        }

    def write(self, lead: int, user: int = SELLER, **values: Any) -> None:
        """Change a lead as a user does."""
        self.store.tables["crm.lead"][lead] |= {**values, **self.stamp(user=user)}

    def leaves(
        self,
        lead: int,
        subtype: tuple[str, bool] = NOTE,
        *,
        user: int = SELLER,
        kind: str = "notification",
        activity: int | bool = False,
    ) -> None:
        """Leave a message in the chatter of a lead, which does not change the lead."""
        name, is_own = subtype
        self.store.add(
            "mail.message",
            {
                **self.stamp(user=user, new=True),
                "model": "crm.lead",
                "res_id": lead,
                "message_type": kind,
                "subtype_id.res_model": "crm.lead" if is_own else False,
                "create_uid.share": user == PORTAL,
                "mail_activity_type_id": activity,
                "subject": False,
                "body": name,
                "message_id": "<other@vm>",
            },
        )

    def moves(self, lead: int, stage: str, user: int = SELLER) -> None:
        """Move a lead to a stage, which may win it."""
        won = {"won_status": "won", "date_closed": f"{self.now:%Y-%m-%d %H:%M:%S.%f}"}
        told = won if STAGES.get(stage) else {"won_status": "pending"}
        number = self.stages.get(stage) or self.store.add("crm.stage", {"name": stage})
        at = f"{self.now:%Y-%m-%d %H:%M:%S.%f}"
        self.write(lead, user, stage_id=number, date_last_stage_update=at, **told)
        self.leaves(lead, MOVED, user=user)

    def loses(self, lead: int, reason: str = "", user: int = SELLER) -> None:
        """Mark a lead as lost, which archives it."""
        why = self.store.add("crm.lost.reason", {"name": reason}) if reason else False
        self.write(lead, user, active=False, won_status="lost", lost_reason_id=why)
        self.leaves(lead, MOVED, user=user)

    def told(self, model: str, row: Mapping[str, Any], name: str) -> Any:
        """Return what is read of a field that only this part knows; times in whole seconds."""
        if name == "is_blacklisted":
            return row.get("email_from") in self.blacklist
        value = row.get(name, False)
        is_time = name.startswith("date_") or name in TIMES
        return str(value)[:19] if model and value and is_time else value

    def check_domain(self, model: str, fields: set[str], domain: Sequence[Any]) -> None:
        """Refuse a domain that Odoo would break on."""
        known = {"id", *fields, *TIMES, *READABLE.get(model, ())}
        for term in domain:
            if isinstance(term, str):
                continue
            name, operator, wanted = term
            if name not in known and model in READABLE:
                raise BadDomain(f"Invalid field {model}.{name} in condition")
            if name in TIMES and not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", str(wanted)):
                raise BadDomain(f"expecting only datetimes with no timezone: {wanted!r}")
            if operator in ("in", "not in") and not isinstance(wanted, list):
                raise BadDomain(f"Invalid condition {term!r}")

    def _context_get(self, model: str, _ids: Any, _context: Any) -> Any:
        assert "res.users" == model
        return {"lang": "en_US", "tz": False, "uid": self.user}

    def _get_external_id(self, _model: str, ids: Any, _context: Any) -> Any:
        """Anybody may ask; what has none, or is not there, has an empty one."""
        names = {one: name for name, (of, one) in self.store.external.items() if of == "crm.lead"}
        return {str(one): names.get(one, "") for one in ids}

    def _formatted_read_group(
        self, model: str, _ids: Any, context: Any, domain: Any, groupby: Any, aggregates: Any
    ) -> Any:
        assert ("mail.message", ["res_id"]) == (model, groupby)
        if aggregates != ["create_date:min"]:
            raise BadDomain(f"Invalid field in {aggregates!r}")
        rows = self._search_read(  # type: ignore[attr-defined]  # the account's
            model, [], context, domain=domain, fields=["res_id", "create_date"]
        )
        first: dict[int, str] = {}
        for row in rows:
            of, at = row["res_id"], row["create_date"]
            first[of] = min(at, first.get(of, at))
        return [
            {"res_id": one, "__extra_domain": [["res_id", "=", one]], "create_date:min": at}
            for one, at in first.items()
        ]
