"""Partner Center: certificates at Microsoft's addresses, and how many strangers may have fetched.

Whoever posts an event names where its certificate is, and nothing is proven until it was fetched.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import httpx
from cryptography.x509 import (
    AuthorityInformationAccess,
    Certificate,
    ExtensionNotFound,
    UniformResourceIdentifier,
    load_der_x509_certificate,
    load_pem_x509_certificate,
)
from cryptography.x509.oid import AuthorityInformationAccessOID

from leadshare.errors import Unreachable, Unsigned
from leadshare.reason import Doubt

DOMAIN: Final = ".microsoft.com"
"""Where names are given out by Microsoft alone; the certificate is for one of them."""

STORE: Final = "3psostorageacct.blob.core.windows.net"
"""The account that Partner Center keeps its certificate in; anybody may have another one there."""

CALLS: Final = 12
WINDOW: Final = timedelta(minutes=1)
"""So many are fetched in so long for events of unproven signers; one signer needs three."""

LONGEST: Final = 2048
"""Characters that an address may have."""

_HOST: Final = re.compile(rf"(?:[a-z0-9-]+\.)*[a-z0-9-]+{re.escape(DOMAIN)}")
_PATH: Final = re.compile(r"(?:/(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+)+")
_ENCODED: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]")


@dataclass(slots=True)
class Certificates:
    """Fetches certificates, within a budget."""

    client: httpx.AsyncClient
    _calls: deque[datetime] = field(default_factory=lambda: deque(maxlen=CALLS))

    async def fetch(self, url: str, now: datetime, *, proven: bool) -> Certificate:
        """Return the certificate at *url*; `Unsigned` if there is none.

        Raises `Unreachable` where it cannot be had, or the budget is spent; what is asked for on
        behalf of a *proven* signer does not count.
        """
        if not proven:
            self._spend(now)
        try:
            response = await self.client.get(url)
        except httpx.HTTPError as error:
            raise Unreachable(f"a certificate: {type(error).__name__}") from None
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
            raise Unsigned(Doubt.CERTIFICATE_MISSING)
        if response.status_code != httpx.codes.OK:
            raise Unreachable(f"a certificate: {response.status_code}")
        return _certificate(response.content)

    def _spend(self, now: datetime) -> None:
        if len(self._calls) == CALLS and abs(now - self._calls[0]) < WINDOW:
            raise Unreachable(f"a certificate: over {CALLS} a minute")
        self._calls.append(now)


def pinned(url: str, otherwise: str) -> str:
    """Return *url*, of a host of Microsoft, in its normal form; `Unsigned` (*otherwise*) if not.

    RFC 3986, section 6.2.2: two spellings of one address are one.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Unsigned(otherwise) from None
    known = host == STORE or _HOST.fullmatch(host)
    # Written anew and compared, so that no two readers can take it for different hosts.
    plain = url == f"https://{host}{parts.path}" and _PATH.fullmatch(parts.path)
    path = _ENCODED.sub(_normal, parts.path)
    upwards = {".", ".."} & {*path.split("/")}
    if port or not known or not plain or upwards or len(url) > LONGEST:
        raise Unsigned(otherwise)
    return f"https://{host}{path}"


def _normal(encoded: re.Match[str]) -> str:
    """Return an octet as it is written best: as itself where it needs no encoding."""
    sign = chr(int(encoded[1], 16))
    return sign if _UNRESERVED.fullmatch(sign) else encoded[0].upper()


def issuer_url(certificate: Certificate) -> str:
    """Return where *certificate* says that its issuer's is, if that is at Microsoft."""
    try:
        accesses = certificate.extensions.get_extension_for_class(AuthorityInformationAccess).value
    except (ExtensionNotFound, ValueError):
        return ""
    for access in accesses:
        place = access.access_location
        if access.access_method == AuthorityInformationAccessOID.CA_ISSUERS and isinstance(
            place, UniformResourceIdentifier
        ):
            # They say http, for a certificate proves itself; we call nobody by http.
            url = re.sub("^http:", "https:", place.value)
            return pinned(url, Doubt.CERTIFICATE_UNTRUSTED)
    return ""


def _certificate(content: bytes) -> Certificate:
    """Read a certificate, binary or text: `.cer` may be either."""
    try:
        pem = content.lstrip().startswith(b"-----")
        return load_pem_x509_certificate(content) if pem else load_der_x509_certificate(content)
    except ValueError:
        raise Unsigned(Doubt.CERTIFICATE_UNREADABLE) from None
