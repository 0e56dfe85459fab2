"""Fixtures: the command line, and a host that it may ask."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import pytest

from leadshare.commands.main import main
from tests.builders import PRIVACY_KEY
from tests.e2e import sink
from tests.e2e.flow import CONFIGURATION, Running, serving
from tests.e2e.process import quick
from tests.e2e.sink import KEY, Script


@dataclass(frozen=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it told programs."""
        return json.loads(self.out)

    @property
    def words(self) -> str:
        """What it told people, however its lines are broken."""
        return " ".join(self.out.split())


def said(*words: str) -> Said:
    """Run a command in this process, as its launcher does."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(list(words))
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture(autouse=True, name="environment")
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No deployment is named, and lines are as wide as a terminal's."""
    for name in ("MANAGE_URL", "KEY", "PRIVACY_KEY", "BY"):
        monkeypatch.delenv(f"LEADSHARE_{name}", raising=False)
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture(scope="module", name="run")
def _run(
    new_account: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A host with a CRM for AppSource, and one for Azure Marketplace that can be told to close."""
    folder, storage, plan = tmp_path_factory.mktemp("commands"), new_account(), Script()
    with sink.running(Script()) as crm, sink.running(plan) as closing:
        file = folder / "leadshare.toml"
        file.write_text(CONFIGURATION.format(crm=crm.url, closing=closing.url))
        settings = quick(storage, file) | {"HOOK": KEY, "LEADSHARE_PRIVACY_KEY": PRIVACY_KEY}
        with serving(settings, folder / "host.log") as (host, web):
            yield Running(host, web, storage, crm, closing, plan)


@pytest.fixture(name="asked")
def _asked(run: Running, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Ask that host by the command line."""
    monkeypatch.setenv("LEADSHARE_MANAGE_URL", run.host.url)
    monkeypatch.setenv("LEADSHARE_BY", "zoe")
    return said
