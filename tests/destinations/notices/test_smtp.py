"""The email destination by way of a mail server: a real conversation, on loopback."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from leadshare.client.errors import SignInFailed
from leadshare.deliveries.delivery import Accepted, Deferred, Rejected, Reply
from leadshare.destinations.errors import Refused
from leadshare.destinations.notices.email import Email
from leadshare.destinations.notices.email_settings import EmailSettings
from leadshare.destinations.notices.letters import message_id
from leadshare.destinations.notices.smtp import Smtp, SmtpSettings
from tests.builders import LEAD, NOW, delivery, record
from tests.destinations.authority import Authority, authority_in
from tests.destinations.simulators.smtp import HOST, PASSWORD, USER, MailServer

LOOPBACK = ip_network("127.0.0.0/8")


@pytest.fixture(name="authority", scope="module")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One authority for all."""
    return authority_in(tmp_path_factory.mktemp("authority"))


@pytest.fixture(name="server")
def _server(authority: Authority) -> MailServer:
    """A mail server, not open yet."""
    return MailServer(authority)


def told(port: int = 587, **changes: Any) -> EmailSettings:
    """Settings of a message by way of a mail server."""
    via = {"kind": "smtp", "host": HOST, "port": port, "username": "USER", "password": "PASSWORD"}
    values = {
        "name": "desk",
        "type": "email",
        "sender": "leads@contoso.example",
        "to": ["sales@contoso.example", "desk@contoso.example"],
        "via": {**via, **changes.pop("via", {})},
        **changes,
    }
    context = {"USER": USER, "PASSWORD": PASSWORD, "WRONG": "wrong", "UMLAUT": "Pässword"}
    return EmailSettings.model_validate(values, context=context)


def way(server: MailServer, *addresses: str, timeout: float = 5, **via: Any) -> Smtp:
    """The way to *server*, whose name leads to *addresses*."""
    if server.implicit:
        via = {"tls": "implicit", **via}
    settings = told(server.port, via=via).via
    assert isinstance(settings, SmtpSettings)

    async def resolve(host: str, _port: int) -> Sequence[str]:
        assert host == HOST
        return addresses or ("127.0.0.1",)

    return Smtp(settings, timeout, (LOOPBACK,), resolve, server.authority.client)


def destination(server: MailServer, using: Smtp | None = None, **changes: Any) -> Email:
    """The destination that writes by way of *server*."""
    return Email(told(server.port, **changes), httpx.AsyncClient(), server=using or way(server))


async def reply_of(server: MailServer, using: Smtp | None = None, **changes: Any) -> Reply:
    """What comes of a delivery by way of *server*."""
    return await destination(server, using, **changes).deliver([delivery()], NOW)


def waits(reason: str, *, counts: bool = True) -> Reply:
    """The reply where the server or its settings are at fault."""
    return Reply((Deferred(reason, counts=counts),), failing=True)


UNCLEAR = Reply((Rejected("unclear"),), failing=True)


class TestSend:
    @pytest.mark.parametrize("implicit", [False, True])
    async def test_sent(self, server, implicit):
        """A letter is taken for all recipients; whatever tells of anybody goes under TLS."""
        server.implicit = implicit
        async with server.open():
            reply = await reply_of(server)

        [mail] = server.mails
        assert Reply((Accepted(message_id(delivery(), told())),)) == reply
        assert "leads@contoso.example" == mail.sender
        assert ["sales@contoso.example", "desk@contoso.example"] == mail.to
        assert b"\r\nListing title: Contoso Invoice Robot\r\n" in mail.content
        clear = [line for line in server.heard if not line.startswith("*")]
        assert ([] if implicit else ["EHLO contoso.example", "STARTTLS"]) == clear
        assert "*QUIT" == server.heard[-1]
        assert [HOST] == server.authority.names_asked[-1:]

    async def test_full_stop(self, server):
        """A line of the letter that is a full stop does not end it."""
        async with server.open():
            await reply_of(server, shows=["notes", "lead"])
            there = destination(server, shows=["listing", "lead"])
            await there.deliver([delivery(record=record(listing="."))], NOW)

        assert [True, True] == [LEAD.encode() in mail.content for mail in server.mails]

    async def test_next_address(self, server):
        """Where one address does not answer, the next is tried."""
        async with server.open():
            reply = await reply_of(server, way(server, "127.0.0.99", "127.0.0.1"))

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]

    async def test_farewell(self, server):
        """What was taken stays taken, whatever is said at the end."""
        server.says = {"QUIT": ""}
        async with server.open():
            reply = await reply_of(server)

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]

    async def test_some_recipients(self, server):
        """Where one recipient is refused, the others have the letter."""
        server.says = {"RCPT sales@contoso.example": "550 5.1.1 No such canary"}
        async with server.open():
            reply = await reply_of(server)

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]
        assert [["desk@contoso.example"]] == [mail.to for mail in server.mails]

    async def test_quiet(self, server):
        """A change that is not asked for is accepted without a connection."""
        one = delivery(version=2, sent=1, record_id="<1@x.example>")
        reply = await destination(server).deliver([one], NOW)

        assert Reply((Accepted("<1@x.example>"),)) == reply


class TestRefused:
    @pytest.mark.parametrize(
        ("command", "answer", "expected"),
        [
            ("", "421 4.3.2 Closing canary", waits("smtp_421")),
            ("", "554 5.7.1 Not you", waits("smtp_554")),
            ("", "HTTP/1.1 400 Bad Request", waits("unreadable_answer")),
            ("STARTTLS", "454 4.7.0 Not now", waits("smtp_454")),
            ("AUTH", "535 5.7.8 Denied canary", waits("sign_in_failed", counts=False)),
            ("AUTH", "454 4.7.0 Not now", waits("smtp_454", counts=False)),
            ("AUTH", "421 4.7.0 Closing", waits("smtp_421", counts=False)),
            ("MAIL", "550 5.7.60 Not your address", waits("smtp_550")),
            ("MAIL", "451 4.7.1 Later", waits("smtp_451")),
            ("RCPT", "550 5.1.1 No such canary", waits("smtp_550")),
            ("RCPT", "450 4.2.0 Greylisted", waits("smtp_450")),
            ("DATA", "451 4.3.0 Later", waits("smtp_451")),
            (".", "452 4.3.1 Full", waits("smtp_452")),
            (".", "554 5.7.1 Spam canary", waits("forbidden")),
            (".", "554 5.6.0 Odd canary", Reply((Rejected("smtp_554"),))),
            (".", "552 5.3.4 Too large", Reply((Rejected("smtp_552"),))),
            (".", "what?", UNCLEAR),
            (".", "354 Go on", UNCLEAR),
            ("MAIL", "what?", waits("unreadable_answer")),
        ],
    )
    async def test_refused(self, server, command, answer, expected):
        """Only what judges the letter rejects it; all else is for the settings' sake and waits."""
        server.says = {command: answer}
        async with server.open():
            reply = await reply_of(server)

        assert expected == reply
        assert [] == server.mails

    @pytest.mark.parametrize("answer", ["535 5.7.8 Denied", "535 No", "454 4.7.0 Not now"])
    @pytest.mark.parametrize("ways", ["PLAIN LOGIN", "LOGIN", "XOAUTH2 LOGIN CRAM-MD5"])
    async def test_one_guess(self, server, answer, ways):
        """Whoever hangs up after its no has been heard, and has the password guessed once."""
        server.ways, server.says, server.closes = ways, {"AUTH": answer}, "AUTH"
        async with server.open():
            reply = await reply_of(server)

        reason = "sign_in_failed" if answer.startswith("535") else "smtp_454"
        assert waits(reason, counts=False) == reply
        assert 1 == str(server.heard).count("AUTH")

    @pytest.mark.parametrize("ways", ["LOGIN", "login plain"])
    async def test_other_ways(self, server, ways):
        """Whichever way to sign in is offered is taken."""
        server.ways = ways
        async with server.open():
            reply = await reply_of(server)

        assert [Accepted] == [type(outcome) for outcome in reply.outcomes]

    async def test_throttled(self, server):
        """Where letters come too fast the lane rests, and no attempt is lost."""
        server.says = {".": "550 5.4.5 Too many messages, try again in 5 minutes"}
        async with server.open():
            reply = await reply_of(server)

        outcome = Deferred("throttled", counts=False)
        assert Reply((outcome,), hold=timedelta(minutes=5)) == reply
        assert ["5.4.5 Too many messages, try again in 5 minutes"] == [
            one.said for one in reply.outcomes
        ]

    @pytest.mark.parametrize("line", ["250-more\r\n", "2" * 1000], ids=["lines", "one line"])
    async def test_endless(self, server, line):
        """A reply without an end is cut off."""
        server.says = {"EHLO": line * 100}
        async with server.open():
            async with asyncio.timeout(3):
                assert waits("unreadable_answer") == await reply_of(server)

    async def test_some_later(self, server):
        """Where some recipients are refused for now and the others for good, it is tried again."""
        server.says = {"RCPT": "550 5.1.1 No", "RCPT desk@contoso.example": "450 4.2.0 Later"}
        async with server.open():
            assert waits("smtp_450") == await reply_of(server)

    @pytest.mark.parametrize(
        ("command", "expected"),
        [
            *((name, waits("unreachable", counts=False)) for name in ("EHLO", "MAIL", "RCPT")),
            ("", waits("unreachable", counts=False)),
            ("AUTH", waits("unreachable", counts=False)),
            ("DATA", UNCLEAR),
            (".", UNCLEAR),
        ],
    )
    async def test_hangs_up(self, server, command, expected):
        """Before the letter may have left it is tried again, afterwards only by a person."""
        server.says = {command: ""}
        async with server.open():
            assert expected == await reply_of(server)

    @pytest.mark.parametrize("implicit", [False, True])
    @pytest.mark.parametrize(
        ("command", "expected"),
        [
            ("EHLO", waits("unreachable", counts=False)),
            ("MAIL", waits("unreachable", counts=False)),
            (".", UNCLEAR),
            ("QUIT", Reply((Accepted(message_id(delivery(), told())),))),
        ],
    )
    async def test_silent(self, server, command, expected, implicit):
        """Who falls silent is left when the time is over, and hears no more of it."""
        server.implicit, server.stalls = implicit, command
        async with server.open():
            async with asyncio.timeout(3):
                assert expected == await reply_of(server, way(server, timeout=0.5))
                while not server.hung_up:  # noqa: ASYNC110 - the simulator has no event for it
                    await asyncio.sleep(0)

        assert ("*DATA" in server.heard) == (command in {".", "QUIT"})


class TestTls:
    async def test_not_offered(self, server):
        """A server without STARTTLS gets neither letter nor password."""
        server.offers = "AUTH PLAIN LOGIN"
        async with server.open():
            reply = await reply_of(server)

        assert waits("tls_missing", counts=False) == reply
        assert ["EHLO contoso.example"] == server.heard[:1]
        assert "AUTH" not in str(server.heard)

    @pytest.mark.parametrize("implicit", [False, True])
    async def test_unknown_authority(self, server, implicit):
        """A certificate that no known authority signed is refused before anything is said."""
        server.implicit = implicit
        async with server.open():
            using = replace(way(server), tls=ssl.create_default_context())
            assert waits("certificate_refused", counts=False) == await reply_of(server, using)

        assert "AUTH" not in str(server.heard)

    async def test_other_name(self, server):
        """A certificate for another name is refused."""
        async with server.open():
            using = way(server, host="mail.example")

            async def resolve(_host: str, _port: int) -> Sequence[str]:
                return ("127.0.0.1",)

            reply = await reply_of(server, replace(using, resolve=resolve))

        assert waits("certificate_refused", counts=False) == reply

    async def test_no_way_to_sign_in(self, server):
        """A server that offers no sign-in that is known fails as one that refuses it."""
        server.says = {"EHLO": "250-crm.example\r\n250 STARTTLS"}
        async with server.open():
            assert waits("sign_in_failed", counts=False) == await reply_of(server)

    async def test_without_sign_in(self, server):
        """Without a name nobody signs in; whether that is enough is the server's to say."""
        async with server.open():
            using = way(server, username=None, password=None)
            assert waits("smtp_530") == await reply_of(server, using)

        assert "AUTH" not in str(server.heard)


class TestAddress:
    @pytest.mark.parametrize("addresses", [("10.0.0.1",), ("127.0.0.1", "169.254.169.254")])
    async def test_denied(self, server, addresses):
        """One denied address condemns the name: nothing is connected."""
        async with server.open():
            reply = await reply_of(server, way(server, *addresses))

        assert waits("address_refused", counts=False) == reply
        assert [] == server.heard

    async def test_loopback(self, server):
        """Loopback is denied, too, where the settings do not allow it."""
        async with server.open():
            using = replace(way(server), allow_networks=())
            assert waits("address_refused", counts=False) == await reply_of(server, using)

    async def test_pinned(self, server, monkeypatch):
        """The name is resolved once, by us: what was checked is what is connected."""
        asked: list[str] = []

        def getaddrinfo(host: str, *_more: Any, **_options: Any) -> Any:
            asked.append(host)
            return real(host, *_more, **_options)

        async with server.open():
            real = __import__("socket").getaddrinfo
            monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
            await reply_of(server)

        assert set() == {HOST} & {*asked}

    async def test_left(self, server, monkeypatch):
        """Who is told to stop while the line is still opened leaves no socket behind."""
        opened: list[Any] = []

        async def connects(plain: Any, _address: Any) -> None:
            opened.append(plain)
            await asyncio.Event().wait()

        monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", connects)
        sending = asyncio.create_task(reply_of(server))
        while not opened:  # noqa: ASYNC110 - the way has no event for it
            await asyncio.sleep(0)
        sending.cancel()

        with pytest.raises(asyncio.CancelledError):
            await sending
        assert [-1] == [plain.fileno() for plain in opened]

    async def test_unknown_name(self, server):
        """A name that cannot be resolved is out of reach."""

        async def resolve(_host: str, _port: int) -> Sequence[str]:
            raise OSError

        using = replace(way(server), resolve=resolve)
        assert waits("unreachable", counts=False) == await reply_of(server, using)

    async def test_nobody_there(self, server):
        """Where nobody listens, nothing left."""
        async with server.open():
            pass

        assert waits("unreachable", counts=False) == await reply_of(server)


class TestDescribe:
    async def test_signs_in(self, server):
        """Preflight signs in, and writes to nobody."""
        async with server.open():
            await destination(server).describe(NOW)

        assert ["*QUIT"] == server.heard[-1:]
        assert "AUTH" in str(server.heard)
        assert "MAIL" not in str(server.heard)

    @pytest.mark.parametrize(
        ("says", "reason"),
        [({"AUTH": "535 No"}, "sign_in_failed"), ({"": "421 Closing"}, "smtp_421")],
    )
    async def test_refused(self, server, says, reason):
        """Preflight says why the server does not let us in."""
        server.says = says
        async with server.open():
            with pytest.raises((Refused, SignInFailed), match=reason):
                await destination(server).describe(NOW)


class TestSettings:
    @pytest.mark.parametrize(
        "via",
        [
            pytest.param({"host": "mail.example\r\nX"}, id="line end"),
            pytest.param({"host": "mail example"}, id="blank"),
            pytest.param({"host": ""}, id="nothing"),
            pytest.param({"port": 0}, id="port"),
            pytest.param({"tls": "none"}, id="no TLS"),
            pytest.param({"password": None}, id="no password"),
            pytest.param({"username": None}, id="no name"),
            pytest.param({"password": "UMLAUT"}, id="not ASCII"),
            pytest.param({"password": "MISSING"}, id="no such variable"),
            pytest.param({"password": PASSWORD}, id="the password itself"),
        ],
    )
    def test_unusable(self, via):
        """What cannot work is refused when the configuration loads, and no secret is shown."""
        with pytest.raises(ValidationError) as caught:
            told(via=via)

        assert "canary" not in str(caught.value)
        assert "ssword" not in str(caught.value).replace("password", "")

    def test_hidden(self):
        """Neither name nor password shows."""
        assert USER not in repr(told())
        assert PASSWORD not in repr(told())

    async def test_built(self):
        """The destination builds its way from its settings, the guard included."""
        there = Email(told(via={"host": "localhost"}), httpx.AsyncClient())

        assert waits("address_refused", counts=False) == await there.deliver([delivery()], NOW)
