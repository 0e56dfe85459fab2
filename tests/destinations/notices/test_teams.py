"""The teams destination: the card, the workflow's URL and answers."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from leadshare.deliveries.delivery import Accepted, Deferred, Rejected, Reply
from leadshare.deliveries.lanes.rate import Rate
from leadshare.destinations.build import build_destinations
from leadshare.destinations.notices.notice import SHOWABLE
from leadshare.destinations.notices.teams import LARGEST, Teams, TeamsSettings, message
from leadshare.errors import ConfigurationError
from tests.builders import LEAD, NOW, delivery, minutes, record
from tests.destinations.simulators.teams import SIGNATURE, URL, Account, refusal

NOT_POSTED = "Webhook message delivery failed with error: endpoint returned HTTP error"
OLD_URL = f"https://prod-01.westeurope.logic.azure.com/workflows/0f/invoke?sig={SIGNATURE}"


def settings(url: str = URL, **changes: Any) -> TeamsSettings:
    """Settings of a workflow, read as from the configuration file."""
    told = {"name": "team", "type": "teams", "url": "TEAMS_URL", **changes}
    return TeamsSettings.model_validate(told, context={"TEAMS_URL": url})


async def reply_to(answer: httpx.Response | Exception) -> Reply:
    """What the destination makes of *answer*."""

    def handle(request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        return await Teams(settings(), client).deliver([delivery()], NOW)


class TestCard:
    async def test_request(self):
        """The card is POSTed to the URL as it is, signature and escapes included."""
        account = Account()

        await account.destination().deliver([delivery()], NOW)

        [request] = account.requests
        assert URL.replace(":443", "") == str(request.url)
        assert "application/json" == request.headers["content-type"]

    def test_links(self):
        """Where the lead's record is known, the card has a button that opens it."""
        told = message(delivery(links={"our-crm": "https://crm.example/r1"}), ("score",))
        [attached] = told["attachments"]

        opens = {
            "type": "Action.OpenUrl",
            "title": "Open in our-crm",
            "url": "https://crm.example/r1",
        }
        assert [opens] == attached["content"]["actions"]
        [plain] = message(delivery(), ("score",))["attachments"]
        assert "actions" not in plain["content"]

    async def test_default(self):
        """By default the card tells nothing of the person."""
        account = Account()
        there = account.destination(shows=TeamsSettings.model_fields["shows"].default)

        await there.deliver([delivery()], NOW)

        [shown] = account.posts
        assert "New lead\nListing title: Contoso Invoice Robot\nStorefront: appsource\n" in shown
        for personal in ("Sample", "Buyer", "fabrikam", "+4930", "Head of IT", "DE\n"):
            assert personal not in shown
        assert LEAD in shown

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("[Log in](https://evil.example)", id="link"),
            pytest.param("**bold** _it_ `code` \\[x\\]", id="marks"),
            pytest.param("- one", id="list"),
            pytest.param("{{DATE(2017-02-14T06:00:00Z, SHORT)}}", id="function"),
            pytest.param("<at>everyone</at><b>&amp;</b>", id="markup"),
        ],
    )
    def test_markdown(self, text):
        """A customer's text is shown as typed, in an element that knows no Markdown."""
        envelope = message(delivery(record=record(notes=text)), ("notes",))

        [_, line] = envelope["attachments"][0]["content"]["body"]
        assert "RichTextBlock" == line["type"]
        assert {"type": "TextRun", "text": text} == line["inlines"][1]

    @pytest.mark.parametrize("letter", ["字", "🚀", '"', "\t"])
    def test_size(self, letter):
        """Whatever is shown of whatever length, the message is within the limit."""
        long: Any = {name: letter * 3000 for name in SHOWABLE if name != "reasons"}
        texts = {**record(), **long, "reasons": [letter * 3000]}

        envelope = message(delivery(record=texts), SHOWABLE)

        assert LARGEST > len(json.dumps(envelope, ensure_ascii=False).encode())

    def test_rate(self):
        """The preset budget is four calls a second."""
        assert Rate(calls=4, seconds=1) == Teams.RATE


class TestNotify:
    async def test_quiet(self):
        """A change that is not asked for is accepted without a call, its record id kept."""
        account = Account()
        there = account.destination(notify="created")

        reply = await there.deliver([delivery(version=2, sent=1, record_id="run-1")], NOW)

        assert (Accepted("run-1"),) == reply.outcomes
        assert [] == account.requests


class TestAnswers:
    @pytest.mark.parametrize(
        ("answer", "record_id"),
        [
            (httpx.Response(202, headers={"x-ms-workflow-run-id": "0858-1CU12"}), "0858-1CU12"),
            (httpx.Response(202), "posted"),
            (httpx.Response(202, headers={"x-ms-workflow-run-id": "a b"}), "posted"),
            (httpx.Response(200, json={"ok": True}), "posted"),
        ],
    )
    async def test_accepted(self, answer, record_id):
        """202, and 200 of a workflow that answers itself, is posted; the record id is the run."""
        assert Reply((Accepted(record_id),), answer.status_code) == await reply_to(answer)

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (refusal(400, "WorkflowTriggerIsNotEnabled"), "workflow_WorkflowTriggerIsNotEnabled"),
            (refusal(400, "sample.buyer@fabrikam.example"), "http_400"),
            (httpx.Response(400, text="no"), "http_400"),
            (refusal(404, "WorkflowNotFound"), "workflow_WorkflowNotFound"),
            (httpx.Response(404, json={"error": "gone"}), "http_404"),
            (refusal(413, "RequestEntityTooLarge"), "workflow_RequestEntityTooLarge"),
            (refusal(401, "DirectApiAuthorizationRequired"), "unauthorised"),
            (refusal(403, "Forbidden"), "forbidden"),
            (httpx.Response(302, headers={"location": "https://x.example"}), "redirected"),
            (httpx.Response(500), "http_500"),
            (httpx.Response(503), "http_503"),
            (httpx.Response(204), "unreadable_answer"),
            (httpx.Response(200, html="<p>Sign in</p>"), "unreadable_answer"),
            (httpx.Response(200, text=f"{NOT_POSTED} 413"), "unreadable_answer"),
            (httpx.Response(200, json={"error": {"code": "x"}}), "unreadable_answer"),
        ],
    )
    async def test_failing(self, answer, reason):
        """Whatever else is answered is the workflow's fault, and the lead waits for its mending."""
        expected = Reply((Deferred(reason),), answer.status_code, failing=True)

        assert expected == await reply_to(answer)

    async def test_gone(self):
        """410 disables the lane."""
        assert (await reply_to(httpx.Response(410))).gone

    @pytest.mark.parametrize("status", [502, 504])
    async def test_gateway(self, status):
        """A gateway that got no answer leaves it unclear: only a person posts again."""
        expected = Reply((Rejected("unclear"),), status, failing=True)

        assert expected == await reply_to(httpx.Response(status))

    @pytest.mark.parametrize(
        "error",
        [
            *(httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError),
            *(httpx.RemoteProtocolError, httpx.CloseError),
        ],
    )
    async def test_unclear(self, error):
        """Where the card may have left, only a person posts again."""
        assert Reply((Rejected("unclear"),), failing=True) == await reply_to(error(SIGNATURE))

    @pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
    async def test_nothing_left(self, error):
        """Without a connection nothing left, so it is tried again."""
        expected = Reply((Deferred("unreachable", counts=False),), failing=True)

        assert expected == await reply_to(error(SIGNATURE))


class TestSettings:
    @pytest.mark.parametrize("url", [URL, OLD_URL, "http://127.0.0.1:7080/x", "http://[::1]/x"])
    def test_url(self, url):
        """Workflows' hosts are taken, and loopback for a simulator."""
        assert url == settings(url).url.get_secret_value()

    @pytest.mark.parametrize(
        "host",
        [
            "0.1.environment.api.gov.powerplatform.microsoft.us",
            "0.1.environment.api.high.powerplatform.microsoft.us",
            "0.1.environment.api.appsplatform.us",
            "0.1.environment.api.powerplatform.partner.microsoftonline.cn",
            "prod-01.usgovtexas.logic.azure.us",
            "prod-01.chinaeast2.logic.azure.cn",
        ],
    )
    def test_cloud(self, host):
        """Workflows of the other clouds are taken, with the port that Power Automate shows."""
        url = f"https://{host}:443/workflows/0f?sig={SIGNATURE}"

        assert url == settings(url).url.get_secret_value()

    @pytest.mark.parametrize(
        "url",
        [
            "https://contoso.webhook.office.com/canary",
            "https://logic.azure.com/canary",
            "https://evil-logic.azure.com/canary",
            "https://x.logic.azure.com.evil.example/canary",
            "https://evil.example/.logic.azure.com?canary",
            "https://evil.example?x=.logic.azure.com#canary",
            "https://x.logic.azure.com@evil.example/canary",
            "https://canary@x.logic.azure.com/",
            "https://x.logic.azure.com/#canary",
            "https://x.logic.azure.com:8443/canary",
            "https://x.logic.azure.com:canary/",
            "http://x.logic.azure.com/canary",
            "http://10.0.0.1/canary",
            "https://127.0.0.1/canary",
            "canary",
        ],
    )
    def test_other_url(self, url):
        """No other address is taken, and none is shown in the error."""
        with pytest.raises(ValidationError, match="the url must be a workflow's") as caught:
            settings(url)

        assert "canary" not in str(caught.value)

    def test_hidden(self):
        """The URL, which is a secret, does not show."""
        shown = f"{settings()!r} {settings()}"

        assert SIGNATURE not in shown
        assert "powerplatform" not in shown

    def test_loopback_deployed(self):
        """Plain http is for local use: a deployed app does not start with it."""
        with pytest.raises(ConfigurationError, match="http is for local use"):
            build_destinations(
                [settings("http://127.0.0.1:7080/x")], {}, local=False, lease=minutes(1)
            )
