"""Settings: what is missing is named, and no secret ever is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from leadshare.errors import ConfigurationError
from leadshare.settings import Settings, read_settings

ROOT = Path("/app")
KEY = "canary-identity-key-of-32-letters"
UNRESOLVED = "@Microsoft.KeyVault(SecretUri=https://canary.vault.azure.net/secrets/x)"
ENVIRONMENT = {"LEADSHARE_STORAGE": "UseDevelopmentStorage=true", "LEADSHARE_IDENTITY_KEY": KEY}


def read(**changes: str) -> Settings:
    """Settings from the environment above, changed."""
    return read_settings(ENVIRONMENT | changes, ROOT)


def wrong(**changes: str) -> str:
    """What is said about a wrong environment."""
    with pytest.raises(ConfigurationError) as caught:
        read(**changes)
    return str(caught.value)


class TestReadSettings:
    def test_least(self):
        """A storage connection and an identity key are enough; all else has its default."""
        assert (
            Settings(
                identity_key=KEY.encode(),
                storage="UseDevelopmentStorage=true",
                table_uri="",
                queue_uri="",
                client_id="",
                configuration=ROOT / "leadshare.toml",
                local=False,
                proof_url="",
                proof_key="",
                privacy_key="",
                tick_budget=timedelta(seconds=25),
                lane_lease=timedelta(seconds=60),
            )
            == read()
        )

    def test_most(self):
        """Each setting has its place."""
        found = read(
            LEADSHARE_STORAGE="",
            LEADSHARE_STORAGE__tableServiceUri="https://t.example",
            LEADSHARE_STORAGE__queueServiceUri="https://q.example",
            LEADSHARE_STORAGE__clientId="id-1",
            LEADSHARE_CONFIGURATION="deploy/other.toml",
            AZURE_FUNCTIONS_ENVIRONMENT="Development",
            TICK_BUDGET="1.5",
            LANE_LEASE="90",
            LEADSHARE_PROOF_URL="https://door.example/api/leads/",
            LEADSHARE_PROOF_KEY="canary",
        )

        assert ("https://door.example/api/leads", "canary") == (found.proof_url, found.proof_key)
        assert ("", "https://t.example", "https://q.example", "id-1") == (
            found.storage,
            found.table_uri,
            found.queue_uri,
            found.client_id,
        )
        assert ROOT / "deploy" / "other.toml" == found.configuration
        assert found.local
        assert (timedelta(seconds=1.5), timedelta(seconds=90)) == (
            found.tick_budget,
            found.lane_lease,
        )

    def test_secrets_are_not_shown(self):
        """Settings that are printed show neither key nor connection."""
        shown = repr(read(LEADSHARE_STORAGE="AccountKey=canary", LEADSHARE_PROOF_KEY="canary"))

        assert "canary" not in shown

    @pytest.mark.parametrize(
        ("url", "key", "told"),
        [
            pytest.param("", "a key", "LEADSHARE_PROOF_URL: expected what", id="no-address"),
            pytest.param("https://x", "", "LEADSHARE_PROOF_KEY: expected a function", id="no-key"),
            pytest.param(
                "https://x",
                "@Microsoft.KeyVault(VaultName=kv-1;SecretName=intake-proof-key)",
                "LEADSHARE_PROOF_KEY: expected a value, not a Key Vault reference",
                id="unresolved",
            ),
            pytest.param("https://x", "a key", "", id="on"),
        ],
    )
    def test_proof_off(self, url, key, told):
        """Without an address, or a key that the vault has, no proofs are posted; all else works."""
        off = read(LEADSHARE_PROOF_URL=url, LEADSHARE_PROOF_KEY=key).proof_off

        assert off.startswith(told)
        assert bool(told) == bool(off)

    @pytest.mark.parametrize("where", ["Production", "Staging", "development", ""])
    def test_local(self, where):
        """Only the word of the local tools makes a process local."""
        assert not read(AZURE_FUNCTIONS_ENVIRONMENT=where).local

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            pytest.param({"LEADSHARE_STORAGE": ""}, "LEADSHARE_STORAGE: expected", id="no-storage"),
            pytest.param(
                {"LEADSHARE_IDENTITY_KEY": ""},
                "LEADSHARE_IDENTITY_KEY: expected at least 32",
                id="no-key",
            ),
            pytest.param(
                {"LEADSHARE_IDENTITY_KEY": KEY[:31]},
                "LEADSHARE_IDENTITY_KEY: expected at least 32",
                id="short-key",
            ),
        ],
    )
    def test_missing(self, changes, told):
        """What is missing is named, with what is expected, and nothing of it is repeated."""
        said = wrong(**changes)

        assert said.startswith(told)
        assert "canary" not in said

    def test_shortest_key(self):
        """A key of 32 characters is long enough."""
        assert KEY[:32].encode() == read(LEADSHARE_IDENTITY_KEY=KEY[:32]).identity_key

    @pytest.mark.parametrize(
        "name",
        [
            "LEADSHARE_STORAGE",
            "LEADSHARE_STORAGE__tableServiceUri",
            "LEADSHARE_STORAGE__queueServiceUri",
            "LEADSHARE_STORAGE__clientId",
            "LEADSHARE_IDENTITY_KEY",
            "LEADSHARE_CONFIGURATION",
            "TICK_BUDGET",
            "LANE_LEASE",
        ],
    )
    def test_unresolved(self, name):
        """A Key Vault reference that was not resolved is an error, and not a value."""
        said = wrong(**{name: UNRESOLVED})

        assert f"{name}: expected a value, not a Key Vault reference that failed" == said

    @pytest.mark.parametrize("name", ["TICK_BUDGET", "LANE_LEASE"])
    @pytest.mark.parametrize("text", ["soon", "25s", "nan", "inf", "1e300", "0", "-1"])
    def test_seconds(self, name, text):
        """A length of time that is none, or nothing, is refused."""
        assert wrong(**{name: text}).startswith(f"{name}: expected")
