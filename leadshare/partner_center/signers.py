"""Partner Center: whose certificate holds, what was found out of late, and who has proven it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import Certificate, DNSName, ExtensionNotFound, SubjectAlternativeName
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from leadshare.errors import Unreachable, Unsigned
from leadshare.partner_center.certificates import DOMAIN, Certificates, issuer_url
from leadshare.reason import Doubt

ORGANISATION: Final = "Microsoft Corporation"

DEEPEST: Final = 4
"""Certificates above the signer's that are fetched at most; Microsoft's chains have two."""

KEPT: Final = timedelta(hours=12)
"""How long a certificate that held, and signed something, is used again without being asked for."""

MOST: Final = 8
"""Addresses of such certificates; Partner Center has one."""

TRIED: Final = timedelta(minutes=2)
"""How long what was found at an address is believed of which nothing has been proven."""

MOST_TRIED: Final = 64
"""Such addresses; anybody can name them, and they drive out none that is proven."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose chain has been verified, and until when that is taken for granted."""

    key: RSAPublicKey
    until: datetime


Found = Signer | Unsigned | Unreachable
"""What there is at an address."""


@dataclass(slots=True)
class Signers:
    """Finds signers by the addresses of their certificates, as seldom as can be.

    *trust* are the roots that a signer's chain must end at.
    """

    certificates: Certificates
    trust: Sequence[Certificate]
    _proven: dict[str, Signer] = field(default_factory=dict)
    _tried: dict[str, tuple[datetime, Found]] = field(default_factory=dict)
    _asked: dict[str, asyncio.Task[Found]] = field(default_factory=dict)

    async def find(self, url: str, now: datetime) -> Signer:
        """Return the signer at *url*; `Unsigned` if nobody there is trusted.

        Raises `Unreachable` where that cannot be known now.
        """
        proven = self._proven.get(url)
        if proven and proven.until > now:
            return proven
        until, found = self._tried.get(url, (now, None))
        if found is None or until <= now:
            # Shielded, for one who gives up waiting must not take the others' answer along.
            found = await asyncio.shield(self._asked.get(url) or self._begin(url, now))
        if isinstance(found, Signer):
            return found
        raise found.with_traceback(None)

    def prove(self, url: str, signer: Signer) -> None:
        """Note that what *signer*, at *url*, signs does verify: no stranger can have that noted."""
        self._proven = _with(self._proven, url, signer, MOST)

    def _begin(self, url: str, now: datetime) -> asyncio.Task[Found]:
        asked = self._asked[url] = asyncio.create_task(self._try(url, now))
        asked.add_done_callback(lambda _: self._asked.pop(url))
        return asked

    async def _try(self, url: str, now: datetime) -> Found:
        found: Found
        try:
            found = await self._signer(url, now)
        except (Unsigned, Unreachable) as error:
            found = error
        until = now + TRIED
        if isinstance(found, Signer):
            until = min(until, found.until)
        self._tried = _with(self._tried, url, (until, found), MOST_TRIED)
        return found

    async def _signer(self, url: str, now: datetime) -> Signer:
        proven = url in self._proven
        leaf = await self.certificates.fetch(url, now, proven=proven)
        key = leaf.public_key()
        if not isinstance(key, RSAPublicKey):
            raise Unsigned(Doubt.CERTIFICATE_WITHOUT_RSA)
        names = leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        if [name.value for name in names] != [ORGANISATION]:
            raise Unsigned(Doubt.ORGANISATION_WRONG)
        builder = PolicyBuilder().store(Store(list(self.trust))).time(now)
        verifier = builder.build_server_verifier(DNSName(_name(leaf)))
        above: list[Certificate] = []
        # Only the signer's own certificate is at its address, so that those between it and a
        # root are fetched from where each says that its issuer's is, as Windows does.
        while True:
            try:
                chain = verifier.verify(leaf, above)
            except VerificationError:
                issuer = issuer_url([leaf, *above][-1])
                if not issuer or len(above) == DEEPEST:
                    raise Unsigned(Doubt.CERTIFICATE_UNTRUSTED) from None
                above.append(await self.certificates.fetch(issuer, now, proven=proven))
            else:
                ends = min(one.not_valid_after_utc for one in chain)
                return Signer(key, min(ends, now + KEPT))


T = TypeVar("T")


def _with(kept: Mapping[str, T], url: str, value: T, most: int) -> dict[str, T]:
    """Return *kept* with *value* as its latest, and of the oldest only so many that it fits."""
    others = {name: one for name, one in kept.items() if name != url}
    return {**dict(list(others.items())[1 - most :]), url: value}


def _name(leaf: Certificate) -> str:
    """Return a name of Microsoft's that *leaf* is for."""
    try:
        names = leaf.extensions.get_extension_for_class(SubjectAlternativeName).value
    except (ExtensionNotFound, ValueError):
        raise Unsigned(Doubt.SUBJECT_WRONG) from None
    for name in names.get_values_for_type(DNSName):
        if name.lower().endswith(DOMAIN) and "*" not in name:
            return name
    raise Unsigned(Doubt.SUBJECT_WRONG)
