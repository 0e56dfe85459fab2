"""Fixtures of the flow: a host with two CRMs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e import sink
from tests.e2e.flow import CONFIGURATION, Running, serving
from tests.e2e.process import quick
from tests.e2e.sink import KEY, Script


@pytest.fixture(scope="module", name="run")
def _run(
    new_account: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A host with a CRM for AppSource, and one for Azure Marketplace that can be told to close."""
    folder, storage, plan = tmp_path_factory.mktemp("flow"), new_account(), Script()
    with sink.running(Script()) as crm, sink.running(plan) as closing:
        file = folder / "leadshare.toml"
        file.write_text(CONFIGURATION.format(crm=crm.url, closing=closing.url))
        settings = quick(storage, file) | {"HOOK": KEY}
        with serving(settings, folder / "host.log") as (host, web):
            yield Running(host, web, storage, crm, closing, plan)
