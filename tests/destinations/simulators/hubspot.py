"""HubSpot as the vendor tells it: contacts and leads behind the 2026-03 API, with its quirks.

Specifications are those in HubSpot/HubSpot-public-api-spec-collection, pages those of
developers.hubspot.com/docs. What neither says is marked as seen: in issues and tests of public
repositories that talk to the real service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from email.utils import format_datetime
from typing import Any, ClassVar, Final

import httpx

from leadshare.deliveries.delivery import Delivery
from leadshare.times import from_text, to_text
from tests.builders import NOW
from tests.destinations.hubspot.activities import ON_CONTACT, Activities, Gone
from tests.destinations.hubspot.changes import Bad, Changes
from tests.destinations.hubspot.properties import CONTACTS, LEADS, NOTES, TASKS, Properties
from tests.destinations.simulators.base import Worked

TOKEN: Final = "pat-eu1-0123456789abcdef"  # noqa: S105 - nobody's

LONGEST: Final = 65_536
"""Characters of a text property (knowledge base, property field types)."""

CORRELATION: Final = "0a1b0a1b-0000-4000-8000-0123456789ab"


class Refused(Exception):
    """A record, or a whole call, is refused."""

    def __init__(
        self, status: int, category: str, message: str, code: str = "", name: str = ""
    ) -> None:
        super().__init__(status, category, message)
        self.status = status
        self.body: Properties = {"status": "error", "category": category, "message": message}
        if code:
            context = {"context": {"propertyName": [name]}} if name else {}
            self.body["errors"] = [{"message": message, "code": code, **context}]


class Account(Activities, Changes, Worked):
    """One account."""

    SETTINGS: ClassVar[Mapping[str, Any]] = {
        "name": "crm",
        "type": "hubspot",
        "token": "HUBSPOT_TOKEN",
    }
    ENVIRONMENT: ClassVar[Mapping[str, str]] = {"HUBSPOT_TOKEN": TOKEN}
    RETRY_AFTER = 10
    ENDS = ("merged",)
    CAMPAIGN = LIST = "71"

    def __init__(self) -> None:
        super().__init__()
        known = {"contacts": CONTACTS, "leads": LEADS, "notes": NOTES, "tasks": TASKS}
        self.fields = {kind: list(fields) for kind, fields in known.items()}
        self.records = {kind: {} for kind in (*known, "deals")}
        self.associations: dict[str, str] = {}
        """The contact of each lead and note."""
        self.multi_status = True
        """Whether a bad record fails alone: told of creation only (error-handling, "Multi-status
        errors"), seen with upsert and update too."""
        self.taken_by_value = False
        """Whether a taken e-mail is told as any other unique value is, and not as a conflict: both
        are seen, of creation at least."""
        self.disliked: set[str] = set()
        """Values that it takes for wrong, and names the property."""
        self.scopes = {"contacts", "leads", "schemas", "deals", "lists"}
        self.silent = False
        """Seen: 200 with empty lists, and nothing written (rudder-transformer)."""
        self.made_at = to_text(NOW)

    def add(self, kind: str = "contacts", at: str = "", **properties: Any) -> str:
        """Create a record as somebody else does; return its id."""
        number = str(101 + sum(map(len, self.records.values())))
        times = dict.fromkeys(("createdAt", "updatedAt"), at or self.made_at)
        url = f"https://app.hubspot.com/contacts/1/record/{kind}/{number}"
        made = {"id": number, **times, "archived": False, "url": url}
        self.records[kind][number] = {**made, "properties": properties}
        self.noted(self.records[kind][number], properties, "CRM_UI")
        self.records[kind][number]["updatedAt"] = times["updatedAt"]
        return number

    def live(self, kind: str = "contacts") -> list[Properties]:
        """Records that are not in the recycle bin."""
        return [record for record in self.records[kind].values() if not record["archived"]]

    def found(self, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        """The contact of the lead's person, by key, and by address if merged into another."""
        return [one["properties"] for one in self._mine(delivery)]

    def _mine(self, delivery: Delivery) -> list[Properties]:
        contact, email = delivery.lead.partition("-")[0], delivery.record["email"].lower()
        ours = [r for r in self.live() if r["properties"].get("leadshare_contact") == contact]
        return ours or [r for r in self.live() if email in _values(r["properties"], "email")]

    def edit(self, delivery: Delivery, fields: Mapping[str, Any]) -> None:
        """Properties are texts; a cleared one is empty."""
        for held in self.found(delivery):
            texts = {n: "" if value is None else str(value) for n, value in fields.items()}
            held.update(texts)  # type: ignore[attr-defined]  # ours

    def put_before(self, _delivery: Delivery, fields: Mapping[str, Any]) -> None:
        """A contact that a seller typed in, which HubSpot knows by its e-mail."""
        self.add(at="2025-01-01T00:00:00.000Z", **fields)

    def timeline(self, delivery: Delivery) -> Sequence[str]:
        """Notes by the time that they tell; a new contact may be merged into another."""
        mine = {record["id"] for record in self._mine(delivery)}
        told = [r["properties"] for r in self.live("notes") if self.associations[r["id"]] in mine]
        return [one["hs_note_body"] for one in sorted(told, key=lambda one: one["hs_timestamp"])]

    def tasks_of(self, delivery: Delivery) -> Sequence[str]:
        """Tasks on the contact."""
        mine = {record["id"] for record in self._mine(delivery)}
        told = [r["properties"] for r in self.live("tasks") if self.associations[r["id"]] in mine]
        return [f"{one['hs_task_subject']}\n{one['hs_task_body']}" for one in told]

    def member_of(self, delivery: Delivery, into: str) -> int:
        """Contacts that are on a list."""
        return sum(record["id"] in self.members.get(into, ()) for record in self._mine(delivery))

    def shows(self) -> Any:
        """All records that are not in the bin."""
        return [record["properties"] for kind in self.records for record in self.live(kind)]

    def end(self, delivery: Delivery, how: str) -> None:
        """Merge the contact into another of ours, whose properties win; the notes go with it."""
        assert "merged" == how
        [old] = self._mine(delivery)
        lost = old["properties"]
        emails = {"email": "other@fabrikam.example", "hs_additional_emails": lost["email"]}
        other = self.add(**{**lost, **emails, "leadshare_contact": "f" * 32})
        old["archived"] = True
        self.merged[old["id"]] = other
        moved = [note for note, on in self.associations.items() if on == old["id"]]
        self.associations |= dict.fromkeys(moved, other)

    def win(self, delivery: Delivery) -> None:
        """A deal on the contact."""
        for contact in self._mine(delivery):
            self.link(contact["id"], self.add("deals", dealstage="closedwon"))

    def is_write(self, request: httpx.Request) -> bool:
        """Whatever creates, changes or takes away."""
        verbs = ("upsert", "update", "create", "archive")
        ends = (*(f"/batch/{verb}" for verb in verbs), "/gdpr-delete")
        return request.method in {"PUT", "PATCH"} or request.url.path.endswith(ends)

    def throttled(self, *, vaguely: bool) -> httpx.Response:
        """429 tells its policy in the body (usage-guidelines); the seconds are the policy's."""
        policy = "SECONDLY" if vaguely else "TEN_SECONDLY_ROLLING"
        message = f"You have reached your {policy.lower()} limit."
        told = {"status": "error", "errorType": "RATE_LIMIT", "correlationId": CORRELATION}
        return httpx.Response(429, json={**told, "policyName": policy, "message": message})

    def unavailable(self) -> httpx.Response:
        """The error of any call."""
        return _error(Refused(503, "SERVICE_UNAVAILABLE", "The service is down"))

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """Authenticate, find the endpoint, answer."""
        if self.signed_out or request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(Refused(401, "INVALID_AUTHENTICATION", "Authentication is invalid"))
        kept = json.dumps([self.records, self.associations])
        try:
            answer = self._route(request)
            answer.headers["Date"] = format_datetime(from_text(self.made_at), usegmt=True)
            return answer  # noqa: TRY300 - it may be refused
        except Refused as refused:
            return _error(refused)
        except Bad as bad:
            return _error(Refused(400, "VALIDATION_ERROR", str(bad)))
        except Gone as gone:
            return _error(Refused(404, "OBJECT_NOT_FOUND", str(gone)))
        finally:
            if not store:
                self.records, self.associations = json.loads(kept)

    def _route(self, request: httpx.Request) -> httpx.Response:
        """Find the endpoint: `crm/{area}/2026-03/...`."""
        crm, area, version, *rest = request.url.path.strip("/").split("/")
        asked = (request.method, *rest)
        answer = None
        if (crm, version) == ("crm", "2026-03"):
            areas: Mapping[str, Callable[[Any, Any], httpx.Response | None]] = {
                "properties": self._of_properties,
                "pipelines": self._of_pipelines,
                "objects": self._of_objects,
                "associations": self._of_associations,
                "lists": self._of_lists,
            }
            answer = areas[area](asked, request) if area in areas else None
        if answer is None:
            raise Refused(404, "OBJECT_NOT_FOUND", "No such endpoint")
        return answer

    def _of_properties(self, asked: Any, _request: httpx.Request) -> httpx.Response | None:
        match asked:
            case "GET", kind if kind in self.fields:
                self._need("schemas")
                return httpx.Response(200, json={"results": self._properties(kind)})
        return None

    def _of_pipelines(self, asked: Any, _request: httpx.Request) -> httpx.Response | None:
        match asked:
            case "GET", "deals" | "leads" as kind:
                self._need(kind)
                return httpx.Response(200, json={"results": self.pipelines[kind]})
        return None

    def _of_associations(self, asked: Any, request: httpx.Request) -> httpx.Response | None:
        match asked:
            case "POST", kind, to, "batch", "read":
                self._need(kind)
                self._need(to)
                return self.linked(kind, to, json.loads(request.content))
        return None

    def _of_lists(self, asked: Any, request: httpx.Request) -> httpx.Response | None:
        self._need("lists")
        if self.campaigns_refused:
            raise Refused(403, "MISSING_SCOPES", "This app hasn't been granted lists")
        return self.of_lists(asked, request)

    def _of_objects(self, asked: Any, request: httpx.Request) -> httpx.Response | None:
        _, kind, *_ = asked
        self._need(kind)
        match asked:
            case "POST", kind, "search" if kind in self.records:
                return self.search(kind, json.loads(request.content))
            case "POST", kind, "batch", verb if verb in self._verbs:
                if kind in ON_CONTACT and self.entries_refused:
                    raise Refused(403, "MISSING_SCOPES", "This app hasn't been granted notes")
                return self._batch(request, kind, verb)
            case "PATCH", "contacts" | "leads" as kind, number:
                one = {"id": number, "objectWriteTraceId": "", **json.loads(request.content)}
                return httpx.Response(200, json=self._update(kind, one))
        return self.taken_away(asked, request)

    def _need(self, scope: str) -> None:
        if ("contacts" if scope in ON_CONTACT else scope) not in self.scopes:
            raise Refused(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes")

    def _properties(self, kind: str) -> list[Properties]:
        return [one for one in self.fields[kind] if one["name"] not in self.lacks]

    def _batch(self, request: httpx.Request, kind: str, verb: str) -> httpx.Response:
        if request.headers.get("content-type") != "application/json":
            raise Refused(415, "VALIDATION_ERROR", "Unsupported media type")
        asked = json.loads(request.content)
        inputs = asked["inputs"]
        # 100 records a call (guides of the objects).
        if len(inputs) > 100:
            raise Refused(400, "VALIDATION_ERROR", "Batch size of 100 exceeded")
        # Seen: whatever the trace ids, a name twice refuses the whole call.
        ids = [one["id"] for one in inputs if "id" in one]
        if len(set(ids)) < len(ids):
            raise Refused(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")
        if self.silent:
            return _told([], [], "")
        if verb == "read":
            return self._read(kind, asked)
        results, errors = [], []
        for one in inputs:
            try:
                results.append(self._verbs[verb](self, kind, one))
            except Refused as refused:
                if not self.multi_status or "by non-unique" in refused.body["message"]:
                    raise
                context = {"objectWriteTraceId": [one["objectWriteTraceId"]]}
                errors.append(_standard({**refused.body, "context": context}))
        return _told(results, errors, "created" if verb == "create" else "")

    def _read(self, kind: str, asked: Properties) -> httpx.Response:
        """The specification asks for three; what is missing is named (seen in many tests)."""
        assert {"inputs", "properties", "propertiesWithHistory"} == asked.keys() - {"idProperty"}
        if "idProperty" not in asked:
            return self.read_by_id(kind, asked)
        key = asked["idProperty"]
        if key != "email":
            self._check_unique(kind, key)
        results, missing = [], []
        for one in asked["inputs"]:
            records = [r for r in self.live(kind) if one["id"] in _values(r["properties"], key)]
            missing += [] if records else [one["id"]]
            for record in records:
                held = record["properties"]
                shown = {name: held[name] for name in asked["properties"] if name in held}
                results.append({**record, "properties": shown})
        message = f"Could not get some {kind.upper()} objects, they may be deleted or not exist."
        lost = {"category": "OBJECT_NOT_FOUND", "message": message, "context": {"ids": missing}}
        return _told(results, [_standard(lost)] if missing else [], "")

    def _check_unique(self, kind: str, key: str) -> None:
        """Seen: the message of hubspot-api-nodejs issue 548."""
        if not any(p["name"] == key and p["hasUniqueValue"] for p in self._properties(kind)):
            message = f"Unable to perform update/upsert by non-unique 0-1 property {key}"
            raise Refused(400, "VALIDATION_ERROR", message)

    def _upsert(self, kind: str, one: Properties) -> Properties:
        """By a unique property; the specification has no associations here."""
        assert one.keys() <= {"id", "idProperty", "objectWriteTraceId", "properties"}
        key = one["idProperty"]
        self._check_unique(kind, key)
        mine = [r for r in self.live(kind) if r["properties"].get(key) == one["id"]]
        properties = {**one["properties"], key: one["id"]}
        return {**self._put(kind, one, properties, *mine), "new": not mine}

    def _update(self, kind: str, one: Properties) -> Properties:
        """By record id; by e-mail it is refused (seen, as above)."""
        assert one.keys() <= {"id", "idProperty", "objectWriteTraceId", "properties"}
        if "idProperty" in one:
            self._check_unique(kind, one["idProperty"])
        mine = [r for r in self.live(kind) if r["id"] == one["id"]]
        if not mine:
            raise Refused(404, "OBJECT_NOT_FOUND", "Could not get some objects")
        return self._put(kind, one, one["properties"], *mine)

    def _create(self, kind: str, one: Properties) -> Properties:
        """A lead must have a name and a contact that is there (guide of the leads object)."""
        assert one.keys() <= {"associations", "objectWriteTraceId", "properties"}
        contact = ""
        if kind == "leads":
            [on] = one["associations"]
            type_id = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 578}
            assert [type_id] == on["types"]
            contact = on["to"]["id"]
            if contact not in {r["id"] for r in self.live()}:
                raise Refused(400, "VALIDATION_ERROR", "No valid association")
            if not one["properties"].get("hs_lead_name"):
                raise Refused(400, "VALIDATION_ERROR", "Missing name", "REQUIRED_PROPERTY_MISSING")
        if kind in ON_CONTACT:
            contact = self._noted(kind, one)
        made = self._put(kind, one, one["properties"])
        self.associations[made["id"]] = contact
        self.link(made["id"], contact)
        return made

    def _noted(self, kind: str, one: Properties) -> str:
        """A note or task has a time, and is on a contact that is there (specifications)."""
        [on] = one["associations"]
        type_id = {
            "associationCategory": "HUBSPOT_DEFINED",
            "associationTypeId": ON_CONTACT[kind],
        }
        assert [type_id] == on["types"]
        if on["to"]["id"] not in {r["id"] for r in self.live()}:
            raise Refused(404, "OBJECT_NOT_FOUND", "Could not get some objects")
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", one["properties"]["hs_timestamp"]):
            raise Refused(400, "VALIDATION_ERROR", "No time", "INVALID_DATE", "hs_timestamp")
        contact: str = on["to"]["id"]
        return contact

    _verbs: Final[Mapping[str, Callable[..., Any]]] = {
        "upsert": _upsert,
        "update": _update,
        "create": _create,
        "read": _read,
    }

    def _put(
        self, kind: str, one: Properties, properties: Properties, there: Properties | None = None
    ) -> Properties:
        number = there["id"] if there else ""
        if properties.get("email") in self.refused:
            message = "A validation rule of this account refuses the record"
            raise Refused(400, "VALIDATION_ERROR", message, "VALIDATION_RULE_FAILED")
        for name, value in properties.items():
            self._check(kind, name, value)
            self._check_free(kind, name, value, number)
        names = ("email", "firstname", "lastname")
        if kind == "contacts" and not there and not any(map(properties.get, names)):
            raise Refused(400, "VALIDATION_ERROR", "A contact needs a name or an e-mail")
        record = self.records[kind][number or self.add(kind)]
        record["properties"] = {**record["properties"], **properties}
        self.noted(record, properties, "INTEGRATION")
        trace = one["objectWriteTraceId"]
        return {**record, "properties": dict(properties), "objectWriteTraceId": trace}

    def _check(self, kind: str, name: str, value: Any) -> None:
        """Unknown and read-only properties and wrong values are errors (specification)."""
        known = next((p for p in self._properties(kind) if p["name"] == name), None)
        code = ""
        if known is None or known["archived"]:
            code = "PROPERTY_DOESNT_EXIST"
        elif known["modificationMetadata"]["readOnlyValue"]:
            code = "READ_ONLY_VALUE"
        elif value == "":
            code = ""  # which clears it (guide of the contacts object)
        elif not isinstance(value, str) or len(value) > LONGEST:
            code = "INVALID_STRING" if isinstance(value, str) else "INVALID_TYPE"
        elif known["type"] == "number" and not re.fullmatch(r"-?[0-9.]+", value):
            code = "INVALID_INTEGER"
        elif known["options"] and value not in {one["value"] for one in known["options"]}:
            code = "INVALID_OPTION"
        elif name == "email" and not re.fullmatch(r"\S+@\S+", value):
            code = "INVALID_EMAIL"
        elif value in self.disliked:
            code = f"INVALID_{name.upper()}"
        if code:
            told = {"isValid": False, "message": f"{value} is wrong", "error": code, "name": name}
            message = f"Property values were not valid: {json.dumps([told])}"
            raise Refused(400, "VALIDATION_ERROR", message, code, name)

    def _check_free(self, kind: str, name: str, value: str, number: str) -> None:
        """Seen: 409 "Contact already exists. Existing ID: 12345", CONFLICT; and a 400 that tells
        the property as coordinates, the only form for properties other than the e-mail."""
        unique = {p["name"] for p in self.fields[kind] if p["hasUniqueValue"]} | {"email"}
        for record in self.live(kind) if name in unique else ():
            if record["id"] == number or value.lower() not in _values(record["properties"], name):
                continue
            if name == "email" and not self.taken_by_value:
                message = f"Contact already exists. Existing ID: {record['id']}"
                raise Refused(409, "CONFLICT", message)
            place = f"portalId=1, objectTypeId={kind}, propertyName={name}, value={value}"
            message = f"Cannot set PropertyValueCoordinates{{{place}}} on {number or 'new'}. "
            message += f"{record['id']} already has that value."
            raise Refused(400, "VALIDATION_ERROR", message)


def _values(properties: Properties, key: str) -> set[str]:
    others = properties.get("hs_additional_emails", "").split(";") if key == "email" else []
    return {text.lower() for text in (properties.get(key) or "", *others) if text}


def _told(results: list[Any], errors: list[Any], created: str) -> httpx.Response:
    """200 or 201, and 207 with errors beside results (specification, BatchResponse)."""
    status = 207 if errors else 201 if created else 200
    times = dict.fromkeys(("startedAt", "completedAt"), to_text(NOW))
    body: Properties = {"status": "COMPLETE", "results": results, **times}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return httpx.Response(status, json=body)


def _standard(error: Properties) -> Properties:
    """One of several errors (specification, StandardError)."""
    return {"status": "error", "errors": [], "links": {}, **error}


def _error(refused: Refused) -> httpx.Response:
    """The error of a whole call (specification, Error)."""
    body = {**refused.body, "correlationId": CORRELATION}
    return httpx.Response(refused.status, json=body)
