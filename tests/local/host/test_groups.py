"""A process for each group of functions, as Flex Consumption has them."""

import asyncio

import aiohttp
import pytest

from .conftest import toy


class TestGroup:
    async def test_http(self, settings, queues):
        """All functions with HTTP triggers are one group; it takes no messages."""
        async with (
            toy(settings, group="http") as host,
            aiohttp.ClientSession() as http,
            http.get(f"{host.url}/api/made") as response,
        ):
            assert 418 == response.status
            assert "work" not in "".join(host.describe())
            await queues.send("WORK", "{}")
            await asyncio.sleep(0.5)
            [message] = await queues.look("WORK")

        assert 0 == message.dequeue_count

    async def test_one_function(self, settings, queues):
        """Each other function is a group of its own; it serves no route."""
        await queues.send("WORK", "{}")
        await queues.send("PLAIN", "left alone")
        async with (
            toy(settings, group="work") as host,
            aiohttp.ClientSession() as http,
            http.get(f"{host.url}/api/made") as response,
        ):
            assert 404 == response.status
            await queues.reports()
            assert [f"work: queueTrigger {settings['WORK']}"] == list(host.describe())

        assert [b"left alone"] == await queues.bodies("PLAIN")

    @pytest.mark.parametrize("group", ["nobody", "made"])
    async def test_unknown(self, settings, group):
        """What is no group is an error that names those that are; an HTTP function alone is
        none.
        """
        with pytest.raises(ValueError, match="there are http, plain, returns_value, tick, work"):
            async with toy(settings, group=group):
                pass
