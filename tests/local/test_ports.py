"""The ports of `make run`: what may be asked for, and what is said where one cannot be had."""

from __future__ import annotations

import re
import socket

import pytest

from leadshare.local import options, ports


@pytest.fixture(name="taken")
def _taken():
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(name="free")
def _free():
    """The first of two ports side by side that stay free.

    They lie below those that a system gives to whoever asks for any (Linux from 32,768 on, else
    from 49,152 on), or another test's server could have one of them meanwhile.
    """
    for port in range(20_000, 30_000, 2):
        if ports.next_free(port, None) == port and ports.next_free(port + 1, None) == port + 1:
            return port
    pytest.fail("no two ports side by side are free")


class TestOptions:
    @pytest.mark.parametrize("name", ["--port", "--inbox-port"])
    @pytest.mark.parametrize("text", ["0", "65536", "99999", "-1", "seven", "\u0667", ""])
    def test_no_port(self, capsys, name, text):
        """What is no port is told, with what is expected."""
        with pytest.raises(SystemExit, match="2"):
            options.read([f"{name}={text}"])
        told = f"argument {name}: {text} is no port; expected 1 to 65535\n"
        assert capsys.readouterr().err.endswith(told)

    def test_same(self, capsys):
        """The app and the inbox cannot have one port."""
        with pytest.raises(SystemExit, match="2"):
            options.read(["--inbox-port", "7071"])
        assert "--inbox-port: 7071 is --port; expected another" in capsys.readouterr().err

    def test_read(self):
        """The first and the last port there are can be asked for."""
        told = options.read(["--port", "1", "--inbox-port", "65535"])

        assert (1, 65535) == (told.port, told.inbox_port)


class TestInboxPort:
    def test_taken(self, taken):
        """A port that is taken is told, with another that is free, and how to choose it."""
        with pytest.raises(RuntimeError) as told:
            ports.inbox_port(taken, None)

        said = rf"Port {taken} cannot be had \(.+\); choose another: make run PORT=(\d+)"
        found = re.fullmatch(said, str(told.value))
        assert found
        assert ports.next_free(int(found[1]), None) == int(found[1]) > taken

    def test_asked(self, taken, free):
        """So is an inbox port that was asked for; one that is free is taken."""
        with pytest.raises(RuntimeError, match=rf"^Port {taken} .+ make run INBOX_PORT=\d+$"):
            ports.inbox_port(free, taken)
        assert free == ports.inbox_port(free + 1, free)

    def test_next(self, taken, free, monkeypatch, capsys):
        """If nobody asked, the inbox goes to the next port that is free, and a line says why."""
        monkeypatch.setattr(ports, "INBOX_PORT", taken)

        found = ports.inbox_port(free, None)

        told = capsys.readouterr().out
        assert taken < found != free
        assert told.startswith(f"Port {taken} cannot be had (")
        assert told.endswith(f"), so the inbox is at {found}; INBOX_PORT= chooses another\n")

    def test_usual(self, free, monkeypatch, capsys):
        """The usual port is had without a word, unless the app is to have it."""
        monkeypatch.setattr(ports, "INBOX_PORT", free)

        assert free == ports.inbox_port(free + 1, None)
        assert free < ports.inbox_port(free, None)
        assert "" == capsys.readouterr().out
