"""What an instance of Marketo keeps beside persons: a custom object's records, and static lists.

Pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import httpx

from tests.destinations.marketo.database import TOUCHES, misfit
from tests.destinations.marketo.envelope import done, refusal, skipped
from tests.destinations.simulators.base import Worked

OBJECTS: Final = "/rest/v1/customobjects"
TOUCH: Final = "leadshareTouch_c"

MOST: Final = 300
"""Records of a call, values of a search, persons of a page (leads.md)."""


class Objects(Worked):
    """An instance as far as it keeps something beside persons."""

    def __init__(self) -> None:
        super().__init__()
        self.people: dict[int, dict[str, Any]] = {}
        self.objects: dict[str, dict[str, Any]] = {}
        """Records of the custom object, by the dedupe field."""
        self.object_lacks: set[str] = set()
        """Fields that the custom object does not have, or its name where it is not there."""
        self.object_key = "touchId"
        """Its dedupe field."""
        self.lists: dict[int, set[int]] = {1021: set()}

    def of_object(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """Describe a custom object, or query, write or delete its records (custom-objects.md)."""
        name = request.url.path.removeprefix(f"{OBJECTS}/").removesuffix(".json")
        known = {n: facts for n, facts in TOUCHES.items() if n not in self.object_lacks}
        if name.partition("/")[0] != TOUCH or TOUCH in self.object_lacks:
            return refusal("1013", f"Object '{name}' not found")  # the code is assumed
        if request.method == "GET" and name == TOUCH:
            return self._found_objects(request.url.params)
        if request.method == "GET":
            fields = [{"name": n, "displayName": n, "dataType": k} for n, (k, _) in known.items()]
            link = {
                "field": "leadId",
                "type": "parent",
                "relatedTo": {"name": "Lead", "field": "id"},
            }
            told = {
                **dict.fromkeys(("name", "displayName"), TOUCH),
                **dict.fromkeys(("createdAt", "updatedAt"), "2026-11-01T08:00:00Z"),
                "idField": "marketoGUID",
                "dedupeFields": [self.object_key],
                "searchableFields": [["touchId"], ["marketoGUID"], ["leadId"]],
                "relationships": [link],
            }
            return done([{**told, "fields": [one | {"updateable": True} for one in fields]}])
        return self._written_objects(name, json.loads(request.content), known, store=store)

    def _written_objects(
        self, name: str, body: dict[str, Any], known: Mapping[str, Any], *, store: bool
    ) -> httpx.Response:
        if self.entries_refused:
            return refusal("603", "Access denied")
        if name == f"{TOUCH}/delete":
            return self._delete_objects(body, store=store)
        told = {"action": "createOrUpdate", "dedupeBy": "dedupeFields"}
        if told != {one: body.get(one) for one in told} or not 1 <= len(body["input"]) <= MOST:
            return refusal("1003", "Invalid data")
        rows = [self._object_one(one, known, store=store) for one in body["input"]]
        return done([{"seq": seq, **row} for seq, row in enumerate(rows)])

    def _object_one(
        self, record: Mapping[str, Any], known: Mapping[str, Any], *, store: bool
    ) -> dict[str, Any]:
        if not record.get("touchId"):
            return skipped("1002")
        for name, value in record.items():
            if name not in known:
                return skipped("1006", f"Field '{name}' not found")
            if code := misfit(TOUCHES[name], value):
                return skipped(code)
        if record["leadId"] not in self.people:
            return skipped("1004", "Lead not found")
        touch = record["touchId"]
        status = "updated" if touch in self.objects else "created"
        if store:
            self.objects.setdefault(touch, {}).update(record)
        return {"status": status, "marketoGUID": f"{uuid5(NAMESPACE_URL, touch)}"}

    def _found_objects(self, asked: Mapping[str, str]) -> httpx.Response:
        """Query by a searchable field, 300 of a page."""
        field, values = asked["filterType"], asked["filterValues"].split(",")
        if field not in ("touchId", "marketoGUID", "leadId"):
            return refusal("1003", "Invalid filterType")
        rows = [one for one in self.objects.values() if str(one.get(field)) in values]
        names = asked.get("fields", "touchId").split(",")
        told = [{"seq": seq, **{n: row[n] for n in names}} for seq, row in enumerate(rows[:MOST])]
        return done([{**one, "marketoGUID": f"{uuid5(NAMESPACE_URL, str(one))}"} for one in told])

    def _delete_objects(self, body: Mapping[str, Any], *, store: bool) -> httpx.Response:
        if body.get("deleteBy") != "dedupeFields" or not 1 <= len(body["input"]) <= MOST:
            return refusal("1003", "Invalid data")
        rows = []
        for seq, one in enumerate(body["input"]):
            there = one["touchId"] in self.objects
            if store:
                self.objects.pop(one["touchId"], None)
            guid = {"marketoGUID": f"{uuid5(NAMESPACE_URL, one['touchId'])}", "status": "deleted"}
            rows.append({"seq": seq, **(guid if there else skipped("1013", "Object not found"))})
        return done(rows)

    def enlist(self, number: int, people: Iterable[Mapping[str, Any]]) -> httpx.Response:
        """Add to List (list-membership.md); that one who is in it is added again is assumed."""
        if wrong := self._wrong_list(number):
            return wrong
        results = []
        for person in (one["id"] for one in people):
            there = person in self.people
            if there:
                self.lists[number].add(person)
            results.append({"id": person, **({"status": "added"} if there else skipped("1004"))})
        return done(results)

    def _wrong_list(self, number: int) -> httpx.Response | None:
        if number not in self.lists:
            return refusal("1013", "List not found")
        return refusal("603", "Access denied") if self.campaigns_refused else None

    def leave(self, number: int, people: Sequence[int]) -> httpx.Response:
        """Remove from List (list-membership.md); what is told of who was not in it is assumed."""
        if wrong := self._wrong_list(number):
            return wrong
        results = []
        for person in people:
            status = "removed" if person in self.lists[number] else "skipped"
            self.lists[number].discard(person)
            there = person in self.people
            results.append({"id": person, **({"status": status} if there else skipped("1004"))})
        return done(results)
