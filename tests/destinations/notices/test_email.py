"""The email destination: messages through Azure Communication Services."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from leadshare.client.errors import SignInFailed
from leadshare.client.tokens.entra import managed_identity
from leadshare.deliveries.delivery import Accepted, Deferred, Rejected, Reply
from leadshare.destinations.notices.email import Email
from leadshare.destinations.notices.email_settings import EmailSettings
from tests.builders import LEAD, NOW, delivery, record
from tests.destinations.notices.builders import settings
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.email import HOST, Account, refusal


class Scripted(Account):
    """A resource that answers as it is told."""

    def __init__(self, *answers: httpx.Response) -> None:
        super().__init__()
        self.answers = list(answers)

    def answer(self, request: httpx.Request, *, store: bool) -> httpx.Response:
        """Give the next answer."""
        assert request.url.host == HOST
        assert store
        return self.answers.pop(0)


async def reply_to(*answers: httpx.Response, attempts: int = 0) -> Reply:
    """What the destination makes of *answers*."""
    return await Scripted(*answers).destination().deliver([delivery(attempts=attempts)], NOW)


def result(status: str = "Running", **more: Any) -> dict[str, Any]:
    """An operation's status."""
    return {"id": "0f", "status": status, **more}


class TestRequest:
    async def test_request(self):
        """The message is queued under an id made from the lead and its version."""
        account = Account()

        [outcome] = (await account.destination().deliver([delivery()], NOW)).outcomes

        [request] = account.requests
        assert f"https://{HOST}/emails:send?api-version=2023-03-31" == str(request.url)
        assert "Bearer token-1" == request.headers["authorization"]
        assert "application/json" == request.headers["content-type"]
        assert Accepted(request.headers["operation-id"]) == outcome

    async def test_default(self):
        """By default nothing of the person leaves; recipients are the settings' own."""
        account = Account()
        there = account.destination(shows=EmailSettings.model_fields["shows"].default)

        await there.deliver([delivery()], NOW)

        [request] = account.requests
        body = json.loads(request.content)
        for personal in ("Sample", "Buyer", "fabrikam", "+4930", "Head of IT"):
            assert personal not in request.content.decode()
        assert "New lead: Contoso Invoice Robot" == body["content"]["subject"]
        assert LEAD in body["content"]["plainText"]
        assert [
            {"address": "sales@contoso.example"},
            {"address": "desk@contoso.example"},
        ] == body["recipients"]["to"]

    async def test_nothing_to_show(self):
        """A message without a line still has a body, which the resource insists on."""
        account = Account()

        reply = await account.destination(shows=["phone"]).deliver(
            [delivery(record=record(phone=""))], NOW
        )

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]

    async def test_quiet(self):
        """A change that is not asked for is accepted without a call, its record id kept."""
        account = Account()

        reply = await account.destination(notify="created").deliver(
            [delivery(version=2, sent=1, record_id="op-1")], NOW
        )

        assert (Accepted("op-1"),) == reply.outcomes
        assert [] == account.requests


class TestRepeat:
    async def test_arrived(self):
        """A message whose answer was lost is found by its id, and not sent again."""
        account = Account()
        account.faults = [Fault.LOST_AFTER]
        there = account.destination()
        lost = await there.deliver([delivery()], NOW)

        [outcome] = (await there.deliver([delivery(attempts=1)], NOW)).outcomes

        assert Reply((Deferred("connection_lost"),), failing=True) == lost
        assert ["POST", "GET"] == [request.method for request in account.requests]
        assert isinstance(outcome, Accepted)
        assert f"/emails/operations/{outcome.record_id}" == account.requests[1].url.path

    async def test_never_arrived(self):
        """A message that is not found is sent, under the same id."""
        account = Account()
        account.faults = [Fault.LOST_BEFORE]
        there = account.destination()
        await there.deliver([delivery()], NOW)

        await there.deliver([delivery(attempts=1)], NOW)

        first, looked_up, second = account.requests
        assert ["POST", "GET", "POST"] == [r.method for r in account.requests]
        assert first.headers["operation-id"] == second.headers["operation-id"]
        assert looked_up.url.path.endswith(second.headers["operation-id"])

    async def test_failed(self):
        """A message that was found to have failed is rejected with its code."""
        account = Account()
        there = account.destination()
        await there.deliver([delivery()], NOW)
        account.status = "Failed"

        reply = await there.deliver([delivery(attempts=1)], NOW)

        assert Reply((Rejected("acs_EmailDropped"),), 200) == reply

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            pytest.param(httpx.Response(503), Deferred("http_503"), id="down"),
            pytest.param(httpx.Response(200, text="?"), Deferred("unreadable_answer"), id="page"),
            pytest.param(refusal(400, "BadRequest"), Deferred("acs_BadRequest"), id="refused"),
        ],
    )
    async def test_not_known(self, answer, expected):
        """Where the search does not say, nothing is sent."""
        reply = await reply_to(answer, attempts=1)

        assert Reply((expected,), answer.status_code, failing=True) == reply


class TestAnswers:
    @pytest.mark.parametrize("status", ["NotStarted", "Running", "Succeeded"])
    async def test_accepted(self, status):
        """A queued message is accepted."""
        reply = await reply_to(httpx.Response(202, json=result(status)))

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert not reply.failing

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (result("Failed", error={"code": "EmailDropped", "message": "x"}), "acs_EmailDropped"),
            (result("Failed", error={"code": "to sample.buyer", "message": "x"}), "acs_Failed"),
            (result("Failed", error="odd"), "acs_Failed"),
            (result("Canceled"), "acs_Canceled"),
        ],
    )
    async def test_failed(self, body, reason):
        """A message that failed at once is rejected with its code, never with its message."""
        assert Reply((Rejected(reason),), 202) == await reply_to(httpx.Response(202, json=body))

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (refusal(404, "DomainNotLinked"), "acs_DomainNotLinked"),
            (refusal(400, "InvalidEmailAddress"), "acs_InvalidEmailAddress"),
            (refusal(400, "no code at all"), "acs_400"),
            (httpx.Response(415), "acs_415"),
            (refusal(403, "Forbidden"), "forbidden"),
            (httpx.Response(302), "redirected"),
            (httpx.Response(500), "http_500"),
            (httpx.Response(202), "unreadable_answer"),
            (httpx.Response(202, json=[]), "unreadable_answer"),
            (httpx.Response(202, json={"id": "0f"}), "unreadable_answer"),
            (httpx.Response(202, json=result("Odd")), "unreadable_answer"),
            (httpx.Response(202, json=result(status=["Running"])), "unreadable_answer"),  # type: ignore[arg-type]
        ],
    )
    async def test_failing(self, answer, reason):
        """A refusal is the settings' fault, an unreadable answer the resource's; it waits."""
        expected = Reply((Deferred(reason),), answer.status_code, failing=True)

        assert expected == await reply_to(answer)

    async def test_in_progress(self):
        """A repeat of what is still being queued waits, and is nobody's fault."""
        expected = Reply((Deferred("in_progress"),), 409)

        assert expected == await reply_to(refusal(409, "OperationInProgress"))

    async def test_token_refused_twice(self):
        """A token that is refused is replaced once; then every lead waits."""
        account = Scripted(refusal(401, "Denied"), refusal(401, "Denied"))

        reply = await account.destination().deliver([delivery()], NOW)

        assert Reply((Deferred("unauthorised"),), 401, failing=True) == reply
        assert 2 == account.sign_ins


class TestSignIn:
    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (ClientAuthenticationError("canary"), "sign_in_failed"),
            (ServiceRequestError("canary"), "sign_in_unreachable"),
        ],
    )
    async def test_sign_in(self, error, reason):
        """Where the identity gets no token, nothing has left and the lead waits."""

        class Broken:
            async def get_token(self, *_scopes: str) -> Any:
                raise error

        there = Email(settings(), httpx.AsyncClient(), Broken())  # type: ignore[arg-type]

        expected = Reply((Deferred(reason, counts=False),), failing=True)
        assert expected == await there.deliver([delivery()], NOW)

    async def test_describe(self):
        """Preflight signs in and sends nothing."""
        account = Account()
        await account.destination().describe(NOW)

        account.signed_out = True
        with pytest.raises(SignInFailed, match="sign_in_failed"):
            await account.destination().describe(NOW)

        assert [] == account.requests
        assert 1 == account.sign_ins

    async def test_identity(self):
        """It is the managed identity that signs in."""
        async with managed_identity("00000000-0000-0000-0000-000000000000") as credential:
            assert "ManagedIdentityCredential" == type(credential).__name__


class TestManagedIdentity:
    @pytest.mark.parametrize(
        ("own", "named", "expected"),
        [
            pytest.param("own", "", "own", id="own"),
            pytest.param("own", "another", "another", id="named"),
            pytest.param("", "", None, id="system"),
        ],
    )
    async def test_which(self, monkeypatch, own, named, expected):
        """Who names no identity signs in as the one that the app signs in to storage as."""
        made = []
        monkeypatch.setenv("LEADSHARE_STORAGE__clientId", own)
        monkeypatch.setattr(
            "azure.identity.aio.ManagedIdentityCredential",
            lambda *, client_id: made.append(client_id),
        )

        managed_identity(named)

        assert [expected] == made
