"""Destinations: a mail server that takes letters over SMTP, never without verified TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Self

import aiosmtplib
import httpx
from aiosmtplib import SMTPException, SMTPResponseException
from pydantic import Field, SecretStr, StrictInt, field_validator, model_validator

from leadshare.client.addresses import Network, Resolve, is_denied, resolve_name
from leadshare.client.errors import AddressRefused, SignInFailed
from leadshare.client.guard import tls_context
from leadshare.deliveries.delivery import Accepted
from leadshare.destinations.notices.smtp_replies import LATER, NEVER, Phase, judged
from leadshare.destinations.replies import Verdict
from leadshare.model import Model, Secret, like
from leadshare.reason import Reason

WAYS: Final = ("plain", "login", "cram-md5")
"""How to sign in, the best first: under TLS the plainest is what servers know best."""


class SmtpSettings(Model):
    """A mail server, and who may send through it."""

    kind: Literal["smtp"]
    """A mail server."""
    host: str = like(
        r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$", "a name, such as smtp.contoso.com"
    )
    """The server's name."""
    port: StrictInt = Field(587, ge=1, le=65535)
    """587 or 465; Azure lets nothing out to 25."""
    tls: Literal["starttls", "implicit"] = "starttls"
    """`implicit` for port 465, whose connections begin with TLS."""
    username: Secret | None = None
    """Who signs in, where the server asks for that."""
    password: Secret | None = None
    """Theirs."""

    @field_validator("username", "password")
    @classmethod
    def _plain(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not secret.get_secret_value().isascii():
            raise ValueError("expected ASCII, which is all that servers sign in with")
        return secret

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together")
        return self


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, whom it is from, and whom it is for: nobody, just to find the way."""

    sender: str
    to: Sequence[str] = ()
    content: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class _Call:
    """How far one conversation with the server has come."""

    phase: Phase = Phase.ENTRANCE


class _Session(aiosmtplib.SMTP):
    """A session that leaves at once: TLS would wait half a minute for the server's farewell."""

    def close(self) -> None:
        """Close the connection."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
        super().close()


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server."""

    settings: SmtpSettings
    timeout: float
    allow_networks: Sequence[Network] = ()
    resolve: Resolve = resolve_name
    tls: ssl.SSLContext | None = None

    async def send(self, letter: Letter) -> Verdict:
        """Hand *letter* in.

        Raises `SignInFailed` or `httpx.ConnectError` where it has not left, `httpx.ReadError`
        where it may have.
        """
        call = _Call()
        try:
            async with asyncio.timeout(self.timeout):
                addresses = await self._checked()
                return await self._converse(addresses, letter, call)
        except (SMTPException, OSError, UnicodeError) as error:
            return _failed(call.phase, error)

    async def _checked(self) -> Sequence[str]:
        """Resolve the host; one denied address condemns the name, as for other destinations."""
        host = self.settings.host
        addresses = await self.resolve(host, self.settings.port)
        if any(is_denied(address, self.allow_networks) for address in addresses):
            raise AddressRefused(f"{host} leads to an address that is not called")
        return addresses

    async def _converse(self, addresses: Sequence[str], letter: Letter, call: _Call) -> Verdict:
        plain = await self._connected(addresses)
        session = _Session(
            hostname=self.settings.host,
            sock=plain,
            # The library would ask the DNS for our name.
            local_hostname=letter.sender.partition("@")[2],
            timeout=None,  # `send` has one for all
            use_tls=self.settings.tls == "implicit",
            start_tls=False,  # it would go on without where it is not offered
            tls_context=self.tls or tls_context(),
        )
        try:
            await session.connect()
            await self._enter(session, call)
            if letter.to:
                await _hand_in(session, letter, call)
            call.phase = Phase.FAREWELL
            await session.quit()
        finally:
            session.close()
            plain.close()
        return Verdict(Accepted())

    async def _connected(self, addresses: Sequence[str]) -> socket.socket:
        """Connect to the first of *addresses* that answers: what was checked, not the name."""
        loop = asyncio.get_running_loop()
        failure: OSError = ConnectionError("no address")
        for address in addresses:
            plain = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
            plain.setblocking(False)  # noqa: FBT003 - its only argument
            try:
                async with asyncio.timeout(self.timeout / len(addresses)):
                    await loop.sock_connect(plain, (address, self.settings.port))
            except OSError as error:  # the next address may be reachable (RFC 8305)
                plain.close()
                failure = error
            except BaseException:
                plain.close()
                raise
            else:
                return plain
        raise failure

    async def _enter(self, session: _Session, call: _Call) -> None:
        """Begin TLS, which checks the host's name, and sign in: with one guess of the password."""
        await session.ehlo()
        if self.settings.tls == "starttls":
            if not session.supports_extension("starttls"):
                raise SignInFailed(Reason.TLS_MISSING)
            await session.starttls()
            await session.ehlo()
        if self.settings.username is None or self.settings.password is None:
            return
        call.phase = Phase.SIGN_IN
        sign_in = {
            "plain": session.auth_plain,
            "login": session.auth_login,
            "cram-md5": session.auth_crammd5,
        }
        way = next((way for way in WAYS if way in session.server_auth_methods), None)
        if way is None:
            raise SignInFailed(Reason.SIGN_IN_FAILED)
        # One way alone: who is refused by one and tries the next has soon locked the account.
        await sign_in[way](
            self.settings.username.get_secret_value(), self.settings.password.get_secret_value()
        )


async def _hand_in(session: _Session, letter: Letter, call: _Call) -> None:
    """Hand *letter* in for those of its recipients whom the server takes."""
    call.phase = Phase.ENVELOPE
    await session.mail(letter.sender)
    refusals: list[aiosmtplib.SMTPRecipientRefused] = []
    for recipient in letter.to:
        try:
            await session.rcpt(recipient)
        except aiosmtplib.SMTPRecipientRefused as refusal:
            refusals.append(refusal)
    if len(refusals) == len(letter.to):
        # Where one of them may be taken later, so may the letter.
        raise min(refusals, key=lambda refusal: refusal.code)
    call.phase = Phase.LETTER
    await session.data(letter.content)


def _failed(phase: Phase, error: Exception) -> Verdict:
    """Return what *error* in *phase* means; raises as `Smtp.send` does."""
    if phase is Phase.FAREWELL:
        return Verdict(Accepted())  # what was taken stays taken
    if isinstance(error, SMTPResponseException) and (
        phase is not Phase.LETTER or error.code // 100 in (LATER, NEVER)
    ):
        return judged(phase, error.code, error.message).saying(error.message)
    if phase is Phase.LETTER:
        raise httpx.ReadError("no answer to the letter") from None
    if isinstance(error.__cause__ or error, ssl.SSLCertVerificationError):
        raise SignInFailed(Reason.CERTIFICATE_REFUSED) from None
    raise httpx.ConnectError("no letter has left") from None
