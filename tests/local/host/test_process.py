"""The host as a process of its own."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from leadshare.local.host.__main__ import ENDED

from .conftest import TOY, toy

ROOT = Path(__file__).parents[3]
APP = """
import logging
import os
import sys
import azure.functions as func

root = logging.getLogger()
formatters = [handler.formatter for handler in root.handlers]
print("level", root.level, "formatters", formatters, file=sys.stderr)
print("environment", os.environ["AZURE_FUNCTIONS_ENVIRONMENT"], file=sys.stderr)
print("unseen until something has run")
for handler in root.handlers:
    handler.setFormatter(logging.Formatter("%(levelname)s|%(message)s|%(fact)s"))
root.info("app.imported", extra={"fact": 7})
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route("prints")
def prints(req: func.HttpRequest) -> func.HttpResponse:
    print("printed")
    return func.HttpResponse(req.method)
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
        """The functions are listed, then comes the line that others wait for."""
        async with running(TOY, settings) as (_, lines):
            url = lines[-1].removeprefix("Host ready on ")
            async with aiohttp.ClientSession() as http, http.get(f"{url}/api/made") as response:
                assert 418 == response.status

        assert url.startswith("http://127.0.0.1:")
        assert f"  files: [GET] {url}/api/files/{{*path}}" in lines

    async def test_logging(self, tmp_path):
        """As under the worker, an app finds one handler without a formatter, and may set one."""
        write_app(tmp_path, APP)
        async with running(tmp_path) as (process, lines), aiohttp.ClientSession() as http:
            assert "unseen" not in "".join(lines)
            url = lines[-1].removeprefix("Host ready on ")
            async with http.get(f"{url}/api/prints") as response:
                assert 200 == response.status
            lines.extend(await read_until(process, "printed"))

        assert "level 20 formatters [None]" in lines
        assert "environment Development" in lines
        assert "INFO|app.imported|7" in lines
        assert "unseen until something has run" in lines

    async def test_import_error(self, tmp_path):
        """Where the app is imported early, one that cannot be ends the host with status 1."""
        write_app(tmp_path, "raise RuntimeError('no luck')")
        process = await launch(tmp_path, {"PYTHON_ENABLE_INIT_INDEXING": "1"})
        output, _ = await process.communicate()

        assert 1 == process.returncode
        assert b"RuntimeError: no luck" in output
        assert b"function_app.py" in output

    async def test_key_file(self, settings, tmp_path):
        """Keys come from a file."""
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
        """A host that is asked to end answers who is waiting, takes nobody more, and exits with
        0.
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

    async def test_stubborn(self, settings):
        """What is not done when its time is over is killed; no `finally` runs."""
        words = ["--drain", "0.3"]
        async with (
            running(TOY, settings, *words) as (process, lines),
            aiohttp.ClientSession() as http,
        ):
            url = lines[-1].removeprefix("Host ready on ")
            request = asyncio.create_task(http.get(f"{url}/api/stubborn?seconds=60"))
            await read_until(process, "stubborn.begins")
            process.terminate()
            output, _ = await process.communicate()
            with pytest.raises(aiohttp.ClientError):
                await request

        assert 0 == process.returncode
        assert b"stubborn.ends" not in output

    async def test_storage(self, settings):
        """A host that storage refuses for long ends with a code that asks to start it anew."""
        settings["ACCOUNT"] = settings["NOWHERE"]
        process = await launch(TOY, settings, "--retry-scale", "0.01")
        output, _ = await process.communicate()

        assert ENDED == process.returncode
        assert 1 == output.count(b"critical: host.ends reason=")

    async def test_kill(self, settings, queues):
        """When a host is killed its worker goes on with what it runs, and ends then.

        Nobody writes what its function set or deletes its message, which comes back when its lease
        runs out.
        """
        words = ["--message-lease", "1"]
        async with running(TOY, settings, *words) as (process, _):
            await queues.send("WORK", '{"sleep": 1.5}')
            await read_until(process, "work.begins")
            process.kill()
            lines = await read_until(process, "work.ends")
            async with asyncio.timeout(10):  # the worker holds the other end of the pipe
                await process.communicate()
        assert [] == await queues.bodies("OUT")
        async with toy(settings):
            [report] = await queues.reports()

        assert lines
        assert 2 == report["count"]
