"""Answers of the workflows that post to Teams.

Pages are those under learn.microsoft.com.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import httpx

from tests.destinations.answers.harness import Read, Row
from tests.destinations.simulators.teams import refusal

KIND: Final = "teams"

PLACES: Final[Mapping[str, Callable[[httpx.Request], bool]]] = {
    "write": lambda request: request.method == "POST",
}

TRIGGER: Final = "azure/logic-apps/logic-apps-http-endpoint"
ERRORS: Final = "azure/logic-apps/logic-apps-workflow-definition-error-codes"

ROWS: Final = [
    Row("T1", Read.ACCEPT, httpx.Response(202), TRIGGER),
    Row("T2", Read.ACCEPT, httpx.Response(200, json={"ok": True}), TRIGGER),
    Row(
        "T3",
        Read.CONFIG,
        refusal(400, "WorkflowTriggerIsNotEnabled"),
        ERRORS,
        "workflow_WorkflowTriggerIsNotEnabled",
    ),
    Row(
        "T4",
        Read.AUTH,
        refusal(401, "DirectApiAuthorizationRequired"),
        "glpi-webhook#51",
        "unauthorised",
    ),
    Row(
        "T5",
        Read.CONFIG,
        refusal(400, "TriggerInputSchemaMismatch"),
        ERRORS,
        "workflow_TriggerInputSchemaMismatch",
    ),
    Row("T6", Read.CONFIG, refusal(404, "WorkflowNotFound"), ERRORS, "workflow_WorkflowNotFound"),
    Row(
        "T7",
        Read.THROTTLE,
        httpx.Response(429, headers={"Retry-After": "7"}),
        TRIGGER,
        "throttled",
        hold=7,
    ),
    Row("T8", Read.PARK, refusal(502, "NoResponse"), ERRORS, "unclear"),
    Row("T9", Read.PARK, httpx.Response(504), TRIGGER, "unclear"),
    Row("T10", Read.CONFIG, httpx.Response(503), TRIGGER, "http_503"),
    Row("T11", Read.CONFIG, httpx.Response(500), TRIGGER, "http_500"),
    Row("T12", Read.AUTH, refusal(403, "IpAddressRestricted"), TRIGGER, "forbidden"),
    Row("T13", Read.GONE, httpx.Response(410), TRIGGER, "gone"),
    Row(
        "T14",
        Read.CONFIG,
        httpx.Response(
            200,
            text="Webhook message delivery failed with error: "
            "Microsoft Teams endpoint returned HTTP error 413",
        ),
        "microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using",
        "unreadable_answer",
    ),
    Row(
        "T14t",
        Read.THROTTLE,
        httpx.Response(200, text="Microsoft Teams endpoint returned HTTP error 429"),
        "as T14",
        "throttled",
        hold=30,
    ),
    Row(
        "T15",
        Read.CONFIG,
        httpx.Response(301, headers={"Location": "https://login.example"}),
        TRIGGER,
        "redirected",
    ),
    Row("T16", Read.AUTH, refusal(401, "GeneralInvalid"), TRIGGER, "unauthorised"),
    Row(
        "T-hidden",
        Read.THROTTLE,
        httpx.Response(400, json={"error": {"code": "X", "message": "Rate limit is exceeded."}}),
        "as T7, behind another status",
        "throttled",
    ),
]
