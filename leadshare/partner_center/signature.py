"""Partner Center: prove that an event was signed by Partner Center.

Microsoft, "Partner Center webhooks", how to authenticate the callback. Its sample takes an event
whose certificate does not hold without looking at the signature; here every step must pass.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

import certifi
import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.x509 import Certificate, load_pem_x509_certificate

from leadshare.errors import Unsigned
from leadshare.partner_center.certificates import Certificates, pinned
from leadshare.partner_center.signers import Signers
from leadshare.reason import Doubt

ALGORITHMS: Final[Mapping[str, HashAlgorithm]] = {
    "rsa-sha256": SHA256(),
    "rsa-sha384": SHA384(),
    "rsa-sha512": SHA512(),
}
"""What may sign, by header; SHA-1 and MD5 can be forged."""

SIZES: Final = range(2048 // 8, 8192 // 8 + 1)
"""Bytes that an RSA signature of a key which may sign can have."""

ROOTS: Final = frozenset(
    {
        "DigiCert Global Root G2",
        "DigiCert Global Root G3",
        "Microsoft RSA Root Certificate Authority 2017",
        "Microsoft ECC Root Certificate Authority 2017",
    }
)
"""Microsoft, "Azure Certificate Authority details": the roots of what it issues today."""

_LABELLED: Final = re.compile(
    r'# Label: "(?P<label>[^"]*)"\n(?:#.*\n)*'
    r"(?P<pem>-----BEGIN CERTIFICATE-----\n[^-]*-----END CERTIFICATE-----)"
)


@dataclass(frozen=True, slots=True)
class Signatures:
    """Verifies events: what can be seen without a call goes first."""

    signers: Signers

    @classmethod
    def under(cls, client: httpx.AsyncClient, trust: Sequence[Certificate]) -> Self:
        """Return what fetches with *client* and trusts these roots."""
        return cls(Signers(Certificates(client), trust))

    async def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Return if *body* is signed as *headers* say; raise `Unsigned` with the reason if not.

        Raises `Unreachable` where the certificates could not be had, so that nothing is proven.
        """
        algorithm = ALGORITHMS.get(headers.get("x-ms-signature-algorithm", "").strip().lower())
        if algorithm is None:
            raise Unsigned(Doubt.ALGORITHM_REFUSED)
        signature = _signature(headers)
        url = pinned(headers.get("x-ms-certificate-url", ""), Doubt.CERTIFICATE_URL_REFUSED)
        signer = await self.signers.find(url, now)
        try:
            signer.key.verify(signature, body, PKCS1v15(), algorithm)
        except InvalidSignature:
            raise Unsigned(Doubt.SIGNATURE_WRONG) from None
        self.signers.prove(url, signer)


def microsoft_roots() -> list[Certificate]:
    """Return, of the roots that the web trusts, those that Microsoft issues under."""
    # Read one by one, by the label that is above each: some of the others are against the rules.
    return [
        load_pem_x509_certificate(found["pem"].encode())
        for found in _LABELLED.finditer(certifi.contents())
        if found["label"] in ROOTS
    ]


def _signature(headers: Mapping[str, str]) -> bytes:
    """Return the signature, in a header of its own if that was registered for."""
    bare, full = headers.get("x-ms-signature", ""), headers.get("authorization", "")
    found = re.fullmatch(r"signature +(\S+)", bare or full, re.IGNORECASE)
    if not found and not bare:
        raise Unsigned(Doubt.SIGNATURE_MISSING)
    try:
        signature = b64decode(found[1] if found else bare, validate=True)
    except (Base64Error, ValueError):
        raise Unsigned(Doubt.SIGNATURE_UNREADABLE) from None
    if len(signature) not in SIZES:
        raise Unsigned(Doubt.SIGNATURE_WRONG)
    return signature
