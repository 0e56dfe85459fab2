"""`listings verify`: whose test lead has arrived, as the deployment tells."""

from __future__ import annotations

import json
import os

import pytest

from leadshare.errors import ConfigurationError
from tests.builders import Office


def requests_of(office):
    """What answers operators without a configuration, and lists leads none the less."""

    def configured():
        raise ConfigurationError("none")

    return office.requests(configured)


@pytest.fixture(autouse=True)
def _desk(microsoft, monkeypatch):
    """Ask the simulated desk, which has seen one of two listings' test lead."""
    monkeypatch.setenv("LEADSHARE_MANAGE_URL", os.environ["DESK"])
    microsoft.add("robot")
    microsoft.add("other")
    microsoft.add("old", lifecycleState="deprecated")
    microsoft.tests["contoso.robot"] = "2026-11-20T12:00:00.000Z"


class TestDesk:
    async def test_real(self):
        """The desk that is deployed answers what verify asks: a listing's test leads, newest
        first.
        """
        office = Office()
        await office.take(1, FirstName="MSFT_TEST_1")
        await office.take(2)
        requests = requests_of(office)
        query = {"stage": "test", "listing": "contoso.invoice-robot", "limit": "1"}
        query["since"] = "2026-01-01"

        [lead] = (await requests.list_leads(query))["leads"]
        assert "2026-11-22T12:01:00.000Z" == lead["last_seen"]


class TestVerify:
    def test_all(self, line):
        """Listings whose test lead has not arrived are told, and make the exit code 1."""
        code, said = line.run("listings", "verify")

        assert 1 == code
        assert ["contoso.other  not arrived", "contoso.robot  2026-11-20T12:00:00.000Z"] == (
            said.splitlines()[1:]
        )

    def test_one(self, microsoft, line):
        """A listing that is named is asked for alone, and Partner Center not at all."""
        assert 0 == line.run("listings", "verify", "--listing", "Contoso.Robot")[0]
        assert ["GET /api/manage/leads"] == microsoft.asked

    def test_since(self, line):
        """A test lead from before the time that is told does not count."""
        words = ("listings", "verify", "--listing", "contoso.robot", "--since")

        assert 0 == line.run(*words, "2026-11-20")[0]
        assert 1 == line.run(*words, "2026-11-21")[0]

    def test_json(self, line):
        """Programs are told the same."""
        _, said = line.run("listings", "verify", "--json")

        told = json.loads(said)
        assert told["ok"] is False
        assert {"contoso.other": "", "contoso.robot": "2026-11-20T12:00:00.000Z"} == (
            told["listings"]
        )

    def test_no_key(self, line, monkeypatch):
        """Without a host key the setting is named that is to hold it."""
        monkeypatch.setenv("LEADSHARE_KEY", "")

        assert 2 == line.run("listings", "verify")[0]
        assert "LEADSHARE_KEY" in line.errors

    def test_no_address(self, line, monkeypatch):
        """Without the main app's address the setting is named: intake knows of no leads."""
        monkeypatch.delenv("LEADSHARE_MANAGE_URL")

        assert 2 == line.run("listings", "verify")[0]
        assert "LEADSHARE_MANAGE_URL: expected the address of the main app" in line.errors

    def test_wrong_key(self, line, monkeypatch):
        """A host key that is refused is told as such, without its value."""
        monkeypatch.setenv("LEADSHARE_KEY", "not-a-key-of-the-host")

        assert 1 == line.run("listings", "verify")[0]
        assert "HTTP 401" in line.errors
        assert "not-a-key" not in line.errors
