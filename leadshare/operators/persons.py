"""Operators: who may see persons, and what of strangers' words all others see: ids alone."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from typing import Final

from leadshare.errors import Forbidden
from leadshare.intake import listing_code

HEADER: Final = "x-leadshare-privacy-key"
"""What a request has beside its host key that asks for persons."""

BY: Final = "x-leadshare-by"
"""Who opens a lead or a touch with persons: percent-encoded, for headers take ASCII alone."""

SHORTEST: Final = 32
"""Characters that the privacy key must have."""

OTHER: Final = "other"
"""What is told of words that may be a customer's."""

_ACTION: Final = re.compile(r"[A-Za-z0-9_]{0,20}")


@dataclass(frozen=True, slots=True)
class Privacy:
    """The secret that opens persons, which no host key replaces."""

    key: str = field(repr=False)

    def shows(self, given: str, *, asked: bool) -> bool:
        """Say whether persons are to be shown; `Forbidden` where they are *asked* for wrongly."""
        if not asked:
            return False
        if len(self.key) < SHORTEST:
            raise Forbidden(f"LEADSHARE_PRIVACY_KEY: expected at least {SHORTEST} characters")
        if not hmac.compare_digest(given.encode(errors="surrogatepass"), self.key.encode()):
            raise Forbidden(f"{HEADER}: expected the key that opens persons, beside a host key")
        return True


def listing_shown(listing: str) -> str:
    """Return a *listing* that was posted if it is an id; else it may be a customer's words."""
    return listing if not listing or listing_code(listing) else OTHER


def action_shown(action: str) -> str:
    """Return an *action* that was posted if it can be a code."""
    return action if _ACTION.fullmatch(action) else OTHER
