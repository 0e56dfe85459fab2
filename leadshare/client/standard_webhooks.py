"""Client: Standard Webhooks 1.0.0: the keys of events, signing them, and proving who signed one.

Sections are cited of spec/standard-webhooks.md in standard-webhooks/standard-webhooks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import SecretStr

from leadshare.errors import Unsigned
from leadshare.reason import Unproven

KEY_BYTES: Final = range(24, 65)
"""How long a symmetric key may be ("Signature scheme")."""

TOLERANCE: Final = timedelta(minutes=5)
"""How far the time of an attempt may be from ours; what is older may be somebody's repeat."""

LONGEST_SIGNATURES: Final = 2048
"""Characters of all signatures of an event: two are what a secret that is replaced takes."""

# A dot would make another text of the same bytes.
_ID: Final = re.compile(r"[!-\-/-~]{1,128}")
_SECONDS: Final = re.compile(r"[0-9]{1,12}")
_V1: Final = "v1,"


def signed(identity: str, now: datetime, body: bytes, keys: Sequence[bytes]) -> Mapping[str, str]:
    """Return the headers that prove who sent these very bytes, and when."""
    seconds = str(int(now.timestamp()))
    text = _text(identity, seconds, body)
    return {
        "webhook-id": identity,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(_signature(key, text).decode() for key in keys),
    }


def signer(
    headers: Mapping[str, str], body: bytes, now: datetime, keys: Mapping[str, Sequence[bytes]]
) -> str:
    """Return whose of the *keys*, by name, has signed *body*; `Unsigned` where it is nobody's.

    All keys are tried, in constant time, whichever fits.
    """
    identity, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(identity):
        raise Unsigned(Unproven.ID_MISSING)
    if not _SECONDS.fullmatch(seconds):
        raise Unsigned(Unproven.TIMESTAMP_MISSING)
    if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():
        raise Unsigned(Unproven.TIMESTAMP_OFF)
    header = headers.get("webhook-signature", "")[:LONGEST_SIGNATURES]
    told = [one.encode("utf-8", "replace") for one in header.split() if one.startswith(_V1)]
    if not told:
        raise Unsigned(Unproven.UNSIGNED)
    text = _text(identity, seconds, body)
    right = [(name, _signature(key, text)) for name, own in keys.items() for key in own]
    names = [name for name, one in right for other in told if hmac.compare_digest(one, other)]
    if not names:
        raise Unsigned(Unproven.SIGNER_UNKNOWN)
    return names[0]


def key_of(secret: SecretStr) -> bytes:
    """Read the key in a `whsec_` text; receivers show it with and without padding."""
    prefix, _, text = secret.get_secret_value().partition("_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise ValueError("the secret must be whsec_ and base64") from error
    if prefix != "whsec" or len(key) not in KEY_BYTES:
        raise ValueError("the secret must be whsec_ and base64 of 24 to 64 bytes")
    return key


def _text(identity: str, seconds: str, body: bytes) -> bytes:
    """Return what is signed."""
    return b".".join((identity.encode(), seconds.encode(), body))


def _signature(key: bytes, text: bytes) -> bytes:
    return _V1.encode() + base64.b64encode(hmac.digest(key, text, hashlib.sha256))
