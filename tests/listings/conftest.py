"""The command line over the simulated APIs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

import pytest

from leadshare.commands.main import main
from tests.listings.microsoft import APP, HOST_KEY, Microsoft, served


@dataclass
class Line:
    """Runs commands and remembers all they ever said."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    all_said: str = ""
    errors: str = ""

    def run(self, *words: str, answer: str = "", shows: bool = False) -> tuple[int, str]:
        """Run a command; return its exit code and what it printed."""
        self.monkeypatch.setattr("sys.stdin", StringIO(answer))
        code = main(list(words))
        said = self.capsys.readouterr()
        self.errors = said.err
        self.all_said += said.err if shows else said.out + said.err
        return code, said.out


@pytest.fixture(name="microsoft")
def _microsoft(monkeypatch: pytest.MonkeyPatch) -> Iterator[Microsoft]:
    """Both APIs and the desk, served and named by the environment."""
    microsoft = Microsoft()
    with served(microsoft) as url:
        for name, value in {
            "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
            "LEADSHARE_GRAPH_URL": url,
            "LEADSHARE_ARM_URL": url,
            "LEADSHARE_INTAKE_APP": APP,
            "LEADSHARE_PUBLISHER": "Contoso",
            "LEADSHARE_KEY": HOST_KEY,
            "DESK": url,
        }.items():
            monkeypatch.setenv(name, value)
        for name in ("LEADSHARE_MANAGE_URL", "LEADSHARE_INTAKE_URL"):
            monkeypatch.delenv(name, raising=False)
        yield microsoft


@pytest.fixture(name="line")
def _line(
    microsoft: Microsoft, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Line]:
    """The command line; whatever a test did, no key was told unless the test asks for it."""
    line = Line(capsys, monkeypatch)
    yield line
    assert not [key for key in (*microsoft.issued, HOST_KEY) if key in line.all_said]
