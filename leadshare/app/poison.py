"""App: what becomes of messages that a queue's function was given up on."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from leadshare.azure.queues import OUTCOMES, REFERRALS, TOUCHES, MessageQueue, PoisonQueue
from leadshare.errors import Unread
from leadshare.leads.quarantine import Quarantine
from leadshare.lifecycle.posted.waiting import Waiting
from leadshare.referrals.kept import ReferralStore
from leadshare.settings import Settings
from leadshare.watch.poison import Poison


def poison(
    settings: Settings, quarantine: Quarantine, referral_store: ReferralStore, waiting: Waiting
) -> tuple[Poison[Any], ...]:
    """Return what empties each poison queue: touches are kept, the others tried on and on."""
    keep = partial(quarantine.keep, reason=Unread.POISON)
    try_on = partial(_try_on, settings, referral_store)
    return (
        Poison(PoisonQueue(settings, TOUCHES), keep),
        Poison(PoisonQueue(settings, REFERRALS), try_on),
        Poison(PoisonQueue(settings, OUTCOMES), waiting.keep_poison),
    )


async def _try_on(
    settings: Settings, referral_store: ReferralStore, message: bytes, _queued: datetime
) -> None:
    """Note that a referral could not be had for long, and go on trying."""
    again = await referral_store.mark_unfetched(message)
    if again is not None:
        await MessageQueue(settings, REFERRALS).send([again])
