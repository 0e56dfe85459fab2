"""Simulators: a Salesforce org: its sign-in, its leads, and what it refuses.

Vendor pages: developer.salesforce.com, api-rest guide, by their names; [K] is what is known of
Salesforce, but was not found on a page.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, unquote_plus, urlsplit

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from leadshare.deliveries.delivery import Delivery
from tests.builders import NOW
from tests.destinations.salesforce.beside import (
    CAMPAIGN,
    CONFERENCE,
    US,
    Beside,
    rolled_back,
    row_error,
    taken_by,
)
from tests.destinations.salesforce.database import (
    BOOLEANS,
    CHOICES,
    KEY,
    NUMBERS,
    POINTERS,
    READ_ONLY,
    REQUIRED,
    STATUSES,
    TEXTS,
    TOUCH,
)
from tests.destinations.salesforce.history import SELLER, History
from tests.destinations.salesforce.soql import Wrong, answer
from tests.destinations.simulators.base import Worked

URL: Final = "https://contoso.my.salesforce.com"
API: Final = "/services/data/v68.0"
CLIENT: Final = "3MVG9-consumer-key"
SECRET: Final = "consumer-secret"  # noqa: S105 - of nobody
USER: Final = "leadshare@contoso.example"

Row = dict[str, Any]


@cache
def keys() -> tuple[str, rsa.RSAPublicKey]:
    """A private key as PEM text, and the public key that the org has as a certificate."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode(), key.public_key()


def refused(status: int, code: str, message: str = "") -> httpx.Response:
    """A call that is refused as a whole (errorcodes)."""
    return httpx.Response(status, json=[{"message": message, "errorCode": code}])


NO_COUNTRY: Final = (
    "There's a problem with this country, even though it may appear correct. Please select a"
    " country/territory from the list of valid countries."
)
"""As Adobe's documentation of Marketo Measure quotes it."""


def option(value: str, *, active: bool = True) -> Row:
    """A value of a picklist (resources-sobject-describe)."""
    return {"value": value, "label": value, "active": active, "defaultValue": False}


class Account(Worked):
    """One org with one integration user."""

    SETTINGS: ClassVar[Mapping[str, Any]] = {
        "type": "salesforce",
        "name": "crm",
        "url": URL,
        "client_id": CLIENT,
        "client_secret": "SALESFORCE_SECRET",
    }
    ENVIRONMENT: ClassVar[Mapping[str, str]] = {"SALESFORCE_SECRET": SECRET}
    RETRY_AFTER = None
    ENDS = ("converted", "merged", "merged and converted")
    CAMPAIGN = CAMPAIGN
    LIST = CONFERENCE

    def __init__(self) -> None:
        super().__init__()
        self.leads: dict[str, Row] = {}
        """By id; those deleted stay, marked so, as in the recycle bin."""
        self.beside = Beside(self)
        self.tokens: set[str] = set()
        self.instance = URL
        self.unique = True
        self.calls_left = 100_000
        self.audience = "https://login.salesforce.com"
        self.countries: dict[str, str] | None = None
        """Codes and names of an org that has picklists of countries; None for any text."""
        self.labels: dict[str, str] = {}
        """What fields are called where that is not their name."""
        self.busy = ""
        """The code with which it refuses every record for now, such as of a maintenance."""
        self.held: dict[str, str] = {}
        """Codes by e-mail address: leads that an approval or a flow holds, so nobody may update."""
        self.history = History(self)
        self.deletes = True
        """Whether our user may delete leads."""
        self.triggers = False
        """Whether the org has Apex triggers, so that a bad record takes its neighbours along."""

    def is_write(self, request: httpx.Request) -> bool:
        return request.url.path.endswith("/composite/sobjects")

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        if f"{request.url.scheme}://{request.url.host}" != URL:
            return httpx.Response(404)
        return self.history.dated(self._answered(request, store=store))

    def _answered(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        if request.url.path == "/services/oauth2/token":
            return self._token(request)
        if request.url.path == "/services/Soap/u/68.0":
            return self.history.soap(request, self.tokens)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if self.signed_out or scheme != "Bearer" or token not in self.tokens:
            return refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self.calls_left < 1:
            return refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.calls_left -= 1
        return self._routed(request, store=store)

    def _routed(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        path = request.url.path.removeprefix(API).strip("/").split("/")
        found = refused(404, "NOT_FOUND", "The requested resource does not exist")
        match request.method, path:
            case "PATCH" | "POST" as method, ["composite", "sobjects"]:
                found = self._collection(request, insert=method == "POST", store=store)
            case "DELETE", ["composite", "sobjects"]:
                ids = request.url.params["ids"].split(",")
                found = self._remove(ids, store=store)
            case "POST", ["composite", "sobjects", "Lead" | "Opportunity" as name]:
                found = self.history.retrieve(name, request)
            case "POST", ["composite"]:
                found = self._composite(request)
            case "GET", ["query"]:
                part = self._query(str(request.url))
                found = httpx.Response(part["httpStatusCode"], json=part["body"])
            case "GET", ["sobjects", "Lead" | "Task" | "CampaignMember" as name, "describe"]:
                found = httpx.Response(200, json=self._described(name))
            case "DELETE", ["sobjects", "Lead", key, value] if key == KEY:
                found = self._delete(value)
        return found

    def found(self, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        return [row for row in self._live() if row.get(KEY) == delivery.lead]

    def throttled(self, *, vaguely: bool) -> httpx.Response:
        """25 calls that take longer than 20 s run (help.salesforce.com, 000389067)."""
        limit = "ConcurrentPerOrgLongTxn" if vaguely else "ConcurrentRequests (Concurrent API)"
        return refused(403, "REQUEST_LIMIT_EXCEEDED", f"{limit} Limit exceeded.")

    def unavailable(self) -> httpx.Response:
        return refused(503, "SERVER_UNAVAILABLE", "Server is down for maintenance")

    def expired(self) -> httpx.Response:
        self.tokens.clear()
        return refused(401, "INVALID_SESSION_ID", "Session expired or invalid")

    def put(self, by: str = SELLER, /, **fields: Any) -> str:
        """A lead that somebody else has made."""
        lead = f"00Q{len(self.leads):012d}AAA"
        fresh = {
            "IsConverted": False,
            "Status": "Offen",
            "IsUnreadByOwner": True,
            "OwnerId": SELLER,
        }
        self.leads[lead] = {"Id": lead, **fresh, **fields}
        self.history.stamped(self.leads[lead], by)
        return lead

    def seller(self, delivery: Delivery, **changes: Any) -> None:
        """A seller changes the lead; `deleted=True` moves it to the recycle bin."""
        [row] = self.found(delivery)
        self.leads[row["Id"]].update(changes)
        self.history.stamped(self.leads[row["Id"]], SELLER)

    def edit(self, delivery: Delivery, fields: Mapping[str, Any]) -> None:
        self.seller(delivery, **fields)

    def put_before(self, delivery: Delivery, fields: Mapping[str, Any]) -> None:
        self.put(**{"LastName": "Li", "Company": "(not given)", KEY: delivery.lead, **fields})

    def end(self, delivery: Delivery, how: str) -> None:
        """Convert the lead, or merge it into another one, which a seller may convert, too."""
        [row] = self.found(delivery)
        if "merged" in how:
            master = self.put(LastName="Master", Company="Contoso")
            self.beside.merged(row["Id"], master)
            row = {**row, "deleted": True, "MasterRecordId": master}
            self.leads[row["Id"]] = row
            row = self.leads[master]
        if "converted" in how:
            ids = {"ConvertedContactId": "003A", "ConvertedOpportunityId": "006A"}
            self.leads[row["Id"]] = {**row, "IsConverted": True, **ids}
            self.beside.converted(row["Id"], ids["ConvertedContactId"])

    def timeline(self, delivery: Delivery) -> Sequence[str]:
        """The closed tasks of the lead, of what it was merged into, and of its contact."""
        return self._tasks(delivery, closed=True)

    def tasks_of(self, delivery: Delivery) -> Sequence[str]:
        return self._tasks(delivery, closed=False)

    def _tasks(self, delivery: Delivery, *, closed: bool) -> list[str]:
        rows = [row for row in self.leads.values() if row.get(KEY) == delivery.lead]
        rows += [self.leads[row["MasterRecordId"]] for row in rows if row.get("MasterRecordId")]
        who = {row["Id"] for row in rows} | {row.get("ConvertedContactId") for row in rows}
        return [
            f"{task['Subject']}\n{task['Description']}"
            for task in self.beside.tasks
            if task["WhoId"] in who
            and STATUSES[task["Status"]] is closed
            and not task.get("IsDeleted")
        ]

    def member_of(self, delivery: Delivery, into: str) -> int:
        own = (row for row in self.leads.values() if row.get(KEY) == delivery.lead)
        who = {id_ for row in own for id_ in (row["Id"], row.get("ConvertedContactId"))}
        return len([row for one in who if one for row in self.beside.of(into, one)])

    def shows(self) -> Any:
        tasks = [task for task in self.beside.tasks if not task.get("IsDeleted")]
        return [self._live(), tasks]

    def win(self, delivery: Delivery) -> None:
        [row] = self.found(delivery)
        self.history.deal(row["Id"])
        self.leads[row["Id"]]["ConvertedContactId"] = "003A"

    def _live(self) -> list[Row]:
        return [row for row in self.leads.values() if not row.get("deleted")]

    def _token(self, request: httpx.Request) -> httpx.Response:
        """Client credentials, or a signed assertion (RFC 6749, 4.4; RFC 7523, 2.1)."""
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            return httpx.Response(400, json={"error": "invalid_request"})
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        error = "unsupported_grant_type"
        if form.get("grant_type") == "client_credentials":
            known = (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
            error = "" if known else "invalid_client"
        elif form.get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            error = self._wrong_with(form.get("assertion", ""))
        if error:
            return httpx.Response(400, json={"error": error, "error_description": "no"})
        self.sign_ins += 1
        token = f"00D!token{self.sign_ins}"
        self.tokens = {token}
        told = {"access_token": token, "instance_url": self.instance, "token_type": "Bearer"}
        told |= {
            "id": f"{URL}/id/00D000000000001AAA/{US}",
            "issued_at": "1795348800000",
            "signature": "c2lnbmVk",
        }
        return httpx.Response(200, json=told)

    def _wrong_with(self, assertion: str) -> str:
        """xcloud.remoteaccess_oauth_jwt_flow; exp is in seconds, and not far ahead."""
        text, _, signature = assertion.rpartition(".")
        try:
            header, claims = (json.loads(_decoded(part)) for part in text.split("."))
            keys()[1].verify(
                _decoded(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except (ValueError, InvalidSignature):
            return "invalid_grant"
        expected = {"iss": CLIENT, "sub": USER, "aud": self.audience}
        ahead = claims.pop("exp", 0) - NOW.timestamp()
        good = header == {"alg": "RS256"} and claims == expected and 0 < ahead <= 300
        return "" if good else "invalid_grant"

    def _collection(self, request: httpx.Request, *, insert: bool, store: bool) -> httpx.Response:
        """resources-composite-sobjects-collections-create, and -update."""
        if request.headers.get("content-type") != "application/json":
            return refused(415, "UNSUPPORTED_MEDIA_TYPE")
        records = json.loads(request.content).get("records", [])
        if not 1 <= len(records) <= 200:
            return refused(400, "EXCEEDED_ID_LIMIT", "record limit reached")
        for record in records:
            if wrong := self._malformed(record, insert=insert):
                return wrong
        before = deepcopy((self.leads, self.beside.tasks, self.beside.members))
        allowed = request.headers.get("sforce-duplicate-rule-header") == "allowSave=true"
        results = [
            row_error(self.busy) if self.busy else self._write(dict(record), save=allowed)
            for record in records
        ]
        rolls_back = self.triggers and len({row["success"] for row in results}) == 2
        if rolls_back or not store:
            self.leads, self.beside.tasks, self.beside.members = before
        if rolls_back:
            # The public answers of orgs with triggers: the innocent are rolled back, and told so.
            results = [rolled_back() if row["success"] else row for row in results]
        return httpx.Response(200, json=results)

    def _remove(self, ids: Sequence[str], *, store: bool) -> httpx.Response:
        """resources-composite-sobjects-collections-delete."""
        if not 1 <= len(ids) <= 200:
            return refused(400, "EXCEEDED_ID_LIMIT", "record limit reached")
        before = deepcopy((self.leads, self.beside.tasks, self.beside.members))
        results = [self.beside.delete(one) for one in ids]
        if not store:
            self.leads, self.beside.tasks, self.beside.members = before
        return httpx.Response(200, json=results)

    def _malformed(self, record: Row, *, insert: bool) -> httpx.Response | None:
        """[K]: what is no record of the type is refused before any record is judged."""
        kind = record.get("attributes", {}).get("type")
        if kind not in ("Lead", "Task", "CampaignMember") or ("id" in record) == insert:
            return refused(400, "INVALID_INPUT", "attributes or id")
        names = self.names() if kind == "Lead" else self.beside.columns(kind)
        for name, value in record.items():
            if name in ("attributes", "id"):
                continue
            if name not in names:
                message = f"No such column '{name}' on sobject of type {kind}"
                return refused(400, "INVALID_FIELD", message)
            kind_of = bool if name in BOOLEANS else int if name in NUMBERS else str
            if value is not None and type(value) is not kind_of:
                return refused(400, "JSON_PARSER_ERROR", f"Cannot deserialize from {value}")
        return None

    def names(self) -> set[str]:
        """Fields of a lead that our user may write, and sees."""
        codes = () if self.countries is None else ("CountryCode",)
        return {*TEXTS, *BOOLEANS, *NUMBERS, *codes} - self.lacks

    def _write(self, record: Row, *, save: bool) -> Row:
        kind = record.pop("attributes")["type"]
        if kind != "Lead":
            return self.beside.insert(kind, record)
        if "id" in record:
            return self._update(record)
        same = [row["Id"] for row in self._live() if self.unique and row.get(KEY) == record[KEY]]
        if missing := [name for name in REQUIRED if not record.get(name)]:
            return row_error("REQUIRED_FIELD_MISSING", "Required fields", *missing)
        if wrong := self._wrong(record) or ({} if save else row_error("DUPLICATES_DETECTED")):
            return wrong
        if same:
            return taken_by(KEY, same[0])
        return {"id": self.put(US, **record), "success": True, "created": True, "errors": []}

    def _update(self, record: Row) -> Row:
        lead = record.pop("id")
        row = self.leads.get(lead)
        if row is None:
            return row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row.get("deleted"):
            return row_error("ENTITY_IS_DELETED", "entity is deleted")
        if row["IsConverted"]:
            return row_error("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        if code := self.held.get(row.get("Email", "")):
            return row_error(code)
        if wrong := self._wrong(record):
            return wrong
        row.update(record)
        self.history.stamped(row, US)
        return {"id": lead, "success": True, "created": False, "errors": []}

    def _wrong(self, record: Row) -> Row:
        """Say what is wrong with the values (StatusCode in the SOAP API guide)."""
        for name, value in record.items():
            if name in READ_ONLY:
                return row_error("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create", name)
            if name in CHOICES and value not in CHOICES[name]:
                code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
                return row_error(code, f"bad value: {value}", name)
            if isinstance(value, str) and len(value.encode("utf-16-le")) > 2 * TEXTS.get(name, 10):
                return row_error("STRING_TOO_LONG", f"data value too large: {value}", name)
        email = record.get("Email", "")
        if email and not re.fullmatch(r"[!-~]+@[!-~]+\.[a-z]+", email):
            return row_error("INVALID_EMAIL_ADDRESS", f"invalid email address: {email}", "Email")
        if email in self.refused:
            return row_error("FIELD_CUSTOM_VALIDATION_EXCEPTION", f"We do not want {email}")
        return self._wrong_country(record)

    def _wrong_country(self, record: Row) -> Row:
        """Refuse names and codes of countries that are not in the org's list, which is closed."""
        if self.countries is None:
            return {}
        names, codes = {*self.countries.values(), None}, {*self.countries, None}
        if record.get("Country") in names and record.get("CountryCode") in codes:
            return {}
        return row_error("FIELD_INTEGRITY_EXCEPTION", NO_COUNTRY, "Country")

    def _composite(self, request: httpx.Request) -> httpx.Response:
        """resources-composite-composite-post: 25 subrequests at most, 5 of them queries."""
        asked = json.loads(request.content)["compositeRequest"]
        if len(asked) > 5 or len({part["referenceId"] for part in asked}) < len(asked):
            return refused(400, "INVALID_INPUT", "too many queries, or reference ids repeated")
        parts = [
            {"httpHeaders": {}, "referenceId": part["referenceId"], **self._query(part["url"])}
            for part in asked
        ]
        return httpx.Response(200, json={"compositeResponse": parts})

    def _query(self, url: str) -> Row:
        """resources-query, and resources-queryall, which shows the recycle bin as well."""
        parts = urlsplit(url)
        resource = parts.path.removeprefix(f"{API}/").strip("/")
        try:
            known = len(url) <= 2500 and resource in ("query", "queryAll")
            asked = unquote_plus(parts.query.removeprefix("q=")) if known else ""
            return _rows(answer(self.history, asked, deleted=resource == "queryAll"))
        except Wrong as wrong:
            return {"httpStatusCode": 400, "body": [_error(*wrong.args)]}

    def _described(self, name: str) -> Row:
        """resources-sobject-describe, with what our user may do."""
        fields = {"Lead": self._fields, "Task": self._task_fields}.get(name, list)()
        may = {"createable": not (name == "CampaignMember" and self.campaigns_refused)}
        return {"name": name, **may, "deletable": self.deletes, "fields": fields}

    def _fields(self) -> list[Row]:
        """resources-sobject-describe."""
        texts = [self._field(name, "string", length=length) for name, length in TEXTS.items()]
        booleans = [self._field(name, "boolean", defaultedOnCreate=True) for name in BOOLEANS]
        numbers = [self._field(name, "int") for name in NUMBERS]
        owner = self._field("OwnerId", "reference", nillable=False, defaultedOnCreate=True)
        made = self._field("Id", "id", createable=False, nillable=False, length=18)
        listed = [option(code) for code in self.countries or {}]
        facts = {"type": "picklist", "picklistValues": listed, "restrictedPicklist": True}
        codes = [self._field("CountryCode", "picklist", length=10) | facts] if listed else []
        fields = [*texts, *booleans, *numbers, *codes, owner, made]
        return [field for field in fields if field["name"] not in self.lacks]

    def _task_fields(self) -> list[Row]:
        texts = [
            self._field(name, "string", length=length)
            for name, length in self.beside.texts().items()
        ]
        return [*texts, *(self._field(name, "reference") for name in POINTERS)]

    def _field(self, name: str, kind: str, **facts: Any) -> Row:
        values = [option(value) for value in CHOICES.get(name, ())]
        return {
            "name": name,
            "label": self.labels.get(name, name),
            "type": "picklist" if values else kind,
            "length": 0,
            "createable": name not in READ_ONLY,
            "nillable": kind != "boolean" and name not in (*REQUIRED, KEY),
            "defaultedOnCreate": False,
            "externalId": name in (KEY, TOUCH),
            "unique": name in (KEY, TOUCH) and self.unique,
            "picklistValues": [*values, option("Old", active=False)] if values else [],
            "updateable": name not in READ_ONLY,
            "restrictedPicklist": bool(values),
            **facts,
        }

    def _delete(self, value: str) -> httpx.Response:
        matches = [row for row in self._live() if row.get(KEY) == value]
        if not matches:
            return refused(404, "NOT_FOUND", "The requested resource does not exist")
        matches[0]["deleted"] = True
        self.history.stamped(matches[0], US)
        return httpx.Response(204)


def _error(code: str, message: str) -> Row:
    return {"errorCode": code, "message": message}


def _rows(records: list[Row]) -> Row:
    body = {"totalSize": len(records), "done": True, "records": records}
    return {"httpStatusCode": 200, "body": body}


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
