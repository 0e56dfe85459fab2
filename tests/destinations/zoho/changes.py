"""Zoho CRM as it tells changes: lists by time, the search, deals, contacts and timelines.

Pages are cited by their file names under www.zoho.com/crm/developer/docs/api/v8; what is marked
[K] was not found in them and is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import httpx

from tests.builders import NOW

Row = dict[str, Any]

OURS: Final = "41"
"""The user whose refresh token this is."""

SELLER: Final = "42"

NUMBERED: Final = 2000
"""Records that pages with numbers lead to (get-records.html)."""

MOST: Final = 200
CRITERIA: Final = 10
"""Conditions of a search (search-records.html)."""

STAGES: Final = {
    "Qualification": "Open",
    "Closed Won": "Closed Won",
    "Closed Lost": "Closed Lost",
    "Verloren an Wettbewerb": "Closed Lost",
}
"""Stages of deals, and their forecast types (zoho/crm-oas v8.0/fields.json)."""

ZONE: Final = timezone(timedelta(hours=1))
"""That of the user, in which times are told."""


class BadCall(Exception):
    """A call that is refused, with status and code."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code


class Changes:
    """The part of an organisation that tells what changed."""

    records: dict[str, Row]
    contacts: dict[str, str]

    def __init__(self) -> None:
        self.now: datetime = NOW
        super().__init__()
        self.deals: dict[str, Row] = {}
        self.timelines: dict[str, list[Row]] = {}
        """Of each lead, the newest entry first."""
        self.people: dict[str, Row] = {}
        """What contacts hold, beside their leads'."""
        self.inclusive = True
        """Whether a list has what changed in the very second that it is asked from [K]."""
        self.searchable = True
        """Whether leads can be searched by their deal [K]."""
        self.unindexed: set[str] = set()
        """Leads that the search does not find yet."""
        self.unscoped: set[str] = set()
        """Ends of paths that the client has no scope for."""

    def later(self, seconds: float = 60) -> datetime:
        """Let time pass; return what the clock says then."""
        self.now += timedelta(seconds=seconds)
        return self.now

    def time(self) -> str:
        """The time as Zoho tells it."""
        return self.now.astimezone(ZONE).isoformat(timespec="seconds")

    def stamp(self, by: str = OURS, *, new: bool = False) -> Row:
        """What Zoho keeps of a write."""
        user = {"id": by, "name": "Somebody"}
        changed = {"Modified_By": user, "Modified_Time": self.time()}
        return changed | ({"Created_By": user, "Created_Time": self.time()} if new else {})

    def work(self, lead: str, by: str = SELLER, source: str = "crm_ui", **fields: Any) -> None:
        """Change a lead as somebody does, by Zoho's name of how."""
        self.records[lead] |= fields | self.stamp(by)
        history = [{"api_name": n, "_value": {"old": None, "new": v}} for n, v in fields.items()]
        self.noted(lead, by, source, field_history=history)

    def noted(
        self,
        lead: str,
        by: str = SELLER,
        source: str = "crm_ui",
        module: str = "Leads",
        **more: Any,
    ) -> None:
        """Put an entry in the timeline of a lead (timeline-of-a-record.html)."""
        entry = {
            "id": str(len(self.timelines.get(lead, ()))),
            "done_by": {"id": by, "name": "Somebody", "type__s": "regular user"},
            "related_record": None,
            "automation_details": None,
            "record": {"module": {"api_name": module, "id": "1"}, "name": "One", "id": lead},
            "audited_time": self.time(),
            "action": "updated",
            "source": source,
            "field_history": [],
            **more,
        }
        self.timelines.setdefault(lead, []).insert(0, entry)

    def acts(self, lead: str, module: str, by: str = SELLER, **more: Any) -> None:
        """Log an activity, which does not change its lead [K] but its last activity."""
        self.records[lead]["Last_Activity_Time"] = self.time()
        self.noted(lead, by, module=module, action="added", **more)

    def timeline_of(self, lead: str, told: httpx.QueryParams) -> httpx.Response:
        """Tell the timeline of a lead, the newest entries first."""
        rows = self.timelines.get(lead, [])[: int(told["per_page"])]
        return httpx.Response(200, json={"__timeline": rows}) if rows else httpx.Response(204)

    def turns_into(self, lead: str, stage: str = "", **deal: Any) -> str:
        """Convert a lead; return its deal, "" for none."""
        number = str(8_000_000_000_000_000_000 + len(self.deals)) if stage else ""
        contact = f"9{lead[1:]}"
        self.contacts[contact] = lead
        self.people[contact] = {"Email_Opt_Out": False, **self.stamp(SELLER)}
        told = {"Converted__s": True, "Converted_Date_Time": self.time(), **self.stamp(SELLER)}
        self.records[lead] |= {**told, "Converted_Contact": {"id": contact, "name": "Buyer"}}
        if number:
            self.deals[number] = {"id": number, **self.stamp(SELLER, new=True)}
            self.deals[number] |= {"Stage": stage, "Amount": None, **deal}
            self.records[lead]["Converted_Deal"] = {"id": number, "name": "Deal"}
        return number

    def sells(self, deal: str, stage: str, **fields: Any) -> None:
        """Move a deal, which does not change the lead that it was."""
        self.deals[deal] |= {"Stage": stage, **fields, **self.stamp(SELLER)}

    def rows(self, module: str) -> dict[str, Row]:
        """The records of a module, by id."""
        people = {one: {"id": one, **self.people.get(one, {})} for one in self.contacts}
        return {"Leads": self.records, "Deals": self.deals, "Contacts": people}[module]

    def by_ids(self, module: str, told: httpx.QueryParams) -> list[Row]:
        """Read records by their ids (get-records.html)."""
        ids, names = told["ids"].split(","), told["fields"].split(",")
        if len(ids) > 100 or len(names) > 50:
            raise BadCall("LIMIT_EXCEEDED")
        rows = self.rows(module)
        return [_shown(rows[one], names) for one in ids if one in rows]

    def listed(
        self, module: str, told: httpx.QueryParams, headers: httpx.Headers
    ) -> httpx.Response:
        """List what has changed (get-records.html); among those of one second in no known order."""
        size, names = int(told["per_page"]), told["fields"].split(",")
        if size > MOST or len(names) > 50 or told["sort_by"] != "Modified_Time":
            raise BadCall("LIMIT_EXCEEDED")
        assert "asc" == told["sort_order"]
        try:
            since = datetime.fromisoformat(headers["If-Modified-Since"])
        except ValueError:
            raise BadCall("INVALID_DATA") from None
        if since.tzinfo is None:
            raise BadCall("INVALID_DATA")
        first = self._first(told, size)
        found = [
            (at, one)
            for one, row in self.rows(module).items()
            if (at := datetime.fromisoformat(row["Modified_Time"])) > since
            or (self.inclusive and at == since)
            if told.get("converted") == "both" or not row.get("Converted__s")
        ]
        if not found:
            return httpx.Response(304)
        found.sort(key=lambda pair: (pair[0], -int(pair[1])))
        here = [one for _, one in found[first : first + size]]
        if not here:
            return httpx.Response(204)
        more = len(found) > first + size
        info = {
            "per_page": size,
            "count": len(here),
            "page": 1 + first // size,
            "sort_by": "Modified_Time",
            "sort_order": "asc",
            "more_records": more,
            "next_page_token": f"{_bound(told)}|{first + size}" if more else None,
            "previous_page_token": None,
            "page_token_expiry": self.time() if more else None,
        }
        data = [_shown(self.rows(module)[one], names) for one in here]
        return httpx.Response(200, json={"data": data, "info": info})

    @staticmethod
    def _first(told: httpx.QueryParams, size: int) -> int:
        """Where a page begins: by its number, of the first 2,000, or by a token."""
        if "page" in told and "page_token" in told:
            raise BadCall("AMBIGUITY_DURING_PROCESSING")
        if "page_token" not in told:
            first = (int(told["page"]) - 1) * size
            if first + size > NUMBERED:
                raise BadCall("DISCRETE_PAGINATION_LIMIT_EXCEEDED")
            return first
        bound, _, first_text = told["page_token"].rpartition("|")
        if bound != _bound(told):
            raise BadCall("TOKEN_BOUND_DATA_MISMATCH")
        return int(first_text)

    def searched(self, told: httpx.QueryParams) -> list[Row]:
        """Search leads by the deal that they became (search-records.html)."""
        conditions = re.findall(r"\((\w+)\.id:equals:(\d+)\)", told["criteria"])
        asked = "or".join(f"({name}.id:equals:{one})" for name, one in conditions)
        if told["criteria"] != f"({asked})" or not self.searchable:
            raise BadCall("INVALID_QUERY")
        if not 1 <= len(conditions) <= CRITERIA:
            raise BadCall("LIMIT_EXCEEDED")
        names, wanted = told["fields"].split(","), {one for _, one in conditions}
        assert {"Converted_Deal"} == {name for name, _ in conditions}
        return [
            _shown(row, names)
            for one, row in self.records.items()
            if (row.get("Converted_Deal") or {}).get("id") in wanted and one not in self.unindexed
            if told.get("converted") == "both" or not row.get("Converted__s")
        ]


def stages() -> Row:
    """The field of deals that tells their stage (fields.json)."""
    values = [
        {
            **dict.fromkeys(("actual_value", "display_value", "reference_value"), name),
            "id": str(n),
            "sequence_number": n,
            "type": "used",
            "colour_code": None,
            "forecast_type": kind,
            "probability": 10,
            "forecast_category": {"name": "Pipeline", "id": "1"},
        }
        for n, (name, kind) in enumerate(STAGES.items(), 1)
    ]
    flags = dict.fromkeys(("system_mandatory", "read_only", "field_read_only"), False)
    named = {"api_name": "Stage", "display_label": "Stage", "field_label": "Stage"}
    told = {"id": "1", "data_type": "picklist", "length": 120, "unique": {}, **flags, **named}
    return {**told, "associated_module": None, "pick_list_values": values}


def _bound(told: httpx.QueryParams) -> str:
    return "&".join(f"{n}={v}" for n, v in sorted(told.items()) if not n.startswith("page"))


def _shown(row: Mapping[str, Any], names: Sequence[str]) -> Row:
    """A record with the fields *names*; those without a value are null."""
    own: Row = {"Converted__s": False, "Email_Opt_Out": False, "Last_Activity_Time": None}
    held = {**own, **row}
    return {"id": row["id"], **{name: held.get(name) for name in names}}
