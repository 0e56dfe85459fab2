"""The configuration file: what is wrong is told by name and line, and no secret ever is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from leadshare.app.configuration import configuration_model
from leadshare.configuration.file import placing, read_configuration
from leadshare.errors import ConfigurationError, Faults

UNRESOLVED = "@Microsoft.KeyVault(SecretUri=https://canary.vault.azure.net/secrets/x)"
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
        """A file with a listing and a destination is read, its secret from the environment."""
        found = load(path, f"[[listing]]\n{ROBOT}[[destination]]\n{HOOK}")

        assert ["contoso.robot"] == [one.id for one in found.listing]
        [hook] = found.destination
        assert SECRETS["HOOK_SECRET"] == hook.secret.get_secret_value()
        assert SECRETS["HOOK_SECRET"] not in repr(found)

    def test_empty(self, path):
        """An empty file is no configuration that can run: no lead would get anywhere."""
        assert "no destination gets any lead; expected a [[destination]]" in refused(path, "")

    def test_bom(self, path):
        """A file that an editor on Windows has marked as UTF-8 is read like any other."""
        assert ["contoso.robot"] == [
            one.id for one in load(path, f"\ufeff[[listing]]\n{ROBOT}[[route]]\nto = []\n").listing
        ]

    def test_no_file(self, path):
        """A file that is not there is named, without the folder."""
        with pytest.raises(ConfigurationError) as caught:
            read_configuration(path, configuration_model(), {})

        assert "leadshare.toml: expected this file beside host.json" == str(caught.value)

    def test_folder(self, path):
        """What is there and cannot be read is a fault of the configuration, too."""
        path.mkdir()

        with pytest.raises(ConfigurationError, match=r"leadshare\.toml: "):
            read_configuration(path, configuration_model(), {})

    @pytest.mark.parametrize(
        ("content", "where"),
        [
            pytest.param("a = 1\n".encode("utf-16"), "leadshare.toml", id="utf-16"),
            pytest.param(b"a = 1\nb = 'caf\xe9'\n", "leadshare.toml, line 2", id="latin-1"),
        ],
    )
    def test_not_text(self, path, content, where):
        """A file in another encoding is told as such, with the line where that shows."""
        path.write_bytes(content)

        with pytest.raises(ConfigurationError) as caught:
            read_configuration(path, configuration_model(), {})

        expected = "not TOML: expected text in UTF-8; save the file as that"
        assert f"{where}: {expected}" == str(caught.value)

    @pytest.mark.parametrize(
        ("text", "where", "told"),
        [
            pytest.param(
                "a = 1\nsecret = canary",
                "line 2",
                "expected a value: strings stand in quotes; true and false in small letters",
                id="no-quotes",
            ),
            pytest.param(
                'secret = "canary\n',
                "line 1",
                "a string must end on its line, with the quote it began with",
                id="quote-left-open",
            ),
            pytest.param(
                "secret = 'canary",
                "line 1",
                "a string must end with the quotes that it began with",
                id="file-ends-in-a-string",
            ),
            pytest.param(
                'secret = """canary\n\n',
                "line 3",
                "a string must end with the quotes that it began with",
                id="long-string",
            ),
            pytest.param("canary\n", "line 1", "expected = after the key", id="key-only"),
            pytest.param("canary: 5\n", "line 1", "expected = after the key", id="colon"),
            pytest.param("a = 1\na = 2\n", "line 2", "this key is there twice", id="twice"),
            pytest.param(
                "a = { b = 1, b = 2 }\n",
                "line 1",
                "this key is there twice",
                id="twice-inline",
            ),
            pytest.param(
                "[scoring]\n[scoring]\n",
                "line 2",
                "this table is there twice; where several can be, write [[name]]",
                id="table-twice",
            ),
            pytest.param(
                "[[listing]]\n[listing]\n",
                "line 2",
                "this table is there twice; where several can be, write [[name]]",
                id="array-and-table",
            ),
            pytest.param(
                "listing = []\n[[listing]]\n",
                "line 2",
                "this table or array is there already, written another way; write all of them as"
                " [[name]]",
                id="two-ways",
            ),
            pytest.param("[[listing]\n", "line 1", "expected ]] behind the name", id="bracket"),
            pytest.param("[listing\n", "line 1", "expected ] behind the name", id="open"),
            pytest.param(
                'a = "C:\\keys"\n',
                "line 1",
                "expected \\\\ for each backslash, or a string in single quotes",
                id="backslash",
            ),
            pytest.param(
                'a = ["b" "c"]\n',
                "line 1",
                "an array must end with ]; between items there is a comma",
                id="comma",
            ),
            pytest.param(
                "a = { b = 1 c = 2 }\n",
                "line 1",
                "a table in braces must end with }; between keys there is a comma",
                id="comma-inline",
            ),
            pytest.param("= 5\n", "line 1", "expected key = value, or [table]", id="no-key"),
            pytest.param(
                "a = 1 b = 2\n",
                "line 1",
                "expected the end of the line behind a value",
                id="two-on-a-line",
            ),
            pytest.param("a = 2026-02-30\n", "line 1", "there is no such date", id="date"),
            pytest.param(
                "a = '\x00'\n",
                "line 1",
                "there is a character that cannot be seen",
                id="control",
            ),
        ],
    )
    def test_not_toml(self, path, text, where, told):
        """What is no TOML is told with its place and what is expected there, and not repeated."""
        said = refused(path, text)

        assert re.match(rf"leadshare\.toml, {where}(, column \d+)?: not TOML: ", said)
        assert said.endswith(f": {told}")
        assert "canary" not in said

    def test_windows(self, path):
        """Lines that end as on Windows are counted as others."""
        path.write_bytes(b"# a\r\n\r\nx = 1\r\n")

        with pytest.raises(ConfigurationError, match=r"^leadshare\.toml, line 3: x: "):
            read_configuration(path, configuration_model(), {})

    def test_unresolved_secret(self, path):
        """A secret that is a Key Vault reference that failed is an error."""
        said = refused(path, f"[[destination]]\n{HOOK}", {"HOOK_SECRET": UNRESOLVED})

        assert "Key Vault reference that failed" in said
        assert "canary" not in said


class TestPlacing:
    def test_faults(self, path):
        """What comes up once the parts are built is told by the file's lines, too."""
        path.write_text(f"\n[[destination]]\n{HOOK}", encoding="utf-8")

        with (
            pytest.raises(ConfigurationError) as caught,
            placing(path, configuration_model()),
        ):
            raise Faults((("destination", 0, "url"), "is wrong"), (("destination",), "so is this"))

        assert [
            "leadshare.toml, line 2: destination: so is this",
            'leadshare.toml, line 5: destination "hook": url: is wrong',
        ] == str(caught.value).splitlines()

    def test_nothing(self, path):
        """Where nothing is wrong, nothing is read; other errors are left as they are."""
        with placing(path, configuration_model()):
            pass
        with pytest.raises(KeyError), placing(path, configuration_model()):
            raise KeyError


def test_rest_is_loaded_for_errors_only() -> None:
    """What only wrong files need is not loaded by a process whose file is right."""
    code = (
        "import sys; import leadshare.app.build;"
        " print(*{'difflib', 'leadshare.configuration.faults'} & sys.modules.keys())"
    )
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-c", code], stdout=subprocess.PIPE, check=True, text=True
    )

    assert not done.stdout.strip()
