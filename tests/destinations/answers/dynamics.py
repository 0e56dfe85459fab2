"""What Dataverse answers, mostly in the parts of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import httpx

from tests.destinations.answers.harness import Answer, Read, Row
from tests.destinations.dynamics.builders import answered, refused

KIND: Final = "dynamics"
PLACES: Final = {
    "write": lambda request: b"\r\nPATCH " in request.content,
    "find": lambda request: b"\r\nPATCH " not in request.content,
}

DOCS: Final = "powerapps-docs, web service error codes"
LIMITS: Final = "api-limits.md; 54729813739"
EXECUTION: Final = "Combined execution time of incoming requests exceeded limit of 1200000"


def part(
    status: int, code: str, message: str = "No", *headers: str
) -> Callable[[httpx.Request], httpx.Response]:
    """The same answer to each operation of a batch."""

    def answer(request: httpx.Request) -> httpx.Response:
        count = request.content.count(b"Content-Type: application/http")
        return answered(*[refused(status, code, *headers, message=message)] * count)(request)

    return answer


def whole(status: int, code: str = "", message: str = "No", **headers: str) -> httpx.Response:
    """An answer to the batch itself."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    body = {"error": {"code": code, "message": message}}
    return httpx.Response(status, json=body, headers=named)


def rows(read: Read, source: str, *several: tuple[str, str, Answer]) -> Sequence[Row]:
    """Rows that are read alike: id, reason, answer."""
    return [Row(name, read, answer, source, reason) for name, reason, answer in several]


def throttles(*several: tuple[str, str, Answer, float]) -> Sequence[Row]:
    """Throttles: id, source, answer, seconds."""
    return [
        Row(name, Read.THROTTLE, answer, source, "throttled", hold=seconds)
        for name, source, answer, seconds in several
    ]


ROWS: Final = (
    *throttles(
        ("D1", LIMITS, whole(429, "0x80072322", "Number of requests", Retry_After="30"), 30),
        ("D2", LIMITS, whole(429, "0x80072321", EXECUTION, Retry_After="42"), 42),
        ("D3", LIMITS, whole(429, "0x80072326", "concurrent", Retry_After="5"), 5),
        ("D4", "71005309272", part(429, "0x80072322", "Number", "Retry-After: 30"), 30),
        ("D25", "a gateway", whole(429), 30),
        ("D-F14.2", "a general code", part(400, "0x80040216", "Rate limit is exceeded"), 30),
        ("D-F14.2-whole", "a general code", whole(500, "0x80040216", EXECUTION), 30),
        (
            "D-F14.11",
            "made up",
            whole(429, "0x80072322", "No", x_ms_retry_after_ms="1500"),
            1.5,
        ),
    ),
    *rows(
        Read.RETRY,
        DOCS,
        ("D5", "changed_meanwhile", part(412, "0x80040237", "A record already exists")),
        ("D6", "changed_meanwhile", part(412, "0x80060892", "attribute values already exist")),
        ("D7", "changed_meanwhile", part(412, "0x80060882", "The version does not match")),
        ("D14", "http_500", part(500, "0x80044150", "SQL deadlock 1205")),
        ("D15", "dataverse_0x80040216", part(400, "0x80040216", "An unexpected error occurred.")),
        ("D16", "http_500", part(500, "0x80044151", "SQL timeout expired.")),
        ("D17", "http_503", part(503, "")),
        ("D21", "unreadable_answer", httpx.Response(200, html="<p>Sign in</p>")),
        ("D-F14.1", "http_410", part(410, "0x8004f000", "retired")),
        ("D-F14.2-plug-in", "dataverse_0x80040265", part(400, "0x80040265", "Timed out")),
        ("D-F14.5", "dataverse_0x8004ffff", part(400, "0x8004ffff", "of next year")),
        ("D-F14.5-bare", "dataverse_422", part(422, "", "of next year")),
    ),
    Row("D20", Read.RETRY, whole(503, Retry_After="120"), DOCS, "http_503", hold=120),
    *rows(
        Read.PARK,
        DOCS,
        ("D8", "duplicate_in_crm", part(412, "0x80040333", "A duplicate was found")),
    ),
    Row(
        "D5-known",
        Read.PARK,
        part(412, "0x80040237", "A record already exists"),
        DOCS,
        "duplicate_in_crm",
        known="tried",
    ),
    Row(
        "D6-known",
        Read.PARK,
        part(412, "0x80060892", "値が既に存在します"),
        "61246722631 (real); in Japanese",
        "duplicate_in_crm",
        known="tried",
    ),
    *rows(
        Read.AUTH,
        DOCS,
        ("D9", "forbidden", part(403, "0x80040220", "missing prvCreateLead")),
        ("D10", "forbidden", whole(403, "0x80072560", "not a member of the organization")),
        ("D19", "unauthorised", httpx.Response(401, html="<p>")),
    ),
    *rows(
        Read.CONFIG,
        DOCS,
        (
            "D11",
            "field_missing",
            part(400, "0x80048d19", "Invalid property 'new_x' was found in entity 'lead'."),
        ),
        (
            "D-F14.4-type",
            "field_missing",
            part(400, "0x0", "The property 'new_x' does not exist on type 'CRM.lead'."),
        ),
        (
            "D-F14.4-attribute",
            "field_missing",
            part(400, "0x80041103", "'Lead' entity doesn't contain attribute with Name = 'new_x'"),
        ),
        ("D18", "table_missing", part(404, "0x8006088a", "Resource not found for the segment")),
        ("D26", "key_missing", part(412, "0x80060891", "The key is not ready")),
        (
            "D-F14.3-owner",
            "reference_gone",
            part(404, "0x80040217", "systemuser With Id = 3c2f3614 Does Not Exist"),
        ),
        (
            "D-F14.3-team",
            "reference_gone",
            part(400, "0x80040217", "Entity 'Team' With Id = 3c2f3614 Does Not Exist"),
        ),
        (
            "D-F14.3-disabled",
            "reference_gone",
            part(400, "0x8004f0ff", "The owner of the record is disabled"),
        ),
    ),
    Row(
        "D-F14.3-known",
        Read.CONFIG,
        part(404, "0x80040217", "systemuser With Id = 3c2f3614 Does Not Exist"),
        DOCS,
        "reference_gone",
        known="sent",
    ),
    Row(
        "D-F14.4-find",
        Read.CONFIG,
        part(400, "0x80060888", "Could not find a property named 'statecode' on type 'CRM.lead'"),
        DOCS,
        "field_missing",
        to="find",
        known="tried",
    ),
    Row(
        "D-deleted",
        Read.PARK,
        part(404, "0x80040217", "lead With Id = 3c2f3614 Does Not Exist"),
        DOCS,
        "deleted_in_crm",
        to="find",
        known="sent",
    ),
    *rows(
        Read.REJECT,
        DOCS,
        ("D13", "dataverse_0x80040265", part(400, "0x80040265", "We do not want them")),
        ("D22", "dataverse_0x80040203", part(400, "0x80040203", "Invalid Argument")),
    ),
    *rows(
        Read.WITHOUT,
        DOCS,
        (
            "D12",
            "",
            part(400, "0x80044331", "The length of the 'jobtitle' attribute exceeded the maximum"),
        ),
        (
            "D-F14.6-type",
            "",
            part(
                400,
                "0x80048d19",
                "Cannot convert the literal 'x' of 'leadqualitycode' to 'Edm.Int32'",
            ),
        ),
        (
            "D-F14.6-label",
            "",
            part(400, "0x80040265", "Berufsbezeichnung: dieser Wert ist nicht erlaubt"),
        ),
        ("D-F14.6-compound", "", part(400, "0x80040203", "address1_composite is not valid")),
    ),
)
