"""Core: who a touch comes from; ids that must never change, so this file is frozen.

Nothing here may use a library whose upgrade could change a result. Version 1.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Final

_FROM: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER: Final = str.maketrans(_FROM, "abcdefghijklmnopqrstuvwxyz")
_SPACE: Final = re.compile("[ \t\r\n]+")
_NOT_DIGIT: Final = re.compile("[^0-9]")
_SHORTEST_PHONE: Final = 6


class Identity:
    """Makes ids with the deployment's key, which is never rotated."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @property
    def fingerprint(self) -> str:
        """A name for the key that does not give it away."""
        return self._digest("key", "")[:16]

    def contact(self, email: str, phone: str, otherwise: str) -> str:
        """Return the contact id, 32 hex: by *email*, else by *phone*, else by *otherwise*."""
        if address := _email(email):
            return self._digest("email", address)[:32]
        if digits := _phone(phone):
            return self._digest("phone", digits)[:32]
        return self._digest("unknown", otherwise)[:32]

    def lead(self, contact: str, listing: str) -> str:
        """Return the lead id: contact id, `-`, 16 hex of the *listing* key."""
        return f"{contact}-{self._digest('listing', listing)[:16]}"

    def touch_fingerprint(self, *parts: str) -> str:
        """Return what two posts of the same action of the same customer share, 32 hex.

        Keyed, because a plain hash of an address can be guessed.
        """
        return self._digest("touch", json.dumps([_fold(part) for part in parts]))[:32]

    def _digest(self, kind: str, text: str) -> str:
        message = f"1|{kind}|{text}".encode("utf-8", "backslashreplace")
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def _fold(text: str) -> str:
    return _SPACE.sub(" ", text.translate(_LOWER)).strip(" ")


def _email(text: str) -> str:
    """Return the address for identity, or nothing if *text* is no address at all."""
    folded = _fold(text)
    local, at, domain = folded.rpartition("@")
    return folded if local and at and domain and " " not in folded else ""


def _phone(text: str) -> str:
    """Return the digits for identity, or nothing if there are too few to tell people apart."""
    digits = _NOT_DIGIT.sub("", text).removeprefix("00")
    return digits if len(digits) >= _SHORTEST_PHONE else ""
