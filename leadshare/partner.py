"""Outside: one referral from Partner Center, for the use case, which knows no HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from leadshare.destinations.errors import SignInFailed
from leadshare.destinations.partner_center import PartnerCenter
from leadshare.destinations.partner_center_answers import Refused
from leadshare.errors import Unreachable


@dataclass(frozen=True, slots=True)
class Partner:
    """Fetches referrals as the user who is signed in sees them."""

    center: PartnerCenter

    async def fetch(self, referral: str, now: datetime) -> Mapping[str, Any] | None:
        """Return a referral, None where there is none; `Unreachable` where none can say."""
        try:
            return await self.center.get(referral, now)
        except Refused as error:
            if error.gone:
                return None
            raise Unreachable(f"a referral: {error}") from None
        except SignInFailed as error:
            raise Unreachable(f"a referral: {error.reason}") from None
        except httpx.TransportError as error:
            raise Unreachable(f"a referral: {type(error).__name__}") from None
