"""Partner Center as it signs events, under certificates of our own making."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from tests.builders import NOW
from tests.destinations.authority import usage_of_key

URL: Final = "https://3psostorageacct.blob.core.windows.net/cert/pcnotifications.microsoft.com.cer"
"""Where the sample of "Partner Center webhooks" has its certificate."""

ISSUER_URL: Final = "https://www.microsoft.com/pkiops/certs/Issuing.crt"
REFERRAL: Final = "0f8fad5b-d9cb-469f-a165-70867728950e"
RESOURCE: Final = f"https://api.partnercenter.microsoft.com/engagements/v1/referrals/{REFERRAL}"
HASHES: Final[Mapping[str, HashAlgorithm]] = {"256": SHA256(), "384": SHA384(), "512": SHA512()}

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """The RSA key of this name; making one is slow."""
    assert name
    return rsa.generate_private_key(65537, 2048)


def name(common: str, *organisations: str) -> x509.Name:
    """A subject."""
    told = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, one) for one in organisations]
    return x509.Name([*told, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def certificate(  # noqa: PLR0913 - what a certificate says
    subject: x509.Name,
    own: Key,
    issuer: x509.Name,
    signer: rsa.RSAPrivateKey,
    *,
    names: tuple[str, ...] = (),
    days: tuple[float, float] = (-1, 30),
    issuer_url: str = "",
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
) -> x509.Certificate:
    """A certificate as the web's authorities make them; one with *names* is no authority's."""
    public, ca = own.public_key(), not names
    begins, ends = (at(day) for day in days)
    serial = 1 + len(subject.rfc4514_string())
    builder = x509.CertificateBuilder(issuer, subject, public, serial, begins, ends)
    builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)  # noqa: FBT003 - not critical
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.add_extension(above, critical=False)
    if ca:
        builder = builder.add_extension(usage_of_key(signs=True), critical=True)
    else:
        told = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
        builder = builder.add_extension(told, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if issuer_url:
        access = x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(issuer_url)
        )
        told_access = x509.AuthorityInformationAccess([access])
        builder = builder.add_extension(told_access, critical=False)
    return builder.sign(signer, SHA256())


def at(day: float) -> datetime:
    """So many days after noon."""
    return NOW + timedelta(days=day)


ROOT_NAME: Final = name("Root", "Trust Inc")
ISSUER_NAME: Final = name("Issuing CA", "Microsoft Corporation")


def root() -> x509.Certificate:
    """The root that all chains end at."""
    return certificate(ROOT_NAME, key("root"), ROOT_NAME, key("root"), days=(-900, 900))


def issuing(**changes: Any) -> x509.Certificate:
    """The authority between the root and the signer."""
    told = {"days": (-100, 100)} | changes
    return certificate(ISSUER_NAME, key("issuing"), ROOT_NAME, key("root"), **told)


def leaf(**changes: Any) -> x509.Certificate:
    """The certificate that events are signed under."""
    told: dict[str, Any] = {
        "subject": name("pcnotifications.microsoft.com", "Microsoft Corporation"),
        "own": key("leaf"),
        "issuer": ISSUER_NAME,
        "signer": key("issuing"),
        "names": ("pcnotifications.microsoft.com",),
        "issuer_url": ISSUER_URL.replace("https:", "http:"),
    }
    return certificate(**(told | changes))


def event(**changes: Any) -> bytes:
    """The body of an event; Microsoft, "Partner Center webhook events", referral created."""
    told = {
        "EventName": "referral-created",
        "ResourceUri": RESOURCE,
        "ResourceName": "referral",
        "AuditUri": None,
        "ResourceChangeUtcDate": "2026-11-22T11:59:30.5485487+00:00",
    }
    return json.dumps(told | changes).encode()


def headers(body: bytes, bits: str = "256", signer: str = "leaf", **changes: str) -> dict[str, str]:
    """The headers that go with *body*; in changes `_` is `-`, and nothing takes a header away."""
    signature = key(signer).sign(body, PKCS1v15(), HASHES[bits])
    told = {
        "authorization": f"Signature {b64encode(signature).decode()}",
        "x-ms-certificate-url": URL,
        "x-ms-signature-algorithm": f"rsa-sha{bits}",
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in told.items() if value}


@dataclass
class Web:
    """What is found where on the web; remembers what was asked for."""

    pages: dict[str, httpx.Response | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(self, url: str, one: x509.Certificate, encoding: Encoding = Encoding.DER) -> None:
        """Put a certificate somewhere."""
        self.pages[url] = httpx.Response(200, content=one.public_bytes(encoding))

    def client(self) -> httpx.AsyncClient:
        """A client for it."""

        def answer(request: httpx.Request) -> httpx.Response:
            self.asked.append(str(request.url))
            found = self.pages.get(str(request.url), httpx.Response(404))
            if isinstance(found, Exception):
                raise found
            return found

        return httpx.AsyncClient(transport=httpx.MockTransport(answer))


def web() -> Web:
    """The web with all certificates in their places."""
    found = Web()
    found.put(URL, leaf())
    found.put(ISSUER_URL, issuing())
    return found
