"""When and how what a function sets reaches its queue."""

import aiohttp
import pytest

from leadshare.local.host.times import Times
from tests.local.host.conftest import toy


class TestOutputs:
    @pytest.mark.parametrize(
        ("path", "body", "expected"),
        [
            pytest.param("send_bytes", '{"a":1}', [b'{"a":1}'], id="bytes-are-left-alone"),
            pytest.param("send_text", '{"a":1}', [b'{\n  "a": 1\n}'], id="text-is-rewritten"),
            pytest.param("send_text", '["a","b"]', [b"a", b"b"], id="text-is-split"),
            pytest.param("send_list", "a b c", [b"a", b"b", b"c"], id="list"),
        ],
    )
    async def test_before_the_answer(self, http, queues, path, body, expected):
        """The queue has the messages when the answer comes."""
        async with http.post(path, data=body) as response:
            assert 202 == response.status
            assert expected == await queues.bodies("OUT")

    async def test_makes_the_queue(self, http):
        """A queue that is not there is made with the first message."""
        for _ in range(2):
            async with http.post("send_bytes", data=b"x") as response:
                assert 202 == response.status

    @pytest.mark.parametrize(
        ("path", "body"),
        [
            pytest.param("send_and_fail", "x", id="the-function-raises-after-set"),
            pytest.param("send_text", "{not json}", id="the-host-cannot-read-it"),
        ],
    )
    async def test_nothing_is_sent(self, http, queues, path, body):
        """If the invocation fails nothing is enqueued, and the answer is 500."""
        async with http.post(path, data=body) as response:
            assert 500 == response.status
        assert [] == await queues.bodies("OUT")

    async def test_unreachable(self, settings, caplog):
        """If the queue cannot be reached, try for try, nothing is claimed: the answer is 500."""
        async with (
            toy(settings, times=Times(retry_scale=0)) as host,
            aiohttp.ClientSession() as http,
            http.post(f"{host.url}/api/send_nowhere", data="x") as response,
        ):
            assert (500, b"") == (response.status, await response.read())
        assert "function.failed" in caplog.text

    async def test_too_large(self, http, queues):
        """A message that storage does not take is a failure too."""
        async with http.post("send_bytes", data=b"x" * 50_000) as response:
            assert 500 == response.status
        assert [] == await queues.bodies("OUT")
