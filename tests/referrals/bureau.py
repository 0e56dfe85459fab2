"""Partner Center with some referrals, and an office that takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from leadshare.referrals.classify import Referrals
from tests.builders import NOW, Office
from tests.microsoft import REFERRAL


@dataclass
class Partner:
    """Partner Center with some referrals."""

    referrals: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    error: Exception | None = None

    async def fetch(self, referral: str, now: datetime) -> Mapping[str, Any] | None:
        """Give one."""
        assert now.tzinfo
        if self.error:
            raise self.error
        return self.referrals.get(referral)


class Bureau(Office):
    """An office that takes referrals as well."""

    def __init__(self) -> None:
        super().__init__()
        self.partner = Partner()
        self.heard: list[Mapping[str, Any]] = []

    @property
    def referrals(self) -> Referrals:
        """What classifies its referrals."""
        return Referrals(self.referral_store, self.partner, self.clock, self.hear)

    async def hear(self, referral: Mapping[str, Any]) -> None:
        """Hear of a referral."""
        self.heard.append(referral)

    async def tell(self, told: Mapping[str, Any], key: str = REFERRAL) -> None:
        """Classify a referral."""
        self.partner.referrals[key] = told
        await self.referrals.classify(queued(key))

    def row(self, key: str = REFERRAL) -> dict[str, Any]:
        """A referral's row."""
        return self.referrals_table.rows["referral", key][0]


def queued(key: str = REFERRAL, at: datetime = NOW) -> bytes:
    """The message about a referral."""
    told = {"id": key, "event": "referral-created", "received": at.isoformat()}
    return json.dumps({"v": 1, "referral": told}).encode()
