"""Fixtures of a lane: a world, and its only destination."""

from __future__ import annotations

import pytest

from tests.deliveries.world import FakeDestination, World


@pytest.fixture(name="world")
def _world():
    return World()


@pytest.fixture(name="crm")
def _crm():
    return FakeDestination()
