"""HubSpot as it tells changes: the search, associations, histories, deals and pipelines.

Specifications of objects, associations and pipelines, 2026-03; the guide of the search
(developers.hubspot.com/docs). What neither says is marked as seen: in public code and issues.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import httpx

from leadshare.times import from_text, to_text

Properties = dict[str, Any]

TIMES: Final = {
    "contacts": ("createdate", "lastmodifieddate"),
    "deals": ("createdate", "hs_lastmodifieddate"),
}
OTHERS: Final = ("hs_createdate", "hs_lastmodifieddate")
"""The properties in which each kind tells its times."""

KNOWN: Final = {
    "contacts": {
        *("hs_lead_status", "hs_email_optout", "hs_first_outreach_date", "notes_last_contacted"),
        *("leadshare_contact", "lifecyclestage", "email"),
    },
    "leads": {"hs_pipeline_stage", "hs_lead_disqualification_reason", "leadshare_id"},
    "deals": {
        *("createdate", "dealstage", "amount", "deal_currency_code", "closed_lost_reason"),
        "dealname",
    },
    "notes": {"leadshare_touch"},
    "tasks": {"leadshare_step"},
}
"""Properties that can be searched for, beside those that all have."""

OPERATORS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "EQ": lambda held, told: held == told,
    "GT": lambda held, told: held > told,
    "GTE": lambda held, told: held >= told,
}

MOST: Final = {"limit": 200, "results": 10_000, "groups": 5, "filters": 6}
HISTORIES: Final = 50
"""Records of one call with histories (seen: the message that refuses more)."""

ASSOCIATIONS: Final = 100
"""Records of one call for associations, by the vendor's announcement of 2024; older pages say
1,000."""


class Bad(Exception):
    """A call that is refused, with its message."""


def stage(number: str, label: str, **metadata: str) -> Properties:
    """A stage as the specification of pipelines has it; metadata are texts."""
    times = dict.fromkeys(("createdAt", "updatedAt"), "1970-01-01T00:00:00Z")
    told = {"id": number, "label": label, "displayOrder": 0, "archived": False, **times}
    return {**told, "metadata": metadata, "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT"}


def pipeline(number: str, *stages: Properties) -> Properties:
    """A pipeline with its stages."""
    times = dict.fromkeys(("createdAt", "updatedAt"), "1970-01-01T00:00:00Z")
    told = {"id": number, "label": "Sales", "displayOrder": 0, "archived": False, **times}
    return {**told, "stages": [*stages]}


PIPELINES: Final = {
    "deals": [
        pipeline(
            "default",
            stage(
                "appointmentscheduled", "Appointment Scheduled", isClosed="false", probability="0.2"
            ),
            stage("closedwon", "Closed Won", isClosed="true", probability="1.0"),
            stage("closedlost", "Closed Lost", isClosed="true", probability="0.0"),
        ),
        pipeline("71", stage("7101", "Gewonnen", isClosed="true", probability="1.0")),
    ],
    "leads": [
        pipeline(
            "lead-pipeline-id",
            *(
                stage(f"{name.lower()}-stage-id", name)
                for name in ("New", "Attempting", "Connected", "Qualified", "Unqualified")
            ),
        ),
        pipeline("72", stage("7201", "Rang back")),
    ],
}


class Changes:
    """The part of an account that tells what changed."""

    records: dict[str, dict[str, Properties]]
    made_at: str
    """What its clock says."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[tuple[str, str]] = set()
        """Which records are on each other, beside a lead on its contact, either way round."""
        self.histories: dict[tuple[str, str], list[Properties]] = {}
        """How a property of a record came to what it holds, the newest first."""
        self.merged: dict[str, str] = {}
        """What records were merged into."""
        self.unindexed: set[str] = set()
        """Records that the index of the search does not have yet."""
        self.link_page = 500
        """Associations of one record that a call tells."""
        self.pipelines: dict[str, list[Properties]] = json.loads(json.dumps(PIPELINES))

    def later(self, seconds: float = 60) -> str:
        """Let time pass; return what the clock says then."""
        self.made_at = to_text(from_text(self.made_at) + timedelta(seconds=seconds))
        return self.made_at

    def work(self, kind: str, number: str, by: str = "CRM_UI", **properties: Any) -> None:
        """Change a record as somebody does, by HubSpot's name of how."""
        record = self.records[kind][number]
        record["properties"] |= properties
        self.noted(record, properties, by)

    def noted(self, record: Properties, properties: Mapping[str, Any], by: str) -> None:
        """Keep when and how a record was changed."""
        record["updatedAt"] = self.made_at
        for name, value in properties.items():
            told = {"value": value, "timestamp": self.made_at, "sourceType": by, "sourceId": "1"}
            self.histories.setdefault((record["id"], name), []).insert(0, told)

    def link(self, one: str, other: str) -> None:
        """Associate two records."""
        self.links |= {(one, other), (other, one)}

    def held(self, kind: str, record: Properties) -> Properties:
        """What a record holds, with what HubSpot keeps of it."""
        into = [old for old, new in self.merged.items() if new == record["id"]]
        created, changed = TIMES.get(kind, OTHERS)
        own = {created: record["createdAt"], changed: record["updatedAt"]}
        merged = {"hs_merged_object_ids": ";".join(into)} if into else {}
        return {**own, "hs_object_id": record["id"], **merged, **record["properties"]}

    def shown(self, kind: str, record: Properties, names: Sequence[str]) -> Properties:
        """A record with the properties *names*; those without a value are null, unknown ones go."""
        held, known = self.held(kind, record), KNOWN[kind]
        told = {name: held.get(name) for name in names if name in held or name in known}
        return {**record, "properties": told}

    def search(self, kind: str, asked: Properties) -> httpx.Response:
        """Answer a search; among those of one time, in no order that anybody knows."""
        needed = {"after", "filterGroups", "limit", "properties", "sorts"}
        if not needed <= asked.keys() <= needed | {"query"}:
            raise Bad("Invalid input JSON")
        groups, first, limit = asked["filterGroups"], int(asked["after"]), asked["limit"]
        if not 1 <= limit <= MOST["limit"] or first + limit > MOST["results"]:
            raise Bad("There was a problem with the request.")
        if len(groups) > MOST["groups"] or len(asked["sorts"]) > 1:
            raise Bad("There was a problem with the request.")
        for group in groups:
            self._well_formed(kind, group["filters"])
        live = [one for one in self.records[kind].values() if not one["archived"]]
        seen = [one for one in live if one["id"] not in self.unindexed]
        found = [
            one for one in seen if any(self._meets(kind, one, group["filters"]) for group in groups)
        ]
        [order] = asked["sorts"]
        self._know(kind, order["propertyName"])
        assert "ASCENDING" == order["direction"]
        key = order["propertyName"]
        found.sort(key=lambda one: (_number(self.held(kind, one)[key]), -int(one["id"])))
        rows = [self.shown(kind, one, asked["properties"]) for one in found[first : first + limit]]
        body: Properties = {"total": len(found), "results": rows}
        if len(found) > first + limit:
            body["paging"] = {"next": {"after": str(first + limit), "link": "?"}}
        return httpx.Response(200, json=body)

    def _know(self, kind: str, name: str) -> None:
        if name not in {*KNOWN[kind], *TIMES.get(kind, OTHERS), "hs_object_id"}:
            raise Bad(f"Property {name} does not exist")

    def _well_formed(self, kind: str, filters: Sequence[Properties]) -> None:
        """Refuse what is malformed, were there records or not."""
        if not 1 <= len(filters) <= MOST["filters"]:
            raise Bad("There was a problem with the request.")
        for one in filters:
            self._know(kind, one["propertyName"])
            compared = one["operator"] in OPERATORS and str(one.get("value")).isdecimal()
            if not compared and one["operator"] != "HAS_PROPERTY":
                raise Bad("There was a problem with the request.")

    def _meets(self, kind: str, record: Properties, filters: Sequence[Properties]) -> bool:
        held = self.held(kind, record)
        return all(
            bool(held.get(one["propertyName"]))
            if one["operator"] == "HAS_PROPERTY"
            else OPERATORS[one["operator"]](_number(held[one["propertyName"]]), int(one["value"]))
            for one in filters
        )

    def read_by_id(self, kind: str, asked: Properties) -> httpx.Response:
        """Read records by their ids, with histories; a merged one is read as what it went into."""
        history = asked["propertiesWithHistory"]
        if history and len(asked["inputs"]) > HISTORIES:
            most = f"a batch request for property histories is {HISTORIES}"
            raise Bad(f"The maximum number of inputs supported in {most}.")
        results, missing = [], []
        for one in asked["inputs"]:
            record = self.records[kind].get(self.merged.get(one["id"], one["id"]))
            if record is None or record["archived"]:
                missing.append(one["id"])
                continue
            row = self.shown(kind, record, asked["properties"])
            if history:
                told = {name: self.histories.get((record["id"], name), []) for name in history}
                row["propertiesWithHistory"] = told
            results.append(row)
        message = f"Could not get some {kind.upper()} objects, they may be deleted or not exist."
        lost = {"category": "OBJECT_NOT_FOUND", "message": message, "context": {"ids": missing}}
        return told_with(results, [lost] if missing else [])

    def linked(self, kind: str, to: str, asked: Properties) -> httpx.Response:
        """Tell associations, a page of each record's; one that has none is an error (seen)."""
        if len(asked["inputs"]) > ASSOCIATIONS:
            raise Bad(f"The maximum number of inputs is {ASSOCIATIONS}")
        results, errors = [], []
        for one in asked["inputs"]:
            assert one["id"] in self.records[kind]
            on = [other for this, other in sorted(self.links) if this == one["id"]]
            kept = {n for n, record in self.records[to].items() if not record["archived"]}
            found = [other for other in on if other in kept]
            first = int(one.get("after", 0))
            here = found[first : first + self.link_page]
            if not found:
                message = f"No {to} is associated with {kind} {one['id']}."
                why = {"category": "OBJECT_NOT_FOUND", "message": message, "context": {}}
                sub = "crm.associations.NO_ASSOCIATIONS_FOUND"
                errors.append({**why, "subCategory": sub})
                continue
            types = [{"category": "HUBSPOT_DEFINED", "typeId": 3, "label": None}]
            row: Properties = {
                "from": {"id": one["id"]},
                "to": [{"toObjectId": int(other), "associationTypes": types} for other in here],
            }
            if len(found) > first + len(here):
                row["paging"] = {"next": {"after": str(first + len(here))}}
            results.append(row)
        return told_with(results, errors)


def told_with(results: list[Any], errors: list[Properties]) -> httpx.Response:
    """A batch's answer: 207 with errors beside results (specification, BatchResponse)."""
    times = dict.fromkeys(("startedAt", "completedAt"), "2026-11-22T12:00:00.000Z")
    body: Properties = {"status": "COMPLETE", "results": results, **times}
    if errors:
        full = [{"status": "error", "errors": [], "links": {}, **error} for error in errors]
        body |= {"numErrors": len(errors), "errors": full}
    return httpx.Response(207 if errors else 200, json=body)


def _number(value: str) -> int:
    """Times and ids as the search compares them."""
    if value.isdecimal():
        return int(value)
    return round(from_text(value).timestamp() * 1000)
