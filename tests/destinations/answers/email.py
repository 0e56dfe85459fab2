"""Answers of Azure Communication Services.

Its specification is Azure/azure-rest-api-specs, communication/data-plane/Email; pages are those
under learn.microsoft.com.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import httpx

from tests.destinations.answers.harness import Read, Row
from tests.destinations.simulators.email import refusal

KIND: Final = "email"

PLACES: Final[Mapping[str, Callable[[httpx.Request], bool]]] = {
    "write": lambda request: request.url.path == "/emails:send",
    "operation": lambda request: request.url.path.startswith("/emails/operations/"),
}

SPECIFICATION: Final = "2023-03-31, Email_Send"
ERRORS: Final = "azure/communication-services/resources/troubleshooting/email/email-error-codes"


def operation(status: str, code: str = "") -> httpx.Response:
    """What became of the message (specification, EmailSendResult)."""
    error = {"error": {"code": code, "message": "Dropped"}} if code else {}
    return httpx.Response(202, json={"id": "1", "status": status, **error})


ROWS: Final = [
    Row("A1", Read.ACCEPT, operation("Running"), SPECIFICATION),
    Row(
        "A2",
        Read.CONFIG,
        refusal(400, "EmailDroppedAllRecipientsSuppressed"),
        ERRORS,
        "acs_EmailDroppedAllRecipientsSuppressed",
    ),
    Row("A3", Read.CONFIG, refusal(404, "DomainNotLinked"), ERRORS, "acs_DomainNotLinked"),
    Row("A4", Read.AUTH, refusal(401, "Denied"), SPECIFICATION, "unauthorised"),
    Row("A5", Read.AUTH, refusal(403, "Forbidden"), SPECIFICATION, "forbidden"),
    Row(
        "A6",
        Read.THROTTLE,
        httpx.Response(
            429,
            json={"error": {"code": "TooManyRequests", "message": "Requests are limited"}},
            headers={"Retry-After": "36"},
        ),
        "azure/communication-services/concepts/service-limits",
        "throttled",
        hold=36,
    ),
    Row(
        "A7",
        Read.CONFIG,
        refusal(400, "InvalidSenderUserName"),
        ERRORS,
        "acs_InvalidSenderUserName",
    ),
    Row("A8", Read.RETRY, refusal(409, "Conflict"), SPECIFICATION, "in_progress"),
    Row("A9", Read.CONFIG, refusal(500, "InternalServerError"), SPECIFICATION, "http_500"),
    Row(
        "A10",
        Read.REJECT,
        operation("Failed", "EmailDropped"),
        SPECIFICATION,
        "acs_EmailDropped",
    ),
    Row(
        "A10o",
        Read.REJECT,
        operation("Failed", "EmailDropped"),
        "as A10, when it is asked for",
        "acs_EmailDropped",
        to="operation",
        known="tried",
    ),
    Row("A11", Read.CONFIG, httpx.Response(202), SPECIFICATION, "unreadable_answer"),
    Row("A12", Read.CONFIG, refusal(413, "RequestTooLarge"), SPECIFICATION, "acs_RequestTooLarge"),
    Row(
        "A-hidden",
        Read.QUOTA,
        httpx.Response(
            400, json={"error": {"code": "X", "message": "The daily quota is exceeded"}}
        ),
        "as A6, behind another status",
        "quota_exhausted",
        hold=3600,
    ),
]
