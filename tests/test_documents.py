"""What is published must be what the code says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leadshare import __main__ as command_line
from leadshare.core import playbook
from leadshare.settings import read_configuration
from leadshare.wiring import configuration_model

ROOT = Path(__file__).parents[1]
SECRETS = {
    "OUR_DYNAMICS_CLIENT_SECRET": "any",
    "SELLER_DESK_SECRET": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}


class TestPublished:
    def test_schema(self):
        """
        The JSON Schema in docs is the one that the models give.
        """
        published = (ROOT / "docs" / "leadshare.schema.json").read_text(encoding="utf-8")

        assert json.loads(command_line.schema()) == json.loads(published)

    def test_playbook(self):
        """
        The README shows the playbook's tables as the code has them.
        """
        readme = (ROOT / "README.md").read_text(encoding="utf-8")

        for table in playbook.tables().split("\n\n"):
            assert table in readme

    @pytest.mark.parametrize(
        "path",
        [
            pytest.param("leadshare.sample.toml", id="sample"),
            pytest.param("leadshare/local/leadshare.toml", id="local"),
        ],
    )
    def test_configurations(self, path):
        """
        The configurations that come with the project can run.
        """
        assert read_configuration(ROOT / path, configuration_model(), SECRETS).destination

    def test_settings(self):
        """
        The README names every setting that the code reads.
        """
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        code = (ROOT / "leadshare" / "settings.py").read_text(encoding="utf-8")
        named = {name for name in code.split('"') if name.isupper() and "_" in name}

        assert {"LEADSHARE_STORAGE", "LANE_LEASE"} <= named
        assert [] == [name for name in named if f"`{name}`" not in readme]


class TestCommandLine:
    def test_check(self, tmp_path, capsys):
        """
        A file that cannot run is told by the key that is wrong, with exit code 1.
        """
        path = tmp_path / "leadshare.toml"
        path.write_text('[[route]]\nto = ["nowhere"]\n')

        code = command_line.main(["check", str(path)])

        assert 1 == code
        assert "route[0].to: no destination nowhere" in capsys.readouterr().out

    def test_playbook(self, capsys):
        """
        The playbook can be asked for.
        """
        assert 0 == command_line.main(["playbook"])
        assert "AppSource" in capsys.readouterr().out
