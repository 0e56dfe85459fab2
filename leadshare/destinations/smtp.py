"""Destinations: a mail server that takes letters over SMTP, never without verified TLS."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self

import httpx
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from leadshare.core.delivery import Accepted, Deferred, Outcome, Rejected
from leadshare.destinations.addresses import Network, Resolve, is_denied, resolve_name
from leadshare.destinations.errors import AddressRefused, SignInFailed
from leadshare.destinations.guard import tls_context
from leadshare.destinations.settings import Secret

TAKEN, LATER, NEVER = 2, 4, 5
"""What the first digit of a reply says (RFC 5321, section 4.2.1)."""

SIGN_IN_REFUSED: Final = 535
"""Authentication credentials invalid (RFC 4954, section 6)."""


class SmtpSettings(BaseModel):
    """A mail server, and who may send through it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["smtp"]
    host: str = Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$")
    port: int = Field(587, ge=1, le=65535)
    """587 or 465; Azure lets nothing out to 25."""
    tls: Literal["starttls", "implicit"] = "starttls"
    """`implicit` for port 465, whose connections begin with TLS."""
    username: Secret | None = None
    password: Secret | None = None

    @field_validator("username", "password")
    @classmethod
    def _plain(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not secret.get_secret_value().isascii():
            raise ValueError("expected ASCII, which is all that smtplib signs in with")
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
    """One conversation with the server. It goes on in a thread, which cannot be stopped."""

    ends: float
    left: bool = False
    """Whether the letter may have left; it cannot any more if this is not set by `ends`."""

    def limit(self, session: smtplib.SMTP) -> None:
        """Let *session* wait no longer than the call may."""
        if session.sock is not None:
            session.sock.settimeout(self.remaining())

    def remaining(self) -> float:
        """Return the seconds until `ends`; `TimeoutError` if there are none."""
        seconds = self.ends - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server."""

    settings: SmtpSettings
    timeout: float
    allow_networks: Sequence[Network] = ()
    resolve: Resolve = resolve_name
    tls: ssl.SSLContext | None = None

    async def send(self, letter: Letter) -> Outcome:
        """Hand *letter* in.

        Raises `SignInFailed` or `httpx.ConnectError` where it has not left, `httpx.ReadError`
        where it may have.
        """
        call = _Call(time.monotonic() + self.timeout)
        try:
            async with asyncio.timeout(self.timeout):
                addresses = await self._checked()
                return await asyncio.to_thread(self._converse, addresses, letter, call)
        except (OSError, UnicodeError) as error:  # `smtplib.SMTPException` is an `OSError`
            if call.left and not isinstance(error, smtplib.SMTPDataError):
                raise httpx.ReadError("no answer to the letter") from None
            return _not_left(error)

    async def _checked(self) -> Sequence[str]:
        """Resolve the host; one denied address condemns the name, as for other destinations."""
        host = self.settings.host
        addresses = await self.resolve(host, self.settings.port)
        if any(is_denied(address, self.allow_networks) for address in addresses):
            raise AddressRefused(f"{host} leads to an address that is not called")
        return addresses

    def _converse(self, addresses: Sequence[str], letter: Letter, call: _Call) -> Outcome:
        session = self._connected(addresses, letter.sender.partition("@")[2], call)
        try:
            self._enter(session, call)
            outcome = _hand_in(session, letter, call) if letter.to else Accepted()
            with suppress(OSError):
                session.quit()  # what was taken stays taken
        finally:
            session.close()
        return outcome

    def _connected(self, addresses: Sequence[str], ours: str, call: _Call) -> smtplib.SMTP:
        """Connect to the first of *addresses* that answers."""
        failure: OSError = ConnectionError("no address")
        # smtplib would ask the DNS for our name.
        options: dict[str, Any] = {"local_hostname": ours}
        kind: type[_Pinned] = _Pinned
        if self.settings.tls == "implicit":
            kind, options["context"] = _PinnedTls, self.tls or tls_context()
        for address in addresses:
            options["timeout"] = call.remaining() / len(addresses)
            try:
                return kind(address, self.settings, options)
            except smtplib.SMTPException:
                raise  # it answered
            except OSError as error:
                failure = error  # the next address may be reachable (RFC 8305)
        raise failure

    def _enter(self, session: smtplib.SMTP, call: _Call) -> None:
        """Begin TLS, which checks the host's name, and sign in."""
        call.limit(session)
        if self.settings.tls == "starttls":
            session.starttls(context=self.tls or tls_context())
            call.limit(session)
        session.ehlo_or_helo_if_needed()
        if self.settings.username is None or self.settings.password is None:
            return
        call.limit(session)
        try:
            session.login(
                self.settings.username.get_secret_value(),
                self.settings.password.get_secret_value(),
            )
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPServerDisconnected):
            raise
        except smtplib.SMTPException:  # it offers no way to sign in that smtplib knows
            raise smtplib.SMTPAuthenticationError(SIGN_IN_REFUSED, "") from None


class _Pinned(smtplib.SMTP):
    """Connects to the address that was checked, where smtplib would resolve the name again."""

    def __init__(self, address: str, settings: SmtpSettings, options: Mapping[str, Any]) -> None:
        self._address = address
        super().__init__(settings.host, settings.port, **options)

    def _get_socket(self, _host: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((self._address, port), timeout)


class _PinnedTls(_Pinned, smtplib.SMTP_SSL):
    """The same for connections that begin with TLS, which checks the host's name."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        return self.context.wrap_socket(plain, server_hostname=host)


def _hand_in(session: smtplib.SMTP, letter: Letter, call: _Call) -> Outcome:
    """Hand *letter* in for those of its recipients whom the server takes."""
    call.limit(session)
    code, _ = session.mail(letter.sender)
    if _class(code) != TAKEN:
        return _refused(code)
    codes = [session.rcpt(recipient)[0] for recipient in letter.to]
    if not any(_class(code) == TAKEN for code in codes):
        return _refused(min(codes))  # where one of them may be taken later, so may the letter
    call.left = True  # first, so that whoever does not see it set by `ends` can be sure
    call.limit(session)
    code, _ = session.data(letter.content)
    if _class(code) not in (TAKEN, LATER, NEVER):
        raise smtplib.SMTPServerDisconnected("no SMTP")
    # The only reply that judges what the letter says; all else is for the settings' sake.
    return Rejected(f"smtp_{code}") if _class(code) == NEVER else _refused(code)


def _class(code: int) -> int:
    return code // 100


def _refused(code: int) -> Outcome:
    if _class(code) == TAKEN:
        return Accepted()
    return Deferred(f"smtp_{code}" if _class(code) in (LATER, NEVER) else "unreadable_answer")


def _not_left(error: Exception) -> Outcome:
    """Say what *error* means for a letter that has not left."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        raise SignInFailed("sign_in_failed") from None
    if isinstance(error, smtplib.SMTPNotSupportedError):
        raise SignInFailed("tls_missing") from None
    if isinstance(error, ssl.SSLCertVerificationError):
        raise SignInFailed("certificate_refused") from None
    if isinstance(error, smtplib.SMTPResponseException):
        return _refused(error.smtp_code)
    raise httpx.ConnectError("no letter has left") from None
