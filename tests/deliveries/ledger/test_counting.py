"""Deliveries: what is counted of them: accepted once, parked each time, and nothing of notices."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from leadshare.counts.contribution import unpack
from leadshare.deliveries import ledger
from leadshare.deliveries.delivery import SCHEDULE, Accepted, Rejected
from leadshare.deliveries.ledger import Attempt
from leadshare.reason import Reason
from leadshare.store.keys import delivery_key, lead_key
from leadshare.store.table import Change, Row
from tests.builders import NOW, configuration, touch
from tests.leads.contact import CRM, Contact

LATER = NOW + timedelta(minutes=30)
LEAD = touch().lead


@pytest.fixture(name="contact")
async def _contact() -> Contact:
    """A contact with one lead, which one CRM is owed."""
    contact = Contact()
    await contact.take(touch(), configuration(CRM))
    return contact


def attempt(row: Row, outcome: Any, **more: Any) -> Attempt:
    """An attempt at what a due row holds."""
    return Attempt(ledger.to_delivery(row), outcome, LATER, 200, **more)


def finish(row: Row, outcome: Any, **more: Any) -> list[Change]:
    """What follows from it."""
    return ledger.finish(row, attempt(row, outcome, **more), SCHEDULE, LATER, 0.0)


def counted(contact: Contact) -> Counter[str]:
    """What its delivery is counted as, as its row and the outbox tell alike."""
    [delivery] = contact.table.values("delivery")
    number, told = unpack(delivery["counted"])
    rows = [row for row in contact.table.values("count") if row["destination"]]
    last = max(rows, key=lambda row: unpack(row["is"])[0], default={"is": b""})
    assert (number, told) == unpack(last["is"])
    return sum((Counter(cells) for cells in told.on.values()), Counter())


class TestCounted:
    async def test_accepted(self, contact):
        """What is accepted for the first time is counted, with how long it took."""
        [due] = await contact.due()
        await contact.write(finish(due, Accepted("r")))

        assert {"delivered": 1, "accepted_in:86": 1} == counted(contact)

    async def test_notice(self, contact):
        """What a notice takes is no delivery to anybody who follows up."""
        [due] = await contact.due()
        await contact.write(finish(due, Accepted("r"), follows_up=False))

        assert {} == counted(contact)

    async def test_parked_again_and_done(self, contact):
        """Each time that it parks is counted; done by a person it is delivered, without a time."""
        [due] = await contact.due()
        await contact.write(finish(due, Rejected("bad")))
        [parked] = await contact.table.read(LEAD[0], "parked|", "parked|~")
        await contact.write(ledger.replay(parked, LATER))
        [due] = await contact.due()
        await contact.write(ledger.park(due, Reason.PARKED_BY_HAND, LATER))
        [parked] = await contact.table.read(LEAD[0], "parked|", "parked|~")
        await contact.write(ledger.done(parked, LATER, "zoe"))

        assert {"parked": 2, "delivered": 1} == counted(contact)

    async def test_worklist(self, contact):
        """What waits on a worklist is not parked for anything that went wrong."""
        [due] = await contact.due()
        await contact.write(finish(due, Rejected(Reason.WORKLIST)))

        assert {} == counted(contact)

    async def test_late(self, contact):
        """What was accepted while somebody parked it is counted as both."""
        [due] = await contact.due()
        left = attempt(due, Accepted("r"))
        await contact.write(ledger.park(due, Reason.PARKED_BY_HAND, LATER))
        now = await contact.table.get(LEAD[0], delivery_key(LEAD, "crm"))
        lead = await contact.table.get(LEAD[0], lead_key(LEAD))
        assert now
        assert lead
        await contact.write(ledger.finish_late(left, now, lead))

        assert {"parked": 1, "delivered": 1, "accepted_in:86": 1} == counted(contact)

    async def test_lost(self, contact):
        """What was accepted and is not there was delivered once, and is parked."""
        [due] = await contact.due()
        await contact.write(
            ledger.finish(due, attempt(due, Accepted("r")), SCHEDULE, LATER, 0.0, look_up=True)
        )
        for minutes in (1, 11, 71):
            [due] = await contact.due()
            told, now = Rejected("not_found_after_accept"), LATER + timedelta(minutes=minutes)
            await contact.write(ledger.finish_look_up(due, told, now, now))

        assert {"parked": 1, "delivered": 1, "accepted_in:86": 1} == counted(contact)


async def test_unproven_stays(contact):
    """What no look-up has found is still unproven when a newer version is owed."""
    [due] = await contact.due()
    await contact.write(
        ledger.finish(due, attempt(due, Accepted("r")), SCHEDULE, LATER, 0.0, look_up=True)
    )
    await contact.take(touch(2, LATER, Title="CEO"), configuration(CRM))

    [due] = await contact.due()
    assert due.values["unproven"]
