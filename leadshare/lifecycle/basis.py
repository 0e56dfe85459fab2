"""Lifecycle: on which legal basis a customer may be reached, by what they asked for, as data."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from leadshare.playbook import Intent


class Basis(StrEnum):
    """What a publisher says a track may reach customers on (GDPR, Article 6(1)(a), (b) and (f))."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate interest"


_ASKED: Final = "asked to be contacted about this listing"
_TOOK: Final = "shared contact details by taking the product, so that to hear of it is expected"

CARRIES: Final[Mapping[Basis, Mapping[Intent, str]]] = {
    Basis.CONSENT: {Intent.CONTACT_REQUEST: "agreed to be contacted, by Contact me"},
    Basis.CONTRACT: {
        Intent.CONTACT_REQUEST: f"{_ASKED}, which is a step before a contract",
        Intent.TRIAL: "tries the product, under the terms of the trial",
        Intent.ACQUISITION: "acquired the product",
        Intent.PURCHASE: "bought the product",
    },
    Basis.LEGITIMATE_INTEREST: {
        Intent.CONTACT_REQUEST: _ASKED,
        Intent.TRIAL: _TOOK,
        Intent.ACQUISITION: _TOOK,
        Intent.PURCHASE: _TOOK,
    },
}
"""What a customer must have asked for, for each basis, and why that carries it.

An action that Microsoft does not document carries none, and neither does one of do-not-contact.
"""


def carried(basis: Basis | None, intent: str) -> bool:
    """Say whether customers with this *intent* may be reached on a *basis*, if there is one."""
    return basis is not None and intent in CARRIES[basis]
