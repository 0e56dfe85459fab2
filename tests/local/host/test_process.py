"""The host as a process of its own."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from leadshare.local.host import Host

from .conftest import TOY

ROOT = Path(__file__).parents[3]
APP = """
import logging
import os
import azure.functions as func

root = logging.getLogger()
print("level", root.level, "formatters", [handler.formatter for handler in root.handlers])
print("environment", os.environ["AZURE_FUNCTIONS_ENVIRONMENT"])
for handler in root.handlers:
    handler.setFormatter(logging.Formatter("%(levelname)s|%(message)s|%(fact)s"))
root.info("app.imported", extra={"fact": 7})
app = func.FunctionApp()
"""


async def launch(folder, settings=(), *words):
    """Start a host; its output is buffered unless it is flushed."""
    environment = os.environ | dict(settings)
    environment.pop("PYTHONUNBUFFERED", None)
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "leadshare.local.host", "--folder", str(folder), "--port", "0"),
        *words,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def read_until(process, mark):
    """Read the lines that the host writes, up to one that contains *mark*."""
    lines: list[str] = []
    async with asyncio.timeout(20):
        while not lines or mark not in lines[-1]:
            line = await process.stdout.readline()
            assert line, lines
            lines.append(line.decode().rstrip())
    return lines


@asynccontextmanager
async def running(folder, settings=(), *words):
    """Run a host until it is ready; give it with the lines that it wrote."""
    process = await launch(folder, settings, *words)
    try:
        yield process, await read_until(process, "Host ready on")
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def write_app(folder, source):
    """Write an app."""
    (folder / "host.json").write_text('{"version": "2.0"}')
    (folder / "function_app.py").write_text(source)


class TestStart:
    async def test_ready(self, settings):
        """
        The functions are listed, then comes the line that others wait for.
        """
        async with running(TOY, settings) as (_, lines):
            url = lines[-1].removeprefix("Host ready on ")
            async with aiohttp.ClientSession() as http, http.get(f"{url}/api/made") as response:
                assert 418 == response.status

        assert url.startswith("http://127.0.0.1:")
        assert f"  files: [GET] {url}/api/files/{{*path}}" in lines

    async def test_logging(self, tmp_path):
        """
        As under the worker, an app finds one handler without a formatter, and may set one.
        """
        write_app(tmp_path, APP)
        async with running(tmp_path) as (process, lines):
            process.send_signal(signal.SIGTERM)
            output, _ = await process.communicate()
        lines += output.decode().splitlines()

        assert "level 20 formatters [None]" in lines
        assert "environment Development" in lines
        assert "INFO|app.imported|7" in lines

    async def test_import_error(self, tmp_path):
        """
        An app that cannot be imported ends the host with its traceback and status 1.
        """
        write_app(tmp_path, "raise RuntimeError('no luck')")
        process = await launch(tmp_path)
        output, _ = await process.communicate()

        assert 1 == process.returncode
        assert b"RuntimeError: no luck" in output
        assert b"function_app.py" in output

    async def test_key_file(self, settings, tmp_path):
        """
        Keys come from a file.
        """
        (tmp_path / "keys.json").write_text('{"master": "m"}')
        words = ["--keys", str(tmp_path / "keys.json")]
        async with running(TOY, settings, *words) as (_, lines), aiohttp.ClientSession() as http:
            url = lines[-1].removeprefix("Host ready on ")
            async with http.get(f"{url}/api/keyed") as refused:
                assert 401 == refused.status
            async with http.get(f"{url}/api/keyed?code=m") as let_in:
                assert 200 == let_in.status


class TestEnd:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    async def test_signal(self, settings, number):
        """
        A host that is asked to end answers who is waiting, takes nobody more, and exits with 0.
        """
        async with running(TOY, settings) as (process, lines), aiohttp.ClientSession() as http:
            url = lines[-1].removeprefix("Host ready on ")
            waiting = asyncio.create_task(http.get(f"{url}/api/slow?seconds=0.6"))
            await asyncio.sleep(0.2)
            process.send_signal(number)
            await asyncio.sleep(0.2)
            with pytest.raises(aiohttp.ClientConnectorError):
                await http.get(f"{url}/api/made")
            response = await waiting

            assert b"slept" == await response.read()
            assert 0 == await process.wait()

    async def test_kill(self, settings, queues):
        """
        A message whose host is killed comes back when its lease runs out.
        """
        words = ["--message-lease", "1"]
        async with running(TOY, settings, *words) as (process, _):
            await queues.send("WORK", '{"sleep": 60}')
            await read_until(process, "work.begins")
            process.kill()
            await process.wait()
        async with Host(TOY, settings=settings):
            [report] = await queues.reports()

        assert 2 == report["count"]
