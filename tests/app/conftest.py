"""An office, and its deployment behind the triggers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.app.triggers import deploy
from tests.builders import Office


@pytest.fixture(name="office")
def _office() -> Office:
    return Office()


@pytest.fixture(name="deployed")
def _deployed(office: Office, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    return deploy(office, monkeypatch)
