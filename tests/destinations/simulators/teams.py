"""Simulators: a Teams workflow, "Post to a channel when a webhook request is received".

Behaviour by learn.microsoft.com: microsoftteams/platform/webhooks-and-connectors/how-to/
connectors-using (envelope), connectors/teams (28 KB), adaptive-cards/schema-explorer (elements);
answers of the trigger as Logic Apps gives them (azure/logic-apps/logic-apps-http-endpoint).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import httpx

from leadshare.deliveries.delivery import Delivery
from leadshare.destinations.notices.notice import SHOWABLE
from tests.destinations.simulators.base import Simulator

SIGNATURE = "teams-signature-canary"
PATH = "/powerautomate/automations/direct/workflows/0f/triggers/manual/paths/invoke"
URL = (
    f"https://default0123.d7.environment.api.powerplatform.com:443{PATH}"
    f"?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={SIGNATURE}"
)


class Account(Simulator):
    """One workflow, and the channel that it posts to; the notice shows all that one can."""

    SETTINGS: ClassVar[Mapping[str, Any]] = {
        "type": "teams",
        "name": "crm",
        "url": "TEAMS_URL",
        "shows": SHOWABLE,
        "notify": "all",
    }
    ENVIRONMENT: ClassVar[Mapping[str, str]] = {"TEAMS_URL": URL}

    def __init__(self) -> None:
        super().__init__()
        self.posts: list[str] = []
        """What the channel shows of each card."""

    def is_write(self, request: httpx.Request) -> bool:
        """Every request is one."""
        return request.method == "POST"

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """Check the signature, then the body, and start a run."""
        if self.signed_out or request.url.params.get("sig") != SIGNATURE:
            return refusal(401, "DirectApiAuthorizationRequired")
        if request.url.path != PATH:
            return refusal(404, "WorkflowNotFound")
        if len(request.content) > 28 * 1024:
            return refusal(413, "RequestEntityTooLarge")
        if request.headers["content-type"] != "application/json":
            return refusal(400, "InvalidContentType")
        shown = card(json.loads(request.content))
        if any(address in shown for address in self.refused):
            return refusal(400, "TriggerInputSchemaMismatch")
        if store:
            self.posts.append(shown)
        return httpx.Response(202, headers={"x-ms-workflow-run-id": f"0858{len(self.posts)}CU12"})

    def found(self, delivery: Delivery) -> Sequence[Mapping[str, Any]]:
        """The cards that show the lead."""
        return [{"card": shown} for shown in self.posts if delivery.lead in shown]


def refusal(status: int, code: str) -> httpx.Response:
    """An error, whose message quotes what it likes."""
    error = {"code": code, "message": "The request of sample.buyer@fabrikam.example is refused."}
    return httpx.Response(status, json={"error": error})


def card(envelope: Any) -> str:
    """The text of the card in *envelope*; whatever a card 1.4 must not have is an error here."""
    assert {"type", "attachments"} == set(envelope)
    assert "message" == envelope["type"]
    [attachment] = envelope["attachments"]
    assert "application/vnd.microsoft.card.adaptive" == attachment["contentType"]
    content = attachment["content"]
    assert ("AdaptiveCard", "1.4") == (content["type"], content["version"])
    return "\n".join(_line(block) for block in content["body"])


def _line(block: Any) -> str:
    """The text of a block of runs: of all elements with text, these alone know no Markdown."""
    assert {"type", "inlines"} == set(block)
    assert "RichTextBlock" == block["type"]
    for run in block["inlines"]:
        assert {"type", "text"} <= set(run) <= {"type", "text", "size", "weight"}
        assert "TextRun" == run["type"]
        assert run["text"]
    return "".join(run["text"] for run in block["inlines"])
