"""What Zoho CRM answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import httpx

from tests.destinations.answers.harness import Answer, Read, Row
from tests.destinations.simulators.zoho import fault, refused
from tests.destinations.zoho.metadata import KEY

KIND: Final = "zoho"
PLACES: Final = {
    "write": lambda request: (
        request.method in ("POST", "PUT") and request.url.path.endswith("/Leads")
    ),
    "query": lambda request: request.url.path.endswith("/coql"),
    "token": lambda request: request.url.path.endswith("/token"),
}

RECORDS_OAS: Final = "zoho/crm-oas record.json"
INSERT: Final = "insert-records.html"
DAY: Final = (
    "Number of API requests for the 24 hour period is exceeded or the concurrency limit of the"
    " user for the app is exceeded"
)
DENIED: Final = "You have made too many requests continuously. Please try again after some time."


def rec(code: str, message: str = "", **details: Any) -> Callable[[httpx.Request], httpx.Response]:
    """The same refusal for every record of a call."""

    def answer(request: httpx.Request) -> httpx.Response:
        row = {**fault(code, **details), "message": message or "invalid data"}
        return httpx.Response(202, json={"data": [row] * len(json.loads(request.content)["data"])})

    return answer


def call(status: int, code: str, message: str) -> httpx.Response:
    """A call that is refused as a whole."""
    answer = {"code": code, "details": {}, "message": message, "status": "error"}
    return httpx.Response(status, json=answer)


def token(code: int, **told: str) -> httpx.Response:
    """A sign-in that is refused."""
    return httpx.Response(code, json=told)


def rows(read: Read, source: str, *several: tuple[str, str, Answer]) -> list[Row]:
    """Rows that are read alike: id, reason, answer."""
    return [Row(name, read, answer, source, reason) for name, reason, answer in several]


def signs(read: Read, reason: str, *several: tuple[str, str, Answer]) -> list[Row]:
    """Sign-ins that are read alike: id, source, answer."""
    return [Row(name, read, answer, source, reason, to="token") for name, source, answer in several]


RECORDS: Final = (
    *rows(
        Read.PARK,
        INSERT,
        ("Z1", "duplicate_in_crm", rec("DUPLICATE_DATA", api_name="Email", id="42")),
        ("Z2", "duplicate_in_crm", rec("DUPLICATE_DATA", id="42")),
        (
            "Z3",
            "duplicate_in_crm",
            rec("MULTIPLE_OR_MULTI_ERRORS", errors=[fault("DUPLICATE_DATA", api_name="Phone")]),
        ),
        ("Z-F14.10", "duplicate_in_crm", rec("DUPLICATE_DATA", "重複データ")),
    ),
    *rows(
        Read.REJECT,
        INSERT,
        (
            "Z4",
            "zoho_MANDATORY_NOT_FOUND.Last_Name",
            rec("MANDATORY_NOT_FOUND", api_name="Last_Name"),
        ),
        (
            "Z7",
            "zoho_LIMIT_EXCEEDED",
            rec(
                "LIMIT_EXCEEDED",
                "Record insertion limit for Image upload field has been exceeded.",
            ),
        ),
        ("Z8", "zoho_LIMIT_EXCEEDED.Tag", rec("LIMIT_EXCEEDED", "too many", api_name="Tag")),
        ("Z22", "zoho_DEPENDENT_FIELD_MISSING", rec("DEPENDENT_FIELD_MISSING")),
        ("Z37", "zoho_AMBIGUITY_DURING_PROCESSING", rec("AMBIGUITY_DURING_PROCESSING")),
        ("Z38", "zoho_DATA_MISMATCH", rec("DATA_MISMATCH")),
    ),
    *rows(
        Read.WITHOUT,
        INSERT,
        ("Z5", "", rec("INVALID_DATA", api_name="Email", expected_data_type="email")),
        ("Z6", "", rec("INVALID_DATA", api_name="Phone", maximum_length=30)),
        ("Z23", "", rec("PATTERN_NOT_MATCHED", api_name="Phone")),
        ("Z-F14.6-path", "", rec("INVALID_DATA", json_path="$.data[0].Country")),
        ("Z-F14.6-text", "", rec("INVALID_DATA", "Please check the value of Designation")),
        (
            "Z-F14.6-label",
            "",
            rec("INVALID_DATA", "Der Wert im Feld Berufsbezeichnung ist ungültig"),
        ),
    ),
    *rows(
        Read.RETRY,
        RECORDS_OAS,
        ("Z19", "zoho_RECORD_LOCKED", rec("RECORD_LOCKED")),
        ("Z20", "zoho_NOT_APPROVED", rec("NOT_APPROVED")),
        ("Z21", "zoho_CANNOT_PROCESS", rec("CANNOT_PROCESS", "stop processing")),
        ("Z24", "zoho_INTERNAL_ERROR", rec("INTERNAL_ERROR")),
        ("Z-F14.5", "zoho_A_CODE_OF_NEXT_YEAR", rec("A_CODE_OF_NEXT_YEAR")),
        (
            "Z-F14.2-record",
            "zoho_INVALID_DATA",
            rec("INVALID_DATA", "the record is locked, try again later"),
        ),
    ),
    *rows(
        Read.CONFIG,
        RECORDS_OAS,
        ("Z25", "forbidden", rec("NO_PERMISSION")),
        ("Z26", "storage_full", rec("STORAGE_SPACE_EXCEEDED")),
        ("Z-F14.3-owner", "reference_gone", rec("INVALID_DATA", api_name="Owner")),
        (
            "Z-F14.3-text",
            "reference_gone",
            rec("INVALID_DATA", "the related id given seems to be invalid", api_name="Product"),
        ),
        ("Z-F14.4", "field_missing", rec("INVALID_DATA", "the field does not exist")),
        ("Z-F14.4-module", "module_missing", rec("INVALID_MODULE")),
    ),
    Row(
        "Z-F14.10-ours",
        Read.MERGE,
        rec("DUPLICATE_DATA", "重複データ"),
        "our own key, by nobody's name",
        prepare=lambda account, one: account.put(**{KEY: one.lead}),
    ),
    Row(
        "Z-F14.2-part",
        Read.QUOTA,
        rec("TOO_MANY_REQUESTS", DAY),
        "api-limits, in a record",
        hold=3600,
    ),
)

CALLS: Final = (
    Row("Z9", Read.THROTTLE, call(429, "TOO_MANY_REQUESTS", "slow down"), "api-limits", hold=30),
    Row("Z-F7.2", Read.QUOTA, call(429, "TOO_MANY_REQUESTS", DAY), "api-limits", hold=3600),
    Row("Z11", Read.QUOTA, call(403, "LIMIT_EXCEEDED", "API limit"), "api-limits", hold=3600),
    *rows(
        Read.CONFIG,
        "common errors",
        ("Z10", "zoho_LIMIT_EXCEEDED", call(400, "LIMIT_EXCEEDED", "only 100 records allowed")),
        ("Z12", "unauthorised", call(401, "INVALID_TOKEN", "invalid oauth token")),
        ("Z13", "forbidden", call(401, "OAUTH_SCOPE_MISMATCH", "invalid oauth scope")),
        ("Z14", "unauthorised", call(401, "AUTHENTICATION_FAILURE", "Authentication failed")),
        ("Z15", "forbidden", call(403, "NO_PERMISSION", "permission denied")),
        ("Z16", "module_missing", call(400, "INVALID_MODULE", "the module name is invalid")),
        ("Z18", "forbidden", call(403, "NOT_ALLOWED", "license")),
        ("Z34", "zoho_INVALID_URL_PATTERN", call(404, "INVALID_URL_PATTERN", "check the url")),
        ("Z35", "zoho_EXPECTED_FIELD_MISSING", call(400, "EXPECTED_FIELD_MISSING", "data")),
        ("Z-F14.5-call", "zoho_A_CODE", call(418, "A_CODE", "no")),
        ("Z-F14.1", "http_410", call(410, "GONE", "the version has ended")),
        (
            "Z-F14.3-call",
            "reference_gone",
            refused(400, "INVALID_DATA", api_name="lar_id", json_path="$.lar_id"),
        ),
    ),
    *rows(
        Read.RETRY,
        "web",
        ("Z17", "zoho_INTERNAL_ERROR", call(500, "INTERNAL_ERROR", "Internal Server Error")),
        ("Z33", "unreadable_answer", httpx.Response(200, html="<p>")),
        ("Z36", "http_503", httpx.Response(503)),
    ),
    Row(
        "Z-F14.4-query",
        Read.CONFIG,
        call(400, "INVALID_QUERY", "column given seems to be invalid"),
        "COQL",
        "key_missing",
        to="query",
        known="tried",
    ),
    Row(
        "Z-F14.2-query",
        Read.CONFIG,
        call(400, "LIMIT_EXCEEDED", "only 50 values are allowed in one clause"),
        "COQL-Limitations.html: of one query, and no used-up day",
        "zoho_LIMIT_EXCEEDED",
        to="query",
        known="tried",
    ),
    Row(
        "Z-F14.11",
        Read.THROTTLE,
        httpx.Response(
            429, json=fault("TOO_MANY_REQUESTS"), headers={"X-RATELIMIT-RESET": "1795348860000"}
        ),
        "made up",
        hold=60,
    ),
)

SIGN_INS: Final = (
    *signs(
        Read.THROTTLE,
        "throttled",
        (
            "Z27",
            "fixtures 71032628972, 14064207706",
            token(400, error="Access Denied", error_description=DENIED, status="failure"),
        ),
        (
            "Z28",
            "fixture 70114942665",
            token(200, error="Access Denied", error_description=DENIED, status="failure"),
        ),
        (
            "Z29",
            "public SDK comment 14064207706",
            token(
                400,
                error="拒绝访问",
                error_description="您已连续提出过多请求",
                status="failure",
            ),
        ),
    ),
    *signs(
        Read.AUTH,
        "sign_in_failed",
        ("Z30", "fixture 70114942665", token(200, error="invalid_code")),
        ("Z31", "14064207706", token(200, error="invalid_client_secret")),
    ),
    *signs(
        Read.RETRY,
        "sign_in_unreachable",
        ("Z32", "web", httpx.Response(200, html="<p>Sign in</p>")),
    ),
)

ROWS: Final = (*RECORDS, *CALLS, *SIGN_INS)
