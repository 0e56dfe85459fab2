"""Simulators: a Salesforce org: its sign-in, its leads, and what it refuses.

Vendor pages: developer.salesforce.com, api-rest guide, by their names; [K] is what is known of
Salesforce, but was not found on a page.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, unquote_plus, urlsplit

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from leadshare.core.delivery import Delivery
from tests.builders import NOW
from tests.destinations.simulators.base import Simulator

URL: Final = "https://contoso.my.salesforce.com"
API: Final = "/services/data/v68.0"
CLIENT: Final = "3MVG9-consumer-key"
SECRET: Final = "consumer-secret"  # noqa: S105 - of nobody
USER: Final = "leadshare@contoso.example"
KEY: Final = "LeadShare_Id__c"

TEXTS: Final = {
    KEY: 49,
    "FirstName": 40,
    "LastName": 80,
    "Company": 255,
    "Title": 128,
    "Email": 80,
    "Phone": 40,
    "Website": 255,
    "Country": 80,
    "LeadSource": 255,
    "Rating": 255,
    "Description": 32000,
    "Status": 255,
}
"""Length of each text (Field Reference Guide, Lead)."""
BOOLEANS: Final = ("DoNotCall", "HasOptedOutOfEmail", "IsConverted")
NUMBERS: Final = ("NumberOfEmployees",)
REQUIRED: Final = ("LastName", "Company")
READ_ONLY: Final = ("IsConverted",)
CHOICES: Final = {"Rating": ("Hot", "Warm", "Cold")}
"""Picklists; this org's Rating is restricted."""

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


def row_error(code: str, message: str = "", *fields: str) -> Row:
    """A record that is refused."""
    error = {"statusCode": code, "message": message, "fields": list(fields)}
    return {"success": False, "errors": [error]}


class Account(Simulator):
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

    def __init__(self) -> None:
        super().__init__()
        self.leads: dict[str, Row] = {}
        """By id; those deleted stay, marked so, as in the recycle bin."""
        self.tokens: set[str] = set()
        self.instance = URL
        self.unique = True
        self.calls_left = 100_000
        self.audience = "https://login.salesforce.com"

    def is_write(self, request: httpx.Request) -> bool:
        return request.method == "PATCH"

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        if f"{request.url.scheme}://{request.url.host}" != URL:
            return httpx.Response(404)
        if request.url.path == "/services/oauth2/token":
            return self._token(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if self.signed_out or scheme != "Bearer" or token not in self.tokens:
            return refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self.calls_left < 1:
            return refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.calls_left -= 1
        return self._routed(request, store=store)

    def _routed(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        path = request.url.path.removeprefix(API).strip("/").split("/")
        match request.method, path:
            case "PATCH", ["composite", "sobjects", *rest] if rest[:1] in ([], ["Lead"]):
                return self._collection(request, "".join(rest[1:]), store=store)
            case "POST", ["composite"]:
                return self._composite(request)
            case "GET", ["sobjects", "Lead", "describe"]:
                return httpx.Response(200, json={"name": "Lead", "fields": self._fields()})
            case "DELETE", ["sobjects", "Lead", key, value] if key == KEY:
                return self._delete(value)
        return refused(404, "NOT_FOUND", "The requested resource does not exist")

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

    def seller(self, delivery: Delivery, **changes: Any) -> None:
        """A seller changes the lead; `deleted=True` moves it to the recycle bin."""
        [row] = self.found(delivery)
        self.leads[row["Id"]].update(changes)

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

    def _collection(self, request: httpx.Request, key: str, *, store: bool) -> httpx.Response:
        """resources-composite-sobjects-collections-upsert, and -update where there is no key."""
        if request.headers.get("content-type") != "application/json":
            return refused(415, "UNSUPPORTED_MEDIA_TYPE")
        if key and (key != KEY or key in self.lacks):
            message = f"Provided external ID field does not exist or is not accessible: {key}"
            return refused(404, "NOT_FOUND", message)
        records = json.loads(request.content).get("records", [])
        if not 1 <= len(records) <= 200:
            return refused(400, "EXCEEDED_ID_LIMIT", "record limit reached")
        for record in records:
            if wrong := self._malformed(record, key):
                return wrong
        before = {lead: dict(row) for lead, row in self.leads.items()}
        allowed = request.headers.get("sforce-duplicate-rule-header") == "allowSave=true"
        results = [self._write(dict(record), key, save=allowed) for record in records]
        if not store:
            self.leads = before
        return httpx.Response(200, json=results)

    def _malformed(self, record: Row, key: str) -> httpx.Response | None:
        """[K]: what is no record of the type is refused before any record is judged."""
        if record.get("attributes") != {"type": "Lead"} or ("id" in record) == bool(key):
            return refused(400, "INVALID_INPUT", "attributes or id")
        for name, value in record.items():
            if name in ("attributes", "id"):
                continue
            if name in self.lacks or name not in (*TEXTS, *BOOLEANS, *NUMBERS):
                return refused(400, "INVALID_FIELD", f"No such column '{name}' on sobject Lead")
            kind = bool if name in BOOLEANS else int if name in NUMBERS else str
            if type(value) is not kind:
                return refused(400, "JSON_PARSER_ERROR", f"Cannot deserialize from {value}")
        return None

    def _write(self, record: Row, key: str, *, save: bool) -> Row:
        del record["attributes"]
        if not key:
            return self._update(record)
        matches = [row for row in self._live() if row.get(KEY) == record[KEY]]
        if len(matches) > 1:
            return row_error("DUPLICATE_EXTERNAL_ID", f"{KEY}: more than one record found")
        if matches:
            return self._update({**record, "id": matches[0]["Id"]})
        if missing := [name for name in REQUIRED if not record.get(name)]:
            return row_error("REQUIRED_FIELD_MISSING", "Required fields", *missing)
        if wrong := self._wrong(record) or ({} if save else row_error("DUPLICATES_DETECTED")):
            return wrong
        lead = f"00Q{len(self.leads):012d}AAA"
        self.leads[lead] = {"Id": lead, "IsConverted": False, "Status": "Open", **record}
        return {"id": lead, "success": True, "created": True, "errors": []}

    def _update(self, record: Row) -> Row:
        lead = record.pop("id")
        row = self.leads.get(lead)
        if row is None:
            return row_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        if row.get("deleted"):
            return row_error("ENTITY_IS_DELETED", "entity is deleted")
        if row["IsConverted"]:
            return row_error("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        if wrong := self._wrong(record):
            return wrong
        row.update(record)
        return {"id": lead, "success": True, "created": False, "errors": []}

    def _wrong(self, record: Row) -> Row:
        """Say what is wrong with the values (StatusCode in the SOAP API guide)."""
        for name, value in record.items():
            if name in READ_ONLY:
                return row_error("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create", name)
            if name in CHOICES and value not in CHOICES[name]:
                code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
                return row_error(code, f"bad value: {value}", name)
            if isinstance(value, str) and len(value.encode("utf-16-le")) > 2 * TEXTS[name]:
                return row_error("STRING_TOO_LONG", f"data value too large: {value}", name)
        email = record.get("Email", "")
        if email and not re.fullmatch(r"[!-~]+@[!-~]+\.[a-z]+", email):
            return row_error("INVALID_EMAIL_ADDRESS", f"invalid email address: {email}", "Email")
        if email in self.refused:
            return row_error("FIELD_CUSTOM_VALIDATION_EXCEPTION", f"We do not want {email}")
        return {}

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
        parts = urlsplit(url)
        shape = rf"SELECT Id,{KEY} FROM Lead WHERE {KEY} IN \('(.*)'\)"  # noqa: S608 - read only
        query = re.fullmatch(shape, unquote_plus(parts.query.removeprefix("q=")))
        if len(url) > 2500 or parts.path != f"{API}/query/" or query is None:
            return {"httpStatusCode": 400, "body": [{"errorCode": "MALFORMED_QUERY"}]}
        keys = query[1].split("','")
        records = [
            {"attributes": {"type": "Lead"}, "Id": row["Id"], KEY: row[KEY]}
            for row in self._live()
            if row.get(KEY) in keys
        ]
        body = {"totalSize": len(records), "done": True, "records": records}
        return {"httpStatusCode": 200, "body": body}

    def _fields(self) -> list[Row]:
        """resources-sobject-describe."""
        texts = [self._field(name, "string", length=length) for name, length in TEXTS.items()]
        booleans = [self._field(name, "boolean", defaultedOnCreate=True) for name in BOOLEANS]
        numbers = [self._field(name, "int") for name in NUMBERS]
        owner = self._field("OwnerId", "reference", nillable=False, defaultedOnCreate=True)
        made = self._field("Id", "id", createable=False, nillable=False, length=18)
        fields = [*texts, *booleans, *numbers, owner, made]
        return [field for field in fields if field["name"] not in self.lacks]

    def _field(self, name: str, kind: str, **facts: Any) -> Row:
        values = [{"value": value, "active": True} for value in CHOICES.get(name, ())]
        return {
            "name": name,
            "type": "picklist" if values else kind,
            "length": 0,
            "createable": name not in READ_ONLY,
            "nillable": kind != "boolean" and name not in (*REQUIRED, KEY),
            "defaultedOnCreate": False,
            "externalId": name == KEY,
            "unique": name == KEY and self.unique,
            "picklistValues": [*values, {"value": "Old", "active": False}] if values else [],
            "restrictedPicklist": bool(values),
            **facts,
        }

    def _delete(self, value: str) -> httpx.Response:
        matches = [row for row in self._live() if row.get(KEY) == value]
        if not matches:
            return refused(404, "NOT_FOUND", "The requested resource does not exist")
        matches[0]["deleted"] = True
        return httpx.Response(204)


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
