"""An office whose lanes have been ticked, and its requests."""

from __future__ import annotations

import pytest

from leadshare.deliveries.lanes.lane import Lane
from leadshare.deliveries.lanes.rate import Rate
from leadshare.operators.requests import OperatorRequests
from leadshare.store import lease
from leadshare.store.keys import LANE
from leadshare.store.table import Change
from tests.builders import Office
from tests.operators.requests import Configured


@pytest.fixture(name="office")
async def _office() -> Office:
    """An office whose lanes have been ticked."""
    office = Office()
    for name in ("crm", "sellers"):
        await office.state.write(LANE, [Change("insert", name, lease.to_row(Lane()))])
    return office


@pytest.fixture(name="requests")
def _requests(office: Office) -> OperatorRequests:
    rates = {"crm": None, "sellers": Rate(calls=10, seconds=60)}
    return office.requests(lambda: Configured(office.classifier, rates, office.unrouted))
