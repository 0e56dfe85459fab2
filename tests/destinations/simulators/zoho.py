"""Zoho CRM: one organisation in Europe, with its sign-in, the module Leads, COQL and metadata.

Pages are cited by their file names under www.zoho.com/crm/developer/docs/api/v8; what is marked
[K] was not found in them and is assumed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from email.utils import format_datetime
from typing import Any, ClassVar, Final, NamedTuple
from urllib.parse import parse_qs

import httpx

from leadshare.deliveries.delivery import Delivery
from tests.destinations.simulators.base import Worked
from tests.destinations.zoho.activities import Activities
from tests.destinations.zoho.changes import BadCall, Changes
from tests.destinations.zoho.metadata import FLAGS, KEY, MANDATORY, TEXTS, described

ACCOUNTS: Final = "accounts.zoho.eu"
API: Final = "www.zohoapis.eu"

MOST: Final = 100
"""Records in one call (insert-records.html)."""

MOST_IN: Final = 50
"""Values in one `in` (COQL-Limitations.html)."""

MOST_NAMES: Final = 50
"""Fields that one read may name, as public code has found."""


class Throttles(NamedTuple):
    """What is said when there were too many calls, in one language."""

    denied: str
    tokens: str
    calls: str
    credits: str


THROTTLES: Final = {
    "en": Throttles(
        "Access Denied",
        "You have made too many requests continuously. Please try again after some time.",
        "Too many requests.",
        "Number of API requests for the 24 hour period is exceeded or the concurrency limit of"
        " the user for the app is exceeded",
    ),
    "zh": Throttles(
        *("拒绝访问", "请求过多。"),
        *("请求过多。", "已超过 24 小时内的 API 请求数。"),
    ),
}
"""api-limits.html. That sign-ins answer in another language is seen in public code; that the API
does is assumed."""

WRITTEN: Final = {
    **dict.fromkeys(("Created_Time", "Modified_Time"), "2026-11-22T13:00:00+01:00"),
    **{by: {"id": "41", "name": "leadshare"} for by in ("Created_By", "Modified_By")},
}
"""What a row that was written tells besides (record.json, Success_Response)."""

_QUERY: Final = re.compile(
    r"select id, (\w+) from Leads where (\w+ in \([^)]*\)(?: or \w+ in \([^)]*\))*) limit (\d+)"
)


class Account(Activities, Changes, Worked):
    """An organisation whose field of our key does not allow duplicate values."""

    SETTINGS: ClassVar = {
        "type": "zoho",
        "name": "crm",
        "data_centre": "eu",
        "client_id": "OUR_ZOHO_CLIENT_ID",
        "client_secret": "OUR_ZOHO_CLIENT_SECRET",
        "refresh_token": "OUR_ZOHO_REFRESH_TOKEN",
    }
    ENVIRONMENT: ClassVar = {
        "OUR_ZOHO_CLIENT_ID": "1000.CLIENT",
        "OUR_ZOHO_CLIENT_SECRET": "client-secret-of-ours",
        "OUR_ZOHO_REFRESH_TOKEN": "1000.refresh.token",
    }
    RETRY_AFTER = None  # no page names the header
    ENDS = ("converted",)
    CAMPAIGN = LIST = "8100"

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, dict[str, Any]] = {}
        self.notes: list[dict[str, Any]] = []
        self.contacts: dict[str, str] = {}
        """The lead that each contact was."""
        self.tells_contact: Callable[[str, Any], dict[str, Any]] = lambda contact, detail: {
            "Converted_Contact": {"id": contact, "name": "Buyer"},
            "$converted_detail": detail,
        }
        """How it says which contact a lead has become; public code has seen either missing."""
        self.extra: set[str] = set()
        """Single-line fields of the publisher's own."""
        self.unique = {KEY}
        """Fields that do not allow duplicate values."""
        self.hides_converted = False
        """Whether queries leave converted leads out; nothing says what they do [K]."""
        self.disliked: set[str] = set()
        """Texts of notes that it takes for wrong."""
        self.language = "en"
        """What it says throttles in."""
        self.tokens_left = 10
        """Tokens that it still gives in these ten minutes (accounts/protocol/oauth)."""
        self.credits = 5000
        """Calls that are left of the day's."""
        self.rules: set[str] = set()
        """Lead assignment rules, by id."""
        self.assigned: dict[str, str] = {}
        """The rule that was asked for with each record."""
        self.token_answer: tuple[int, Any] | None = None
        """What the sign-in answers instead of a token."""
        self.tokens: set[str] = set()
        self._number = 7_000_000_000_000_000_000

    def is_write(self, request: httpx.Request) -> bool:
        """Whatever is no GET; a query and a sign-in are POSTs, too, and read."""
        read = request.url.path == "/crm/v8/coql" or request.url.host == ACCOUNTS
        return request.method != "GET" and not read

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        try:
            answer = self._answer(request, store=store)
        except BadCall as bad:
            return refused(bad.status, bad.code)
        answer.headers["Date"] = format_datetime(self.now, usegmt=True)
        return answer

    def _answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        assert "https" == request.url.scheme
        if request.url.host == ACCOUNTS:
            return self._token(request)
        assert API == request.url.host
        scheme, _, token = request.headers["authorization"].partition(" ")
        if scheme != "Zoho-oauthtoken" or token not in self.tokens or self.signed_out:
            return refused(401, "INVALID_TOKEN")
        if self.credits < 1:
            return self._throttled(THROTTLES[self.language].credits)
        self.credits -= 1
        asked: dict[tuple[str, str], Callable[[], httpx.Response]] = {
            ("POST", "Leads"): lambda: self._written(request, store=store, update=False),
            ("PUT", "Leads"): lambda: self._written(request, store=store, update=True),
            ("GET", "Leads"): lambda: self._read(request),
            ("GET", "Deals"): lambda: self._read(request),
            ("GET", "Contacts"): lambda: self._read(request),
            ("GET", "Leads/search"): lambda: found(self.searched(request.url.params)),
            ("DELETE", "Leads"): lambda: self._deleted(request.url.params["ids"].split(",")),
            ("POST", "coql"): lambda: self._queried(request),
            ("GET", "settings/fields"): lambda: described(self, request.url.params["module"]),
            ("POST", "Notes"): lambda: self._noted(request, store=store),
            ("GET", "Notes"): lambda: self._notes(None, request.url.params),
        }
        path = request.url.path.removeprefix("/crm/v8/")
        do = asked.get((request.method, path))
        denied = (*self.unscoped, *(("Notes", "Tasks") if self.entries_refused else ()))
        if path.endswith(denied) or (self.campaigns_refused and path.startswith("Campaigns")):
            return refused(401, "OAUTH_SCOPE_MISMATCH")
        if request.method == "GET" and (
            of := re.fullmatch(r"(\w+/(\d+))/(Notes|__timeline)", path)
        ):
            params = request.url.params
            return (
                self._notes(of[1], params) if of[3] == "Notes" else self.timeline_of(of[2], params)
            )
        return do() if do else self._other(request, store=store)

    def _other(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        kept = json.dumps([self.tasks, self.notes])
        answer = self.of_activities(request, json.loads(request.content or "null"))
        if not store:
            self.tasks, self.notes = json.loads(kept)
        return answer or refused(404, "INVALID_URL_PATTERN")

    def found(self, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        return [record for record in self.records.values() if record.get(KEY) == delivery.lead]

    def throttled(self, *, vaguely: bool) -> httpx.Response:  # noqa: ARG002 - it is always vague
        return self._throttled(THROTTLES[self.language].calls)

    @staticmethod
    def _throttled(words: str) -> httpx.Response:
        return httpx.Response(429, json=fault("TOO_MANY_REQUESTS") | {"message": words})

    def expired(self) -> httpx.Response:
        self.tokens.clear()
        return refused(401, "INVALID_TOKEN")

    def unavailable(self) -> httpx.Response:
        return refused(500, "INTERNAL_ERROR")

    def convert(self, delivery: Delivery) -> None:
        """Make a contact of the lead, as a seller does; its notes go with it."""
        for record in self.found(delivery):
            self._number += 1
            contact = str(self._number)
            detail = {"contact": contact, "account": None, "deal": None}
            told: Any = {"Converted__s": True, **self.tells_contact(contact, detail)}
            record.update(told)  # type: ignore[attr-defined]  # ours
            self.contacts[contact] = record["id"]
            for note in self.notes:
                if note["parent"] == f"Leads/{record['id']}":
                    note["parent"] = f"Contacts/{contact}"

    def edit(self, delivery: Delivery, fields: Mapping[str, Any]) -> None:
        for record in self.found(delivery):
            self.work(record["id"], **fields)

    def put_before(self, delivery: Delivery, fields: Mapping[str, Any]) -> None:
        """A lead with our key that we know nothing of, such as of an answer that was lost."""
        self.put(**{KEY: delivery.lead}, **fields)

    def timeline(self, delivery: Delivery) -> Sequence[str]:
        """Notes of the lead, and of the contact that it became, in the order they were made."""
        leads = {record["id"] for record in self.found(delivery)}
        contacts = {contact for contact, lead in self.contacts.items() if lead in leads}
        mine = {f"Leads/{one}" for one in leads} | {f"Contacts/{one}" for one in contacts}
        return [
            f"{n['Note_Title']}\n{n['Note_Content']}" for n in self.notes if n["parent"] in mine
        ]

    def tasks_of(self, delivery: Delivery) -> Sequence[str]:
        """Tasks of the lead, and of the contact that it became."""
        leads = {record["id"] for record in self.found(delivery)}
        contacts = {contact for contact, lead in self.contacts.items() if lead in leads}
        mine = {f"Leads/{one}" for one in leads} | {f"Contacts/{one}" for one in contacts}
        return [f"{t['Subject']}\n{t['Description']}" for t in self.tasks if t["parent"] in mine]

    def member_of(self, delivery: Delivery, into: str) -> int:
        """The lead, or the contact that it became."""
        leads = {record["id"] for record in self.found(delivery)}
        mine = leads | {contact for contact, lead in self.contacts.items() if lead in leads}
        return sum(one.partition("/")[2] in mine for one in self.campaigns.get(into, ()))

    def shows(self) -> Any:
        """Leads, notes and tasks."""
        return [self.records, self.notes, self.tasks]

    def end(self, delivery: Delivery, how: str) -> None:
        assert "converted" == how
        self.convert(delivery)

    def win(self, delivery: Delivery) -> None:
        for record in self.found(delivery):
            self.turns_into(record["id"], "Closed Won")

    def put(self, **fields: Any) -> str:
        """Make a record, as a seller does; return its id."""
        self._number += 1
        made = {"id": str(self._number), **self.stamp(new=True)}
        self.records[str(self._number)] = {**made, **fields}
        return str(self._number)

    def _token(self, request: httpx.Request) -> httpx.Response:
        """Refresh a token (refresh.html): what is wrong is told with 200 [S], or 400."""
        assert "/oauth/v2/token" == request.url.path
        assert not request.url.query  # addresses end up in logs
        if self.token_answer is not None:
            status, body = self.token_answer
            return httpx.Response(status, json=body)
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        told = list(self.ENVIRONMENT.values())
        asked = [form.get(name) for name in ("client_id", "client_secret", "refresh_token")]
        if asked != told or form.get("grant_type") != "refresh_token":
            return httpx.Response(200, json={"error": "invalid_code"})
        if self.tokens_left < 1:
            words = THROTTLES[self.language]
            error = {"error": words.denied, "error_description": words.tokens}
            return httpx.Response(400, json={**error, "status": "failure"})
        self.tokens_left -= 1
        self.sign_ins += 1
        token = f"1000.access.{self.sign_ins}"
        self.tokens.add(token)
        given = {"access_token": token, "api_domain": f"https://{API}", "expires_in": 3600}
        return httpx.Response(200, json={**given, "token_type": "Bearer"})

    def _written(self, request: httpx.Request, *, store: bool, update: bool) -> httpx.Response:
        """Insert or update, row by row (insert-records.html, update-records.html)."""
        if request.headers["content-type"] != "application/json":
            return refused(400, "INVALID_DATA")
        body = json.loads(request.content)
        rows, rule = body["data"], body.get("lar_id", "")
        if rule and (update or rule not in self.rules):
            return refused(400, "INVALID_DATA", api_name="lar_id", json_path="$.lar_id")
        if not 1 <= len(rows) <= MOST:
            return refused(400, "INVALID_DATA")
        kept = {place: dict(record) for place, record in self.records.items()}
        answers = [self._one(row, update=update) for row in rows]
        if rule:
            done = (row["details"]["id"] for row in answers if row["status"] == "success")
            self.assigned |= dict.fromkeys(done, rule)
        if not store:
            self.records = kept
        refusals = [answer["status"] == "error" for answer in answers]
        # Every row refused is 400 or 202, some rows 207 [S]; inserts are 200, too (record.json).
        status = 400 if all(refusals) else 207 if any(refusals) else 200
        return httpx.Response(status, json={"data": answers})

    def _one(self, row: dict[str, Any], *, update: bool) -> dict[str, Any]:
        place = row.pop("id", "")
        known = {*TEXTS, *FLAGS, *self.extra} - self.lacks
        row = {name: value for name, value in row.items() if name in known}  # others pass [K]
        old = self.records.get(place)
        if update and old is None:
            return fault("INVALID_DATA", api_name="id")
        if old and old.get("Converted__s"):
            return fault("CONVERTED_RECORD")
        if wrong := self._wrong(row, place, update=update):
            return wrong
        if old is None:
            place = self.put()
        self.records[place].update(row | self.stamp())
        return {
            "code": "SUCCESS",
            "details": {"id": place, **WRITTEN},
            "message": "record updated" if update else "record added",
            "status": "success",
        }

    def _wrong(self, row: dict[str, Any], place: str, *, update: bool) -> dict[str, Any] | None:
        for name in MANDATORY:
            if not update and not row.get(name):
                return fault("MANDATORY_NOT_FOUND", api_name=name)
        for name, value in row.items():
            if value is None and update and name not in MANDATORY:
                continue  # which clears it (update-records.html)
            right = isinstance(value, bool if name in FLAGS else str)
            if not right or units(str(value)) > TEXTS.get(name, 255) or "\x00" in str(value):
                return fault("INVALID_DATA", api_name=name)
        if row.get("Email") in self.refused:
            return fault("DEPENDENT_FIELD_MISSING", api_name="State")
        for name in sorted(self.unique & row.keys()):
            for other in self.records.values():
                if row[name] and other.get(name) == row[name] and other["id"] != place:
                    there = {"id": other["id"], "module": {"api_name": "Leads"}}
                    return fault("DUPLICATE_DATA", api_name=name, duplicate_record=there)
        return None

    def _noted(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """Make notes, row by row (zoho/crm-oas v8.0/notes.json)."""
        rows = json.loads(request.content)["data"]
        if not 1 <= len(rows) <= MOST:
            return refused(400, "INVALID_DATA")
        kept, number = list(self.notes), self._number
        answers = [self._note(row) for row in rows]
        if not store:
            self.notes, self._number = kept, number
        refusals = [answer["status"] == "error" for answer in answers]
        status = 400 if all(refusals) else 207 if any(refusals) else 200
        return httpx.Response(status, json={"data": answers})

    def _note(self, row: Mapping[str, Any]) -> dict[str, Any]:
        assert {"Note_Title", "Note_Content", "Parent_Id"} == row.keys()
        parent, module = row["Parent_Id"]["id"], row["Parent_Id"]["module"]["api_name"]
        parents: dict[str, Sequence[str]] = {"Leads": [*self.records], "Contacts": [*self.contacts]}
        if parent not in parents[module]:
            return fault("INVALID_DATA", api_name="id", parent_api_name="Parent_Id")
        for name, length in (("Note_Title", 120), ("Note_Content", 32_000)):
            if not row[name] or units(row[name]) > length or row[name] in self.disliked:
                return fault("INVALID_DATA", api_name=name)
        self._number += 1
        told = {name: row[name] for name in ("Note_Title", "Note_Content")}
        made = {"id": str(self._number), "parent": f"{module}/{parent}", **self.stamp(new=True)}
        self.notes.append({**made, **told})
        details = {"id": str(self._number), **WRITTEN}
        done = {"code": "SUCCESS", "message": "record added", "status": "success"}
        return {**done, "details": details}

    def _notes(self, parent: str | None, told: httpx.QueryParams) -> httpx.Response:
        """Get notes, of a record or of all; `fields` is a must (get-related-records.html)."""
        asked, most = told["fields"].split(","), int(told["per_page"])
        assert most <= 200
        rows = [note for note in reversed(self.notes) if parent in (None, note["parent"])]
        return found([{"id": n["id"]} | {name: n[name] for name in asked} for n in rows[:most]])

    def _read(self, request: httpx.Request) -> httpx.Response:
        """Get records by their ids, or what has changed; `fields` is a must (get-records.html)."""
        told, module = request.url.params, request.url.path.rpartition("/")[2]
        if "ids" not in told:
            return self.listed(module, told, request.headers)
        if module != "Leads":
            return found(self.by_ids(module, told))
        ids = told["ids"].split(",")
        if len(ids) > MOST:
            return refused(400, "LIMIT_EXCEEDED")
        names = told["fields"].split(",")
        if len(names) > MOST_NAMES:
            return refused(400, "LIMIT_EXCEEDED")  # the code is assumed
        rows = [
            {"id": place} | {name: self._value(place, name) for name in names}
            for place in ids
            if place in self.records
            and (told.get("converted") == "both" or not self._value(place, "Converted__s"))
        ]
        return found(rows)

    def _value(self, place: str, name: str) -> Any:
        if name in self.lacks:
            return None
        return self.records[place].get(name, False if name == "Converted__s" else None)

    def _queried(self, request: httpx.Request) -> httpx.Response:
        """Answer the only query that we make (COQL-Overview.html)."""
        query = json.loads(request.content)["select_query"]
        if of_tasks := self.tasks_queried(query):
            return of_tasks
        read = _QUERY.fullmatch(query)
        if not read or read[1] in self.lacks or int(read[3]) > 2000:
            return refused(400, "INVALID_QUERY")
        wanted: set[str] = set()
        for chunk in re.findall(r"\(([^)]*)\)", read[2]):
            values = [value.strip("'") for value in chunk.split(",")]
            if len(values) > MOST_IN:
                return refused(400, "LIMIT_EXCEEDED")
            wanted |= set(values)
        rows = [
            {"id": place, read[1]: record[read[1]]}
            for place, record in self.records.items()
            if record.get(read[1]) in wanted
            and not (self.hides_converted and record.get("Converted__s"))
        ]
        return found(rows[: int(read[3])])

    def _deleted(self, ids: Sequence[str]) -> httpx.Response:
        """Delete, row by row (delete-records.html)."""
        gone = [self.records.pop(place, None) for place in ids]
        self.notes = [one for one in self.notes if one["parent"].partition("/")[2] not in ids]
        rows = [
            {"code": "SUCCESS", "details": {"id": place}, "message": "", "status": "success"}
            if record
            else fault("INVALID_DATA", id=place)
            for place, record in zip(ids, gone, strict=True)
        ]
        return httpx.Response(200 if all(gone) else 400, json={"data": rows})


def found(rows: Sequence[Mapping[str, Any]]) -> httpx.Response:
    """Rows, or 204 where there are none."""
    if not rows:
        return httpx.Response(204)
    info = {"count": len(rows), "more_records": False}
    return httpx.Response(200, json={"data": rows, "info": info})


def fault(code: str, **details: Any) -> dict[str, Any]:
    """A row that was refused; messages may quote what was sent."""
    message = "about Sample Buyer <sample.buyer@fabrikam.example>"
    return {"code": code, "details": details, "message": message, "status": "error"}


def refused(status: int, code: str, **details: Any) -> httpx.Response:
    """A call that was refused as a whole."""
    return httpx.Response(status, json=fault(code, **details))


def units(text: str) -> int:
    """The length that is longest by any way to count it: nothing says which is Zoho's [K]."""
    return len(text.encode("utf-16-le")) // 2
