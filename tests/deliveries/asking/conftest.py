"""Fixtures of asking: a world, and a destination that tells what became of leads."""

from __future__ import annotations

import pytest

from tests.deliveries.asking.world import AskingWorld, Crm


@pytest.fixture(name="world")
def _world() -> AskingWorld:
    return AskingWorld()


@pytest.fixture(name="crm")
def _crm() -> Crm:
    return Crm()
