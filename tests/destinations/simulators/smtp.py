"""Simulators: a mail server (RFC 5321, 3207, 4954), on loopback."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.destinations.authority import Authority

HOST = "crm.example"
USER, PASSWORD = "smtp-user", "smtp-password-canary"


@dataclass
class Mail:
    """A letter as the server took it."""

    sender: str
    to: list[str]
    content: bytes


@dataclass
class MailServer:
    """What it offers, what it says instead of what is usual, and what it took."""

    authority: Authority
    implicit: bool = False
    offers: str = "STARTTLS"
    """Before TLS."""
    ways: str = "PLAIN LOGIN"
    """To sign in."""
    says: dict[str, str] = field(default_factory=dict)
    """What it says to a command, such as `MAIL` or `.`; "" for nothing, and it hangs up."""
    closes: str = ""
    """The command after whose reply it hangs up, as many do after a wrong password."""
    stalls: str = ""
    """The command at which it falls silent."""
    hung_up: bool = False
    """Whether the client left while it was silent."""
    mails: list[Mail] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    """Commands, with `*` before those that came under TLS."""
    port: int = 587

    @asynccontextmanager
    async def open(self) -> AsyncIterator[MailServer]:
        """Listen."""
        tls = self.authority.server if self.implicit else None
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _Conversation(self, reader, writer).go_on()
        except (ConnectionError, ssl.SSLError):
            pass  # the client hung up
        finally:
            writer.close()


class _HangUp(ConnectionError):
    """The server has heard enough."""


class _Conversation:
    def __init__(
        self, server: MailServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.secure = server.implicit
        self.signed_in = False
        self.mail = Mail("", [], b"")

    async def go_on(self) -> None:
        """Greet, and answer one command after the other."""
        await self.say("", "220 crm.example ESMTP")
        while line := (await self.reader.readline()).decode("ascii").rstrip("\r\n"):
            verb = line[:4].upper()
            self.server.heard.append(("*" if self.secure else "") + line)
            if verb == "QUIT":
                await self.say("QUIT", "221 2.0.0 Bye")
                return
            await {
                "EHLO": self.greet,
                "STAR": self.begin_tls,
                "AUTH": self.sign_in,
                "MAIL": self.begin,
                "RCPT": self.add,
                "DATA": self.take,
            }[verb](line)

    async def say(self, command: str, usual: str) -> str:
        """Say what is usual, or what the test wants; return it."""
        if self.server.stalls == command and command:
            self.server.hung_up = await self.reader.read() == b""
        text = self.server.says.get(command, usual)
        if not text:
            raise _HangUp
        self.writer.write(text.encode() + b"\r\n")
        await self.writer.drain()
        if self.server.closes == command and command:
            raise _HangUp
        return text

    async def greet(self, _line: str) -> None:
        """Offer STARTTLS before TLS and sign-in after it, as servers with sense do."""
        offer = f"AUTH {self.server.ways}" if self.secure else self.server.offers
        await self.say("EHLO", f"250-crm.example\r\n250 {offer}" if offer else "250 crm.example")

    async def begin_tls(self, _line: str) -> None:
        """Go on under TLS."""
        if (await self.say("STARTTLS", "220 2.0.0 Go on")).startswith("220"):
            await self.writer.start_tls(self.server.authority.server)
            self.secure = True

    async def sign_in(self, line: str) -> None:
        """Take the one name and password, in one line or two (RFC 4616; LOGIN as it is used)."""
        assert self.secure, "a password in the clear"
        way, told = line.removeprefix("AUTH ").split(" ")
        given = base64.b64decode(told)
        if way == "LOGIN":
            await self.say("LOGIN", "334 UGFzc3dvcmQ6")
            given = b"\0" + given + b"\0" + base64.b64decode(await self.reader.readline())
        right = given == f"\0{USER}\0{PASSWORD}".encode()
        usual = "235 2.7.0 Welcome" if right else "535 5.7.8 Denied"
        self.signed_in = (await self.say("AUTH", usual)).startswith("235")

    async def begin(self, line: str) -> None:
        """Begin a letter."""
        if not self.signed_in:
            await self.say("MAIL", "530 5.7.0 Authentication required")
            return
        self.mail = Mail(line[len("MAIL FROM:<") :].partition(">")[0], [], b"")
        await self.say("MAIL", "250 2.1.0 Ok")

    async def add(self, line: str) -> None:
        """Add a recipient; what is said to `RCPT name` is for that one."""
        recipient = line[len("RCPT TO:<") :].partition(">")[0]
        usual = self.server.says.get("RCPT", "250 2.1.5 Ok")
        if (await self.say(f"RCPT {recipient}", usual)).startswith("250"):
            self.mail.to.append(recipient)

    async def take(self, _line: str) -> None:
        """Take the letter, up to the line with nothing but a full stop."""
        if not (await self.say("DATA", "354 Go on")).startswith("354"):
            return
        lines: list[bytes] = []
        while (line := await self.reader.readline()) != b".\r\n":
            assert line.endswith(b"\r\n")
            assert len(line) <= 1000
            lines.append(line.removeprefix(b"."))
        self.mail.content = b"".join(lines)
        usual = "250 2.0.0 Queued"
        if self.server.says.get(".", usual)[:1] in ("", "2"):
            self.server.mails.append(self.mail)
        await self.say(".", usual)
