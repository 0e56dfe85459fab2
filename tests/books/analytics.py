"""Partner Center's programmatic analytics, version 1.1, as far as leadshare uses it.

Pages are cited by their file names in MicrosoftDocs/azure-docs, articles/marketplace.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID, uuid5

import httpx

from leadshare.times import from_text, to_text
from tests.builders import NOW

TENANT: Final = "contoso.example"
APP: Final = "00000000-1111-2222-3333-444444444444"
SIGN_IN: Final = f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"
SCOPE: Final = "https://api.partnercenter.microsoft.com/.default"
HOST, PATH = "api.partnercenter.microsoft.com", "/insights/v1.1/cmp"
FILES: Final = "partneranalytics.blob.core.windows.net"
NAMESPACE: Final = UUID("7b0e0000-0000-4000-8000-000000000000")

SPANS: Final = {"LAST_MONTH": 1, "LAST_3_MONTHS": 3, "LAST_6_MONTHS": 6, "LAST_1_YEAR": 12}
"""Months of the fixed words that are known here."""

DATASETS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "ISVMarketplaceInsights": (
        ("Date", "OfferName", "ReferralDomain", "CountryName", "Campaign", "Site", "platforms"),
        ("PageVisits", "GetItNow", "ContactMe", "TestDrive", "FreeTrial", "consentGivenCount"),
    ),
    "ISVOrderV2": (
        (
            *("MonthStartDate", "OfferName", "Sku", "PurchaseRecordId"),
            *("PurchaseRecordLineItemId", "OrderStatus", "CustomerName", "CustomerCompanyName"),
        ),
        ("BilledRevenue",),
    ),
    "ISVRevenue": (
        (
            *("MonthStartDate", "OfferName", "SKU", "EarningCurrencyCode", "PurchaseRecordId"),
            *("LineItemId", "PayoutStatus", "CustomerName", "CustomerEmail"),
        ),
        ("Revenue",),
    ),
}
"""Columns and metrics by dataset (analytics-system-queries.md, insights-dashboard.md)."""

QUERY: Final = re.compile(
    r"SELECT ([\w,]+) FROM (\w+)(?: ORDER BY ([\w, ]+?))?(?: TIMESPAN (\w+))?", re.IGNORECASE
)
"""The clauses that are known here, in the order that they must have."""


class Wrong(Exception):
    """What is answered as an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Analytics:
    """One publisher's analytics, executed by the hand of its clock."""

    ENVIRONMENT: Final = {"ANALYTICS_SECRET": "the-secret-of-the-app"}
    SETTINGS: Final = {
        "tenant_id": TENANT,
        "client_id": APP,
        "client_secret": "ANALYTICS_SECRET",
    }

    def __init__(self) -> None:
        self.now = NOW
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in DATASETS}
        """The truth, with the day of each row under `day`; what is told is a query of it."""
        self.queries: dict[str, dict[str, Any]] = {}
        self.reports: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.made: dict[tuple[str, int], dict[str, Any]] = {}
        self.requests: list[httpx.Request] = []
        self.tokens: set[str] = set()
        self.instead: list[httpx.Response] = []
        """What is answered instead, one for each of the next calls but sign-ins."""
        self.has_right = True
        self.spoilt: bytes | None = None
        """What is in every file instead of what was asked for."""
        self.link_lives = timedelta(hours=24)
        self.takes = timedelta(minutes=20)
        """How long an execution takes."""

    def add(self, dataset: str, day: date, **values: Any) -> None:
        """Put a row into a dataset."""
        self.rows[dataset].append({**values, "day": day})

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer a sign-in, a call or the download of a file."""
        self.requests.append(request)
        if str(request.url) == SIGN_IN:
            return self._sign_in(request)
        if self.instead:
            return self.instead.pop(0)
        if request.url.host == FILES:
            return self._file(request)
        try:
            return self._call(request)
        except Wrong as error:
            told = {"value": [], "totalCount": 0, "message": error.message}
            return httpx.Response(error.status, json={**told, "statusCode": error.status})

    def _sign_in(self, request: httpx.Request) -> httpx.Response:
        right = {
            "grant_type": "client_credentials",
            "client_id": APP,
            "client_secret": self.ENVIRONMENT["ANALYTICS_SECRET"],
            "scope": SCOPE,
        }
        if dict(parse_qsl(request.content.decode())) != right:
            return httpx.Response(401, json={"error": "invalid_client"})
        token = f"token-{len(self.tokens)}"
        self.tokens.add(token)
        return httpx.Response(200, json={"access_token": token, "expires_in": 3599})

    def _file(self, request: httpx.Request) -> httpx.Response:
        """Azure Storage takes a signature or a token, not both."""
        told = dict(request.url.params)
        content = self.files.get(request.url.path)
        if "authorization" in request.headers or content is None or told.get("sig") != "s":
            return httpx.Response(403, text="AuthenticationFailed")
        if from_text(told["se"]) < self.now:
            return httpx.Response(403, text="Signature not valid in the specified time frame")
        return httpx.Response(200, content=content if self.spoilt is None else self.spoilt)

    def _call(self, request: httpx.Request) -> httpx.Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            raise Wrong(401, "Unauthorized")
        if not self.has_right:
            raise Wrong(403, "Forbidden")
        if request.url.host != HOST or not request.url.path.startswith(PATH):
            raise Wrong(404, "Not found")
        return self._do(
            request.method,
            request.url.path.removeprefix(PATH).split("/")[1:],
            json.loads(request.content) if request.content else {},
            dict(request.url.params),
        )

    def _do(
        self, method: str, path: list[str], told: dict[str, Any], asked: dict[str, str]
    ) -> httpx.Response:
        self._end()
        match method, path:
            case "GET", ["ScheduledDataset"]:
                value = [_described(name) for name in DATASETS]
            case "GET", ["ScheduledQueries"]:
                value = _found(self.queries, asked, {"queryId", "queryName"})
            case "POST", ["ScheduledQueries"]:
                value = [self._create_query(told)]
            case "GET", ["ScheduledReport"]:
                value = _found(self.reports, asked, {"reportId", "reportName", "queryId"})
            case "POST", ["ScheduledReport"]:
                value = [self._create_report(told)]
            case "DELETE", ["ScheduledReport", identity] if identity in self.reports:
                value = [self.reports.pop(identity)]
            case "GET", ["ScheduledReport", "execution", identity]:
                value = [self._latest(identity, asked)]
            case _:
                raise Wrong(404, "No item found with given filters")
        told = {"value": value, "totalCount": len(value), "message": None, "statusCode": 200}
        return httpx.Response(200, json=told)

    def _create_query(self, told: dict[str, Any]) -> dict[str, Any]:
        if not (isinstance(told.get("Name"), str) and isinstance(told.get("Query"), str)):
            raise Wrong(400, "Null or missing value")
        if len(self.queries) >= 100:
            raise Wrong(400, "Number of queries exceeded. Delete few queries before creating new")
        _parsed(told["Query"])
        identity = str(uuid5(NAMESPACE, f"query {len(self.requests)}"))
        facts = {"queryId": identity, "name": told["Name"], "query": told["Query"]}
        self.queries[identity] = {**facts, "type": "userDefined", "createdTime": to_text(self.now)}
        return self.queries[identity]

    def _create_report(self, told: dict[str, Any]) -> dict[str, Any]:
        """analytics-programmatic-faq.md has the refusals."""
        wrong, self_made = "Invalid report parameters for creation - ", self.reports.values()
        if told.get("QueryId") not in self.queries:
            raise Wrong(400, "Invalid QueryId")
        begins = told.get("StartTime", "")
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", begins):
            raise Wrong(400, f"{wrong}StartTime should follow format: yyyy-MM-ddTHH:mm:ssZ")
        if from_text(begins) < self.now + timedelta(hours=4):
            raise Wrong(400, f"{wrong}Start time of report should at least be 4 hours from current")
        if not 4 <= told.get("RecurrenceInterval", 0) <= 2160:
            raise Wrong(400, "Recurrence Interval must be between 4 and 2160")
        if not told.get("RecurrenceCount", 0) > 0:
            raise Wrong(400, f"{wrong}Recurrence count has to be a positive integer value")
        if ";" in told["ReportName"] or len(told["ReportName"] + told["Description"]) > 256:
            raise Wrong(400, f"{wrong}Limit ReportName and Description length to 256 characters")
        if told["Format"] not in ("csv", "tsv"):
            raise Wrong(400, f"{wrong}Report format should be csv/tsv")
        if sum(one["reportStatus"] == "Active" for one in self_made) >= 50:
            raise Wrong(400, "User has exceeded its report creation quota of 50 active reports")
        identity = str(uuid5(NAMESPACE, f"report {len(self.requests)}"))
        facts = {name[0].lower() + name[1:]: value for name, value in told.items()}
        self.reports[identity] = {**facts, "reportId": identity, "reportStatus": "Active"}
        return self.reports[identity]

    def _end(self) -> None:
        """Let reports end whose count has run out."""
        for report in self.reports.values():
            every = timedelta(hours=report["recurrenceInterval"])
            if self.now > from_text(report["startTime"]) + (report["recurrenceCount"] - 1) * every:
                report["reportStatus"] = "Inactive"

    def _latest(self, identity: str, asked: Mapping[str, str]) -> dict[str, Any]:
        """Return the newest execution that has ended; by default no other is told."""
        if identity not in self.reports:
            raise Wrong(404, "No item found with given filters")
        if {*asked} - {"executionStatus", "getLatestExecution"}:
            raise Wrong(400, "Null or missing value")
        report = self.reports[identity]
        begins, every = (
            from_text(report["startTime"]),
            timedelta(hours=report["recurrenceInterval"]),
        )
        number = min((self.now - self.takes - begins) // every, report["recurrenceCount"] - 1)
        if number < 0 or report["reportStatus"] == "Paused":
            raise Wrong(404, "There are no executions that have occurred for the given filter")
        if (identity, number) not in self.made:
            self.made[identity, number] = self._execute(identity, number, begins + number * every)
        return self.made[identity, number]

    def _execute(self, identity: str, number: int, at: datetime) -> dict[str, Any]:
        execution = str(uuid5(NAMESPACE, f"execution {identity} {number}"))
        path, ends = f"/reports/{execution}.csv", at + self.takes + self.link_lives
        query = self.queries[self.reports[identity]["queryId"]]["query"]
        self.files[path] = self.told(query, at).encode("utf-8-sig")
        link = httpx.URL(f"https://{FILES}{path}", params={"sig": "s", "se": to_text(ends)})
        return {
            "executionId": execution,
            "reportId": identity,
            "executionStatus": "Completed",
            "reportAccessSecureLink": str(link),
            "reportExpiryTime": to_text(ends),
            "reportGeneratedTime": f"{at + self.takes:%Y-%m-%dT%H:%M:%SZ}",
        }

    def told(self, query: str, at: datetime) -> str:
        """Return what a query tells: metrics for each combination of the other columns."""
        columns, dataset, order, months = _parsed(query)
        metrics = {name.lower() for name in DATASETS[dataset][1]}
        first = at.date() - timedelta(days=30 * months)
        sums: dict[tuple[str, ...], dict[str, Decimal]] = {}
        plain: list[tuple[str, ...]] = []
        for row in self.rows[dataset]:
            if not first <= row["day"] <= at.date():
                continue
            cells = {name.lower(): value for name, value in row.items()}
            key = tuple(str(cells.get(name, "")) for name in columns if name not in metrics)
            plain.append(key)
            kept = sums.setdefault(key, dict.fromkeys(metrics & {*columns}, Decimal(0)))
            for name in kept:
                kept[name] += Decimal(str(cells.get(name, 0)))
        others = [name for name in columns if name not in metrics]
        lines = [
            {**dict(zip(others, key, strict=True)), **{n: str(v) for n, v in kept.items()}}
            for key, kept in (sums.items() if metrics & {*columns} else ((k, {}) for k in plain))
        ]
        lines.sort(key=lambda line: [line[name] for name in order])
        out = io.StringIO()
        writer = csv.DictWriter(out, columns, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(lines)
        return out.getvalue()


def _described(name: str) -> dict[str, Any]:
    columns, metrics = DATASETS[name]
    facts = {"datasetName": name, "selectableColumns": columns, "availableMetrics": metrics}
    return {**facts, "availableDateRanges": [*SPANS, "LIFETIME"]}


def _found(
    kept: Mapping[str, dict[str, Any]], asked: Mapping[str, str], filters: set[str]
) -> list[dict[str, Any]]:
    """Return what is asked for; where there is none, 404."""
    if {*asked} - filters:
        raise Wrong(400, "Null or missing value")
    names = {"queryName": "name"}
    rows = [
        one
        for one in kept.values()
        if all(one[names.get(name, name)] == value for name, value in asked.items())
    ]
    if not rows:
        raise Wrong(404, "No item found with given filters")
    return rows


def _parsed(query: str) -> tuple[list[str], str, list[str], int]:
    """Return columns, dataset, order and months of a query; cases do not matter."""
    found = QUERY.fullmatch(query)
    if found is None:
        raise Wrong(400, "Invalid query")
    datasets = {name.upper(): name for name in DATASETS}
    dataset = datasets.get(found[2].upper())
    if dataset is None:
        raise Wrong(400, "Invalid table name")
    known = {name.lower() for part in DATASETS[dataset] for name in part}
    columns = found[1].lower().split(",")
    order = [one.split()[0].lower() for one in (found[3] or "").split(",") if one.strip()]
    if {*columns, *order} - known or {*order} - {*columns}:
        raise Wrong(400, "Incorrect column name")
    if (months := SPANS.get((found[4] or "LAST_6_MONTHS").upper())) is None:
        raise Wrong(400, "Invalid timespan")
    return columns, dataset, order, months
