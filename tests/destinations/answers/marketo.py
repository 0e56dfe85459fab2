"""Marketo's answers; its pages are those of AdobeDocs/marketo-developer.en, help/rest-api."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

from tests.destinations.answers.harness import Read, Row
from tests.destinations.marketo.envelope import done, refusal, skipped
from tests.destinations.simulators.marketo import PEOPLE

KIND: Final = "marketo"

PLACES: Final[Mapping[str, Callable[[httpx.Request], bool]]] = {
    "write": lambda request: request.url.path == PEOPLE and "_method" not in request.url.params,
    "search": lambda request: "_method" in request.url.params,
    "token": lambda request: request.url.path.startswith("/identity/"),
    "program": lambda request: request.url.path.endswith("/members/status.json"),
    "list": lambda request: request.url.path.startswith("/rest/v1/lists/"),
}

CODES: Final = "error-codes.md"
MEMBERS: Final = "program-members.md"
LISTS: Final = "list-membership.md"
PROGRAM: Final = {"program": {"id": 1234, "status": "Engaged"}}
LIST: Final = {"list": 1021}


def call(
    code: str, message: str, read: Read, reason: str = "", hold: float | None = None, **more: Any
) -> Row:
    """A call that is refused as a whole, in an HTTP 200."""
    answer = refusal(code, message)
    return Row(f"MK{code}", read, answer, CODES, reason or f"marketo_{code}", hold=hold, **more)


def record(code: str, message: str, read: Read, reason: str = "", **more: Any) -> Row:
    """A record that is skipped."""
    answer = done([skipped(code, message)])
    return Row(f"MK{code}r", read, answer, CODES, reason or f"marketo_{code}", **more)


ROWS: Final = [
    call("601", "Access token invalid", Read.AUTH, "unauthorised"),
    call("602", "Access token expired", Read.AUTH, "unauthorised"),
    call("603", "Access denied", Read.AUTH, "forbidden"),
    call("604", "Request timed out", Read.CONFIG),
    call("606", "Max rate limit '100' exceeded", Read.THROTTLE, "throttled", 20),
    call("607", "Daily quota reached", Read.QUOTA, "quota_exhausted", 61200),
    call("608", "API Temporarily Unavailable", Read.CONFIG),
    call("609", "Invalid JSON", Read.CONFIG),
    call("610", "Requested resource not found", Read.CONFIG),
    call("611", "System error", Read.CONFIG),
    call("612", "Invalid Content Type", Read.CONFIG),
    call("613", "Invalid Multipart Request", Read.CONFIG),
    call("614", "Subscription unreachable", Read.CONFIG),
    call("615", "Concurrent access limit reached", Read.THROTTLE, "throttled", 5),
    call("616", "Invalid subscription type", Read.CONFIG),
    call("701", "email cannot be blank", Read.CONFIG),
    call("713", "Transient Error", Read.CONFIG),
    call("719", "Lock wait timeout exception", Read.CONFIG),
    call("502", "Bad Gateway", Read.CONFIG),
    record("1001", "Invalid value 'x'. Required of type 'Integer'", Read.REJECT),
    record("1003", "Invalid data", Read.REJECT),
    record("1004", "Lead not found", Read.RETRY, "changed_meanwhile"),
    record("1005", "Lead already exists", Read.RETRY, "changed_meanwhile"),
    record("1006", "Field 'leadshareSummary' not found", Read.CONFIG, "field_missing"),
    record("1007", "Multiple lead match lookup criteria", Read.PARK, "several_in_crm"),
    record("1008", "Access denied to partition", Read.RETRY),
    record("1010", "Partition update not allowed", Read.RETRY),
    Row(
        "MK1021r",
        Read.WITHOUT,
        done([skipped("1021", "Company update not allowed")]),
        CODES,
    ),
    record("1022", "Object in use", Read.RETRY),
    record("1029", "Too many jobs in queue", Read.RETRY),
    record("1036", "Duplicate object found in input", Read.RETRY),
    Row(
        "MK401i",
        Read.AUTH,
        httpx.Response(401, json={"error": "invalid_client", "error_description": "No client"}),
        CODES,
        "sign_in_failed",
        to="token",
    ),
    Row(
        "MK401u",
        Read.AUTH,
        httpx.Response(401, html="<p>Unauthorised</p>"),
        CODES,
        "sign_in_failed",
        to="token",
    ),
    Row("MK404s", Read.CONFIG, httpx.Response(404, html="<p>No</p>"), CODES, "http_404"),
    Row("MK413", Read.REJECT, httpx.Response(413), CODES, "marketo_413"),
    Row("MK503", Read.CONFIG, httpx.Response(503), CODES, "http_503"),
    Row(
        "MK429",
        Read.THROTTLE,
        httpx.Response(429, headers={"Retry-After": "5"}),
        "Adobe's edge",
        "throttled",
        hold=5,
    ),
    Row(
        "MKnull",
        Read.CONFIG,
        httpx.Response(200, json={"requestId": "1", "success": True, "result": None}),
        CODES,
        "unreadable_answer",
    ),
    Row(
        "MKwarn",
        Read.CONFIG,
        done([], warnings=[{"code": 1, "message": "Some rows are missing"}]),
        CODES,
        "unreadable_answer",
    ),
    call("1006", "Field 'x' not found", Read.CONFIG, "field_missing"),
    call("1003", "The data of the call is wrong", Read.CONFIG),
    Row(
        "MKP1",
        Read.ACCEPT,
        done([{"seq": 0, "leadId": 1001, **skipped("1037", "In that status")}]),
        MEMBERS,
        to="program",
        settings=PROGRAM,
    ),
    Row(
        "MKP2",
        Read.CONFIG,
        refusal("1025", "Program status not found"),
        MEMBERS,
        "marketo_1025",
        to="program",
        settings=PROGRAM,
    ),
    Row(
        "MKP3",
        Read.CONFIG,
        refusal("1013", "List not found"),
        LISTS,
        "marketo_1013",
        to="list",
        settings=LIST,
    ),
    Row(
        "MKP4",
        Read.CONFIG,
        refusal("1019", "Import in progress"),
        LISTS,
        "marketo_1019",
        to="list",
        settings=LIST,
    ),
    Row(
        "MKP5",
        Read.RETRY,
        done([{"id": 1001, **skipped("1004", "Lead not found")}]),
        LISTS,
        "marketo_1004",
        to="list",
        settings=LIST,
    ),
    Row(
        "MK-search",
        Read.CONFIG,
        refusal("1011", "Field 'leadshareId' not supported"),
        "as MK1006, of the look-up",
        "field_missing",
        to="search",
        known="tried",
    ),
    Row(
        "MK-named",
        Read.WITHOUT,
        done([skipped("1003", "Value for field 'phone' is invalid")]),
        "as MK1003, with the field in the text",
    ),
    Row(
        "MK-hidden",
        Read.THROTTLE,
        done([skipped("1003", "Too many concurrent requests")]),
        "as MK615, behind another code",
        "throttled",
    ),
    Row(
        "MK-sign-in",
        Read.THROTTLE,
        httpx.Response(400, json={"error": "invalid_grant", "error_description": "rate limit"}),
        "as MK606, of the sign-in",
        "throttled",
        to="token",
    ),
]
