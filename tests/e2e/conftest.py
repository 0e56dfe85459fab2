"""Fixtures of the end-to-end tests: storage accounts of their own in one Azurite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from leadshare.local import azurite

ACCOUNTS = 20


@pytest.fixture(scope="session", name="new_account")
def _new_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Gives the connection string of a storage account that nobody else uses."""
    accounts = ";".join(f"account{number}:{azurite.KEY}" for number in range(ACCOUNTS))
    numbers = count()
    with ExitStack() as stack:
        # Only while it starts: the Azurite that other tests share must have its usual account.
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AZURITE_ACCOUNTS", accounts)
            folder = tmp_path_factory.mktemp("azurite")
            connection = stack.enter_context(azurite.running(folder))
        yield lambda: connection.replace(azurite.ACCOUNT, f"account{next(numbers)}")
