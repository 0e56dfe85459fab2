"""The smoke test while a deployment replaces the app, which is played but for its intake."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import azure.functions as func
import pytest

from leadshare.intake import functions
from leadshare.intake.message import open_envelope
from leadshare.local.deploy import __main__ as command_line
from leadshare.local.deploy import smoke
from leadshare.local.samples import VALIDATE
from tests.builders import CONTEXT

KEY, MASTER = "the-host-key", "the-master-key"
ROOT = Path(__file__).parents[2]

HANDED_ON = {"drops": b"", "hands on": VALIDATE.body, "garbles": VALIDATE.body[:50]}
"""What a platform makes of the test lead in chunks; any other platform answers by itself."""


class App(BaseHTTPRequestHandler):
    """Answers health as *builds* in turn, the last of them for ever; leads are seen at once.

    A build that is an address sends there; "cut" breaks off; "text" is no JSON.
    """

    protocol_version = "HTTP/1.1"

    def __init__(self, builds, leads, platform, *words):
        self.builds, self.leads, self.platform = builds, leads, platform
        super().__init__(*words)

    def do_GET(self):
        """Tell health; the first builds of all told none."""
        if self.path.startswith("/admin/"):
            self.administer()
        elif self.path == "/api/health":
            self.answer(200, {"status": "ok", "build": self.builds[0]})
        else:
            self.manage()

    def manage(self):
        """Tell operators how everything stands; each time it is the next build that answers."""
        build = self.builds.pop(0) if self.builds[1:] else self.builds[0]
        told = {"configuration": "ok", "last_test_lead": str(len(self.leads))}
        if (self.path, self.headers["x-functions-key"]) != ("/api/manage/health", KEY):
            self.answer(401, {})
        elif build.startswith("http"):
            self.answer(302, {}, location=build)
        elif build == "cut":
            self.answer(200, {}, **{"content-length": "1000"})
        else:
            self.answer(200, "" if build == "text" else told | ({"build": build} if build else {}))

    def administer(self):
        """Tell how host and function stand, to who has the master key."""
        if self.headers["x-functions-key"] != MASTER:
            return self.answer(401, {})
        if self.path == "/admin/host/status":
            return self.answer(200, {"state": "Error" if self.platform == "host" else "Running"})
        return self.answer(200, {"errors": ["no binding"]} if self.platform == "function" else {})

    def do_POST(self):
        """Hand a lead to the function, in chunks as this platform does: Azure's drops those."""
        if "transfer-encoding" not in self.headers:
            return self.take(self.rfile.read(int(self.headers["content-length"])))
        assert VALIDATE.body == self.unchunked()
        if self.platform in HANDED_ON:
            return self.take(HANDED_ON[self.platform])
        if self.platform == "refuses":
            return self.answer(411, "")
        return self.connection.close()

    def take(self, body):
        """Have the app's own function take a body."""
        listing = self.path.removeprefix("/api/leads").removeprefix("/")
        asked = func.HttpRequest(
            method="POST",
            url=self.path,
            headers=dict(self.headers),
            route_params={"listing": listing} if listing else {},
            body=body,
        )
        queue = SimpleNamespace(set=self.leads.append)
        answer = asyncio.run(functions.take_touch(asked, queue, CONTEXT))
        self.answer(answer.status_code, json.loads(answer.get_body()))

    def unchunked(self):
        """Read a body in chunks to its end."""
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status, told, **headers):
        """Answer with JSON, or with nothing of it."""
        body = json.dumps(told).encode() if told != "" else b"<html>"
        self.send_response(status)
        for name, value in ({"content-length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_):
        """Log nothing."""


@pytest.fixture(name="serve")
def _serve(monkeypatch):
    """Plays an app; tells its address, its builds yet to come, and the messages that it queued."""
    monkeypatch.setattr(smoke, "_PAUSE", 0.01)
    servers = []

    def serve(*builds, platform="drops", leads=None):
        left, leads = list(builds), [] if leads is None else leads
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(App, left, leads, platform))
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}", left, leads

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def prove(url, key, build="", patience=0):
    """What is told of one app that is both, as on a developer's machine."""
    main, intake = smoke.Site(url, key, build), smoke.Site(url, key)
    return smoke.run(main, intake, patience)


class TestBuild:
    def test_waits(self, serve):
        """The build that was deployed must answer before the test lead and after it."""
        url, left, leads = serve("", "old", "new", "old", "new", "over")

        told = prove(url, KEY, "new", 5)

        assert "was seen at 1 by build new" in told
        assert (["over"], 1) == (left, len(leads))

    def test_never(self, serve):
        """While another build answers, no test lead is sent."""
        url, _, leads = serve("old")

        with pytest.raises(
            smoke.SmokeFailed, match="not well; at last: build old answers, not new"
        ):
            prove(url, KEY, "new", 0)
        assert [] == leads

    def test_any(self, serve):
        """By hand, whichever build answers will do."""
        assert "by build old" in prove(serve("old")[0], KEY, patience=0)


class TestAnswers:
    @pytest.mark.parametrize(
        ("build", "fault"),
        [
            pytest.param("cut", "IncompleteRead", id="broken-off"),
            pytest.param("text", "JSONDecodeError", id="no-json"),
        ],
    )
    def test_being_replaced(self, serve, build, fault):
        """An answer that is none is asked for again, and told of if it stays so."""
        assert "by build new" in prove(serve(build, "new")[0], KEY, patience=5)
        with pytest.raises(smoke.SmokeFailed, match=fault):
            prove(serve(build)[0], KEY, patience=0)

    def test_elsewhere(self, serve):
        """The key goes nowhere but to the app."""
        url, left, _ = serve("one", "other")

        with pytest.raises(smoke.SmokeFailed, match="answered 302"):
            prove(serve(url)[0], KEY, patience=0)
        assert ["one", "other"] == left


class TestChunked:
    @pytest.mark.parametrize(
        ("platform", "expected"),
        [
            pytest.param(
                "drops", "was refused with 411, for this platform dropped its body", id="drops"
            ),
            pytest.param("hands on", "was taken with its body", id="hands-on"),
            pytest.param(
                "garbles", "was neither .+: leads/leadshare.smoke answered 202", id="garbles"
            ),
            pytest.param(
                "refuses",
                "was neither .+: leads/leadshare.smoke answered 411: JSONDecodeError",
                id="refuses-by-itself",
            ),
            pytest.param(
                "closes", "was neither .+: leads/leadshare.smoke: RemoteDisconnected", id="closes"
            ),
        ],
    )
    def test_told(self, serve, platform, expected):
        """What the platform made of a test lead in chunks is told, and fails nothing."""
        told = prove(serve("new", platform=platform)[0], KEY, "new", 5)

        seen, chunked = told.splitlines()
        assert "was seen at 1 by build new" in seen
        assert re.match(f"A test lead in chunks {expected}", chunked)
        # What is lost somewhere has a page that says what helps.
        assert (platform != "hands on") is (smoke.RUNBOOK in chunked)

    def test_apart(self, serve):
        """It is sent once, to a listing of its own, after the lead that proves the app."""
        url, _, leads = serve("new", platform="hands on")

        prove(url, KEY, "new", 5)

        envelopes = [open_envelope(message) for message in leads]
        assert [VALIDATE.body] * 2 == [one.body for one in envelopes]
        assert [("", "length"), (smoke.LISTING, "chunked")] == [
            (one.path, one.framed) for one in envelopes
        ]

    def test_page(self):
        """The page that is told of is there."""
        assert (ROOT / smoke.RUNBOOK).is_file()


class TestTwoApps:
    def sites(self, serve, *, main=("one",), intake=("two",), platform="drops", wanted=("", "")):
        """Two played apps, whose leads are one queue's; each asked for a build."""
        url, _, leads = serve(*main)
        door, *_ = serve(*intake, platform=platform, leads=leads)
        return smoke.Site(url, KEY, wanted[0]), smoke.Site(door, "its-own", wanted[1], MASTER)

    def test_seen(self, serve):
        """The lead is posted to the one, with its key, and seen by the other."""
        main, intake = self.sites(serve)

        told = smoke.run(main, intake, 5)

        assert "was seen at 1 by build one" in told

    @pytest.mark.parametrize(
        ("given", "fault"),
        [
            pytest.param({"wanted": ("", "new")}, "build two answers, not new", id="old-build"),
            pytest.param({"platform": "host"}, "its host is Error", id="host"),
            pytest.param({"platform": "function"}, "in error: .'no binding'.", id="function"),
        ],
    )
    def test_not_ready(self, serve, given, fault):
        """While intake's host or function is in error, or another build answers, nothing is
        posted.
        """
        main, intake = self.sites(serve, **given)

        with pytest.raises(smoke.SmokeFailed, match=f"intake is not well; at last: .*{fault}"):
            smoke.run(main, intake, 0)

    def test_other_master(self, serve):
        """Who may not ask how the host stands learns so, and posts nothing."""
        main, intake = self.sites(serve)

        with pytest.raises(smoke.SmokeFailed, match="admin/host/status answered 401"):
            smoke.run(main, replace(intake, master="another"), 0)

    def test_none(self, serve):
        """Before intake's first release only the main app is looked at, and that is said."""
        main, _ = self.sites(serve, wanted=("one", ""))

        assert "Build one is well. No test lead was sent" in smoke.run(main, None, 5)

    def test_no_key_shown(self, serve):
        """A site that is printed shows no key."""
        told = str(self.sites(serve))

        assert not [key for key in (KEY, "its-own", MASTER) if key in told]


class TestBuildOf:
    def test_told(self, serve):
        """Anybody can ask intake which build it is."""
        assert "two" == smoke.build_of(serve("two")[0], 0)

    def test_nobody(self):
        """Where nobody answers, there is none."""
        assert "" == smoke.build_of("http://127.0.0.1:9", 0)

    def test_plain(self):
        """It is never asked in the clear."""
        with pytest.raises(smoke.SmokeFailed, match="https"):
            smoke.build_of("http://leadshare.example")


class TestCommandLine:
    def test_two(self, serve, monkeypatch, capsys):
        """By hand each app has an address and a key of its own."""
        url, _, leads = serve("one")
        door, *_ = serve("two", leads=leads)
        monkeypatch.setenv(command_line.KEY, KEY)
        monkeypatch.setenv(command_line.INTAKE_KEY, "its-own")

        assert 0 == command_line.main(["smoke", url, "--intake", door])
        assert "was seen at 1 by build one" in capsys.readouterr().out
        assert 1 == len(leads)

    def test_by_hand(self, serve, monkeypatch, capsys):
        """By hand the key comes from the environment, and the build that must answer is an
        option.
        """
        monkeypatch.setenv(command_line.KEY, KEY)
        url, left, _ = serve("old", "new", "new", "over")

        assert 0 == command_line.main(["smoke", f"{url}/", "--build", "new"])
        assert " by build new\nA test lead in chunks was refused" in capsys.readouterr().out
        assert ["over"] == left
