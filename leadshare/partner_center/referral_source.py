"""Partner Center: one referral from Partner Center, for the use case, which knows no HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx

from leadshare.client.errors import SignInFailed
from leadshare.errors import Unreachable
from leadshare.partner_center.answers import Unusable
from leadshare.partner_center.api import PartnerCenter


@dataclass(frozen=True, slots=True)
class Partner:
    """Fetches referrals as the user who is signed in sees them."""

    center: PartnerCenter

    async def fetch(self, referral: str, now: datetime) -> Mapping[str, object] | None:
        """Return a referral, None where there is none; `Unreachable` where none can say."""
        try:
            return await self.center.get(referral, now)
        except Unusable as error:
            if error.gone:
                return None
            raise Unreachable(f"a referral: {error}") from None
        except SignInFailed as error:
            raise Unreachable(f"a referral: {error.reason}") from None
        except httpx.TransportError as error:
            raise Unreachable(f"a referral: {type(error).__name__}") from None
