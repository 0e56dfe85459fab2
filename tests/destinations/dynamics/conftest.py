"""Fixtures of Dynamics 365: a simulated Dataverse, who signs in there, and the destination."""

from __future__ import annotations

import pytest

from leadshare.destinations.dynamics.destination import Dynamics
from tests.destinations.dataverse import Dataverse
from tests.destinations.dynamics.builders import URL, Tokens, dynamics_at


@pytest.fixture(name="dataverse")
def _dataverse() -> Dataverse:
    return Dataverse(URL)


@pytest.fixture(name="tokens")
def _tokens() -> Tokens:
    return Tokens()


@pytest.fixture(name="crm")
def _crm(dataverse: Dataverse, tokens: Tokens) -> Dynamics:
    return dynamics_at(dataverse.handle, tokens)
