"""What Partner Center answers to a referral."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import httpx

from tests.destinations.answers.harness import Answer, Read, Row
from tests.destinations.simulators.partner_center import HOST

KIND: Final = "partner_center_referral"
PLACES: Final = {
    "write": lambda request: request.url.host == HOST and request.method == "POST",
    "list": lambda request: request.url.host == HOST and request.method == "GET",
    "token": lambda request: request.url.path.endswith("/token"),
}

CODES: Final = "error-codes.md"


def error(
    status: int, code: str, message: str = "No", headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """An error as error-codes.md has it."""
    told = {"error": {"code": code, "message": message, "target": "x"}}
    return httpx.Response(status, json=told, headers=dict(headers or {}))


def token(status: int, code: str, words: str = "", **headers: str) -> httpx.Response:
    """A sign-in that Microsoft Entra refuses."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    body = {"error": code, "error_description": words}
    return httpx.Response(status, json=body, headers=named)


def rows(read: Read, *several: tuple[str, str, Answer]) -> Sequence[Row]:
    """Rows that are read alike: id, reason, answer."""
    return [Row(name, read, answer, CODES, reason) for name, reason, answer in several]


def signs(read: Read, reason: str, *several: tuple[str, Answer]) -> Sequence[Row]:
    """Sign-ins that are read alike: id, answer."""
    return [Row(name, read, answer, "Entra", reason, to="token") for name, answer in several]


ROWS: Final = (
    *rows(
        Read.REJECT,
        ("P1", "partner_center_invalidRequest", error(400, "invalidRequest")),
        ("P12", "partner_center_invalidRequest", error(422, "invalidRequest")),
    ),
    Row(
        "P-F14.6",
        Read.WITHOUT,
        error(400, "invalidRequest", "customerProfile.address.country is not valid"),
        CODES,
    ),
    *rows(
        Read.AUTH,
        ("P2", "unauthorised", error(401, "unauthenticated")),
        ("P3", "forbidden", error(403, "accessDenied")),
        ("P4", "unauthorised", error(400, "unAuthorized")),
        ("P23", "forbidden", error(403, "insufficient_claims")),
    ),
    *rows(
        Read.THROTTLE,
        ("P5", "throttled", error(429, "x", headers={"Retry-After": "13"})),
        ("P6", "throttled", error(509, "bandwidthLimitExceeded")),
        ("P-F14.2", "throttled", error(400, "invalidRequest", "Too many requests, slow down")),
    ),
    *rows(
        Read.RETRY,
        ("P7", "changed_meanwhile", error(409, "resourceModified")),
        ("P8", "changed_meanwhile", error(412, "preconditionFailed")),
        ("P9", "http_500", error(500, "generalException")),
        ("P13", "unreadable_answer", httpx.Response(200, html="<p>")),
        ("P14", "unreadable_answer", httpx.Response(201, json={"name": "x"})),
        ("P22", "http_507", error(507, "insufficientStorage")),
        (
            "P-F14.2-moment",
            "partner_center_invalidRequest",
            error(400, "invalidRequest", "try again later"),
        ),
        ("P-F14.5", "partner_center_aCodeOfNextYear", error(400, "aCodeOfNextYear")),
    ),
    Row(
        "P10",
        Read.RETRY,
        error(503, "serviceNotAvailable", headers={"Retry-After": "60"}),
        CODES,
        "http_503",
        hold=60,
    ),
    *rows(
        Read.CONFIG,
        ("P11", "http_404", error(404, "itemNotFound")),
        ("P21", "http_410", error(410, "gone")),
        ("P-F14.3", "reference_gone", error(400, "invalidRequest", "No such solution: SOL-1")),
    ),
    Row("P15", Read.AUTH, error(403, "accessDenied"), CODES, "forbidden", to="list"),
    *signs(
        Read.AUTH,
        "sign_in_failed",
        ("P16", token(400, "invalid_grant", "AADSTS700082: The refresh token has expired.")),
        ("P17", token(400, "interaction_required", "AADSTS50076: MFA is required.")),
        ("P18", token(401, "invalid_client", "AADSTS7000222: The secret has expired.")),
    ),
    *signs(
        Read.THROTTLE,
        "throttled",
        ("P19", token(429, "invalid_request", "AADSTS90055", Retry_After="20")),
        ("P20", token(400, "temporarily_unavailable", "The server is overloaded.")),
        ("P-F14.9", token(400, "invalid_grant", "AADSTS50196: a client request loop")),
    ),
    *signs(
        Read.RETRY,
        "sign_in_unreachable",
        ("P-F14.9-moment", token(400, "invalid_grant", "AADSTS90033: A transient error.")),
    ),
)
