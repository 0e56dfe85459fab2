"""What is said while pip and npm install, and where nobody answers them."""

from __future__ import annotations

import io
import socket
import sys

import pytest

from leadshare.local import installing, npm

NOBODY = "http://127.0.0.1:9/"
SOURCE = ("the index", "INDEX")


class Terminal(io.StringIO):
    """Takes what is written as a terminal does."""

    def isatty(self):
        """Say that it is one."""
        return True


@pytest.fixture(name="_alone")
def __alone(monkeypatch, tmp_path):
    """No settings of this machine, and an index of packages where nobody listens."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_INDEX_URL", NOBODY)
    monkeypatch.setenv("npm_config_registry", NOBODY)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))


def run(code, doing="Installing it"):
    """Play an installer by a line of Python."""
    installing._run([sys.executable, "-c", code], doing, "got ", SOURCE)  # noqa: SLF001 - its steps are pip's and npm's


class TestNobody:
    @pytest.mark.usefixtures("_alone")
    def test_pip(self, tmp_path):
        """Where pip reaches no index, one line says so, and what may be set."""
        with pytest.raises(RuntimeError) as told:
            installing.with_pip(sys.executable, ["--target", str(tmp_path), "thing"], "Packages")

        assert (
            "Packages: no answer from the package index; is there a network? Behind a proxy, set"
            " HTTPS_PROXY; PIP_INDEX_URL names a mirror"
        ) == str(told.value)

    @pytest.mark.usefixtures("_alone")
    def test_npm(self, tmp_path):
        """Where npm reaches no registry, one line says so."""
        words = ["--prefix", str(tmp_path), "thing@1.0.0"]
        with pytest.raises(RuntimeError, match=r"^Thing: no answer from the npm registry; [^\n]+$"):
            installing.with_npm(npm._npm(), words, "Thing")  # noqa: SLF001 - whichever there is

    @pytest.mark.usefixtures("_alone")
    def test_silence(self, tmp_path, monkeypatch, capsys):
        """Where something takes the call and says nothing, that is told before pip gives up."""
        monkeypatch.setattr(installing, "SILENCE", 1)
        monkeypatch.setenv("PIP_TIMEOUT", "4")
        with socket.create_server(("127.0.0.1", 0)) as server:
            monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.getsockname()[1]}/")
            with pytest.raises(RuntimeError, match="no answer from the package index"):
                installing.with_pip(sys.executable, ["--target", str(tmp_path), "thing"], "Thing")

        assert "Nothing has come for 1 s: a slow network, or none\n" in capsys.readouterr().out


class TestFault:
    @pytest.mark.usefixtures("_alone")
    def test_told(self, tmp_path):
        """What else is wrong is told in pip's own words."""
        words = ["--target", str(tmp_path), str(tmp_path / "no.whl")]
        with pytest.raises(RuntimeError, match=r"^Thing: that failed\nERROR: .*no\.whl"):
            installing.with_pip(sys.executable, words, "Thing")

    def test_unknown(self):
        """Where no line is known as a fault, all that was said is told."""
        with pytest.raises(RuntimeError, match=r"^Installing it: that failed\none\ntwo$"):
            run("print('one'); print('two'); raise SystemExit(3)")


class TestProgress:
    def test_terminal(self, monkeypatch):
        """On a terminal one line moves, and says how many steps are done."""
        terminal = Terminal()
        monkeypatch.setattr(sys, "stdout", terminal)
        run("import time; print('got a\\nor b\\ngot c', flush=True); time.sleep(1.5)")

        [line, rest] = terminal.getvalue().split("\n")
        shown = [one.rstrip() for one in line.split("\r") if one]
        assert "Installing it ..." == shown[0]
        assert shown[-1].startswith("Installing it ... 2 so far, ")
        assert "" == rest

    def test_file(self, capsys):
        """Elsewhere a line says what is done, and no other for ten seconds."""
        run("print('got a\\ngot b')")

        assert "Installing it ...\n" == capsys.readouterr().out

    def test_unpacking(self, monkeypatch, capsys):
        """Silence after much has come is no fault of the network."""
        monkeypatch.setattr(installing, "SILENCE", 1)
        run("import time; print('got a\\ngot b', flush=True); time.sleep(2.5)")

        assert "Nothing has come" not in capsys.readouterr().out
