"""HubSpot's lists, tasks, and what takes contacts and notes away.

Specifications of lists, tasks and contacts, 2026-03; what neither says is marked as seen.
"""

from __future__ import annotations

import json
from typing import Any, Final

import httpx

from tests.destinations.hubspot.changes import Bad

Properties = dict[str, Any]

ON_CONTACT: Final = {"notes": 202, "tasks": 204}
"""The built-in types of association with a contact (page associations)."""


class Gone(Exception):
    """What is asked for is not there."""


class Activities:
    """The part of an account that has lists, and that archives and deletes."""

    records: dict[str, dict[str, Properties]]
    links: set[tuple[str, str]]
    associations: dict[str, str]

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[str, Properties] = {
            "71": _list("71", "MANUAL"),
            "72": _list("72", "DYNAMIC"),
        }
        self.members: dict[str, set[str]] = {"71": set(), "72": set()}

    def of_lists(self, asked: Any, request: httpx.Request) -> httpx.Response | None:
        """Answer what is asked of lists."""
        match asked:
            case "GET", number:
                return self.described(number)
            case "PUT", number, "memberships", "add" | "remove" as how:
                return self.changed(number, how, request)
        return None

    def taken_away(self, asked: Any, request: httpx.Request) -> httpx.Response | None:
        """Answer what takes records away."""
        match asked:
            case "POST", kind, "batch", "archive":
                inputs = json.loads(request.content)["inputs"]
                return self.put_away(kind, [one["id"] for one in inputs])
            case "POST", "contacts", "gdpr-delete":
                return self.purge(json.loads(request.content))
            case "DELETE", "contacts" | "leads" as kind, number:
                return self.put_away(kind, [number])
        return None

    def described(self, number: str) -> httpx.Response:
        """One list."""
        return httpx.Response(200, json={"list": self._list(number)})

    def _list(self, number: str) -> Properties:
        if number not in self.lists:
            raise Gone(f"List does not exist with ID {number}.")
        return self.lists[number]

    def changed(self, number: str, how: str, request: httpx.Request) -> httpx.Response:
        """Add or remove members; those of a list that a rule fills are nobody's to change."""
        listed = self._list(number)
        if listed["processingType"] not in {"MANUAL", "SNAPSHOT"}:
            raise Bad(f"List {number} is not MANUAL or SNAPSHOT")
        ids = json.loads(request.content)
        assert all(isinstance(one, str) for one in ids)
        there = [one for one in ids if self._is_there(one)]
        were = set(self.members[number])
        if how == "add":
            self.members[number] |= set(there)
        else:
            self.members[number] -= set(there)
        told = {
            "recordsIdsAdded": sorted(self.members[number] - were),
            "recordsIdsRemoved": sorted(were - self.members[number]),
            "recordIdsMissing": [one for one in ids if one not in there],
        }
        return httpx.Response(200, json=told)

    def _is_there(self, number: str) -> bool:
        contact = self.records["contacts"].get(number)
        return bool(contact and not contact["archived"])

    def put_away(self, kind: str, numbers: list[str]) -> httpx.Response:
        """Archive records: they go to the bin, and lose their associations."""
        for number in numbers:
            if record := self.records[kind].get(number):
                record["archived"] = True
            self.links = {pair for pair in self.links if number not in pair}
        return httpx.Response(204)

    def purge(self, told: Properties) -> httpx.Response:
        """Delete a contact for good, whatever it is on; what hung on it stays (changelog)."""
        assert {"objectId"} == told.keys()
        number = told["objectId"]
        if self.records["contacts"].pop(number, None) is None:
            raise Gone("No contact")
        self.links = {pair for pair in self.links if number not in pair}
        return httpx.Response(204)


def _list(number: str, processing: str) -> Properties:
    """A list (specification of lists, PublicObjectList); numbers are texts."""
    times = dict.fromkeys(("createdAt", "updatedAt"), "2026-11-22T12:00:00.000Z")
    named = {"listId": number, "name": f"List {number}", "objectTypeId": "0-1", "size": 0}
    return {**named, "processingType": processing, "processingStatus": "COMPLETE", **times}
