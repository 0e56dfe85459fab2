"""The email destination: messages through Azure Communication Services."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import default
from typing import Any

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from pydantic import ValidationError

from leadshare.core.delivery import Accepted, Deferred, Rejected, Reply
from leadshare.destinations.email import (
    AcsSettings,
    Email,
    EmailSettings,
    letter,
    operation_id,
    subject,
)
from leadshare.destinations.entra import managed_identity
from leadshare.destinations.errors import SignInFailed
from tests.builders import LEAD, NOW, delivery, record
from tests.destinations.simulators.base import Fault
from tests.destinations.simulators.email import HOST, Account, refusal

TOLD = {
    "name": "desk",
    "type": "email",
    "sender": "leads@contoso.example",
    "to": ["sales@contoso.example"],
    "via": {"kind": "acs", "endpoint": f"https://{HOST}"},
}


def settings(**changes: Any) -> EmailSettings:
    """Settings of a message to the sales desk."""
    return EmailSettings.model_validate({**TOLD, **changes})


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

    def test_operation_id(self):
        """Another version, lead or destination is another message; a repeat is not."""
        first = operation_id(delivery(), settings())
        others = [
            operation_id(delivery(version=2), settings()),
            operation_id(delivery(lead="f" * 32 + LEAD[32:]), settings()),
            operation_id(delivery(), settings(name="other")),
        ]

        # Frozen: with another namespace, a repeat would be another message.
        assert "c8917292-3a6e-5167-9811-a723420cf265" == first
        assert 4 == len({first, *others})
        assert first == operation_id(delivery(attempts=3), settings())

    def test_subject(self):
        """The subject is one short line, and names the listing only where that may be shown."""
        odd = delivery(
            record=record(listing_title="Robot\r\nBcc: canary@evil.example " + "x" * 300)
        )

        assert subject(odd, ("listing_title",)).startswith("New lead: Robot; Bcc: canary@evil.ex")
        assert 150 == len(subject(odd, ("listing_title",)))
        assert "New lead" == subject(odd, ("score",))

    async def test_nothing_to_show(self):
        """A message without a line still has a body, which the resource insists on."""
        account = Account()

        reply = await account.destination(shows=["phone"]).deliver(
            [delivery(record=record(phone=""))], NOW
        )

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]

    async def test_quiet(self):
        """A change that is not asked for is accepted without a call, its receipt kept."""
        account = Account()

        reply = await account.destination(notify="created").deliver(
            [delivery(version=2, sent=1, receipt="op-1")], NOW
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
        assert f"/emails/operations/{outcome.receipt}" == account.requests[1].url.path

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
        """Where the look-up does not say, nothing is sent."""
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


class TestLetter:
    def test_headers(self):
        """A letter for a mail server says who, whom, what, when and that nobody should answer."""
        made = letter(delivery(), settings(to=["a@x.example", "b@x.example"]), NOW)
        mail = message_from_bytes(made.content, policy=default)

        assert {
            "From": "leads@contoso.example",
            "To": "a@x.example, b@x.example",
            "Subject": "New lead: Contoso Invoice Robot",
            "Date": "Sun, 22 Nov 2026 12:00:00 +0000",
            "Message-ID": f"<{operation_id(delivery(), settings())}@contoso.example>",
            "Auto-Submitted": "auto-generated",
            "Content-Type": 'text/plain; charset="utf-8"',
            "Content-Transfer-Encoding": "quoted-printable",
            "MIME-Version": "1.0",
        } == dict(mail.items())
        assert "Listing title: Contoso Invoice Robot" == mail.get_content().splitlines()[0]

    @pytest.mark.parametrize(
        "title",
        [
            "Robot\r\nBcc: canary@evil.example",
            "Robot\nX: y",
            "Robot\u2028X: y",
            "Robot\x00\x85\x0bX: y",
            "=?utf-8?q?=0D=0ABcc=3A_canary=40evil.example?=",
            "字" * 300,
            "\ud83d",
        ],
    )
    def test_injection(self, title):
        """Whatever a title holds, it adds no header and no line of other than plain ASCII."""
        one = delivery(record=record(listing_title=title, notes=f"{title}\r\n.\r\nQUIT"))

        made = letter(one, settings(shows=["listing_title", "notes"]), NOW)

        mail = message_from_bytes(made.content, policy=default)
        assert 9 == len(mail.keys())
        assert mail["Bcc"] is None
        assert made.content.isascii()
        assert max(len(line) for line in made.content.split(b"\r\n")) < 998
        assert b"\n" not in made.content.replace(b"\r\n", b"")

    def test_repeat(self):
        """A repeat has the same Message-ID, which mail systems drop; a new version another."""
        ids = [
            message_from_bytes(letter(one, settings(), NOW).content)["Message-ID"]
            for one in (delivery(), delivery(attempts=2), delivery(version=2))
        ]

        assert ids[0] == ids[1] != ids[2]


class TestSettings:
    @pytest.mark.parametrize(
        "endpoint",
        [
            *("https://contoso.communication.azure.com", f"https://{HOST}/"),
            "https://contoso-1.unitedstates.communication.azure.com",
        ],
    )
    def test_endpoint(self, endpoint):
        """An endpoint is taken as the portal shows it."""
        made = settings(via={"kind": "acs", "endpoint": endpoint})

        assert isinstance(made.via, AcsSettings)

    @pytest.mark.parametrize(
        "endpoint",
        [
            *("http://contoso.communication.azure.com", "https://communication.azure.com"),
            *("https://contoso.communication.azure.com.evil.example", "https://evil.example"),
            *(
                "https://contoso.communication.azure.com/x",
                "https://a@contoso.communication.azure.com",
            ),
            *(
                "https://contoso.communication.azure.com\n",
                "https://evil.example/.communication.azure.com",
            ),
        ],
    )
    def test_other_endpoint(self, endpoint):
        """No other address gets the identity's token."""
        with pytest.raises(ValidationError, match="endpoint"):
            settings(via={"kind": "acs", "endpoint": endpoint})

    @pytest.mark.parametrize(
        "address",
        [
            *("", "sales", "@x.example", "a@b", "a@x..example", "a@-x.example", "a@x.example\n"),
            *("a@x.example,b@x.example", "A <a@x.example>", "a b@x.example", "a@x.example\r\nX: y"),
            *('"a"@x.example', "-a@x.example", "ä@x.example", "a@[127.0.0.1]", "a>@x.example"),
            "a" * 64 + "@x.example",
        ],
    )
    @pytest.mark.parametrize("field", ["sender", "to"])
    def test_other_addresses(self, field, address):
        """What is no plain address is refused when the configuration loads."""
        with pytest.raises(ValidationError, match=field):
            settings(**{field: address if field == "sender" else [address]})

    @pytest.mark.parametrize("to", [[], ["a@x.example"] * 51])
    def test_recipients(self, to):
        """There are one to fifty recipients."""
        with pytest.raises(ValidationError, match="to"):
            settings(to=to)

    @pytest.mark.parametrize(
        "via",
        [
            {},
            {"kind": "post"},
            {"kind": "acs"},
            {"kind": "smtp"},
            {"kind": "smtp", "host": "mail.example", "endpoint": f"https://{HOST}"},
            {"kind": "acs", "endpoint": f"https://{HOST}", "host": "mail.example"},
        ],
    )
    def test_one_way(self, via):
        """There is one way, told with all that belongs to it and nothing else."""
        with pytest.raises(ValidationError, match="via"):
            settings(via=via)
