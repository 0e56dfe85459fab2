"""An instance of Marketo Engage: its lead database behind the REST API.

Pages are cited by their file names in AdobeDocs/marketo-developer.en, help/rest-api. What no page
says is marked as assumed, and assumed for the worse.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl

import httpx

from leadshare.deliveries.delivery import Delivery
from tests.destinations.marketo.database import (
    FIELDS,
    OF_COMPANY,
    READ_ONLY,
    misfit,
)
from tests.destinations.marketo.envelope import done, refusal, skipped
from tests.destinations.marketo.objects import MOST, OBJECTS, TOUCH, Objects

HOST: Final = "123-abc-456.mktorest.com"

PEOPLE: Final = "/rest/v1/leads.json"
DESCRIBE: Final = "/rest/v1/leads/describe2.json"
DELETE: Final = "/rest/v1/leads/delete.json"

CREATED: Final = "2026-11-22T12:00:00Z"
BEFORE: Final = "2026-11-01T08:00:00Z"
"""When persons were created: by calls that tests make, and before those (leads.md)."""

LIFE: Final = 3600
"""Seconds that a token lives (authentication.md)."""

MATCHES: Final = 1000
"""Persons that a search finds at most (leads.md)."""

LARGEST: Final = 1_000_000
LONGEST: Final = 8 * 1024
"""Bytes of a body and of an address (error-codes.md)."""

ACTIONS: Final = ("createOrUpdate", "createOnly", "updateOnly")

SEARCHABLE: Final = ("id", "email", "leadshareId", "leadshareScore")
"""What a search takes: some fields and custom strings and numbers (leads.md)."""

_PROGRAM: Final = re.compile(r"/rest/v1/programs/([0-9]+)/members/status\.json")
_LIST: Final = re.compile(r"/rest/v1/lists/([0-9]+)/leads\.json")


class Account(Objects):
    """One instance; `clock` tells its seconds, `limit` how many calls it takes in how many."""

    SETTINGS: ClassVar[Mapping[str, Any]] = {
        "type": "marketo",
        "name": "crm",
        "url": f"https://{HOST}/rest",
        "client_id": "0a1b2c3d-0000-4000-8000-0123456789ab",
        "client_secret": "OUR_MARKETO_SECRET",
    }
    ENVIRONMENT: ClassVar[Mapping[str, str]] = {"OUR_MARKETO_SECRET": "secret-of-our-service"}
    RETRY_AFTER = None
    LIST = "1021"
    ENDS = ("merged",)

    def __init__(
        self,
        *,
        clock: Callable[[], float] = lambda: 0.0,
        limit: tuple[int, float] | None = None,
    ) -> None:
        super().__init__()
        self.clock = clock
        self.limit = limit
        self.throttles = 0
        """Calls refused because there were too many."""
        self.programs: dict[int, tuple[str, ...]] = {1234: ("Invited", "Engaged", "Won")}
        """The statuses of each program's channel, by their steps."""
        self.members: dict[tuple[int, int], str] = {}
        """The status of a program and a person."""
        self.partitions: tuple[str, ...] = ("Default",)
        self.codes: list[str] = []
        """What the next calls to the lead database are refused with, as a whole."""
        self.skips: dict[str, str] = {}
        """What the record with this address is skipped with."""
        self.disliked: set[str] = set()
        """Values that it takes for invalid, and names the field."""
        self.spoiling: set[str] = set()
        """Addresses whose record makes it refuse a whole call: no page tells of that."""
        self.locked = False
        """Whether companies belong to a CRM, so that no call may change a person's."""
        self._calls: deque[float] = deque()
        self._token = ""
        self._ends = 0.0
        self._ids = 1000

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer, as long as there are not too many calls; signing in is none."""
        if request.url.path.startswith("/identity/") or not self._too_many():
            return super().handle(request)
        self.requests.append(request)
        self.throttles += 1
        return self.throttled(vaguely=False)

    def _too_many(self) -> bool:
        """Count a call; refused ones count, too: 606 is not among those that do not."""
        if self.limit is None:
            return False
        calls, seconds = self.limit
        now = self.clock()
        while self._calls and self._calls[0] <= now - seconds:
            self._calls.popleft()
        self._calls.append(now)
        return len(self._calls) > calls

    def is_write(self, request: httpx.Request) -> bool:
        """Whether persons are created or changed."""
        path, query = request.url.path, request.url.params
        objects = f"{OBJECTS}/{TOUCH}"
        writes = path in {PEOPLE, DELETE, f"{objects}.json", f"{objects}/delete.json"}
        writes = writes or bool(_LIST.fullmatch(path))
        return request.method in ("POST", "DELETE") and writes and "_method" not in query

    def found(self, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        """The persons that show the lead; else those with its address."""
        email = delivery.record["email"].lower()
        people = self.people.values()
        shown = [person for person in people if person.get("leadshareId") == delivery.lead]
        same = [person for person in people if str(person.get("email", "")).lower() == email]
        strangers = [p for p in same if not p.get("leadshareId") and p not in shown]
        return [*shown, *strangers] if shown else same if email else []

    def edit(self, delivery: Delivery, fields: Mapping[str, Any]) -> None:
        [person] = self.found(delivery)
        self.people[person["id"]] |= fields

    def put_before(self, delivery: Delivery, fields: Mapping[str, Any]) -> None:
        assert delivery.record["email"] == fields["email"]
        self._ids += 1
        self.people[self._ids] = {"id": self._ids, "createdAt": BEFORE, **fields}

    def timeline(self, delivery: Delivery) -> Sequence[str]:
        people = [person["id"] for person in self.found(delivery)]
        told = [one for one in self.objects.values() if one["leadId"] in people]
        return [f"{one['subject']}\n{one['text']}" for one in told]

    def tasks_of(self, delivery: Delivery) -> Sequence[str]:
        return [one for one in self.timeline(delivery) if one.startswith("Erase a person's data")]

    def member_of(self, delivery: Delivery, into: str) -> int:
        people = {person["id"] for person in self.found(delivery)}
        return len(people & self.lists[int(into)])

    def shows(self) -> Any:
        return [self.people, self.objects]

    def end(self, delivery: Delivery, how: str) -> None:
        assert how == "merged"
        [person] = self.found(delivery)
        self._ids += 1
        # The winner keeps its own values, and the records of custom objects go to it.
        del self.people[person["id"]]
        self.people[self._ids] = {"id": self._ids, "email": person["email"], "lastName": "Buyer"}
        for one in self.objects.values():
            one["leadId"] = self._ids if one["leadId"] == person["id"] else one["leadId"]

    def throttled(self, *, vaguely: bool) -> httpx.Response:
        """Refuse for too many calls; for how long is never told (error-codes.md)."""
        assert vaguely is not None
        return refusal("606", "Max rate limit '100' exceeded with in '20' secs")

    def unavailable(self) -> httpx.Response:
        """HTTP 503 has no body (error-codes.md)."""
        return httpx.Response(503)

    def expired(self) -> httpx.Response:
        """Refuse because the token has ended (authentication.md)."""
        self._token = ""
        return refusal("602", "Access token expired")

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """Check the envelope, then do what the path says."""
        if request.url.host != HOST or "//" in request.url.path:
            return httpx.Response(404)
        if request.url.path == "/identity/oauth/token":
            return self._sign_in(request)
        if len(str(request.url)) > LONGEST or len(request.content) > LARGEST:
            return httpx.Response(413 if len(request.content) > LARGEST else 414)
        if refused := self._refused(request):
            return refused
        return self._routed(request, store=store)

    def _routed(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        method = request.url.params.get("_method", request.method)
        ask = {f"GET {PEOPLE}": self._find_people, f"GET {DESCRIBE}": self._describe}
        if request.url.path.startswith(OBJECTS):
            ask = {f"{method} {request.url.path}": lambda one: self.of_object(one, store=store)}
        found = _LIST.fullmatch(request.url.path)
        if found and method == "DELETE":
            people = [int(one) for one in request.url.params.get_list("id")]
            return self.leave(int(found[1]), people)
        if asked := ask.get(f"{method} {request.url.path}"):
            return asked(request)
        return self._write(request, store=store)

    def _sign_in(self, request: httpx.Request) -> httpx.Response:
        """Give a token; before its end the same with what is left of its life."""
        self.sign_ins += 1
        told = dict(parse_qsl(request.content.decode())) | dict(request.url.params)
        expected = {
            "grant_type": "client_credentials",
            "client_id": self.SETTINGS["client_id"],
            "client_secret": self.ENVIRONMENT["OUR_MARKETO_SECRET"],
        }
        if told != expected:
            return httpx.Response(401, json={"error": "invalid_client"})
        if not self._token or self._ends <= self.clock():
            self._token, self._ends = f"token-{self.sign_ins}:int", self.clock() + LIFE
        left = int(self._ends - self.clock())
        token = {"access_token": self._token, "token_type": "bearer", "expires_in": left}
        return httpx.Response(200, json={**token, "scope": "api@contoso.example"})

    def _refused(self, request: httpx.Request) -> httpx.Response | None:
        """Say what is wrong with a call; a token in the query is (authentication.md)."""
        told = request.headers.get("authorization", "")
        if self.signed_out or "access_token" in request.url.params:
            return refusal("601", "Access token invalid")
        if not self._token or told != f"Bearer {self._token}":
            return refusal("601", "Access token invalid")
        if self._ends <= self.clock():
            return refusal("602", "Access token expired")
        return refusal(self.codes.pop(0), "Refused") if self.codes else None

    def _write(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """Do what changes something, with a list of records or of persons."""
        path = request.url.path
        if not request.headers.get("content-type", "").startswith("application/json"):
            return refusal("612", "Invalid Content Type")
        try:
            body = json.loads(request.content)
        except ValueError:
            return refusal("609", "Invalid JSON")
        if not 1 <= len(body["input"]) <= MOST:  # the code is assumed
            return refusal("1003", "Too many records")
        if path == PEOPLE:
            return self._sync(body, store=store)
        if path == DELETE:
            return self._delete(body["input"])
        return self._put_in(path, body)

    def _put_in(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        if program := _PROGRAM.fullmatch(path):
            return self._enrol(int(program[1]), body)
        if found := _LIST.fullmatch(path):
            return self.enlist(int(found[1]), body["input"])
        return refusal("610", "Requested resource not found")

    def _fields(self) -> dict[str, tuple[str, int | None]]:
        return {name: facts for name, facts in FIELDS.items() if name not in self.lacks}

    def _sync(self, body: Mapping[str, Any], *, store: bool) -> httpx.Response:
        """Create or update (leads.md)."""
        lookup = body.get("lookupField", "email")
        action = body.get("action", "createOrUpdate")
        unknown = set(body) - {"action", "lookupField", "input", "partitionName"}
        if unknown or action not in ACTIONS or {"partitionName", action} <= {*body, "updateOnly"}:
            return refusal("1003", "Invalid data")
        by_id = lookup == "id" and action != "updateOnly"
        if by_id or lookup not in SEARCHABLE or lookup not in self._fields():
            return refusal("1011", f"Field '{lookup}' not supported")
        if body.get("partitionName", "Default") not in self.partitions:
            return refusal("1009", "Partition name must be specified")
        if any(record.get("email") in self.spoiling for record in body["input"]):
            return refusal("1003", "Invalid data")
        # Looked up before anything is written: that a person may come twice in one call is told
        # nowhere, and of two calls at once two persons come (leads.md); so assumed for one, too.
        matches = [self._matching(lookup, record.get(lookup)) for record in body["input"]]
        results = [
            self._sync_one(action, record, lookup, found, store=store)
            for record, found in zip(body["input"], matches, strict=True)
        ]
        return done(results)

    def _matching(self, field: str, value: object) -> list[int]:
        """Find persons; case does not matter."""
        wanted = str(value).lower()
        return [i for i, person in self.people.items() if str(person.get(field)).lower() == wanted]

    def _sync_one(
        self,
        action: str,
        record: Mapping[str, Any],
        lookup: str,
        found: list[int],
        *,
        store: bool,
    ) -> dict[str, Any]:
        if code := self._wrong(record, lookup, found):
            return skipped(code)
        if (action == "createOnly" and found) or (action == "updateOnly" and not found):
            return skipped("1005" if found else "1004")
        for name, value in record.items():
            if value in self.disliked:
                return skipped("1003", f"Value '{value}' is invalid for field '{name}'")
        if found:
            if store:
                self.people[found[0]].update(_without_empty(record))
            return {"id": found[0], "status": "updated"}
        self._ids += 1
        if store:
            made = {"id": self._ids, "createdAt": CREATED}
            self.people[self._ids] = {**made, **_without_empty(record)}
        return {"id": self._ids, "status": "created"}

    def _wrong(self, record: Mapping[str, Any], lookup: str, found: list[int]) -> str:
        """Return the code that a record is skipped with (error-codes.md)."""
        email = str(record.get("email", "")).lower()
        if email in self.skips:
            return self.skips[email]
        if email in self.refused or set(record) & set(READ_ONLY) - {lookup}:
            return "1003"
        if not record.get(lookup):
            return "1002"
        if len(found) > 1:
            return "1007"
        if self.locked and found and set(record) & set(OF_COMPANY):
            return "1021"
        fields = (field for field in record.items() if field[0] != "id")
        return next(filter(None, (self._misfit(*field) for field in fields)), "")

    def _misfit(self, name: str, value: object) -> str:
        """Return the code for a field that cannot hold this (field-types.md)."""
        if name not in self._fields():
            return "1006"
        return misfit(FIELDS[name], value)

    def _find_people(self, request: httpx.Request) -> httpx.Response:
        """Get Leads by Filter Type (leads.md); as a form with `_method=GET` (lead-database.md)."""
        told = dict(request.url.params)
        if request.method == "POST":
            kind = request.headers.get("content-type", "")
            if kind != "application/x-www-form-urlencoded":
                return refusal("612", "Invalid Content Type")
            told |= dict(parse_qsl(request.content.decode()))
        field, values = told.get("filterType", ""), told.get("filterValues", "").split(",")
        names = told.get("fields", "id,email,createdAt,firstName,lastName").split(",")
        if field not in SEARCHABLE or field not in self._fields():
            return refusal("1011", f"Field '{field}' not supported")
        if unknown := set(names) - set(self._fields()):
            return refusal("1006", f"Field '{unknown.pop()}' not found")
        found = sorted({i for value in values for i in self._matching(field, value)})
        if len(values) > MOST or len(found) > MATCHES:
            return refusal("1003", "Too many results match the filter")
        start = int(told.get("nextPageToken", "0"))
        page = [self.people[i] for i in found[start : start + MOST]]
        # What is null is not returned.
        rows = [{n: person[n] for n in names if n in person} for person in page]
        more = {"nextPageToken": str(start + MOST)} if len(found) > start + MOST else {}
        return done(rows, moreResult=bool(more), **more)

    def _describe(self, _request: httpx.Request) -> httpx.Response:
        """Describe Lead2 (swagger-mapi.json)."""
        fields = [
            {
                "name": name,
                "displayName": name,
                "dataType": kind,
                **({"length": length} if length else {}),
                "updateable": name not in READ_ONLY,
                "crmManaged": False,
            }
            for name, (kind, length) in self._fields().items()
        ]
        searchable = [[name] for name in SEARCHABLE if name in self._fields()]
        return done([{"name": "API Lead", "searchableFields": searchable, "fields": fields}])

    def _delete(self, people: Iterable[Mapping[str, Any]]) -> httpx.Response:
        """Delete Leads (swagger-mapi.json)."""
        return done(
            [
                {"id": one["id"], "status": "deleted"}
                if self.people.pop(one["id"], None)
                else skipped("1004")
                for one in people
            ]
        )

    def _enrol(self, program: int, body: Mapping[str, Any]) -> httpx.Response:
        """Sync Program Member Status (program-members.md); a status never goes back."""
        statuses = self.programs.get(program)
        if statuses is None:
            return refusal("1013", "Program not found")
        if body.get("statusName") not in statuses:
            return refusal("1025", "Program status not found")
        people = [one["leadId"] for one in body["input"]]
        results = [self._enrol_one(program, person, body["statusName"]) for person in people]
        return done([{"seq": seq, **result} for seq, result in enumerate(results)])

    def _enrol_one(self, program: int, person: int, status: str) -> dict[str, Any]:
        if person not in self.people:
            return {"leadId": person, **skipped("1004")}
        steps = self.programs[program]
        held = self.members.get((program, person))
        if held is not None and steps.index(held) >= steps.index(status):
            return {"leadId": person, **skipped("1037")}
        self.members[program, person] = status
        # The specification has no other word for who was no member before.
        return {"leadId": person, "status": "updated"}


def _without_empty(record: Mapping[str, Any]) -> dict[str, Any]:
    """Null and an empty text are both null (lead-database.md)."""
    return {name: None if value == "" else value for name, value in record.items()}
