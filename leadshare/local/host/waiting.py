"""Local host: wait for an event, but not for ever."""

import asyncio


async def is_set_within(seconds: float, event: asyncio.Event) -> bool:
    """Tell whether *event* was set before the time was over."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
