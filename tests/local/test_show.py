"""How `make run` is ended."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from leadshare.local import show


@pytest.fixture(name="deaf", params=show.ENDINGS, ids=str)
def _deaf(request):
    """A signal that does nothing to us, if nobody hears it; the others are as they mostly are.

    Whoever starts the tests may have had them ignore one, as nohup does.
    """
    before = {one: signal.signal(one, signal.SIG_DFL) for one in show.ENDINGS}
    signal.signal(request.param, signal.SIG_IGN)
    yield request.param
    for one, handler in before.items():
        signal.signal(one, handler)


def test_nohup(deaf):
    """What whoever starts it has it ignore, it goes on ignoring."""
    assert set(show.ENDINGS) - {deaf} == set(show._heard())  # noqa: SLF001 - at its start


async def test_ended(deaf):
    """A signal cancels what runs, at its next wait and not in the middle of anything."""

    async def run() -> None:
        show._end_by([deaf])  # noqa: SLF001 - as it does when it starts
        os.kill(os.getpid(), deaf)
        await asyncio.sleep(30)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(run())
