"""What Microsoft publishes of the shape of answers to notices.

Teams: the trigger of a workflow answers as Logic Apps does (azure/logic-apps). E-mail:
Azure/azure-rest-api-specs, communication/data-plane/Email/stable/2023-03-31.
"""

from __future__ import annotations

from typing import Final

from tests.destinations.schemas import ANY, FAILED, OK, Kind

_ERROR: Final = {"error": {"code": str, "message": str, "*": ANY}}

TEAMS: Final = (Kind("POST", r"/triggers/manual/paths/invoke$", FAILED, _ERROR),)
"""What is taken has no body."""

_OPERATION: Final = {
    "id": str,
    "status": {"NotStarted", "Running", "Succeeded", "Failed", "Canceled"},
    "error?": {"code?": str, "message?": str, "*": ANY},
}

EMAIL: Final = (
    Kind("POST", r"^/emails:send$", frozenset({202}), _OPERATION),
    Kind("GET", r"^/emails/operations/[0-9a-f-]{36}$", OK, _OPERATION),
    Kind(".*", r"^/emails", FAILED, _ERROR),
)
