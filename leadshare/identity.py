"""Identity: who a touch comes from; ids that must never change, so this file is frozen.

Nothing here may use a library whose upgrade could change a result; nor may `addresses.py`, which
says when two addresses are one. Version 1.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from typing import Final

from leadshare.addresses import one_spelling

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
        if address := one_spelling(email):
            return self._digest("email", address)[:32]
        if digits := _phone(phone):
            return self._digest("phone", digits)[:32]
        return self._digest("unknown", otherwise)[:32]

    def lead(self, contact: str, listing: str) -> str:
        """Return the lead id: contact id, `-`, 16 hex of the *listing* key."""
        return f"{contact}-{self._digest('listing', listing)[:16]}"

    def touch_fingerprint(  # noqa: PLR0913, PLR0917 - what makes a repeat, and nothing else
        self, source: str, action: str, listing: str, email: str, said: Sequence[str], words: str
    ) -> str:
        """Return what a touch shares with one that repeats it word for word, 32 hex.

        The e-mail may be spelled otherwise; what is *said* of the person, and the words, may not.
        Keyed, because a plain hash of an address can be guessed.
        """
        about = [_fold(part) for part in (source, action, listing)]
        parts = [*about, one_spelling(email) or email, *said, words]
        return self._digest("touch", json.dumps(parts))[:32]

    def row_fingerprint(self, body: bytes) -> str:
        """Return what names the touch that a row of Microsoft's table tells of, 32 hex."""
        return self._digest("row", hashlib.sha256(body).hexdigest())[:32]

    def index_name(self, kind: str, text: str) -> str:
        """Return what a *text* of a *kind* is called in the index of what is found, 32 hex."""
        return self._digest(f"find:{kind}", text)[:32]

    def _digest(self, kind: str, text: str) -> str:
        message = f"1|{kind}|{text}".encode("utf-8", "backslashreplace")
        return hmac.digest(self._key, message, "sha256").hex()


def _fold(text: str) -> str:
    return _SPACE.sub(" ", text.translate(_LOWER)).strip(" ")


def _phone(text: str) -> str:
    """Return the digits for identity, or nothing if there are too few to tell people apart."""
    digits = _NOT_DIGIT.sub("", text).removeprefix("00")
    return digits if len(digits) >= _SHORTEST_PHONE else ""
