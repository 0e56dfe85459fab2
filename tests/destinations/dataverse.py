"""A Dataverse of our own: the lead table behind its Web API as the vendor tells it, with faults.

Pages are cited by their file names in MicrosoftDocs/powerapps-docs; lead.md is the Lead Entity
Reference in MicrosoftDocs/dynamics-365-customer-engagement. What no page says is marked as seen: in
the issues and code of public repositories that talk to the real service.

    dataverse = Dataverse()
    httpx.AsyncClient(transport=httpx.MockTransport(dataverse.handle))  # without sockets
    async with dataverse.serve() as url: ...                            # on loopback
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from enum import Enum, auto
from typing import Any, Final
from uuid import uuid4

import httpx
from aiohttp import web

from tests.destinations.annotations import APP, Notes, Refused
from tests.destinations.dynamics.beside import Beside
from tests.destinations.multipart import ODATA, batch, operations, typed
from tests.destinations.odata import SELLER, SETS, Tables

API: Final = "/api/data/v9.2"
TABLE: Final = f"{API}/EntityDefinitions(LogicalName='lead')"

TEXTS: Final = {
    "subject": 300,
    "firstname": 50,
    "lastname": 50,
    "companyname": 100,
    "jobtitle": 100,
    "emailaddress1": 100,
    "telephone1": 50,
    "websiteurl": 200,
    "address1_country": 80,
    "description": 2000,
}
"""MaxLength by column (lead.md)."""

FLAGS: Final = ("donotemail", "donotbulkemail", "donotphone", "donotpostalmail", "donotsendmm")
"""Columns that hold true or false (lead.md)."""

CHOICES: Final = {"leadqualitycode": range(1, 4), "leadsourcecode": range(1, 11)}
"""Values by column (lead.md)."""

STANDING: Final = (
    *("statecode", "merged", "_masterid_value", "_qualifyingopportunityid_value"),
    *("_campaignid_value", "_owninguser_value", "_owningteam_value"),
)
"""What a lead tells besides what we write of its customer."""

EXECUTION_TIME, REQUESTS, CONCURRENCY = LIMITS = ("0x80072321", "0x80072322", "0x80072326")
"""The service protection limits (api-limits.md)."""

_MESSAGES: Final = {
    EXECUTION_TIME: "Combined execution time of incoming requests exceeded limit of 1,200,000"
    " milliseconds over time window of 300 seconds.",
    REQUESTS: "Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
    CONCURRENCY: "Number of concurrent requests exceeded the limit of 52.",
}

_SET: Final = re.compile(rf"{API}/({'|'.join(SETS)})\?.*")
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_XML: Final = re.compile("[\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")

Row = dict[str, Any]

LABELS: Final = {"jobtitle": "Berufsbezeichnung"}
"""What sellers call columns, in the user's language."""


class Fault(Enum):
    """What can go wrong with a whole call; see `Dataverse.faults`."""

    NONE = auto()
    LOST_BEFORE = auto()
    """The connection breaks before anything is done."""
    LOST_AFTER = auto()
    """The connection breaks once everything is done."""
    TRUNCATED = auto()
    """The answer ends in the middle of its last part."""
    THROTTLED = auto()
    UNAVAILABLE = auto()
    UNAUTHORISED = auto()
    PAGE = auto()
    """Something on the way answers 200 and a page of its own."""


@dataclass
class Dataverse:
    """One environment."""

    url: str = "https://contoso.crm4.dynamics.com"
    key: str = ""
    """The lead table's alternate key column: "most tables will not have alternate keys unless they
    have been customized" (use-alternate-key-reference-record.md)."""
    unique: str = ""
    """Another column that is an alternate key, as publishers do with the e-mail."""
    has_leads: bool = True
    """Whether Dynamics 365 Sales, which brings the lead table, is there."""

    notes: Notes = field(default_factory=Notes)
    tables: Tables = field(default_factory=Tables)
    leads: dict[str, Row] = field(default_factory=dict)
    """Rows by GUID, each with `leadid`, `statecode` and `versionnumber`."""
    calls: int = 0
    """HTTP requests that came in."""
    operations: Counter[str] = field(default_factory=Counter)
    """GET and PATCH, in batches and alone, whatever came of them."""
    created: int = 0
    updated: int = 0
    requests: list[httpx.Request] = field(default_factory=list)

    faults: list[Fault] = field(default_factory=list)
    """What befalls the next calls, one each."""
    tokens: set[str] | None = None
    """Tokens that are good; None for any."""
    lacks: set[str] = field(default_factory=set)
    """Columns that the publisher has removed."""
    privileges: set[str] = field(default_factory=lambda: {"Read", "Create", "Write"})
    throttle_after: int | None = None
    """Calls after which the service protects itself."""
    limit: str = REQUESTS
    retry_after: str = "17"
    plug_in: Callable[[Row], None] = lambda _row: None
    """The publisher's own code, run before a row is written; it may raise `Refused`."""
    seller: Callable[[], None] = lambda: None
    """What happens in the CRM between two calls, once a call was answered."""

    def __post_init__(self) -> None:
        self.beside = Beside(self.notes, self.tables, self._lead_at)
        self.tables.leads = lambda: self.leads
        self.tables.others = {
            "annotation": lambda: self.notes.rows,
            "listmember": lambda: self.beside.members,
            "activitypointer": self.beside.acts,
        }
        self.tables.lead_columns = lambda: {*TEXTS, *FLAGS, *CHOICES, self.key} - self.lacks

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer *request*; `httpx.TransportError` where the connection breaks."""
        self.calls += 1
        self.requests.append(request)
        fault = self.faults.pop(0) if self.faults else Fault.NONE
        if fault is Fault.LOST_BEFORE:
            raise httpx.ReadError("connection reset", request=request)
        try:
            self._admit(request, fault)
            answer = self._answer(request)
        except Refused as refused:
            answer = refused.answer
            answer.headers.update(self._refusal_headers(refused))
        answer.headers["Date"] = format_datetime(self.tables.now, usegmt=True)
        self.seller()
        match fault:
            case Fault.LOST_AFTER:
                raise httpx.RemoteProtocolError("server disconnected", request=request)
            case Fault.TRUNCATED:
                cut = answer.content[: answer.content.rindex(b"HTTP/1.1") + 30]
                return httpx.Response(answer.status_code, headers=typed(answer), content=cut)
            case Fault.PAGE:
                return httpx.Response(200, html="<p>Sign in to the network</p>")
        return answer

    def _admit(self, request: httpx.Request, fault: Fault) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = scheme == "Bearer" and token and (self.tokens is None or token in self.tokens)
        if not known or fault is Fault.UNAUTHORISED:
            raise Refused(401, "0x8005f101", "The requested resource requires authentication.")
        spent = self.throttle_after is not None and self.calls > self.throttle_after
        if spent or fault is Fault.THROTTLED:
            # "We return a 429 Too Many Requests error" for each of the limits (api-limits.md).
            raise Refused(429, self.limit, _MESSAGES[self.limit])
        if fault is Fault.UNAVAILABLE:
            raise Refused(503, "", "The service is unavailable.")

    def _refusal_headers(self, refused: Refused) -> dict[str, str]:
        if refused.status == 401:
            where = "https://login.microsoftonline.com/contoso/oauth2/authorize"
            return {
                "WWW-Authenticate": f"Bearer authorization_uri={where}, resource_id={self.url}/"
            }
        # "The response will include a Retry-After with number of seconds" (api-limits.md).
        return {"Retry-After": self.retry_after} if refused.status == 429 else {}

    def _answer(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        if target == f"{API}/$batch":
            return self._operate_all(request)
        if request.method not in {"GET", "PATCH"}:
            raise Refused(405, "", "The requested resource does not support this method.")
        return self._operate(request.method, target, request.headers, request.content)

    def _operate_all(self, request: httpx.Request) -> httpx.Response:
        going_on = "odata.continue-on-error" in request.headers.get("prefer", "")
        answers = []
        for method, path, headers, body in operations(request):
            answers.append(self._operate(method, path, headers, body))
            # "The error for that request will be returned for the batch request and more requests
            # won't be processed", but for that preference (execute-batch-operations-...md).
            if answers[-1].is_error and not going_on:
                return batch(answers, answers[-1].status_code)
        return batch(answers, 200)

    def _operate(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> httpx.Response:
        self.operations[method] += 1
        try:
            if path.startswith(TABLE):
                return self._describe(path.removeprefix(TABLE))
            if method == "PATCH" and path.startswith(f"{API}/annotations("):
                self.notes.upsert(path.removeprefix(f"{API}/"), headers, body, self._lead_at)
                return httpx.Response(204, headers=ODATA | {"OData-EntityId": f"{self.url}{path}"})
            beside = self.beside.answer(method, path, headers, body)
            return beside or self._of_leads(method, path, headers, body)
        except Refused as refused:
            return refused.answer

    def _of_leads(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> httpx.Response:
        if method == "GET":
            return self._get(path, headers)
        guid, key = self._addressed(path)
        if method == "DELETE":
            return self._delete(guid)
        return self._upsert(guid, key, headers, body)

    def _get(self, path: str, headers: Mapping[str, str]) -> httpx.Response:
        if self.has_leads and _SET.fullmatch(path):
            return self.tables.answer(self.url, path, headers)
        return self._retrieve(self._addressed(path)[0], path.partition("?$select=")[2])

    def _addressed(self, path: str) -> tuple[str, str]:
        """Return the GUID, empty for a row that is not there, and the alternate key's value."""
        address = re.fullmatch(rf"{API}/leads\(([^)]*)\)(\?\$select=[a-z0-9_,]*)?", path)
        if address is None or not self.has_leads:
            # web-api-client-errors.md
            raise Refused(404, "0x8006088a", "Resource not found for the segment 'leads'.")
        if _GUID.fullmatch(address[1]):
            return address[1], ""
        named = re.fullmatch(r"([a-z_]+)='([^']*)'", address[1])
        if named is None or named[1] != self.key:
            # use-alternate-key-reference-record.md; it names neither status nor code
            raise Refused(
                400,
                "0x0",
                "The key in the request URI is not valid for resource"
                " 'Microsoft.Dynamics.CRM.lead'. Ensure that the names and number of key properties"
                " match the declared or alternate key properties for the resource"
                " 'Microsoft.Dynamics.CRM.lead'.",
            )
        rows = (row for row in self.leads.values() if row.get(self.key) == named[2])
        return next(rows, {"leadid": ""})["leadid"], named[2]

    def _lead_at(self, path: str) -> str:
        """Return the GUID of a lead that something points at, "" for none."""
        found = self._addressed(f"{API}{path}")[0] if path.startswith("/leads(") else ""
        return found if found in self.leads else ""

    def _retrieve(self, guid: str, columns: str) -> httpx.Response:
        self._allow("Read")
        row = self.leads.get(guid)
        if row is None:
            # RecordNotFoundByEntityKey and ObjectDoesNotExist, as seen
            code = "0x80040217" if guid else "0x80060891"
            raise Refused(404, code, f"Entity 'lead' With Id = {guid} Does Not Exist")
        for name in columns.split(","):
            if name not in {*STANDING, *TEXTS, *FLAGS, *CHOICES} - self.lacks:
                told = f"Could not find a property named '{name}' on type 'mscrm.lead'."
                raise Refused(400, "0x80060888", told)
        headers = {"Content-Type": "application/json; odata.metadata=minimal; odata.streaming=true"}
        body = {
            "@odata.context": f"{self.url}{API}/$metadata#leads(statecode)/$entity",
            "@odata.etag": _etag(row),
            **{name: row.get(name) for name in columns.split(",")},
            "leadid": guid,
        }
        return httpx.Response(200, headers=ODATA | headers, content=json.dumps(body))

    def _delete(self, guid: str) -> httpx.Response:
        """web-api/update-delete-entities-using-web-api.md"""
        if self.leads.pop(guid, None) is None:
            raise Refused(404, "0x80040217", f"Entity 'lead' With Id = {guid} Does Not Exist")
        self.beside.cascade(guid)
        return httpx.Response(204, headers=ODATA)

    def _describe(self, path: str) -> httpx.Response:
        """Tell the table's metadata (webapi/query-metadata-web-api.md)."""
        texts = {name: length for name, length in TEXTS.items() if name not in self.lacks}
        memos = {"description"} & texts.keys()
        kinds = {
            **dict.fromkeys(texts, "String"),
            **dict.fromkeys(memos, "Memo"),
            **dict.fromkeys(FLAGS, "Boolean"),
            **dict.fromkeys(CHOICES, "Picklist"),
            "ownerid": "Owner",
        }
        part = path.partition("?")[0].removeprefix("/")
        match part.split("/"):
            case ["Attributes"]:
                value: list[Row] = [
                    {
                        "LogicalName": name,
                        "AttributeType": kind,
                        "IsValidForCreate": True,
                        "RequiredLevel": {"Value": "None"},
                        "DisplayName": {"UserLocalizedLabel": {"Label": LABELS.get(name, name)}},
                    }
                    for name, kind in kinds.items()
                    if name not in self.lacks
                ]
            case ["Attributes", "Microsoft.Dynamics.CRM.PicklistAttributeMetadata"]:
                value = [
                    {"LogicalName": n, "OptionSet": {"Options": [{"Value": v} for v in values]}}
                    for n, values in CHOICES.items()
                ]
            case ["Attributes", cast]:
                wanted = memos if "Memo" in cast else texts.keys() - memos
                value = [{"LogicalName": n, "MaxLength": texts[n]} for n in sorted(wanted)]
            case _:
                active = [{"KeyAttributes": [self.key], "EntityKeyIndexStatus": "Active"}]
                value = active if self.key else []
        headers = {"Content-Type": "application/json; odata.metadata=minimal"}
        context = f"{self.url}{API}/$metadata#EntityDefinitions('lead')/{part}"
        rows = [{"MetadataId": str(uuid4()), **row} for row in value]
        content = json.dumps({"@odata.context": context, "value": rows})
        return httpx.Response(200, headers=ODATA | headers, content=content)

    def _upsert(
        self, guid: str, key: str, headers: Mapping[str, str], body: bytes
    ) -> httpx.Response:
        """Update the row if there is one, else create it (use-upsert-insert-update-record.md)."""
        row = self.leads.get(guid)
        self._check_conditions(row, headers)
        columns = _columns(body)
        if campaign := columns.pop("campaignid@odata.bind", None):
            columns["_campaignid_value"] = self.beside.campaign(campaign)
        if gone := columns.keys() & self.lacks:
            raise Refused(400, "0x80048d19", f"Invalid property '{gone}' was found.")
        taken = columns.get(self.unique)
        for other in self.leads.values():
            if taken is not None and other["leadid"] != guid and other.get(self.unique) == taken:
                # DuplicateRecordEntityKey; the message shows the value, as seen
                raise Refused(
                    412,
                    "0x80060892",
                    f"A record that has the attribute values {taken} already exists.",
                )
        self._allow("Create" if row is None else "Write")
        self.plug_in(columns)
        if row is None:
            self.created += 1
            # "If there's no alternate key data in the body of the request, the server copies the
            # alternate key data from the URL" (use-upsert-insert-update-record.md).
            row = {"statecode": 0, "statuscode": 1, "versionnumber": 0} | (
                {self.key: key} if key else {}
            )
            row |= {"leadid": guid or str(uuid4()), "createdby": APP}
            self.leads[row["leadid"]] = row
        else:
            self.updated += 1
        self.change(row["leadid"], APP, **columns)
        address = f"{self.key}='{key}'" if key else guid
        where = f"{self.url}{API}/leads({address})"
        return httpx.Response(204, headers=ODATA | {"Location": where, "OData-EntityId": where})

    def change(self, guid: str, by: str = SELLER, **columns: Any) -> None:
        """Change a row, as a seller does."""
        version = 1 + max(row["versionnumber"] for row in self.leads.values())
        stamps = {"versionnumber": version, "modifiedon": self.tables.now, "modifiedby": by}
        self.leads[guid] |= stamps | columns

    def _check_conditions(self, row: Row | None, headers: Mapping[str, str]) -> None:
        """perform-conditional-operations-using-web-api.md; an `If-None-Match: null` is none."""
        match = headers.get("if-match")
        if match is not None and row is None:
            raise Refused(404, "0x80040217", "lead Does Not Exist")
        if match not in (None, "*") and row is not None and match != _etag(row):
            # ConcurrencyVersionMismatch; the page's own example has no code
            raise Refused(
                412,
                "0x80060882",
                "The version of the existing record doesn't match the RowVersion property.",
            )
        if headers.get("if-none-match") == "*" and row is not None:
            # DuplicateRecord; the page's own example has no code
            raise Refused(412, "0x80040237", "A record with matching key values already exists.")

    def _allow(self, privilege: str) -> None:
        if privilege not in self.privileges:
            # PrivilegeDenied is a 403 (compose-http-requests-handle-errors.md)
            raise Refused(403, "0x80040220", f"Principal user is missing prv{privilege}Lead.")

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Listen on a free port of loopback and yield the address."""

        async def handler(request: web.Request) -> web.StreamResponse:
            content = await request.read()
            headers = list(request.headers.items())
            try:
                answer = self.handle(
                    httpx.Request(
                        request.method, str(request.url), headers=headers, content=content
                    )
                )
            except httpx.TransportError:
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()  # goes nowhere
            return web.Response(
                status=answer.status_code, headers=typed(answer), body=answer.content
            )

        application = web.Application()
        application.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            self.url = f"http://{host}:{port}"
            yield self.url
        finally:
            await runner.cleanup()


def _etag(row: Row) -> str:
    return f'W/"{row["versionnumber"]}"'


def _columns(body: bytes) -> Row:
    """Check what is to be written, as the metadata of the table demands."""
    try:
        columns = json.loads(body)
    except ValueError:
        columns = None
    if not isinstance(columns, dict):
        raise Refused(400, "0x80048d19", "Error identified in Payload provided by the user.")
    for name, value in columns.items():
        _check(name, value)
    return columns


def _check(name: str, value: Any) -> None:
    if name == "ownerid@odata.bind" and re.fullmatch(r"/(teams|systemusers)\(.{36}\)", str(value)):
        return
    if name == "campaignid@odata.bind":
        return
    if value is None and (name in TEXTS or name in CHOICES):
        return
    known = name in TEXTS or name in FLAGS or name in CHOICES
    kind = str if name in TEXTS else bool if name in FLAGS else int
    if not known or not isinstance(value, kind):
        # as seen
        raise Refused(
            400,
            "0x80048d19",
            "Error identified in Payload provided by the user for Entity :'leads', ... Invalid"
            f" property '{name}' was found in entity 'Microsoft.Dynamics.CRM.lead': {value}",
        )
    if name in CHOICES and value not in CHOICES[name]:
        raise Refused(400, "0x8004431a", f"{value} is outside the valid range.")
    if isinstance(value, str):
        if not _XML.fullmatch(value):
            raise Refused(400, "0x80040278", f"The field '{name}' contains invalid characters.")
        if len(value.encode("utf-16-le")) > 2 * TEXTS[name]:
            # execute-batch-operations-using-web-api.md has this error as its example
            raise Refused(
                400,
                "0x80044331",
                f"A validation error occurred.  The length of the '{name}' attribute of the 'lead'"
                f" entity exceeded the maximum allowed length of '{TEXTS[name]}'.",
            )
