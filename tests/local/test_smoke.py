"""The smoke test while a deployment replaces the app, which is played."""

from __future__ import annotations

import json
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from leadshare.local.deploy import __main__ as command_line
from leadshare.local.deploy import smoke

KEY = "the-host-key"


class App(BaseHTTPRequestHandler):
    """Answers health as *builds* in turn, the last of them for ever; leads are seen at once.

    A build that is an address sends there; "cut" breaks off; "text" is no JSON.
    """

    def __init__(self, builds, leads, *words):
        self.builds, self.leads = builds, leads
        super().__init__(*words)

    def do_GET(self):
        """Tell health; the first builds of all told none."""
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

    def do_POST(self):
        """Take a lead."""
        self.leads.append(self.rfile.read(int(self.headers["content-length"])))
        self.answer(202 if self.path == "/api/leads" else 404, {"touch": "t-1"})

    def answer(self, status, told, **headers):
        """Answer with JSON, or with nothing."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode() if told != "" else b"<html>")

    def log_message(self, *_):
        """Log nothing."""


@pytest.fixture(name="serve")
def _serve(monkeypatch):
    """Plays an app; answers its address, its builds yet to come, and the leads that it took."""
    monkeypatch.setattr(smoke, "_PAUSE", 0.01)
    servers = []

    def serve(*builds):
        left, leads = list(builds), list[bytes]()
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(App, left, leads))
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}", left, leads

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


class TestBuild:
    def test_waits(self, serve):
        """
        The build that was deployed must answer before the test lead and after it.
        """
        url, left, leads = serve("", "old", "new", "old", "new", "over")

        told = smoke.run(url, KEY, "new", 5)

        assert "was seen at 1 by build new" in told
        assert (["over"], 1) == (left, len(leads))

    def test_never(self, serve):
        """
        While another build answers, no test lead is sent.
        """
        url, _, leads = serve("old")

        with pytest.raises(
            smoke.SmokeFailed, match="not well; at last: build old answers, not new"
        ):
            smoke.run(url, KEY, "new", 0)
        assert [] == leads

    def test_any(self, serve):
        """
        By hand, whichever build answers will do.
        """
        assert "by build old" in smoke.run(serve("old")[0], KEY, patience=0)


class TestAnswers:
    @pytest.mark.parametrize(
        ("build", "fault"),
        [
            pytest.param("cut", "IncompleteRead", id="broken-off"),
            pytest.param("text", "JSONDecodeError", id="no-json"),
        ],
    )
    def test_being_replaced(self, serve, build, fault):
        """
        An answer that is none is asked for again, and told of if it stays so.
        """
        assert "by build new" in smoke.run(serve(build, "new")[0], KEY, patience=5)
        with pytest.raises(smoke.SmokeFailed, match=fault):
            smoke.run(serve(build)[0], KEY, patience=0)

    def test_elsewhere(self, serve):
        """
        The key goes nowhere but to the app.
        """
        url, left, _ = serve("one", "other")

        with pytest.raises(smoke.SmokeFailed, match="answered 302"):
            smoke.run(serve(url)[0], KEY, patience=0)
        assert ["one", "other"] == left


class TestCommandLine:
    def test_by_hand(self, serve, monkeypatch, capsys):
        """
        By hand the key comes from the environment, and the build that must answer is an option.
        """
        monkeypatch.setenv(command_line.KEY, KEY)
        url, left, _ = serve("old", "new", "new", "over")

        assert 0 == command_line.main(["smoke", f"{url}/", "--build", "new"])
        assert "by build new\n" == capsys.readouterr().out[-13:]
        assert ["over"] == left
