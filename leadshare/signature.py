"""Outside: prove that an event was signed by Partner Center; all that knows cryptography.

Microsoft, "Partner Center webhooks", how to authenticate the callback. Its sample takes an event
whose certificate does not hold without looking at the signature; here every step must pass.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import certifi
import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.x509 import (
    AuthorityInformationAccess,
    Certificate,
    DNSName,
    ExtensionNotFound,
    SubjectAlternativeName,
    UniformResourceIdentifier,
    load_der_x509_certificate,
    load_pem_x509_certificate,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from leadshare.errors import Unreachable, Unsigned

ALGORITHMS: Final[Mapping[str, HashAlgorithm]] = {
    "rsa-sha256": SHA256(),
    "rsa-sha384": SHA384(),
    "rsa-sha512": SHA512(),
}
"""What may sign, by header; SHA-1 and MD5 can be forged."""

ORGANISATION: Final = "Microsoft Corporation"

DOMAIN: Final = ".microsoft.com"
"""Where names are given out by Microsoft alone; the certificate is for one of them."""

STORE: Final = "3psostorageacct.blob.core.windows.net"
"""The account that Partner Center keeps its certificate in; anybody may have another one there."""

ROOTS: Final = frozenset(
    {
        "DigiCert Global Root G2",
        "DigiCert Global Root G3",
        "Microsoft RSA Root Certificate Authority 2017",
        "Microsoft ECC Root Certificate Authority 2017",
    }
)
"""Microsoft, "Azure Certificate Authority details": the roots of what it issues today."""

DEEPEST: Final = 4
"""Certificates above the signer's that are fetched at most; Microsoft's chains have two."""

KEPT: Final = timedelta(hours=12)
"""How long a certificate that held is used again without being asked for."""

MOST: Final = 8
"""Addresses whose certificates are kept; Partner Center has one."""

_LABELLED: Final = re.compile(
    r'# Label: "(?P<label>[^"]*)"\n(?:#.*\n)*'
    r"(?P<pem>-----BEGIN CERTIFICATE-----\n[^-]*-----END CERTIFICATE-----)"
)
_HOST: Final = re.compile(rf"(?:[a-z0-9-]+\.)*[a-z0-9-]+{re.escape(DOMAIN)}")
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9%._-]+)+")


@dataclass(frozen=True, slots=True)
class _Signer:
    """Whose chain has been verified, and until when that is taken for granted."""

    key: RSAPublicKey
    until: datetime


@dataclass(slots=True)
class Signatures:
    """Verifies events; *trust* are the roots that a signer's chain must end at."""

    client: httpx.AsyncClient
    trust: Sequence[Certificate]
    _signers: dict[str, _Signer] = field(default_factory=dict)

    async def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Return if *body* is signed as *headers* say; raise `Unsigned` with the reason if not.

        Raises `Unreachable` where the certificates could not be had, so that nothing is proven.
        """
        algorithm = ALGORITHMS.get(headers.get("x-ms-signature-algorithm", "").strip().lower())
        if algorithm is None:
            raise Unsigned("algorithm_refused")
        signature = _signature(headers)
        url = _pinned(headers.get("x-ms-certificate-url", ""), "certificate_url_refused")
        signer = self._signers.get(url)
        if signer is None or signer.until <= now:
            signer = await self._signer(url, now)
            self._signers = {**dict(list(self._signers.items())[1 - MOST :]), url: signer}
        try:
            signer.key.verify(signature, body, PKCS1v15(), algorithm)
        except InvalidSignature:
            raise Unsigned("signature_wrong") from None

    async def _signer(self, url: str, now: datetime) -> _Signer:
        leaf = await self._fetch(url)
        key = leaf.public_key()
        if not isinstance(key, RSAPublicKey):
            raise Unsigned("certificate_without_rsa")
        names = leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        if [name.value for name in names] != [ORGANISATION]:
            raise Unsigned("organisation_wrong")
        builder = PolicyBuilder().store(Store(list(self.trust))).time(now)
        verifier = builder.build_server_verifier(DNSName(_name(leaf)))
        above: list[Certificate] = []
        # Only the signer's own certificate is at its address, so that those between it and a
        # root are fetched from where each says that its issuer's is, as Windows does.
        while True:
            try:
                chain = verifier.verify(leaf, above)
            except VerificationError:
                issuer = _issuer_url([leaf, *above][-1])
                if not issuer or len(above) == DEEPEST:
                    raise Unsigned("certificate_untrusted") from None
                above.append(await self._fetch(issuer))
            else:
                ends = min(one.not_valid_after_utc for one in chain)
                return _Signer(key, min(ends, now + KEPT))

    async def _fetch(self, url: str) -> Certificate:
        try:
            response = await self.client.get(url)
        except httpx.HTTPError as error:
            raise Unreachable(f"a certificate: {type(error).__name__}") from None
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
            raise Unsigned("certificate_missing")
        if response.status_code != httpx.codes.OK:
            raise Unreachable(f"a certificate: {response.status_code}")
        return _certificate(response.content)


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
    bare, told = headers.get("x-ms-signature", ""), headers.get("authorization", "")
    found = re.fullmatch(r"signature +(\S+)", bare or told, re.IGNORECASE)
    if not found and not bare:
        raise Unsigned("signature_missing")
    try:
        return b64decode(found[1] if found else bare, validate=True)
    except (Base64Error, ValueError):
        raise Unsigned("signature_unreadable") from None


def _pinned(url: str, otherwise: str) -> str:
    """Return *url*, of a host of Microsoft and written in one way only, as it is called."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Unsigned(otherwise) from None
    known = host == STORE or _HOST.fullmatch(host)
    # Written anew and compared, so that no two readers can take it for different hosts.
    plain = url == f"https://{host}{parts.path}" and _PATH.fullmatch(parts.path)
    if port or not known or not plain:
        raise Unsigned(otherwise)
    return url


def _certificate(content: bytes) -> Certificate:
    """Read a certificate, binary or text: `.cer` may be either."""
    try:
        pem = content.lstrip().startswith(b"-----")
        return load_pem_x509_certificate(content) if pem else load_der_x509_certificate(content)
    except ValueError:
        raise Unsigned("certificate_unreadable") from None


def _name(leaf: Certificate) -> str:
    """Return a name of Microsoft's that *leaf* is for."""
    try:
        names = leaf.extensions.get_extension_for_class(SubjectAlternativeName).value
    except (ExtensionNotFound, ValueError):
        raise Unsigned("subject_wrong") from None
    for name in names.get_values_for_type(DNSName):
        if name.lower().endswith(DOMAIN) and "*" not in name:
            return name
    raise Unsigned("subject_wrong")


def _issuer_url(certificate: Certificate) -> str:
    """Return where *certificate* says that its issuer's is, if that is at Microsoft."""
    try:
        told = certificate.extensions.get_extension_for_class(AuthorityInformationAccess).value
    except (ExtensionNotFound, ValueError):
        return ""
    for access in told:
        place = access.access_location
        if access.access_method == AuthorityInformationAccessOID.CA_ISSUERS and isinstance(
            place, UniformResourceIdentifier
        ):
            # They say http, for a certificate proves itself; we call nobody by http.
            url = re.sub("^http:", "https:", place.value)
            return _pinned(url, "certificate_untrusted")
    return ""
