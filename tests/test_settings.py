"""Settings and the configuration file: what is missing is named, and no secret ever is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from leadshare.errors import ConfigurationError
from leadshare.local.deploy import release
from leadshare.settings import Settings, read_build, read_configuration, read_settings
from leadshare.wiring import configuration_model

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
        """
        A storage connection and an identity key are enough; all else has its default.
        """
        assert (
            Settings(
                identity_key=KEY.encode(),
                storage="UseDevelopmentStorage=true",
                table_uri="",
                queue_uri="",
                client_id="",
                configuration=ROOT / "leadshare.toml",
                local=False,
                tick_budget=timedelta(seconds=25),
                lane_lease=timedelta(seconds=60),
            )
            == read()
        )

    def test_most(self):
        """
        Each setting has its place.
        """
        found = read(
            LEADSHARE_STORAGE="",
            LEADSHARE_STORAGE__tableServiceUri="https://t.example",
            LEADSHARE_STORAGE__queueServiceUri="https://q.example",
            LEADSHARE_STORAGE__clientId="id-1",
            LEADSHARE_CONFIGURATION="deploy/other.toml",
            AZURE_FUNCTIONS_ENVIRONMENT="Development",
            TICK_BUDGET="1.5",
            LANE_LEASE="90",
        )

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
        """
        Settings that are printed show neither key nor connection.
        """
        shown = repr(read(LEADSHARE_STORAGE="AccountKey=canary"))

        assert "canary" not in shown

    @pytest.mark.parametrize("where", ["Production", "Staging", "development", ""])
    def test_local(self, where):
        """
        Only the word of the local tools makes a process local.
        """
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
        """
        What is missing is named, with what is expected, and nothing of it is repeated.
        """
        said = wrong(**changes)

        assert said.startswith(told)
        assert "canary" not in said

    def test_shortest_key(self):
        """
        A key of 32 characters is long enough.
        """
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
        """
        A Key Vault reference that was not resolved is an error, and not a value.
        """
        said = wrong(**{name: UNRESOLVED})

        assert f"{name}: expected a value, not a Key Vault reference that failed" == said

    @pytest.mark.parametrize("name", ["TICK_BUDGET", "LANE_LEASE"])
    @pytest.mark.parametrize("text", ["soon", "25s", "nan", "inf", "1e300", "0", "-1"])
    def test_seconds(self, name, text):
        """
        A length of time that is none, or nothing, is refused.
        """
        assert wrong(**{name: text}).startswith(f"{name}: expected")


ROBOT = 'id = "contoso.robot"\ntitle = "Robot"\nkind = "app"\n'
HOOK = 'type = "webhook"\nname = "hook"\nurl = "https://crm.example/in"\nsecret = "HOOK_SECRET"\n'
SECRETS = {"HOOK_SECRET": "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5"}


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "leadshare.toml"


def load(path: Path, text: str, environment: dict[str, str] | None = None) -> Any:
    """The configuration in *text*."""
    path.write_text(text, encoding="utf-8")
    secrets = SECRETS if environment is None else environment
    return read_configuration(path, configuration_model(), secrets)


def refused(path: Path, text: str, environment: dict[str, str] | None = None) -> str:
    """What is said about a wrong *text*."""
    with pytest.raises(ConfigurationError) as caught:
        load(path, text, environment)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return str(caught.value)


class TestReadConfiguration:
    def test_whole(self, path):
        """
        A file with a listing and a destination is read, its secret from the environment.
        """
        found = load(path, f"[[listing]]\n{ROBOT}[[destination]]\n{HOOK}")

        assert ["contoso.robot"] == [one.id for one in found.listing]
        [hook] = found.destination
        assert SECRETS["HOOK_SECRET"] == hook.secret.get_secret_value()
        assert SECRETS["HOOK_SECRET"] not in repr(found)

    def test_empty(self, path):
        """
        An empty file is a configuration.
        """
        assert () == load(path, "").destination

    def test_bom(self, path):
        """
        A file that an editor on Windows has marked as UTF-8 is read like any other.
        """
        assert ["contoso.robot"] == [
            one.id for one in load(path, f"\ufeff[[listing]]\n{ROBOT}").listing
        ]

    def test_no_file(self, path):
        """
        A file that is not there is named, without the folder.
        """
        with pytest.raises(ConfigurationError) as caught:
            read_configuration(path, configuration_model(), {})

        assert "leadshare.toml: expected this file beside host.json" == str(caught.value)

    def test_folder(self, path):
        """
        What is there and cannot be read is a fault of the configuration, too.
        """
        path.mkdir()

        with pytest.raises(ConfigurationError, match=r"leadshare\.toml: "):
            read_configuration(path, configuration_model(), {})

    def test_not_text(self, path):
        """
        A file that is no text is told as such.
        """
        path.write_bytes(b"\xff\xfe\x00")

        with pytest.raises(ConfigurationError, match=r"leadshare\.toml: not TOML"):
            read_configuration(path, configuration_model(), {})

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("secret = canary", id="no-quotes"),
            pytest.param('secret = "canary', id="quote-left-open"),
        ],
    )
    def test_not_toml(self, path, text):
        """
        What is no TOML is told by its place, and not repeated.
        """
        said = refused(path, text)

        assert said.startswith("leadshare.toml: not TOML")
        assert "canary" not in said

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            pytest.param(
                "[[destinations]]\n",
                "leadshare.toml: destinations: Extra inputs are not permitted",
                id="unknown-key",
            ),
            pytest.param(
                f'[[listing]]\n{ROBOT}[[listing]]\nid = "b.c"\ntitle = "x"\n',
                "leadshare.toml: listing[1].kind: Field required",
                id="in-a-list",
            ),
            pytest.param(
                '[scoring.sales_ready]\nappsource = "canary"\n',
                "leadshare.toml: scoring.sales_ready.appsource: Input should be a valid integer",
                id="deep",
            ),
            pytest.param(
                '[[route]]\nto = ["crm"]\n',
                "leadshare.toml: the file: Value error, route[0].to: no destination crm",
                id="route-to-nowhere",
            ),
        ],
    )
    def test_place(self, path, text, told):
        """
        What is wrong is told with the place in the file where it is.
        """
        said = refused(path, text)

        assert said.startswith(told)
        assert "canary" not in said

    def test_several(self, path):
        """
        All that is wrong is told at once.
        """
        said = refused(path, "[[destinations]]\n[[routes]]\n")

        assert "destinations: " in said
        assert "routes: " in said

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            pytest.param(("webhook", "pigeon"), "destination[0]: ", id="unknown-type"),
            pytest.param(('type = "webhook"\n', ""), "destination[0]: ", id="no-type"),
            pytest.param(("HOOK_SECRET", "NOT_SET"), ".secret: ", id="secret-not-set"),
            pytest.param(("https", "http"), ".url: ", id="plain-http"),
            pytest.param(('"hook"', '"Our Hook"'), ".name: ", id="name-no-slug"),
            pytest.param(('name = "hook"', 'nom = "hook"'), ".name: ", id="no-name"),
        ],
    )
    def test_destination(self, path, changes, told):
        """
        A wrong destination is told with its place.
        """
        said = refused(path, f"[[destination]]\n{HOOK.replace(*changes)}")

        assert "destination[0]" in said
        assert told in said

    def test_unresolved_secret(self, path):
        """
        A secret that is a Key Vault reference that failed is an error.
        """
        said = refused(path, f"[[destination]]\n{HOOK}", {"HOOK_SECRET": UNRESOLVED})

        assert "Key Vault reference that failed" in said
        assert "canary" not in said

    @pytest.mark.parametrize(
        "secret",
        [
            pytest.param(SECRETS["HOOK_SECRET"], id="of-a-webhook"),
            pytest.param("F2AB" * 16, id="that-looks-like-a-name"),
        ],
    )
    def test_secret_in_the_file(self, path, secret):
        """
        A secret that was pasted into the file, where its name belongs, is not repeated.
        """
        said = refused(path, f"[[destination]]\n{HOOK.replace('HOOK_SECRET', secret)}")

        assert ".secret: " in said
        assert secret not in said

    def test_wrong_secret(self, path):
        """
        A secret of the wrong form is told by its place, and not repeated.
        """
        said = refused(path, f"[[destination]]\n{HOOK}", {"HOOK_SECRET": "canary"})

        assert ".secret: " in said
        assert "canary" not in said


class TestReadBuild:
    def test_packaged(self, tmp_path):
        """
        An unpacked package tells its own id.
        """
        (tmp_path / release.BUILD).write_text("0123456789abcdef")

        assert "0123456789abcdef" == read_build(tmp_path)

    def test_not_packaged(self, tmp_path):
        """
        Where nothing was packaged, that is told.
        """
        assert "not packaged" == read_build(tmp_path)
