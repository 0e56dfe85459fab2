"""What the host serves when host.json, or a setting, is not as it should be."""

import json
import shutil
from pathlib import Path

import aiohttp
import pytest

from leadshare.local.host.host import Host
from leadshare.local.host.settings.bundles import DEFAULT_ID
from leadshare.local.host.storage.client import Storage

from .conftest import TOY

ROOT = Path(__file__).parents[3]
QUEUES = "AzureFunctionsJobHost__extensions__queues__"
NOWHERE = "http://127.0.0.1:1"
KEYS = {"master": "m"}


@pytest.fixture(name="project")
def _project(tmp_path):
    def project(change=lambda _: None):
        """Copy what the host reads of this project, with host.json changed."""
        shutil.copy(ROOT / "function_app.py", tmp_path)
        tree = json.loads((ROOT / "host.json").read_text("utf-8"))
        change(tree)
        (tmp_path / "host.json").write_text(json.dumps(tree))
        return tmp_path

    return project


@pytest.fixture(name="ours")
def _ours(storage):
    return {"LEADSHARE_STORAGE": storage, "TICK_SCHEDULE": "0 0 0 29 2 0"}


async def statuses(host, *requests):
    """Give the statuses by which requests are answered."""
    found = []
    async with aiohttp.ClientSession() as http:
        for request in requests:
            method, _, path = request.partition(" ")
            data = b'{"UserDetails": {}}' if method == "POST" else None
            async with http.request(method, f"{host.url}{path}", data=data) as response:
                found.append(response.status)
    return found


class TestBundle:
    async def test_named(self, project, ours):
        """With the bundle that host.json names, leads are taken, and no function is in error."""
        async with Host(project(), settings=ours) as host:
            assert [202, 200] == await statuses(host, "POST /api/leads", "GET /api/health")
            assert [] == [line for line in host.describe() if "in error" in line]

    async def test_removed(self, project, ours, caplog):
        """Without it every lead is answered 404, while health is green."""
        folder = project(lambda tree: tree.pop("extensionBundle"))
        async with Host(folder, settings=ours) as host:
            assert [404, 200] == await statuses(host, "POST /api/leads", "GET /api/health")
            in_error = {line for line in host.describe() if line.endswith(": in error")}

        assert {"take_touch: in error", "classify_touch: in error"} <= in_error
        assert "tick: in error" not in in_error
        assert (
            "The 'take_touch' function is in error: The binding type(s) 'queue' are not registered."
            " Please ensure the type is correct and the binding extension is installed."
        ) in caplog.text

    @pytest.mark.parametrize(
        ("version", "expected"), [("[4.*, 5.0.0)", 202), ("[9.*, 10.0.0)", 503), ("latest", 503)]
    )
    async def test_by_setting(self, project, ours, version, expected):
        """App settings can name the bundle too, rightly or wrongly."""
        ours["AzureFunctionsJobHost__extensionBundle__id"] = DEFAULT_ID
        ours["AzureFunctionsJobHost__extensionBundle__version"] = version
        folder = project(lambda tree: tree.pop("extensionBundle"))
        async with Host(folder, settings=ours) as host:
            assert [expected] == await statuses(host, "POST /api/leads")

    async def test_not_read(self, project, ours):
        """What only the bundle's extension reads is not read without it."""

        def change(tree):
            del tree["extensionBundle"]
            tree["extensions"]["queues"]["batchSize"] = 64

        async with Host(project(change), settings=ours) as host:
            assert [200] == await statuses(host, "GET /api/health")

    async def test_elsewhere(self, project, ours, caplog):
        """With a bundle by a wrong name it is the same as without, but for the words."""

        def change(tree):
            tree["extensionBundle"]["id"] += "s"

        async with Host(project(change), settings=ours) as host:
            assert [404, 200] == await statuses(host, "POST /api/leads", "GET /api/health")
        assert "'queue' were not found in the configured extension bundle" in caplog.text


def queues(name, value):
    """Change one value of queues."""
    return lambda tree: tree["extensions"]["queues"].update({name: value})


class TestBroken:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            pytest.param(queues("batchSize", 64), "'64' is not from 1 to 32", id="range"),
            pytest.param(queues("messageEncoding", "zip"), "'zip' is none of", id="encoding"),
            pytest.param(queues("visibilityTimeout", "1 minute"), "is no TimeSpan", id="duration"),
            pytest.param(lambda tree: tree.pop("version"), "'version' property", id="no-version"),
            pytest.param(
                lambda tree: tree["extensionBundle"].pop("version"), "extensionBundle", id="bundle"
            ),
            pytest.param(
                lambda tree: tree["extensions"]["http"].update(routePrefix="api/"),
                "creating the route",
                id="prefix",
            ),
        ],
    )
    async def test_one_value(self, project, ours, caplog, change, message):
        """One bad value is 503 for everything, and the host's own log says which."""
        async with Host(project(change), settings=ours, keys=KEYS) as host:
            assert [503] * 4 == await statuses(
                host, "POST /api/leads", "GET /api/health", "GET /", "GET /nothing"
            )
            assert [] == list(host.describe())
        assert "A host error has occurred during startup operation '" in caplog.text
        assert message in caplog.text

    async def test_broken_json(self, project, ours):
        """So is a file that cannot be parsed."""
        folder = project()
        text = (folder / "host.json").read_text()
        (folder / "host.json").write_text(text[:-1])
        async with (
            Host(folder, settings=ours) as host,
            aiohttp.request("POST", f"{host.url}/api/leads", data=b"{}") as response,
        ):
            assert 503 == response.status
            assert "Function host is not running." == await response.text()

    async def test_by_setting(self, project, ours):
        """So is an app setting that overrides a value."""
        async with Host(project(), settings=ours | {f"{QUEUES}batchSize": "64"}) as host:
            assert [503] == await statuses(host, "GET /api/health")

    async def test_whatever_else(self, project, ours):
        """It is so whether or not the connection of any queue is there."""
        del ours["LEADSHARE_STORAGE"]
        async with Host(project(queues("batchSize", 64)), settings=ours) as host:
            assert [503] == await statuses(host, "GET /api/health")

    async def test_for_each_request(self, project, ours):
        """A value that is looked at only for requests is an empty 500 for each."""
        change = {"AzureFunctionsJobHost__extensions__http__maxConcurrentRequests": "0"}
        async with (
            Host(project(), settings=ours | change) as host,
            aiohttp.request("GET", f"{host.url}/api/health") as response,
        ):
            assert (500, b"") == (response.status, await response.read())

    async def test_url_first(self, project, ours):
        """The web server refuses before the host does."""
        async with Host(project(lambda tree: tree.pop("version")), settings=ours) as host:
            assert [414] == await statuses(host, f"GET /{'a' * 9000}")


class TestConnection:
    async def test_missing(self, project, ours, caplog):
        """Queue triggers without a connection are in error; an output's is missed when it is
        used.
        """
        del ours["LEADSHARE_STORAGE"]
        async with Host(project(), settings=ours) as host:
            assert [500, 200] == await statuses(host, "POST /api/leads", "GET /api/health")
            in_error = {line for line in host.describe() if line.endswith(": in error")}

        assert {"classify_touch: in error", "work_lane: in error"} <= in_error
        assert "take_touch: in error" not in in_error
        assert (
            "The 'classify_touch' function is in error: Microsoft.Azure.WebJobs.Host: Error"
            " indexing method 'Functions.classify_touch'."
            " Microsoft.Azure.WebJobs.Extensions.Storage.Queues: Storage account connection string"
            " 'AzureWebJobsLEADSHARE_STORAGE' does not exist."
            " Make sure that it is a defined App Setting."
        ) in caplog.text

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            pytest.param({"": "AccountName"}, "blank or malformed", id="malformed"),
            pytest.param({"": ""}, "the app setting LEADSHARE_STORAGE is empty", id="empty"),
            pytest.param(
                {"__queueServiceUri": "https://a.queue.core.windows.net"},
                "The local host has no identity",
                id="identity",
            ),
            pytest.param(
                {"__queueServiceUri": f"{NOWHERE}/a"},
                "Cannot use TokenCredential without HTTPS",
                id="identity-over-http",
            ),
            pytest.param(
                {"__credential": "managedidentity", "__clientId": "c"},
                "Unable to find matching constructor",
                id="identity-for-nothing",
            ),
        ],
    )
    async def test_wrong(self, project, ours, caplog, settings, message):
        """So it is with a connection that cannot be used."""
        del ours["LEADSHARE_STORAGE"]
        ours |= {f"LEADSHARE_STORAGE{name}": value for name, value in settings.items()}
        async with Host(project(), settings=ours) as host:
            assert [500, 200] == await statuses(host, "POST /api/leads", "GET /api/health")
            assert "work_lane: in error" in host.describe()
        assert message in caplog.text

    async def test_nothing_put_out(self, project, ours):
        """A lead that is refused puts nothing out, so that no connection is missed."""
        del ours["LEADSHARE_STORAGE"]
        async with (
            Host(project(), settings=ours) as host,
            aiohttp.request("POST", f"{host.url}/api/leads", data=b"") as response,
        ):
            assert 400 == response.status


class TestNames:
    @pytest.mark.parametrize("name", ["ab", "a_b", "-ab", "a--b"])
    async def test_queue(self, settings, caplog, name):
        """A queue that storage would not take puts its trigger in error, and fails what puts into
        it.
        """
        settings |= {"WORK": name, "OUT": name}
        async with Host(TOY, settings=settings) as host:
            assert [500] == await statuses(host, "POST /api/send_bytes")
            assert "work: in error" in host.describe()
        assert "Error indexing method 'Functions.work'" in caplog.text

    async def test_lower_case(self, settings, queues):
        """The host writes a queue's name in lower case, of triggers and of outputs."""
        wanted = dict(settings)
        settings |= {name: settings[name].upper() for name in ("WORK", "OUT")}
        async with Host(TOY, settings=settings) as host:
            assert f"work: queueTrigger {wanted['WORK']}" in host.describe()
            assert [202] == await statuses(host, "POST /api/send_bytes")
            settings |= wanted
            assert [b'{"UserDetails": {}}'] == await queues.bodies("OUT")

    @pytest.mark.parametrize(("length", "poison"), [(56, True), (57, False)])
    async def test_long(self, settings, monkeypatch, length, poison):
        """A queue whose name is too long for a poison queue's has none."""
        found, find = [], Storage.queue

        def queue(storage, connection, name):
            found.append(name)
            return find(storage, connection, name)

        monkeypatch.setattr(Storage, "queue", queue)
        settings["WORK"] = "a" * length
        async with Host(TOY, settings=settings):
            pass

        assert "a" * length in found
        assert poison is ("a" * length + "-poison" in found)

    @pytest.mark.parametrize(
        ("schedule", "message"),
        [
            (None, "Microsoft.Azure.WebJobs.Host: '%SCHEDULE%' does not resolve to a value."),
            (
                "every day",
                "Microsoft.Azure.WebJobs.Extensions: The schedule expression 'every day'",
            ),
        ],
    )
    async def test_schedule(self, settings, caplog, schedule, message):
        """A timer without a schedule, or with none that can be read, is in error; the others
        run.
        """
        settings.pop("SCHEDULE") if schedule is None else settings.update(SCHEDULE=schedule)
        async with Host(TOY, settings=settings) as host:
            assert [418] == await statuses(host, "GET /api/made")
            assert "tick: in error" in host.describe()
        assert (
            "The 'tick' function is in error: Microsoft.Azure.WebJobs.Host: Error indexing method"
            f" 'Functions.tick'. {message}"
        ) in caplog.text
