"""The command line: `check` goes to every destination and says what is wrong, never a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadshare import __main__ as command_line
from leadshare.core.preflight import Finding
from leadshare.local import azurite

SECRET = "whsec_bGVhZHNoYXJlIGNvbnRyYWN0IHN1aXRlIGNhbmFyeQ=="  # noqa: S105 - guards nothing


@pytest.fixture(name="path")
def _path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOOK", SECRET)
    monkeypatch.setenv("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    monkeypatch.delenv("LEADSHARE_STORAGE", raising=False)
    return tmp_path / "leadshare.toml"


def written(path: Path, name: str, url: str) -> str:
    """Write a configuration with one webhook more."""
    told = f'[[destination]]\nname = "{name}"\ntype = "webhook"\nurl = "{url}"\nsecret = "HOOK"\n'
    path.write_text((path.read_text() if path.exists() else "") + told)
    return str(path)


class TestCheck:
    def test_what_is_wrong(self, path, capsys):
        """
        Each destination is tried and told by name; one that fails makes the exit code 1.
        """
        written(path, "closed", "http://127.0.0.1:9/x")
        code = command_line.main(["check", written(path, "private", "https://10.0.0.1/x")])

        said = capsys.readouterr().out
        assert 1 == code
        assert "closed: unreachable" in said
        assert "private: address_refused" in said
        assert SECRET not in said

    def test_all_well(self, path, capsys):
        """
        A destination with nothing to find is well, and the exit code is 0.
        """
        path.write_text(
            '[[destination]]\nname = "box"\ntype = "inbox"\nurl = "http://127.0.0.1:9"\n'
        )

        assert 0 == command_line.main(["check", str(path)])
        assert "box: well" in capsys.readouterr().out

    def test_no_connection(self, path, capsys):
        """
        A table of leads whose setting holds no connection string is told by its key.
        """
        path.write_text('[marketplace_table]\nconnection = "HOOK"\n')

        assert 1 == command_line.main(["check", str(path)])
        said = capsys.readouterr().out
        assert "marketplace_table.connection" in said
        assert "storage connection string" in said
        assert "can run" not in said
        assert SECRET not in said

    def test_table(self, path, capsys, monkeypatch, storage):
        """
        The table of leads is asked whether it answers; one that Microsoft has yet to make does.
        """
        path.write_text('[marketplace_table]\nconnection = "TABLE"\n')
        monkeypatch.setenv("TABLE", storage)
        assert 0 == command_line.main(["check", str(path)])
        assert "devstoreaccount1|marketplaceleads: well" in capsys.readouterr().out

        monkeypatch.setenv("TABLE", storage.replace(azurite.KEY, "Y2FuYXJ5"))
        assert 1 == command_line.main(["check", str(path)])
        assert "table_unreadable = the table of leads answered 403" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("finding", "expected"),
        [
            pytest.param(
                Finding("value_not_allowed", "Rating", "Hot", 7),
                "value_not_allowed Rating = Hot, would have failed 7 recent leads",
                id="all",
            ),
            pytest.param(Finding("unreachable"), "unreachable", id="bare"),
        ],
    )
    def test_told(self, finding, expected):
        """
        A finding names the field, the value and how many recent leads it would have failed.
        """
        assert expected == command_line._told(finding)  # noqa: SLF001 - what it prints
