"""What the app runs on in Azure: said in one place, and followed by what is built for it."""

from __future__ import annotations

import re

import pytest

from leadshare.local.deploy import target
from tests.infra.deployment import MAIN, ROOT, of_kind
from tests.pythons import PYTHONS


class TestPython:
    def test_one_place(self):
        """It is the default of the template's parameter, which the app then has."""
        (app,) = of_kind("Microsoft.Web/sites", environmentName="prod")
        runtime = app["properties"]["functionAppConfig"]["runtime"]

        assert target.TEMPLATE == MAIN.path
        assert {"name": "python", "version": target.python()} == runtime

    def test_parameter(self):
        """A deployment may have another."""
        (app,) = of_kind("Microsoft.Web/sites", environmentName="prod", pythonVersion="3.12")

        assert "3.12" == app["properties"]["functionAppConfig"]["runtime"]["version"]

    def test_told(self):
        """The pages tell people to build on that one."""
        deploy, ci = ((ROOT / "docs" / name).read_text("utf-8") for name in ("deploy.md", "ci.md"))

        assert {target.python()} == {*re.findall(r"[Pp]ython ?(3\.\d+)", deploy)}
        assert f"in Azure it has {target.python()}." in ci
        assert f"# on Linux x86_64, with Python {target.python()}\n" in ci

    @pytest.mark.parametrize(
        "line",
        [
            pytest.param("param pythonVersion string = '3.9'", id="unknown"),
            pytest.param("param pythonVersion string", id="none"),
        ],
    )
    def test_refused(self, tmp_path, monkeypatch, line):
        """A Python whose system in Azure is not known is refused, and what is expected is said."""
        monkeypatch.setattr(target, "TEMPLATE", tmp_path / "main.bicep")
        target.TEMPLATE.write_text(f"{line}\n")

        with pytest.raises(LookupError, match=r"main\.bicep: expected a default .* '3\.13'"):
            target.python()


class TestPlatforms:
    def test_each(self):
        """The system beside each Python that leadshare runs on is known."""
        assert PYTHONS == [*target.GLIBC]

    @pytest.mark.parametrize("python", PYTHONS)
    def test_oldest_first(self, python):
        """Of two wheels the one for the older glibc is taken, and none that is too new for
        Azure.
        """
        tags = target.platforms(python)

        assert "manylinux2014_x86_64" == tags[0]
        assert f"manylinux_2_{target.GLIBC[python]}_x86_64" == tags[-1]
        assert tags.index("manylinux_2_17_x86_64") < tags.index("manylinux_2_28_x86_64")
