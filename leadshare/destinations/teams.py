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

from leadshare.core.delivery import Accepted, Deferred, Delivery, Reply
from leadshare.core.lane import Rate
from leadshare.destinations.answers import error_code, every, refusal
from leadshare.destinations.notice import Notice, NoticeSettings, facts, headline, unclear
from leadshare.destinations.settings import Secret

LARGEST: Final = 28 * 1024
"""Bytes of a message (connectors/teams, known limitations); what `facts` gives always fits."""

HOSTS: Final = (".environment.api.powerplatform.com", ".logic.azure.com")
"""Where workflows listen: since 2025, and before."""

LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}

UNCLEAR: Final = {502, 504}
"""A gateway got no answer: the workflow may have run. A 500 or 503 says that it has not."""

RUN: Final = "x-ms-workflow-run-id"
_RUN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class TeamsSettings(NoticeSettings):
    """A workflow that starts when a Teams webhook request is received."""

    type: Literal["teams"]
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
            return unclear(deliveries, response.status_code)
        return refusal(response, deliveries, now) or self.read(response, deliveries)

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
        status = response.status_code
        page = response.headers.get("content-type", "").startswith("text/html")
        if status == httpx.codes.ACCEPTED or (status == httpx.codes.OK and not page):
            run = response.headers.get(RUN, "")
            return every(
                deliveries, Accepted(run if _RUN.fullmatch(run) else "posted"), status=status
            )
        reason = "unreadable_answer" if response.is_success else _reason(response)
        return every(deliveries, Deferred(reason), status=status, failing=True)


def _reason(response: httpx.Response) -> str:
    code = error_code(response)
    return f"workflow_{code}" if code else f"http_{response.status_code}"


def message(delivery: Delivery, shows: Sequence[str]) -> dict[str, Any]:
    """Return the card for *delivery* in the envelope that workflows take."""
    lines = [_line(_run(headline(delivery), size="Large", weight="Bolder"))]
    for label, value in facts(shows, delivery.record):
        lines.append(_line(_run(f"{label}: ", weight="Bolder"), _run(value)))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": lines,
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [content]}


def _line(*inlines: dict[str, str]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(inlines)}


def _run(text: str, **looks: str) -> dict[str, str]:
    """Return a TextRun, which knows no Markdown: a customer's text makes neither link nor list.

    adaptive-cards/schema-explorer/text-run; a TextBlock or Fact would have to be escaped.
    """
    return {"type": "TextRun", "text": text, **looks}
