"""Destinations: a channel or chat of Microsoft Teams, through the URL of a workflow.

Vendor pages are cited by their paths under learn.microsoft.com.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, Literal

import httpx
from pydantic import SecretStr, field_validator

from leadshare.client.answers.response import error_code, object_in
from leadshare.client.answers.sentences import said
from leadshare.client.answers.signs import Sign, sign_of
from leadshare.client.answers.waits import wait_in
from leadshare.deliveries.delivery import Accepted, Deferred, Delivery, Reply
from leadshare.deliveries.lanes.rate import Rate
from leadshare.destinations.notices.notice import Notice, NoticeSettings, headline, lines, unclear
from leadshare.destinations.replies import DEFAULT_HOLD, Verdict, ended, every, refusal
from leadshare.model import Secret
from leadshare.reason import Reason, Vendor

LARGEST: Final = 28 * 1024
"""Bytes of a message (connectors/teams, known limitations); what `lines` gives always fits."""

POWER_AUTOMATE: Final = (
    ".environment.api.powerplatform.com",
    ".environment.api.gov.powerplatform.microsoft.us",  # GCC
    ".environment.api.high.powerplatform.microsoft.us",  # GCC High
    ".environment.api.appsplatform.us",  # DoD
    ".environment.api.powerplatform.partner.microsoftonline.cn",  # operated by 21Vianet
)
LOGIC_APPS: Final = (".logic.azure.com", ".logic.azure.us", ".logic.azure.cn")
HOSTS: Final = POWER_AUTOMATE + LOGIC_APPS
"""Where workflows listen, cloud by cloud: those of Teams, and those of Azure Logic Apps."""

LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}

UNCLEAR: Final = {502, 504}
"""A gateway got no answer: the workflow may have run. A 500 or 503 says that it has not."""

_NOT_POSTED: Final = re.compile(r"delivery failed|returned HTTP error", re.IGNORECASE)
_TOO_MANY: Final = re.compile(r"HTTP error 429", re.IGNORECASE)
"""In the text of a 200 by which a webhook of Teams hands on what Teams itself answered."""

RUN: Final = "x-ms-workflow-run-id"
_RUN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class TeamsSettings(NoticeSettings):
    """A workflow that starts when a Teams webhook request is received."""

    type: Literal["teams"]
    """A notice in Microsoft Teams."""
    url: Secret
    """The workflow's URL. Its signature lets anybody post who knows it, so it is a secret."""

    @field_validator("url")
    @classmethod
    def _workflow(cls, url: SecretStr) -> SecretStr:
        try:
            parts = httpx.URL(url.get_secret_value())
        except httpx.InvalidURL:
            raise ValueError("the url must be a workflow's") from None  # the cause quotes it
        ours = parts.scheme == "https" and parts.host.endswith(HOSTS) and parts.port is None
        local = parts.scheme == "http" and parts.host in LOOPBACK
        if not (ours or local) or parts.userinfo or parts.fragment:
            expected = " or ".join(f"https://*{host}" for host in HOSTS)
            raise ValueError(f"the url must be a workflow's, {expected} (http for loopback)")
        return url


class Teams(Notice[TeamsSettings]):
    """One workflow, which posts what it gets."""

    # "More than four requests in a second" are throttled (microsoftteams/platform,
    # webhooks-and-connectors/how-to/add-incoming-webhook).
    RATE: ClassVar[Rate | None] = Rate(calls=4, seconds=1)

    async def ring(self, deliveries: Sequence[Delivery], now: datetime) -> Reply:
        """Post the card; see `UNCLEAR`."""
        response = await self.send(deliveries, now)
        if response.status_code in UNCLEAR:
            return every(deliveries, unclear(response.status_code, said(response)))
        if refused := ended(response) or refusal(response, now, deliveries):
            return every(deliveries, refused)
        return self.read(response, deliveries)

    async def send(
        self,
        deliveries: Sequence[Delivery],
        now: datetime,  # noqa: ARG002 - a card says nothing of when it was sent
    ) -> httpx.Response:
        """POST the card in its envelope."""
        (delivery,) = deliveries
        body = message(delivery, self.settings.shows)
        return await self.client.post(
            self.settings.url.get_secret_value(),
            content=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
            headers={"content-type": "application/json"},
        )

    def read(self, response: httpx.Response, deliveries: Sequence[Delivery]) -> Reply:
        """Take 202, or 200 from a workflow that answers itself, as posted.

        Whatever is refused is refused for the settings' sake, not the lead's: the workflow is
        off or gone, or the signature is not its own.
        """
        status, words = response.status_code, said(response)
        page = response.headers.get("content-type", "").startswith("text/html")
        failed = page or _NOT_POSTED.search(response.text) or "error" in object_in(response)
        if status == httpx.codes.ACCEPTED or (status == httpx.codes.OK and not failed):
            run = response.headers.get(RUN, "")
            accepted = Accepted(run if _RUN.fullmatch(run) else "posted")
            return every(deliveries, Verdict(accepted, status))
        if response.is_success and (_TOO_MANY.search(words) or sign_of(words) is Sign.THROTTLED):
            rests = Deferred(Reason.THROTTLED, counts=False, said=words)
            return every(deliveries, Verdict(rests, status, wait_in(words) or DEFAULT_HOLD))
        reason = Reason.UNREADABLE_ANSWER if response.is_success else _reason(response)
        outcome = Deferred(reason, said=words)
        return every(deliveries, Verdict(outcome, status, failing=True))


def _reason(response: httpx.Response) -> str:
    code = error_code(response)
    return Vendor.WORKFLOW.reason(code) if code else Vendor.HTTP.reason(response.status_code)


def message(delivery: Delivery, shows: Sequence[str]) -> dict[str, Any]:
    """Return the card for *delivery* in the envelope that workflows take."""
    told = [_line(_run(headline(delivery), size="Large", weight="Bolder"))]
    for label, value in lines(delivery, shows):
        told.append(_line(_run(f"{label}: ", weight="Bolder"), _run(value)))
    opens = [
        {"type": "Action.OpenUrl", "title": f"Open in {name}", "url": link}
        for name, link in delivery.links.items()
    ]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": told,
    }
    card |= {"actions": opens} if opens else {}
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [content]}


def _line(*inlines: dict[str, str]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(inlines)}


def _run(text: str, **looks: str) -> dict[str, str]:
    """Return a TextRun, which knows no Markdown: a customer's text makes neither link nor list.

    adaptive-cards/schema-explorer/text-run; a TextBlock or Fact would have to be escaped.
    """
    return {"type": "TextRun", "text": text, **looks}
