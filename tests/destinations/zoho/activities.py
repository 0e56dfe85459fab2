"""Zoho's tasks, campaigns and users, and how notes are deleted (zoho/crm-oas v8.0, users.json).

What is marked [K] was not found in the vendor's pages and is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import httpx

from tests.destinations.zoho.changes import OURS, BadCall

Row = dict[str, Any]

MOST: Final = 100
CRITERIA: Final = 25
"""Conditions of a query (COQL-Limitations.html)."""

_TASKS: Final = re.compile(r"select id, Subject from Tasks where (.+) limit 200")
_LIKE: Final = r"Subject like '%([0-9a-f]+)%'"
_MEMBERS: Final = re.compile(r"Campaigns/(\d+)/(Leads|Contacts)")


class Activities:
    """The part of an organisation that has tasks, campaigns and users."""

    records: dict[str, Row]
    contacts: dict[str, str]
    notes: list[Row]
    _number: int

    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[Row] = []
        self.campaigns: dict[str, set[str]] = {"8100": set()}
        """The members of each, with their modules."""
        self.user = OURS

    def of_activities(self, request: httpx.Request, body: Any) -> httpx.Response | None:
        """Answer what is asked of tasks, campaigns, users and notes to delete; else None."""
        path, params = request.url.path.removeprefix("/crm/v8/"), request.url.params
        if found := _MEMBERS.fullmatch(path):
            return self._joined(found[1], found[2], request.method, body, params)
        asked: dict[tuple[str, str], Callable[[], httpx.Response]] = {
            ("POST", "Tasks"): lambda: self._rows(body["data"], self._task),
            ("GET", "Tasks"): lambda: _found([{"id": task["id"]} for task in self.tasks]),
            ("DELETE", "Notes"): lambda: self._rows(params["ids"].split(","), self._drop_note),
            ("GET", "users"): lambda: self._users(params),
        }
        if do := asked.get((request.method, path)):
            return do()
        if request.method == "GET" and (one := re.fullmatch(r"Campaigns/(\w+)", path)):
            return self._campaign(one[1])
        return None

    def tasks_queried(self, query: str) -> httpx.Response | None:
        """Answer a query for tasks by their subjects; brackets must be told (COQL-Overview)."""
        read = _TASKS.fullmatch(query)
        if not read:
            return None
        likes = re.findall(_LIKE, read[1])
        if len(likes) > CRITERIA or not _is_well_bracketed(read[1]):
            raise BadCall("INVALID_QUERY")
        names = ("id", "Subject")
        rows = [task for task in self.tasks if any(like in task["Subject"] for like in likes)]
        return _found([{name: row[name] for name in names} for row in rows])

    def _users(self, params: httpx.QueryParams) -> httpx.Response:
        assert "CurrentUser" == params["type"]
        return httpx.Response(200, json={"users": [{"id": self.user, "full_name": "leadshare"}]})

    def _rows(self, rows: Sequence[Any], do: Callable[[Any], Row]) -> httpx.Response:
        if not 1 <= len(rows) <= MOST:
            raise BadCall("INVALID_DATA")
        answers = [do(row) for row in rows]
        refusals = [answer["status"] == "error" for answer in answers]
        status = 400 if all(refusals) else 207 if any(refusals) else 200
        return httpx.Response(status, json={"data": answers})

    def _task(self, row: Mapping[str, Any]) -> Row:
        """Make a task on a lead, by `What_Id` with its module, or on a contact (record.json)."""
        known = {"Subject", "Description", "Due_Date", "Owner", "What_Id", "$se_module", "Who_Id"}
        assert row.keys() <= known
        contact = row.get("Who_Id", {}).get("id")
        place, module = row.get("What_Id", {}).get("id"), row.get("$se_module")
        if (place and (module != "Leads" or place not in self.records)) or (
            contact and contact not in self.contacts
        ):
            return _fault("INVALID_DATA", api_name="What_Id")
        if not row.get("Subject") or len(row["Subject"]) > 255:
            return _fault("MANDATORY_NOT_FOUND", api_name="Subject")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", row["Due_Date"]):
            return _fault("INVALID_DATA", api_name="Due_Date")
        self._number += 1
        on = f"Leads/{place}" if place else f"Contacts/{contact}"
        self.tasks.append({**row, "id": str(self._number), "parent": on})
        return _done(str(self._number))

    def _drop_note(self, number: str) -> Row:
        """Delete a note (delete-notes.html)."""
        before = len(self.notes)
        self.notes = [note for note in self.notes if note["id"] != number]
        return _done(number) if len(self.notes) < before else _fault("INVALID_DATA", id=number)

    def _campaign(self, number: str) -> httpx.Response:
        if not number.isdecimal():
            raise BadCall("INVALID_DATA")
        return _found([{"id": number}] if number in self.campaigns else [])

    def _joined(
        self, number: str, module: str, method: str, body: Any, params: httpx.QueryParams
    ) -> httpx.Response:
        """Update related records, or delink them (related_records.json); codes are assumed [K]."""
        if number not in self.campaigns:
            raise BadCall("INVALID_DATA")
        members = self.campaigns[number]
        there: dict[str, set[str]] = {"Leads": {*self.records}, "Contacts": {*self.contacts}}

        def join(row: Mapping[str, str]) -> Row:
            if row["id"] not in there[module]:
                return _fault("INVALID_DATA", api_name="id")
            members.add(f"{module}/{row['id']}")
            return _done(row["id"])

        def leave(place: str) -> Row:
            if f"{module}/{place}" not in members:
                return _fault("INVALID_DATA", api_name="id")
            members.remove(f"{module}/{place}")
            return _done(place)

        if method == "PUT":
            return self._rows(body["data"], join)
        assert "DELETE" == method
        return self._rows(params["ids"].split(","), leave)


def _is_well_bracketed(where: str) -> bool:
    """Whether no bracket holds more than a pair of conditions."""
    text, before = re.sub(_LIKE, "A", where), ""
    while text != before:
        text, before = re.sub(r"\(A or A\)", "A", text), text
    return text in ("A", "A or A")


def _found(rows: Sequence[Row]) -> httpx.Response:
    info = {"count": len(rows), "more_records": False}
    return httpx.Response(200, json={"data": rows, "info": info}) if rows else httpx.Response(204)


def _done(number: str) -> Row:
    return {"code": "SUCCESS", "details": {"id": number}, "message": "", "status": "success"}


def _fault(code: str, **details: Any) -> Row:
    return {"code": code, "details": details, "message": "is refused", "status": "error"}
